"""Server-sent events (WHATWG HTML, 9.2.6)."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator

import msgspec


class Event(msgspec.Struct, frozen=True):
    """``id``: the cursor after it; empty: none of its own. ``data``: JSON."""

    name: str
    data: str
    id: str


async def events_of(lines: AsyncIterable[str]) -> AsyncIterator[Event]:
    """Comments, which keep the connection alive, and unfinished events are left out."""
    name, data, last = "message", list[str](), ""
    async for line in lines:
        if not line:
            if data:
                yield Event(name, "\n".join(data), last)
            name, data = "message", []
            continue
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "event":
            name = value
        elif field == "data":
            data.append(value)
        elif field == "id" and "\0" not in value:
            last = value
