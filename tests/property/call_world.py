"""A world for the call engine: a caller, phones, rtpengine and a directory that do as SIP lets them, by seed.

Events of one leg and answers about one pair keep their order; across legs and pairs anything may overtake
anything. Each command is checked against what really is: who is told what twice, or in a state in which it
means nothing, fails the walk.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from fmc_gateway.call import commands as cmd
from fmc_gateway.call import events as ev
from fmc_gateway.call.model import Call, Ending, Talking
from fmc_gateway.call.step import step
from hipper.contracts.calls import CallOutcome, LivePhase
from hipper.contracts.talks import RingNotice, TalkEnded
from hipper.pbx.ids import CallId, DeviceId, LegId, PairId, SubscriberId
from tests.fmc_gateway.call.kit import (
    OUTSIDE,
    PIET_FIXED,
    START,
    A,
    binding,
    invite,
    invite_from_desk,
    invite_from_pstn,
    sdp,
    shown,
)
from tests.property.call_plans import Plans, company

CONTACTS = (
    "sip:203@192.0.2.9",
    "tel:+31-30-111-2233",
    "sip:204@acme.example",
    "sip:112@192.0.2.9",
    "sip:201@x",
    "mailto:x",
)
VIDEO = "m=video 4000 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
FAILURES = (302, 302, 404, 408, 480, 486, 487, 488, 500, 503, 600, 603)


class Party:
    """One leg as it really is at the other end of the wire."""

    def __init__(self, leg: LegId) -> None:
        self.leg = leg
        self.answered = False
        self.over = False
        self.cancelled = False
        self.told_end = False
        """The engine has given it its last word."""
        self.offering: str | None = None
        """What its unanswered re-offer wants: ``hold``, ``talk``, ``video``, ``nothing`` (no SDP)."""
        self.acking = False
        """It owes the ACK that answers our offer."""
        self.acknowledged = False
        """Its own offer, in its 200, was answered."""
        self.holds = False

    def described(self, wish: str) -> str | None:
        if wish == "nothing":
            return None
        direction = "sendonly" if wish == "hold" else "sendrecv"
        return sdp(self.leg, direction=direction, version=2) + (VIDEO if wish == "video" else "")


class World:
    """``walk`` plays one call from its INVITE to its end."""

    def __init__(self, seed: int) -> None:
        self.rng = Random(seed)
        self.call: Call | None = None
        self.now = START
        self.queues: dict[str, list[ev.AnyEvent]] = {}
        self.parties: dict[str, Party] = {A: Party(A)}
        self.pairs: dict[str, str] = {}
        """``open`` or ``deleted``."""
        self.blocked: set[tuple[str, str]] = set()
        self.music: set[tuple[str, str]] = set()
        self.timers: set[str] = set()
        self.live: LivePhase | None = None
        self.done: list[cmd.AnyCommand] = []
        self.answered = False
        self.late_offer = False
        self.dial = False
        self.dead: set[str] = set()
        self.plans = Plans(self.rng)
        self.company = company()
        self.spoken: set[tuple[str, str]] = set()
        self.told_ringing: set[str] = set()
        self.talk: PairId | None = None
        """The pair of which the recorder was told."""
        self.asked = 0
        """Look-ups nobody answered yet."""

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
            del self.parties[A]
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
            "code": lambda: invite("*21*203#"),
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
        elif self.timers:
            self._fire()
        else:
            raise AssertionError(f"nothing is left to happen: {self.call}")

    def _calling(self) -> Party | None:
        """None: dialled from the app, and not picked up yet."""
        return self.parties.get(A if self.call is None else self.call.calling.id)

    def _deliver_from(self, name: str) -> None:
        self.deliver(self.queues[name].pop(0))

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

    def deliver(self, event: ev.AnyEvent) -> None:
        self.now += 0.1
        if isinstance(event, ev.ContextLoaded | ev.ContextFailed):
            self.asked -= 1
        if isinstance(event, ev.AnnouncementEnded):
            self.spoken.discard((event.pair, event.leg))
        with self.plans.deciding():
            self.call, commands = step(self.call, event, self.now)
        for one in commands:
            self.done.append(one)
            getattr(self, f"do_{type(one).__struct_config__.tag}")(one)
        self.check_sound()

    def say(self, source: str, event: ev.AnyEvent) -> None:
        self.queues.setdefault(source, []).append(event)

    # What parties do of their own.

    def _act(self, party: Party) -> None:
        if party.over or party.leg in self.dead:
            return
        if party.answered:
            self._act_in_call(party)
        elif party.leg == A:
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
        asked = any(leg == party.leg and leg != A for _, leg in self.spoken)
        if asked and roll < 0.6:
            self.say(party.leg, ev.DigitPressed(leg=party.leg, digit=self.rng.choice("1125")))
        elif roll < 0.1:
            self._leave(party)
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

    def _leave(self, party: Party) -> None:
        party.over = True
        leg = party.leg
        if party.answered:
            cause = self.rng.choice(("bye", "bye", "bye", "session_expired", "dialog_gone", "transport"))
            self.say(leg, ev.LegEnded(leg=leg, cause=cause, q850=16))
        else:
            self.say(leg, ev.LegCancelled(leg=leg, reason="SIP;cause=487"))

    # What commands do.

    def do_load_context(self, one: cmd.LoadContext) -> None:
        self.asked += 1
        assert self.asked == 1, "an answer would not say to which question"
        if self.rng.random() < 0.05:
            self.say("directory", ev.ContextFailed(reason="away"))
            return
        dialled = one.dialled or ""
        called = self.company.get({"201": "suze", "203": "anna", "204": "kees"}.get(dialled, "piet"))
        if dialled.startswith(("030", "+3130", "*")) or self.rng.random() < 0.02:
            called = None
        caller = self.company[one.served_subscriber or "suze"]
        phones = [] if called is None else [device.id for device in called.devices][:-1]
        phones += [DeviceId("suze-desk1")] * self.dial
        bindings = tuple(binding(phone) for phone in phones[: self.rng.choice((0, 1, 2, 3, 3))])
        self.say(
            "directory",
            ev.ContextLoaded(caller=None if one.called_number else caller, called=called, bindings=bindings),
        )

    def do_apply_feature(self, one: cmd.ApplyFeature) -> None:
        if self.rng.random() < 0.9:
            self.say("features", ev.FeatureDone(done=self.rng.random() < 0.7))

    def do_answer_dial(self, one: cmd.AnswerDial) -> None:
        assert self.dial
        assert not any(isinstance(other, cmd.AnswerDial) for other in self.done[:-1]), "told twice"

    def do_play_announcement(self, one: cmd.PlayAnnouncement) -> None:
        assert self.pairs[one.pair] == "open", "spoken into deleted media"
        assert one.announcements
        assert (one.pair, one.leg) not in self.spoken
        self.spoken.add((one.pair, one.leg))
        if not one.repeat and self.rng.random() < 0.9:
            self.say(
                one.pair,
                ev.AnnouncementEnded(pair=one.pair, leg=one.leg, played=self.rng.random() < 0.8),
            )

    def do_stop_announcement(self, one: cmd.StopAnnouncement) -> None:
        self.spoken.remove((one.pair, one.leg))

    def do_publish_ring(self, one: cmd.PublishRing) -> None:
        user = one.ring.user
        if isinstance(one.ring, RingNotice):
            assert user not in self.told_ringing, "told twice that it rings"
            assert one.ring.deadline >= one.ring.at
            self.told_ringing.add(user)
        else:
            self.told_ringing.remove(user)

    def do_publish_talk(self, one: cmd.PublishTalk) -> None:
        if isinstance(one.talk, TalkEnded):
            assert self.talk is not None, "a talk ends that never began"
            self.talk = None
        else:
            assert self.talk is None, "two talks at once"
            assert self.answered
            assert self.pairs[one.talk.ng_call_id] == "open"
            self.talk = one.talk.ng_call_id

    def do_offer_media(self, one: cmd.OfferMedia) -> None:
        assert self.pairs.setdefault(one.pair, "open") == "open", "an offer on deleted media"
        made = ev.MediaOffered(pair=one.pair, from_leg=one.from_leg, to_leg=one.to_leg, sdp=one.sdp)
        self._media(one.pair, made)

    def do_answer_media(self, one: cmd.AnswerMedia) -> None:
        assert self.pairs.get(one.pair) == "open", "an answer without an offer"
        self._media(one.pair, ev.MediaAnswered(pair=one.pair, sdp=one.sdp))

    def _media(self, pair: str, good: ev.AnyEvent) -> None:
        if self.rng.random() < 0.03:
            failed = ev.MediaFailed(pair=PairId(pair), reason="x", no_rtpengine=self.rng.random() < 0.5)
            self.say(pair, failed)
        else:
            self.say(pair, good)

    def do_delete_media(self, one: cmd.DeleteMedia) -> None:
        assert self.pairs.get(one.pair) == "open", "media is deleted once"
        self.pairs[one.pair] = "deleted"
        self.blocked = {entry for entry in self.blocked if entry[0] != one.pair}
        self.music = {entry for entry in self.music if entry[0] != one.pair}
        self.spoken = {entry for entry in self.spoken if entry[0] != one.pair}

    def do_block_media(self, one: cmd.BlockMedia) -> None:
        assert self.pairs[one.pair] == "open"
        assert (one.pair, one.leg) not in self.blocked
        self.blocked.add((one.pair, one.leg))

    def do_unblock_media(self, one: cmd.UnblockMedia) -> None:
        assert self.pairs[one.pair] == "open"
        self.blocked.remove((one.pair, one.leg))

    def do_play_music(self, one: cmd.PlayMusic) -> None:
        assert self.pairs[one.pair] == "open"
        assert not self.music, "one party hears music at a time"
        self.music.add((one.pair, one.leg))

    def do_stop_music(self, one: cmd.StopMusic) -> None:
        assert self.pairs[one.pair] == "open"
        self.music.remove((one.pair, one.leg))

    def do_originate(self, one: cmd.Originate) -> None:
        assert one.leg not in self.parties
        assert one.max_forwards >= 0
        assert len(one.diverted) <= 6
        self.parties[one.leg] = Party(one.leg)
        if self.rng.random() < 0.1:
            self.dead.add(one.leg)

    def do_ring(self, one: cmd.Ring) -> None:
        assert not self.parties[A].told_end
        assert not self.parties[A].answered

    def do_progress(self, one: cmd.Progress) -> None:
        self.do_ring(cmd.Ring(leg=one.leg))

    def do_answer_leg(self, one: cmd.AnswerLeg) -> None:
        party = self.parties[one.leg]
        assert one.leg == A
        assert not party.told_end
        assert not party.answered
        self.answered = True
        if party.over:
            return  # its CANCEL is on the way to us
        party.answered = True
        if self.rng.random() < 0.03:
            party.over = True
            self.say(A, ev.LegEnded(leg=A, cause="no_ack"))
        else:
            answer = self.rng.choice((sdp("suze"), sdp("suze"), None)) if self.late_offer else None
            self.say(A, ev.LegConfirmed(leg=A, sdp=answer))

    def do_acknowledge_leg(self, one: cmd.AcknowledgeLeg) -> None:
        party = self.parties[one.leg]
        assert party.answered, "an ACK before the 200"
        assert not party.told_end, "an ACK after the BYE"
        assert self.late_offer, "an answer to an answer"
        assert not party.acknowledged, "two ACKs of our own"
        party.acknowledged = True

    def do_reject_leg(self, one: cmd.RejectLeg) -> None:
        party = self.parties[one.leg]
        assert one.leg == A
        assert not party.answered
        assert not party.told_end
        party.told_end = party.over = True

    def do_cancel_leg(self, one: cmd.CancelLeg) -> None:
        party = self.parties[one.leg]
        assert one.leg != A
        assert not party.cancelled
        assert not party.told_end
        party.cancelled = True
        if party.over or party.answered or one.leg in self.dead:
            return  # its final response is on the way to us, or will never come
        if self.rng.random() < 0.2:
            self._answers(party)
        else:
            self._refuses(party, 487)

    def do_end_leg(self, one: cmd.EndLeg) -> None:
        party = self.parties[one.leg]
        assert party.answered or party.over, "BYE without a dialog"
        assert not party.told_end, "BYE twice"
        party.told_end = party.over = True
        party.offering = None

    def do_update_connected(self, one: cmd.UpdateConnected) -> None:
        party = self.parties[one.leg]
        assert party.answered or party.over
        assert not party.told_end, "told after the BYE"

    def do_answer_reoffer(self, one: cmd.AnswerReoffer) -> None:
        party = self.parties[one.leg]
        wish, party.offering = party.offering, None
        if party.over:
            return
        assert wish is not None, "an answer to no offer"
        if wish == "nothing":
            self._ack(party)
        elif wish in ("hold", "talk", "video"):
            party.holds = wish == "hold"

    def _ack(self, party: Party) -> None:
        described = self.rng.choice((party.described("talk"), party.described("hold"), None))
        if described is not None:
            party.holds = "sendonly" in described
        self.say(party.leg, ev.LegReofferAnswered(leg=party.leg, sdp=described))

    def do_reject_reoffer(self, one: cmd.RejectReoffer) -> None:
        party = self.parties[one.leg]
        assert party.over or party.offering is not None, "a refusal of no offer"
        party.offering = None

    def do_reoffer(self, one: cmd.Reoffer) -> None:
        party = self.parties[one.leg]
        assert party.answered or party.over
        self.answered = self.answered or self.dial
        if party.over:
            return
        roll = self.rng.random()
        if party.offering is not None:
            self.say(one.leg, ev.LegReofferRejected(leg=one.leg, status=491))
        elif roll < 0.7:
            name = self.rng.choice((one.leg, one.leg, "moved"))
            self.say(one.leg, ev.LegReofferAnswered(leg=one.leg, sdp=sdp(name, version=3)))
        else:
            status = self.rng.choice((488, 491, 500, 481))
            self.say(one.leg, ev.LegReofferRejected(leg=one.leg, status=status))

    def do_start_timer(self, one: cmd.StartTimer) -> None:
        assert one.after_s > 0
        self.timers.add(one.name)

    def do_stop_timer(self, one: cmd.StopTimer) -> None:
        self.timers.discard(one.name)

    def do_publish_live(self, one: cmd.PublishLive) -> None:
        if one.live is None:
            assert self.live is not None, "withdrawn, but never shown"
        self.live = None if one.live is None else one.live.phase

    def do_write_record(self, one: cmd.WriteRecord) -> None:
        assert self.live is None

    def do_finish(self, one: cmd.Finish) -> None:
        assert self.call is None

    # What must hold.

    def check_sound(self) -> None:
        """What rtpengine does is what the agreed descriptions say."""
        if not isinstance(self.call, Talking) or self.call.exchange is not None:
            return
        holders = {leg.id for leg in (self.call.calling, *self.call.called) if leg.holds}
        pairs = [pair for pair, state in self.pairs.items() if state == "open"]
        assert bool(holders) == bool(self.blocked)
        assert len(self.blocked) in (0, 2)
        hears = {leg for _, leg in self.music}
        both = {self.call.calling.id, self.call.winner}
        if self.late_offer:
            assert self.parties[self.call.winner].acknowledged, "its offer was never answered"
        assert hears == (both - holders if len(holders) == 1 else set())
        assert self.live is (LivePhase.HELD if holders else LivePhase.ESTABLISHED)
        assert len(pairs) <= 1
        quiet = not any(self.queues.values())
        if quiet and pairs:
            for leg in both:
                party = self.parties[leg]
                if not party.over and party.offering is None:
                    assert party.holds == (leg in holders), leg

    def check_end(self) -> None:
        """Nothing leaks: legs, media, timers, the live call; one record, and it is true."""
        kinds = [type(one) for one in self.done]
        assert kinds.count(cmd.Finish) == 1
        assert kinds.count(cmd.WriteRecord) == 1
        assert kinds[-1] is cmd.Finish
        assert set(self.pairs.values()) <= {"deleted"}
        assert not self.timers
        assert self.live is None
        assert self.talk is None
        assert not self.told_ringing
        for party in self.parties.values():
            silent = party.cancelled and party.leg in self.dead
            assert party.over or silent, f"{party.leg} leaks"
        self._check_record()

    def _check_record(self) -> None:
        (written,) = [one for one in self.done if isinstance(one, cmd.WriteRecord)]
        record: Any = written.record
        stand_in = {A} if self.dial else set()
        """For the user while no telephone was picked up."""
        assert {leg.leg for leg in record.legs} - stand_in == set(self.parties)
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
