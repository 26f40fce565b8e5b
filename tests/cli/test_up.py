"""``hipper up`` as an operator meets it: a process, its lines, its exit status, and what it leaves behind."""

from __future__ import annotations

import contextlib
import itertools
import os
import random
import re
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hipper.cli.main import main

pytestmark = [pytest.mark.servers, pytest.mark.xdist_group("hipper-up")]

SETTINGS = """
state_dir = "{state}"
[gateway]
drain_s = 1.0
[media]
embedded_ng = "127.0.0.1:{ng}"
embedded_port_min = 22900
embedded_port_max = 22960
dtmf_listen = "127.0.0.1:{dtmf}"
[http]
port = {http}
[api]
port = {api}
[devices]
listeners = ["devices"]
[[sip_listener]]
name = "devices"
port = {sip}
"""


class Machine:
    """A settings file with ports of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        names = ("sip", "ng", "http", "api", "dtmf")
        self.ports = dict(zip(names, free_ports(len(names)), strict=True))
        self.sip, self.ng, self.http, self.api, self.dtmf = self.ports.values()
        self.path = folder / "hipper.toml"
        self.path.write_text(SETTINGS.format(state=folder / "state", **self.ports))

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        with self.started(*arguments, **environment) as process:
            out, err = process.communicate(timeout=60)
        return subprocess.CompletedProcess([], process.returncode, out, err)

    @contextlib.contextmanager
    def started(self, *arguments: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
        process = subprocess.Popen(
            [sys.executable, "-m", "hipper.cli.main", "up", "--settings", str(self.path), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={"PATH": "/usr/bin:/bin", **environment},
            start_new_session=True,
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.terminate()
                process.communicate(timeout=30)

    def processes(self) -> list[int]:
        """Everything on this machine that has our folder in its command line or its working directory."""
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) == os.getpid():
                continue
            with contextlib.suppress(OSError):
                words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                if words and (str(self.folder) in words or f"127.0.0.1:{self.ng}" in words):
                    found.append(int(entry.name))
        return found


def free_ports(count: int) -> list[int]:
    """Free for UDP and TCP, and below the range from which the kernel gives ports to whoever sends: one of
    those may be taken again before it is used here."""
    candidates = random.SystemRandom().sample(range(12_000, 20_000), 500)
    return list(itertools.islice(filter(is_free, candidates), count))


def is_free(port: int) -> bool:
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                return False
    return True


@pytest.fixture
def machine() -> Iterator[Machine]:
    with tempfile.TemporaryDirectory(prefix="hipper-up-") as folder:
        Path(folder).chmod(0o755)
        yield Machine(Path(folder))


def wait_for_line(process: subprocess.Popen[str], wanted: str, within_s: float = 60.0) -> None:
    """Read the process's output up to a line. The pipe is unbuffered: select must see every line."""
    assert process.stdout is not None
    descriptor, deadline, text = process.stdout.fileno(), time.monotonic() + within_s, b""
    while wanted.encode() not in text:
        readable, _, _ = select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))
        assert readable, f"no '{wanted}' within {within_s:g} s: {text.decode()}"
        part = os.read(descriptor, 4096)
        assert part, f"ended without '{wanted}': {process.stderr.read() if process.stderr else ''}"
        text += part


def test_it_starts_stops_and_starts_again_within_seconds_with_its_data(machine: Machine) -> None:
    first = machine.run("--check")
    assert (first.returncode, first.stderr) == (0, "")
    assert "making the database (first start only)" in first.stdout
    assert "0001_runtime_roles_and_schemas" in first.stdout
    assert machine.processes() == []
    second = machine.run("--check")
    assert second.returncode == 0
    assert "migrations applied" not in second.stdout
    took = re.search(r"up after ([0-9.]+) s", second.stdout)
    assert took is not None
    assert float(took.group(1)) < 10


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_everything_it_started(machine: Machine, number: signal.Signals) -> None:
    with machine.started() as process:
        wait_for_line(process, "everything runs")
        assert len(machine.processes()) >= 4
        process.send_signal(number)
        assert process.wait(30) == 0
        assert machine.processes() == []


