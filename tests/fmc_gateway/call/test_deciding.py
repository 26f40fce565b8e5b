"""From the INVITE to the plan."""

from __future__ import annotations

import pytest

from fmc_gateway.call import commands as cmd
from fmc_gateway.call import events as ev
from hipper.contracts.calls import AttemptOutcome, CallOutcome
from hipper.pbx.ids import CallId, DeviceId, LegId
from hipper.pbx.model import Presentation, TariffClass
from hipper.telephony.numbers.e164 import E164
from tests.fmc_gateway.call.kit import (
    B1,
    B2,
    OUTSIDE,
    PIET_FIXED,
    PIET_MOBILE,
    START,
    SUZE_FIXED,
    SUZE_MOBILE,
    A,
    Ladder,
    binding,
    invite,
    invite_from_desk,
    invite_from_pstn,
    piet,
    sdp,
    shown,
    suze,
    user,
)


def test_mobile_calls_and_the_directory_is_asked_who_and_whom() -> None:
    ladder = Ladder()
    assert ladder.tell(invite("202")) == (cmd.LoadContext(served_number=SUZE_MOBILE, dialled="202"),)


def test_desk_phone_calls_and_the_directory_is_asked_by_device() -> None:
    ladder = Ladder()
    (ask,) = ladder.tell(invite_from_desk("202"))
    assert ask == cmd.LoadContext(served_device=DeviceId("suze-desk1"), dialled="202")


def test_call_from_the_pstn_asks_for_the_called_number() -> None:
    ladder = Ladder()
    assert ladder.tell(invite_from_pstn(PIET_FIXED)) == (
        cmd.LoadContext(called_number=PIET_FIXED, calling_number=OUTSIDE),
    )


def test_colleague_by_extension_rings_desk_phone_and_mobile_with_the_chosen_identity() -> None:
    ladder = Ladder()
    ladder.ring_colleague(binding("piet-desk1"))
    desk, mobile = ladder.of(cmd.Originate)
    assert desk.target == cmd.BindingTarget(binding=binding("piet-desk1"))
    assert mobile.target == cmd.MobileTarget(
        network="mno", number=PIET_MOBILE, device=DeviceId("piet-mobile")
    )
    for leg in (desk, mobile):
        assert (leg.identity.number, leg.identity.extension) == (SUZE_FIXED, "201")
        assert leg.max_forwards == 69
        assert leg.icid == "icid-1"


def test_number_outside_leaves_by_a_trunk_in_e164() -> None:
    ladder = Ladder()
    ladder.ring_outside()
    (leg,) = ladder.of(cmd.Originate)
    assert leg.target == cmd.TrunkTarget(trunk=None, user=OUTSIDE)
    assert leg.identity.number == SUZE_FIXED


def test_short_number_leaves_by_a_trunk_as_dialled() -> None:
    ladder = Ladder()
    ladder.tell(invite("14020"))
    ladder.load(suze(), None)
    ladder.offers()
    (leg,) = ladder.of(cmd.Originate)
    assert leg.target == cmd.TrunkTarget(trunk=None, user="14020")
    ladder.tell(ev.LegCancelled(leg=A))
    ladder.tell(ev.LegRejected(leg=leg.leg, status=487))
    assert ladder.leg(leg.leg).identity_shown.name == "14020"


def test_withheld_for_this_call_hides_the_number_and_keeps_the_true_one() -> None:
    ladder = Ladder()
    ladder.tell(invite("030 111 2233", anonymous_requested=True))
    ladder.load(suze(), None)
    ladder.offers()
    identity = ladder.of(cmd.Originate)[0].identity
    assert identity.presentation is Presentation.RESTRICTED
    assert identity.number is None
    assert identity.network_number == SUZE_MOBILE


def test_user_who_withholds_shows_the_number_for_one_call() -> None:
    ladder = Ladder()
    ladder.tell(invite("030 111 2233", identity_allowed_requested=True))
    ladder.load(suze(withhold=True), None)
    ladder.offers()
    assert ladder.of(cmd.Originate)[0].identity.number == SUZE_FIXED


