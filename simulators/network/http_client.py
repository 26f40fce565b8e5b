"""One HTTP/1.1 POST with JSON, over plain TCP or TLS: all an SCP needs."""

from __future__ import annotations

import asyncio
import json
import ssl
from typing import Any
from urllib.parse import urlsplit

MAX_HEAD = 16_384
MAX_BODY = 65_536


class HttpError(Exception):
    """No usable answer: refused, too slow, or not HTTP. The text says which."""


async def post_json(
    url: str, body: dict[str, Any], headers: dict[str, str], timeout_s: float
) -> tuple[int, Any]:
    """Status and decoded body (None without JSON). Raises HttpError."""
    try:
        async with asyncio.timeout(timeout_s):
            return await _post(url, json.dumps(body).encode(), headers)
    except TimeoutError:
        raise HttpError(f"{url}: no answer in {timeout_s} s") from None
    except (OSError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
        raise HttpError(f"{url}: {error}") from None


async def _post(url: str, body: bytes, headers: dict[str, str]) -> tuple[int, Any]:
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    context = ssl.create_default_context() if secure else None
    reader, writer = await asyncio.open_connection(parts.hostname, port, ssl=context, limit=MAX_HEAD)
    try:
        lines = [f"POST {parts.path or '/'} HTTP/1.1", f"Host: {parts.netloc}", "Connection: close"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}", "", ""]
        writer.write("\r\n".join(lines).encode() + body)
        await writer.drain()
        return await _read_answer(reader)
    finally:
        writer.close()


async def _read_answer(reader: asyncio.StreamReader) -> tuple[int, Any]:
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    protocol, _, rest = first.partition(" ")
    if not protocol.startswith("HTTP/1."):
        raise ValueError(f"not HTTP: {first[:60]!r}")
    fields = {name.strip().lower(): value.strip() for name, _, value in (s.partition(":") for s in lines)}
    if "chunked" in fields.get("transfer-encoding", "").lower():
        body = await _read_chunks(reader)
    elif (length := fields.get("content-length")) is not None:
        body = await reader.readexactly(min(int(length), MAX_BODY))
    else:
        body = await reader.read(MAX_BODY)
    try:
        return int(rest[:3]), json.loads(body) if body else None
    except json.JSONDecodeError:
        return int(rest[:3]), None


async def _read_chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
        if len(body) + size > MAX_BODY:
            raise ValueError("the answer is too long")
        body += await reader.readexactly(size)
        await reader.readexactly(2)
    return body
