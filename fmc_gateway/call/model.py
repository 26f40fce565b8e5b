"""A call as data: what :func:`fmc_gateway.call.step.step` remembers between two events.

Each state is a tagged type, so that a call can be encoded and handed over whole. A state holds the
:class:`Leg` of the caller and the legs made for it; ids of legs and pairs are derived from the call's, so
that a trace replays to the same ones.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple, TypeVar

import msgspec

from fmc_gateway.call.commands import AnyCommand
from fmc_gateway.call.conference import Adding, Party
from fmc_gateway.call.events import (
    DialRequested,
    Diverted,
    HangUpRequested,
    LegCancelled,
    LegEnded,
    LegJoined,
    LegOffered,
    MediaTimedOut,
    TimerFired,
)
from fmc_gateway.call.exchanges import Consultation, Exchange, Move, Parked, Refer
from fmc_gateway.call.legs import ALIVE as ALIVE
from fmc_gateway.call.legs import OPEN as OPEN
from fmc_gateway.call.legs import Leg as Leg
from fmc_gateway.call.legs import LegPhase as LegPhase
from fmc_gateway.call.pickups import Pickup
from hipper.contracts.calls import (
    CallOutcome,
    DecisionRecord,
    DeviceAttempt,
    DiversionRecord,
    LivePhase,
    SegmentRecord,
)
from hipper.pbx.ids import CallId, GroupId, LegId, PairId, RoomId, SubscriberId, TenantId
from hipper.pbx.model import (
    Announcement,
    CallerIdentity,
    FeaturePlan,
    ForwardTo,
    Onward,
    Payer,
    RingPlan,
    ToVoicemail,
)
from hipper.telephony.numbers.e164 import E164


class Verdict(NamedTuple):
    """The final response to the caller, and the outcome in the record."""

    status: int
    q850: int | None
    explanation: str
    outcome: CallOutcome
    retry_after_s: int | None = None


class Served(msgspec.Struct, frozen=True, kw_only=True):
    """The called user whose rules hold now: what is needed of the context once it is gone."""

    subscriber: SubscriberId
    number: E164 | None
    """What Diversion and History-Info name the user by."""
    withheld: bool
    language: str
    time_zone: str
    group: GroupId | None = None
    private: bool = False
    """Colleagues see nothing of calls of this user (seed 9, Privacy)."""


class CallState(msgspec.Struct, frozen=True, kw_only=True, tag_field="state"):
    """What every state knows."""

    offered: LegOffered
    calling: Leg
    called: tuple[Leg, ...] = ()
    aside: tuple[Leg, ...] = ()
    """In the call, but not of the two who talk: offered to take somebody's place, or replaced. Whatever ends
    the call ends them; one that is over stays for the record."""
    skipped: tuple[DeviceAttempt, ...] = ()
    """Devices that got no leg, and why."""
    tenant: TenantId | None = None
    rule: str
    reached: CallerIdentity
    """The called side as colleagues see it: the number that was reached."""
    reached_subscriber: SubscriberId | None = None
    emergency: bool = False
    live: LivePhase | None = None
    """The phase last published; None: nothing is published."""
    answered: float | None = None
    setup_ms: float | None = None
    transparent: bool = False
    """One target, and nowhere to go after it: its early media passes through."""
    rung: bool = False
    """The caller was sent a 180."""
    caller: CallerIdentity | None = None
    """Who calls, as decisions about called users want it; ``calling.identity`` is what was shown last."""
    caller_group: GroupId | None = None
    incoming_group: GroupId | None = None
    """Of the user a call from outside came in for; its capacity is what the call takes of."""
    served: Served | None = None
    within: int | None = None
    """It is made within a call that is answered (``Talking.enquiry``), whose ids count on from there."""
    round_from: int = 0
    """Where in ``called`` the legs begin that ring now; those before were given up."""
    diversions: tuple[DiversionRecord, ...] = ()
    diverted: tuple[Diverted, ...] = ()
    """The same for the INVITEs that follow."""
    inhibited: bool = False
    """The last one who diverted the call wants it to go no further (Diversion Inhibitor)."""
    diverted_payer: Payer | None = None
    """Who pays for where the call went last; None: it was neither diverted nor dialled from the app."""
    resort: ToVoicemail | None = None
    """The box of the one who forwarded, for when whom the call was forwarded to does not take it."""
    service: bool = False
    """A feature code, or the voicemail box listened to."""
    segments: tuple[SegmentRecord, ...] = ()
    decisions: tuple[DecisionRecord, ...] = ()
    picks: int = 0
    """Media pairs made for colleagues who came to pick the call up: their ids count on."""


class Deciding(CallState, frozen=True, kw_only=True, tag="deciding"):
    """The directory is asked who this is."""


class DiallingOut(CallState, frozen=True, kw_only=True, tag="dialling_out"):
    """Dial from the app: the user's own telephones ring, before the other side does. ``calling`` stands for
    the user until one of ``called`` was picked up."""

    requested: DialRequested
    deadline: float = 0.0
    """When it will have rung long enough, Unix seconds."""
    language: str = "nl"


class Onwards(msgspec.Struct, frozen=True, kw_only=True):
    """Where the call goes from a user whose telephones did not take it; None: the caller is told so."""

    busy: Onward | None = None
    no_answer: Onward | None = None
    not_reachable: Onward | None = None
    decline: Onward | None = None

    @classmethod
    def of(cls, plan: RingPlan) -> Onwards:
        return cls(
            busy=plan.on_busy,
            no_answer=plan.on_no_answer,
            not_reachable=plan.on_not_reachable,
            decline=plan.on_decline,
        )


NOWHERE = Onwards()


class Redirect(msgspec.Struct, frozen=True, kw_only=True):
    """A telephone of ours sent the call elsewhere (302): destinations that were not tried yet, the one being
    looked up first. ``by``: whose calling plan decides."""

    leg: LegId
    by: SubscriberId
    to: tuple[ForwardTo, ...]
    diverted: tuple[Diverted, ...] = ()
    """By whom it was diverted since that telephone."""


class Ringing(CallState, frozen=True, kw_only=True, tag="ringing"):
    """Targets are being prepared, invited, or ring."""

    decline_ends_ringing: bool = True
    onwards: Onwards = NOWHERE
    deadline: float = 0.0
    """When it will have rung long enough, Unix seconds."""
    noticed: tuple[SubscriberId, ...] = ()
    """Users whose apps were told that it rings."""
    redirects: tuple[Redirect, ...] = ()
    """The directory is asked about the first."""
    over: Verdict | None = None
    """Nobody rings any more; only the directory's answer is awaited, so that no later question meets it."""
    pickup: Pickup | None = None
    """A colleague is about to take the call; the leg stands ``aside``."""


