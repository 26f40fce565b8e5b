"""Run SIPp with the scenarios of this folder as one side of a call, and read what it saw on the wire.

A scenario is XML with `@name@` places, filled per run: SIPp itself substitutes nothing in `response="…"`.
SIPp counts a call as failed when anything but what the scenario says arrives; then :meth:`Sipp.finished`
raises with the whole message trace. Debian's SIPp 3.6 has no TLS.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from tests.interop.ports import Ports, is_bound
from tests.interop.processes import die_with_us
from tests.interop.tones import read_samples, write_tone

SCENARIOS = Path(__file__).parent / "scenarios"
PLACE = re.compile(r"@([a-z_]+)@")
DEFAULTS = {
    "from_user": "+31611111111",
    "from_display": "",
    "to_user": "unset",
    "user": "phone",
    "password": "password",
    "expires": "60",
    "contact_user": "sipp",
    "contact_port": "[local_port]",
    "challenge": "401",
    "headers": "",
    "headers_cancel": "",
    "request_uri": "",
    "domain": "127.0.0.1",
    "status": "486",
    "phrase": "Busy Here",
    "response_headers": "",
    "ring_ms": "200",
    "talk_ms": "500",
    "hold_ms": "500",
    "codec": "8 101",
    "tone": "",
}


@dataclass(frozen=True)
class Message:
    """One SIP message as SIPp sent or received it. Header names are lower case; each keeps all its values.

    at: seconds since the Unix epoch, local clock of the machine.
    """

    at: float
    sent: bool
    start_line: str
    headers: dict[str, list[str]]
    body: str
    raw: str

    @property
    def method(self) -> str | None:
        """Of a request; None for a response."""
        return None if self.start_line.startswith("SIP/2.0") else self.start_line.split(" ", 1)[0]

    @property
    def status(self) -> int | None:
        return int(self.start_line.split(" ")[1]) if self.start_line.startswith("SIP/2.0") else None

    @property
    def request_uri(self) -> str:
        return self.start_line.split(" ")[1]

    def header(self, name: str) -> str | None:
        """The first value of a header, None when absent."""
        return next(iter(self.headers.get(name.lower(), [])), None)


def parse_trace(text: str) -> list[Message]:
    """Read what `-trace_msg` writes: a rule with the time, `UDP message sent …:`, an empty line, the
    message."""
    messages = []
    parts = re.split(r"^-{20,} (\d{4}-\d\d-\d\d\s\S+)\s*\n", text, flags=re.MULTILINE)
    for when, block in zip(parts[1::2], parts[2::2], strict=True):
        title, _, raw = block.partition("\n\n")
        if "message" in title:
            at = datetime.fromisoformat(when.replace("\t", " ")).timestamp()
            messages.append(_parse_message(raw.lstrip("\n"), sent="sent" in title, at=at))
    return messages


def _parse_message(raw: str, *, sent: bool, at: float) -> Message:
    head, _, body = raw.replace("\r\n", "\n").partition("\n\n")
    start_line, *lines = head.split("\n")
    headers: dict[str, list[str]] = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers.setdefault(name.strip().lower(), []).append(value.strip())
    return Message(
        at=at, sent=sent, start_line=start_line.strip(), headers=headers, body=body.strip(), raw=raw
    )


@dataclass
class SippResult:
    messages: list[Message] = field(default_factory=list)

    def received(self, what: str | int) -> list[Message]:
        """Received requests of a method, or received responses of a status."""
        return [m for m in self.messages if not m.sent and what in (m.method, m.status)]

    def sent(self, what: str | int) -> list[Message]:
        return [m for m in self.messages if m.sent and what in (m.method, m.status)]

    def first(self, what: str | int) -> Message:
        """The first received message of that method or status."""
        found = self.received(what)
        assert found, f"SIPp received no {what}, only {[m.start_line for m in self.messages if not m.sent]}"
        return found[0]


class SippError(AssertionError):
    """The scenario did not go as written; the text carries the message trace."""


class Sipp:
    """One SIPp process. Use as an async context manager; leaving it kills what still runs.

    remote: where it calls, None to wait for a call. echo: send received RTP back. auth_uri: the digest's
    uri without its scheme, which SIPp would make of the remote address. command_port: where it listens for
    commands that make a scenario of `<recvCmd>` begin. values: the scenario's places.
    """

    def __init__(
        self,
        scenario: str,
        folder: Path,
        ports: Ports,
        *,
        remote: tuple[str, int] | None = None,
        port: int | None = None,
        transport: str = "udp",
        calls: int = 1,
        timeout_s: int = 20,
        echo: bool = False,
        host: str = "127.0.0.1",
        auth_uri: str | None = None,
        command_port: int | None = None,
        **values: str | int,
    ) -> None:
        self.scenario = scenario
        self.port = port if port is not None else ports.sip()
        self.remote = remote
        self.transport = transport
        self.calls = calls
        self.timeout_s = timeout_s
        self.echo = echo
        self.host = host
        self.auth_uri = auth_uri
        self.command_port = command_port
        self.control_port = ports.sip()
        self.media_port = ports.rtp()
        self._values = {name: str(value) for name, value in values.items()}
        self._folder = folder / f"sipp-{scenario}-{self.port}-{self.control_port}"
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Sipp:
        self._folder.mkdir(parents=True)
        scenario = self._folder / "scenario.xml"
        scenario.write_text(self._fill((SCENARIOS / f"{self.scenario}.xml").read_text()))
        with (self._folder / "screen").open("wb") as screen:
            arguments = self._arguments(scenario)
            self._process = await asyncio.create_subprocess_exec(
                *arguments,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=screen,
                stderr=screen,
                cwd=self._folder,
                preexec_fn=die_with_us(),
            )
        if self.remote is None:
            await self._listening()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    def _fill(self, xml: str) -> str:
        unknown = set(self._values) - set(PLACE.findall(xml)) - {"to_user"}
        assert not unknown, f"{self.scenario} has no place for {sorted(unknown)}"
        values = DEFAULTS | self._values
        if not values["request_uri"]:
            values["request_uri"] = f"sip:{values['to_user']}@[remote_ip]:[remote_port]"
        for name in ("headers", "headers_cancel", "response_headers"):
            values[name] = "".join(f"{line}\n" for line in values[name].splitlines())
        values["media"] = "[rtpstream_audio_port]" if values["tone"] else "[media_port]"
        values["tone"] = self._play(values["tone"])
        # A place that stands alone on its line takes the line break with it, or it would end the headers.
        xml = re.sub(r"@(headers|headers_cancel|response_headers)@\n", r"@\1@", xml)
        return PLACE.sub(lambda place: values[place[1]], xml)

    def _play(self, hertz: str) -> str:
        """The action that plays a sine as A-law from `[rtpstream_audio_port]`; nothing without a tone."""
        if not hertz:
            return ""
        wav = self._folder / "tone.wav"
        write_tone(wav, int(hertz), seconds=10)
        raw = self._folder / "tone.alaw"
        raw.write_bytes(_alaw(wav))
        return f'<exec rtp_stream="{raw},-1,8"/>'

    def _arguments(self, scenario: Path) -> list[str]:
        arguments = [
            "sipp",
            "-sf",
            str(scenario),
            "-i",
            self.host,
            "-p",
            str(self.port),
            "-m",
            str(self.calls),
        ]
        arguments += [
            "-mi",
            self.host,
            "-mp",
            str(self.media_port),
            "-ci",
            "127.0.0.1",
            "-cp",
            str(self.control_port),
        ]
        arguments += [
            "-timeout",
            f"{self.timeout_s}s",
            "-timeout_error",
            "-nostdin",
            "-trace_msg",
            "-trace_err",
        ]
        arguments += [
            "-message_file",
            "messages",
            "-error_file",
            "errors",
            "-max_retrans",
            "4",
            "-skip_rlimit",
        ]
        arguments += [
            "-t",
            {"udp": "u1", "tcp": "t1"}[self.transport],
            "-r",
            "10",
            "-cid_str",
            f"%u-{self.port}-%p@%s",
        ]
        if self.echo:
            arguments.append("-rtp_echo")
        if self.auth_uri is not None:
            arguments += ["-auth_uri", self.auth_uri]
        if self.command_port is not None:
            arguments += ["-3pcc", f"127.0.0.1:{self.command_port}"]
        if self.remote is not None:
            host, port = self.remote
            arguments.append(f"[{host}]:{port}" if ":" in host else f"{host}:{port}")
        return arguments

    async def _listening(self) -> None:
        """Wait until its SIP socket is bound, so that the first INVITE finds it."""
        assert self._process is not None
        for _ in range(500):
            if is_bound(self.transport, self.port):
                return
            if self._process.returncode is not None:
                break
            await asyncio.sleep(0.01)
        raise SippError(f"SIPp does not listen on {self.port}:\n{self._read('screen')}")

    async def finished(self, timeout_s: float | None = None) -> SippResult:
        """Wait until all calls are over and went as the scenario says; otherwise raise :class:`SippError`."""
        assert self._process is not None, "not started"
        try:
            code = await asyncio.wait_for(self._process.wait(), timeout_s or self.timeout_s + 5)
        except TimeoutError:
            code = -1
        if code != 0:
            raise SippError(
                f"SIPp {self.scenario}: exit {code}\n{self._read('errors')}\n{self._read('messages')}"
            )
        return self.so_far()

    def so_far(self) -> SippResult:
        """What went over the wire until now."""
        return SippResult(parse_trace(self._read("messages")))

    async def sees(self, what: str | int, *, count: int = 1, timeout_s: float = 5.0) -> Message:
        """Wait until it received a request of that method or a response of that status, `count` times."""
        found = await self._until(lambda result: result.received(what), count, timeout_s)
        if found is None:
            raise SippError(
                f"SIPp {self.scenario} did not see {what} in {timeout_s} s\n{self._read('messages')}"
            )
        return found

    async def says(self, what: str | int, *, count: int = 1, timeout_s: float = 5.0) -> Message:
        """Wait until it sent a request of that method or a response of that status, `count` times."""
        found = await self._until(lambda result: result.sent(what), count, timeout_s)
        if found is None:
            raise SippError(
                f"SIPp {self.scenario} did not send {what} in {timeout_s} s\n{self._read('messages')}"
            )
        return found

    async def _until(
        self, pick: Callable[[SippResult], list[Message]], count: int, timeout_s: float
    ) -> Message | None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout_s
        while True:
            found = pick(self.so_far())
            if len(found) >= count:
                return found[count - 1]
            if loop.time() >= deadline:
                return None
            await asyncio.sleep(0.03)

    def _read(self, name: str) -> str:
        path = self._folder / name
        return path.read_text(errors="replace") if path.exists() else ""


def _alaw(wav: Path) -> bytes:
    """A-law octets of a wav (ITU-T G.711), from the definition rather than from a table of ours."""
    return bytes(_alaw_octet(sample) for sample in read_samples(wav))


def _alaw_octet(sample: int) -> int:
    sign = 0x80 if sample >= 0 else 0
    magnitude = min(abs(sample) >> 3, 4095)
    exponent = max(magnitude.bit_length() - 5, 0)
    exponent = min(exponent, 7)
    mantissa = (magnitude >> (exponent if exponent else 1)) & 0x0F
    return (sign | exponent << 4 | mantissa) ^ 0x55
