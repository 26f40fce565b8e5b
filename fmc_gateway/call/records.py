"""The live call and the record of a call, drawn from its state (contracts of other services)."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from fmc_gateway.call.commands import AnyCommand, NetworkTarget, PublishLive, TrunkTarget, WriteRecord
from fmc_gateway.call.exchanges import MoveKind
from fmc_gateway.call.model import (
    OPEN,
    Answering,
    CallState,
    Conferring,
    DiallingOut,
    Ending,
    Leg,
    LegPhase,
    Ringing,
    Talking,
    folded,
    on_hold,
    winner_of,
)
from hipper.contracts.calls import (
    AttemptOutcome,
    CallOutcome,
    CallRecord,
    Charge,
    DeviceAttempt,
    LegRecord,
    LegRole,
    LiveCall,
    LiveParked,
    LiveParty,
    LivePhase,
)
from hipper.pbx.ids import DeviceId, GroupId, SubscriberId
from hipper.pbx.model import CallerIdentity, Presentation
from hipper.telephony.numbers.emergency import is_never_recorded

C = TypeVar("C", bound=CallState)

HIDDEN = CallerIdentity(presentation=Presentation.RESTRICTED)
WITHHELD = "anonymous"
CHARGED = OPEN | {LegPhase.ANSWERED}


def publish(call: C, phase: LivePhase, out: list[AnyCommand]) -> C:
    """Show the call in ``phase``, and remember that it is shown."""
    if call.live is not phase:
        call = msgspec.structs.replace(call, live=phase)
    out.append(PublishLive(call=call.offered.call, live=live_call(call, phase)))
    return call


def live_call(call: CallState, phase: LivePhase) -> LiveCall:
    """The call as colleagues and the app see it."""
    call = folded(call) if isinstance(call, Talking) else call
    live = LiveCall(
        call=call.offered.call,
        gateway=call.offered.gateway,
        tenant=call.tenant,
        phase=phase,
        started=began(call),
        answered=call.answered,
        calling=_calling_party(call),
        called=_called_party(call),
        charges=_charges(call),
        incoming_group=call.incoming_group,
        others=_others(call),
        untouchable=_is_untouchable(call),
        parked=_parked(call),
        open_to=_open_to(call),
    )
    return _conference(call, live) if isinstance(call, Conferring) else live


def _conference(call: Conferring, live: LiveCall) -> LiveCall:
    """Everybody who is in it, or is being called into it."""
    muted = frozenset([party.leg for party in call.parties if party.muted])
    shown = (call.calling.id, call.winner)
    others = [_other(leg) for leg in call.called if leg.phase is LegPhase.ANSWERED and leg.id not in shown]
    comes = {leg.subscriber or leg.id: leg for leg in call.called if leg.phase in OPEN}
    for leg in comes.values():
        rings = _ringing(call, leg.subscriber)
        others.append(msgspec.structs.replace(_other(leg), device=None, ringing=rings))

    def with_mute(party: LiveParty) -> LiveParty:
        return msgspec.structs.replace(party, muted=True) if party.leg in muted else party

    return msgspec.structs.replace(
        live,
        calling=with_mute(live.calling),
        called=with_mute(live.called),
        others=tuple([with_mute(party) for party in others]),
        conference=True,
        moderator=call.moderator,
    )


def _open_to(call: CallState) -> GroupId | None:
    """Not what the emergency centre began: that is for the one it calls."""
    if isinstance(call, Talking) and call.parked is not None:
        return call.parked.group
    if not isinstance(call, Ringing) or call.served is None or call.served.private:
        return None
    if _is_untouchable(call):
        return None
    rings = any(leg.phase in OPEN and leg.device is not None for leg in call.called[call.round_from :])
    return call.served.group if rings else None


def _parked(call: CallState) -> LiveParked | None:
    if not isinstance(call, Talking) or call.parked is None:
        return None
    parked = call.parked
    return LiveParked(at=parked.at, group=parked.group, by=parked.by, since=parked.since)


def _ringing(call: CallState, user: SubscriberId | None) -> tuple[DeviceId, ...]:
    """Telephones of ``user`` that may still take the call."""
    rung = (leg for leg in call.called[call.round_from :] if leg.phase in OPEN)
    found = (leg.device for leg in rung if leg.subscriber == user)
    return tuple(device for device in found if device is not None)


def _calling_party(call: CallState) -> LiveParty:
    """Who dials from the app is rung first."""
    party = _side(call, call.calling)
    if isinstance(call, Talking):
        return party if call.move is None else _instead(call, _with_ringing(call, call.calling, party))
    if not isinstance(call, DiallingOut):
        return party
    return msgspec.structs.replace(party, ringing=_ringing(call, party.subscriber))


def _others(call: CallState) -> tuple[LiveParty, ...]:
    """Who waits while the user talks to somebody else; a colleague who is being called for that."""
    if not isinstance(call, Talking):
        return ()
    held = None if call.consult is None else call.consult.held
    waits = tuple(_other(leg) for leg in call.aside if leg.id == held and leg.phase is LegPhase.ANSWERED)
    if call.move is None or call.move.kind is not MoveKind.CONSULT or call.move.offered is None:
        return waits
    comes = {leg.subscriber or leg.id: leg for leg in call.called if leg.phase in OPEN}
    return waits + tuple(
        msgspec.structs.replace(_other(leg), device=None, ringing=_ringing(call, leg.subscriber))
        for leg in comes.values()
    )


def _other(leg: Leg) -> LiveParty:
    party = _party(leg)
    return msgspec.structs.replace(party, identity=HIDDEN) if is_sent_outside(leg) else party


def _is_untouchable(call: CallState) -> bool:
    if call.emergency or call.offered.emergency_callback or is_never_recorded(call.offered.dialled):
        return True
    targets = (leg.target for leg in call.called[call.round_from :])
    outside = (one.user for one in targets if isinstance(one, TrunkTarget | NetworkTarget))
    return any(is_never_recorded(user) for user in outside)


def _charges(call: CallState) -> tuple[Charge, ...]:
    """Of every leg to the outside that is being set up or was answered."""
    return tuple(
        leg.charge if leg.answered is None else msgspec.structs.replace(leg.charge, since=leg.answered)
        for leg in (call.calling, *call.called, *call.aside)
        if leg.charge is not None and leg.phase in CHARGED
    )


def _called_party(call: CallState) -> LiveParty:
    """The leg that answered; before that the user who was called, on no device yet. Where a user sends calls
    outside is that user's business, not the caller's."""
    if isinstance(call, (Answering, Talking, Conferring)):
        winner = winner_of(call)
        party = _side(call, winner)
        if isinstance(call, Talking) and call.move is not None:
            party = _instead(call, _with_ringing(call, winner, party))
        return msgspec.structs.replace(party, identity=HIDDEN) if is_sent_outside(winner) else party
    legs = () if isinstance(call, DiallingOut) else call.called[call.round_from :] or call.called
    leg = legs[0].id if legs else call.calling.id
    reached = HIDDEN if call.diversions and call.reached_subscriber is None else call.reached
    user = call.reached_subscriber
    ringing = _ringing(call, user) if isinstance(call, Ringing) and user is not None else ()
    return LiveParty(leg=leg, subscriber=user, identity=without_secrets(reached), ringing=ringing)


def _instead(call: Talking, party: LiveParty) -> LiveParty:
    """Who transferred the call is out of it while the colleague rings: that one is shown."""
    move = call.move
    if move is None or not move.left or move.replaces != party.leg:
        return party
    rings = [leg for leg in call.called if leg.phase in OPEN or leg.id == move.leg]
    if not rings:
        return msgspec.structs.replace(party, subscriber=None, device=None)
    shown = msgspec.structs.replace(_other(rings[0]), device=None)
    return msgspec.structs.replace(shown, ringing=_ringing(call, rings[0].subscriber))


def _with_ringing(call: Talking, leg: Leg, party: LiveParty) -> LiveParty:
    """Telephones that ring to take this party's place."""
    if call.move is None or call.move.replaces != leg.id:
        return party
    return msgspec.structs.replace(party, ringing=_ringing(call, party.subscriber))