class Diverting(CallState, frozen=True, kw_only=True, tag="diverting"):
    """The call goes on to somebody else; the directory is asked who that is."""

    to: ForwardTo
    otherwise: Verdict
    """What the caller is told when it cannot."""


class SpeechStage(StrEnum):
    APPLYING = "applying"
    """The feature code is being carried out."""
    OFFERING = "offering"
    """OfferMedia is out."""
    ANSWERING = "answering"
    """AnswerMedia is out."""
    SPEAKING = "speaking"


class Announcing(CallState, frozen=True, kw_only=True, tag="announcing"):
    """The caller hears, or is about to hear, an announcement; the last of ``called`` is our end of it."""

    stage: SpeechStage
    announcements: tuple[Announcement, ...]
    language: str
    time_zone: str
    spoken_time: float | None = None
    verdict: Verdict
    """How the call ends after it."""
    then: ForwardTo | ToVoicemail | None = None
    """Where it goes instead of ending."""
    feature: FeaturePlan | None = None
    """It is spoken in a call that is answered, about what a feature code did."""
    joins: LegJoined | None = None
    """The leg goes over to the call that is being looked for, as this."""


class Passing(CallState, frozen=True, kw_only=True, tag="passing"):
    """isc: the offered leg went back as it came, and has not been answered."""


class EmergencyRouting(CallState, frozen=True, kw_only=True, tag="emergency_routing"):
    """An emergency call looks for a route that takes it; the last of ``called`` is the one being tried."""

    turn: int = 0
    """How many routes were tried before it."""