def test_user_busy_from_the_invite_on_and_unknown_numbers_of_the_true_line_are_not_shown() -> None:
    ladder = Ladder()
    ladder.ring_colleague(binding("piet-desk1"))
    live = ladder.live()
    assert live is not None
    assert (live.phase, live.calling.subscriber, live.calling.device) == (
        "setting_up",
        "suze",
        "suze-mobile",
    )
    assert live.calling.identity.network_number is None
    assert (live.called.subscriber, live.called.device) == ("piet", None)
    assert live.called.identity.extension == "202"
    assert (live.gateway, live.tenant) == ("gw1", "acme")


def test_calling_the_own_number_rings_the_other_devices_and_says_why_not_this_one() -> None:
    ladder = Ladder()
    ladder.tell(invite_from_desk("201"))
    ladder.load(suze(), suze(), binding("suze-desk1"))
    ladder.offers()
    (leg,) = ladder.of(cmd.Originate)
    assert isinstance(leg.target, cmd.MobileTarget)
    ladder.tell(ev.LegRejected(leg=leg.leg, status=480))
    attempt = ladder.attempts()["suze-desk1"]
    assert (attempt.outcome, attempt.rule) == (AttemptOutcome.BUSY, "device.calling")
    assert attempt.leg is None


@pytest.mark.parametrize("called", [PIET_FIXED, PIET_MOBILE])
def test_pstn_caller_reaches_the_user_by_each_number_and_shows_the_asserted_caller(called: E164) -> None:
    ladder = Ladder()
    ladder.tell(invite_from_pstn(called))
    ladder.load(None, piet(), binding("piet-desk1"))
    ladder.offers()
    assert [leg.identity.number for leg in ladder.of(cmd.Originate)] == [OUTSIDE, OUTSIDE]
    assert ladder.of(cmd.RejectLeg) == []


def test_terminating_leg_of_a_mobile_network_serves_the_called_and_not_the_asserted_user() -> None:
    ladder = Ladder()
    ladder.tell(
        invite_from_pstn(
            PIET_MOBILE, source=ev.LegSource.MOBILE_NETWORK, peer="mno", caller=shown(SUZE_MOBILE)
        )
    )
    ladder.load(None, piet(), binding("piet-desk1"))
    ladder.offers()
    ladder.tell(ev.LegCancelled(leg=A))
    ladder.tell(ev.LegRejected(leg=B1, status=487))
    ladder.tell(ev.LegRejected(leg=B2, status=487))
    assert {one.subscriber for one in ladder.record.legs} == {None, "piet"}
    assert ladder.of(cmd.Originate)[0].identity.number == SUZE_MOBILE


def test_outside_caller_who_withholds_stays_withheld() -> None:
    ladder = Ladder()
    hidden = shown(None)
    hidden = type(hidden)(presentation=Presentation.RESTRICTED, network_number=OUTSIDE)
    ladder.tell(invite_from_pstn(caller=hidden))
    ladder.load(None, piet(), binding("piet-desk1"))
    ladder.offers()
    identity = ladder.of(cmd.Originate)[0].identity
    assert (identity.presentation, identity.number) == (Presentation.RESTRICTED, None)


# Refusals: each leaves a record and nothing else.


def refused(ladder: Ladder) -> cmd.RejectLeg:
    """The one rejection of a call that was over at once, or after an announcement."""
    ladder.hear()
    (reject,) = ladder.of(cmd.RejectLeg)
    assert ladder.call is None
    assert ladder.of(cmd.Originate) == []
    assert ladder.of(cmd.PublishLive)[-1:] in ([], [cmd.PublishLive(call=CallId("c1"), live=None)])
    assert ladder.of(cmd.Finish) == [cmd.Finish()]
    assert ladder.leg(A).status == reject.status
    assert ladder.leg(A).ended is not None
    return reject


def test_unknown_served_user_is_404() -> None:
    ladder = Ladder()
    ladder.tell(invite())
    ladder.load(None, None)
    assert refused(ladder).status == 404
    assert ladder.record.outcome is CallOutcome.REFUSED


def test_caller_without_identity_is_404_without_a_look_up() -> None:
    ladder = Ladder()
    ladder.tell(invite(served_number=None))
    assert refused(ladder).status == 404
    assert ladder.of(cmd.LoadContext) == []


