"""Whose calls a user may take and park: by pack, by what is switched off, and within the own group alone."""

from __future__ import annotations

import pytest

from hipper.pbx import colleagues, rules
from hipper.pbx.colleague_problems import problems
from hipper.pbx.dialling import named, resolve
from hipper.pbx.ids import GroupId, TenantId
from hipper.pbx.model import FeaturePlan, ParkCall, PickUpCall, RefusedPlan, RetrieveCall, ServicePack
from hipper.pbx.services import colleagues as co
from hipper.pbx.services.bundles import GroupServices, SubscriberServices
from hipper.pbx.services.screening import DoNotDisturb
from tests.fmc_gateway.call.kit import piet, suze

SUZE, PIET = suze(), piet()


def rule_of(found: object) -> str | None:
    return found.rule if isinstance(found, RefusedPlan) else None


def test_group_pickup_is_in_every_pack_and_directed_pickup_not_in_base_plus() -> None:
    basic = suze(pack=ServicePack.BASE_PLUS)
    assert colleagues.pick_up(basic, None, directed=False) == PickUpCall(group=GroupId("hq"))
    assert rule_of(colleagues.pick_up(basic, PIET, directed=True)) == rules.FEATURE_NOT_IN_PACK
    assert rule_of(colleagues.pick_up(basic, PIET, directed=True, barge_in=True)) == rules.FEATURE_NOT_IN_PACK
    found = colleagues.pick_up(SUZE, PIET, directed=True)
    assert found == PickUpCall(group=GroupId("hq"), called=PIET.subscriber)


@pytest.mark.parametrize("other", [None, piet(group=GroupId("depot")), piet(tenant=TenantId("rival"))])
def test_only_calls_of_the_own_group_are_taken(other: object) -> None:
    found = colleagues.pick_up(SUZE, other, directed=True)  # type: ignore[arg-type]
    assert rule_of(found) == rules.PICK_UP_NO_COLLEAGUE


def test_what_is_switched_off_is_refused() -> None:
    off = suze(services=SubscriberServices(call_pickup=co.CallPickup(active=False)))
    assert rule_of(colleagues.pick_up(off, None, directed=False)) == rules.FEATURE_SWITCHED_OFF
    nowhere = suze(group_services=GroupServices(call_park=co.CallPark(active=False)))
    assert rule_of(colleagues.park(nowhere, None)) == rules.FEATURE_SWITCHED_OFF
    assert rule_of(colleagues.retrieve(nowhere, None)) == rules.FEATURE_SWITCHED_OFF


def test_who_is_exempt_is_picked_up_while_it_rings_and_never_joined() -> None:
    exempt = piet(services=SubscriberServices(bargein_exempt=co.BargeinExempt(active=True)))
    found = colleagues.pick_up(SUZE, exempt, directed=True, barge_in=True)
    assert isinstance(found, PickUpCall)
    assert found.called == PIET.subscriber
    assert not found.barge_in
    found = colleagues.pick_up(SUZE, PIET, directed=True, barge_in=True)
    assert isinstance(found, PickUpCall)
    assert (found.barge_in, found.warned) == (True, True)


def test_the_tone_is_as_who_joins_has_set_it() -> None:
    quiet = co.DirectedCallPickupWithBargein(warning_tone=False)
    caller = suze(services=SubscriberServices(directed_call_pickup_with_bargein=quiet))
    found = colleagues.pick_up(caller, PIET, directed=True, barge_in=True)
    assert isinstance(found, PickUpCall)
    assert not found.warned


def test_calls_are_parked_at_extensions_of_the_group() -> None:
    ours = suze(group_services=GroupServices(call_park=co.CallPark(recall_s=90, most=3)))
    own = resolve(ours, "*68")
    assert isinstance(own, FeaturePlan)
    assert own.action == ParkCall(group=GroupId("hq"), on="201", recall_s=90, most=3)
    assert resolve(ours, "*68201") == own
    assert named("*68202") == "202", "whose extension it is, is looked up"
    there = resolve(ours, "*68202", called=PIET)
    assert isinstance(there, FeaturePlan)
    assert isinstance(there.action, ParkCall)
    assert there.action.on == "202"
    for owner in (None, piet(group=GroupId("depot"))):
        assert rule_of(resolve(ours, "*68202", called=owner)) == rules.PARK_NOWHERE


def test_retrieving_says_where_and_of_which_group() -> None:
    for dialled, on in (("*88", "201"), ("*88202", "202")):
        found = resolve(SUZE, dialled, called=PIET)
        assert isinstance(found, FeaturePlan)
        assert found.action == RetrieveCall(group=GroupId("hq"), on=on)


def test_codes_of_the_group_count_wherever_they_are_dialled() -> None:
    ours = suze(group_services=GroupServices(feature_codes=co.FeatureCodes(directed_call_pickup="55")))
    assert named("*55202", ours) == "202"
    assert named("*55202") is None
    found = resolve(ours, "*55202", called=PIET)
    assert isinstance(found, FeaturePlan)
    assert isinstance(found.action, PickUpCall)
    assert rule_of(resolve(ours, "*97202", called=PIET)) == rules.FEATURE_NOT_AVAILABLE


@pytest.mark.parametrize(
    ("codes", "wrong"),
    [
        ({"call_pickup": "0"}, "two or three digits"),
        ({"call_pickup": "031"}, "two or three digits"),
        ({"call_pickup": "1234"}, "two or three digits"),
        ({"pull": "112"}, "two or three digits"),
        ({"pull": "31"}, "two or three digits"),
        ({"pull": "98"}, "*98 would be both pull and call_pickup"),
        ({"pull": "55", "call_pickup": "55"}, "*55 would be both pull and call_pickup"),
        ({"pull": "971"}, "*971 (pull) begins as *97 (directed_call_pickup)"),
        ({"call_park": "11", "pull": "113"}, "two or three digits"),
        ({"call_park": "21"}, "*21 would be both"),
    ],
)
def test_codes_that_could_be_two_things_are_refused(codes: dict[str, str], wrong: str) -> None:
    assert any(wrong in problem for problem in problems(co.FeatureCodes(**codes)))


def test_codes_may_change_places() -> None:
    assert problems(co.FeatureCodes(call_pickup="97", directed_call_pickup="98")) == ()
    assert problems(co.FeatureCodes(pull="111")) == ()
    assert problems(DoNotDisturb()) == ()


@pytest.mark.parametrize(
    "settings", [co.CallPark(recall_s=5), co.CallPark(recall_s=9999), co.CallPark(most=0)]
)
def test_a_recall_at_once_and_no_place_at_all_are_refused(settings: co.CallPark) -> None:
    assert len(problems(settings)) == 1
