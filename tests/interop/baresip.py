"""Drive Debian's baresip 1.0 as a telephone: one process per agent, its own configuration directory, no
sound card.

What it is told goes over its `ctrl_tcp` module (netstrings of JSON). What it says is a tone of its own; what
it hears is written by its `sndfile` module and judged by :mod:`tests.interop.tones`.

Peculiarities of baresip 1.0 the kit lives with:

- `accounts` stays empty and accounts come by `uanew`: an account read at start registers before anyone
  listens.
- Any re-INVITE empties its decode filters (baresip issue 1496), after which it hears but no longer writes.
  So the agent whose hearing is measured is not the one that holds; of the holder it is known that RTP reaches
  it (:meth:`Baresip.receives`). An `echo` agent, which sends back what it hears, falls silent then too.
- Its digest knows MD5 only, and one challenge of another algorithm beside it makes it give up.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.interop.ports import Ports
from tests.interop.processes import die_with_us
from tests.interop.tones import (
    SAMPLE_RATE,
    WINDOW,
    Heard,
    energy_share,
    is_mix,
    listen,
    read_samples,
    sequence,
    write_tone,
)

Event = dict[str, Any]

CONFIG = """\
poll_method             epoll
sip_listen              127.0.0.1:{sip_port}
sip_trans_def           udp
call_local_timeout      120
call_max_calls          8
audio_path              /nonexistent
audio_player            aubridge,{player}
audio_source            {source}
audio_alert             aubridge,alert
snd_path                {folder}
ausrc_srate             8000
auplay_srate            8000
ausrc_channels          1
auplay_channels         1
audio_level             no
rtp_ports               {rtp_first}-{rtp_last}
rtcp_enable             yes
rtp_timeout             60
net_interface           127.0.0.1
module_path             /usr/lib/baresip/modules
module                  ctrl_tcp.so
module                  g711.so
module                  aufile.so
module                  aubridge.so
{sndfile}
{certificate}
module_app              account.so
module_app              contact.so
module_app              menu.so
ctrl_tcp_listen         127.0.0.1:{control_port}
"""
RTP_WIDTH = 20
LAST_PACKET = re.compile(r'last "audio" RTP packet: (\d+) milliseconds')
RECENT_MS = 200


class Baresip:
    """One agent. Use as an async context manager, then :meth:`account`.

    tone_hz: the sine it says; None makes it an echo of what it hears. certificate: PEM with chain and key,
    for one that is called over TLS; it listens for TLS one port above `sip_port`.
    """

    def __init__(
        self,
        name: str,
        folder: Path,
        ports: Ports,
        tone_hz: int | None = None,
        *,
        certificate: Path | None = None,
        sip_port: int | None = None,
    ) -> None:
        self.name = name
        self.folder = folder / f"baresip-{name}"
        self.tone_hz = tone_hz
        self.certificate = certificate
        self.sip_port = ports.sip() if sip_port is None else sip_port
        self.control_port = ports.sip()
        self.rtp_first = ports.rtp(RTP_WIDTH)
        self.events: list[Event] = []
        self.aor = ""
        self._news = asyncio.Condition()
        self._tokens = itertools.count(1)
        self._pending: dict[str, asyncio.Future[Event]] = {}
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._writer: asyncio.StreamWriter | None = None

    # -- life

    async def __aenter__(self) -> Baresip:
        self._configure()
        with (self.folder / "log").open("wb") as log:
            arguments = ("baresip", "-f", str(self.folder), "-v")
            self._process = await asyncio.create_subprocess_exec(
                *arguments,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                preexec_fn=die_with_us(),
            )
        reader, self._writer = await self._connect()
        self._reader = asyncio.create_task(self._read(reader))
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._reader is not None:
            self._reader.cancel()
        if self._writer is not None:
            self._writer.close()
        if self._process is None or self._process.returncode is not None:
            return
        self._process.terminate()
        try:
            # It says goodbye to its registrar first and waits for the answer.
            await asyncio.wait_for(self._process.wait(), 1.0)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    def _configure(self) -> None:
        self.folder.mkdir(parents=True)
        source, player, sndfile = "aubridge,echo", "echo", ""
        if self.tone_hz is not None:
            wav = self.folder / "tone.wav"
            write_tone(wav, self.tone_hz)
            source, player, sndfile = f"aufile,{wav}", "nil", "module                  sndfile.so"
        values = {
            "sip_port": self.sip_port,
            "control_port": self.control_port,
            "rtp_first": self.rtp_first,
            "rtp_last": self.rtp_first + RTP_WIDTH - 1,
            "folder": self.folder,
            "certificate": "" if self.certificate is None else f"sip_certificate         {self.certificate}",
        }
        config = CONFIG.format(source=source, player=player, sndfile=sndfile, **values)
        (self.folder / "config").write_text(config)
        (self.folder / "accounts").touch()
        (self.folder / "contacts").touch()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        for _ in range(250):
            try:
                return await asyncio.open_connection("127.0.0.1", self.control_port)
            except OSError:
                await asyncio.sleep(0.02)
        raise AssertionError(f"baresip {self.name} did not start:\n{self.log()}")

    async def _read(self, reader: asyncio.StreamReader) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                length = int((await reader.readuntil(b":"))[:-1])
                message = json.loads((await reader.readexactly(length + 1))[:-1])
                if message.get("event"):
                    await self._note(message)
                elif waiting := self._pending.pop(message.get("token", ""), None):
                    waiting.set_result(message)

    async def _note(self, event: Event) -> None:
        async with self._news:
            self.events.append(event)
            self._news.notify_all()

    # -- commands and events

    async def command(self, command: str, params: str | None = None, *, timeout_s: float = 3.0) -> Event:
        """Run a command of baresip's menu and return its reply."""
        token = f"t{next(self._tokens)}"
        message = {"command": command, "token": token}
        if params is not None:
            message["params"] = params
        data = json.dumps(message).encode()
        reply = self._pending[token] = asyncio.get_running_loop().create_future()
        assert self._writer is not None, "not started"
        self._writer.write(b"%d:%s," % (len(data), data))
        return await asyncio.wait_for(reply, timeout_s)

    async def event(self, kind: str, *, since: int = 0, timeout_s: float = 5.0) -> Event:
        """The first event of `kind` at or after index `since` of :attr:`events`, waiting for it."""

        def found() -> Event | None:
            return next((event for event in self.events[since:] if event["type"] == kind), None)

        try:
            async with asyncio.timeout(timeout_s), self._news:
                await self._news.wait_for(found)
        except TimeoutError:
            seen = [(event["type"], event.get("param")) for event in self.events[since:]]
            raise AssertionError(
                f"{self.name} saw no {kind} in {timeout_s} s, only {seen}\n{self.log()}"
            ) from None
        event = found()
        assert event is not None
        return event

    def mark(self) -> int:
        """Where :meth:`event` should start to look for what happens next."""
        return len(self.events)

    def log(self) -> str:
        """The last of what baresip printed, without its status line."""
        text = (self.folder / "log").read_text(errors="replace")
        return "\n".join(line for line in text.splitlines() if "(bit/s)" not in line)[-3000:]

    # -- telephone

    async def account(
        self,
        user: str,
        domain: str,
        *,
        password: str | None = None,
        transport: str = "udp",
        outbound: str | None = None,
        register: bool = False,
        codecs: str = "PCMA",
        extra: str = "",
    ) -> None:
        """Have an address-of-record. `domain` may carry a port; `outbound` is a proxy URI all requests go
        to."""
        self.aor = f"sip:{user}@{domain}"
        parameters = (
            f";regint={60 if register else 0};answermode=manual;audio_codecs={codecs};auth_user={user}"
        )
        if password is not None:
            parameters += f";auth_pass={password}"
        if outbound is not None:
            parameters += f';outbound="{outbound}"'
        since = self.mark()
        await self.command("uanew", f"<{self.aor};transport={transport}>{parameters}{extra}")
        if register:
            await self.event("REGISTER_OK", since=since)

    async def dial(self, target: str) -> None:
        """INVITE `target`: a SIP URI, or digits completed with the account's domain."""
        reply = await self.command("dial", target)
        assert reply["ok"], reply

    async def incoming(self, *, since: int = 0, timeout_s: float = 5.0) -> Event:
        """Wait until it rings. The event's `peeruri` is the caller as shown."""
        return await self.event("CALL_INCOMING", since=since, timeout_s=timeout_s)

    async def answer(self) -> None:
        await self.command("accept")

    async def established(self, *, since: int = 0, timeout_s: float = 5.0) -> Event:
        return await self.event("CALL_ESTABLISHED", since=since, timeout_s=timeout_s)

    async def closed(self, *, since: int = 0, timeout_s: float = 5.0) -> Event:
        """Wait until a call ended; the event's `param` says why."""
        return await self.event("CALL_CLOSED", since=since, timeout_s=timeout_s)

    async def hang_up(self) -> None:
        """BYE; CANCEL of a call that rings elsewhere; 486 to a call that rings here."""
        await self.command("hangup")

    async def hold(self) -> None:
        await self.command("hold")

    async def resume(self) -> None:
        await self.command("resume")

    async def digits(self, digits: str) -> None:
        """Press keys (RFC 4733 events)."""
        for digit in digits:
            await self.command("sndcode", digit)
            await self.command("sndcode", "\x04")

    async def digit_heard(self, digit: str, *, since: int = 0, timeout_s: float = 3.0) -> None:
        event = await self.event("CALL_DTMF_START", since=since, timeout_s=timeout_s)
        assert event["param"] == digit, event

    # -- audio

    def recording(self) -> Path | None:
        """The newest recording of what it heard."""
        dumps = sorted(self.folder.glob("dump-*-dec.wav"), key=lambda path: path.stat().st_mtime_ns)
        return dumps[-1] if dumps else None

    def samples(self) -> list[int]:
        recording = self.recording()
        return [] if recording is None else read_samples(recording)

    def heard(self, *known: int, last_s: float | None = None) -> list[Heard]:
        """Windows of the newest recording, or only of its `last_s` seconds."""
        samples = self.samples()
        if last_s is not None:
            samples = samples[-int(last_s * SAMPLE_RATE) :]
        return listen(samples, known)

    def heard_tones(self, *known: int) -> set[int]:
        """Which of the `known` tones it heard for at least 300 ms in all."""
        windows = self.heard(*known)
        return {hertz for hertz in known if sum(window.tone == hertz for window in windows) >= 3}

    def sequence(self, *known: int) -> list[int | str]:
        """What the newest recording holds, in order: `known` tones, and `other` for music."""
        return sequence(self.heard(*known))

    async def hears_in_order(self, *order: int | str, timeout_s: float = 4.0) -> None:
        """Wait until the whole recording holds this: tones, and `other` for music."""
        known = tuple({tone for tone in order if isinstance(tone, int)})
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout_s
        while (heard := self.sequence(*known)) != list(order):
            if loop.time() > deadline:
                raise AssertionError(f"{self.name} heard {heard} within {timeout_s} s, not {list(order)}")
            await asyncio.sleep(0.1)

    async def hears(self, hertz: int, *, timeout_s: float = 4.0, known: tuple[int, ...] = ()) -> None:
        """Wait until the last 300 ms are the tone `hertz` alone."""
        await self._until(
            lambda windows: all(w.tone == hertz for w in windows), (hertz, *known), timeout_s, f"{hertz} Hz"
        )

    async def hears_other(self, *known: int, timeout_s: float = 4.0) -> None:
        """Wait until the last 300 ms are neither silent nor one of the `known` tones: music."""
        await self._until(
            lambda windows: all(w.other for w in windows), known, timeout_s, f"something but {known}"
        )

    async def hears_all(self, *tones: int, timeout_s: float = 4.0) -> None:
        """Wait until the last 300 ms are all these tones at once, and nothing else: several who talk."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout_s
        fresh = len(self.samples())
        while loop.time() < deadline:
            samples = self.samples()
            if len(samples) - fresh >= 3 * WINDOW and is_mix(samples[-3 * WINDOW :], tones):
                return
            await asyncio.sleep(0.05)
        last = self.samples()[-WINDOW:]
        shares = {hertz: round(energy_share(last, hertz), 2) for hertz in tones}
        raise AssertionError(f"{self.name} did not hear {tones} together in {timeout_s} s; last: {shares}")

    async def receives(self, *, timeout_s: float = 4.0) -> None:
        """Wait until it says once more, as it does every second, that RTP came just now."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout_s
        said = len(self._ages())
        while loop.time() < deadline:
            if any(age_ms < RECENT_MS for age_ms in self._ages()[said:]):
                return
            await asyncio.sleep(0.05)
        raise AssertionError(
            f"{self.name} receives no RTP any more; ages of the last packet: {self._ages()} ms"
        )

    def _ages(self) -> list[int]:
        text = (self.folder / "log").read_text(errors="replace")
        return [int(age) for age in LAST_PACKET.findall(text)]

    async def _until(
        self, holds: Callable[[list[Heard]], bool], known: tuple[int, ...], timeout_s: float, wanted: str
    ) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout_s
        fresh = len(self.samples())
        while loop.time() < deadline:
            samples = self.samples()
            windows = listen(samples[-3 * WINDOW :], known)
            if len(samples) - fresh >= 3 * WINDOW and len(windows) == 3 and holds(windows):
                return
            await asyncio.sleep(0.05)
        last = [(round(w.at_s, 1), round(w.rms), w.tone) for w in self.heard(*known, last_s=1.0)]
        raise AssertionError(
            f"{self.name} did not hear {wanted} in {timeout_s} s; last (s, rms, tone): {last}"
        )
