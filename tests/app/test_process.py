"""``python -m app``: starts whatever is away, says what is wrong in one line, drains on SIGTERM."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.app.kit import ASKED, KEY, NOWHERE, PATH
from tests.fmc_gateway.kit import free_port

SETTINGS = """
state_dir = "{state}"
database.url = "postgresql://hipper@127.0.0.1:1/hipper"
redis.url = "{redis}"
[api]
port = {port}
drain_s = 2.0
[[sip_listener]]
name = "msc"
port = 5060
[[mobile_network]]
name = "mno"
mode = "imrn"
listener = "msc"
addresses = ["127.0.0.1"]
target = "sip:127.0.0.1"
imrn_ranges = ["+31970123400-+31970123499"]
imrn_api_key = "{key}"
"""


class Process:
    def __init__(self, folder: Path, redis: str = NOWHERE) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._settings = folder / "hipper.toml"
        self._settings.write_text(
            SETTINGS.format(state=folder / "state", port=self.port, redis=redis, key=KEY)
        )
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> subprocess.Popen[str]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("HIPPER__")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "app", "--config", str(self._settings)],
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
            cwd=Path(__file__).parents[2],
        )
        return self.process

    def wait_until_live(self) -> None:
        deadline = time.monotonic() + 20
        while True:
            try:
                if httpx.get(f"{self.url}/health/live").status_code == 200:
                    return
            except httpx.HTTPError:
                assert time.monotonic() < deadline
                time.sleep(0.05)


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Process]:
    running = Process(tmp_path)
    yield running
    if running.process is not None and running.process.poll() is None:
        running.process.kill()
        running.process.wait()


def test_it_serves_with_everything_away_and_stops_in_order(api: Process) -> None:
    process = api.start()
    api.wait_until_live()
    headers = {"Authorization": f"Bearer {KEY}"}
    with httpx.Client(base_url=api.url, headers=headers) as client:
        assert client.post(PATH, json={**ASKED, "called": "112"}).json() == {"action": "continue"}
        refused = client.post(PATH, json=ASKED)
        assert (refused.status_code, refused.headers.get("server")) == (503, None)
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=15)
    assert process.returncode == 0
    assert [word in said for word in ("app.started", "app.draining", "app.stopped")] == [True] * 3
    assert KEY not in said


def test_what_was_asked_is_answered_before_it_stops(tmp_path: Path) -> None:
    """Redis takes the question and says nothing, so the request is under way when SIGTERM comes."""
    silent = socket.socket(socket.AF_UNIX)
    path = tmp_path / "redis.sock"
    silent.bind(str(path))
    silent.listen()
    running = Process(tmp_path, f"unix://{path}")
    process = running.start()
    try:
        running.wait_until_live()
        asked = {**ASKED, "kind": "terminating"}
        request = httpx.Request("POST", running.url + PATH, json=asked)
        lines = [f"{request.method} {PATH} HTTP/1.1", "Host: x", f"Authorization: Bearer {KEY}"]
        lines += ["Content-Type: application/json", f"Content-Length: {len(request.content)}", "", ""]
        with socket.create_connection(("127.0.0.1", running.port), timeout=10) as connection:
            connection.sendall("\r\n".join(lines).encode() + request.content)
            silent.accept()  # the question has reached Redis
            process.send_signal(signal.SIGTERM)
            answer = connection.makefile("rb").read()
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert b"store-unavailable" in answer
        assert process.wait(10) == 0
    finally:
        silent.close()
        process.kill()
        process.communicate()


def test_a_port_in_use_is_one_line(api: Process) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", api.port))
        holder.listen()
        _, said = api.start().communicate(timeout=20)
    assert said.startswith(f"app: 127.0.0.1:{api.port}/tcp (the API, [api]) is in use by ")
    assert said.count("\n") == 1
    assert api.process is not None
    assert api.process.returncode == 1
