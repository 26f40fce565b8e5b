"""Digits as telephone-events (RFC 4733 §2): the payload, a sender and a receiver of one stream of them.

``event(8) | E R volume(6) | duration(16)``: packets of one event share its RTP timestamp, the duration
grows, the last one has E set and is sent three times (§2.5.1.4).
"""

from __future__ import annotations

import struct

import msgspec

from hipper.telephony.rtp.errors import RtpError

DIGITS = "0123456789*#ABCD"
"""Event codes 0 to 15 (§3.2)."""
MAX_DURATION = 0xFFFF
END_PACKETS = 3
_PAYLOAD = struct.Struct("!BBH")
_TIMESTAMPS = 1 << 32


class TelephoneEvent(msgspec.Struct, frozen=True, kw_only=True):
    """``volume``: dBm0 below zero, 0 to 63. ``duration``: so far, in timestamp units."""

    event: int
    end: bool = False
    volume: int = 10
    duration: int = 0

    @classmethod
    def parse(cls, payload: bytes) -> TelephoneEvent:
        """Read one event. What follows it (RFC 2833 receivers met such) is ignored. Raises
        RtpError, nothing else."""
        if len(payload) < 4:
            raise RtpError(f"{len(payload)} bytes; a telephone-event has 4")
        event, flags, duration = _PAYLOAD.unpack_from(payload)
        return cls(event=event, end=bool(flags & 0x80), volume=flags & 0x3F, duration=duration)

    def to_bytes(self) -> bytes:
        return _PAYLOAD.pack(self.event, (0x80 if self.end else 0) | self.volume, self.duration)

    @property
    def digit(self) -> str | None:
        return DIGITS[self.event] if self.event < len(DIGITS) else None


def event_of(digit: str) -> int:
    """Event code of ``0-9 * # A-D``. Raises ValueError."""
    event = DIGITS.find(digit.upper())
    if len(digit) != 1 or event < 0:
        raise ValueError(f"{digit!r} is no telephone digit")
    return event


class TelephoneEventSender:
    """One digit on its way out. ``timestamp``: of the RTP clock when the key went down; every packet carries
    it. ``duration`` and ``interval`` in timestamp units: of the whole digit, and between packets."""

    def __init__(
        self, digit: str, *, timestamp: int, duration: int = 1280, interval: int = 160, volume: int = 10
    ) -> None:
        if not 0 < interval <= duration <= MAX_DURATION:
            raise ValueError("a digit lasts at least one packet and at most 65535 units")
        self.timestamp = timestamp
        self._event = event_of(digit)
        self._duration = duration
        self._interval = interval
        self._volume = volume
        self._sent = 0
        self._ends = 0

    @property
    def done(self) -> bool:
        return self._ends == END_PACKETS

    def next_payload(self) -> tuple[bytes, bool] | None:
        """Payload and marker bit of the packet due after each ``interval`` (the end packets may follow at
        once); None when all are sent. The marker is on the first only (§2.5.1.1)."""
        if self.done:
            return None
        marker = self._sent == 0 and self._ends == 0
        self._sent = min(self._sent + self._interval, self._duration)
        end = self._sent == self._duration
        self._ends += end
        event = TelephoneEvent(event=self._event, end=end, volume=self._volume, duration=self._sent)
        return event.to_bytes(), marker


class EventStarted(msgspec.Struct, frozen=True):
    """A key went down. ``digit``: None for events that are no digits."""

    event: int
    digit: str | None
    timestamp: int


class EventEnded(msgspec.Struct, frozen=True):
    """The key was released. ``duration``: timestamp units. ``seen_end``: False when every
    end packet was lost."""

    event: int
    digit: str | None
    timestamp: int
    duration: int
    seen_end: bool


class TelephoneEventReceiver:
    """Turns packets into one start and one end for each event, however often and in
    whatever order they come."""

    def __init__(self) -> None:
        self._current: TelephoneEvent | None = None
        self._timestamp: int | None = None

    def receive(self, timestamp: int, payload: bytes) -> list[EventStarted | EventEnded]:
        """``timestamp``: of the RTP header. Raises RtpError for a payload that is none."""
        event = TelephoneEvent.parse(payload)
        happened: list[EventStarted | EventEnded] = []
        if self._timestamp is not None and timestamp != self._timestamp:
            if (timestamp - self._timestamp) % _TIMESTAMPS >= _TIMESTAMPS // 2:
                return happened  # a late packet of an earlier event
            happened += self.flush()
        if timestamp != self._timestamp:
            self._timestamp, self._current = timestamp, event
            happened.append(EventStarted(event.event, event.digit, timestamp))
        if self._current is not None:
            if event.duration > self._current.duration:
                self._current = event
            if event.end:
                happened += self._end(event, seen_end=True)
        return happened

    def flush(self) -> list[EventStarted | EventEnded]:
        """End what is still open: its end packets were lost (audio goes on, or a timer of
        the caller ran out)."""
        return self._end(self._current, seen_end=False) if self._current is not None else []

    def _end(self, event: TelephoneEvent, *, seen_end: bool) -> list[EventStarted | EventEnded]:
        self._current = None
        return [EventEnded(event.event, event.digit, self._timestamp or 0, event.duration, seen_end)]
