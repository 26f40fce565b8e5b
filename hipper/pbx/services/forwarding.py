"""Call forwarding and what stands beside it (seed 4.1, 9). Destinations: digits as the user dials them."""

from __future__ import annotations

from enum import Enum

from hipper.pbx.services.base import Settings
from hipper.pbx.services.criteria import Criterion


class CallForwardingAlways(Settings, frozen=True, kw_only=True):
    active: bool = False
    destination: str | None = None


class CallForwardingBusy(Settings, frozen=True, kw_only=True):
    active: bool = False
    destination: str | None = None


class CallForwardingNoAnswer(Settings, frozen=True, kw_only=True):
    """``after_s`` None: the user's own no-answer time."""

    active: bool = False
    destination: str | None = None
    after_s: int | None = None


class CallForwardingNotReachable(Settings, frozen=True, kw_only=True):
    active: bool = False
    destination: str | None = None


class SelectiveForward(Settings, frozen=True, kw_only=True):
    """``destination`` None: the service's own."""

    criterion: Criterion
    destination: str | None = None


class CallForwardingSelective(Settings, frozen=True, kw_only=True):
    """The first rule whose criterion holds counts."""

    active: bool = False
    destination: str | None = None
    rules: tuple[SelectiveForward, ...] = ()


class InterceptUser(Settings, frozen=True, kw_only=True):
    """Every call goes elsewhere, or is told that the user takes none (``destination`` None)."""

    active: bool = False
    destination: str | None = None


class DiversionInhibitor(Settings, frozen=True, kw_only=True):
    """Calls this user forwards are not forwarded again, for instance to a voicemail box."""

    active: bool = False


class Voicemail(Settings, frozen=True, kw_only=True):
    """When the one voicemail box takes the call (seed 5.4)."""

    active: bool = False
    always: bool = False
    busy: bool = True
    no_answer: bool = True
    not_reachable: bool = True


class NightMode(str, Enum):
    OFF = "off"
    ON = "on"
    SCHEDULE = "schedule"


class GroupNightForwarding(Settings, frozen=True, kw_only=True):
    """Out of office hours (seed 9): by hand, or whenever ``open`` does not hold. ``destination``: digits."""

    mode: NightMode = NightMode.OFF
    open: str | None = None
    destination: str | None = None


class UserNightForwarding(Settings, frozen=True, kw_only=True):
    """The user's own part: follow the group, or decide oneself ("de gebruiker kan zelf het moment
    activeren")."""

    follow_group: bool = True
    mode: NightMode = NightMode.OFF
    open: str | None = None
    destination: str | None = None


class InterceptGroup(Settings, frozen=True, kw_only=True):
    active: bool = False
    destination: str | None = None
