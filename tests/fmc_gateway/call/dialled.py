"""Suze dials from the app: the steps of such a call."""

from __future__ import annotations

from typing import Any

from fmc_gateway.call import events as ev
from hipper.pbx.ids import CallId, DeviceId, GatewayId, LegId, PairId, SubscriberId
from hipper.pbx.model import SubscriberContext
from hipper.pbx.services.bundles import GroupServices
from hipper.pbx.services.calling import OutgoingCallingPlan
from tests.fmc_gateway.call.kit import (
    B1,
    A,
    Ladder,
    binding,
    desk_only,
    piet,
    sdp,
    suze,
)

A1, A2 = LegId("c1-a1"), LegId("c1-a2")
D1, D2 = PairId("c1-d1"), PairId("c1-d2")
DESK = DeviceId("suze-desk1")


def wish(destination: str = "202", **changes: Any) -> ev.DialRequested:
    fields: dict[str, Any] = {
        "call": CallId("c1"),
        "leg": A,
        "subscriber": SubscriberId("suze"),
        "destination": destination,
        "device": DESK,
        "gateway": GatewayId("gw1"),
    }
    return ev.DialRequested(**(fields | changes))


def asked(
    destination: str = "202",
    called: SubscriberContext | None = None,
    caller: SubscriberContext | None = None,
    **changes: Any,
) -> Ladder:
    """The directory has said who is who."""
    ladder = Ladder()
    ladder.tell(wish(destination, **changes))
    know(ladder, called, caller)
    return ladder


def know(
    ladder: Ladder, called: SubscriberContext | None = None, caller: SubscriberContext | None = None
) -> None:
    ladder.load(caller or suze(), called, binding("suze-desk1"), binding("piet-desk1", 2))


def ringing(destination: str = "202", called: SubscriberContext | None = None, **changes: Any) -> Ladder:
    """Suze's desk phone rings."""
    ladder = asked(destination, called, **changes)
    ladder.offers()
    ladder.tell(ev.LegRinging(leg=A1, status=180))
    return ladder


def picked_up(destination: str = "202", called: SubscriberContext | None = None, **changes: Any) -> Ladder:
    """Suze picked her desk phone up; the directory is asked again."""
    ladder = ringing(destination, called, **changes)
    ladder.tell(ev.LegAnswered(leg=A1, sdp=sdp("desk"), to_tag="t"))
    ladder.answers()
    return ladder


def calling(destination: str = "202", called: SubscriberContext | None = None, **changes: Any) -> Ladder:
    """And the other side is invited (leg B1, pair M1)."""
    ladder = picked_up(destination, called, **changes)
    know(ladder, called)
    ladder.offers()
    return ladder


def answered(destination: str = "202", called: SubscriberContext | None = None, **changes: Any) -> Ladder:
    """The other side answers; Suze's telephone gets the re-INVITE."""
    ladder = calling(destination, called, **changes)
    ladder.tell(ev.LegRinging(leg=B1, status=180))
    ladder.answer()
    return ladder


def colleague() -> SubscriberContext:
    return desk_only(piet())


def joined() -> Ladder:
    ladder = answered("202", colleague())
    ladder.tell(ev.LegReofferAnswered(leg=A1, sdp=sdp("desk")))
    return ladder


def barred() -> SubscriberContext:
    """Suze may not call +31 30."""
    plan = OutgoingCallingPlan(barred_prefixes=("+3130",))
    return suze(group_services=GroupServices(group_outgoing_calling_plan=plan))
