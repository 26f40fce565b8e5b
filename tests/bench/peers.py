"""What our gateway is measured beside: sippy's B2BUA and Kamailio as stateful proxy, one process each."""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
# sippy brings a package called "tests", so it gets an environment of its own.
BENCH_VENV = HERE.parents[1] / ".venv-bench"


def _wait_for_udp(port: int, process: subprocess.Popen[bytes], within_s: float) -> None:
    """Until something is bound to UDP ``port`` on this machine."""
    wanted = f":{port:04X}"
    for _ in range(int(within_s / 0.05)):
        if process.poll() is not None:
            raise RuntimeError(f"{process.args!r} ended with {process.returncode} before it listened")
        if any(
            line.split()[1].endswith(wanted) for line in Path("/proc/net/udp").read_text().splitlines()[1:]
        ):
            return
        time.sleep(0.05)
    raise RuntimeError(f"nothing listens on UDP port {port} after {within_s:g} s")


@contextlib.contextmanager
def running(
    command: list[str], port: int, within_s: float = 10.0, **options: object
) -> Iterator[subprocess.Popen[bytes]]:
    """``command`` as a process, once it listens on UDP ``port``; ended afterwards."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, **options)  # type: ignore[call-overload]  # fmt: skip
    try:
        _wait_for_udp(port, process, within_s)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(45)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def sippy(port: int, next_hop: str) -> Iterator[subprocess.Popen[bytes]]:
    """sippy's ``b2bua_simple``: every call goes on to ``next_hop``; signalling only, it knows no media."""
    program = str(BENCH_VENV / "bin" / "b2bua_simple")
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "SIPLOG_LOGFILE_FILE": f"{folder}/sip.log", "SIPLOG_LVL": "CRIT"}
        command = [program, "-f", "-l", "127.0.0.1", "-p", str(port), "-n", next_hop]
        with running(command, port, cwd=folder, env=environment) as process:
            yield process


@contextlib.contextmanager
def rtpengine(
    ng_port: int, ports: tuple[int, int] = (20000, 24999), *, timeout_s: int = 60
) -> Iterator[subprocess.Popen[bytes]]:
    """An rtpengine of its own, for a peer that steers one. ``timeout_s``: until it gives up a call without
    media."""
    command = ["rtpengine", "--config-file=none", "--foreground", "--log-stderr", "--table=-1",
               "--interface=127.0.0.1", f"--listen-ng=127.0.0.1:{ng_port}", f"--timeout={timeout_s}",
               f"--port-min={ports[0]}", f"--port-max={ports[1]}"]  # fmt: skip
    with running(command, ng_port) as process:
        yield process


@contextlib.contextmanager
def kamailio(port: int, uas_port: int, ng: str | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """Kamailio relaying statefully to ``uas_port``; with ``ng`` (host:port) it also steers that rtpengine."""
    text = (HERE / "kamailio.cfg").read_text()
    text = text.replace("KAMAILIO_PORT", str(port)).replace("UAS_PORT", str(uas_port))
    if ng:
        text = text.replace("#!KAMAILIO", "#!KAMAILIO\n#!define WITH_RTPENGINE", 1).replace("NG_ADDRESS", ng)
    with tempfile.TemporaryDirectory() as folder:
        configuration = Path(folder) / "kamailio.cfg"
        configuration.write_text(text)
        command = [
            "kamailio",
            "-f",
            str(configuration),
            "-DD",
            "-E",
            "-m",
            "64",
            "-M",
            "16",
            "-w",
            folder,
            "-Y",
            folder,
        ]
        with running(command, port, cwd=folder) as process:
            yield process
