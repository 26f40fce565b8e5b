"""302 of a telephone of ours: followed by the user's calling plan, and by nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from fmc_gateway.call import commands as cmd
from fmc_gateway.call import events as ev
from fmc_gateway.call.redirecting import destinations
from hipper.contracts.calls import AttemptOutcome, CallOutcome
from hipper.pbx.ids import SubscriberId
from hipper.pbx.model import DivertReason, OriginationFacts, SubscriberContext
from hipper.pbx.services.calling import CallClass, OutgoingCallingPlan
from hipper.pbx.services.forwarding import CallForwardingAlways, CallForwardingNoAnswer, Voicemail
from hipper.pbx.services.reachability import SimultaneousRingNumber, SimultaneousRingPersonal
from tests.fmc_gateway.call.kit import (
    ANNA_FIXED,
    B1,
    B2,
    B3,
    M1,
    M2,
    OUTSIDE,
    PIET_FIXED,
    A,
    Ladder,
    anna,
    binding,
    desk_only,
    invite,
    kees,
    piet,
    sdp,
    suze,
)

PIET = SubscriberId("piet")
BARS_OUTSIDE = {"outgoing_calling_plan": OutgoingCallingPlan(barred=tuple(CallClass)[1:])}
OUT = "sip:0301112233@192.0.2.9;user=phone"


def moved(*contacts: str, status: int = 302) -> ev.LegRejected:
    return ev.LegRejected(leg=B1, status=status, contacts=contacts)


def redirected(*contacts: str, who: SubscriberContext | None = None, **services: Any) -> Ladder:
    """Piet's one desk phone rings and sends its call elsewhere."""
    ladder = Ladder()
    ladder.tell(invite())
    ladder.load(suze(), who or desk_only(piet(), **services), binding("piet-desk1"))
    ladder.offers()
    ladder.tell(moved(*contacts))
    return ladder


def rejected(ladder: Ladder) -> tuple[int, int | None]:
    (reject,) = ladder.of(cmd.RejectLeg)
    return reject.status, reject.q850


def test_leg_counts_for_the_users_caps_as_soon_as_it_is_begun() -> None:
    """A second redirect is decided on while the first rings: it has to be known by then."""
    ladder = redirected(OUT)
    ladder.forward(desk_only(piet()), None)
    published = [one.live for one in ladder.last if isinstance(one, cmd.PublishLive)]
    assert [[charge.subscriber for charge in live.charges] for live in published if live] == [[PIET]]


def test_call_goes_outside_as_the_users_own_at_the_users_cost() -> None:
    ladder = redirected(OUT)
    assert ladder.last == (
        cmd.DeleteMedia(pair=M1),
        cmd.LoadContext(served_subscriber=PIET, dialled="0301112233"),
    )
    ladder.forward(desk_only(piet()), None)
    ladder.offers()
    out = ladder.of(cmd.Originate)[-1]
    assert out.target == cmd.TrunkTarget(trunk=None, user=OUTSIDE)
    assert out.diverted == (ev.Diverted(number=PIET_FIXED, reason=DivertReason.DEFLECTION),)
    ladder.answer(B2, M2)
    assert ladder.of(cmd.AnswerLeg)[0].connected is None
    ladder.tell(ev.LegEnded(leg=A, cause="bye"))
    assert ladder.attempts()["piet-desk1"].outcome is AttemptOutcome.REDIRECTED
    assert ladder.leg(B2).payer.subscription == "piet-line"  # type: ignore[union-attr]
    assert ladder.leg(B2).diverted_by == "piet"
    assert [(one.by, one.reason, one.to) for one in ladder.record.diversions] == [
        ("piet", "deflection", OUTSIDE)
    ]


def test_others_ring_on_while_one_is_redirected() -> None:
    ladder = Ladder()
    ladder.tell(invite())
    ladder.load(suze(), piet(), binding("piet-desk1"))
    ladder.offers()
    ladder.tell(moved("sip:203@x"))
    ladder.tell(ev.LegRinging(leg=B2, status=180))
    ladder.forward(piet(), desk_only(anna()), binding("anna-desk1"))
    ladder.offers()
    assert ladder.of(cmd.Originate)[-1].target == cmd.BindingTarget(binding=binding("anna-desk1"))
    ladder.tell(ev.LegAnswered(leg=B3, sdp=sdp("anna"), to_tag="t"))
    assert [one.leg for one in ladder.of(cmd.CancelLeg)] == [B2]
    connected_leg = ladder.of(cmd.AnswerMedia)[-1].answering_leg
    ladder.answers()
    assert connected_leg == B3
    connected = ladder.of(cmd.AnswerLeg)[0].connected
    assert connected is not None
    assert connected.extension == "203"


