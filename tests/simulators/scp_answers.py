"""The gateway's IMRN route as a test plays it: it gives answers that were laid out, and keeps the
questions."""

from __future__ import annotations

import asyncio
import json
from typing import Any, Self


class ScpAnswers:
    """Use as an async context manager. ``answers``: what is told in turn, the last one again and again; a
    number is a status without body, None no answer at all."""

    def __init__(self, *answers: dict[str, Any] | int | None) -> None:
        self.answers = list(answers)
        self.questions: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/v1/mobile-network/imrn"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        fields = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if line)
        assert head.startswith("POST /v1/mobile-network/imrn HTTP/1.1\r\n"), head
        self.keys.append(fields.get("authorization", ""))
        self.questions.append(json.loads(await reader.readexactly(int(fields["content-length"]))))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer is None:
            await asyncio.sleep(5)
        elif isinstance(answer, int):
            writer.write(f"HTTP/1.1 {answer} Away\r\nContent-Length: 0\r\n\r\n".encode())
        else:
            body = json.dumps(answer).encode()
            chunk = f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n"
            writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk)
        writer.close()
