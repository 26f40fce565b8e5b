"""Whole calls as traces: every way a call can go, recorded while a ladder is played."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache

import msgspec

from fmc_gateway.call import commands as cmd
from fmc_gateway.call import events as ev
from fmc_gateway.call.model import Talking, winner_of
from fmc_gateway.call.replay import Trace, TraceStep
from hipper.pbx.ids import CallId, DeviceId, LegId, SubscriberId
from hipper.pbx.services.bundles import GroupServices, SubscriberServices
from hipper.pbx.services.calling import OutgoingCallingPlan
from hipper.pbx.services.criteria import Callers, Criterion
from hipper.pbx.services.forwarding import CallForwardingAlways, CallForwardingBusy, Voicemail
from hipper.pbx.services.in_call import InCallService, InCallServices
from hipper.pbx.services.reachability import (
    DeviceDelay,
    PersonalAssistant,
    RingOrder,
    SimultaneousRingNumber,
    SimultaneousRingPersonal,
)
from hipper.telephony.numbers.e164 import E164
from tests.fmc_gateway.call.kit import (
    B1,
    B2,
    B3,
    M1,
    M2,
    M3,
    OUTSIDE,
    SUZE_FIXED,
    A,
    Ladder,
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


@contextmanager
def recording() -> Iterator[list[TraceStep]]:
    """Whatever ladders are told within is recorded."""
    steps: list[TraceStep] = []
    tell = Ladder.tell

    def record(self: Ladder, event: ev.AnyEvent, *, after_s: float = 0.1) -> tuple[object, ...]:
        commands = tell(self, event, after_s=after_s)
        steps.append(TraceStep(at=self.now, event=event, commands=commands))
        return commands

    Ladder.tell = record  # type: ignore[method-assign,assignment]
    try:
        yield steps
    finally:
        Ladder.tell = tell  # type: ignore[method-assign]


def three_ring_and_one_answers() -> None:
    ladder = Ladder()
    ladder.ring_colleague(binding("piet-desk1"), binding("piet-desk2"), desk_phones=2)
    for leg in (B1, B2, B3):
        ladder.tell(ev.LegRinging(leg=leg, status=180))
    ladder.answer(B2, M2)
    ladder.tell(ev.LegRejected(leg=B1, status=487))
    ladder.tell(ev.LegAnswered(leg=B3, sdp=sdp("late"), to_tag="t"))
    ladder.tell(ev.LegEnded(leg=A, cause="bye", q850=16, reason="Q.850;cause=16"))


def hold_and_resume() -> None:
    ladder = Ladder()
    ladder.talk()
    for direction in ("sendonly", "sendrecv"):
        ladder.tell(ev.LegReoffered(leg=B1, sdp=sdp("piet", direction=direction), method="INVITE"))
        ladder.tell(ev.MediaOffered(pair=M1, from_leg=B1, to_leg=A, sdp=sdp("unused")))
        ladder.tell(ev.MediaAnswered(pair=M1, sdp=sdp("for piet")))
    ladder.tell(ev.LegEnded(leg=B1, cause="session_expired"))


def pstn_calls_and_gives_up() -> None:
    ladder = Ladder()
    ladder.tell(invite_from_pstn())
    ladder.load(None, piet(), binding("piet-desk1"))
    ladder.offers()
    ladder.tell(ev.LegRinging(leg=B1, status=180))
    ladder.tell(ev.LegCancelled(leg=A, reason="SIP;cause=487"))
    ladder.tell(ev.LegRejected(leg=B1, status=487))
    ladder.tell(ev.TimerFired(name="settle"), after_s=4)
    ladder.tell(ev.TimerFired(name="settle"), after_s=30)


def outside_with_early_media_and_busy() -> None:
    ladder = Ladder()
    ladder.tell(invite("030 111 2233", anonymous_requested=True))
    ladder.load(suze(), None)
    ladder.offers()
    ladder.tell(ev.LegProgress(leg=B1, status=183, sdp=sdp("pstn"), to_tag="t"))
    ladder.tell(ev.MediaAnswered(pair=M1, sdp=sdp("for a")))
    ladder.tell(ev.LegRejected(leg=B1, status=486, q850=17, reason_phrase="Busy, ask 0301112233"))


def own_desk_phone_calls_own_fixed_number() -> None:
    ladder = Ladder()
    ladder.tell(invite_from_desk("020 123 4567"))
    ladder.load(suze(), suze(), binding("suze-desk1"))
    ladder.offers()
    ladder.tell(ev.TimerFired(name="no_answer"), after_s=25)
    ladder.tell(ev.LegRejected(leg=B1, status=487))


def local_digits_reach_a_colleague() -> None:
    ladder = Ladder()
    ladder.tell(invite("7654321"))
    ladder.load(suze(), piet(), binding("piet-desk1"))
    ladder.offers()
    ladder.answer()
    ladder.tell(ev.LegRejected(leg=B2, status=487))
    ladder.tell(ev.HangUpRequested(by="user:suze"))


def emergency_on_the_second_route() -> None:
    ladder = Ladder()
    headers = (("Geolocation", "<cid:loc@suze>"),)
    ladder.tell(
        invite("0031112", passthrough_headers=headers, body_type="multipart/mixed", body="<loc>52.1</loc>")
    )
    ladder.tell(ev.TimerFired(name="route"), after_s=4)
    ladder.tell(ev.LegAnswered(leg=B2, sdp=sdp("112"), to_tag="t", connected=shown(None, name="112")))
    ladder.tell(ev.LegReoffered(leg=A, sdp=sdp("moved"), method="INVITE"))
    ladder.tell(ev.LegReofferAnswered(leg=B2, sdp=sdp("answer")))
    ladder.tell(ev.LegRejected(leg=B1, status=487))
    ladder.tell(ev.LegEnded(leg=B2, cause="bye"))


def emergency_with_a_late_offer() -> None:
    ladder = Ladder()
    ladder.tell(invite("112", sdp=None))
    ladder.tell(ev.LegRinging(leg=B1, status=180))
    ladder.tell(ev.LegAnswered(leg=B1, sdp=sdp("112"), to_tag="t"))
    ladder.tell(ev.LegConfirmed(leg=A, sdp=sdp("suze")))
    ladder.tell(ev.LegEnded(leg=A, cause="bye"))


def directory_away() -> None:
    ladder = Ladder()
    ladder.tell(invite())
    ladder.tell(ev.ContextFailed(reason="away"))


def busy_user_forwards_to_one_who_forwards_outside() -> None:
    first = piet(
        services=SubscriberServices(call_forwarding_busy=CallForwardingBusy(active=True, destination="203"))
    )
    rest = OutgoingCallingPlan(barred_prefixes=("+31900", "+31909"), allowed_prefixes=(OUTSIDE,))
    second = anna(
        services=SubscriberServices(
            call_forwarding_always=CallForwardingAlways(active=True, destination="030 111 2233"),
            outgoing_calling_plan=rest,
        )
    )
    ladder = Ladder()
    ladder.tell(invite_from_pstn())
    ladder.load(None, first, binding("piet-desk1"))
    ladder.offers()
    ladder.tell(ev.LegRejected(leg=B1, status=486))
    ladder.tell(ev.LegRejected(leg=B2, status=486))
    ladder.forward(first, second)
    ladder.forward(second, None)
    ladder.offers()
    ladder.answer(B3, M3)
    ladder.tell(ev.LegEnded(leg=A, cause="bye"))


def number_that_rings_along_confirms() -> None:
    criterion = Criterion(name="Suze", callers=Callers.NUMBERS, numbers=(SUZE_FIXED, "+3130*"))
    home = SimultaneousRingPersonal(
        active=True,
        numbers=(SimultaneousRingNumber(number=OUTSIDE, confirm=True),),
        criteria=(criterion,),
    )
    order = RingOrder(delays=(DeviceDelay(device="piet-mobile", delay_s=9),))
    who = piet(services=SubscriberServices(simultaneous_ring_personal=home, ring_order=order))
    ladder = Ladder()
    ladder.tell(invite())
    ladder.load(suze(), who, binding("piet-desk1"))
    ladder.offers()
    ladder.tell(ev.LegRinging(leg=B1, status=180))
    ladder.tell(ev.TimerFired(name="delay c1-b2"), after_s=9)
    ladder.offers()
    ladder.tell(ev.LegAnswered(leg=B3, sdp=sdp("home"), to_tag="t"))
    ladder.answers()
    ladder.tell(ev.DigitPressed(leg=B3, digit="1"))
    ladder.tell(ev.LegRejected(leg=B1, status=487))
    ladder.tell(ev.LegRejected(leg=B2, status=487))
    ladder.tell(ev.LegEnded(leg=B3, cause="bye"))


def phone_redirects_and_nobody_answers_but_the_box() -> None:
    who = piet(services=SubscriberServices(voicemail=Voicemail(active=True)), devices=piet().devices[:1])
    ladder = Ladder()
    ladder.tell(invite())
    ladder.load(suze(), who, binding("piet-desk1"))
    ladder.offers()
    ladder.tell(ev.LegRejected(leg=B1, status=302, contacts=("sip:0301112233@192.0.2.7",)))
    ladder.forward(who, None)
    ladder.offers()
    ladder.tell(ev.LegRinging(leg=B2, status=180))
    ladder.tell(ev.TimerFired(name="no_answer"), after_s=25)
    ladder.offers()
    ladder.tell(ev.LegRejected(leg=B2, status=487))
    ladder.tell(ev.LegRejected(leg=B3, status=404, by_network=True))
    ladder.hear()


def assistant_speaks_and_sends_on() -> None:
    service = PersonalAssistant(active=True, transfer_to="0207654399", exclude=(OUTSIDE,))
    who = piet(services=SubscriberServices(personal_assistant=service))
    ladder = Ladder()
    ladder.tell(invite())
    ladder.load(suze(), who, binding("piet-desk1"))
    ladder.hear()
    ladder.forward(who, None)
    ladder.tell(ev.HangUpRequested(by="user:suze"))


def feature_code_is_set_and_spoken_about() -> None:
    ladder = Ladder()
    ladder.tell(invite_from_desk("*21*0301112233#"))
    ladder.load(suze(), None)
    ladder.tell(ev.FeatureDone(done=True))
    ladder.hear()


def late_offer_answered_on_the_second_phone() -> None:
    ladder = Ladder()
    ladder.tell(invite(sdp=None))
    ladder.load(suze(), piet(desk_phones=2), binding("piet-desk1"), binding("piet-desk2"))
    ladder.tell(ev.LegAnswered(leg=B2, sdp=sdp("piet"), to_tag="t"))
    ladder.offers()
    ladder.tell(ev.LegConfirmed(leg=A, sdp=sdp("suze")))
    ladder.answers()
    for leg in (B1, B3):
        ladder.tell(ev.LegRejected(leg=leg, status=487))
    ladder.tell(ev.LegEnded(leg=A, cause="bye"))


def carrier_says_who_is_there_now() -> None:
    ladder = Ladder()
    ladder.tell(invite("030 111 2233"))
    ladder.load(suze(), None)
    ladder.offers()
    ladder.answer()
    ladder.tell(ev.ConnectedChanged(leg=B1, connected=shown(E164("+31301119999"), name="0301119999")))
    ladder.tell(ev.LegEnded(leg=B1, cause="bye"))


def dialled_from_the_app() -> None:
    ladder = Ladder()
    own = LegId("c1-a1")
    ladder.tell(
        ev.DialRequested(
            call=CallId("c1"), leg=A, subscriber=SubscriberId("suze"), destination="030 111 2233"
        )
    )
    ladder.load(suze(), None)
    ladder.offers()
    ladder.tell(ev.LegAnswered(leg=own, sdp=sdp("mobile"), to_tag="t"))
    ladder.answers()
    ladder.tell(ev.DigitPressed(leg=own, digit="1"))
    ladder.load(suze(), None)
    ladder.offers()
    ladder.answer()
    ladder.tell(ev.LegReofferAnswered(leg=own, sdp=sdp("mobile")))
    ladder.tell(ev.LegEnded(leg=B1, cause="bye"))


def dialling_is_refused() -> None:
    ladder = Ladder()
    ladder.tell(
        ev.DialRequested(call=CallId("c1"), leg=A, subscriber=SubscriberId("suze"), destination="0900 123456")
    )
    plan = OutgoingCallingPlan(barred_prefixes=("+31900",))
    ladder.load(suze(group_services=GroupServices(group_outgoing_calling_plan=plan)), None)


def confirmed(ladder: Ladder, leg: LegId) -> None:
    """The re-INVITE out is taken, rtpengine answers, and ``leg`` acknowledges its 200."""
    ladder.offers()
    for one in ladder.of(cmd.Reoffer, last=True):
        ladder.tell(ev.LegReofferAnswered(leg=one.leg, sdp=sdp("far")))
    ladder.answers()
    ladder.tell(ev.LegConfirmed(leg=leg))


def desk_phone_pulls_a_call_and_the_mobile_pulls_it_back() -> None:
    ladder = Ladder()
    ladder.ring_outside()
    ladder.answer()
    ladder.tell(joined("j1", "suze", "suze-desk1"))
    confirmed(ladder, LegId("j1"))
    ladder.tell(joined("j2", "suze", "suze-mobile"))
    ladder.offers()
    ladder.tell(joined("j3", "suze", "suze-desk2"))
    ladder.tell(ev.LegReofferAnswered(leg=B1, sdp=sdp("far")))
    ladder.answers()
    ladder.tell(ev.LegConfirmed(leg=LegId("j2")))
    ladder.tell(ev.LegEnded(leg=LegId("j2"), cause="bye"))


def app_pushes_a_call_to_the_mobile_and_holds_it() -> None:
    ladder = Ladder()
    ladder.talk()
    suze_id, piet_id = SubscriberId("suze"), SubscriberId("piet")
    ladder.tell(ev.HoldRequested(request="r1", subscriber=suze_id, on=True))
    ladder.tell(ev.MoveRequested(request="r2", subscriber=piet_id, device=DeviceId("piet-mobile")))
    ladder.load(piet(), None)
    ladder.offers()
    leg = LegId("c1-c1")
    ladder.tell(ev.LegRinging(leg=leg, status=180))
    ladder.tell(ev.LegAnswered(leg=leg, sdp=sdp("mobile"), to_tag="t"))
    ladder.answers()
    ladder.tell(ev.DigitPressed(leg=leg, digit="1"))
    ladder.tell(ev.LegReofferAnswered(leg=A, sdp=sdp("suze")))
    ladder.tell(ev.HoldRequested(request="r3", subscriber=suze_id, on=False))
    ladder.tell(ev.HangUpRequested(by="user:piet"))


def handset_is_lost_and_nobody_comes() -> None:
    ladder = Ladder()
    ladder.ring_outside()
    ladder.answer()
    ladder.tell(ev.LegEnded(leg=A, cause="session_expired"))
    ladder.tell(ev.TimerFired(name="lost"), after_s=20)
    ladder.load(suze(), None, binding("suze-desk1"))
    ladder.offers()
    ladder.tell(ev.LegRinging(leg=LegId("c1-c1"), status=180))
    ladder.tell(ev.TimerFired(name="move"), after_s=25)
    ladder.tell(ev.LegRejected(leg=LegId("c1-c1"), status=487))


def colleague_is_consulted_and_has_the_call() -> None:
    ladder = Ladder()
    ladder.ring_outside()
    ladder.answer()
    who, colleague = SubscriberId("suze"), LegId("c1-c1")
    ladder.tell(ev.ConsultRequested(request="r1", subscriber=who, destination="0207654321"))
    ladder.load(suze(), piet(devices=piet().devices[:1]), binding("piet-desk1"))
    ladder.offers()
    ladder.tell(ev.LegRinging(leg=colleague, status=180))
    ladder.tell(ev.LegAnswered(leg=colleague, sdp=sdp("desk"), to_tag="t"))
    ladder.answers()
    ladder.tell(ev.LegReofferAnswered(leg=A, sdp=sdp("suze")))
    for wish in (ev.ConsultStep.SWAP, ev.ConsultStep.COMPLETE):
        ladder.tell(ev.ConsultStepRequested(request=f"r {wish}", subscriber=who, step=wish))
        ladder.offers()
        for _ in range(2):
            for one in ladder.of(cmd.Reoffer, last=True):
                said = {A: "suze", B1: "piet", colleague: "desk"}[one.leg]
                ladder.tell(ev.LegReofferAnswered(leg=one.leg, sdp=sdp(said)))
            ladder.answers()
    ladder.tell(ev.LegEnded(leg=colleague, cause="bye"))


def call_is_sent_on_and_nobody_answers() -> None:
    ladder = Ladder()
    ladder.ring_outside()
    ladder.answer()
    who = SubscriberId("suze")
    ladder.tell(ev.TransferRequested(request="r1", subscriber=who, destination="0207654321"))
    ladder.load(suze(), piet(devices=piet().devices[:1]), binding("piet-desk1"))
    ladder.offers()
    ladder.tell(ev.LegRinging(leg=LegId("c1-c1"), status=180))
    ladder.tell(ev.TimerFired(name="move"), after_s=25)
    ladder.tell(ev.ContextFailed(reason="away"))


def far_party_of_another_call_is_borrowed() -> None:
    """And refuses, and the next one still rings where the far party then follows."""
    ladder = Ladder()
    ladder.ring_outside()
    ladder.answer()
    who, other, lent = SubscriberId("suze"), CallId("c2"), LegId("c2-b1")
    ladder.tell(ev.JoinRequested(request="r1", subscriber=who, other=other))
    assert isinstance(ladder.call, Talking)
    leg = msgspec.structs.replace(winner_of(ladder.call), id=lent, pair=None, sdp=sdp("far"))
    ladder.tell(ev.LegLent(call=other, request="r1", leg=leg, talk=ladder.call.segments[-1]))
    ladder.offers()
    ladder.tell(ev.LegReofferAnswered(leg=B1, sdp=sdp("piet")))
    ladder.answers()
    ladder.tell(ev.LegReofferRejected(leg=lent, status=491))
    ladder.tell(ev.LegReofferAnswered(leg=B1, sdp=sdp("piet")))
    ladder.tell(ev.JoinRequested(request="r2", subscriber=who, other=other))
    ladder.tell(ev.LegRefused(call=other, request="r2", explanation="it rings", dialled="0207654321"))
    ladder.load(suze(), None)


def far_party_is_lent_and_kept() -> None:
    ladder = Ladder()
    ladder.ring_outside()
    ladder.answer()
    ladder.tell(ev.LegAsked(by=CallId("c2"), subscriber=SubscriberId("suze"), request="r1"))
    ladder.tell(ev.LegEnded(leg=A, cause="bye"))
    ladder.tell(ev.LegKept(by=CallId("c2"), leg=B1))


def telephone_refers_and_the_colleague_declines() -> None:
    ladder = Ladder()
    ladder.ring_outside()
    ladder.answer()
    ladder.tell(ev.ReferRequested(request="t1", leg=A, destination="0207654321"))
    ladder.load(suze(), piet(devices=piet().devices[:1]), binding("piet-desk1"))
    ladder.offers()
    ladder.tell(ev.LegRinging(leg=LegId("c1-c1"), status=180))
    ladder.tell(ev.LegRejected(leg=LegId("c1-c1"), status=603))
    ladder.tell(ev.ReferRequested(request="t2", leg=A, other=CallId("c2")))


def keys_for_a_bank_and_a_transfer() -> None:
    ladder = Ladder()
    ladder.tell(invite("030 111 2233"))
    keys = SubscriberServices(in_call_services=InCallServices(active=True))
    ladder.load(suze(services=keys), None)
    ladder.offers()
    ladder.answer()
    ladder.tell(ev.LegConfirmed(leg=A))
    ladder.tell(ev.KeysPassed(leg=A, keys="90817*"))
    ladder.tell(ev.ServiceBegun(leg=A, service=InCallService.TRANSFER))
    ladder.tell(ev.ServiceKeyed(leg=A, service=InCallService.TRANSFER, destination="0207654321"))


CALLS: tuple[Callable[[], None], ...] = (
    three_ring_and_one_answers,
    hold_and_resume,
    pstn_calls_and_gives_up,
    outside_with_early_media_and_busy,
    own_desk_phone_calls_own_fixed_number,
    local_digits_reach_a_colleague,
    emergency_on_the_second_route,
    emergency_with_a_late_offer,
    directory_away,
    busy_user_forwards_to_one_who_forwards_outside,
    number_that_rings_along_confirms,
    phone_redirects_and_nobody_answers_but_the_box,
    assistant_speaks_and_sends_on,
    feature_code_is_set_and_spoken_about,
    late_offer_answered_on_the_second_phone,
    carrier_says_who_is_there_now,
    dialled_from_the_app,
    dialling_is_refused,
    desk_phone_pulls_a_call_and_the_mobile_pulls_it_back,
    app_pushes_a_call_to_the_mobile_and_holds_it,
    handset_is_lost_and_nobody_comes,
    colleague_is_consulted_and_has_the_call,
    call_is_sent_on_and_nobody_answers,
    far_party_of_another_call_is_borrowed,
    far_party_is_lent_and_kept,
    telephone_refers_and_the_colleague_declines,
    keys_for_a_bank_and_a_transfer,
)


@lru_cache(maxsize=1)
def every_trace() -> tuple[Trace, ...]:
    """One trace of each."""
    traces = []
    for play in CALLS:
        with recording() as steps:
            play()
        traces.append(Trace(call=CallId(play.__name__), steps=tuple(steps)))
    return tuple(traces)
