"""A bare socket: for what no user agent would send."""

from __future__ import annotations

import asyncio
import socket


class RawPeer:
    """UDP from `host` to one address. Use as a context manager."""

    def __init__(self, remote: tuple[str, int], host: str = "127.0.0.1") -> None:
        self._remote = remote
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((host, 0))
        self._socket.setblocking(False)
        self.host, self.port = self._socket.getsockname()

    def __enter__(self) -> RawPeer:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, message: str) -> None:
        """Send text, with line ends made CRLF and HOST, PORT replaced by ours."""
        text = message.replace("HOST", self.host).replace("PORT", str(self.port)).replace("\n", "\r\n")
        self._socket.sendto(text.encode(), self._remote)

    async def answer(self, timeout_s: float = 2.0) -> str:
        """The next final response; "" when none comes."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(timeout_s):
                while True:
                    data = (await loop.sock_recv(self._socket, 65535)).decode()
                    if not data.startswith("SIP/2.0 1"):
                        return data
        except TimeoutError:
            return ""
