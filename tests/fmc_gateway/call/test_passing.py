"""Legs of an isc network that go back as they came: nothing asked, nothing kept, 112 taken up again."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from fmc_gateway.call import commands as cmd
from fmc_gateway.call import events as ev
from fmc_gateway.call.model import Passing
from fmc_gateway.call.passing import in_same_session
from fmc_gateway.records.unfinished import unfinished_record
from hipper.contracts.calls import CallOutcome
from hipper.pbx.ids import DeviceId
from hipper.pbx.model import TariffClass
from hipper.telephony.numbers.e164 import E164
from tests.fmc_gateway.call.kit import (
    B1,
    B2,
    OUTSIDE,
    SUZE_MOBILE,
    A,
    Ladder,
    binding,
    invite,
    sdp,
    shown,
    suze,
)

ODI = "<sip:odi_7f2@scscf.ims.example;lr;orig>"
URI = "sip:+31612345678@ims.example;user=phone"
TERMINATING = ev.LegDirection.TERMINATING


def isc(dialled: str = "+31301112233", **changes: Any) -> ev.LegOffered:
    return invite(dialled, **{"return_route": (ODI,), "request_uri": URI, **changes})


def passed(dialled: str = "+31301112233", **changes: Any) -> Ladder:
    ladder = Ladder()
    ladder.tell(isc(dialled, **{"pass_on": ev.PassOn.OWN_LEG, **changes}))
    return ladder


def calling_112(**changes: Any) -> Ladder:
    ladder = Ladder()
    ladder.tell(isc("112", **changes))
    return ladder


@pytest.mark.parametrize("why", [ev.PassOn.OWN_LEG, ev.PassOn.NETWORK_SERVICE])
def test_leg_goes_back_at_once_and_nobody_is_asked(why: ev.PassOn) -> None:
    ladder = passed(pass_on=why, max_forwards=30)
    assert ladder.last == (
        cmd.Originate(
            leg=B1,
            target=cmd.PassOnTarget(network="mno", request_uri=URI, route=(ODI,), offered=A),
            identity=shown(SUZE_MOBILE, network_number=SUZE_MOBILE),
            sdp=None,
            max_forwards=29,
            icid="icid-1",
        ),
    )


@pytest.mark.parametrize(
    ("sdp_text", "why"), [(None, "late offer"), ("v=0 nonsense", "a description nobody can read")]
)
def test_what_it_carries_is_not_looked_at(sdp_text: str | None, why: str) -> None:
    assert isinstance(passed(sdp=sdp_text).call, Passing), why


def test_once_answered_nothing_is_left_and_no_record_made() -> None:
    ladder = passed()
    ladder.tell(ev.LegTrying(leg=B1))
    ladder.tell(ev.LegRinging(leg=B1, status=180))
    ladder.tell(ev.LegAnswered(leg=B1, sdp=None, to_tag="t"))
    assert ladder.commands[1:] == [cmd.Finish()]
    assert ladder.call is None


def test_refusal_goes_back_with_its_own_status() -> None:
    ladder = passed()
    ladder.tell(ev.LegRejected(leg=B1, status=302, reason_phrase="Moved"))
    assert ladder.of(cmd.RejectLeg)[0].status == 302
    assert ladder.of(cmd.WriteRecord) == []
    assert ladder.last[-1] == cmd.Finish()


def test_leg_without_hops_left_ends_a_loop() -> None:
    ladder = passed(max_forwards=0)
    assert ladder.of(cmd.RejectLeg)[0].status == 483
    assert ladder.of(cmd.Originate) == []


@pytest.mark.parametrize("direction", list(ev.LegDirection))
def test_user_who_is_not_ours_goes_back_after_the_look_up(direction: ev.LegDirection) -> None:
    ladder = Ladder()
    ladder.tell(isc(direction=direction))
    assert len(ladder.of(cmd.LoadContext)) == 1
    ladder.load(None, None)
    (onward,) = ladder.of(cmd.Originate)
    assert isinstance(onward.target, cmd.PassOnTarget)
    assert ladder.of(cmd.RejectLeg) == []


@pytest.mark.parametrize("direction", list(ev.LegDirection))
def test_leg_that_names_nobody_goes_back_too(direction: ev.LegDirection) -> None:
    ladder = Ladder()
    ladder.tell(isc(direction=direction, served_number=None))
    assert isinstance(ladder.of(cmd.Originate)[0].target, cmd.PassOnTarget)


@pytest.mark.parametrize("direction", list(ev.LegDirection))
def test_description_we_cannot_use_matters_only_for_users_of_ours(direction: ev.LegDirection) -> None:
    description = "v=0 nonsense"
    ladder = Ladder()
    ladder.tell(isc(direction=direction, sdp=description))
    ladder.load(None, None)
    assert isinstance(ladder.of(cmd.Originate)[0].target, cmd.PassOnTarget)
    ladder = Ladder()
    ladder.tell(isc(direction=direction, sdp=description))
    ladder.load(suze(), suze())
    assert ladder.of(cmd.RejectLeg)[0].status == 400


def test_user_who_is_not_ours_on_a_trunk_is_404() -> None:
    ladder = Ladder()
    ladder.tell(invite("+31301112233"))
    ladder.load(None, None)
    assert ladder.of(cmd.RejectLeg)[0].status == 404


def test_directory_away_lets_the_network_decide_by_its_default_handling() -> None:
    ladder = Ladder()
    ladder.tell(isc())
    ladder.tell(ev.ContextFailed(reason="away"))
    assert ladder.of(cmd.RejectLeg)[0].status == 503


def test_call_that_is_ended_on_request_is_cancelled_and_leaves_nothing() -> None:
    ladder = passed()
    ladder.tell(ev.HangUpRequested(by="operator"))
    assert ladder.of(cmd.RejectLeg)[0].status == 480
    assert ladder.of(cmd.CancelLeg)[0].leg == B1
    ladder.tell(ev.LegRejected(leg=B1, status=487))
    assert ladder.of(cmd.WriteRecord) == []
    assert ladder.call is None


def test_gateway_that_stops_records_none_of_it_but_112() -> None:
    other, emergency = passed().call, calling_112().call
    assert other is not None
    assert emergency is not None
    assert unfinished_record(other, 1.0, "stopped") is None
    assert unfinished_record(emergency, 1.0, "stopped") is not None


# -- 112


@pytest.mark.parametrize("dialled", ["112", "+31112", "#31#112", "urn:service:sos", "urn:service:sos.police"])
def test_112_goes_back_with_its_odi_in_the_first_step(dialled: str) -> None:
    ladder = Ladder()
    ladder.tell(isc(dialled, sdp=None, body_type="application/pidf+xml", body="<p/>"))
    first = ladder.last[0]
    assert isinstance(first, cmd.Originate)
    assert isinstance(first.target, cmd.PassOnTarget)
    assert first.target.route == (ODI,)


def test_112_of_a_user_who_withholds_is_recorded_as_the_true_number_up_to_its_answer() -> None:
    ladder = calling_112(anonymous_requested=True, caller=shown(OUTSIDE, network_number=SUZE_MOBILE))
    ladder.tell(ev.LegTrying(leg=B1))
    ladder.tell(ev.LegRinging(leg=B1, status=180))
    ladder.tell(ev.LegAnswered(leg=B1, sdp=None, to_tag="t"))
    record = ladder.record
    assert (record.emergency, record.outcome, record.rule) == (True, CallOutcome.ANSWERED, "emergency")
    assert record.answered == record.ended == ladder.now
    calling, called = record.legs
    assert calling.identity_shown.number == SUZE_MOBILE
    assert calling.payer is not None
    assert calling.payer.tariff is TariffClass.EMERGENCY
    assert (called.sip_call_id, called.status) == ("call-id-a", 200)
    assert ladder.call is None


@pytest.mark.parametrize("status", [380, 403, 486, 603])
def test_what_the_network_says_of_112_goes_back(status: int) -> None:
    ladder = calling_112()
    ladder.tell(ev.LegRejected(leg=B1, status=status))
    assert ladder.of(cmd.RejectLeg)[0].status == status
    assert ladder.record.emergency


@pytest.mark.parametrize(
    "failure",
    [
        ev.LegRejected(leg=B1, status=503),
        ev.LegRejected(leg=B1, status=504),
        ev.LegRejected(leg=B1, status=408, by_network=True),
    ],
)
def test_network_out_of_order_is_followed_by_the_routes_of_the_settings(failure: ev.LegRejected) -> None:
    ladder = calling_112(caller=shown(OUTSIDE, network_number=SUZE_MOBILE))
    ladder.tell(failure)
    (taken,) = ladder.of(cmd.Originate, last=True)
    assert taken.target == cmd.EmergencyTarget(route_index=0, dialled="112")
    assert taken.leg == B2
    assert taken.identity.number == SUZE_MOBILE
    assert taken.sdp == sdp("suze")
    ladder.tell(ev.LegAnswered(leg=B2, sdp=sdp("112"), to_tag="t"))
    assert ladder.of(cmd.AnswerLeg)[0].sdp == sdp("112")


def test_silent_network_is_given_four_seconds() -> None:
    ladder = calling_112()
    (timer,) = ladder.of(cmd.StartTimer)
    assert (timer.name, timer.after_s) == ("route", 4.0)
    ladder.tell(ev.TimerFired(name="route"), after_s=4)
    assert ladder.of(cmd.CancelLeg)[0].leg == B1
    assert isinstance(ladder.of(cmd.Originate, last=True)[0].target, cmd.EmergencyTarget)
    ladder.tell(ev.LegRejected(leg=B1, status=487))
    ladder.tell(ev.LegAnswered(leg=B2, sdp=sdp("112"), to_tag="t"))
    assert ladder.state == "Talking"


def test_network_that_alerts_keeps_the_call() -> None:
    ladder = calling_112()
    ladder.tell(ev.LegTrying(leg=B1))
    ladder.tell(ev.LegRinging(leg=B1, status=183))
    assert ladder.of(cmd.StopTimer)[-1].name == "route"
    ladder.tell(ev.TimerFired(name="route"))
    assert len(ladder.of(cmd.Originate)) == 1


def test_without_routes_in_the_settings_the_network_has_all_the_time() -> None:
    ladder = calling_112(emergency_routes=0)
    assert ladder.of(cmd.StartTimer) == []
    ladder.tell(ev.LegRejected(leg=B1, status=503))
    assert ladder.of(cmd.RejectLeg)[0].status == 503


def test_network_that_gave_no_way_back_gets_the_routes_of_the_settings() -> None:
    assert isinstance(calling_112(return_route=()).of(cmd.Originate)[0].target, cmd.EmergencyTarget)


# -- the site of a desk phone


@pytest.mark.parametrize(("route", "order"), [(None, [0, 1, 2]), (2, [2, 0, 1]), (7, [0, 1, 2])])
def test_route_of_the_site_is_tried_before_the_others(route: int | None, order: list[int]) -> None:
    ladder = Ladder()
    ladder.tell(
        invite(
            "112",
            source=ev.LegSource.DESK_PHONE,
            emergency_routes=3,
            emergency_route=route,
            emergency_number=E164("+31201110000"),
        )
    )
    for _ in order[1:]:
        leg = ladder.of(cmd.Originate)[-1].leg
        ladder.tell(ev.LegRejected(leg=leg, status=503))
    tried = ladder.of(cmd.Originate)
    assert [one.target.route_index for one in tried] == order  # type: ignore[union-attr]
    assert len({one.leg for one in tried}) == 3
    assert {one.identity.network_number for one in tried} == {"+31201110000"}


# -- legs that go on in the session they were offered in


HEADERS = (("P-Charging-Vector", "icid-value=icid-1;orig-ioi=ims.example"),)
HANDSET = cmd.MobileTarget(network="mno", number=SUZE_MOBILE, device=DeviceId("suze-mobile"))
OUT = cmd.NetworkTarget(network="mno", user=OUTSIDE, served=SUZE_MOBILE)


@pytest.mark.parametrize(
    ("offered", "target", "same"),
    [
        (isc(direction=TERMINATING, served_number=SUZE_MOBILE), HANDSET, True),
        (isc(direction=TERMINATING, served_number=OUTSIDE), HANDSET, False),
        (isc(direction=TERMINATING, served_number=SUZE_MOBILE, peer="other"), HANDSET, False),
        (isc(served_number=SUZE_MOBILE), HANDSET, False),
        (invite(direction=TERMINATING, served_number=SUZE_MOBILE), HANDSET, False),
        (isc(), msgspec.structs.replace(OUT, route=(ODI,)), True),
        (isc(), OUT, False),
        (isc(), cmd.TrunkTarget(trunk=None, user=OUTSIDE), False),
    ],
)
def test_same_session_or_one_of_our_own(offered: ev.LegOffered, target: cmd.Target, same: bool) -> None:
    offered = msgspec.structs.replace(offered, passthrough_headers=HEADERS)
    found, kept = in_same_session(offered, target)
    if not same:
        assert (found, kept) == (target, ())
        return
    assert found == msgspec.structs.replace(target, route=(ODI,), request_uri=URI)  # type: ignore[type-var]
    assert kept == HEADERS


def test_handset_of_a_terminating_session_is_invited_by_the_way_the_session_came() -> None:
    ladder = Ladder()
    ladder.tell(isc(SUZE_MOBILE, direction=TERMINATING, passthrough_headers=HEADERS, caller=shown(OUTSIDE)))
    ladder.load(None, suze(), binding("suze-desk1"))
    ladder.offers()
    sent = ladder.of(cmd.Originate)
    ways = {type(one.target): (getattr(one.target, "route", None), one.passthrough_headers) for one in sent}
    assert ways[cmd.MobileTarget] == ((ODI,), HEADERS)
    assert ways[cmd.BindingTarget] == (None, ())


def test_record_has_the_icid_of_a_session_of_our_own() -> None:
    ladder = Ladder()
    ladder.ring_colleague()
    ladder.tell(ev.LegSent(leg=B1, sip_call_id="out", icid="hipper-new"))
    ladder.tell(ev.LegCancelled(leg=A))
    ladder.tell(ev.LegRejected(leg=B1, status=487))
    assert (ladder.leg(A).icid, ladder.leg(B1).icid) == ("icid-1", "hipper-new")
