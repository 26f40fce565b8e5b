"""Reliable provisional responses, 100rel (RFC 3262): numbering at both ends, what waits for
what at the server.
"""

from __future__ import annotations

from collections import deque
from enum import StrEnum
from typing import NamedTuple

from hipper.telephony.sip.headers import RAck
from hipper.telephony.sip.message import Response


class Order(StrEnum):
    """How a received RSeq stands to those before it."""

    NEXT = "next"
    REPEATED = "repeated"
    GAP = "gap"


class ReliableReceiver:
    """RSeq of one early dialog at the UAC (RFC 3262 §4): in order, each acknowledged once."""

    __slots__ = ("last",)

    def __init__(self) -> None:
        self.last: int | None = None

    def take(self, rseq: int) -> Order:
        """Note an RSeq. A GAP is not acknowledged: the missing one comes again."""
        if self.last is None or rseq == self.last + 1:
            self.last = rseq
            return Order.NEXT
        return Order.REPEATED if rseq <= self.last else Order.GAP


class Unacknowledged(NamedTuple):
    """A reliable response on its way. ``has_offer``: its SDP offers, so PRACK answers."""

    rseq: int
    response: Response
    has_sdp: bool
    has_offer: bool


class ReliableSender:
    """Reliable provisional responses of one INVITE at the UAS (RFC 3262 §3): one out, the rest queue."""

    __slots__ = ("_queue", "interval", "next_rseq", "outstanding")

    LIMIT = 16
    """Responses that may queue behind one without PRACK."""

    def __init__(self, first_rseq: int) -> None:
        self.next_rseq = first_rseq
        self.outstanding: Unacknowledged | None = None
        self.interval = 0.0
        self._queue: deque[tuple[Response, bool, bool]] = deque(maxlen=self.LIMIT)

    def offer(self, response: Response, *, has_sdp: bool, has_offer: bool) -> Unacknowledged | None:
        """Number and return the response when it may go now, else queue it."""
        if self.outstanding is not None:
            self._queue.append((response, has_sdp, has_offer))
            return None
        return self._number(response, has_sdp, has_offer)

    def acknowledge(self, rack: RAck, cseq: int) -> Unacknowledged | None:
        """Match a PRACK. Returns what it acknowledged; None asks for 481 (§3)."""
        outstanding = self.outstanding
        if (
            outstanding is None
            or rack.method != "INVITE"
            or (rack.rseq, rack.cseq) != (outstanding.rseq, cseq)
        ):
            return None
        self.outstanding = None
        return outstanding

    def next_waiting(self) -> Unacknowledged | None:
        """Take the next queued response, numbered, once nothing is outstanding."""
        if self.outstanding is not None or not self._queue:
            return None
        return self._number(*self._queue.popleft())

    @property
    def blocks_answer(self) -> bool:
        """A 2xx waits for the PRACK of a response with SDP (§3)."""
        waiting = any(has_sdp for _, has_sdp, _ in self._queue)
        return waiting or (self.outstanding is not None and self.outstanding.has_sdp)

    def stop(self) -> None:
        """The final response has left; queued ones are void."""
        self.outstanding = None
        self._queue.clear()

    def _number(self, response: Response, has_sdp: bool, has_offer: bool) -> Unacknowledged:
        rseq, self.next_rseq = self.next_rseq, self.next_rseq + 1
        response.headers.add("Require", "100rel")
        response.headers.add("RSeq", str(rseq))
        self.outstanding = Unacknowledged(rseq, response, has_sdp, has_offer)
        return self.outstanding
