"""Whatever happens to a call, in whatever order: nothing raises, nothing leaks, one true record."""

from __future__ import annotations

from random import Random
from typing import Any, get_args

import pytest

from fmc_gateway.call import commands as cmd
from fmc_gateway.call import events as ev
from fmc_gateway.call import requests
from fmc_gateway.call.conference_asked import NOT_MODERATOR, PUT_OUT
from fmc_gateway.call.conference_room import NOBODY_LEFT
from fmc_gateway.call.conferencing import GIVEN_UP, LOST_MEDIA, REFUSED
from fmc_gateway.call.consulted import TRANSFERRED
from fmc_gateway.call.exchanges import ExchangeKind, MoveKind
from fmc_gateway.call.keying import BY_KEYS
from fmc_gateway.call.model import (
    STATES,
    Announcing,
    Answering,
    Call,
    Diverting,
    Leg,
    LegPhase,
    Lending,
    Ringing,
    Talking,
)
from fmc_gateway.call.moving import NOT_MOVED
from fmc_gateway.call.step import step
from fmc_gateway.call.switching import ENDED
from fmc_gateway.call.table import TABLE
from hipper.contracts.calls import CallOutcome, LegRole, SegmentRecord
from hipper.pbx.ids import CallId, DeviceId, LegId, PairId, RoomId
from hipper.pbx.model import ParkCall, Payer, TariffClass
from hipper.pbx.services.in_call import InCallService
from tests.fmc_gateway.call.kit import (
    OUTSIDE,
    START,
    A,
    anna,
    binding,
    invite,
    invite_from_desk,
    invite_from_pstn,
    joined,
    piet,
    sdp,
    shown,
    suze,
)
from tests.property.call_pair import Pair
from tests.property.call_world import Consulting, Meeting, World

WALKS = 120
"""Calls in one test case; the seeds follow from its number."""


@pytest.mark.parametrize("block", range(25))
def test_every_call_in_a_world_that_keeps_to_sip_ends_clean(block: int) -> None:
    for seed in range(block * WALKS, (block + 1) * WALKS):
        world = World(seed)
        try:
            world.walk()
        except Exception as error:
            raise AssertionError(f"seed {seed}: {error}") from error


@pytest.mark.parametrize("block", range(5))
def test_every_consultation_ends_clean(block: int) -> None:
    for seed in range(block * WALKS, (block + 1) * WALKS):
        world = Consulting(seed)
        try:
            world.walk(120)
        except Exception as error:
            raise AssertionError(f"seed {seed}: {error}") from error


@pytest.mark.parametrize("block", range(5))
def test_two_calls_that_may_be_joined_end_clean(block: int) -> None:
    """At each moment one of the two has the leg that is lent, and in the end nobody has anything."""
    for seed in range(block * WALKS, (block + 1) * WALKS):
        try:
            Pair(seed).walk(160)
        except Exception as error:
            raise AssertionError(f"seed {seed}: {error}") from error


def test_world_of_consultations_sees_them_completed_given_up_and_lost() -> None:
    """And everything that may become of whoever is called for it."""
    reasons, within, kinds = set(), set(), set()
    for seed in range(5 * WALKS):
        world = Consulting(seed)
        seen: list[Call | None] = []

        def looked_at(event: ev.AnyEvent, world: Consulting = world, seen: list[Any] = seen) -> None:
            Consulting.deliver(world, event)
            seen.append(world.call)

        world.deliver = looked_at  # type: ignore[method-assign]
        world.walk(120)
        reasons |= {one.reason for one in world.done if isinstance(one, cmd.EndLeg)}
        talks = [one for one in seen if isinstance(one, Talking)]
        within |= {(type(one.enquiry), one.move.left) for one in talks if one.enquiry and one.move}
        kinds |= {one.exchange.kind for one in talks if one.exchange}
        kinds |= {one.move.kind for one in talks if one.move}
    assert {TRANSFERRED, ENDED.reason, NOT_MOVED} <= reasons
    states = (Ringing, Diverting, Announcing, Answering)
    assert within == {(state, left) for state in states for left in (False, True)}
    assert {ExchangeKind.EARLY, ExchangeKind.SWITCH, ExchangeKind.GO_BACK, MoveKind.RETURN} <= kinds


