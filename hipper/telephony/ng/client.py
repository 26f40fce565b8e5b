"""One rtpengine's side of the NG protocol, without sockets: requests out, replies in,
retransmission by timer.

rtpengine keeps its reply to a cookie for some seconds and sends it again when the same cookie returns, so
that a retransmission carries the *same* cookie and never acts twice.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Mapping

import msgspec

from hipper.telephony.ng.bencode import BencodeError, Encodable, Value, decode, encode


class NgClientConfig(msgspec.Struct, frozen=True, kw_only=True):
    """``retransmit_after_s``: waits between sendings of one request, seconds; after the last the request has
    timed out. An rtpengine on the same network answers an offer in 2 ms, so that the first wait only covers
    loss. ``max_pending``: requests under way at once; more is refused rather than queued."""

    retransmit_after_s: tuple[float, ...] = (0.1, 0.2, 0.4, 0.8)
    max_pending: int = 4096


class NgBusyError(Exception):
    """``max_pending`` requests are under way: the engine does not keep up; take another one
    or refuse the call."""


class NgReply(msgspec.Struct, frozen=True):
    """``reply`` as rtpengine sent it, also when its ``result`` is ``error``. ``elapsed_s`` since
    the first sending."""

    cookie: str
    reply: dict[str, Value]
    elapsed_s: float
    transmissions: int


class NgTimeout(msgspec.Struct, frozen=True):
    """No reply to any sending of the request."""

    cookie: str
    transmissions: int


NgEvent = NgReply | NgTimeout


class _Pending:
    __slots__ = ("datagram", "started", "transmissions")

    def __init__(self, datagram: bytes, started: float) -> None:
        self.datagram = datagram
        self.started = started
        self.transmissions = 1


class NgClient:
    """``cookie_prefix``: unlike any other client's of this engine, also those of an earlier process:
    rtpengine would answer a cookie it knows from its memory. ``discarded``: datagrams that answered nothing
    or could not be read."""

    def __init__(self, cookie_prefix: str, config: NgClientConfig | None = None) -> None:
        if not cookie_prefix or not cookie_prefix.isascii() or any(c.isspace() for c in cookie_prefix):
            raise ValueError("a cookie prefix is ASCII without spaces")
        self.discarded = 0
        self._prefix = cookie_prefix
        self._config = config if config is not None else NgClientConfig()
        self._count = 0
        self._pending: dict[str, _Pending] = {}
        self._deadlines: list[tuple[float, str]] = []
        self._events: deque[NgEvent] = deque()
        self._outgoing: list[bytes] = []

    @property
    def pending(self) -> int:
        """Requests without a reply so far."""
        return len(self._pending)

    def request(self, command: Mapping[str, Encodable], now: float) -> str:
        """Queue ``command`` for sending and return its cookie. Raises NgBusyError,
        TypeError (not bencodable)."""
        if len(self._pending) >= self._config.max_pending:
            raise NgBusyError(f"{len(self._pending)} requests are under way")
        self._count += 1
        cookie = f"{self._prefix}_{self._count}"
        pending = _Pending(cookie.encode() + b" " + encode(command), now)
        self._pending[cookie] = pending
        self._transmit(cookie, pending, now)
        return cookie

    def forget(self, cookie: str) -> None:
        """Give up waiting: no event will come for ``cookie``. Unknown cookies are nothing."""
        self._pending.pop(cookie, None)

    def receive_datagram(self, data: bytes, now: float) -> None:
        """Take a datagram from the engine. Garbage and late replies are counted in
        ``discarded``; never raises."""
        raw_cookie, _, body = data.partition(b" ")
        cookie = raw_cookie.decode("ascii", "replace")
        pending = self._pending.get(cookie)
        reply = _read_reply(body) if pending is not None else None
        if pending is None or reply is None:
            self.discarded += 1
            return
        del self._pending[cookie]
        self._events.append(NgReply(cookie, reply, now - pending.started, pending.transmissions))

    def next_event(self) -> NgEvent | None:
        return self._events.popleft() if self._events else None

    def datagrams_to_send(self) -> list[bytes]:
        outgoing, self._outgoing = self._outgoing, []
        return outgoing

    def next_timer(self) -> float | None:
        """When :meth:`handle_timer` is due (seconds, the clock of ``now``); None while nothing waits."""
        while self._deadlines and self._deadlines[0][1] not in self._pending:
            heapq.heappop(self._deadlines)
        return self._deadlines[0][0] if self._deadlines else None

    def handle_timer(self, now: float) -> None:
        """Send again what is due, and give up what was sent often enough."""
        while (due := self.next_timer()) is not None and due <= now:
            _, cookie = heapq.heappop(self._deadlines)
            pending = self._pending[cookie]
            if pending.transmissions >= len(self._config.retransmit_after_s):
                del self._pending[cookie]
                self._events.append(NgTimeout(cookie, pending.transmissions))
            else:
                pending.transmissions += 1
                self._transmit(cookie, pending, now)

    def _transmit(self, cookie: str, pending: _Pending, now: float) -> None:
        self._outgoing.append(pending.datagram)
        wait = self._config.retransmit_after_s[pending.transmissions - 1]
        heapq.heappush(self._deadlines, (now + wait, cookie))


def _read_reply(body: bytes) -> dict[str, Value] | None:
    try:
        reply = decode(body)
    except BencodeError:
        return None
    return reply if isinstance(reply, dict) else None
