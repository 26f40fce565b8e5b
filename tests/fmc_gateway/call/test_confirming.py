"""Delays of devices, numbers that ring along, devices at other exchanges, answer confirmation, notices."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from fmc_gateway.call import commands as cmd
from fmc_gateway.call import events as ev
from hipper.contracts.calls import AttemptOutcome, CallOutcome
from hipper.contracts.talks import RingNotice, RingOver
from hipper.pbx.ids import DeviceId, LegId
from hipper.pbx.model import (
    Announcement,
    CallerIdentity,
    Device,
    DeviceKind,
    DivertReason,
    Presentation,
    SubscriberContext,
    TariffClass,
)
from hipper.pbx.services.bundles import SubscriberServices
from hipper.pbx.services.forwarding import CallForwardingNoAnswer
from hipper.pbx.services.in_call import InCallServices
from hipper.pbx.services.reachability import (
    Anywhere,
    AnywhereLocation,
    DeviceDelay,
    RingOrder,
    SimultaneousRingNumber,
    SimultaneousRingPersonal,
)
from tests.fmc_gateway.call.kit import (
    B1,
    B2,
    B3,
    ELSEWHERE,
    M1,
    M2,
    OUTSIDE,
    PIET_FIXED,
    A,
    Ladder,
    binding,
    desk_only,
    invite,
    invite_from_pstn,
    piet,
    sdp,
    suze,
)

CONFIRM = "confirm c1-b2"


def along(*, confirm: bool = True, desk: bool = True, **services: Any) -> SubscriberContext:
    """Piet with a desk phone and a number at home that rings along."""
    home = SimultaneousRingPersonal(
        active=True, numbers=(SimultaneousRingNumber(number=OUTSIDE, confirm=confirm),)
    )
    who = desk_only(piet(), simultaneous_ring_personal=home, **services)
    return who if desk else msgspec.structs.replace(who, devices=())


def rung(who: SubscriberContext, *bindings: ev.Binding) -> Ladder:
    ladder = Ladder()
    ladder.tell(invite())
    ladder.load(suze(), who, *(bindings or (binding("piet-desk1"),)))
    ladder.offers()
    return ladder


def answered(**services: Any) -> Ladder:
    """The number at home (leg B2) answered and is asked to press 1; the desk phone rings."""
    ladder = rung(along(**services))
    ladder.tell(ev.LegRinging(leg=B1, status=180))
    ladder.tell(ev.LegAnswered(leg=B2, sdp=sdp("home"), to_tag="t"))
    return ladder


def asked(**services: Any) -> Ladder:
    ladder = answered(**services)
    ladder.tell(ev.MediaAnswered(pair=M2, sdp=sdp("for a")))
    return ladder


# A number that rings along.


def test_number_that_rings_along_is_a_leg_of_the_user_and_paid_by_the_user() -> None:
    ladder = rung(along(confirm=False))
    _, home = ladder.of(cmd.Originate)
    assert home.target == cmd.TrunkTarget(trunk=None, user=OUTSIDE)
    assert home.diverted == (ev.Diverted(number=PIET_FIXED, reason=DivertReason.FOLLOW_ME),)
    live = ladder.live()
    assert live is not None
    assert [one.subscriber for one in live.charges] == ["piet"]
    ladder.answer(B2, M2)
    connected = ladder.of(cmd.AnswerLeg)[0].connected
    assert connected is not None
    assert (connected.extension, connected.number) == ("202", PIET_FIXED)
    ladder.tell(ev.LegRejected(leg=B1, status=487))
    ladder.tell(ev.LegEnded(leg=A, cause="bye"))
    (segment,) = ladder.record.segments
    assert (segment.payer.subscription, segment.payer.tariff) == ("piet-line", TariffClass.NATIONAL_FIXED)
    assert ladder.attempts()[f"remote:{OUTSIDE}"].outcome is AttemptOutcome.ANSWERED


def test_keys_of_a_number_that_rings_along_are_no_services() -> None:
    """Whoever answers there transfers nothing at the user's cost; the user's own telephone may."""
    ladder = rung(along(confirm=False, in_call_services=InCallServices(active=True)))
    ladder.answer(B2, M2)
    assert ladder.state == "Talking"
    assert ladder.of(cmd.WatchKeys) == []
    ladder = rung(along(confirm=False, in_call_services=InCallServices(active=True)))
    ladder.answer(B1, M1)
    assert ladder.of(cmd.WatchKeys) == [cmd.WatchKeys(pair=M1, leg=B1)]


# Answer confirmation.


def test_who_answers_is_asked_and_the_caller_hears_nothing_of_it() -> None:
    ladder = answered()
    assert ladder.last == (
        cmd.AnswerMedia(pair=M2, offering_leg=A, answering_leg=B2, sdp=sdp("home")),
        cmd.BlockMedia(pair=M2, leg=B2),
        cmd.StartTimer(name=CONFIRM, after_s=10.0),
    )
    ladder.tell(ev.MediaAnswered(pair=M2, sdp=sdp("for a")))
    (question,) = ladder.last
    assert isinstance(question, cmd.PlayAnnouncement)
    assert (question.pair, question.leg, question.repeat) == (M2, B2, True)
    assert question.announcements == (Announcement.PRESS_ONE,)
    assert ladder.of(cmd.AnswerLeg) == ladder.of(cmd.Progress) == ladder.of(cmd.CancelLeg) == []


def test_only_1_takes_the_call() -> None:
    ladder = asked()
    for digit in "259*#0":
        assert ladder.tell(ev.DigitPressed(leg=B2, digit=digit)) == ()
    assert ladder.tell(ev.DigitPressed(leg=B1, digit="1")) == ()
    ladder.tell(ev.DigitPressed(leg=B2, digit="1"))
    assert ladder.last[:4] == (
        cmd.StopTimer(name=CONFIRM),
        cmd.StopAnnouncement(pair=M2, leg=B2),
        cmd.UnblockMedia(pair=M2, leg=B2),
        cmd.StopTimer(name="no_answer"),
    )
    assert ladder.of(cmd.CancelLeg) == [cmd.CancelLeg(leg=B1, reason=ELSEWHERE)]
    (answer,) = ladder.of(cmd.AnswerLeg)
    assert answer.sdp == sdp("for a")
    assert ladder.state == "Talking"
    assert len(ladder.of(cmd.AnswerMedia)) == 1
    ladder.tell(ev.LegRejected(leg=B1, status=487))
    ladder.tell(ev.LegEnded(leg=B2, cause="bye"))
    assert ladder.record.outcome is CallOutcome.ANSWERED


def test_digit_before_the_question_is_not_taken() -> None:
    ladder = answered()
    assert ladder.tell(ev.DigitPressed(leg=B2, digit="1")) == ()
    assert ladder.state == "Ringing"


def test_mailbox_that_answers_is_hung_up_on_and_the_others_ring_on() -> None:
    ladder = asked()
    ladder.tell(ev.TimerFired(name=CONFIRM), after_s=10)
    assert [one.leg for one in ladder.of(cmd.EndLeg)] == [B2]
    assert cmd.DeleteMedia(pair=M2) in ladder.last
    assert ladder.of(cmd.RejectLeg) == []
    ladder.answer(B1, M1)
    ladder.tell(ev.LegEnded(leg=A, cause="bye"))
    assert ladder.attempts()[f"remote:{OUTSIDE}"].outcome is AttemptOutcome.NOT_CONFIRMED
    assert len(ladder.of(cmd.AnswerLeg)) == 1


def test_one_who_hangs_up_instead_has_not_confirmed() -> None:
    ladder = asked()
    ladder.tell(ev.LegEnded(leg=B2, cause="bye"))
    assert cmd.StopTimer(name=CONFIRM) in ladder.last
    assert ladder.of(cmd.EndLeg) == []
    assert ladder.state == "Ringing"


def test_answer_elsewhere_ends_the_question() -> None:
    ladder = asked()
    ladder.tell(ev.LegAnswered(leg=B1, sdp=sdp("desk"), to_tag="t"))
    assert cmd.EndLeg(leg=B2, reason=ELSEWHERE) in ladder.last
    assert cmd.StopTimer(name=CONFIRM) in ladder.last
    ladder.tell(ev.MediaAnswered(pair=M1, sdp=sdp("for a")))
    ladder.tell(ev.LegEnded(leg=A, cause="bye"))
    assert ladder.attempts()[f"remote:{OUTSIDE}"].outcome is AttemptOutcome.ANSWERED_ELSEWHERE


def test_caller_who_gives_up_ends_the_question() -> None:
    ladder = asked()
    ladder.tell(ev.LegCancelled(leg=A))
    assert [one.leg for one in ladder.of(cmd.EndLeg)] == [B2]
    ladder.tell(ev.LegRejected(leg=B1, status=487))
    assert ladder.attempts()[f"remote:{OUTSIDE}"].outcome is AttemptOutcome.NOT_CONFIRMED


def test_time_that_is_up_leaves_the_one_who_is_asked_alone() -> None:
    ladder = asked()
    ladder.tell(ev.TimerFired(name="no_answer"), after_s=20)
    assert [one.leg for one in ladder.of(cmd.CancelLeg)] == [B1]
    assert ladder.of(cmd.EndLeg) == ladder.of(cmd.RejectLeg) == []
    ladder.tell(ev.DigitPressed(leg=B2, digit="1"))
    assert ladder.state == "Talking"


def test_nobody_confirms_and_that_is_no_answer() -> None:
    service = CallForwardingNoAnswer(active=True, destination="203")
    ladder = asked(call_forwarding_no_answer=service)
    ladder.tell(ev.TimerFired(name="no_answer"), after_s=20)
    ladder.tell(ev.TimerFired(name=CONFIRM), after_s=5)
    assert [one.dialled for one in ladder.of(cmd.LoadContext, last=True)] == ["203"]


def test_question_that_cannot_be_put_fails_that_leg_only() -> None:
    ladder = answered()
    ladder.tell(ev.MediaFailed(pair=M2, reason="x"))
    assert [one.leg for one in ladder.of(cmd.EndLeg)] == [B2]
    assert ladder.state == "Ringing"


def test_early_media_of_a_number_that_must_confirm_does_not_pass() -> None:
    ladder = rung(along(desk=False))
    assert ladder.tell(ev.LegProgress(leg=B1, status=183, sdp=sdp("pstn"), to_tag="t")) == ()


# Delays.


def delayed(**delays: int) -> SubscriberContext:
    order = RingOrder(
        delays=tuple(
            DeviceDelay(device=f"piet-{device}", delay_s=seconds) for device, seconds in delays.items()
        )
    )
    return piet(services=SubscriberServices(ring_order=order))


def test_device_with_a_delay_rings_after_the_others() -> None:
    ladder = rung(delayed(mobile=8))
    assert [one.leg for one in ladder.of(cmd.Originate)] == [B1]
    assert cmd.StartTimer(name="delay c1-b2", after_s=8.0) in ladder.commands
    assert [one.pair for one in ladder.of(cmd.OfferMedia)] == [M1]
    ladder.tell(ev.TimerFired(name="delay c1-b2"), after_s=8)
    assert [one.pair for one in ladder.of(cmd.OfferMedia)] == [M1, M2]
    ladder.offers()
    assert [one.leg for one in ladder.of(cmd.Originate)] == [B1, B2]
    assert ladder.tell(ev.TimerFired(name="delay c1-b2")) == ()


def test_device_whose_turn_never_came_is_not_yet() -> None:
    ladder = rung(delayed(mobile=8))
    ladder.answer()
    assert cmd.StopTimer(name="delay c1-b2") in ladder.commands
    ladder.tell(ev.LegEnded(leg=A, cause="bye"))
    assert ladder.attempts()["piet-mobile"].outcome is AttemptOutcome.NOT_YET
    assert [leg.leg for leg in ladder.record.legs] == [A, B1]
    assert len(ladder.of(cmd.DeleteMedia)) == 1


def test_nobody_waits_for_a_delay_when_nothing_else_rings() -> None:
    ladder = rung(delayed(mobile=8))
    ladder.tell(ev.LegRejected(leg=B1, status=486))
    assert cmd.StopTimer(name="delay c1-b2") in ladder.last
    assert [one.pair for one in ladder.of(cmd.OfferMedia, last=True)] == [M2]
    assert ladder.of(cmd.RejectLeg) == []


def test_delays_count_from_the_first_that_rings() -> None:
    ladder = Ladder()
    ladder.tell(invite())
    ladder.load(suze(), delayed(mobile=8, desk1=5))
    ladder.offers()
    assert [one.leg for one in ladder.of(cmd.Originate)] == [B1]
    assert [one.name for one in ladder.of(cmd.StartTimer)] == ["no_answer"]


def test_caller_gives_up_before_the_delay_is_over() -> None:
    ladder = rung(delayed(mobile=8))
    ladder.tell(ev.LegCancelled(leg=A))
    assert cmd.StopTimer(name="delay c1-b2") in ladder.last
    ladder.tell(ev.LegRejected(leg=B1, status=487))
    assert ladder.attempts()["piet-mobile"].outcome is AttemptOutcome.NOT_YET


def test_location_of_anywhere_rings_with_its_own_delay() -> None:
    place = AnywhereLocation(number=OUTSIDE, delay_s=6, confirm=True)
    ladder = rung(desk_only(piet(), anywhere=Anywhere(active=True, locations=(place,))))
    ladder.tell(ev.TimerFired(name="delay c1-b2"), after_s=6)
    ladder.offers()
    assert ladder.of(cmd.Originate)[-1].target == cmd.TrunkTarget(trunk=None, user=OUTSIDE)


# Devices at another exchange.


def at_exchange(**changes: Any) -> SubscriberContext:
    fields: dict[str, Any] = {"exchange": "asterisk", "aor_user": "7001"}
    device = Device(id=DeviceId("piet-old"), kind=DeviceKind.EXCHANGE, label="old", **(fields | changes))
    return piet(devices=(device,))


def test_device_of_another_exchange_rings_over_its_trunk() -> None:
    ladder = rung(at_exchange())
    (leg,) = ladder.of(cmd.Originate)
    assert leg.target == cmd.ExchangeTarget(trunk="asterisk", user="7001", device=DeviceId("piet-old"))
    ladder.tell(ev.LegRejected(leg=B1, status=486))
    ladder.tell(ev.LegEnded(leg=A, cause="bye"))
    assert ladder.attempts()["piet-old"].outcome is AttemptOutcome.BUSY


def test_device_of_another_exchange_calls_and_the_directory_is_asked_by_exchange() -> None:
    ladder = Ladder()
    ladder.tell(
        invite(source=ev.LegSource.EXCHANGE, peer="asterisk", exchange_user="7001", served_number=None)
    )
    assert ladder.last == (cmd.LoadContext(served_exchange=("asterisk", "7001"), dialled="202"),)
    ladder.load(at_exchange(), None)
    assert ladder.of(cmd.Originate) == []
    live = ladder.live()
    assert live is None or live.calling.device == "piet-old"


# Notices.


def test_apps_are_told_when_it_rings_and_when_it_no_longer_does() -> None:
    ladder = rung(piet())
    ladder.tell(ev.LegRinging(leg=B1, status=180))
    ladder.tell(ev.LegRinging(leg=B2, status=180))
    (begun,) = ladder.of(cmd.PublishRing)
    assert isinstance(begun.ring, RingNotice)
    assert (begun.ring.user, begun.ring.tenant) == ("piet", "acme")
    assert begun.ring.caller.extension == "201"
    assert begun.ring.caller.network_number is None
    assert begun.ring.deadline == pytest.approx(ladder.now - 0.3 + 25, abs=0.2)
    ladder.answer(B2, M2)
    over = ladder.of(cmd.PublishRing)[-1].ring
    assert isinstance(over, RingOver)
    assert over.answered_on == "piet-mobile"
    assert len(ladder.of(cmd.PublishRing)) == 2


def test_withheld_caller_stays_withheld_in_the_notice() -> None:
    hidden = CallerIdentity(presentation=Presentation.RESTRICTED, network_number=OUTSIDE)
    ladder = Ladder()
    ladder.tell(invite_from_pstn(caller=hidden))
    ladder.load(None, desk_only(piet()), binding("piet-desk1"))
    ladder.offers()
    ladder.tell(ev.LegRinging(leg=B1, status=180))
    (notice,) = ladder.of(cmd.PublishRing)
    assert OUTSIDE not in msgspec.json.encode(notice).decode()


@pytest.mark.parametrize(
    "event",
    [
        ev.LegCancelled(leg=A),
        ev.LegRejected(leg=B1, status=486),
        ev.TimerFired(name="no_answer"),
        ev.HangUpRequested(by="operator"),
    ],
)
def test_notice_is_withdrawn_however_it_ends(event: ev.AnyEvent) -> None:
    ladder = rung(desk_only(piet()))
    ladder.tell(ev.LegRinging(leg=B1, status=180))
    ladder.tell(event)
    rings = [one.ring for one in ladder.of(cmd.PublishRing)]
    assert [type(one) for one in rings] == [RingNotice, RingOver]
    assert isinstance(rings[1], RingOver)
    assert rings[1].answered_on is None


def test_nobody_is_told_of_a_call_to_the_outside() -> None:
    ladder = Ladder()
    ladder.ring_outside()
    ladder.tell(ev.LegRinging(leg=B1, status=180))
    ladder.tell(ev.LegCancelled(leg=A))
    assert ladder.of(cmd.PublishRing) == []


def test_unknown_timers_and_legs_mean_nothing() -> None:
    ladder = asked()
    before = ladder.call
    for event in (
        ev.TimerFired(name="delay c1-b1"),
        ev.TimerFired(name="confirm c1-b1"),
        ev.DigitPressed(leg=LegId("x"), digit="1"),
        ev.DigitPressed(leg=B3, digit="1"),
        ev.AnnouncementEnded(pair=M2, leg=B2),
    ):
        assert ladder.tell(event) == ()
    assert ladder.call == before
