"""Both ends of a call load, played by SIPp: a caller and a called side, with what they counted."""

from __future__ import annotations

import contextlib
import csv
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.bench.callers import injected

SCENARIOS = Path(__file__).with_name("scenarios")


@dataclass(frozen=True)
class LoadResult:
    """What SIPp's caller counted; ``seconds`` from its first call to its last."""

    calls: int
    failed: int
    retransmissions: int
    seconds: float


@contextlib.contextmanager
def called_side(port: int, media_port: int) -> Iterator[subprocess.Popen[bytes]]:
    """A SIPp UAS on 127.0.0.1:``port`` that rings 200 ms and answers every call."""
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            ["sipp", "-sf", str(SCENARIOS / "uas.xml"), "-i", "127.0.0.1", "-p", str(port),
             "-mp", str(media_port), "-nostdin"],
            cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def offer_calls(
    target: str,
    *,
    dialled: str,
    port: int,
    media_port: int,
    rate: float,
    calls: int,
    call_ms: int = 2000,
) -> LoadResult:
    """Offer ``calls`` calls at ``rate``/s to ``target`` (host:port) and wait until all have ended."""
    with tempfile.TemporaryDirectory() as folder:
        process = calling_side(
            target, folder=Path(folder), dialled=dialled, port=port, media_port=media_port,
            rate=rate, calls=calls, call_ms=call_ms,
        )  # fmt: skip
        process.wait()
        return read_statistics(Path(folder))


def calling_side(
    target: str,
    *,
    folder: Path,
    dialled: str,
    port: int,
    media_port: int,
    rate: float,
    calls: int,
    call_ms: int,
) -> subprocess.Popen[bytes]:
    """SIPp that offers ``calls`` calls and counts into ``folder``: see :func:`read_statistics`."""
    (folder / _CALLERS).write_text(injected())
    return subprocess.Popen(
        ["sipp", target, "-sf", str(SCENARIOS / "uac.xml"), "-i", "127.0.0.1", "-p", str(port),
         "-mp", str(media_port), "-s", dialled, "-inf", str(folder / _CALLERS), "-d", str(call_ms),
         "-r", str(rate), "-m", str(calls), "-l", str(calls), "-nostdin",
         "-trace_stat", "-stf", str(folder / _COUNTS), "-fd", "1",
         "-timeout", str(int(calls / rate + call_ms / 1000 + 40)), "-recv_timeout", "20000"],
        cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


_COUNTS, _CALLERS = "calls.csv", "callers.csv"


def read_statistics(folder: Path) -> LoadResult:
    """What a :func:`calling_side` that has ended counted."""
    return _read(folder / _COUNTS)


def _read(statistics: Path) -> LoadResult:
    rows = list(csv.DictReader(statistics.open(), delimiter=";"))
    last = rows[-1]
    hours, minutes, seconds = last["ElapsedTime(C)"].split(":")[:3]
    return LoadResult(
        calls=int(last["SuccessfulCall(C)"]),
        failed=int(last["FailedCall(C)"]),
        retransmissions=int(last["Retransmissions(C)"]),
        seconds=int(hours) * 3600 + int(minutes) * 60 + float(seconds),
    )