def _side(call: CallState, leg: Leg) -> LiveParty:
    """Nobody is where the call was parked, or whoever is being rung for it."""
    party = _party(leg)
    if not isinstance(call, Talking) or call.parked is None or leg.id != call.lost:
        return party
    rung = None if call.move is None else call.move.subscriber
    return msgspec.structs.replace(party, subscriber=rung, device=None)


def is_sent_outside(leg: Leg) -> bool:
    outside = isinstance(leg.target, TrunkTarget | NetworkTarget)
    return outside and leg.subscriber is None and leg.diverted_by is not None


def _party(leg: Leg) -> LiveParty:
    return LiveParty(
        leg=leg.id,
        subscriber=leg.subscriber,
        device=leg.device,
        identity=without_secrets(live_identity(leg)),
        holds=on_hold(leg),
    )


def live_identity(leg: Leg) -> CallerIdentity:
    """Who is at this end now. Of an outside party the peer knows best; a user of ours is shown as reached,
    whatever number the telephone has, unless a transfer at another exchange put somebody else there."""
    return leg.identity if leg.moved_to is None else leg.moved_to


def known_as(leg: Leg) -> str:
    """Whom a record may say a call was transferred to."""
    identity = live_identity(leg)
    if identity.presentation is Presentation.RESTRICTED:
        return WITHHELD
    return identity.number or identity.extension or WITHHELD