class Answering(CallState, frozen=True, kw_only=True, tag="answering"):
    """``winner`` answered; rtpengine makes the answer for the caller."""

    winner: LegId


class Talking(CallState, frozen=True, kw_only=True, tag="talking"):
    """Established between the calling leg and ``winner``."""

    winner: LegId
    exchange: Exchange | None = None
    move: Move | None = None
    lost: LegId | None = None
    """The party that is gone without having hung up, or has parked the call; the other one waits with
    music."""
    parked: Parked | None = None
    asked: bool = False
    """The directory is asked which telephones ring for ``move``."""
    bridges: int = 0
    """How many pairs and legs were made since it was answered: their ids count on."""
    consult: Consultation | None = None
    enquiry: Ringing | Diverting | Announcing | Answering | None = None
    """Whom ``move`` sends the call to, or consults, is being called (:mod:`.enquiring`)."""
    keying: LegId | None = None
    """Whose user keys a number, and does not hear the far party meanwhile."""
    watched: tuple[tuple[PairId, LegId], ...] = ()
    """Telephones whose keys are kept from the other party, and in which media (:mod:`.keying`)."""
    pressed: tuple[tuple[PairId, LegId], ...] = ()
    """The others of which a key was heard."""
    refer: Refer | None = None


class Lending(CallState, frozen=True, kw_only=True, tag="lending"):
    """Established, but the far party's leg is another call's for now (:mod:`.lending`): the user's telephone
    waits to hear what becomes of it."""

    winner: LegId
    bridges: int = 0
    lent: LegId
    to: CallId
    later: tuple[LegEnded | LegCancelled | MediaTimedOut | TimerFired | HangUpRequested, ...] = ()
    """What happened meanwhile, and happens when the leg is back."""


class Conferring(CallState, frozen=True, kw_only=True, tag="conferring"):
    """Several hear each other in a room (:mod:`.conferencing`), or are about to. Whoever is in it stands in
    ``calling`` or ``called``; ``winner`` is one of the latter."""

    winner: LegId
    bridges: int
    """As of the established call it was."""
    room: RoomId
    subscriber: SubscriberId
    """Whose conference it is."""
    moderator: LegId | None
    """None: gone, and the others go on."""
    goes_on: bool = False
    parties: tuple[Party, ...] = ()
    adding: Adding | None = None
    before: Talking | None = None
    """While it is being made: the call it is made of."""
    moving: bool = False
    """Telephones are being asked over: ``before`` is what was, and no longer what is."""
    given_up: str | None = None
    """It will not be, for this reason; only those that were asked back are awaited."""
    left: tuple[LegEnded, ...] = ()
    """Who went while they were."""
    request: str | None = None
    """Whom to tell when it is made."""
    calls: tuple[CallId, ...] = ()
    """Other calls of the user, whose far parties come too."""


class Ending(CallState, frozen=True, kw_only=True, tag="ending"):
    """The parties are gone; cancelled legs still owe their final response."""

    outcome: CallOutcome
    ended: float
    recorded: bool = False


Call = (
    Deciding
    | DiallingOut
    | Ringing
    | Diverting
    | Announcing
    | Passing
    | EmergencyRouting
    | Answering
    | Talking
    | Lending
    | Conferring
    | Ending
)

Commands = tuple[AnyCommand, ...]
Step = tuple[Call | None, Commands]
"""What a handler returns: the next state, None when nothing is left, and what to do."""

STATES: tuple[type[Call], ...] = (
    Deciding,
    DiallingOut,
    Ringing,
    Diverting,
    Announcing,
    Passing,
    EmergencyRouting,
    Answering,
    Talking,
    Lending,
    Conferring,
    Ending,
)

_COMMON = CallState.__struct_fields__
S = TypeVar("S", bound=CallState)
C = TypeVar("C", bound=CallState)


def become(state: type[S], call: CallState, **fields: object) -> S:
    """``call`` in another state: what all states share goes along, ``fields`` is the new state's own."""
    shared = {name: getattr(call, name) for name in _COMMON}
    return state(**(shared | fields))


def called_leg(call: CallState, leg: LegId) -> Leg | None:
    """The called leg of that id, None when there is none."""
    for one in call.called:
        if one.id == leg:
            return one
    return None


