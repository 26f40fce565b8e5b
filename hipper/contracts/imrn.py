"""Routing numbers between ``app``, which gives them out, and the gateway, which takes them back
(call-flows §1, "imrn").

The state is in Redis, and Redis' clock is the only one that counts: a script reads it with TIME.

| key | holds | lives |
|---|---|---|
| ``imrn:{<network>}:rest`` | sorted set: routing number → Unix ms from which it may be given out | for ever |
| ``imrn:{<network>}:ranges`` | the ranges the set was made of | for ever |
| ``imrn:{<network>}:number:<imrn>`` | hash, see :data:`RESERVATION` and below | lifetime and rest |
| ``imrn:{<network>}:own:<handset>:<calling>`` | hash of our own legs to a handset, see :data:`LEGS` | 15 s |

``app`` moves a number's entry in ``rest`` to now + lifetime + quarantine when it gives it out; the gateway
moves it to now + quarantine when the call has come. A number is never given out before its entry, so it never
has two owners, and the least recently used one comes first. The braces keep the keys of a network in one slot
of a Redis Cluster.
"""

from __future__ import annotations

from enum import Enum

import msgspec

from hipper.telephony.numbers.e164 import E164

RESERVATION = "reservation"
"""Field of a number's hash: :class:`Reservation` as JSON. Gone once the number was used: nobody needs to know
who called whom any more."""
CALLING = "calling"
"""Field: the number the call has to come from, empty when it has none."""
UNTIL_MS = "until"
"""Field: when the reservation expires, Unix ms."""
USED = "used"
"""Field: there once the number was used."""

LEGS = "legs"
"""Field of a handset's hash: how many of our legs the network has not asked about yet. Beside it ``ref:<call
reference>`` for each one it has, so that asking again gets the same answer."""
OWN_LEG_LIFETIME_S = 15
"""From our INVITE until the network asks; a lost INVITE is repeated for seconds (RFC 3261 §17.1.1.2)."""

LONGEST_CALL_REFERENCE = 128
"""Characters; it stands in every record of the call."""


class ImrnKind(str, Enum):
    """Whose services the network asks for: of the user who calls, or of the one who is called."""

    ORIGINATING = "originating"
    TERMINATING = "terminating"


class Reservation(msgspec.Struct, frozen=True, kw_only=True):
    """Why a routing number was given out. ``called``: as dialled. ``calling`` None: the network knows none.
    ``created``: Unix seconds. ``call_reference``: the network's, to reconcile records."""

    v: int = 1
    network: str
    served_user: E164
    called: str
    calling: E164 | None
    kind: ImrnKind
    call_reference: str
    created: float

    @property
    def comes_from(self) -> E164 | None:
        """The number the call must come with. A user who calls is its own caller."""
        if self.calling is None and self.kind is ImrnKind.ORIGINATING:
            return self.served_user
        return self.calling


class Taken(str, Enum):
    """What became of the gateway's wish to take a number back."""

    TAKEN = "taken"
    UNKNOWN = "unknown"
    """Never given out, or so long ago that nobody remembers."""
    EXPIRED = "expired"
    REPLAY = "replay"
    """The call has come already."""
    OTHER_CALLING = "other_calling"
    """Somebody else calls; the reservation stays for who it was made for."""


def rest_key(network: str) -> str:
    return f"imrn:{{{network}}}:rest"


def ranges_key(network: str) -> str:
    return f"imrn:{{{network}}}:ranges"


def number_key(network: str, imrn: str) -> str:
    """``imrn`` may be empty: the beginning of all of them."""
    return f"imrn:{{{network}}}:number:{imrn}"


def own_leg_key(network: str, handset: E164, calling: E164 | None) -> str:
    """``calling``: the number that the leg asserts."""
    return f"imrn:{{{network}}}:own:{handset}:{calling or ''}"