def test_terminating_number_nobody_has_is_404() -> None:
    ladder = Ladder()
    ladder.tell(invite_from_pstn(OUTSIDE))
    ladder.load(None, None)
    assert refused(ladder).status == 404


def test_terminating_number_that_the_found_user_does_not_own_is_404() -> None:
    ladder = Ladder()
    ladder.tell(invite_from_pstn(OUTSIDE))
    ladder.load(None, piet())
    assert refused(ladder).status == 404


def test_terminating_leg_without_a_number_is_404_without_a_look_up() -> None:
    ladder = Ladder()
    ladder.tell(invite_from_pstn(served_number=None))
    assert refused(ladder).status == 404
    assert ladder.of(cmd.LoadContext) == []


def test_unknown_extension_is_refused_with_the_rule_and_an_explanation() -> None:
    ladder = Ladder()
    ladder.tell(invite("299"))
    ladder.load(suze(language="en"), None)
    reject = refused(ladder)
    assert (reject.status, reject.q850, reject.explanation) == (404, 1, "This extension does not exist.")
    assert ladder.record.rule == "dialled.unknown-extension"


def test_disabled_caller_is_403() -> None:
    ladder = Ladder()
    ladder.tell(invite())
    ladder.load(suze(enabled=False), piet())
    assert refused(ladder).status == 403


def test_user_of_another_tenant_is_no_colleague() -> None:
    ladder = Ladder()
    ladder.tell(invite(PIET_FIXED))
    ladder.load(suze(), piet(tenant="other"), binding("piet-desk1"))
    ladder.offers()
    assert ladder.of(cmd.Originate)[0].target == cmd.TrunkTarget(trunk=None, user=PIET_FIXED)


def test_all_devices_switched_off_is_480_and_the_record_says_so() -> None:
    ladder = Ladder()
    ladder.tell(invite())
    devices = tuple(
        type(device)(**{f: getattr(device, f) for f in device.__struct_fields__} | {"rings": False})
        for device in piet().devices
    )
    ladder.load(suze(), piet(devices=devices), binding("piet-desk1"))
    assert (refused(ladder).status, refused(ladder).q850) == (480, 20)
    assert {one.outcome for one in ladder.record.attempts} == {AttemptOutcome.SWITCHED_OFF}
    assert len(ladder.record.attempts) == 2
    assert ladder.record.outcome is CallOutcome.UNREACHABLE


def test_no_device_registered_is_480_absent() -> None:
    ladder = Ladder()
    ladder.tell(invite())
    ladder.load(suze(), piet(devices=piet().devices[:1]))
    reject = refused(ladder)
    assert (reject.status, reject.q850) == (480, 20)
    assert ladder.attempts()["piet-desk1"].outcome is AttemptOutcome.NOT_REGISTERED


def test_directory_away_is_503_with_retry_after() -> None:
    ladder = Ladder()
    ladder.tell(invite())
    ladder.tell(ev.ContextFailed(reason="database away"))
    reject = refused(ladder)
    assert reject.status == 503
    assert reject.retry_after_s is not None
    assert ladder.record.outcome is CallOutcome.FAILED


def test_our_own_leg_that_comes_back_is_482() -> None:
    ladder = Ladder()
    ladder.tell(invite(loop_guard=True))
    assert refused(ladder).status == 482


def test_no_hops_left_is_483() -> None:
    ladder = Ladder()
    ladder.tell(invite(max_forwards=0))
    assert refused(ladder).status == 483


def test_last_hop_is_used() -> None:
    ladder = Ladder()
    ladder.tell(invite("030 111 2233", max_forwards=1))
    ladder.load(suze(), None)
    ladder.offers()
    assert ladder.of(cmd.Originate)[0].max_forwards == 0


def test_offer_that_cannot_be_read_is_400_and_says_why() -> None:
    ladder = Ladder()
    ladder.tell(invite(sdp="v=0\r\nm=audio\r\n"))
    reject = refused(ladder)
    assert reject.status == 400
    assert reject.explanation == (
        "the session description cannot be read: line 2: m= needs media, port, protocol and a format"
    )


