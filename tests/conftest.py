"""Fixtures every test may use: a migrated database, a Redis and an rtpengine of its own.

``postgres_url``         a fresh, migrated database (superuser); dropped afterwards
``owner_postgres_url``   the same database with the role of an owner: ``owner_postgres_url("gateway")``
``redis_url``            an empty Redis database of this pytest worker
``rtpengine``            this worker's rtpengine: ``.ng`` is ``host:port``
``start_rtpengine``      starts further ones, stopped after the test
"""

from __future__ import annotations

import asyncio
import fcntl
import itertools
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from hipper.runtime.compiled import use_compiled

if os.environ.get("HIPPER_COMPILED") == "1" and not use_compiled():
    raise RuntimeError("HIPPER_COMPILED=1, but nothing is compiled for these sources: make compile")

from hipper.runtime import embedded

ROLE_PASSWORD = "test"
_GUARDIAN = Path(__file__).parent / "cluster_guardian.py"
_RTP_PORTS_PER_ENGINE = 60
_database_numbers = itertools.count(1)
_engine_numbers = itertools.count()


def pytest_configure(config: pytest.Config) -> None:
    """Installations of root whose folder the servers' account cannot reach (pytest's are closed) keep their
    data elsewhere: in a folder of this session, which goes with it."""
    if "STATE_DIRECTORY" not in os.environ:
        folder = tempfile.mkdtemp(prefix="hipper-data-")
        os.chmod(folder, 0o711)
        os.environ["STATE_DIRECTORY"] = folder
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))


def _worker() -> str:
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


def _session_owner() -> int:
    """The pytest process that ends last: xdist's controller, or ourselves."""
    return os.getpid() if _worker() == "main" else os.getppid()


def _run_apart(work: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine to its end without touching the test's event loop."""
    failures: list[BaseException] = []

    def run() -> None:
        try:
            asyncio.run(work)
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failures:
        raise failures[0]


@pytest.fixture(scope="session")
def postgres_template_url() -> str:
    """URL of the migrated template database; the first worker that asks starts the session's cluster."""
    owner = _session_owner()
    # a process id comes again: what a session that was killed left here is not ours
    began = Path(f"/proc/{owner}/stat").read_text().rpartition(")")[2].split()[19]
    folder = Path(tempfile.gettempdir()) / f"hipper-tests-{os.geteuid()}-{owner}-{began}"
    with open(f"{folder}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            folder.mkdir(mode=0o711)
            subprocess.Popen(
                [sys.executable, _GUARDIAN, str(owner), str(folder)],
                start_new_session=True,
                stdin=subprocess.DEVNULL,
            )
        deadline = time.monotonic() + 60
        while not (folder / "ready").exists():
            if (folder / "failed").exists():
                pytest.fail(
                    f"the test database cannot be made: {(folder / 'failed').read_text()}", pytrace=False
                )
            assert time.monotonic() < deadline, "the test database is not ready after 60 s"
            time.sleep(0.05)
    return (folder / "ready").read_text()


@pytest.fixture
def postgres_url(postgres_template_url: str) -> Iterator[str]:
    parts = urlsplit(postgres_template_url)
    template = parts.path.lstrip("/")
    name = f"test_{_worker()}_{os.getpid()}_{next(_database_numbers)}"
    server = urlunsplit(parts._replace(path="/postgres"))
    # Nothing is synced here, so that copying files costs a third of writing every page to the log as well.
    copy = f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY"
    _run_apart(_execute(server, copy))
    yield urlunsplit(parts._replace(path=f"/{name}"))
    _run_apart(_execute(server, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))


@pytest.fixture
def owner_postgres_url(postgres_url: str) -> Callable[[str], str]:
    def url(owner: str) -> str:
        return urlunsplit(urlsplit(postgres_url)._replace(netloc=f"hipper_{owner}:{ROLE_PASSWORD}@"))

    return url


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def server_folder() -> Iterator[Path]:
    """A short path that the servers' system user can reach too."""
    folder = Path(tempfile.mkdtemp(prefix="hipper-test-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def _redis_server(server_folder: Path) -> Iterator[str]:
    places = embedded.private_places(server_folder / "redis-only")
    running = embedded.Running(embedded.redis(places))
    yield f"unix://{places.run / 'redis.sock'}"
    running.stop()


@pytest.fixture
def redis_url(_redis_server: str) -> str:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(_redis_server.removeprefix("unix://"))
        connection.sendall(b"FLUSHALL\r\n")
        assert connection.recv(16).startswith(b"+OK")
    return _redis_server


def _first_rtp_port() -> int:
    """Of this worker's rtpengines: 13000–13999 without workers, else a half of 20000–21999. Nothing else of
    the tests has ports there (the installations under test 10222–11099, the interop kit 14000–19999 and
    26000–27999): an rtpengine takes any port of its range, also one that somebody is about to listen on."""
    worker = _worker()
    return 13000 if worker == "main" else 20000 + int(worker.removeprefix("gw")) % 2 * 1000


class RunningRtpengine:
    """One private rtpengine. ``ng``: its NG listener, ``dtmf``: whom it tells of digits; ``host:port``."""

    def __init__(self, folder: Path) -> None:
        self.ng = f"127.0.0.1:{free_udp_port()}"
        self.dtmf = f"127.0.0.1:{free_udp_port()}"
        first = _first_rtp_port() + next(_engine_numbers) % 16 * _RTP_PORTS_PER_ENGINE
        self._spec = embedded.rtpengine(
            self.ng,
            port_min=first,
            port_max=first + _RTP_PORTS_PER_ENGINE - 1,
            log=folder / f"rtpengine-{self.ng.rpartition(':')[2]}.log",
            dtmf_log=self.dtmf,
        )
        self._running = embedded.Running(self._spec)

    @property
    def pid(self) -> int:
        return self._running.process.pid

    @property
    def is_running(self) -> bool:
        return self._running.process.poll() is None

    def freeze(self) -> None:
        """It keeps its sockets and answers nothing."""
        os.kill(self.pid, signal.SIGSTOP)
        # The signal is taken when each thread next runs: until then the engine may still answer.
        while any(_state(task) not in "tT" for task in Path(f"/proc/{self.pid}/task").iterdir()):
            time.sleep(0.001)

    def thaw(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def stop(self) -> None:
        if self.is_running:
            self.thaw()
        self._running.stop()


def _state(task: Path) -> str:
    """One letter, as in proc(5)."""
    return (task / "stat").read_text().rpartition(") ")[2][0]


def free_udp_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def _shared_rtpengines(server_folder: Path) -> Iterator[list[RunningRtpengine]]:
    engines: list[RunningRtpengine] = []
    yield engines
    for engine in engines:
        engine.stop()


@pytest.fixture
def rtpengine(_shared_rtpengines: list[RunningRtpengine], server_folder: Path) -> Iterator[RunningRtpengine]:
    """Shared by the tests of a worker; one that a test stopped is replaced."""
    if not _shared_rtpengines or not _shared_rtpengines[-1].is_running:
        _shared_rtpengines.append(RunningRtpengine(server_folder))
    engine = _shared_rtpengines[-1]
    yield engine
    if engine.is_running:
        engine.thaw()


@pytest.fixture
def start_rtpengine(server_folder: Path) -> Iterator[Callable[[], RunningRtpengine]]:
    started: list[RunningRtpengine] = []

    def start() -> RunningRtpengine:
        started.append(RunningRtpengine(server_folder))
        return started[-1]

    yield start
    for engine in started:
        engine.stop()
