"""Structured logs: one JSON object per line on stderr, keyed by ``call_id`` where there is a call.

Numbers are masked by key, by shape (any telephone number in any text) and secrets by key. What is not a
plain value is logged by the name of its type, so that no message, credential or profile slips in whole.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from enum import Enum
from functools import lru_cache
from typing import Any

import structlog

from hipper.runtime.settings_model import LoggingSection
from hipper.telephony.numbers.mask import mask_number, mask_numbers_in

NUMBER_KEYS = frozenset(
    {"number", "dialled", "caller", "called", "calling", "from", "to", "msisdn", "identity", "served", "user"}
)
"""Keys whose whole value is somebody's number."""
_SECRET_KEY = re.compile(
    r"password|passwd|secret|token|authorization|credential|cookie|nonce|ha1|private_key|api_key",
    re.IGNORECASE,
)
_SECRET_IN_TEXT = re.compile(
    r"(?i)(://[^\s:/@]*:)[^\s@]+(?=@)"
    r"|((?:password|token|secret|nonce|response|bearer)[\"']?\s*[=: ]\s*[\"']?)[^\s\"',;&]+"
)
_UNTOUCHED = frozenset({"event", "level", "timestamp", "logger", "call_id", "leg", "pair", "service"})
_LONGEST_TEXT = 2000
_HIDDEN = "[hidden]"


def configure(settings: LoggingSection, service: str) -> None:
    """Set up structlog and the standard library's loggers (asyncio, asyncpg, redis) for this process."""
    level = getattr(logging, settings.level.upper())
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        lambda _, __, event: {"service": service} | event,
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        mask_event,
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if settings.format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(processors=[_only_event, renderer], foreign_pre_chain=shared)
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(level, logging.WARNING))


def _only_event(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return structlog.stdlib.ProcessorFormatter.remove_processors_meta(logger, method, event)


def mask_event(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """structlog processor: hide what nobody may read in a log."""
    return {key: _masked(str(key), value) for key, value in event.items()}


@lru_cache(maxsize=1024)
def _is_secret(key: str) -> bool:
    return _SECRET_KEY.search(key) is not None


def _masked(key: str, value: Any) -> Any:
    if _is_secret(key):
        return _HIDDEN
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, str):
        return _masked_text(key, value)
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {name: _masked(str(name), part) for name, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked(key, part) for part in value]
    return f"<{type(value).__name__}>"


def _masked_text(key: str, text: str) -> str:
    if key in _UNTOUCHED and key != "event":
        return text
    if key.lower() in NUMBER_KEYS and text.removeprefix("+").isdigit():
        return mask_number(text)
    return _hidden_in(text[:_LONGEST_TEXT])


@lru_cache(maxsize=1024)
def _hidden_in(text: str) -> str:
    """Remembered, because the words of most lines repeat."""
    hidden = _SECRET_IN_TEXT.sub(lambda found: (found.group(1) or found.group(2)) + _HIDDEN, text)
    return mask_numbers_in(hidden)
