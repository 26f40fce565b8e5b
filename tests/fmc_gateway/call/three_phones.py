"""Ladders of a call that rings one or three devices of Piet."""

from __future__ import annotations

from fmc_gateway.call import commands as cmd
from fmc_gateway.call import events as ev
from hipper.pbx.ids import DeviceId
from hipper.pbx.model import SubscriberContext
from tests.fmc_gateway.call.kit import (
    B1,
    B2,
    B3,
    A,
    Ladder,
    binding,
    piet,
)

DESK_2 = DeviceId("piet-desk2")


def three_ring(**changes: object) -> Ladder:
    """Two desk phones (B1, B2) and the mobile (B3) of Piet ring."""
    ladder = Ladder()
    ladder.ring_colleague(binding("piet-desk1"), binding("piet-desk2"), desk_phones=2, **changes)
    for leg in (B1, B2, B3):
        ladder.tell(ev.LegRinging(leg=leg, status=180))
    return ladder


def desk_only() -> SubscriberContext:
    return piet(devices=piet().devices[:1])


def one_rings(**changes: object) -> Ladder:
    """Piet's only phone rings."""
    ladder = Ladder()
    ladder.ring_colleague(binding("piet-desk1"), devices=piet().devices[:1], **changes)
    ladder.tell(ev.LegRinging(leg=B1, status=180))
    return ladder


def mobile_rings() -> Ladder:
    ladder = Ladder()
    ladder.ring_colleague(devices=piet().devices[1:])
    ladder.tell(ev.LegRinging(leg=B1, status=180))
    return ladder


def rejected(ladder: Ladder) -> tuple[int, int | None]:
    """What the caller was told, in a call that is over."""
    (reject,) = ladder.of(cmd.RejectLeg)
    assert reject.leg == A
    return reject.status, reject.q850


def finals(ladder: Ladder) -> None:
    """Every cancelled leg says 487."""
    for cancel in ladder.of(cmd.CancelLeg):
        ladder.tell(ev.LegRejected(leg=cancel.leg, status=487))
