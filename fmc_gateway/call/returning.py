"""A telephone that dialled ``*11`` or another code and was handed over to a call comes back without it: it
hears so."""

from __future__ import annotations

import msgspec

from fmc_gateway.call import announcing, deciding
from fmc_gateway.call.events import LegReturned, Wants
from fmc_gateway.call.model import Step, Verdict
from hipper.contracts.calls import CallOutcome
from hipper.pbx import rules
from hipper.pbx.model import Announcement

SAID = {
    Wants.PULL: Announcement.NOTHING_TO_PULL,
    Wants.PICK_UP: Announcement.NOTHING_TO_PICK_UP,
    Wants.BARGE_IN: Announcement.NOTHING_TO_PICK_UP,
    Wants.RETRIEVE: Announcement.NOTHING_PARKED,
}


def leg_returned(_: None, event: LegReturned, now: float) -> Step:
    """The first event of a call. The other one is as it was."""
    joined = event.joined
    call = deciding.begin(joined.offered, now)
    calling = msgspec.structs.replace(
        call.calling, subscriber=joined.subscriber, device=joined.device, payer=joined.payer
    )
    rule = joined.rule or rules.FEATURE_PULL
    call = msgspec.structs.replace(call, calling=calling, tenant=joined.tenant, rule=rule, service=True)
    found = Verdict(480, 31, event.explanation, CallOutcome.SERVICE)
    said = SAID[joined.wants]
    return announcing.refuse_aloud(call, said, found, now, [], language=joined.language)