def test_emergency_call_with_an_offer_we_cannot_read_goes_out() -> None:
    ladder = Ladder()
    ladder.tell(invite("112", sdp="garbage"))
    assert ladder.of(cmd.Originate)[0].sdp == "garbage"


# Before the directory answers.


def test_caller_cancels_before_the_directory_answers() -> None:
    ladder = Ladder()
    ladder.tell(invite())
    ladder.tell(ev.LegCancelled(leg=A, reason="SIP;cause=487"))
    assert ladder.call is None
    assert ladder.of(cmd.RejectLeg) == []
    assert ladder.record.outcome is CallOutcome.CANCELLED
    assert (ladder.leg(A).status, ladder.leg(A).ended_by) == (487, "calling")
    assert ladder.load(suze(), piet()) == ()


def test_cancel_of_another_leg_changes_nothing() -> None:
    ladder = Ladder()
    ladder.tell(invite())
    assert ladder.tell(ev.LegCancelled(leg=LegId("other"))) == ()
    assert ladder.tell(ev.LegEnded(leg=LegId("other"), cause="transport")) == ()
    assert ladder.state == "Deciding"


def test_callers_connection_breaks_before_the_directory_answers() -> None:
    ladder = Ladder()
    ladder.tell(invite())
    ladder.tell(ev.LegEnded(leg=A, cause="transport", q850=38))
    assert ladder.call is None
    assert (ladder.record.outcome, ladder.leg(A).q850) == (CallOutcome.CANCELLED, 38)


def test_record_of_an_outside_call_names_payer_tariff_identity_and_setup_time() -> None:
    ladder = Ladder()
    ladder.ring_outside()
    ladder.answer()
    ladder.tell(ev.LegEnded(leg=A, cause="bye", q850=16))
    calling, called = ladder.record.legs
    assert calling.payer is not None
    assert (calling.payer.subscription, calling.payer.tariff) == ("suze-sim", TariffClass.NATIONAL_FIXED)
    assert (calling.identity_shown.number, calling.icid, calling.sip_call_id) == (
        SUZE_FIXED,
        "icid-1",
        "call-id-a",
    )
    assert called.payer is not None
    assert (called.payer.subscription, called.payer.tariff) == (None, TariffClass.NATIONAL_FIXED)
    assert called.identity_shown.number == OUTSIDE
    assert ladder.record.setup_ms == pytest.approx(200)
    assert ladder.record.started == pytest.approx(START + 0.1)
    assert (ladder.record.rule, ladder.record.dialled) == ("external.number", "030 111 2233")
    assert ladder.record.attempts == ()


def test_desk_phone_pays_from_the_fixed_subscription() -> None:
    ladder = Ladder()
    ladder.tell(invite_from_desk("030 111 2233"))
    ladder.load(suze(), None)
    ladder.offers()
    ladder.tell(ev.LegCancelled(leg=A))
    ladder.tell(ev.LegRejected(leg=ladder.of(cmd.Originate)[0].leg, status=487))
    payer = ladder.leg(A).payer
    assert payer is not None
    assert payer.subscription == "suze-line"


def test_mobile_without_a_mobile_device_still_calls() -> None:
    ladder = Ladder()
    ladder.tell(invite("202"))
    ladder.load(suze(devices=()), piet(), binding("piet-desk1"))
    ladder.offers()
    assert len(ladder.of(cmd.Originate)) == 2
    live = ladder.live()
    assert live is not None
    assert live.calling.device is None


def test_offer_is_made_of_the_callers_description() -> None:
    ladder = Ladder()
    ladder.ring_colleague(binding("piet-desk1"))
    asks = ladder.of(cmd.OfferMedia)
    assert {ask.sdp for ask in asks} == {sdp("suze")}
    assert len({ask.pair for ask in asks}) == 2
    assert {ask.from_leg for ask in asks} == {A}


def test_colleague_with_another_country_is_still_found() -> None:
    ladder = Ladder()
    ladder.tell(invite("+32 2 123 45 67"))
    ladder.load(suze(), user("luc", "203", E164("+3221234567"), E164("+32470123456")), binding("luc-desk1"))
    ladder.offers()
    assert len(ladder.of(cmd.Originate)) == 2
