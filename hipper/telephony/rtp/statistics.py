"""What a receiver counts of one source: validity, loss and jitter (RFC 3550 appendices A.1, A.3 and A.8)."""

from __future__ import annotations

from hipper.telephony.rtp.rtcp import ReportBlock

MAX_DROPOUT = 3000
MAX_MISORDER = 100
MIN_SEQUENTIAL = 2
_SEQUENCES = 1 << 16
_TIMESTAMPS = 1 << 32


class ReceiveStatistics:
    """Of one SSRC. ``clock_rate``: of its codec, Hz. ``received`` counts from the second packet in sequence
    on: until then the source is on probation (A.1)."""

    __slots__ = (
        "_bad_sequence",
        "_base_sequence",
        "_clock_rate",
        "_cycles",
        "_expected_prior",
        "_jitter",
        "_max_sequence",
        "_probation",
        "_received_prior",
        "_transit",
        "received",
    )

    def __init__(self, clock_rate: int = 8000) -> None:
        self.received = 0
        self._clock_rate = clock_rate
        self._probation = MIN_SEQUENTIAL
        self._max_sequence: int | None = None
        self._transit: int | None = None
        self._jitter = 0.0
        self._restart(0)

    def _restart(self, sequence: int) -> None:
        self._base_sequence = sequence
        self._bad_sequence = _SEQUENCES + 1
        self._cycles = 0
        self.received = 0
        self._received_prior = 0
        self._expected_prior = 0

    def update(self, sequence: int, timestamp: int, arrival: float) -> bool:
        """Count a packet that came at ``arrival`` (seconds). False: not valid yet, or far out
        of sequence (A.1)."""
        if not self._update_sequence(sequence):
            return False
        self._update_jitter(timestamp, arrival)
        return True

    def _update_sequence(self, sequence: int) -> bool:
        if self._max_sequence is None:
            self._max_sequence = (sequence - 1) % _SEQUENCES
        if self._probation:
            return self._on_probation(sequence, self._max_sequence)
        step = (sequence - self._max_sequence) % _SEQUENCES
        if step < MAX_DROPOUT:
            if sequence < self._max_sequence:
                self._cycles += _SEQUENCES
            self._max_sequence = sequence
        elif step <= _SEQUENCES - MAX_MISORDER:
            if sequence != self._bad_sequence:
                self._bad_sequence = (sequence + 1) % _SEQUENCES
                return False
            self._restart(sequence)  # two in a row after a jump: the other side started anew
            self._max_sequence = sequence
        self.received += 1
        return True

    def _on_probation(self, sequence: int, highest: int) -> bool:
        in_order = sequence == (highest + 1) % _SEQUENCES
        self._max_sequence = sequence
        if not in_order:
            self._probation = MIN_SEQUENTIAL - 1
            return False
        self._probation -= 1
        if self._probation:
            return False
        self._restart(sequence)
        self.received = 1
        return True

    def _update_jitter(self, timestamp: int, arrival: float) -> None:
        transit = (int(arrival * self._clock_rate) - timestamp) % _TIMESTAMPS
        if self._transit is not None:
            difference = (transit - self._transit) % _TIMESTAMPS
            difference = min(difference, _TIMESTAMPS - difference)
            self._jitter += (difference - self._jitter) / 16.0
        self._transit = transit

    @property
    def highest(self) -> int:
        """Extended highest sequence number received."""
        return self._cycles + (self._max_sequence or 0)

    @property
    def expected(self) -> int:
        return self.highest - self._base_sequence + 1 if self.received else 0

    @property
    def lost(self) -> int:
        """Expected less received: below zero when packets came twice."""
        return self.expected - self.received

    @property
    def jitter(self) -> int:
        """Interarrival jitter, in units of the clock."""
        return int(self._jitter)

    @property
    def jitter_ms(self) -> float:
        return self._jitter * 1000.0 / self._clock_rate

    def report(self, ssrc: int, *, last_sender_report: int = 0, delay: int = 0) -> ReportBlock:
        """The report block about this source (§6.4.1) since the last one (A.3). ``delay``: in 1/65536 s."""
        expected = self.expected - self._expected_prior
        lost = expected - (self.received - self._received_prior)
        self._expected_prior, self._received_prior = self.expected, self.received
        fraction = (lost << 8) // expected if expected > 0 and lost > 0 else 0
        return ReportBlock(
            ssrc=ssrc,
            fraction_lost=min(fraction, 255),
            lost=max(-0x800000, min(self.lost, 0x7FFFFF)),
            highest=self.highest & 0xFFFFFFFF,
            jitter=min(self.jitter, 0xFFFFFFFF),
            last_sender_report=last_sender_report,
            delay=delay,
        )
