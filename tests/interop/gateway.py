"""The gateway under test: a process of its own with servers of its own, told by a settings file as an
operator would tell it.

The peers' source address says who they are (all on one machine): 127.0.0.1 is the trusted mobile network,
carrier or a telephone; 127.0.0.2 a network and carrier that are configured but not trusted; 127.0.0.3
nobody.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from hipper.runtime import embedded
from tests.interop.ports import Ports, relay_ports
from tests.interop.processes import die_with_us

TRUSTED, UNTRUSTED, STRANGER = "127.0.0.1", "127.0.0.2", "127.0.0.3"
GUARD_HEADER = "X-Hipper-Loop-Guard"
ROOT = Path(__file__).parents[2]

MOBILE_NETWORK = """
[[mobile_network]]
name = "mno"
options_interval_s = 0
listener = "mobile"
addresses = ["127.0.0.1"]
target = "sip:127.0.0.1:{network}"
"""
CARRIER = """
[[pstn_trunk]]
name = "carrier"
options_interval_s = 0
listener = "pstn"
addresses = ["127.0.0.1"]
target = "sip:127.0.0.1:{carrier}"
"""
EMERGENCY_ROUTE = """
[[emergency_route]]
name = "psap"
listener = "pstn"
target = "sip:127.0.0.1:{psap}"
"""
PSTN_TCP = """
[[sip_listener]]
name = "pstn-tcp"
transport = "tcp"
port = {pstn}
"""
"""Peers as most gateways under test have them; ports are filled in."""

SETTINGS = (
    """\
state_dir = "{state_dir}"

[gateway]
id = "interop"
drain_s = {drain_s}

[database]
url = "{database}"
role_password = "test"

[redis]
url = "{redis}"

[media]
health_interval_s = 0.2
rtpengines = [{{ ng = "{ng}" }}]
dtmf_listen = "127.0.0.1:{dtmf}"

[http]
port = {http}

[logging]
level = "debug"

[devices]
algorithms = [{algorithms}]
min_expires_s = 1

[[sip_listener]]
name = "mobile"
port = {mobile}

[[sip_listener]]
name = "mobile-tcp"
transport = "tcp"
port = {mobile}

[[sip_listener]]
name = "pstn"
port = {pstn}

[[sip_listener]]
name = "devices-udp"
port = {devices}

[[sip_listener]]
name = "devices-tcp"
transport = "tcp"
port = {devices}

[[sip_listener]]
name = "devices-tls"
transport = "tls"
port = {devices_tls}
"""
    + MOBILE_NETWORK
    + """\
terminating_prefix = "99"
terminating_trunk_group = "hipper"

[[mobile_network]]
name = "mno-tcp"
options_interval_s = 0
listener = "mobile-tcp"
addresses = ["127.0.0.1"]
target = "sip:127.0.0.1:{network}"

[[mobile_network]]
name = "mno-untrusted"
options_interval_s = 0
listener = "mobile"
addresses = ["127.0.0.2"]
target = "sip:127.0.0.2:{network}"
trusted = false
"""
    + CARRIER
    + """
[[pstn_trunk]]
name = "carrier-untrusted"
options_interval_s = 0
listener = "pstn"
addresses = ["127.0.0.2"]
target = "sip:127.0.0.2:{carrier}"
trusted = false
"""
    + EMERGENCY_ROUTE
    + """
[[emergency_route]]
name = "psap-spare"
listener = "pstn"
target = "sip:127.0.0.1:{psap_spare}"
"""
)


class GatewayProcess:
    """``mobile``, ``pstn``, ``devices``, ``devices_tls``: its ports. ``network``, ``carrier``, ``psap``,
    ``psap_spare``: where it sends to."""

    def __init__(
        self,
        folder: Path,
        ports: Ports,
        *,
        database: str,
        redis: str,
        ng: str,
        algorithms: tuple[str, ...] = ("MD5",),
        drain_s: float = 0.5,
    ) -> None:
        self.folder = folder
        self.mobile, self.pstn, self.devices, self.devices_tls, self.http = (ports.keep() for _ in range(5))
        self.dtmf = ports.keep()
        self.network, self.carrier, self.psap, self.psap_spare = (ports.keep() for _ in range(4))
        folder.mkdir(parents=True, exist_ok=True)
        self.settings = folder / "hipper.toml"
        names = (
            "mobile",
            "pstn",
            "devices",
            "devices_tls",
            "http",
            "dtmf",
            "network",
            "carrier",
            "psap",
            "psap_spare",
        )
        self.settings.write_text(
            SETTINGS.format(
                state_dir=folder / "state",
                database=database,
                redis=redis,
                ng=ng,
                drain_s=drain_s,
                algorithms=", ".join(f'"{name}"' for name in algorithms),
                **{name: getattr(self, name) for name in names},
            )
        )
        self._log = folder / "gateway.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *, servers: bool = True) -> None:
        """Wait until it is ready; with ``servers`` False only until it serves SIP."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("HIPPER__")}
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "fmc_gateway", "--config", str(self.settings)],
                cwd=ROOT,
                stdout=log,
                stderr=log,
                env=environment,
                preexec_fn=die_with_us(),
            )
        deadline = time.monotonic() + 20
        while not self._answers("/health/ready" if servers else "/health/live"):
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise AssertionError(f"the gateway did not start:\n{self.log()}")
            time.sleep(0.02)

    def _answers(self, path: str) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.http), timeout=1.0) as connection:
                connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
                return b" 200 " in connection.recv(64)
        except OSError:
            return False

    def stop(self) -> None:
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def log(self, last: int = 6000) -> str:
        return self._log.read_text(errors="replace")[-last:]


class Servers:
    """A Redis and an rtpengine of this test session; PostgreSQL is the test session's."""

    def __init__(self, folder: Path, ports: Ports) -> None:
        places = embedded.private_places(folder / "redis")
        first, last = relay_ports()
        self.ng = f"127.0.0.1:{ports.keep()}"
        self.redis = f"unix://{places.run / 'redis.sock'}"
        self._running = {
            "redis": embedded.Running(embedded.redis(places)),
            "rtpengine": embedded.Running(
                embedded.rtpengine(self.ng, port_min=first, port_max=last, log=folder / "rtpengine.log")
            ),
        }

    def freeze(self, name: str) -> None:
        """It keeps its sockets and answers nothing."""
        os.kill(self._running[name].process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        for running in self._running.values():
            os.kill(running.process.pid, signal.SIGCONT)

    def stop(self) -> None:
        for running in self._running.values():
            running.stop()
