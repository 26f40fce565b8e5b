"""The connection to Janus, against one of our own that is silent, rude or gone when the test says so."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve

from hipper.runtime.janus_client import JanusClient, JanusError


class Fake:
    """``silent``: kinds of request it does not answer."""

    def __init__(self) -> None:
        self.silent: set[str] = set()
        self.asked: list[dict[str, Any]] = []
        self.connections: list[ServerConnection] = []
        self.url = ""

    async def serve(self, connection: ServerConnection) -> None:
        self.connections.append(connection)
        async for message in connection:
            asked = json.loads(message)
            self.asked.append(asked)
            if asked["janus"] not in self.silent:
                told = {
                    "janus": "success",
                    "transaction": asked["transaction"],
                    "data": {"id": len(self.asked)},
                }
                await connection.send(json.dumps(told))


@pytest.fixture
async def janus() -> AsyncIterator[Fake]:
    fake = Fake()
    async with serve(fake.serve, "127.0.0.1", 0, subprotocols=["janus-protocol"]) as server:  # type: ignore[list-item]
        host, port = next(iter(server.sockets)).getsockname()[:2]
        fake.url = f"ws://{host}:{port}"
        yield fake


async def test_session_secret_and_handles(janus: Fake) -> None:
    client = JanusClient(janus.url, api_secret="s3cret")
    await client.open()
    handle = await client.attach("plugin")
    await client.tell(handle, {"request": "x"})
    await client.close()
    assert {one["apisecret"] for one in janus.asked} == {"s3cret"}
    assert [one.get("session_id") for one in janus.asked] == [None, 1, 1]
    assert (janus.asked[2]["handle_id"], client.is_open) == (handle, False)


async def test_silence_is_an_error_and_the_connection_stays(janus: Fake) -> None:
    lost: list[str] = []
    client = JanusClient(janus.url, on_lost=lost.append)
    await client.open()
    janus.silent = {"attach"}
    client._answer_within_s = 0.05
    with pytest.raises(JanusError, match="no answer to attach") as error:
        await client.attach("plugin")
    assert not error.value.gone
    janus.silent.clear()
    client._answer_within_s = 10
    assert await client.attach("plugin")
    await client.close()
    assert lost == []


async def test_one_that_does_not_answer_the_keepalive_is_gone(janus: Fake) -> None:
    lost = asyncio.Event()
    client = JanusClient(janus.url, on_lost=lambda why: lost.set(), keepalive_s=0.01)
    await client.open()
    client._answer_within_s = 0.05
    janus.silent = {"keepalive"}
    await asyncio.wait_for(lost.wait(), 5)
    assert not client.is_open
    with pytest.raises(JanusError) as error:
        await client.attach("plugin")
    assert error.value.gone


async def test_who_waits_learns_at_once_that_it_is_gone(janus: Fake) -> None:
    lost: list[str] = []
    client = JanusClient(janus.url, on_lost=lost.append, answer_within_s=30)
    await client.open()
    janus.silent = {"attach"}
    waits = asyncio.create_task(client.attach("plugin"))
    while len(janus.asked) < 2:  # noqa: ASYNC110
        await asyncio.sleep(0.001)
    janus.connections[0].transport.abort()
    with pytest.raises(JanusError) as error:
        await waits
    assert error.value.gone
    assert len(lost) == 1


@pytest.mark.parametrize("said", ["nonsense", '{"janus": "timeout"}'])
async def test_nonsense_or_the_end_of_the_session_ends_it(janus: Fake, said: str) -> None:
    lost = asyncio.Event()
    client = JanusClient(janus.url, on_lost=lambda why: lost.set())
    await client.open()
    await janus.connections[0].send(said)
    await asyncio.wait_for(lost.wait(), 5)


async def test_nobody_there_is_an_error_and_nothing_is_open(janus: Fake) -> None:
    client = JanusClient("ws://127.0.0.1:1")
    with pytest.raises(JanusError, match="no connection") as error:
        await client.open()
    assert error.value.gone
    janus.silent = {"create"}
    silent = JanusClient(janus.url, answer_within_s=0.05)
    with pytest.raises(JanusError, match="no session"):
        await silent.open()
    assert not silent.is_open
