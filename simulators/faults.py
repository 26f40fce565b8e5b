"""What goes wrong, by seed: the same seed and the same messages give the same faults.

Each kind is a probability from 0 to 1. On every message: ``delay`` (held back, so that later ones overtake
it), ``lose`` and ``repeat`` (datagrams only: a stream does neither), ``strip`` (headers nobody has
registered are taken out on the way, as border elements do). On every call: ``refuse``; and, in simulated
mobile networks, ``announce`` (a handset without coverage is said to be so, in a 183), ``fork`` (two early
dialogs), ``late_cancel`` (the answer crosses the CANCEL), ``precondition`` (RFC 3312), ``hold``, ``refresh``
(by UPDATE), ``radio_loss`` (media stops, no BYE) and ``bye_reason`` (a BYE with Reason).
"""

from __future__ import annotations

import random
from dataclasses import dataclass, fields
from typing import NamedTuple


class Refusal(NamedTuple):
    """How a call is refused. ``cause``: Q.850, in a Reason header. ``rings``: 180 comes first."""

    status: int
    cause: int
    rings: bool = False

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        return (("Reason", f"Q.850;cause={self.cause}"),)


BUSY = Refusal(486, 17)
REJECTED = Refusal(486, 17, rings=True)
"""The reject button of a mobile: user determined user busy (TS 24.008), seen as 486 after 180."""
SWITCHED_OFF = Refusal(480, 20)
UNKNOWN_NUMBER = Refusal(404, 1)
REFUSALS = (
    BUSY, REJECTED, SWITCHED_OFF, UNKNOWN_NUMBER, Refusal(500, 41), Refusal(503, 42), Refusal(603, 21),
)  # fmt: skip
"""What real networks and phones refuse with, seen from a gateway."""
LONGEST_DELAY_S = 0.4
REPEAT_AFTER_S = 0.02


@dataclass(frozen=True, kw_only=True)
class Faults:
    """Probabilities from 0 to 1."""

    refuse: float = 0.0
    delay: float = 0.0
    lose: float = 0.0
    repeat: float = 0.0
    strip: float = 0.0
    announce: float = 0.0
    fork: float = 0.0
    late_cancel: float = 0.0
    precondition: float = 0.0
    hold: float = 0.0
    refresh: float = 0.0
    radio_loss: float = 0.0
    bye_reason: float = 0.0

    @classmethod
    def parse(cls, text: str) -> Faults:
        """Read ``refuse=0.1,lose=0.05``. Raises ValueError that names the part which is wrong."""
        known = {field.name for field in fields(cls)}
        values: dict[str, float] = {}
        for part in filter(None, (part.strip() for part in text.split(","))):
            name, _, number = part.partition("=")
            if name not in known:
                raise ValueError(f"no fault is called {name!r}; there are {', '.join(sorted(known))}")
            try:
                values[name] = float(number)
            except ValueError:
                raise ValueError(f"{part!r}: expected a probability such as {name}=0.1") from None
            if not 0.0 <= values[name] <= 1.0:
                raise ValueError(f"{part!r}: a probability lies between 0 and 1")
        return cls(**values)


NO_FAULTS = Faults()


class Fate:
    """Decides for each message and each call. ``seed`` makes it repeatable."""

    def __init__(self, faults: Faults, seed: int) -> None:
        self.faults = faults
        self._chance = random.Random(seed)

    def of_datagram(self) -> tuple[float, ...]:
        """Seconds after which each copy of a datagram goes on: ``()`` lost, ``(0.0,)`` as it should."""
        faults = self.faults
        if faults is NO_FAULTS:
            return (0.0,)
        if self._happens(faults.lose):
            return ()
        after = self._chance.uniform(0.02, LONGEST_DELAY_S) if self._happens(faults.delay) else 0.0
        return (after, after + REPEAT_AFTER_S) if self._happens(faults.repeat) else (after,)

    def of_call(self) -> Refusal | None:
        """How a call is refused, None when it goes on."""
        return self._chance.choice(REFUSALS) if self._happens(self.faults.refuse) else None

    def meets(self, fault: str) -> bool:
        """Whether this fault, by its name in :class:`Faults`, happens now."""
        return self._happens(getattr(self.faults, fault))

    def _happens(self, probability: float) -> bool:
        return probability > 0.0 and self._chance.random() < probability
