"""Who may ring this user, and how it sounds (seed 9)."""

from __future__ import annotations

from hipper.pbx.services.base import Settings
from hipper.pbx.services.criteria import Criterion


class DoNotDisturb(Settings, frozen=True, kw_only=True):
    """Callers hear that the user is busy."""

    active: bool = False


class AnonymousCallRejection(Settings, frozen=True, kw_only=True):
    """Callers who withhold their number hear that no calls are taken; not within the group."""

    active: bool = False


class SelectiveCallAcceptance(Settings, frozen=True, kw_only=True):
    """Only calls that meet a criterion are taken."""

    active: bool = False
    criteria: tuple[Criterion, ...] = ()


class SelectiveCallRejection(Settings, frozen=True, kw_only=True):
    active: bool = False
    criteria: tuple[Criterion, ...] = ()


class PriorityAlert(Settings, frozen=True, kw_only=True):
    """Calls that meet a criterion ring differently."""

    active: bool = False
    criteria: tuple[Criterion, ...] = ()


class CallWaiting(Settings, frozen=True, kw_only=True):
    """False: a call for a user who is in one is busy. The service is on unless it is switched off."""

    active: bool = True


class DistinctiveRing(Settings, frozen=True, kw_only=True):
    """``ring``: 2 or 3, for the second and third number (seed 9, Alternate Numbers)."""

    number: str
    ring: int


class AlternateNumbers(Settings, frozen=True, kw_only=True):
    """Up to ten numbers are the user's in the numbers table; here stands how they ring."""

    active: bool = True
    distinctive: tuple[DistinctiveRing, ...] = ()


class IncomingCallingPlan(Settings, frozen=True, kw_only=True):
    """Which calls may come in at all. ``external``: from outside the enterprise."""

    within_group: bool = True
    within_enterprise: bool = True
    external: bool = True


class BusyLampField(Settings, frozen=True, kw_only=True):
    """This user's telephones may show who of the enterprise is in a call. On unless it is switched off."""

    active: bool = True


class Privacy(Settings, frozen=True, kw_only=True):
    """The user stays out of lists and lamps of colleagues."""

    active: bool = False
