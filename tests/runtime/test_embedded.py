"""hipper.runtime.embedded, processes, supervisor and ports: real children, started and stopped."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hipper.runtime import embedded
from hipper.runtime.ports import ListenError, bound_socket, who_uses
from hipper.runtime.processes import ProcessSpec
from hipper.runtime.settings_model import MediaSection, Settings
from hipper.runtime.supervisor import ProcessFailed, Supervisor

pytestmark = pytest.mark.servers


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_for(condition: Callable[[], Any], within_s: float = 10.0) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


class TestPostgres:
    def test_data_survives_a_restart_and_a_kill(self, server_folder: Path) -> None:
        places = embedded.private_places(server_folder / "pg-survives")
        running = embedded.Running(embedded.postgres(places, "secret", durable=False))
        psql(places.run, "CREATE TABLE kept AS SELECT 42 AS n")
        running.stop()
        running = embedded.Running(embedded.postgres(places, "secret", durable=False))
        assert psql(places.run, "SELECT n FROM kept") == "42"
        running.process.kill()
        running.process.wait()
        assert (places.data / "postgres-home/cluster/postmaster.pid").exists()
        running = embedded.Running(embedded.postgres(places, "secret", durable=False))
        assert psql(places.run, "SELECT n FROM kept") == "42"
        running.stop()

    def test_a_pid_file_that_names_a_foreign_process_is_stale(self, server_folder: Path) -> None:
        places = embedded.private_places(server_folder / "pg-stale")
        spec = embedded.postgres(places, "secret", durable=False)
        pid_file = places.data / "postgres-home/cluster/postmaster.pid"
        pid_file.write_text(f"{os.getpid()}\n")
        spec = embedded.postgres(places, "secret", durable=False)
        assert not pid_file.exists()
        embedded.Running(spec).stop()

    def test_a_wrong_password_is_refused(self, server_folder: Path) -> None:
        places = embedded.private_places(server_folder / "pg-password")
        running = embedded.Running(embedded.postgres(places, "secret", durable=False))
        with pytest.raises(subprocess.CalledProcessError):
            psql(places.run, "SELECT 1", password="guess")
        running.stop()

    def test_a_cluster_of_another_version_is_named(self, server_folder: Path) -> None:
        places = embedded.private_places(server_folder / "pg-version")
        embedded.postgres(places, "secret", durable=False)
        (places.data / "postgres-home/cluster/PG_VERSION").write_text("9\n")
        with pytest.raises(embedded.EmbeddedError, match=r"made by PostgreSQL 9, installed is \d+"):
            embedded.postgres(places, "secret", durable=False)


def psql(run: Path, statement: str, password: str = "secret") -> str:
    command = [
        embedded.postgres_binaries() / "psql",
        "-h",
        run,
        "-U",
        "hipper",
        "-d",
        "postgres",
        "-Atc",
        statement,
    ]
    environment = {"PGPASSWORD": password, "PATH": os.environ.get("PATH", os.defpath)}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    return done.stdout.strip()


class TestRtpengine:
    def test_a_port_in_use_is_one_readable_line(self, tmp_path: Path) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as holder:
            holder.bind(("127.0.0.1", 0))
            ng = f"127.0.0.1:{holder.getsockname()[1]}"
            settings = Settings(state_dir=str(tmp_path), media=MediaSection(embedded_ng=ng))
            places = embedded.make_places(settings)
            with pytest.raises(embedded.EmbeddedError, match=rf"^rtpengine: {ng}/udp is in use"):
                embedded.embedded_rtpengine(settings, places)


def test_a_state_dir_that_cannot_be_made_is_one_readable_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(embedded.EmbeddedError, match=r"^cannot write under .*choose another state_dir"):
        embedded.make_places(Settings(state_dir=str(tmp_path / "file" / "state")))


def sleeper(name: str, tmp_path: Path, script: str = "", **options: Any) -> ProcessSpec:
    """A child that writes its pid when it serves."""
    mark = tmp_path / name
    serve = f"open({str(mark)!r}, 'w').write(str(os.getpid()))"
    code = f"import os, sys, time, signal\n{script}\n{serve}\ntime.sleep(60)"
    return ProcessSpec(
        name=name,
        argv=(sys.executable, "-c", code),
        ready=lambda: mark.exists() and mark.read_text() != "",
        log=tmp_path / f"{name}.log",
        **options,
    )


class TestSupervisor:
    async def test_children_start_together_and_stop_in_reverse(self, tmp_path: Path) -> None:
        supervisor = Supervisor(print)
        await supervisor.start(sleeper("a", tmp_path), sleeper("b", tmp_path))
        await supervisor.start(sleeper("c", tmp_path))
        pids = [int((tmp_path / name).read_text()) for name in "abc"]
        assert all(map(is_alive, pids))
        await supervisor.stop()
        assert not any(map(is_alive, pids))

    async def test_a_child_that_dies_is_started_again(self, tmp_path: Path) -> None:
        told: list[str] = []
        supervisor = Supervisor(told.append)
        await supervisor.start(sleeper("a", tmp_path))
        first = int((tmp_path / "a").read_text())
        os.kill(first, signal.SIGKILL)
        await asyncio.to_thread(wait_for, lambda: (tmp_path / "a").read_text() not in ("", str(first)))
        assert told == ["a was killed by signal 9; starting it again in 0.2 s"]
        await supervisor.stop()
        assert not is_alive(int((tmp_path / "a").read_text()))

    async def test_a_child_that_cannot_start_says_why(self, tmp_path: Path) -> None:
        supervisor = Supervisor(print)
        with pytest.raises(ProcessFailed, match=r"^bad stopped at once: no such thing \("):
            await supervisor.start(sleeper("bad", tmp_path, "sys.exit('no such thing')"))
        await supervisor.stop()

    async def test_a_child_that_never_serves_is_named(self, tmp_path: Path) -> None:
        supervisor = Supervisor(print)
        with pytest.raises(ProcessFailed, match=r"^mute is not ready after 0\.3 s"):
            await supervisor.start(sleeper("mute", tmp_path, "time.sleep(60)", ready_within_s=0.3))
        await supervisor.stop()

    async def test_a_program_that_is_not_there_is_named(self) -> None:
        spec = ProcessSpec(name="x", argv=("/no/such/program",), ready=lambda: True)
        with pytest.raises(ProcessFailed, match=r"^x: /no/such/program: No such file"):
            await Supervisor(print).start(spec)

    async def test_a_child_that_ignores_sigterm_is_killed(self, tmp_path: Path) -> None:
        told: list[str] = []
        supervisor = Supervisor(told.append)
        ignore = "signal.signal(signal.SIGTERM, signal.SIG_IGN)"
        await supervisor.start(sleeper("deaf", tmp_path, ignore, stop_within_s=0.3))
        await supervisor.stop()
        assert not is_alive(int((tmp_path / "deaf").read_text()))
        assert told == ["deaf did not stop within 0.3 s: killed"]

    def test_children_die_with_a_supervisor_that_is_killed(self, tmp_path: Path) -> None:
        code = (
            "import asyncio, sys\nfrom pathlib import Path\n"
            f"sys.path.insert(0, {os.getcwd()!r})\n"
            "from tests.runtime.test_embedded import sleeper\n"
            "from hipper.runtime.supervisor import Supervisor\n"
            "async def main():\n"
            f"    await Supervisor(print).start(sleeper('a', Path({str(tmp_path)!r})))\n"
            "    print('up', flush=True)\n    await asyncio.sleep(60)\n"
            "asyncio.run(main())"
        )
        parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"up\n"
        child = int((tmp_path / "a").read_text())
        assert is_alive(child)
        parent.kill()
        parent.wait()
        wait_for(lambda: not is_alive(child))


class TestPorts:
    def test_the_holder_of_a_port_is_named(self) -> None:
        with socket.socket() as holder:
            holder.bind(("127.0.0.1", 0))
            holder.listen()
            port = holder.getsockname()[1]
            assert str(os.getpid()) in str(who_uses("tcp", port))
            with pytest.raises(
                ListenError, match=rf"127.0.0.1:{port}/tcp \(it\) is in use by .*{os.getpid()}"
            ):
                bound_socket("tcp", "127.0.0.1", port, "it")

    def test_an_address_this_machine_has_not_is_named(self) -> None:
        with pytest.raises(ListenError, match=r"this machine has no address 192\.0\.2\.1"):
            bound_socket("udp", "192.0.2.1", 5060, "it")

    def test_a_free_port_has_no_holder(self) -> None:
        with bound_socket("udp", "127.0.0.1", 0, "it") as sock:
            port = sock.getsockname()[1]
        assert who_uses("udp", port) is None