def test_world_reaches_every_state_and_every_way_to_end() -> None:
    """The walks above mean something: they see it all."""
    outcomes, kinds = set(), set()
    for seed in range(900):
        world = World(seed) if seed % 9 else Meeting(seed)
        world.walk()
        kinds |= {type(one) for one in world.done}
        outcomes |= {one.record.outcome.value for one in world.done if isinstance(one, cmd.WriteRecord)}
    assert kinds == set(get_args(cmd.AnyCommand))
    assert outcomes == {one.value for one in CallOutcome}


@pytest.mark.parametrize("block", range(5))
def test_every_conference_ends_clean(block: int) -> None:
    for seed in range(block * WALKS, (block + 1) * WALKS):
        world = Meeting(seed)
        try:
            world.walk(150)
        except Exception as error:
            raise AssertionError(f"seed {seed}: {error}") from error


def test_world_of_conferences_sees_them_made_given_up_and_lost() -> None:
    reasons, most = set(), 0
    for seed in range(3 * WALKS):
        world = Meeting(seed)
        world.walk(150)
        reasons |= {one.reason for one in world.done if isinstance(one, cmd.EndLeg)}
        reasons |= {one.explanation for one in world.done if isinstance(one, cmd.AnswerRequest)}
        most = max(most, max((len(legs) for legs in world.rooms.values()), default=0))
    assert {NOBODY_LEFT, PUT_OUT, REFUSED, GIVEN_UP, NOT_MODERATOR, LOST_MEDIA} <= reasons
    assert most > 4


# A world that keeps to nothing.

PARK = ParkCall(group=suze().group, on="201", recall_s=60, most=3)
JOINING = (LegId("j1"), LegId("j2"), LegId("j3"))
LEGS = tuple(
    LegId(name)
    for name in (
        A,
        "c1-b1",
        "c1-b2",
        "c1-b3",
        "c1-b4",
        "c1-a1",
        "stranger",
        "j1",
        "j2",
        "c1-c1",
        "c1-c2",
        "c1-c3",
    )
)
PAIRS = tuple(
    PairId(name)
    for name in ("c1-m1", "c1-m2", "c1-m3", "c1-d1", "stranger", "c1-n1", "c1-n2", "c1-n3", "c1-k1", "c1-k2")
)
ROOMS = (RoomId("c1-room1"), RoomId("c1-room2"), RoomId("stranger"))
ROOM_LEGS = (LegId("c1-roomn2"), LegId("c1-roomn3"), LegId("c1-roomn4"), LegId("stranger"))
SDPS = (
    sdp("x"),
    sdp("y", direction="sendonly"),
    sdp("z", address="0.0.0.0"),
    "",
    "garbage",
    "v=0\r\nm=\r\n",
    None,
)


