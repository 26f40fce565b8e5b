"""What apps ask of a conference: to mute and to put out, which is the moderator's, and to be quiet oneself,
which is everybody's."""

from __future__ import annotations

from typing import Any

import msgspec

from fmc_gateway.call import requests
from fmc_gateway.call.commands import AnswerRequest, AnyCommand
from fmc_gateway.call.conference import THERE
from fmc_gateway.call.conference_events import ConferenceMuteRequested, ConferenceRemoveRequested
from fmc_gateway.call.conference_room import (
    hear,
    is_silent,
    leg_of,
    party_of,
    put_out,
    put_party,
    refuse,
    show,
)
from fmc_gateway.call.events import HoldRequested
from fmc_gateway.call.model import Conferring, Leg, Step, put_any
from fmc_gateway.call.pushing import NOT_YOURS

IN_CONFERENCE = "the call is a conference"
NOT_MODERATOR = "that is for the moderator of the conference"
NOT_IN_IT = "nobody of that name is in the conference"
NO_CONFERENCE = "the call is no conference"
PUT_OUT = 'SIP;cause=200;text="Removed from the conference"'


def none_here(call: Any, event: Any, now: float) -> Step:
    """Asked of a call that is no conference."""
    return call, (refuse(event.request, NO_CONFERENCE),)


def not_in_conference(call: Conferring, event: Any, now: float) -> Step:
    """What a conference cannot be asked."""
    return call, (refuse(event.request, IN_CONFERENCE),)


def _moderates(call: Conferring, event: ConferenceRemoveRequested | ConferenceMuteRequested) -> bool:
    return call.moderator is not None and event.subscriber == call.subscriber


def remove(call: Conferring, event: ConferenceRemoveRequested, now: float) -> Step:
    party = party_of(call, event.leg)
    if not _moderates(call, event):
        return call, (refuse(event.request, NOT_MODERATOR),)
    if party is None or party.lender is not None:
        return call, (refuse(event.request, NOT_IN_IT),)
    out: list[AnyCommand] = [AnswerRequest(request=event.request, done=True)]
    return put_out(call, leg_of(call, event.leg), now, out, PUT_OUT)


def mute(call: Conferring, event: ConferenceMuteRequested, now: float) -> Step:
    """Muted already, or not: nothing changes."""
    party = party_of(call, event.leg)
    own = party is not None and leg_of(call, event.leg).subscriber == event.subscriber
    if not own and not _moderates(call, event):
        return call, (refuse(event.request, NOT_MODERATOR),)
    if party is None:
        return call, (refuse(event.request, NOT_IN_IT),)
    out: list[AnyCommand] = []
    leg = leg_of(call, event.leg)
    after = msgspec.structs.replace(party, muted=event.muted)
    if party.stage in THERE:
        hear(party, is_silent(leg, party), is_silent(leg, after), out)
    call = put_party(call, after)
    if after != party:
        call = show(call, out)
    return call, (*out, AnswerRequest(request=event.request, done=True))


def hold(call: Conferring, event: HoldRequested, now: float) -> Step:
    """From the app: the others go on, and do not hear this user."""
    leg = _side_of(call, event)
    party = None if leg is None else party_of(call, leg.id)
    if leg is None or party is None:
        return call, (refuse(event.request, NOT_YOURS),)
    if leg.holds and not event.on:
        return call, (refuse(event.request, requests.AT_THE_TELEPHONE),)
    out: list[AnyCommand] = []
    after = msgspec.structs.replace(leg, held_by_app=event.on)
    if party.stage in THERE:
        hear(party, is_silent(leg, party), is_silent(after, party), out)
    call = put_any(call, after)
    if after != leg:
        call = show(call, out)
    return call, (*out, AnswerRequest(request=event.request, done=True))


def _side_of(call: Conferring, event: HoldRequested) -> Leg | None:
    for party in call.parties:
        leg = leg_of(call, party.leg)
        if leg.subscriber == event.subscriber and event.device in (None, leg.device):
            return leg
    return None
