"""What a child process said last, for the one line that tells why it stopped."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from hipper.runtime.processes import ProcessSpec
from hipper.runtime.supervisor import ProcessFailed, Supervisor


def spec(log: Path, program: str = "") -> ProcessSpec:
    argv = (sys.executable, "-c", program)
    return ProcessSpec(name="service", argv=argv, ready=lambda: False, log=log)


def test_reason_given_by_name_comes_before_what_is_torn_down_after_it(tmp_path: Path) -> None:
    log = tmp_path / "service.log"
    log.write_text("starting\nservice: no such file\nsys:1: RuntimeWarning\nTraceback\n{}\n")
    assert spec(log).last_words() == "service: no such file"


def test_without_a_reason_the_end_of_the_log_is_said(tmp_path: Path) -> None:
    log = tmp_path / "service.log"
    log.write_text("one\ntwo\n  three\nfour\n")
    assert spec(log).last_words() == "two / three / four"


def test_no_log_has_no_words(tmp_path: Path) -> None:
    assert spec(tmp_path / "none.log").last_words() == ""
    assert spec(tmp_path / "none.log").log_size() == 0


async def test_reason_of_an_earlier_start_is_not_todays(tmp_path: Path) -> None:
    log = tmp_path / "service.log"
    log.write_text("service: the port is in use\n")
    supervisor = Supervisor(lambda line: None)
    try:
        with pytest.raises(ProcessFailed) as failed:
            await supervisor.start(spec(log, "raise SystemExit('another fault')"))
    finally:
        await supervisor.stop()
    assert str(failed.value) == f"service stopped at once: another fault ({log})"