def anything(rng: Random) -> ev.AnyEvent:
    """Any event, about any leg, saying anything."""
    leg, pair = rng.choice(LEGS), rng.choice(PAIRS)
    text = rng.choice(SDPS)
    made = text or ""
    status = rng.choice((100, 180, 183, 200, 302, 408, 481, 486, 487, 491, 503, 603, 699, 0))
    q850 = rng.choice((None, 16, 17, 19, 21, 127))
    cause = rng.choice(("bye", "no_ack", "session_expired", "dialog_gone", "transport", "?"))
    choices = (
        lambda: rng.choice((invite(), invite("112"), invite_from_pstn(), invite_from_desk("300"))),
        lambda: ev.ContextLoaded(
            caller=rng.choice((None, suze())),
            called=rng.choice((None, piet(), suze())),
            bindings=rng.choice(((), (binding("piet-desk1"), binding("piet-desk1", 2)))),
        ),
        lambda: ev.ContextFailed(reason="?"),
        lambda: ev.MediaOffered(pair=pair, from_leg=leg, to_leg=rng.choice(LEGS), sdp=made),
        lambda: ev.MediaAnswered(pair=pair, sdp=made, transcoded=rng.random() < 0.5),
        lambda: ev.MediaFailed(pair=pair, reason="?", no_rtpengine=rng.random() < 0.5),
        lambda: ev.MediaTimedOut(pair=pair),
        lambda: ev.LegSent(leg=leg, sip_call_id="?"),
        lambda: ev.LegTrying(leg=leg),
        lambda: ev.LegRinging(leg=leg, status=status),
        lambda: ev.LegProgress(leg=leg, status=status, sdp=made, to_tag=rng.choice("ab")),
        lambda: ev.LegAnswered(leg=leg, sdp=text, to_tag="a"),
        lambda: ev.LegRejected(leg=leg, status=status, q850=q850, by_network=rng.random() < 0.5),
        lambda: ev.LegCancelled(leg=leg, reason=rng.choice((None, "SIP;cause=487"))),
        lambda: ev.LegConfirmed(leg=leg, sdp=text),
        lambda: ev.LegEnded(leg=leg, cause=cause, q850=q850),
        lambda: ev.LegReoffered(leg=leg, sdp=text, method=rng.choice(("INVITE", "UPDATE"))),
        lambda: ev.LegReofferAnswered(leg=leg, sdp=text),
        lambda: ev.LegReofferRejected(leg=leg, status=status),
        lambda: ev.TimerFired(name=rng.choice(("no_answer", "route", "settle", "move", "lost", "park", "?"))),
        lambda: ev.DigitPressed(leg=leg, digit=rng.choice("159*#")),
        lambda: ev.AnnouncementEnded(pair=pair, leg=leg, played=rng.random() < 0.5),
        lambda: ev.FeatureDone(done=rng.random() < 0.5),
        lambda: ev.ConnectedChanged(leg=leg, connected=invite().caller),
        lambda: ev.DialRequested(
            call=invite().call, leg=leg, subscriber=suze().subscriber, destination=rng.choice(("202", "112"))
        ),
        lambda: ev.DeclineRequested(
            subscriber=rng.choice((suze(), piet())).subscriber,
            device=rng.choice((None, DeviceId("piet-desk1"), DeviceId("stranger"))),
        ),
        lambda: ev.CallChosen(call=rng.choice((None, CallId("another")))),
        lambda: joined(
            rng.choice(JOINING),
            rng.choice(("suze", "piet", "anna")),
            "suze-desk1",
            wants=rng.choice((ev.Wants.PULL, ev.Wants.PULL, *ev.Wants)),
            group=suze().group,
        ),
        lambda: ev.LegReturned(joined=joined("j0", "suze", "suze-desk1"), explanation="?"),
        lambda: ev.MoveRequested(
            request="r", subscriber=rng.choice((suze(), piet())).subscriber, device=DeviceId("piet-desk1")
        ),
        lambda: ev.HoldRequested(
            request="r", subscriber=rng.choice((suze(), piet())).subscriber, on=rng.random() < 0.5
        ),
        lambda: ev.ConsultRequested(
            request="r", subscriber=suze().subscriber, destination=rng.choice(("202", "030 111 2233", "112"))
        ),
        lambda: ev.TransferRequested(
            request="r", subscriber=suze().subscriber, destination=rng.choice(("202", "030 111 2233", "112"))
        ),
        lambda: ev.ConsultStepRequested(
            request="r", subscriber=suze().subscriber, step=rng.choice(list(ev.ConsultStep))
        ),
        lambda: ev.JoinRequested(
            request="r", subscriber=suze().subscriber, other=CallId(rng.choice(("c1", "another")))
        ),
        lambda: ev.ReferRequested(
            request="r",
            leg=leg,
            destination=rng.choice((None, "202", "030 111 2233", "112")),
            other=rng.choice((None, CallId("another"))),
        ),
        lambda: ev.LegAsked(by=CallId("another"), subscriber=suze().subscriber, request="x"),
        lambda: ev.LegRefused(
            call=CallId("another"), request="r", explanation="?", dialled=rng.choice((None, "202"))
        ),
        lambda: lent(rng),
        lambda: ev.LegBack(
            by=CallId("another"), leg=leg, sdp=text, given=made, ended=rng.choice((None, "bye"))
        ),
        lambda: ev.LegKept(by=CallId("another"), leg=leg),
        lambda: ev.PickUpRequested(
            request="r", subscriber=anna().subscriber, user=anna(), bindings=(binding("anna-desk1"),)
        ),
        lambda: ev.ParkRequested(
            request="r",
            subscriber=rng.choice((suze(), piet())).subscriber,
            wanted=PARK,
            parked=rng.choice(((), (), ("201",))),
        ),
        lambda: ev.RetrieveRequested(
            request="r", subscriber=anna().subscriber, user=anna(), bindings=(binding("anna-desk1"),)
        ),
        lambda: ev.ConferenceRequested(request="r", subscriber=suze().subscriber, goes_on=rng.random() < 0.5),
        lambda: ev.ConferenceAddRequested(
            request="r", subscriber=suze().subscriber, destination=rng.choice(("202", "112"))
        ),
        lambda: ev.ConferenceRemoveRequested(request="r", subscriber=suze().subscriber, leg=leg),
        lambda: ev.ConferenceMuteRequested(
            request="r", subscriber=suze().subscriber, leg=leg, muted=rng.random() < 0.5
        ),
        lambda: ev.RoomMade(room=rng.choice(ROOMS)),
        lambda: ev.RoomFailed(room=rng.choice(ROOMS), reason="?", unavailable=rng.random() < 0.5),
        lambda: ev.PartyInRoom(room=rng.choice(ROOMS), leg=rng.choice(ROOM_LEGS), sdp=made),
        lambda: ev.PartyNotInRoom(room=rng.choice(ROOMS), leg=rng.choice(ROOM_LEGS), reason="?"),
        lambda: ev.HangUpRequested(by=rng.choice(("user:suze", "user:", "operator", "drain", ""))),
        lambda: ev.DigitsRequested(request="r", subscriber=suze().subscriber, keys="1#"),
        lambda: ev.KeyHeard(leg=leg),
        lambda: ev.KeysPassed(leg=leg, keys="*5"),
        lambda: ev.ServiceBegun(leg=leg, service=InCallService.TRANSFER),
        lambda: ev.ServiceKeyed(
            leg=leg, service=rng.choice(tuple(InCallService)), destination=rng.choice((None, "202", "112"))
        ),
        lambda: ev.ServiceGivenUp(leg=leg),
        lambda: ev.ServiceAnswered(leg=leg, done=rng.random() < 0.5),
    )
    assert len(choices) == len(get_args(ev.AnyEvent))
    # Events that end calls are seldom, or no walk would get far.
    index = rng.choices(
        range(len(choices)),
        weights=[
            1,
            6,
            1,
            9,
            9,
            1,
            1,
            1,
            3,
            6,
            6,
            6,
            2,
            1,
            1,
            1,
            9,
            9,
            3,
            2,
            2,
            3,
            2,
            4,
            2,
            1,
            2,
            6,
            1,
            6,
            1,
            1,
            1,
            1,
            1,
            2,
            1,
            2,
            2,
            2,
            2,
            2,
            2,
            2,
            2,
            2,
            2,
            3,
            2,
            2,
            2,
            2,
            1,
            *(2, 1, 1, 2, 2, 1, 1),
        ],
    )
    return choices[index[0]]()


