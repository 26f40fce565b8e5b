"""Sockets as services open them."""

from __future__ import annotations

import asyncio
import socket

from hipper.runtime.ports import bound_socket


async def test_answers_of_several_writes_do_not_wait_for_each_other() -> None:
    """RFC 896 with delayed acknowledgements costs 40 ms an answer; asyncio switches it off for TCP only when
    the socket says that it is TCP."""
    accepted: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def look(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sock = writer.get_extra_info("socket")
        accepted.set_result(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    listening = bound_socket("tcp", "127.0.0.1", 0, "the test")
    async with await asyncio.start_server(look, sock=listening):
        _, writer = await asyncio.open_connection(*listening.getsockname())
        assert await accepted == 1
        writer.close()
