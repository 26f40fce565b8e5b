"""A tiny HTTP server for ``/health/live``, ``/health/ready`` and ``/metrics``: GET and HEAD, one
request per connection.

Live: the loop turns. Ready: every check says yes; a process that drains is live and not ready.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from http import HTTPStatus

import msgspec

from hipper.runtime.metrics import CONTENT_TYPE, Metrics
from hipper.runtime.ports import bound_socket

_REQUEST_WITHIN_S = 5.0
_LARGEST_REQUEST = 8192
_MOST_CONNECTIONS = 32

Check = Callable[[], bool]
Report = Callable[[], object]


class HealthServer:
    """``checks``: name -> whether that part is ready; asked at each request, so they must be quick.
    ``reports``: name -> what ``/health/<name>`` answers as JSON; it changes no readiness."""

    def __init__(
        self,
        host: str,
        port: int,
        metrics: Metrics,
        checks: Mapping[str, Check],
        reports: Mapping[str, Report] | None = None,
    ) -> None:
        self._address = (host, port)
        self._reports = dict(reports or {})
        self._metrics = metrics
        self._checks = dict(checks)
        self._connections = 0
        self._server: asyncio.Server | None = None
        self.draining = False

    async def start(self) -> None:
        """Raises ListenError."""
        sock = bound_socket("tcp", *self._address, "health and metrics, [http]")
        self._server = await asyncio.start_server(self._serve, sock=sock, limit=_LARGEST_REQUEST)

    async def stop(self) -> None:
        if self._server:
            self._server.close()
            await self._server.wait_closed()

    @property
    def port(self) -> int:
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections += 1
        try:
            if self._connections > _MOST_CONNECTIONS:
                writer.write(_response(HTTPStatus.SERVICE_UNAVAILABLE, b"", "text/plain", head=False))
            else:
                async with asyncio.timeout(_REQUEST_WITHIN_S):
                    request = await reader.readuntil(b"\r\n\r\n")
                    writer.write(self._answer(request))
                    await writer.drain()
        except (asyncio.IncompleteReadError, TimeoutError, ConnectionError):
            pass
        except asyncio.LimitOverrunError:
            writer.write(_response(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, b"", "text/plain", head=False))
        finally:
            self._connections -= 1
            writer.close()

    def _answer(self, request: bytes) -> bytes:
        method, _, rest = request.partition(b" ")
        path = rest.partition(b" ")[0].partition(b"?")[0].decode("ascii", "replace")
        head = method == b"HEAD"
        if method not in (b"GET", b"HEAD"):
            return _response(HTTPStatus.METHOD_NOT_ALLOWED, b"", "text/plain", head=head)
        if path == "/metrics":
            return _response(HTTPStatus.OK, self._metrics.render(), CONTENT_TYPE, head=head)
        if path == "/health/live":
            return _json(HTTPStatus.OK, {"status": "live"}, head=head)
        if path == "/health/ready":
            return self._readiness(head=head)
        report = self._reports.get(path.removeprefix("/health/"))
        if report is not None:
            return _json(HTTPStatus.OK, report(), head=head)
        return _response(HTTPStatus.NOT_FOUND, b"", "text/plain", head=head)

    def _readiness(self, *, head: bool) -> bytes:
        parts = {name: bool(check()) for name, check in self._checks.items()}
        ready = all(parts.values()) and not self.draining
        status = HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE
        word = "draining" if self.draining else "ready" if ready else "not ready"
        return _json(status, {"status": word, "parts": parts}, head=head)


def _json(status: HTTPStatus, body: object, *, head: bool) -> bytes:
    return _response(status, msgspec.json.encode(body), "application/json", head=head)


def _response(status: HTTPStatus, body: bytes, content_type: str, *, head: bool) -> bytes:
    lines = [
        f"HTTP/1.1 {status.value} {status.phrase}",
        f"Content-Type: {content_type}",
        f"Content-Length: {len(body)}",
        "Cache-Control: no-store",
        "Connection: close",
    ]
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        lines.append("Allow: GET, HEAD")
    return "\r\n".join([*lines, "", ""]).encode() + (b"" if head else body)