def lent(rng: Random) -> ev.LegLent:
    """A leg of another call."""
    payer = Payer(subscription=None, tariff=TariffClass.FREE)
    leg = Leg(
        id=LegId(f"d{rng.randrange(10**9)}"),
        role=rng.choice(tuple(LegRole)),
        phase=LegPhase.ANSWERED,
        peer="x",
        identity=shown(OUTSIDE),
        sdp=sdp("d"),
        given=sdp("e"),
        offered=START,
        answered=START,
    )
    talk = SegmentRecord(calling=A, called=leg.id, payer=payer, started=START)
    return ev.LegLent(call=CallId("another"), request="r", leg=leg, talk=talk)


def ledger(commands: list[cmd.AnyCommand], asked: int, joined_legs: set[str]) -> None:
    """What must hold of all commands of a finished call, whatever the events were."""
    kinds = [type(one) for one in commands]
    assert kinds.count(cmd.Finish) == kinds.count(cmd.WriteRecord) + kinds.count(cmd.HandOver) == 1
    assert kinds[-1] is cmd.Finish
    offered = {one.pair for one in commands if isinstance(one, cmd.OfferMedia)}
    deleted = [one.pair for one in commands if isinstance(one, cmd.DeleteMedia)]
    assert sorted(deleted) == sorted(offered)
    for kind in (cmd.AnswerLeg, cmd.RejectLeg, cmd.EndLeg, cmd.CancelLeg, cmd.Originate):
        legs = [one.leg for one in commands if isinstance(one, kind)]
        assert len(legs) == len(set(legs)), kind
    answers = [one for one in commands if isinstance(one, cmd.AnswerRequest)]
    assert len([one for one in answers if not one.request.startswith(BY_KEYS)]) == asked
    back = [one.returned.joined.leg for one in commands if isinstance(one, cmd.ReturnLeg)]
    assert len(back) == len(set(back))
    assert set(back) <= joined_legs
    shown = [one.live for one in commands if isinstance(one, cmd.PublishLive)]
    assert shown.count(None) == (1 if shown else 0)
    assert shown[-1:] in ([], [None])


