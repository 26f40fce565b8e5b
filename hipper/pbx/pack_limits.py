"""How much a user of each pack may have (seed 4, 4.2, 5.8, 9). Pure.

Base+ knows neither Shared Call Appearance nor Alternate Numbers: one desk phone and no further numbers.
Business+ and Premium+ have the user's own desk phone and the ten of Shared Call Appearance 10, and ten
alternate numbers. Only the Vast-Mobiel packs integrate a mobile subscription (seed 1.3, 5.8).
"""

from __future__ import annotations

from typing import NamedTuple

from hipper.pbx.model import ServicePack

MOST_ALTERNATES = 10
"""Seed 9, Alternate Numbers."""
SHARED_CALL_APPEARANCES = 10
"""Seed 9, Shared Call Appearance 10: telephones besides the first."""
THREE_WAY = 2
"""Seed 9, Three Way Call: other parties, in every pack."""
N_WAY = 15
"""Seed 9, N-way Call."""


MOST_CALLS = 10
"""Nobody says how many; one and one that waits in Base+, and no more than telephones show in the others."""


class PackLimits(NamedTuple):
    """``mobile``: whether a mobile number and its handset belong to the pack. ``conference``: how many others
    a user may have in a conference (seed 9: Three Way Call, N-way Call). ``calls``: at once, held too."""

    desk_phones: int
    alternates: int
    mobile: bool
    conference: int = THREE_WAY
    calls: int = 2


_PREMIUM = PackLimits(
    1 + SHARED_CALL_APPEARANCES, MOST_ALTERNATES, mobile=False, conference=N_WAY, calls=MOST_CALLS
)
_MOBILE = _PREMIUM._replace(mobile=True)
_LIMITS = {
    ServicePack.BASE_PLUS: PackLimits(1, 0, mobile=False),
    ServicePack.BUSINESS_PLUS: _PREMIUM,
    ServicePack.PREMIUM_PLUS: _PREMIUM,
    ServicePack.VAST_MOBIEL_BUSINESS_PLUS: _MOBILE,
    ServicePack.VAST_MOBIEL_PREMIUM_PLUS: _MOBILE,
}


class Excess(NamedTuple):
    """What a user has too much of for a pack. ``what``: ``desk_phones``, ``alternates`` or ``mobile``."""

    what: str
    has: int
    most: int


def limits_of(pack: ServicePack) -> PackLimits:
    return _LIMITS[pack]


def excess(pack: ServicePack, *, desk_phones: int, alternates: int, mobile: bool) -> tuple[Excess, ...]:
    """What does not fit in ``pack``; empty when everything does."""
    limits = _LIMITS[pack]
    counted = (
        Excess("desk_phones", desk_phones, limits.desk_phones),
        Excess("alternates", alternates, limits.alternates),
        Excess("mobile", int(mobile), int(limits.mobile)),
    )
    return tuple(one for one in counted if one.has > one.most)
