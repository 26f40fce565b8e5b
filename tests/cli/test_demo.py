"""The demonstration as a newcomer runs it, and that it fails when what it proves is not so."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.port_lock import ports_of

pytestmark = [pytest.mark.servers, pytest.mark.alone]

DEPLOY = Path(__file__).parents[2] / "deploy"
WITHIN_S = 120
LAST = 5000
"""Characters of what was said that tell what failed."""


@pytest.fixture
def installation() -> Iterator[Path]:
    """The settings and company of `make run` in a folder of their own, on ports of their own."""
    with ports_of("demo"), tempfile.TemporaryDirectory(prefix="hipper-demo-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL and Redis run as another user
        text = (DEPLOY / "hipper.toml").read_text().replace('"../var"', f'"{folder}/state"')
        text = re.sub(r"\b(250\d\d)\b", lambda port: str(int(port[1]) - 14000), text)
        text = re.sub(r"\b(22222|22230|22300|22999)\b", lambda port: str(int(port[1]) - 12000), text)
        (folder / "hipper.toml").write_text(text)
        shutil.copy(DEPLOY / "demo-company.toml", folder)
        yield folder / "hipper.toml"


def _start(settings: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "hipper.cli.main", "up", "--settings", str(settings), "--demo", "once"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_the_demonstration_proves_audio_identity_and_record(installation: Path) -> None:
    process = _start(installation)
    said, _ = process.communicate(timeout=WITHIN_S)
    assert process.returncode == 0, said[-LAST:]
    for seen in (
        "three devices ring, and show Anna de Vries, 201",
        "the desk phone hears Anna (600 Hz)",
        "Anna hears the desk phone (1000 Hz)",
        "answered_elsewhere",
        "the outside sees 020 123 4501",
        "the outside sees 06 12345601",
        "ZM-100201 pays, national_fixed",
        "the emergency centre sees 06 12345601",
        "diverted by Chantal Bakker to 202 (no-answer)",
        "the carrier reads Diversion: <sip:+31612345604@",
        "HIP-100204 pays, national_fixed",
        "the caller hears the announcement no_calls_taken",
        "603, with Reason: Q.850;cause=21",
        "who answers at home hears the announcement press_one",
        "both hear each other (1400 and 1640 Hz)",
        "Anna hears the announcement service_on",
        "diverted by Anna de Vries to 203 (unconditional)",
        "Chantal hears the announcement call_barred",
        "both our legs name the network's ICID",
        "our record names the network's call reference",
        "told 200 {'action': 'continue'}",
        "no network found anything that 3GPP forbids",
        "her fixed subscription pays",
        "a carrier's INVITE offers no media",
        "both hear each other (1260 and 1400 Hz)",
        "the app hangs up; a second tap does nothing more",
        "an event tells the app that it is over: answered",
        "one call, two segments: first her mobile subscription pays, then the fixed one",
        "the record says who transferred the call, and who pays for which part of it",
        "all of it worked",
    ):
        assert seen in said, said[-LAST:]


def test_frozen_rtpengine_after_set_up_fails_the_demonstration(installation: Path) -> None:
    process = _start(installation)
    assert process.stdout is not None
    frozen: list[int] = []
    try:
        said = ""
        for line in process.stdout:
            said += line
            if "the shop answers" in line and not frozen:
                frozen = [pid for pid in _children(process.pid) if _program(pid) == "rtpengine"]
                for pid in frozen:
                    os.kill(pid, signal.SIGSTOP)
            if "did not hear" in line:
                break
        for pid in frozen:
            os.kill(pid, signal.SIGCONT)  # so that it can be stopped in order
        said += process.communicate(timeout=WITHIN_S)[0]
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    assert frozen, said[-LAST:]
    assert re.search(r"did not hear \d+ Hz", said), said[-LAST:]
    assert process.returncode == 1, said[-LAST:]


def _children(pid: int) -> list[int]:
    return [
        int(child)
        for task in Path(f"/proc/{pid}/task").glob("*/children")
        for child in task.read_text().split()
    ]


def _program(pid: int) -> str:
    return Path(f"/proc/{pid}/comm").read_text().strip()
