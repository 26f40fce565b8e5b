"""Things as tables on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterable

import msgspec
from rich.console import Console
from rich.table import Table

from hipper.runtime.bus import Bus
from hipper.runtime.servers import redis_url
from hipper.runtime.settings_model import Settings

_WIDTH = 500
"""Where no terminal has one: whoever reads a file wants lines whole."""


def show(items: Iterable[msgspec.Struct], *columns: str, empty: str = "there is none") -> None:
    """A line for each of ``items``; ``columns``: names of their members."""
    found = list(items)
    if not found:
        print(empty)
        return
    table = Table(*(name.replace("_", " ") for name in columns), box=None)
    for one in found:
        table.add_row(*(_text(getattr(one, name)) for name in columns))
    Console(width=None if sys.stdout.isatty() else _WIDTH).print(table)


def _text(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return " ".join(str(one) for one in value) or "-"
    return str(getattr(value, "value", value))


class connected_bus:  # noqa: N801
    """``async with connected_bus(settings) as bus``: Redis, for one command."""

    def __init__(self, settings: Settings) -> None:
        self._bus = Bus(redis_url(settings))

    async def __aenter__(self) -> Bus:
        return self._bus

    async def __aexit__(self, *exc_info: object) -> None:
        await self._bus.close()