def test_nothing_outlives_a_supervisor_that_is_killed_and_the_next_start_works(machine: Machine) -> None:
    with machine.started() as process:
        wait_for_line(process, "everything runs")
        process.kill()
        process.wait()
    again = machine.run("--check")
    assert (again.returncode, again.stderr) == (0, "")
    assert machine.processes() == []


def test_a_service_that_dies_comes_back(machine: Machine) -> None:
    with machine.started() as process:
        wait_for_line(process, "everything runs")
        (gateway,) = [pid for pid in machine.processes() if b"fmc_gateway" in command_of(pid)]
        os.kill(gateway, signal.SIGKILL)
        wait_for_line(process, "fmc_gateway was killed by signal 9; starting it again")
        deadline = time.monotonic() + 20
        while not any(b"fmc_gateway" in command_of(pid) for pid in machine.processes() if pid != gateway):
            assert time.monotonic() < deadline
            time.sleep(0.05)


def command_of(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except FileNotFoundError:
        return b""


def test_a_second_one_on_the_same_folder_is_refused_in_one_line(machine: Machine) -> None:
    with machine.started() as process:
        wait_for_line(process, "everything runs")
        second = machine.run("--check")
        assert second.returncode == 1
        state = machine.folder / "state"
        assert (
            second.stderr == f"hipper: already running on {state} (process {process.pid}): stop that first\n"
        )
        assert process.poll() is None


@pytest.mark.parametrize(
    ("which", "kind"),
    [
        ("sip", socket.SOCK_DGRAM),
        ("dtmf", socket.SOCK_DGRAM),
        ("http", socket.SOCK_STREAM),
        ("api", socket.SOCK_STREAM),
    ],
)
def test_a_port_in_use_is_named_in_one_line_and_nothing_is_started(
    machine: Machine, which: str, kind: socket.SocketKind
) -> None:
    with socket.socket(socket.AF_INET, kind) as holder:
        holder.bind(("127.0.0.1", getattr(machine, which)))
        if kind == socket.SOCK_STREAM:
            holder.listen()
        done = machine.run("--check")
    assert done.returncode == 1
    assert re.fullmatch(
        rf"hipper: 127\.0\.0\.1:{getattr(machine, which)}/\w+ \(.*\) is in use by .*\n", done.stderr
    )
    assert machine.processes() == []


def test_the_ng_port_in_use_is_named_in_one_line(machine: Machine) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as holder:
        holder.bind(("127.0.0.1", machine.ng))
        done = machine.run("--check")
    assert done.returncode == 1
    assert done.stderr.startswith(
        f"hipper: rtpengine: 127.0.0.1:{machine.ng}/udp is in use; stop what uses it"
    )
    assert done.stderr.count("\n") == 1


def test_a_secret_that_is_not_there_is_one_line(machine: Machine) -> None:
    done = machine.run("--check", HIPPER__SECRET_FILE="/no/secret")
    assert done.returncode == 1
    assert done.stderr == "hipper: /no/secret: the secret cannot be read: No such file or directory\n"


def test_a_service_that_cannot_start_is_named_with_its_reason(machine: Machine) -> None:
    tls = f'name = "tls"\ntransport = "tls"\nport = {free_ports(1)[0]}\n'
    files = 'certificate = "no.pem"\nprivate_key = "no.pem"\n'
    machine.path.write_text(f"{machine.path.read_text()}\n[[sip_listener]]\n{tls}{files}")
    done = machine.run("--check")
    assert done.returncode == 1
    assert done.stderr.startswith("hipper: fmc_gateway stopped at once: fmc_gateway: ")
    assert "No such file" in done.stderr
    assert machine.processes() == []


def test_an_external_database_that_does_not_answer_is_one_line(machine: Machine) -> None:
    (port,) = free_ports(1)
    done = machine.run("--check", HIPPER__DATABASE__URL=f"postgresql://hipper:x@127.0.0.1:{port}/hipper")
    assert done.returncode == 1
    assert done.stderr.startswith("hipper: the database does not answer: ")
    assert done.stderr.count("\n") == 1
    assert machine.processes() == []


def test_gateway_serves_while_servers_of_your_own_are_away(machine: Machine) -> None:
    """A restart during an outage of PostgreSQL must not take 112 away."""
    (port,) = free_ports(1)
    away = {
        "HIPPER__DATABASE__URL": f"postgresql://hipper:x@127.0.0.1:{port}/hipper",
        "HIPPER__REDIS__URL": f"redis://127.0.0.1:{port}",
        "HIPPER__MEDIA__RTPENGINES": f'[{{ng = "127.0.0.1:{port}"}}]',
    }
    with machine.started(**away) as process:
        wait_for_line(process, "starting without it")
        wait_for_line(process, "SIP is served, the rest is waited for", within_s=20)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
            phone.bind(("127.0.0.1", 0))
            phone.settimeout(5)
            own = phone.getsockname()[1]
            phone.sendto(
                f"OPTIONS sip:x@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{own};branch=z9hG4bKx\r\n"
                "From: <sip:a@b>;tag=1\r\nTo: <sip:x@127.0.0.1>\r\nCall-ID: x\r\nCSeq: 1 OPTIONS\r\n"
                "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n".encode(),
                ("127.0.0.1", machine.sip),
            )
            assert phone.recv(2048).startswith(b"SIP/2.0 200 ")


def test_external_servers_are_used_with_the_same_code(
    machine: Machine, postgres_url: str, redis_url: str, rtpengine: object
) -> None:
    done = machine.run(
        "--check",
        HIPPER__DATABASE__URL=postgres_url,
        HIPPER__DATABASE__ROLE_PASSWORD="test",
        HIPPER__REDIS__URL=redis_url,
        HIPPER__MEDIA__RTPENGINES=f'[{{ng = "{rtpengine.ng}"}}]',  # type: ignore[attr-defined]
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "all servers are external" in done.stdout


class TestCommandLine:
    def test_a_fault_in_the_settings_is_one_line(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        path = tmp_path / "hipper.toml"
        path.write_text("[http]\nprot = 1\n")
        assert main(["up", "--settings", str(path)]) == 1
        assert capsys.readouterr().err == (
            f"hipper: {path}:2: unknown key 'prot' in [http]; did you mean 'port'?\n"
        )

    def test_no_settings_at_all(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.chdir(tmp_path)
        monkeypatch.delenv("HIPPER_SETTINGS", raising=False)
        assert main(["up"]) == 1
        assert capsys.readouterr().err.startswith("hipper: no settings file")

    def test_a_folder_that_may_not_be_written_to(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        path = tmp_path / "hipper.toml"
        path.write_text('state_dir = "hipper.toml/state"\n')
        assert main(["up", "--settings", str(path)]) == 1
        assert capsys.readouterr().err.startswith(f"hipper: cannot write to {path}/state: ")

    def test_a_wrong_option_is_status_2(self) -> None:
        assert main(["up", "--demmo", "once"]) == 2

    def test_help_names_every_command(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["--help"]) == 0
        shown = capsys.readouterr().out
        assert all(command in shown for command in ("up", "migrate", "provision", "calls"))

    def test_migrate_says_what_it_did(
        self,
        tmp_path: Path,
        postgres_url: str,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        path = tmp_path / "hipper.toml"
        path.write_text(f'[database]\nurl = "{postgres_url}"\nrole_password = "test"\n')
        assert main(["migrate", "--settings", str(path)]) == 0
        assert capsys.readouterr().out == "the database is up to date\n"
