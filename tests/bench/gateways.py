"""Our gateway as the benchmarks start it: whole, signalling only, or with everything else away."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tests.bench import peers, procstat
from tests.bench.callers import subscribers
from tests.port_lock import ports_of

ROOT = Path(__file__).parents[2]
NETWORK_PORT, HTTP_PORT, NG_PORT, API_PORT, DTMF_PORT = 28919, 28918, 28920, 28917, 28922
_NAMES = {"postgres": "postgresql", "redis-server": "redis", "rtpengine": "rtpengine"}
Processes = dict[str, list[int]]
"""Process ids by what the process is."""


def settings_text(state: Path, port: int, trunk_port: int, route_port: int, more: str) -> str:
    """An installation whose mobile network calls to ``port``; the others are the carrier and the centre."""
    return f"""
state_dir = "{state}"
{more}
[http]
port = {HTTP_PORT}
[api]
port = {API_PORT}
[[sip_listener]]
name = "mobile"
port = {port}
[[sip_listener]]
name = "pstn"
port = {port + 20}
[[mobile_network]]
name = "demo-mobile"
listener = "mobile"
addresses = ["127.0.0.1"]
target = "sip:127.0.0.1:{NETWORK_PORT}"
options_interval_s = 0
terminating_prefix = "99"
[[pstn_trunk]]
name = "carrier"
listener = "pstn"
addresses = ["127.0.0.1"]
target = "sip:127.0.0.1:{trunk_port}"
options_interval_s = 0
[[emergency_route]]
name = "emergency"
listener = "pstn"
target = "sip:127.0.0.1:{route_port}"
[[sip_listener]]
name = "devices-udp"
port = {port + 30}
[devices]
listeners = ["devices-udp"]
[logging]
level = "warning"
"""


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    """A folder the embedded servers, which run as another user, may enter."""
    with ports_of("bench"), tempfile.TemporaryDirectory(prefix="hipper-bench-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


class Installation:
    """A whole installation, started again for every round on the same data."""

    def __init__(
        self, folder: Path, port: int, trunk_port: int, more: str, engines: Sequence[int] = ()
    ) -> None:
        self._port = port
        self.settings = folder / "hipper.toml"
        media = _engines(engines) if engines else _EMBEDDED
        text = settings_text(folder / "state", port, trunk_port, trunk_port, media + more)
        self.settings.write_text(text)
        company = (ROOT / "deploy" / "demo-company.toml").read_text()
        if _FIRST_SUBSCRIBER not in company:
            raise RuntimeError("the demonstration's company is not as the benchmarks know it")
        (folder / "demo-company.toml").write_text(
            company.replace(_FIRST_SUBSCRIBER, _WITHOUT_CAPS + _FIRST_SUBSCRIBER, 1) + subscribers()
        )

    @contextlib.contextmanager
    def running(self) -> Iterator[Processes]:
        command = [sys.executable, "-m", "hipper.cli.main", "up", "--settings", str(self.settings)]
        with peers.running(command, self._port, within_s=60, cwd=ROOT, env=_environment()) as process:
            yield _by_name(process.pid)


def _by_name(supervisor: int) -> Processes:
    """The supervisor's children by what they are; what it costs itself is nobody's call."""
    return {_name(pid): [pid] for pid in procstat.children(supervisor)}


def _name(pid: int) -> str:
    words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    return _NAMES.get(procstat.program(pid)) or ("api" if b"app" in words else "gateway")


@contextlib.contextmanager
def installation(
    port: int, trunk_port: int, more: str = "", engines: Sequence[int] = ()
) -> Iterator[Installation]:
    """An installation whose data lives until the end of the block. ``more``: tables of settings;
    ``engines``: NG ports of rtpengines somebody else runs, instead of its own."""
    with _folder() as folder:
        yield Installation(folder, port, trunk_port, more, engines)


@contextlib.contextmanager
def signalling_only(port: int, trunk_port: int) -> Iterator[Processes]:
    """The same SIP stack and engine; a directory in memory, no rtpengine, no Redis, no record."""
    with _folder() as folder:
        settings = folder / "hipper.toml"
        settings.write_text(settings_text(folder / "state", port, trunk_port, trunk_port, _AWAY))
        command = [sys.executable, "-m", "tests.bench.signalling_gateway", str(settings)]
        with peers.running(command, port, cwd=ROOT, env=_environment()) as process:
            yield {"gateway": [process.pid]}


@contextlib.contextmanager
def nothing_but_the_gateway(
    port: int, route_port: int, *, more: str = "", prepare: Callable[[Path], None] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """The real service from a cold start; PostgreSQL, Redis and rtpengine where nobody answers. ``more``:
    tables of settings; ``prepare``: told the folder of what an earlier process left."""
    with _folder() as folder:
        settings = folder / "hipper.toml"
        settings.write_text(settings_text(folder / "state", port, route_port, route_port, _AWAY + more))
        if prepare is not None:
            prepare(folder / "state")
        command = [sys.executable, "-m", "fmc_gateway", "--config", str(settings)]
        with peers.running(command, port, cwd=ROOT, env=_environment()) as process:
            yield process


_FIRST_SUBSCRIBER = "[[subscriber]]"
_WITHOUT_CAPS = """[group.services.group_outgoing_calling_plan]
barred = ["service_paid"]

"""
"""Hundreds of calls at once; the default plan would stop the ninth of a user."""
_EMBEDDED = f"""
[media]
embedded_ng = "127.0.0.1:{NG_PORT}"
dtmf_listen = "127.0.0.1:{DTMF_PORT}"
embedded_port_min = 30000
embedded_port_max = 59999
"""


def _engines(ports: Sequence[int]) -> str:
    listed = ", ".join(f'{{ ng = "127.0.0.1:{port}" }}' for port in ports)
    return f'[media]\nrtpengines = [{listed}]\ndtmf_listen = "127.0.0.1:{DTMF_PORT}"\n'


_AWAY = f"""
database.url = "postgresql://127.0.0.1:28998/nobody"
redis.url = "redis://127.0.0.1:28998/0"
media.rtpengines = [{{ ng = "127.0.0.1:28998" }}]
media.dtmf_listen = "127.0.0.1:{DTMF_PORT}"
"""
