"""hipper.runtime.logging: what may not stand in a log does not."""

from __future__ import annotations

import json
import logging
from enum import Enum
from typing import Any

import pytest
import structlog

from hipper.runtime.logging import configure, mask_event
from hipper.runtime.settings_model import LoggingSection


def masked(**values: Any) -> dict[str, Any]:
    return dict(mask_event(None, "info", {"event": "x", **values}))


class Colour(Enum):
    RED = "red"


class Opaque:
    def __repr__(self) -> str:
        return "password=hunter2"


@pytest.mark.parametrize(
    ("key", "value", "logged"),
    [
        ("number", "+31201234567", "+3120*****67"),
        ("uri", "sip:+31612345678@ims.example", "sip:+3161*****78@ims.example"),
        ("event", "call of 0201234567", "call of 020*****67"),
        ("dialled", "201", "201"),
        ("password", "hunter2", "[hidden]"),
        ("access_token", "abc", "[hidden]"),
        ("Authorization", "Digest username=x", "[hidden]"),
        ("reason", "postgresql://hipper:geheim@db/x failed", "postgresql://hipper:[hidden]@db/x failed"),
        ("reason", 'digest nonce="abc", response="def"', 'digest nonce="[hidden]", response="[hidden]"'),
        ("status", 200, 200),
        ("flag", True, True),
        ("nothing", None, None),
        ("colour", Colour.RED, "red"),
        ("numbers", ["+31201234567"], ["+3120*****67"]),
        ("nested", {"password": "x", "to": "+31201234567"}, {"password": "[hidden]", "to": "+3120*****67"}),
        ("profile", Opaque(), "<Opaque>"),
        ("call_id", "c-31201234567", "c-31201234567"),
    ],
)
def test_numbers_and_secrets_are_masked_by_key_and_by_shape(key: str, value: Any, logged: Any) -> None:
    assert masked(**{key: value})[key] == logged


def test_long_text_is_cut() -> None:
    assert len(masked(body="x" * 10_000)["body"]) == 2000


@pytest.fixture
def _structlog_restored() -> Any:
    handlers, level = logging.getLogger().handlers[:], logging.getLogger().level
    yield
    structlog.reset_defaults()
    logging.getLogger().handlers[:] = handlers
    logging.getLogger().setLevel(level)


@pytest.mark.usefixtures("_structlog_restored")
class TestOutput:
    def test_one_json_object_per_line_with_service_and_call(self, capsys: pytest.CaptureFixture[str]) -> None:
        configure(LoggingSection(), "fmc_gateway")
        structlog.get_logger("a").bind(call_id="c1").info("ringing", number="+31201234567")
        structlog.get_logger("a").debug("not shown")
        (line,) = capsys.readouterr().err.splitlines()
        entry = json.loads(line)
        assert entry.pop("timestamp").endswith("Z")
        assert entry == {
            "service": "fmc_gateway",
            "event": "ringing",
            "level": "info",
            "call_id": "c1",
            "number": "+3120*****67",
        }

    def test_what_libraries_log_is_masked_too(self, capsys: pytest.CaptureFixture[str]) -> None:
        configure(LoggingSection(), "fmc_gateway")
        logging.getLogger("asyncpg").warning("cannot reach %s", "postgresql://u:geheim@h/d")
        entry = json.loads(capsys.readouterr().err)
        assert entry["event"] == "cannot reach postgresql://u:[hidden]@h/d"
        assert entry["level"] == "warning"

    def test_an_exception_keeps_its_traceback_and_loses_its_numbers(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        configure(LoggingSection(), "fmc_gateway")
        try:
            raise ValueError("no subscriber +31612345678")
        except ValueError:
            structlog.get_logger("a").exception("failed")
        entry = json.loads(capsys.readouterr().err)
        assert "ValueError: no subscriber +3161*****78" in entry["exception"]

    def test_a_terminal_gets_text(self, capsys: pytest.CaptureFixture[str]) -> None:
        configure(LoggingSection(format="console"), "fmc_gateway")
        structlog.get_logger("a").info("ringing", number="+31201234567")
        assert "number=+3120*****67" in capsys.readouterr().err
