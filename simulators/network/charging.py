"""Call data records of a simulated network: one for each call it handles, as JSON lines.

A record is written when its call is over. ``icid`` (RFC 7315 §4.6) or ``call_reference`` (of an IMRN) is what
the gateway's records are matched by.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TextIO


@dataclass(kw_only=True)
class NetworkRecord:
    """Times are seconds since the Unix epoch. ``gateway``: what the gateway had to do with it: ``anchored``
    (a leg of it), ``proxied`` (it gave the call back, and its media did not run through it), ``released`` or
    ``continued`` (imrn: asked only), ``unavailable`` (imrn: asked in vain), ``none``. ``offered_by``: who
    opened the leg."""

    network: str
    mode: str
    direction: str
    """``originating`` or ``terminating``, of the served user."""
    served_user: str
    other_party: str
    start: float
    icid: str | None = None
    call_reference: str | None = None
    imrn: str | None = None
    gateway: str = "anchored"
    offered_by: str = "network"
    emergency: bool = False
    answer: float | None = None
    end: float | None = None
    status: int | None = None
    """Final status of the INVITE."""
    cause: str | None = None
    """Reason header of the end (RFC 3326), when one came."""

    @property
    def open(self) -> bool:
        return self.end is None


class Journal:
    """All records of a run. ``path``: where they are appended, None for nowhere."""

    def __init__(self, network: str, mode: str, path: Path | None = None) -> None:
        self.records: list[NetworkRecord] = []
        self._network = network
        self._mode = mode
        self._file: TextIO | None = None if path is None else path.open("a", encoding="utf-8")

    def begin(self, **what: Any) -> NetworkRecord:
        """A call starts now."""
        record = NetworkRecord(network=self._network, mode=self._mode, start=time.time(), **what)
        self.records.append(record)
        return record

    def answered(self, record: NetworkRecord, status: int = 200) -> None:
        """Only the first answer counts."""
        if record.open and record.answer is None:
            record.answer, record.status = time.time(), status

    def ended(self, record: NetworkRecord, status: int | None = None, cause: str | None = None) -> None:
        """The call is over; later ends are its echo."""
        if not record.open:
            return
        record.end, record.cause = time.time(), cause
        if status is not None:
            record.status = status
        if self._file is not None:
            self._file.write(json.dumps(asdict(record)) + "\n")
            self._file.flush()

    def close(self) -> None:
        """What still runs is written as cut short."""
        for record in self.records:
            if record.open:
                self.ended(record, cause="simulator stopped")
        if self._file is not None:
            self._file.close()
            self._file = None
