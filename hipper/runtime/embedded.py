"""The embedded PostgreSQL, Redis and rtpengine: Debian's own binaries, run privately under ``state_dir``.

PostgreSQL and Redis listen on Unix sockets only; rtpengine on 127.0.0.1. As root they run as a system user.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from hipper.runtime.places import Account, Places, places, server_account
from hipper.runtime.processes import ProcessSpec, start, stop
from hipper.runtime.secret import keep_with_data
from hipper.runtime.servers import ADMINISTRATOR
from hipper.runtime.settings_checks import host_port
from hipper.runtime.settings_model import Settings

_DEBIAN_POSTGRESQL = Path("/usr/lib/postgresql")
_OLDEST_POSTGRESQL = 15
_SHARED_MEMORY = "/dev/shm"  # noqa: S108 - where PostgreSQL puts its segments; absent in bare chroots
_READY_POLL_S = 0.02


class EmbeddedError(Exception):
    """An embedded server cannot run. One readable line that says what to do."""


def make_places(settings: Settings) -> Places:
    """The folders of the embedded servers, made if missing. Raises EmbeddedError."""
    found = places(settings)
    try:
        Path(settings.state_dir).mkdir(parents=True, exist_ok=True, mode=0o755)
        found.data.mkdir(parents=True, exist_ok=True, mode=0o755)
        found.run.mkdir(parents=True, exist_ok=True, mode=0o711)
        for folder in ("log", "postgres-home", "redis"):
            (found.data / folder).mkdir(exist_ok=True, mode=0o755)
        _give(found.account, found.run, found.data / "postgres-home", found.data / "redis")
        if found.data != Path(settings.state_dir):
            _point_to(found.data, Path(settings.state_dir))
    except OSError as error:
        raise EmbeddedError(
            f"cannot write under {settings.state_dir}: {error.strerror}; "
            "choose another state_dir or fix its rights"
        ) from None
    if found.run.stat().st_uid not in (os.geteuid(), found.account.uid if found.account else -1):
        raise EmbeddedError(f"{found.run} belongs to someone else; remove it or choose a shorter state_dir")
    return found


def _point_to(data: Path, state: Path) -> None:
    """Links for whoever looks for the data, or removes it (``make clean``), when it lies elsewhere."""
    keep_with_data(state, data)
    link = state / "data"
    if not link.is_symlink():
        link.symlink_to(data)


def _give(account: Account | None, *folders: Path) -> None:
    if account:
        for folder in folders:
            os.chown(folder, account.uid, account.gid)


def postgres_binaries() -> Path:
    """Folder of ``postgres`` and ``initdb``. Raises EmbeddedError when none is installed."""
    versions = [folder for folder in _DEBIAN_POSTGRESQL.glob("*/bin") if folder.parent.name.isdigit()]
    versions = [folder for folder in versions if (folder / "postgres").exists()]
    newest = max(versions, key=lambda folder: int(folder.parent.name), default=None)
    if newest and int(newest.parent.name) >= _OLDEST_POSTGRESQL:
        return newest
    found = shutil.which("initdb")
    if found and Path(found).resolve().with_name("postgres").exists():
        return Path(found).resolve().parent
    raise EmbeddedError("PostgreSQL 15 or newer is not installed: run 'make run', or set database.url")


def postgres(found: Places, password: str, *, durable: bool = True) -> ProcessSpec:
    """A private PostgreSQL on ``<run>/.s.PGSQL.5432``; its cluster is made at the first start.

    ``durable`` False: for tests, nothing is synced to disk. Raises EmbeddedError.
    """
    binaries = postgres_binaries()
    data = found.data / "postgres-home" / "cluster"
    if not data.exists():
        _make_cluster(binaries, data, found, password, durable)
    _check_version(binaries, data)
    _wait_for_previous(data)
    options = {
        "listen_addresses": "",
        "unix_socket_directories": str(found.run),
        "port": "5432",
        "max_connections": "100",
        "shared_buffers": "64MB",
        "log_min_messages": "warning",
        "fsync": "on" if durable else "off",
        "synchronous_commit": "on" if durable else "off",
        "full_page_writes": "on" if durable else "off",
        "dynamic_shared_memory_type": "posix" if os.access(_SHARED_MEMORY, os.W_OK) else "mmap",
    }
    arguments = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    return ProcessSpec(
        name="postgresql",
        argv=(str(binaries / "postgres"), "-D", str(data), *arguments),
        ready=lambda: _postgres_is_ready(binaries, found.run),
        account=found.account,
        folder=data,
        log=found.data / "log" / "postgresql.log",
        stop_signal=signal.SIGINT,  # "fast": does not wait for clients to leave
        ready_within_s=60.0,  # recovery after a crash takes its time
    )


def _make_cluster(binaries: Path, data: Path, found: Places, password: str, durable: bool) -> None:
    draft = data.with_name("cluster.new")
    shutil.rmtree(draft, ignore_errors=True)
    password_file = data.with_name("administrator-password")
    password_file.touch(mode=0o600)
    password_file.write_text(password)
    _give(found.account, password_file)
    command = [
        *(str(binaries / "initdb"), "-D", str(draft), "-U", ADMINISTRATOR, "--pwfile", str(password_file)),
        *("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-instructions"),
        *(() if durable else ("--no-sync",)),
    ]
    identity = (
        {"user": found.account.uid, "group": found.account.gid, "extra_groups": []} if found.account else {}
    )
    try:
        subprocess.run(
            command,
            check=True,
            capture_output=True,
            cwd=data.parent,
            start_new_session=True,
            **identity,  # type: ignore[call-overload]
        )
    except subprocess.CalledProcessError as error:
        words = error.stderr.decode("utf-8", "replace").strip().splitlines()
        raise EmbeddedError(f"initdb failed: {words[-1] if words else error.returncode}") from None
    finally:
        password_file.unlink(missing_ok=True)
    draft.rename(data)


def _check_version(binaries: Path, data: Path) -> None:
    made_by = (data / "PG_VERSION").read_text().strip()
    version = subprocess.run(
        [binaries / "postgres", "--version"], check=True, capture_output=True, text=True
    ).stdout
    running = version.split()[2].split(".")[0]
    if running != made_by:
        raise EmbeddedError(
            f"{data} was made by PostgreSQL {made_by}, installed is {running}: install postgresql-{made_by}, "
            f"or dump and restore into a new state_dir"
        )


def _wait_for_previous(data: Path, within_s: float = 10.0) -> None:
    """A supervisor that was killed leaves a postmaster that is just stopping: wait for it. A pid file that
    names a dead or foreign process is stale, and we may say so because the lock of ``state_dir`` is ours."""
    pid_file = data / "postmaster.pid"
    deadline = time.monotonic() + within_s
    while pid_file.exists():
        try:
            pid = int(pid_file.read_text().split("\n", 1)[0])
        except ValueError:
            pid = 0
        if not _is_postmaster(pid, data):
            pid_file.unlink(missing_ok=True)
            return
        if time.monotonic() > deadline:
            raise EmbeddedError(f"PostgreSQL already runs on {data} (process {pid}): stop it first")
        time.sleep(_READY_POLL_S)


def _is_postmaster(pid: int, data: Path) -> bool:
    try:
        return pid > 0 and Path(f"/proc/{pid}/cwd").resolve() == data.resolve()
    except OSError:
        return False


def _postgres_is_ready(binaries: Path, run: Path) -> bool:
    command = [str(binaries / "pg_isready"), "-q", "-h", str(run), "-p", "5432"]
    command += ["-U", ADMINISTRATOR, "-d", "postgres"]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def redis(found: Places) -> ProcessSpec:
    """A private Redis on ``<run>/redis.sock``, append-only file every second. Raises EmbeddedError."""
    binary = _binary("redis-server", "redis.url")
    path = found.run / "redis.sock"
    options = {
        "--port": "0",
        "--unixsocket": str(path),
        "--unixsocketperm": "700",
        "--dir": str(found.data / "redis"),
        "--appendonly": "yes",
        "--save": "",
        "--databases": "64",
        "--daemonize": "no",
    }
    return ProcessSpec(
        name="redis",
        argv=(binary, *(part for option in options.items() for part in option)),
        ready=lambda: _answers_ping(path),
        account=found.account,
        folder=found.data / "redis",
        log=found.data / "log" / "redis.log",
    )


def _answers_ping(path: Path) -> bool:
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(0.5)
            connection.connect(str(path))
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False


def rtpengine(
    ng: str,
    *,
    port_min: int,
    port_max: int,
    log: Path,
    account: Account | None = None,
    media_timeout_s: int = 60,
    dtmf_log: str | None = None,
) -> ProcessSpec:
    """A private rtpengine in user space on 127.0.0.1, and ::1 where there is one, NG at ``host:port``.
    Raises EmbeddedError."""
    binary = _binary("rtpengine", "media.rtpengines")
    host, port = host_port(ng)
    arguments = {
        "config-file": "none",
        "table": "-1",
        "listen-ng": ng,
        "port-min": str(port_min),
        "port-max": str(port_max),
        "timeout": str(media_timeout_s),
        "log-level": "5",
        "num-threads": "2",
    }
    return ProcessSpec(
        name="rtpengine",
        argv=(
            binary,
            "--foreground",
            "--log-stderr",
            *(f"--interface={address}" for address in _loopbacks()),
            *(f"--{name}={value}" for name, value in arguments.items()),
            *((f"--dtmf-log-dest={dtmf_log}",) if dtmf_log is not None else ()),
        ),
        ready=lambda: _answers_ng_ping(host, port),
        account=account,
        log=log,
        stop_within_s=3.0,
    )


def _loopbacks() -> list[str]:
    """rtpengine refuses to start on an address that the machine does not have."""
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return ["127.0.0.1"]
    return ["127.0.0.1", "::1"]


def embedded_rtpengine(settings: Settings, found: Places) -> ProcessSpec:
    """The rtpengine of ``media.embedded_ng``. It runs as ourselves where the system user could
    not read audio files."""
    media = settings.media
    host, port = host_port(media.embedded_ng)
    if not udp_is_free(host, port):
        raise EmbeddedError(
            f"rtpengine: {media.embedded_ng}/udp is in use; stop what uses it, set media.embedded_ng, "
            "or name your own in media.rtpengines"
        )
    return rtpengine(
        media.embedded_ng,
        port_min=media.embedded_port_min,
        port_max=media.embedded_port_max,
        log=found.data / "log" / "rtpengine.log",
        media_timeout_s=media.media_timeout_s,
        dtmf_log=media.dtmf_listen,
        account=found.account if found.data == Path(settings.state_dir) else None,
    )


def _answers_ng_ping(host: str, port: int) -> bool:
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as connection:
            connection.settimeout(0.1)
            connection.connect((host, port))
            connection.send(b"ready d7:command4:pinge")
            return b"pong" in connection.recv(512)
    except OSError:
        return False


def udp_is_free(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _binary(name: str, setting: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin:/usr/bin")
    if not found:
        raise EmbeddedError(f"{name} is not installed: run 'make run', or set {setting}")
    return found


def wait_until_ready(spec: ProcessSpec, alive: Callable[[], bool]) -> None:
    """Poll until the server answers. Raises EmbeddedError when it died or took too long."""
    deadline = time.monotonic() + spec.ready_within_s
    while not spec.ready():
        if not alive():
            raise EmbeddedError(f"{spec.name} stopped at once: {spec.last_words() or spec.why_not_ready}")
        if time.monotonic() > deadline:
            raise EmbeddedError(
                f"{spec.name} is not ready after {spec.ready_within_s:g} s: {spec.last_words()}"
            )
        time.sleep(_READY_POLL_S)


class Running:
    """One embedded server started by this process, for tests and tools; ``hipper up`` supervises its own."""

    def __init__(self, spec: ProcessSpec) -> None:
        self.spec = spec
        self.process = start(spec)
        try:
            wait_until_ready(spec, lambda: self.process.poll() is None)
        except EmbeddedError:
            self.stop()
            raise

    def stop(self) -> None:
        stop(self.spec, self.process)


def private_places(folder: Path) -> Places:
    """Places below one folder that the system user can reach; for tests."""
    account = server_account()
    found = Places(folder, folder / "run", account)
    for part in (folder, found.run, folder / "log", folder / "postgres-home", folder / "redis"):
        part.mkdir(parents=True, exist_ok=True, mode=0o755)
    _give(account, found.run, folder / "postgres-home", folder / "redis")
    return found
