"""112 in imrn mode: time from a network's question to the ``continue``, with PostgreSQL and Redis away.

From a cold start, and while a crowd asks about other calls on connections of its own, as fast as it is
answered.
Limit: 50 ms, median of 20. Each question opens a connection, as a network that was silent does.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.bench import gateways
from tests.port_lock import ports_of

LIMIT_MS = 50.0
CROWD = 64
"""Connections, each with a question under way: networks keep a handful."""
PORT, NOBODY = 28916, 28998
KEY = "key-of-the-first-network"
SETTINGS = f"""
database.url = "postgresql://127.0.0.1:{NOBODY}/nobody"
redis.url = "redis://127.0.0.1:{NOBODY}/0"
[api]
port = {PORT}
[logging]
level = "error"
[[sip_listener]]
name = "msc"
port = 28915
[[mobile_network]]
name = "mno"
mode = "imrn"
listener = "msc"
addresses = ["127.0.0.1"]
target = "sip:127.0.0.1:28914"
imrn_ranges = ["+31970123400-+31970123499"]
imrn_api_key = "{KEY}"
imrn_requests_per_s = 1000000
"""


def question(called: str) -> bytes:
    body = (
        f'{{"served_user": "+31612345601", "called": "{called}", "calling": "+31612345601",'
        ' "kind": "originating", "call_reference": "bench"}'
    )
    return (
        "POST /v1/mobile-network/imrn HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {KEY}\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


@contextlib.contextmanager
def nothing_but_the_api() -> Iterator[subprocess.Popen[bytes]]:
    """The real process; PostgreSQL and Redis where nobody answers. Nobody has asked it anything yet."""
    with ports_of("bench"), tempfile.TemporaryDirectory(prefix="hipper-bench-") as name:
        settings = Path(name) / "hipper.toml"
        settings.write_text(f'state_dir = "{name}/state"\n{SETTINGS}')
        process = subprocess.Popen([sys.executable, "-m", "app", "--config", settings], cwd=gateways.ROOT)
        try:
            _wait_until_it_listens(process)
            yield process
        finally:
            process.kill()
            process.wait()


def _wait_until_it_listens(process: subprocess.Popen[bytes]) -> None:
    wanted = f":{PORT:04X}"
    deadline = time.monotonic() + 20
    while not any(
        line.split()[1].endswith(wanted) and line.split()[3] == "0A"
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]
    ):
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError("the API did not start")
        time.sleep(0.02)


@contextlib.contextmanager
def crowd() -> Iterator[None]:
    """Asks about ordinary calls from a process of its own, and has begun."""
    command = [sys.executable, "-m", "tests.bench.emergency_imrn", "--crowd"]
    process = subprocess.Popen(command, cwd=gateways.ROOT, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        process.stdout.readline()
        yield
    finally:
        process.kill()
        process.wait()


def _ask_for_ever() -> None:
    """``CROWD`` connections: whoever is answered asks again."""
    asked = question("0301234567")
    waiting = selectors.DefaultSelector()
    for _ in range(CROWD):
        connection = socket.create_connection(("127.0.0.1", PORT))
        connection.sendall(asked)
        waiting.register(connection, selectors.EVENT_READ)
    answers = 0
    while True:
        for key, _ in waiting.select():
            assert isinstance(key.fileobj, socket.socket)
            key.fileobj.recv(65536)  # an answer is one segment
            key.fileobj.sendall(asked)
            answers += 1
            if answers == CROWD * 2:
                print("asking", flush=True)


def measure(questions: int = 20) -> list[float]:
    """Milliseconds from the question to the whole ``continue``."""
    return [_one() for _ in range(questions)]


def _one() -> float:
    started = time.perf_counter()
    with socket.create_connection(("127.0.0.1", PORT), timeout=10) as connection:
        connection.sendall(question("112"))
        answer = b""
        while b'"continue"' not in answer:
            part = connection.recv(65536)
            assert part, answer
            answer += part
    took = (time.perf_counter() - started) * 1000
    assert answer.startswith(b"HTTP/1.1 200 "), answer
    return took


def _shown(what: str, took: list[float]) -> bool:
    median = statistics.median(took)
    print(
        f"112 in imrn mode, {what}: median {median:.2f} ms of {len(took)}, worst {max(took):.2f} ms;"
        f" {median / LIMIT_MS:.3f} × the limit of {LIMIT_MS:g} ms"
    )
    return median <= LIMIT_MS


def run() -> bool:
    """Print the medians beside the limit; True when both hold."""
    with nothing_but_the_api():
        cold = _shown("cold start, PostgreSQL and Redis away", measure())
        with crowd():
            return _shown(f"and {CROWD} others asking", measure()) and cold


if __name__ == "__main__":
    if "--crowd" in sys.argv:
        _ask_for_ever()
    sys.exit(0 if run() else 1)
