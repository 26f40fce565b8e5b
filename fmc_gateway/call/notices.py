"""The apps of a user are told when the user's telephones begin and stop ringing (architecture, "Push")."""

from __future__ import annotations

import msgspec

from fmc_gateway.call.commands import AnyCommand, PublishRing
from fmc_gateway.call.model import Leg, Ringing
from fmc_gateway.call.records import without_secrets
from hipper.contracts.talks import RingNotice, RingOver


def rings(call: Ringing, leg: Leg, now: float, out: list[AnyCommand]) -> Ringing:
    """``leg`` begins to ring: its user is told, once."""
    user = leg.subscriber
    if user is None or user in call.noticed:
        return call
    notice = RingNotice(
        call=call.offered.call,
        tenant=call.tenant,
        user=user,
        caller=without_secrets(call.calling.identity),
        reached=call.reached,
        at=now,
        deadline=call.deadline,
    )
    out.append(PublishRing(ring=notice))
    return msgspec.structs.replace(call, noticed=(*call.noticed, user))


def over(call: Ringing, now: float, out: list[AnyCommand], answered: Leg | None = None) -> None:
    """It rings no more; ``answered``: the leg that took the call."""
    for user in call.noticed:
        device = answered.device if answered is not None and answered.subscriber == user else None
        ring = RingOver(call=call.offered.call, user=user, at=now, answered_on=device)
        out.append(PublishRing(ring=ring))
