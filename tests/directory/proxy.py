"""A TCP door before the test database that can be shut, or be held so that nothing comes back."""

from __future__ import annotations

import asyncio
from urllib.parse import parse_qs, unquote, urlsplit, urlunsplit


class Door:
    def __init__(self, url: str) -> None:
        self._parts = urlsplit(url)
        self._socket = f"{parse_qs(self._parts.query)['host'][0]}/.s.PGSQL.5432"
        self._server: asyncio.Server | None = None
        self._writers: list[asyncio.StreamWriter] = []
        self._open = asyncio.Event()
        self._open.set()
        self._port = 0

    async def open(self) -> str:
        """Returns the URL of the same database through the door."""
        self._open.set()
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]
        user = f"{self._parts.username}:{unquote(self._parts.password or '')}"
        return urlunsplit(self._parts._replace(netloc=f"{user}@127.0.0.1:{self._port}", query=""))

    def hold(self) -> None:
        """The database hangs: connections stay, bytes do not pass."""
        self._open.clear()

    async def shut(self) -> None:
        """The database is gone: connections break, new ones are refused."""
        if self._server is not None:
            self._server.close()
        self._open.set()
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()
        await asyncio.sleep(0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream_reader, upstream_writer = await asyncio.open_unix_connection(self._socket)
        self._writers += [writer, upstream_writer]
        await asyncio.gather(
            self._pump(reader, upstream_writer), self._pump(upstream_reader, writer), return_exceptions=True
        )

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            await self._open.wait()
            writer.write(data)
            await writer.drain()
        writer.close()