def without_secrets(identity: CallerIdentity) -> CallerIdentity:
    """Without the true number: who looks at a live call must not learn what was withheld (call-flows §7)."""
    if identity.presentation is Presentation.RESTRICTED:
        return CallerIdentity(presentation=Presentation.RESTRICTED)
    if identity.network_number is None and identity.withheld_number is None:
        return identity
    return msgspec.structs.replace(identity, network_number=None, withheld_number=None)


def began(call: CallState) -> float:
    """When its first leg was offered, whoever stands in its place by now."""
    if not call.aside:
        return call.calling.offered
    return min(leg.offered for leg in (call.calling, *call.aside))


def write_record(call: Ending) -> WriteRecord:
    return WriteRecord(record=record(call, call.outcome, call.ended))


def record(call: CallState, outcome: CallOutcome, ended: float) -> CallRecord:
    """The true record: every leg that was offered or sent, every device and what became of it."""
    call = folded(call) if isinstance(call, Talking) else call
    legs = [call.calling, *(leg for leg in call.called if leg.sent)]
    rung = call.called if call.calling.outcome is None else (call.calling, *call.called)
    if call.aside:
        legs = _in_order(call.calling, call.aside, legs[1:])
        rung = (*(leg for leg in call.aside if leg.outcome is not None), *rung)
    attempts = tuple(found for leg in rung if (found := attempt(leg)) is not None)
    return CallRecord(
        call=call.offered.call,
        gateway=call.offered.gateway,
        tenant=call.tenant,
        dialled=call.offered.dialled,
        emergency=call.emergency,
        rule=call.rule,
        outcome=outcome,
        started=began(call),
        answered=call.answered,
        ended=ended,
        setup_ms=call.setup_ms,
        legs=tuple([leg_record(leg, ended) for leg in legs]),
        attempts=attempts + call.skipped,
        segments=call.segments if call.answered is not None else (),
        diversions=call.diversions,
        decisions=call.decisions,
    )


def _in_order(calling: Leg, aside: tuple[Leg, ...], sent: list[Leg]) -> list[Leg]:
    """Those who called before those who were called, and of them who called first before who took its
    place."""
    callers = [calling, *(leg for leg in aside if leg.role is LegRole.CALLING)]
    callers.sort(key=lambda leg: leg.offered)
    return [*callers, *sent, *(leg for leg in aside if leg.role is not LegRole.CALLING)]


def leg_record(leg: Leg, ended: float) -> LegRecord:
    """``ended``: when the call ended, for a cancelled leg whose final response never came."""
    return LegRecord(
        leg=leg.id,
        role=leg.role,
        peer=leg.peer,
        subscriber=leg.subscriber,
        device=leg.device,
        identity_shown=leg.identity,
        payer=leg.payer,
        sip_call_id=leg.sip_call_id,
        icid=leg.icid,
        network_reference=leg.network_reference,
        diverted_by=leg.diverted_by,
        offered=leg.offered,
        ringing=leg.ringing,
        answered=leg.answered,
        ended=ended if leg.ended is None else leg.ended,
        status=leg.status,
        q850=leg.q850,
        ended_by=leg.ended_by,
        transcoded=leg.transcoded,
    )


def attempt(leg: Leg) -> DeviceAttempt | None:
    """Why this device did or did not ring; None for a leg that goes to no device of ours. A leg without
    outcome is one whose call broke off under it."""
    if leg.device is None or leg.subscriber is None:
        return None
    return DeviceAttempt(
        device=leg.device,
        subscriber=leg.subscriber,
        leg=leg.id,
        outcome=leg.outcome or AttemptOutcome.FAILED,
        rule=leg.rule,
        status=leg.status,
        q850=leg.q850,
        explanation=leg.explanation,
    )