def chaos(seed: int) -> None:
    rng = Random(seed)
    call: Call | None = None
    commands: list[cmd.AnyCommand] = []
    dialled = ev.DialRequested(
        call=invite().call,
        leg=A,
        subscriber=suze().subscriber,
        destination=rng.choice(("202", "030 111 2233")),
    )
    event: ev.AnyEvent = rng.choice(
        (
            invite(),
            invite("112"),
            invite_from_pstn(),
            invite("030 111 2233"),
            invite("202", sdp=None),
            dialled,
        )
    )
    now = START
    joined_legs: set[str] = set()
    asked = 0
    for _ in range(300):
        now += rng.choice((0.0, 0.02, 1.0))
        after, made = step(call, event, now)
        asked += isinstance(event, get_args(requests.Wish))
        assert after is None or isinstance(after, STATES)
        before = None if call is None else type(call)
        state = None if after is None else type(after)
        assert state is before or state in TABLE[before][type(event)].next, (before, event, state)
        commands += made
        call = after
        if call is None:
            return ledger(commands, asked, joined_legs)
        event = anything(rng)
        while isinstance(event, ev.LegJoined) and event.leg in joined_legs:
            event = anything(rng)
        if isinstance(event, ev.LegJoined):
            joined_legs.add(event.leg)
    while call is not None:  # it ends on request, and then time runs out
        for event in (
            ev.HangUpRequested(by="operator"),
            ev.TimerFired(name="lend"),
            ev.TimerFired(name="settle"),
        ):
            if call is not None:
                call, made = step(call, event, now)
                commands += made
    return ledger(commands, asked, joined_legs)


@pytest.mark.parametrize("block", range(10))
def test_no_event_in_any_state_raises_and_every_call_ends(block: int) -> None:
    for seed in range(block * WALKS, (block + 1) * WALKS):
        try:
            chaos(seed)
        except Exception as error:
            raise AssertionError(f"seed {seed}: {error!r}") from error


def test_every_event_in_every_state_of_a_long_walk() -> None:
    """Each state that a walk passes meets one of each kind of event."""
    met = set()
    for seed in range(200):
        rng = Random(seed)
        world = (World, World, Meeting if seed % 2 else Consulting)[seed % 3](seed)
        passed_on = {"pass_on": ev.PassOn.OWN_LEG, "request_uri": "sip:x@y", "return_route": ("<sip:s;lr>",)}
        world.deliver(world.begin() if seed % 10 else invite(**passed_on))
        for _ in range(60 if isinstance(world, Meeting) else 30):
            if world.call is None:
                break
            for _ in range(60 if isinstance(world.call, Lending) else 21):
                event = anything(rng)
                step(world.call, event, world.now)
                met.add((type(world.call), type(event)))
            world._turn()
    assert {state for state, _ in met} == set(STATES)
    assert len(met) > len(STATES) * len(get_args(ev.AnyEvent)) * 0.95


def test_repeated_events_do_nothing_new() -> None:
    """A duplicate of the last event never speaks to a leg twice (retransmissions, a stream read twice)."""
    speaks = (cmd.Originate, cmd.AnswerLeg, cmd.RejectLeg, cmd.CancelLeg, cmd.EndLeg, cmd.DeleteMedia)
    for seed in range(300):
        world = World(seed)
        told: list[object] = []

        def twice(event: ev.AnyEvent, world: World = world, told: list[object] = told) -> None:
            World.deliver(world, event)
            if world.call is not None:
                _, again = step(world.call, event, world.now)
                told.extend(
                    (type(one), one.leg if not isinstance(one, cmd.DeleteMedia) else one.pair)
                    for one in again
                    if isinstance(one, speaks)
                )

        world.deliver = twice  # type: ignore[method-assign]
        world.walk()
        done = [
            (type(one), one.leg if not isinstance(one, cmd.DeleteMedia) else one.pair)
            for one in world.done
            if isinstance(one, speaks)
        ]
        assert len(done) == len(set(done)), seed


def test_world_sees_calls_picked_up_and_pickups_that_came_too_late() -> None:
    seen = set()
    for seed in range(700):
        world = World(seed)
        world.walk()
        records = [one.record for one in world.done if isinstance(one, cmd.WriteRecord)]
        seen |= {one.outcome.value for record in records for one in record.attempts if _picks(one.rule)}
        back = [one.returned.joined for one in world.done if isinstance(one, cmd.ReturnLeg)]
        seen |= {"returned" for one in back if _picks(one.rule)}
    assert {"answered", "answered_elsewhere", "returned"} <= seen


def _picks(rule: str) -> bool:
    return rule == "pick-up.group"