def leg_of_pair(call: CallState, pair: PairId) -> Leg | None:
    """The called leg whose media is ``pair``, None when it was released or never was."""
    for one in call.called:
        if one.pair == pair:
            return one
    return None


def put(call: C, leg: Leg) -> C:
    """``call`` with that called leg replaced."""
    return msgspec.structs.replace(
        call, called=tuple(leg if one.id == leg.id else one for one in call.called)
    )


def winner_of(call: Answering | Talking | Conferring) -> Leg:
    """The leg that answered; the state guarantees that it is among the called ones."""
    for one in call.called:
        if one.id == call.winner:
            return one
    raise LookupError(f"no leg {call.winner} in the call")


def other_of(call: Talking, leg: LegId) -> Leg:
    """Whom ``leg``, one of the two who talk, talks to."""
    return winner_of(call) if leg == call.calling.id else call.calling


def any_leg(call: CallState, leg: LegId) -> Leg | None:
    """The leg of that id, wherever it stands in the call; None when there is none."""
    if leg == call.calling.id:
        return call.calling
    found = called_leg(call, leg)
    if found is not None:
        return found
    return next((one for one in call.aside if one.id == leg), None)


def put_any(call: C, leg: Leg) -> C:
    """``call`` with that leg replaced, wherever it stands."""
    if leg.id == call.calling.id:
        return msgspec.structs.replace(call, calling=leg)
    if any(one.id == leg.id for one in call.aside):
        aside = tuple(leg if one.id == leg.id else one for one in call.aside)
        return msgspec.structs.replace(call, aside=aside)
    return put(call, leg)


def on_hold(leg: Leg) -> bool:
    """Whether this party put the other one on hold, in whatever way."""
    return leg.holds or leg.held_by_app


def is_late(call: CallState) -> bool:
    """Whether the caller leaves the offer to whoever answers."""
    return call.calling.phase is LegPhase.OFFERED and call.calling.sdp is None


def present(call: CallState) -> tuple[Leg, ...]:
    """The called legs of the round that rings now."""
    return call.called[call.round_from :] if call.round_from else call.called


def leg_id(call: CallState, index: int) -> LegId:
    """Id of the ``index``-th called leg."""
    if call.within is not None:
        return LegId(f"{call.offered.call}-c{call.within + index}")
    return LegId(f"{call.offered.call}-b{index}")


def pair_id(call: CallState, index: int) -> PairId:
    """Id of its media pair; unique among all calls, since it is the NG call-id."""
    if call.within is not None:
        return PairId(f"{call.offered.call}-n{call.within + index}")
    return PairId(f"{call.offered.call}-m{index}")


def bridge_pair(call: Talking | Conferring) -> PairId:
    """Id of the next media pair of a call that is answered."""
    return PairId(f"{call.offered.call}-n{call.bridges + 1}")


def bridge_leg(call: Talking | Conferring) -> LegId:
    """Id of the next leg we make in a call that is answered."""
    return LegId(f"{call.offered.call}-c{call.bridges + 1}")


def folded(call: Talking) -> Talking:
    """With all that the enquiry has come to as its own, and without the enquiry."""
    return call if call.enquiry is None else fold_in(call, call.enquiry)


def fold_in(call: Talking, inner: CallState) -> Talking:
    """``inner``: the enquiry as it is in the end."""
    return msgspec.structs.replace(
        call,
        called=(*call.called, *inner.called),
        skipped=(*call.skipped, *inner.skipped),
        diversions=(*call.diversions, *inner.diversions),
        decisions=inner.decisions,
        bridges=(inner.within or 0) + len(inner.called),
        enquiry=None,
    )


def room_leg_of(pair: PairId) -> LegId:
    """The room's end of a pair in a conference."""
    call, _, name = pair.rpartition("-")
    return LegId(f"{call}-room{name}")


def is_room_leg(leg: LegId) -> bool:
    """Whether a leg is such an end, and nobody's telephone."""
    return leg.rpartition("-")[2].startswith("roomn")


def call_of(pair: PairId) -> CallId:
    """The call a media pair belongs to."""
    return CallId(pair.rpartition("-")[0])
