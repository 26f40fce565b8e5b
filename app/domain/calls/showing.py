"""A live call as one of its users is to see it, out of what the gateway shows in Redis."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from app.domain.calls.schemas import CallLeg, Direction, OpenCall, OpenState, OwnCall, Party
from hipper.contracts.calls import LiveCall, LiveParty, seen_by
from hipper.pbx.ids import CallId, LegId, SubscriberId
from hipper.pbx.model import CallerIdentity, Presentation
from hipper.runtime.bus import Bus, outages_named
from hipper.telephony.numbers.format import format_number

live_call = msgspec.json.Decoder(LiveCall).decode


def party(identity: CallerIdentity) -> Party:
    """Nothing of who withholds the number (call-flows §7), also when the gateway had not left it out."""
    if identity.presentation is Presentation.RESTRICTED:
        return Party(withheld=True)
    written = identity.extension or (format_number(identity.number) if identity.number else "")
    return Party(number=identity.number, extension=identity.extension, name=identity.name, text=written)


def own_call(live: LiveCall, *, incoming: bool) -> OwnCall:
    """The call from one side of it."""
    own, other = (live.called, live.calling) if incoming else (live.calling, live.called)
    return OwnCall(
        id=live.call,
        direction=Direction.INCOMING if incoming else Direction.OUTGOING,
        phase=live.phase,
        other=party(other.identity),
        device=own.device,
        ringing=own.ringing,
        started=live.started,
        answered=live.answered,
        held_by_me=own.holds,
        held_by_other=other.holds,
        recording=live.recording,
        untouchable=live.untouchable,
        legs=tuple(
            _leg(one, one is own, live.moderator) for one in (live.calling, live.called, *live.others)
        ),
        conference=live.conference,
    )


def _leg(one: LiveParty, mine: bool, moderator: LegId | None) -> CallLeg:
    return CallLeg(
        id=one.leg,
        mine=mine,
        device=one.device if mine else None,
        holds=one.holds,
        party=party(one.identity),
        muted=one.muted,
        moderates=one.leg == moderator,
    )


def sides_of(live: LiveCall, subscriber: SubscriberId) -> Iterator[OwnCall]:
    """Two when both ends are the user's; none when neither is, nor any party of a conference."""
    if live.calling.subscriber == subscriber:
        yield own_call(live, incoming=False)
    if live.called.subscriber == subscriber:
        yield own_call(live, incoming=True)
    for one in live.others if live.conference else ():
        if one.subscriber == subscriber:
            yield own_call(seen_by(live, one.leg), incoming=True)


async def live_of(bus: Bus, call: str) -> LiveCall | None:
    """None: no gateway holds it. Raises BusUnavailable."""
    with outages_named():
        data = await bus.redis.get(f"call:{call}")
    return None if data is None else live_call(data)


async def calls_of(bus: Bus, subscriber: SubscriberId) -> tuple[OwnCall, ...]:
    """The oldest first. Raises BusUnavailable."""
    with outages_named():
        ids = await bus.redis.hkeys(f"busy:{subscriber}")
        found = await bus.redis.mget([f"call:{call.decode()}" for call in ids]) if ids else []
    lives = sorted((live_call(data) for data in found if data is not None), key=lambda one: one.started)
    return tuple(side for live in lives for side in sides_of(live, subscriber))


async def open_calls(bus: Bus, group: str) -> tuple[OpenCall, ...]:
    """What whoever is of the group may take, the oldest first. Raises BusUnavailable."""
    with outages_named():
        ids = await bus.redis.smembers(f"open:{group}")
        found = await bus.redis.mget([f"call:{call.decode()}" for call in ids]) if ids else []
    lives = (live_call(data) for data in found if data is not None)
    shown = (_open(live) for live in lives if live.open_to == group)
    return tuple(sorted(shown, key=lambda one: one.since))


def _open(live: LiveCall) -> OpenCall:
    """A withheld number is withheld from colleagues too."""
    parked = live.parked
    if parked is None:
        return OpenCall(
            id=live.call,
            state=OpenState.RINGING,
            caller=party(live.calling.identity),
            called=party(live.called.identity),
            at=None,
            since=live.started,
        )
    waits = live.called if live.calling.holds else live.calling
    return OpenCall(
        id=live.call,
        state=OpenState.PARKED,
        caller=party(waits.identity),
        called=None,
        at=parked.at,
        since=parked.since,
    )


def is_of(live: LiveCall | None, subscriber: SubscriberId) -> bool:
    if live is None:
        return False
    return any(one.subscriber == subscriber for one in (live.calling, live.called, *live.others))


def asked_key(subscriber: SubscriberId, call: CallId) -> str:
    """In Redis while answers are kept: this user has asked something of this call."""
    return f"asked:{subscriber}:{call}"