def test_plan_that_bars_it_lets_nobody_through() -> None:
    ladder = redirected(OUT, **BARS_OUTSIDE)
    ladder.forward(desk_only(piet(), **BARS_OUTSIDE), None)
    assert len(ladder.of(cmd.Originate)) == 1
    assert rejected(ladder) == (480, 20)
    assert ladder.attempts()["piet-desk1"].outcome is AttemptOutcome.BARRED
    assert ladder.record.diversions == ()


def test_cap_holds_for_a_redirected_leg() -> None:
    service = {"outgoing_calling_plan": OutgoingCallingPlan(max_calls_user=1)}
    ladder = redirected(OUT, **service)
    facts = OriginationFacts(user_calls=1)
    ladder.tell(ev.ContextLoaded(caller=desk_only(piet(), **service), called=None, origination=facts))
    assert len(ladder.of(cmd.Originate)) == 1
    assert rejected(ladder) == (480, 20)


def test_first_destination_that_is_allowed_is_taken() -> None:
    ladder = redirected(OUT, "sip:203@x", "sip:204@x", **BARS_OUTSIDE)
    ladder.forward(desk_only(piet(), **BARS_OUTSIDE), None)
    assert [one.dialled for one in ladder.of(cmd.LoadContext, last=True)] == ["203"]
    ladder.forward(desk_only(piet(), **BARS_OUTSIDE), desk_only(anna()), binding("anna-desk1"))
    ladder.offers()
    assert len(ladder.of(cmd.Originate)) == 2
    assert len(ladder.of(cmd.LoadContext)) == 3


def test_redirect_to_an_emergency_number_is_not_followed() -> None:
    ladder = redirected("sip:112@x", "tel:+31112")
    assert len(ladder.of(cmd.LoadContext)) == 1
    assert rejected(ladder)[0] == 480


def test_redirect_of_the_pstn_is_not_followed() -> None:
    ladder = Ladder()
    ladder.ring_outside()
    ladder.tell(moved("sip:0906111222@x"))
    assert len(ladder.of(cmd.LoadContext)) == 1
    assert rejected(ladder)[0] == 480


def test_redirect_of_a_number_that_rings_along_is_not_followed() -> None:
    home = SimultaneousRingPersonal(active=True, numbers=(SimultaneousRingNumber(number=OUTSIDE),))
    ladder = Ladder()
    ladder.tell(invite())
    ladder.load(suze(), desk_only(piet(), simultaneous_ring_personal=home), binding("piet-desk1"))
    ladder.offers()
    ladder.tell(ev.LegRejected(leg=B2, status=302, contacts=("sip:0906111222@x",)))
    assert len(ladder.of(cmd.LoadContext)) == 1
    assert ladder.state == "Ringing"


def test_colleagues_decline_is_not_the_users() -> None:
    ladder = Ladder()
    ladder.tell(invite())
    ladder.load(suze(), piet(), binding("piet-desk1"))
    ladder.offers()
    ladder.tell(moved("sip:203@x"))
    ladder.forward(piet(), desk_only(anna()), binding("anna-desk1"))
    ladder.offers()
    ladder.tell(ev.LegRinging(leg=B3, status=180))
    ladder.tell(ev.LegRejected(leg=B3, status=603))
    assert ladder.of(cmd.CancelLeg) == []
    ladder.tell(ev.LegRejected(leg=B2, status=603, after_ringing=True))
    assert rejected(ladder) == (603, 21)


@pytest.mark.parametrize("status", [300, 301, 302, 305, 380])
def test_every_redirection_class_status_with_a_destination_is_followed(status: int) -> None:
    ladder = Ladder()
    ladder.tell(invite())
    ladder.load(suze(), desk_only(piet()), binding("piet-desk1"))
    ladder.offers()
    ladder.tell(moved("sip:203@x", status=status))
    assert len(ladder.of(cmd.LoadContext, last=True)) == 1


