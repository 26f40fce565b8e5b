"""The parts of one installation on one machine: embedded servers, database, services, demonstration."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg

from hipper.cli.errors import CliError
from hipper.directory.provision import apply_file
from hipper.runtime import embedded
from hipper.runtime.database import OUTAGE
from hipper.runtime.migrations import migrate_installation
from hipper.runtime.places import Places
from hipper.runtime.ports import Family, bound_socket
from hipper.runtime.processes import ProcessSpec
from hipper.runtime.secret import derive_password, installation_secret
from hipper.runtime.servers import administrator_url, owner_url
from hipper.runtime.settings_checks import host_port
from hipper.runtime.settings_model import Settings
from hipper.runtime.supervisor import Supervisor

_LOCK = "hipper.lock"
_DATABASE_WITHIN_S = 5.0
_OTHERS_WITHIN_S = 3.0
"""How long a gateway that serves SIP is waited for until its servers answer as well."""


@contextlib.contextmanager
def lock(settings: Settings) -> Iterator[None]:
    """One ``hipper up`` per ``state_dir``. The kernel forgets the lock with its holder: a stale one cannot
    be."""
    folder = Path(settings.state_dir)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / _LOCK).open("a+")
    except OSError as error:
        raise CliError(
            f"cannot write to {folder}: {error.strerror}; set state_dir elsewhere, or run as its owner"
        ) from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise CliError(
                f"already running on {folder} (process {file.read().strip()}): stop that first"
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def check_ports(settings: Settings) -> None:
    """See that every port of ours is free before anything starts. Raises ListenError."""
    for listener in settings.sip_listener:
        family: Family = "udp" if listener.transport == "udp" else "tcp"
        bound_socket(family, listener.host, listener.port, f"listener '{listener.name}'").close()
    host, digits = host_port(settings.media.dtmf_listen)
    bound_socket("udp", host, digits, "digits from rtpengine, media.dtmf_listen").close()
    bound_socket("tcp", settings.http.host, settings.http.port, "health and metrics, [http]").close()
    bound_socket("tcp", settings.api.host, settings.api.port, "the API, [api]").close()


class Installation:
    """``tell``: where progress goes."""

    def __init__(
        self, settings: Settings, path: Path, tell: Callable[[str], None], *, whole: bool = True
    ) -> None:
        """path: the settings file, which the services read again. whole: nothing may be missing. Otherwise
        the gateway starts also while servers of your own are away: emergency calls need none of them."""
        self.settings = settings
        self.path = path
        self.whole = whole
        http = settings.http
        self.gateway_ready = GatewayReady(_reachable(http.host), http.port, whole=whole)
        self.log_folder = Path(settings.state_dir) / "log"
        self._tell = tell

    async def start_servers(self, supervisor: Supervisor) -> None:
        """PostgreSQL, Redis and rtpengine, each unless one is configured."""
        began = time.monotonic()
        # initdb takes a second or two: not in the loop
        specs = await asyncio.to_thread(self._server_specs, embedded.make_places(self.settings))
        await supervisor.start(*specs)
        names = ", ".join(spec.name for spec in specs) or "all servers are external"
        self._tell(f"servers: {names} ({time.monotonic() - began:.1f} s)")

    def _server_specs(self, places: Places) -> list[ProcessSpec]:
        settings = self.settings
        specs = []
        if not settings.media.rtpengines:
            specs.append(embedded.embedded_rtpengine(settings, places))
        if not settings.redis.url:
            specs.append(embedded.redis(places))
        if not settings.database.url:
            if not (places.data / "postgres-home" / "cluster").exists():
                self._tell("making the database (first start only)")
            password = derive_password(installation_secret(settings), "postgresql administrator")
            specs.append(embedded.postgres(places, password))
        return specs

    async def prepare_database(self) -> None:
        """Migrate, and provision the demo company when its file lies beside the settings."""
        error = await self._database_fault()
        if error is not None:
            if self.whole:
                raise CliError(f"the database does not answer: {error}; check database.url")
            self._tell(f"the database does not answer: {error}; starting without it")
            self._tell("once it is back, run 'hipper migrate' if this is a new version")
            return
        applied = await migrate_installation(self.settings)
        if applied:
            self._tell(f"migrations applied: {', '.join(applied)}")
        company = self.path.parent / "demo-company.toml"
        if company.is_file():
            await self._provision(company)

    async def _database_fault(self) -> str | None:
        """Why nobody answers; None when somebody does, whatever the answer."""
        try:
            connection = await asyncpg.connect(administrator_url(self.settings), timeout=_DATABASE_WITHIN_S)
        except OUTAGE as error:
            return str(error) or "no answer in time"
        except asyncpg.PostgresError:
            return None
        await connection.close()
        return None

    async def _provision(self, company: Path) -> None:
        connection = await asyncpg.connect(owner_url(self.settings, "directory"))
        try:
            changes = await apply_file(connection, company, realm=self.settings.devices.realm, by="hipper up")
        finally:
            await connection.close()
        if changes.lines:
            self._tell(f"provisioned {company}")
        for made in changes.made:
            self._tell(f"password of desk phone {made.aor}: {made.password}  (shown once)")

    async def start_services(self, supervisor: Supervisor) -> None:
        await supervisor.start(self.gateway(), self.api())

    def gateway(self) -> ProcessSpec:
        return ProcessSpec(
            name="fmc_gateway",
            argv=(sys.executable, "-m", "fmc_gateway", "--config", str(self.path)),
            ready=self.gateway_ready,
            why_not_ready=f"/health/ready on port {self.settings.http.port} does not say ready",
            log=self.log_folder / "fmc_gateway.log",
            stop_within_s=self.settings.gateway.drain_s + 10,
        )

    def api(self) -> ProcessSpec:
        address = (_reachable(self.settings.api.host), self.settings.api.port)
        return ProcessSpec(
            name="app",
            argv=(sys.executable, "-m", "app", "--config", str(self.path)),
            ready=lambda: b" 200 " in _ask(address, "/health/live")[:64],
            why_not_ready=f"/health/live on port {self.settings.api.port} does not answer",
            log=self.log_folder / "app.log",
            stop_within_s=self.settings.api.drain_s + 5,
        )

    def demonstration(self) -> ProcessSpec:
        return ProcessSpec(
            name="demo",
            argv=(sys.executable, "-m", "hipper.cli.demo", "--settings", str(self.path)),
            ready=lambda: True,
        )


class GatewayReady:
    """Whether the gateway's ``/health/ready`` says so. Unless ``whole``, SIP alone will do after a while."""

    def __init__(self, host: str, port: int, *, whole: bool) -> None:
        self._address = (host, port)
        self._whole = whole
        self._serves_since: float | None = None
        self.complete = False
        """It said so for every part."""

    def __call__(self) -> bool:
        answer = _ask(self._address, "/health/ready")
        self.complete = b" 200 " in answer[:64]
        if self.complete:
            return True
        if self._whole or b'"sip":true' not in answer:
            return False
        if self._serves_since is None:
            self._serves_since = time.monotonic()
        return time.monotonic() - self._serves_since > _OTHERS_WITHIN_S


def _reachable(host: str) -> str:
    """Where a wildcard address is reached from here."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)


def _ask(address: tuple[str, int], path: str) -> bytes:
    """The whole answer to GET; nothing when nobody answers."""
    try:
        with socket.create_connection(address, timeout=1.0) as connection:
            connection.sendall(
                f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
            )
            return connection.makefile("rb").read(4096)
    except OSError:
        return b""
