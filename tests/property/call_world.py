"""A world for the call engine: a caller, phones, rtpengine and a directory that do as SIP lets them, by seed.

Events of one leg and answers about one pair keep their order; across legs and pairs anything may overtake
anything. Each command is checked against what really is: who is told what twice, or in a state in which it
means nothing, fails the walk.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from fmc_gateway.call import commands as cmd
from fmc_gateway.call import events as ev
from fmc_gateway.call.conference import PartyStage
from fmc_gateway.call.conference_room import is_silent
from fmc_gateway.call.exchanges import MoveKind
from fmc_gateway.call.model import Conferring, Ending, LegPhase, Ringing, Talking, any_leg, on_hold, winner_of
from hipper.contracts.bus import KeepUntil
from hipper.contracts.calls import CallOutcome, LivePhase
from hipper.pbx.ids import CallId, DeviceId, LegId, PairId, SubscriberId
from hipper.pbx.model import ParkCall
from hipper.pbx.services.in_call import NEEDS_DESTINATION, InCallService
from tests.fmc_gateway.call.kit import (
    OUTSIDE,
    PIET_FIXED,
    A,
    binding,
    invite,
    invite_from_desk,
    invite_from_pstn,
    joined,
    sdp,
    shown,
)
from tests.property.call_plans import DESTINATIONS
from tests.property.call_wires import CONTACTS, FAILURES, OTHER, Party, Wires


class World(Wires):
    """``walk`` plays one call from its INVITE to its end."""

    parks = True
    """Users park calls."""

    # Driving.

    def walk(self, turns: int = 60) -> None:
        self.deliver(self.begin())
        for _ in range(turns):
            if self.call is None:
                return self.check_end()
            self._turn()
        for _ in range(400):
            if self.call is None:
                return self.check_end()
            self._close()
        raise AssertionError(f"the call never ends: {self.call}")

    def begin(self) -> ev.LegOffered | ev.DialRequested:
        """How the call begins."""
        first = self._first()
        self.dial = isinstance(first, ev.DialRequested)
        self.late_offer = isinstance(first, ev.LegOffered) and first.sdp is None
        if self.dial:
            del self.parties[self.a]
        return first

    def _dial(self) -> ev.DialRequested:
        return ev.DialRequested(
            call=CallId("c1"),
            leg=A,
            subscriber=SubscriberId("suze"),
            destination=self.rng.choice(
                ("202", "202", "202", "203", "030 111 2233", "030 111 2233", "112", "*11")
            ),
            device=self.rng.choice((None, DeviceId("suze-mobile"), DeviceId("suze-desk1"))),
        )

    def _first(self) -> ev.LegOffered | ev.DialRequested:
        kind = self.rng.choice(
            (
                *("colleague", "colleague", "colleague", "pstn", "pstn", "outside", "desk", "code", "pull"),
                *("112", "112 from a desk", "112 late offer", "no early media"),
                *("late offer", "late offer from the PSTN", "dial", "dial"),
            )
        )
        kinds: dict[str, Callable[[], ev.LegOffered | ev.DialRequested]] = {
            "colleague": lambda: invite("202"),
            "pstn": invite_from_pstn,
            "outside": lambda: invite("030 111 2233"),
            "desk": lambda: invite_from_desk("202"),
            "code": lambda: invite(self.rng.choice(("*21*203#", "*68"))),
            "pull": lambda: invite("*11"),
            "dial": self._dial,
            "late offer": lambda: invite("202", sdp=None),
            "late offer from the PSTN": lambda: invite_from_pstn(sdp=None),
            "no early media": lambda: invite("299", sdp=sdp("suze").replace("RTP/AVP", "RTP/SAVP")),
            "112": lambda: invite("112", emergency_routes=self.rng.randint(1, 3)),
            "112 from a desk": lambda: invite_from_desk("112"),
            "112 late offer": lambda: invite("112", sdp=None, emergency_routes=self.rng.randint(1, 3)),
        }
        return kinds[kind]()

    def _turn(self) -> None:
        waiting = [name for name, queue in self.queues.items() if queue]
        roll = self.rng.random()
        if waiting and roll < 0.6:
            self._deliver_from(self.rng.choice(waiting))
        elif self.timers and 0.6 <= roll < 0.64:
            self._fire()
        elif 0.64 <= roll < 0.645:
            self.deliver(
                ev.HangUpRequested(by=self.rng.choice(("user:suze", "user:piet", "operator", "drain")))
            )
        elif 0.645 <= roll < 0.65:
            device = self.rng.choice((None, DeviceId("piet-desk1"), DeviceId("piet-mobile")))
            self.deliver(ev.DeclineRequested(subscriber=SubscriberId("piet"), device=device))
        elif 0.65 <= roll < (0.72 if isinstance(self.call, Talking) else 0.66):
            self._wish()
        elif isinstance(self.call, Ringing) and 0.66 <= roll < 0.7:
            self._pick_up()
        elif self.parties:
            self._act(self.rng.choice(list(self.parties.values())))

    def _close(self) -> None:
        """Everybody goes; what is under way arrives; then the clock runs."""
        waiting = [name for name, queue in self.queues.items() if queue]
        caller = self._calling()
        if waiting:
            self._deliver_from(self.rng.choice(waiting))
        elif caller is None and not isinstance(self.call, Ending):
            self.deliver(ev.HangUpRequested(by="user:suze"))
        elif caller is not None and not caller.over:
            self._leave(caller)
        elif (left := self._left_behind()) is not None:
            self._leave(left)
        elif self.timers:
            self._fire()
        else:
            raise AssertionError(f"nothing is left to happen: {self.call}")

    def _left_behind(self) -> Party | None:
        """Who is still there of those who talk, or came to take a place."""
        if isinstance(self.call, Conferring):
            legs = [leg.id for leg in self.call.called if leg.phase is LegPhase.ANSWERED]
            return next((self.parties[leg] for leg in legs if not self.parties[leg].over), None)
        if not isinstance(self.call, Talking):
            return None
        here = (self.call.winner, *(leg.id for leg in self.call.aside))
        return next((self.parties[leg] for leg in here if not self.parties[leg].over), None)

    def _wish(self) -> None:
        """A user wants the call on another telephone, by ``*11`` or in the app, or holds it there."""
        self.wishes += 1
        user = SubscriberId(self.rng.choice(("suze", "suze", "piet")))
        if self.rng.random() < 0.15:
            self._refers()
            return
        if self.rng.random() < 0.25:
            self.deliver(ev.LegAsked(by=OTHER, subscriber=user, request=f"o{self.wishes}"))
            return
        device = DeviceId(f"{user}-{self.rng.choice(('desk1', 'desk1', 'mobile'))}")
        if self.rng.random() < 0.6:
            leg = LegId(f"{self.a}-j{self.wishes}")
            self.parties[leg] = Party(leg, joined=True)
            parked = isinstance(self.call, Talking) and self.call.parked is not None
            wants = ev.Wants.RETRIEVE if parked and self.rng.random() < 0.7 else ev.Wants.PULL
            group = self.company["suze"].group
            event = joined(leg, user, device, wants=wants, group=group, rule="park.retrieved")
            if wants is ev.Wants.PULL and self.rng.random() < 0.2:
                self.parties[leg].late = True
                event = msgspec.structs.replace(
                    event, offered=msgspec.structs.replace(event.offered, sdp=None)
                )
            self.deliver(event)
            return
        request = f"r{self.wishes}"
        self.requests.add(request)
        self.deliver(self._asked(request, user, device))

    def _pick_up(self) -> None:
        """A colleague wants the call that rings, by ``*98`` or in the app."""
        self.wishes += 1
        user = self.company[self.rng.choice(("anna", "anna", "kees", "piet", "suze"))]
        device = DeviceId(f"{user.subscriber}-desk1")
        if self.rng.random() < 0.7:
            leg = LegId(f"j{self.wishes}")
            self.parties[leg] = Party(leg, joined=True)
            wants = self.rng.choice((ev.Wants.PICK_UP, ev.Wants.BARGE_IN))
            came = joined(leg, user.subscriber, device, wants=wants, group=user.group, rule="pick-up.group")
            self.deliver(came)
            return
        request = f"r{self.wishes}"
        self.requests.add(request)
        asks = ev.PickUpRequested(
            request=request,
            subscriber=user.subscriber,
            user=user,
            device=self.rng.choice((None, device)),
            bindings=(binding(device),),
        )
        self.deliver(asks)

    def _refers(self) -> None:
        """A telephone asks for a transfer."""
        if not isinstance(self.call, Talking):
            return
        leg = self.rng.choice((self.call.calling.id, self.call.winner))
        request = f"t{self.wishes}"
        self.refers[request] = None
        to = self.rng.choice(("202", "203", "204", "030 111 2233", "112", None, None))
        self.deliver(ev.ReferRequested(request=request, leg=leg, destination=to, other=OTHER))

    def _asked(self, request: str, user: SubscriberId, device: DeviceId) -> ev.AnyEvent:
        """What the app asks of the call."""
        if self.rng.random() < 0.15:
            return ev.JoinRequested(request=request, subscriber=user, other=OTHER)
        parks = self.rng.random() if self.parks else 1.0
        if parks < 0.08:
            wanted = ParkCall(group=self.company["suze"].group, on="201", recall_s=60, most=3)
            return ev.ParkRequested(request=request, subscriber=user, wanted=wanted)
        if parks < 0.12:
            anna, at = self.company["anna"], binding("anna-desk1")
            return ev.RetrieveRequested(
                request=request, subscriber=anna.subscriber, user=anna, bindings=(at,)
            )
        roll = self.rng.random()
        if isinstance(self.call, Talking) and (self.call.consult or self.call.move) and roll < 0.8:
            step = self.rng.choice((*ev.ConsultStep, ev.ConsultStep.COMPLETE))
            return ev.ConsultStepRequested(request=request, subscriber=user, step=step)
        if roll < 0.5:
            destination = self.rng.choice(("202", "203", "203", "204", "030 111 2233", "112", "*11", "299"))
            if self.rng.random() < 0.3:
                return ev.TransferRequested(
                    request=request,
                    subscriber=user,
                    destination=destination,
                    returns=self.rng.random() < 0.6,
                    no_answer_s=self.rng.choice((None, None, 9)),
                    keep_until=self.rng.choice(list(KeepUntil)),
                )
            return ev.ConsultRequested(request=request, subscriber=user, destination=destination)
        if roll < 0.75:
            return ev.MoveRequested(request=request, subscriber=user, device=device)
        return ev.HoldRequested(request=request, subscriber=user, on=self.rng.random() < 0.6)

    def _calling(self) -> Party | None:
        """None: dialled from the app, and not picked up yet."""
        return self.parties.get(self.a if self.call is None else self.call.calling.id)

    def _fire(self) -> None:
        name = self.rng.choice(sorted(self.timers))
        if isinstance(self.call, Ending) and self.call.recorded:
            # 64·T1 later: nothing that RFC 3261 allows is still under way
            while self.call is not None and any(self.queues.values()):
                self._deliver_from(next(source for source, queue in self.queues.items() if queue))
            if name not in self.timers:
                return
        self.timers.discard(name)
        self.deliver(ev.TimerFired(name=name))

    # What parties do of their own.

    def _act(self, party: Party) -> None:
        if party.over or party.away or party.leg in self.dead:
            return
        if party.answered:
            self._act_in_call(party)
        elif party.leg == self.a or party.joined:
            if self.rng.random() < 0.03:
                self._leave(party)
        else:
            self._act_alerting(party)

    def _act_alerting(self, party: Party) -> None:
        leg, roll = party.leg, self.rng.random()
        if self.dial and roll > 0.6 and self.rng.random() < 0.8:
            self._answers(party, sdp(party.leg))  # else hardly any call gets through two times of ringing
        elif roll < 0.1:
            self.say(leg, ev.LegTrying(leg=leg))
        elif roll < 0.2:
            self.say(leg, ev.LegSent(leg=leg, sip_call_id=f"call-id-{leg}"))
        elif roll < 0.45:
            self.say(leg, ev.LegRinging(leg=leg, status=self.rng.choice((180, 180, 183))))
        elif roll < 0.6:
            status = self.rng.choice((180, 183))
            self.say(leg, ev.LegProgress(leg=leg, status=status, sdp=sdp(f"early {leg}"), to_tag="t"))
        elif roll < 0.85:
            self._answers(party)
        elif roll < 0.97:
            self._refuses(party, self.rng.choice(FAILURES), by_network=self.rng.random() < 0.3)
        else:
            party.over = True
            self.say(leg, ev.LegEnded(leg=leg, cause="transport"))

    def _answers(self, party: Party, described: str | None = "any") -> None:
        party.answered = True
        if described == "any":
            described = self.rng.choice((sdp(party.leg), sdp(party.leg), sdp(f"early {party.leg}"), None))
        self.say(party.leg, ev.LegAnswered(leg=party.leg, sdp=described, to_tag="t"))

    def _refuses(self, party: Party, status: int, *, by_network: bool = False) -> None:
        party.over = True
        q850 = self.rng.choice((None, None, 17, 19, 20, 21, 34))
        contacts = tuple(self.rng.sample(CONTACTS, 2)) if status == 302 else ()
        self.say(
            party.leg,
            ev.LegRejected(leg=party.leg, status=status, q850=q850, by_network=by_network, contacts=contacts),
        )

    def _act_in_call(self, party: Party) -> None:
        roll = self.rng.random()
        asked = any(leg == party.leg and leg != self.a for _, leg in self.spoken)
        if asked and roll < 0.6:
            self.say(party.leg, ev.DigitPressed(leg=party.leg, digit=self.rng.choice("1125")))
        elif roll < 0.1:
            self._leave(party)
        elif any(leg == party.leg for _, leg in self.watched) and roll > 0.8:
            self.say(party.leg, self._keyed(party.leg))
        elif roll < 0.13 and self.pairs and party is self._calling():
            for pair, state in self.pairs.items():
                if state == "open":
                    self.say(pair, ev.MediaTimedOut(pair=PairId(pair)))
        elif roll < 0.2:
            now = shown(self.rng.choice((OUTSIDE, PIET_FIXED, None)))
            self.say(party.leg, ev.ConnectedChanged(leg=party.leg, connected=now))
        elif roll < 0.6 and party.offering is None and not party.acking:
            party.offering = self.rng.choice(("hold", "hold", "talk", "video", "nothing"))
            described = party.described(party.offering)
            self.say(party.leg, ev.LegReoffered(leg=party.leg, sdp=described, method="INVITE"))

    def _keyed(self, leg: LegId) -> ev.AnyEvent:
        """A code, part of one, or keys for the far party."""
        service = self.rng.choice(tuple(InCallService))
        to = self.rng.choice(DESTINATIONS) if service in NEEDS_DESTINATION else None
        return self.rng.choice(
            (
                ev.KeysPassed(leg=leg, keys="*5"),
                ev.ServiceKeyed(leg=leg, service=service, destination=to),
                ev.ServiceBegun(leg=leg, service=InCallService.CONSULT),
                ev.ServiceGivenUp(leg=leg),
            )
        )

    def _leave(self, party: Party) -> None:
        party.over = True
        leg = party.leg
        if party.answered:
            cause = self.rng.choice(("bye", "bye", "bye", "session_expired", "dialog_gone", "transport"))
            self.say(leg, ev.LegEnded(leg=leg, cause=cause, q850=16))
        else:
            self.say(leg, ev.LegCancelled(leg=leg, reason="SIP;cause=487"))

    # What must hold.

    def check_sound(self) -> None:
        """What rtpengine does is what the agreed descriptions say."""
        if isinstance(self.call, Conferring) and self.call.before is None:
            for party in self.call.parties:
                leg = any_leg(self.call, party.leg)
                assert leg is not None
                if party.stage is PartyStage.IN:
                    assert ((party.pair, party.leg) in self.blocked) == is_silent(leg, party)
            assert not self.music, "music into a conference"
        if not isinstance(self.call, Talking) or self.call.exchange is not None:
            return
        consult, move = self.call.consult, self.call.move
        both = {self.call.calling.id, self.call.winner}
        legs = [leg for leg in (self.call.calling, *self.call.called) if leg.id in both]
        holders = {leg.id for leg in legs if on_hold(leg)}
        pairs = [pair for pair, state in self.pairs.items() if state == "open"]
        main = next(leg.pair for leg in legs if leg.id == self.call.winner)
        blocked = {leg for pair, leg in self.blocked if pair == main}
        if consult is not None:
            held = next(leg for leg in self.call.aside if leg.id == consult.held)
            assert (held.pair, held.id) in self.music, "who waits hears music"
            assert {leg for pair, leg in self.blocked if pair == held.pair} == {held.id, consult.user}
        if move is not None and move.kind in (MoveKind.CONSULT, MoveKind.TRANSFER):
            return
        keying = self.call.keying
        if keying in both and not holders:
            assert blocked == both - {keying}, "who keys a number hears what to do alone"
        else:
            assert bool(holders) == bool(blocked)
            assert blocked in (set(), both)
        waits = {held.pair} if consult is not None else set()
        hears = {leg for pair, leg in self.music if pair not in waits}
        if self.late_offer and self.call.winner.startswith("c1-b"):
            assert self.parties[self.call.winner].acknowledged, "its offer was never answered"
        assert hears == (both - holders if len(holders) == 1 else set())
        assert self.live is (LivePhase.HELD if holders else LivePhase.ESTABLISHED)
        assert self.live is not None
        if self.call.move is not None:
            return
        assert len(pairs) <= 1 + len(waits)
        assert not {one for one in self.blocked if one[0] not in waits} - {(main, leg) for leg in both}
        quiet = not any(self.queues.values())
        if quiet and pairs:
            for leg in both:
                party = self.parties[leg]
                if not party.over and party.offering is None:
                    described = next(one for one in legs if one.id == leg)
                    assert party.holds == described.holds, leg

    def check_end(self) -> None:
        """Nothing leaks: legs, media, timers, the live call; one record, and it is true."""
        kinds = [type(one) for one in self.done]
        for event in self.queues.get("other", ()):
            if isinstance(event, ev.LegLent):  # goes back unheard
                del self.parties[event.leg.id]
        assert kinds.count(cmd.Finish) == 1
        assert kinds.count(cmd.WriteRecord) == (0 if self.handed_over else 1)
        assert kinds[-1] is cmd.Finish
        assert set(self.pairs.values()) <= {"deleted"}
        assert not self.timers
        assert self.live is None
        assert not self.talks
        assert set(self.rooms) == self.destroyed
        assert not self.told_ringing
        for party in self.parties.values():
            silent = party.cancelled and party.leg in self.dead
            assert party.over or silent, f"{party.leg} leaks"
        assert not self.requests, "the app waits for an answer"
        assert not {None, 202, 180} & set(self.refers.values()), "a telephone waits for the last word"
        if not self.handed_over:
            self._check_record()

    def _check_record(self) -> None:
        (written,) = [one for one in self.done if isinstance(one, cmd.WriteRecord)]
        record: Any = written.record
        stand_in = {self.a} if self.dial else set()
        """For the user while no telephone was picked up."""
        assert {leg.leg for leg in record.legs} - stand_in == set(self.parties) | self.gone
        assert all(leg.ended is not None and leg.ended >= leg.offered for leg in record.legs)
        assert record.ended >= record.started
        talked = record.answered is not None
        if record.outcome is not CallOutcome.SERVICE:
            assert talked == (record.outcome is CallOutcome.ANSWERED)
        assert self.answered or not talked
        assert not record.segments or talked
        for segment in record.segments:
            assert segment.called in {leg.leg for leg in record.legs if leg.answered is not None}
        assert len(record.diversions) <= 6
        devices = {one.device for one in record.attempts if one.leg}
        assert devices <= self.plans.devices | {
            device.id for user in self.company.values() for device in user.devices
        }
        assert record.legs[0].ended_by is not None


class Consulting(World):
    """Users who consult whomever they can, and hardly ever hang up."""

    parks = False

    def _first(self) -> ev.LegOffered | ev.DialRequested:
        return self.rng.choice((invite("202"), invite_from_pstn(), invite("030 111 2233")))

    def _turn(self) -> None:
        call = self.call
        if isinstance(call, Talking) and self.rng.random() < (0.02 if call.move else 0.25):
            self._wish()
        else:
            super()._turn()

    def _wish(self) -> None:
        call = self.call
        if not isinstance(call, Talking):
            return
        self.wishes += 1
        if self.rng.random() < 0.2:
            self._refers()
            return
        if self.rng.random() < 0.1:
            user = SubscriberId(self.rng.choice(("suze", "piet")))
            self.deliver(ev.LegAsked(by=OTHER, subscriber=user, request=f"o{self.wishes}"))
            return
        request = f"r{self.wishes}"
        self.requests.add(request)
        of = call.consult or call.move
        users = [leg.subscriber for leg in (call.calling, winner_of(call)) if leg.subscriber is not None]
        user = of.subscriber if of is not None else self.rng.choice(users or [SubscriberId("suze")])
        self.deliver(self._asked(request, user, DeviceId(f"{user}-desk1")))

    def _act_in_call(self, party: Party) -> None:
        if self.rng.random() < 0.3:
            super()._act_in_call(party)

    def _act_alerting(self, party: Party) -> None:
        if self.rng.random() < 0.4:
            self._answers(party, sdp(party.leg))
        else:
            super()._act_alerting(party)


class Meeting(Consulting):
    """Users who bring whom they talk to together, and call others in."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.agrees = 0.9

    def _turn(self) -> None:
        call, roll = self.call, self.rng.random()
        waiting = [name for name, queue in self.queues.items() if queue]
        if isinstance(call, Conferring) and call.before is None and roll < 0.25:
            self._wish_of_conference()
        elif isinstance(call, Conferring) and 0.25 <= roll < 0.253:
            self.lose_room()
        elif waiting and roll < 0.75:
            self._deliver_from(self.rng.choice(waiting))
        elif isinstance(call, Talking) and call.move is None and roll < 0.9:
            self._wish()
        else:
            super()._turn()

    def _act_in_call(self, party: Party) -> None:
        if self.rng.random() < 0.4:
            super()._act_in_call(party)

    def _asked(self, request: str, user: SubscriberId, device: DeviceId) -> ev.AnyEvent:
        assert isinstance(self.call, Talking)
        free = self.call.move is None and self.call.exchange is None
        if free and self.rng.random() < (0.8 if self.call.consult is not None else 0.3):
            goes_on = self.rng.random() < 0.5
            calls = self.rng.choice(((), (), (OTHER,), (OTHER, OTHER)))
            return ev.ConferenceRequested(request=request, subscriber=user, goes_on=goes_on, calls=calls)
        if free and self.call.consult is None:
            return ev.ConsultRequested(request=request, subscriber=user, destination=self._whom())
        return super()._asked(request, user, device)

    def _whom(self) -> str:
        return self.rng.choice(("202", "203", "204", "030 111 2233", "030 111 2233", "112", "299"))

    def _wish_of_conference(self) -> None:
        call = self.call
        assert isinstance(call, Conferring)
        self.wishes += 1
        request = f"r{self.wishes}"
        self.requests.add(request)
        user = self.rng.choice((call.subscriber, call.subscriber, call.subscriber, SubscriberId("piet")))
        leg = self.rng.choice((call.calling.id, call.winner, *(party.leg for party in call.parties)))
        muted = self.rng.random() < 0.6
        roll = self.rng.random()
        if roll < 0.6:
            to = self._whom()
            self.deliver(ev.ConferenceAddRequested(request=request, subscriber=user, destination=to))
        elif roll < 0.65:
            self.deliver(ev.ConferenceRemoveRequested(request=request, subscriber=user, leg=leg))
        elif roll < 0.8:
            self.deliver(ev.ConferenceMuteRequested(request=request, subscriber=user, leg=leg, muted=muted))
        elif roll < 0.95:
            self.deliver(ev.HoldRequested(request=request, subscriber=user, on=muted))
        else:
            self.deliver(ev.ConferenceRequested(request=request, subscriber=user))
