"""Whose calls a user may take, join, park and retrieve (seed 9: Call Pickup, Directed Call Pickup, the same
with Bargein, Call Park). Pure.

By code and in the app it comes to the same. Groups are those of the exchange: who is in another group of the
same enterprise is a colleague to call, and not one whose calls are taken. Whether there is such a call now
the gateway knows.
"""

from __future__ import annotations

from hipper.pbx import rules
from hipper.pbx.model import ParkCall, PickUpCall, RefusedPlan, RetrieveCall, SubscriberContext
from hipper.pbx.numbers_of import extension_of, owned_by_extension
from hipper.pbx.origination_refused import refused
from hipper.pbx.service_packs import effective, holds
from hipper.pbx.services.colleagues import CallPark, DirectedCallPickupWithBargein

BARGE_IN = "directed_call_pickup_with_bargein"


def pick_up(
    user: SubscriberContext,
    called: SubscriberContext | None,
    *,
    directed: bool,
    barge_in: bool = False,
) -> PickUpCall | RefusedPlan:
    """``called``: whose call is asked for, when one is (``directed``). Never raises."""
    service = BARGE_IN if barge_in else "directed_call_pickup" if directed else "call_pickup"
    problem = _unusable(user, service)
    if problem is not None:
        return problem
    if not directed:
        return PickUpCall(group=user.group)
    if called is None or not _of_one_group(user, called):
        return refused(rules.PICK_UP_NO_COLLEAGUE, user)
    settings: DirectedCallPickupWithBargein | None = effective(user, BARGE_IN)
    return PickUpCall(
        group=user.group,
        called=called.subscriber,
        barge_in=barge_in and not is_exempt(called),
        warned=settings is None or settings.warning_tone,
    )


def park(user: SubscriberContext, on: str | None) -> ParkCall | RefusedPlan:
    """``on``: the extension, None: the user's own. Whose it is, is not asked here: :func:`at`."""
    settings = _call_park(user)
    if not settings.active:
        return refused(rules.FEATURE_SWITCHED_OFF, user)
    extension = on or extension_of(user)
    if extension is None:
        return refused(rules.PARK_NOWHERE, user)
    return ParkCall(group=user.group, on=extension, recall_s=settings.recall_s, most=settings.most)


def retrieve(user: SubscriberContext, on: str | None) -> RetrieveCall | RefusedPlan:
    if not _call_park(user).active:
        return refused(rules.FEATURE_SWITCHED_OFF, user)
    extension = on or extension_of(user)
    return (
        refused(rules.PARK_NOWHERE, user)
        if extension is None
        else RetrieveCall(group=user.group, on=extension)
    )


def at(user: SubscriberContext, owner: SubscriberContext | None, extension: str) -> RefusedPlan | None:
    """Whether ``extension`` is one of the user's group: only there calls are parked. ``owner``: whose it
    is."""
    mine = owned_by_extension(user, extension) is not None
    theirs = owner is not None and _of_one_group(user, owner)
    if mine or (theirs and owner is not None and owned_by_extension(owner, extension) is not None):
        return None
    return refused(rules.PARK_NOWHERE, user)


def is_exempt(user: SubscriberContext) -> bool:
    """Bargein Exempt: nobody joins this user's calls."""
    service = effective(user, "bargein_exempt")
    return service is not None and bool(service.active)


def _unusable(user: SubscriberContext, service: str) -> RefusedPlan | None:
    if not holds(user.pack, service):
        return refused(rules.FEATURE_NOT_IN_PACK, user)
    settings = effective(user, service)
    if settings is not None and not settings.active:
        return refused(rules.FEATURE_SWITCHED_OFF, user)
    return None


def _of_one_group(user: SubscriberContext, other: SubscriberContext) -> bool:
    return user.tenant == other.tenant and user.group == other.group


def _call_park(user: SubscriberContext) -> CallPark:
    return user.group_services.call_park or CallPark()
