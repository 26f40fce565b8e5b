"""The wires of :mod:`tests.property.call_world`: what becomes of each command of the engine."""

from __future__ import annotations

from random import Random

import msgspec

from fmc_gateway.call import commands as cmd
from fmc_gateway.call import events as ev
from fmc_gateway.call.ending import LEND_TIMER
from fmc_gateway.call.keying import BY_KEYS
from fmc_gateway.call.model import Call, Conferring, Talking, winner_of
from fmc_gateway.call.step import step
from hipper.contracts.calls import LivePhase
from hipper.contracts.talks import RingNotice, TalkEnded, TalkMoved
from hipper.pbx.ids import CallId, DeviceId, LegId, PairId, RoomId
from hipper.pbx.model import Announcement
from tests.fmc_gateway.call.kit import (
    START,
    A,
    binding,
    sdp,
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
OTHER = CallId("other")
"""A call beside this one."""
VIDEO = "m=video 4000 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
FAILURES = (302, 302, 404, 408, 480, 486, 486, 486, 487, 488, 500, 503, 600, 603)


class Party:
    """One leg as it really is at the other end of the wire."""

    def __init__(self, leg: LegId, *, joined: bool = False) -> None:
        self.leg = leg
        self.away = False
        """Lent to another call, which is told all about it."""
        self.borrowed = False
        """Lent by another call."""
        self.joined = joined
        """It dialled ``*11``, and was handed over to this call."""
        self.late = False
        """It leaves the offer to us."""
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


class Wires:
    """One call outside the engine. ``do_…`` carries a command out, and queues what comes of it."""

    def __init__(self, seed: int) -> None:
        self.rng = Random(seed)
        self.a = A
        """The calling leg."""
        self.call: Call | None = None
        self.now = START
        self.queues: dict[str, list[ev.AnyEvent]] = {}
        self.parties: dict[str, Party] = {A: Party(A)}
        self.pairs: dict[str, str] = {}
        """``open`` or ``deleted``."""
        self.blocked: set[tuple[str, str]] = set()
        self.music: set[tuple[str, str]] = set()
        self.watched: set[tuple[str, str]] = set()
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
        self.talks: dict[int, PairId] = {}
        """The pairs of which the recorder was told, by segment."""
        self.agrees = 0.7
        """How often a telephone takes a re-INVITE."""
        self.rooms: dict[str, set[str]] = {}
        """Who is in each, or about to be."""
        self.destroyed: set[str] = set()
        self.asked = 0
        """Look-ups nobody answered yet."""
        self.requests: set[str] = set()
        """Of the app, not answered yet."""
        self.gone: set[str] = set()
        """Legs that are another call's by now."""
        self.refers: dict[str, int | None] = {}
        """What the telephone was told last of each REFER."""
        self.wishes = 0
        self.handed_over = False

    def _deliver_from(self, name: str) -> None:
        self.deliver(self.queues[name].pop(0))

    def deliver(self, event: ev.AnyEvent) -> None:
        self.now += 0.1
        if isinstance(event, ev.ContextLoaded | ev.ContextFailed):
            self.asked -= 1
        if isinstance(event, ev.LegBack | ev.LegKept) and event.leg in self.parties:
            party = self.parties[event.leg]
            party.away, party.over = False, party.over or isinstance(event, ev.LegKept)
        if (
            isinstance(event, ev.TimerFired) and event.name == LEND_TIMER
        ):  # the borrower is dead, and its legs
            for party in self.parties.values():
                party.away, party.over = False, party.over or party.away
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

    def do_load_context(self, one: cmd.LoadContext) -> None:
        self.asked += 1
        assert self.asked == 1, "an answer would not say to which question"
        if self.rng.random() < 0.05:
            self.say("directory", ev.ContextFailed(reason="away"))
            return
        dialled = one.dialled or ""
        called = self.company.get({"201": "suze", "203": "anna", "204": "kees"}.get(dialled, "piet"))
        if not dialled or dialled.startswith(("030", "+3130", "*")) or self.rng.random() < 0.02:
            called = None
        caller = self.company[one.served_subscriber or "suze"]
        phones = [] if called is None else [device.id for device in called.devices][:-1]
        phones += [DeviceId("suze-desk1")] * self.dial
        if not dialled:  # telephones that could take the call over
            phones += [device.id for device in caller.devices][:-1]
        bindings = tuple(binding(phone) for phone in phones[: self.rng.choice((0, 1, 2, 3, 3))])
        self.say(
            "directory",
            ev.ContextLoaded(caller=None if one.called_number else caller, called=called, bindings=bindings),
        )

    def do_find_call(self, one: cmd.FindCall) -> None:
        found = self.rng.choice((None, CallId("another")))
        self.say("interpreter", ev.CallChosen(call=found, explanation="none"))

    def do_ask_to_park(self, one: cmd.AskToPark) -> None:
        self.say("interpreter", ev.FeatureDone(done=self.rng.random() < 0.7))

    def do_hand_over(self, one: cmd.HandOver) -> None:
        assert one.call == "another"
        self.handed_over = True
        self.parties[one.joined.leg].over = True

    def do_return_leg(self, one: cmd.ReturnLeg) -> None:
        party = self.parties.pop(one.returned.joined.leg)
        assert party.joined
        assert not party.answered, "an answered leg hears nothing more"

    def do_watch_keys(self, one: cmd.WatchKeys) -> None:
        assert self.pairs[one.pair] == "open", "watched in deleted media"
        self.watched.add((one.pair, one.leg))

    def do_play_keys(self, one: cmd.PlayKeys) -> None:
        assert self.pairs[one.pair] == "open", "pressed in deleted media"
        assert (one.pair, one.leg) in self.watched
        assert (one.pair, one.leg) not in self.blocked, "kept until the party is heard again"

    def do_answer_request(self, one: cmd.AnswerRequest) -> None:
        if one.request.startswith(BY_KEYS):
            leg = LegId(one.request.removeprefix(BY_KEYS))
            self.say(leg, ev.ServiceAnswered(leg=leg, done=one.done))
            return
        self.requests.remove(one.request)

    def do_answer_refer(self, one: cmd.AnswerRefer) -> None:
        assert self.refers[one.request] is None, "answered twice"
        self.refers[one.request] = one.status

    def do_notify_refer(self, one: cmd.NotifyRefer) -> None:
        assert self.refers[one.request] in (202, 180), "told before it was accepted, or after the last word"
        self.refers[one.request] = one.status

    def do_tell_call(self, one: cmd.TellCall) -> None:
        """The other call does as it likes."""
        event = one.event
        if isinstance(event, ev.LegAsked):
            self._lends(event)
        elif isinstance(event, ev.LegLent):
            self._borrows(event)
        elif isinstance(event, ev.LegBack):
            party = self.parties.pop(event.leg)
            assert party.borrowed, "given to nobody"
            assert party.over or event.ended is None
            self.queues.pop(event.leg, None)

    def _lends(self, event: ev.LegAsked) -> None:
        assert isinstance(self.call, Talking | Conferring)
        if self.rng.random() < 0.3:
            rings = self.rng.choice((None, "203"))
            no = ev.LegRefused(call=OTHER, request=event.request, explanation="?", dialled=rings)
            self.say("other", no)
            return
        self.wishes += 1
        leg = LegId(f"{self.a}-d{self.wishes}")
        lent = msgspec.structs.replace(
            winner_of(self.call), id=leg, pair=None, sdp=sdp(leg), answered=self.now, holds=False
        )
        party = self.parties[leg] = Party(leg)
        party.answered = party.borrowed = True
        talk = self.call.segments[-1]
        self.say("other", ev.LegLent(call=OTHER, request=event.request, leg=lent, talk=talk))

    def _borrows(self, event: ev.LegLent) -> None:
        leg = event.leg
        party = self.parties[leg.id]
        party.away = True
        party.offering = None
        said = self.queues.pop(leg.id, [])
        ended = next((one.cause for one in said if isinstance(one, ev.LegEnded)), None)
        if ended is None and self.rng.random() < 0.5:
            self.say("other", ev.LegKept(by=OTHER, leg=leg.id))
            return
        if ended is None and self.rng.random() < 0.3:
            ended, party.over = "bye", True
        described = leg.sdp if self.rng.random() < 0.6 else sdp("moved", version=4)
        back = ev.LegBack(by=OTHER, leg=leg.id, sdp=described, given=leg.given, holds=leg.holds, ended=ended)
        self.say("other", back)

    def do_apply_feature(self, one: cmd.ApplyFeature) -> None:
        if self.rng.random() < 0.9:
            self.say("features", ev.FeatureDone(done=self.rng.random() < 0.7))

    def do_answer_dial(self, one: cmd.AnswerDial) -> None:
        assert self.dial
        assert not any(isinstance(other, cmd.AnswerDial) for other in self.done[:-1]), "told twice"

    def do_play_announcement(self, one: cmd.PlayAnnouncement) -> None:
        assert self.pairs[one.pair] == "open", "spoken into deleted media"
        assert one.announcements
        if one.announcements[0] in (Announcement.DIAL_DESTINATION, Announcement.NOT_DONE):
            return
        assert (one.pair, one.leg) not in self.spoken
        self.spoken.add((one.pair, one.leg))
        if not one.repeat and self.rng.random() < 0.9:
            self.say(
                one.pair,
                ev.AnnouncementEnded(pair=one.pair, leg=one.leg, played=self.rng.random() < 0.8),
            )

    def do_stop_announcement(self, one: cmd.StopAnnouncement) -> None:
        if (one.pair, one.leg) not in self.watched:
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
        talk = one.talk
        if isinstance(talk, TalkEnded):
            assert self.talks.pop(talk.segment, None) is not None, "a talk ends that never began"
            return
        if isinstance(talk, TalkMoved):
            assert len(self.talks) == 1, "a talk moves that never began"
            self.talks.clear()
        else:
            assert talk.segment not in self.talks, "a talk begins twice"
            assert isinstance(self.call, Conferring) or not self.talks, "two talks at once"
            assert self.answered
        assert self.pairs[talk.ng_call_id] == "open"
        self.talks[talk.segment] = talk.ng_call_id

    def do_create_room(self, one: cmd.CreateRoom) -> None:
        assert one.room not in self.rooms
        self.rooms[one.room] = set()
        if self.rng.random() < 0.1:
            self.say("room", ev.RoomFailed(room=one.room, reason="x", unavailable=self.rng.random() < 0.5))
        else:
            self.say("room", ev.RoomMade(room=one.room))

    def do_join_room(self, one: cmd.JoinRoom) -> None:
        assert one.room not in self.destroyed
        assert one.leg not in self.rooms[one.room], "in the room twice"
        self.rooms[one.room].add(one.leg)
        if self.rng.random() < 0.03:
            self.say("room", ev.PartyNotInRoom(room=one.room, leg=one.leg, reason="x"))
        else:
            self.say("room", ev.PartyInRoom(room=one.room, leg=one.leg, sdp=sdp("room")))

    def do_leave_room(self, one: cmd.LeaveRoom) -> None:
        assert one.room not in self.destroyed
        self.rooms[one.room].discard(one.leg)

    def do_destroy_room(self, one: cmd.DestroyRoom) -> None:
        assert one.room in self.rooms
        assert one.room not in self.destroyed, "destroyed twice"
        self.destroyed.add(one.room)

    def lose_room(self) -> None:
        """The mixer is gone."""
        for room in self.rooms:
            if room not in self.destroyed:
                self.say("room", ev.RoomFailed(room=RoomId(room), reason="gone", unavailable=True))

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
        assert (one.pair, one.leg) not in self.music
        others = {leg for pair, leg in self.music if pair == one.pair}
        assert not others or one.ringing, "one party of a pair hears music at a time"
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
        assert not self.parties[self.a].told_end
        assert not self.parties[self.a].answered

    def do_progress(self, one: cmd.Progress) -> None:
        self.do_ring(cmd.Ring(leg=one.leg))

    def do_answer_leg(self, one: cmd.AnswerLeg) -> None:
        party = self.parties[one.leg]
        assert one.leg == self.a or party.joined
        assert not party.told_end
        assert not party.answered
        self.answered = True
        if party.over:
            return  # its CANCEL is on the way to us
        party.answered = True
        if self.rng.random() < 0.03:
            party.over = True
            self.say(one.leg, ev.LegEnded(leg=one.leg, cause="no_ack"))
        else:
            late = party.late or (self.late_offer and not party.joined)
            answer = self.rng.choice((sdp("suze"), sdp("suze"), None)) if late else None
            self.say(one.leg, ev.LegConfirmed(leg=one.leg, sdp=answer))

    def do_acknowledge_leg(self, one: cmd.AcknowledgeLeg) -> None:
        party = self.parties[one.leg]
        assert party.answered, "an ACK before the 200"
        assert not party.told_end, "an ACK after the BYE"
        assert self.late_offer, "an answer to an answer"
        assert not party.acknowledged, "two ACKs of our own"
        party.acknowledged = True

    def do_reject_leg(self, one: cmd.RejectLeg) -> None:
        party = self.parties[one.leg]
        assert one.leg == self.a
        assert not party.answered
        assert not party.told_end
        party.told_end = party.over = True

    def do_cancel_leg(self, one: cmd.CancelLeg) -> None:
        party = self.parties[one.leg]
        assert one.leg != self.a
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
        elif roll < self.agrees:
            name = self.rng.choice((one.leg, one.leg, "moved"))
            described = sdp(name, direction="sendonly" if party.holds else "sendrecv", version=3)
            self.say(one.leg, ev.LegReofferAnswered(leg=one.leg, sdp=described))
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