def test_colleague_who_forwards_sends_it_on_by_the_colleagues_plan() -> None:
    ladder = redirected("sip:203@x")
    away = desk_only(anna(), call_forwarding_always=CallForwardingAlways(active=True, destination="204"))
    ladder.forward(desk_only(piet()), away)
    assert [one.served_subscriber for one in ladder.of(cmd.LoadContext, last=True)] == ["anna"]
    ladder.forward(away, desk_only(kees()), binding("kees-desk1"))
    ladder.offers()
    out = ladder.of(cmd.Originate)[-1]
    assert out.target == cmd.BindingTarget(binding=binding("kees-desk1"))
    assert [(one.number, one.reason) for one in out.diverted] == [
        (PIET_FIXED, DivertReason.DEFLECTION),
        (ANNA_FIXED, DivertReason.UNCONDITIONAL),
    ]


def test_colleague_whose_box_takes_all_calls() -> None:
    ladder = redirected("sip:203@x")
    box = desk_only(anna(), voicemail=Voicemail(active=True, always=True))
    ladder.forward(desk_only(piet()), box)
    ladder.offers()
    assert ladder.of(cmd.Originate)[-1].target == cmd.VoicemailTarget(mailbox=SubscriberId("anna"), cause=302)


def test_directory_that_does_not_answer_leaves_the_verdict() -> None:
    ladder = redirected(OUT)
    ladder.tell(ev.ContextFailed(reason="away"))
    assert rejected(ladder) == (480, 20)


def test_time_that_is_up_waits_for_the_answer_before_it_asks_again() -> None:
    """A later question must not be answered by the answer to this one."""
    service = {"call_forwarding_no_answer": CallForwardingNoAnswer(active=True, destination="204")}
    who = piet(services=desk_only(piet(), **service).services)
    ladder = Ladder()
    ladder.tell(invite())
    ladder.load(suze(), who, binding("piet-desk1"))
    ladder.offers()
    ladder.tell(ev.LegRinging(leg=B2, status=180))
    ladder.tell(moved("sip:203@x"))
    ladder.tell(ev.TimerFired(name="no_answer"), after_s=25)
    assert [one.leg for one in ladder.of(cmd.CancelLeg)] == [B2]
    assert ladder.of(cmd.LoadContext, last=True) == []
    ladder.forward(who, anna(), binding("anna-desk1"))
    assert [one.dialled for one in ladder.of(cmd.LoadContext, last=True)] == ["204"]
    assert ladder.state == "Diverting"


def test_two_phones_redirect_and_are_looked_up_one_by_one() -> None:
    ladder = Ladder()
    ladder.tell(invite())
    ladder.load(suze(), desk_only(piet()), binding("piet-desk1", 1), binding("piet-desk1", 2))
    ladder.offers()
    ladder.tell(moved("sip:203@x"))
    assert len(ladder.of(cmd.LoadContext)) == 2
    ladder.tell(ev.LegRejected(leg=B2, status=302, contacts=("sip:204@x",)))
    assert len(ladder.of(cmd.LoadContext)) == 2
    ladder.forward(desk_only(piet()), desk_only(anna()), binding("anna-desk1"))
    assert [one.dialled for one in ladder.of(cmd.LoadContext, last=True)] == ["204"]


def test_caller_gives_up_while_the_directory_is_asked() -> None:
    ladder = redirected(OUT)
    ladder.tell(ev.LegCancelled(leg=A))
    assert ladder.call is None
    assert ladder.record.outcome is CallOutcome.CANCELLED


def test_context_nobody_asked_for_changes_nothing() -> None:
    ladder = Ladder()
    ladder.ring_colleague(binding("piet-desk1"))
    before = ladder.call
    assert ladder.forward(piet(), anna(), binding("anna-desk1")) == ()
    assert ladder.tell(ev.ContextFailed(reason="x")) == ()
    assert ladder.call == before


@pytest.mark.parametrize(
    ("contacts", "found"),
    [
        (("sip:203@192.0.2.1:5060;transport=tcp",), ("203",)),
        (("sip:%2B31301112233@x",), ("+31301112233",)),
        (("sip:+31301112233;npdi@x;user=phone",), ("+31301112233",)),
        (("tel:+31-30-111-2233",), ("+31301112233",)),
        (("sip:203@x", "sip:203@y"), ("203",)),
        (("sip:x.example", "mailto:a@b", "rubbish", ""), ()),
        (tuple(f"sip:20{n}@x" for n in range(9)), ("200", "201", "202", "203", "204")),
    ],
)
def test_destinations_of_contacts(contacts: tuple[str, ...], found: tuple[str, ...]) -> None:
    assert destinations(contacts) == found
