"""Drive Debian's linphone 5.1 (``linphonec``) as a telephone: commands on its standard input, no sound card.

What it says is a file, what it hears is written to one. Peculiarities the kit lives with:

- What it has to tell comes out with the next command: while it is waited for, one is typed.
- It breaks its lines at 80 columns unless COLUMNS says otherwise.
- Its record file is only complete once the call is over.
- ``pause`` holds with sendonly and plays nothing of its own.
"""

from __future__ import annotations

import asyncio
import os
import re
from pathlib import Path

from tests.interop.ports import Ports
from tests.interop.processes import die_with_us
from tests.interop.tones import Heard, listen, read_samples, write_tone

CONFIG = """\
[sip]
sip_port={sip_port}
sip_tcp_port=-1
sip_tls_port=-1
bind_address=127.0.0.1
contact=sip:{name}@127.0.0.1
guess_hostname=0
use_ipv6=0
register_only_when_network_is_up=0
use_info=0
use_rfc2833=1
default_proxy=-1
gruu_enabled=0
media_encryption=none

[rtp]
audio_rtp_port={rtp_first}-{rtp_last}

[sound]
echocancellation=0

[video]
enabled=0

[misc]
real_early_media=0

{codecs}
"""
CODECS = (("PCMA", 8000, 1), ("PCMU", 8000, 1), ("telephone-event", 8000, 1), ("opus", 48000, 0),
          ("speex", 16000, 0), ("speex", 8000, 0))  # fmt: skip
RTP_WIDTH = 20


class Linphone:
    """One telephone. Use as an async context manager, then :meth:`register`. ``tone_hz``: what it says."""

    def __init__(self, name: str, folder: Path, ports: Ports, tone_hz: int) -> None:
        self.name = name
        self.folder = folder / f"linphone-{name}"
        self.tone_hz = tone_hz
        self.sip_port = ports.sip()
        self.rtp_first = ports.rtp(RTP_WIDTH)
        self.lines: list[str] = []
        self._port = 0
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Linphone:
        (self.folder / ".local/share/linphone").mkdir(parents=True)
        write_tone(self.folder / "tone.wav", self.tone_hz)
        codecs = "\n".join(
            f"[audio_codec_{n}]\nmime={mime}\nrate={rate}\nchannels=1\nenabled={enabled}\n"
            for n, (mime, rate, enabled) in enumerate(CODECS)
        )
        (self.folder / "rc").write_text(
            CONFIG.format(
                sip_port=self.sip_port, name=self.name, rtp_first=self.rtp_first,
                rtp_last=self.rtp_first + RTP_WIDTH - 1, codecs=codecs,
            )
        )  # fmt: skip
        arguments = ("-c", str(self.folder / "rc"), "-S", "-d", "0", "-l", str(self.folder / "log"))
        self._process = await asyncio.create_subprocess_exec(
            "linphonec",
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            cwd=self.folder,
            env={**os.environ, "HOME": str(self.folder), "COLUMNS": "400"},
            preexec_fn=die_with_us(),
        )
        self._reader = asyncio.create_task(self._read())
        await self.command("soundcard use files")
        await self.command(f"play {self.folder / 'tone.wav'}")
        await self.command(f"record {self.heard_file}")
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._process is not None
        if self._process.returncode is None:
            await self.command("quit")
            try:
                await asyncio.wait_for(self._process.wait(), 2.0)
            except TimeoutError:
                self._process.kill()
                await self._process.wait()
        if self._reader is not None:
            self._reader.cancel()

    async def _read(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        while line := await self._process.stdout.readline():
            self.lines.append(line.decode(errors="replace").rstrip())

    @property
    def heard_file(self) -> Path:
        return self.folder / "heard.wav"

    def mark(self) -> int:
        """Where :meth:`says` should start to look for what happens next."""
        return len(self.lines)

    async def command(self, text: str) -> int:
        """Type a line; returns the mark from before."""
        since = self.mark()
        self._type(text)
        return since

    def _type(self, text: str) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(f"{text}\n".encode())

    async def says(
        self, pattern: str, *, since: int = 0, timeout_s: float = 5.0, asking: str = "calls"
    ) -> re.Match[str]:
        """Wait for a line that matches, typing ``asking`` meanwhile."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout_s
        while True:
            for line in self.lines[since:]:
                if found := re.search(pattern, line):
                    return found
            if loop.time() > deadline:
                seen = "\n".join(self.lines[since:])
                raise AssertionError(f"{self.name} said no {pattern!r} in {timeout_s} s, but:\n{seen}")
            self._type(asking)
            await asyncio.sleep(0.2)

    # -- telephone

    async def register(self, user: str, domain: str, port: int, password: str) -> None:
        """At the gateway on 127.0.0.1:`port`, which stands for `domain`."""
        self._port = port
        since = await self.command(f"register sip:{user}@{domain} sip:127.0.0.1:{port} {password}")
        await self.says(r"^registered, ", since=since, timeout_s=8, asking="status register")

    async def dial(self, digits: str) -> int:
        """By the gateway it registered at; it looks no domain up that has no DNS."""
        return await self.command(f"call sip:{digits.replace('#', '%23')}@127.0.0.1:{self._port}")

    async def incoming(self, *, since: int = 0, timeout_s: float = 5.0) -> str:
        """Wait until it rings; the caller as shown."""
        return (await self.says(r"Receiving new incoming call from (.*?), assigned", since=since,
                                timeout_s=timeout_s))[1]  # fmt: skip

    async def answer(self) -> None:
        since = await self.command("answer")
        await self.says(r"connected", since=since)

    async def hang_up(self) -> None:
        await self.command("terminate all")

    async def digits(self, digits: str) -> None:
        """RFC 4733 events."""
        for digit in digits:
            await self.command(digit)

    def heard(self, *known: int) -> list[Heard]:
        """Windows of what it heard; the file is whole once the call is over."""
        return listen(read_samples(self.heard_file), known) if self.heard_file.exists() else []
