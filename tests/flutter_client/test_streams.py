"""Server-sent events: what a stream says, and going on where it broke."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from hipper_api import Event, Hipper, problems
from hipper_api.streams import events_of


async def lines(text: str) -> AsyncIterator[str]:
    for line in text.split("\n"):
        yield line


async def test_events_of_a_stream() -> None:
    text = ": here I am\n\nid: 1-0\nevent: call\ndata: {\ndata: }\n\ndata:x\n\nevent: empty\n\ndata: cut"
    assert [one async for one in events_of(lines(text))] == [
        Event("call", "{\n}", "1-0"),
        Event("message", "x", "1-0"),
    ]


class Server:
    """Streams, one after the other; then it refuses."""

    def __init__(self, *streams: str) -> None:
        self.asked: list[str | None] = []
        self._left = list(streams)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.headers.get("last-event-id"))
        if self._left:
            return httpx.Response(200, text=self._left.pop(0))
        problem = {"type": "urn:hipper:problem:forbidden", "title": "No", "status": 403}
        return httpx.Response(403, json=problem, headers={"content-type": "application/problem+json"})


async def test_stream_goes_on_where_it_broke_and_ends_with_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hipper_api.transport._RECONNECT_AFTER_S", (0.0,))
    server = Server("id: 1\ndata: a\n\nid: 2\ndata: b\n\n", ": nothing new\n\n", "id: 3\ndata: c\n\n")
    http = httpx.AsyncClient(transport=httpx.MockTransport(server))
    seen = []

    async def listen() -> None:
        async for event in Hipper("http://api.test", key="k", http=http).stream("/v1/events", after="0"):
            seen.append(event.data)

    with pytest.raises(problems.Forbidden):
        await listen()
    assert seen == ["a", "b", "c"]
    assert server.asked == ["0", "2", "2", "3"]
