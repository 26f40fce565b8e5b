"""Dry runs of calls the user would make: the decisions a call would get, and of a colleague what is heard."""

from __future__ import annotations

from typing import Any

import pytest

from hipper.pbx import origination, rules
from hipper.pbx.explain_calling import dry_call
from hipper.pbx.explain_calling_shapes import CallRun, Goes, Shows, Wish
from hipper.pbx.explain_dry import Moment
from hipper.pbx.explain_heard import Hears
from hipper.pbx.feature_codes import Operation
from hipper.pbx.ids import DeviceId, SubscriptionId
from hipper.pbx.model import (
    Announcement,
    CallerList,
    DeviceKind,
    ExternalPlan,
    OriginationFacts,
    ServicePack,
    SubscriberContext,
    TariffClass,
)
from hipper.pbx.services.availability import Action, Availability, Profile, RejectAnnouncement, Treatment
from hipper.pbx.services.bundles import GroupServices, SubscriberServices
from hipper.pbx.services.calling import (
    CallClass,
    ContactListIdentity,
    EmergencyZone,
    EmergencyZones,
    IdentityChoice,
    OutgoingCallingPlan,
    Rates,
    ShownTo,
    SpeedDial8,
    SpeedDial100,
    SpeedDialEntry,
)
from hipper.pbx.services.colleagues import FeatureCodes
from hipper.pbx.services.forwarding import CallForwardingAlways, CallForwardingNoAnswer
from hipper.pbx.services.screening import DoNotDisturb
from hipper.telephony.numbers.e164 import E164
from tests.pbx.asking import BOX, WORKING_HOURS, bram
from tests.pbx.people import ANNA, ANNA_FIXED, ANNA_MOBILE, BRAM, BRAM_FIXED, MAIN, changed

DESK = DeviceId("anna-desk")
OUTSIDE = "030 123 4567"


def anna(group: GroupServices | None = None, /, **services: Any) -> SubscriberContext:
    return changed(ANNA, services=SubscriberServices(**services), group_services=group or GroupServices())


def run(
    dialled: str,
    caller: SubscriberContext = ANNA,
    called: SubscriberContext | None = None,
    *,
    facts: OriginationFacts = OriginationFacts(),  # noqa: B008 - frozen
    there: Moment = Moment(at=WORKING_HOURS),  # noqa: B008 - frozen
    **wish: Any,
) -> CallRun:
    return dry_call(caller, called, Wish(dialled=dialled, **wish), there, facts)


def hears(called: SubscriberContext, there: Moment | None = None) -> list[tuple[Hears, int | None]]:
    found = run("202", called=called, there=there or Moment(at=WORKING_HOURS))
    assert found.goes is Goes.COLLEAGUE
    return [(one.hears, one.for_s) for one in found.there]


class TestOutside:
    def test_is_the_decision_of_a_call(self) -> None:
        """The very plan, whatever telephone it is dialled on."""
        for device, kind in ((None, DeviceKind.MOBILE), (DESK, DeviceKind.DESK_PHONE)):
            plan = origination.decide(
                ANNA,
                None,
                OUTSIDE,
                anonymous_requested=False,
                identity_allowed_requested=False,
                device_kind=kind,
                now=WORKING_HOURS,
            )
            assert isinstance(plan, ExternalPlan)
            found = run(OUTSIDE, device=device)
            assert (found.goes, found.decided.rule, found.dialled) == (Goes.OUTSIDE, plan.rule, plan.number)
            assert found.payer == plan.payer
            assert found.shown is not None
            assert (found.shown.number, found.shown.why) == (plan.identity.number, found.shown.why)

    def test_who_pays_is_the_telephone_and_of_a_call_from_the_app_the_fixed_line(self) -> None:
        paid = [
            run(OUTSIDE).payer,
            run(OUTSIDE, device=DESK).payer,
            run(OUTSIDE, from_app=True).payer,
        ]
        assert [None if one is None else one.subscription for one in paid] == [
            SubscriptionId("anna-mobile-plan"),
            SubscriptionId("anna-fixed-plan"),
            SubscriptionId("anna-fixed-plan"),
        ]

    @pytest.mark.parametrize(
        ("caller", "shows", "number"),
        [
            (ANNA, Shows.FIXED, ANNA_FIXED),
            (changed(ANNA, identity=IdentityChoice.MOBILE), Shows.MOBILE, ANNA_MOBILE),
            (changed(ANNA, identity=IdentityChoice.ALTERNATE), Shows.MAIN, MAIN),
            (changed(ANNA, withhold=True), Shows.WITHHELD, None),
        ],
    )
    def test_what_is_shown(self, caller: SubscriberContext, shows: Shows, number: str | None) -> None:
        found = run(OUTSIDE, caller).shown
        assert found is not None
        assert (found.shows, found.number, found.name) == (shows, number, None)
        assert found.why is not None

    def test_what_is_shown_to_who_stands_in_a_list(self) -> None:
        lists = ContactListIdentity(private=ShownTo(choice=IdentityChoice.MOBILE))
        facts = OriginationFacts(called_list=CallerList.PRIVATE)
        found = run(OUTSIDE, anna(contact_list_identity=lists), facts=facts).shown
        assert found is not None
        assert (found.shows, found.why and found.why.rule) == (Shows.MOBILE, rules.IDENTITY_PRIVATE_LIST)

    def test_withheld_for_this_call(self) -> None:
        asked, coded = run(OUTSIDE, anonymous=True), run(f"#31#{OUTSIDE}")
        for one in (asked, coded):
            assert one.shown is not None
            assert one.shown.shows is Shows.WITHHELD
            assert one.shown.why is not None
            assert one.shown.why.rule == rules.IDENTITY_WITHHELD_THIS_CALL
        assert (asked.meaning, coded.meaning and coded.meaning.operation) == (None, Operation.OFF)

    def test_what_the_calling_plan_bars_and_by_which_rule(self) -> None:
        plan = OutgoingCallingPlan(barred=(CallClass.INTERNATIONAL,), barred_prefixes=("+3130",))
        barred = [run(one, anna(outgoing_calling_plan=plan)) for one in ("004930123456", OUTSIDE)]
        assert [one.goes for one in barred] == [Goes.REFUSED] * 2
        costs = [one.calling_plan for one in barred]
        assert [(one.allowed, one.why.rule) for one in costs if one is not None] == [
            (False, rules.PLAN_BARRED_CLASS),
            (False, rules.PLAN_BARRED_PREFIX),
        ]
        assert barred[0].announcements == (Announcement.CALL_BARRED,)

    def test_what_is_barred_for_diverted_calls_only_is_no_bar(self) -> None:
        plan = OutgoingCallingPlan(forward_barred=(CallClass.NATIONAL_FIXED,))
        found = run(OUTSIDE, anna(outgoing_calling_plan=plan))
        assert (found.goes, found.calling_plan and found.calling_plan.allowed) == (Goes.OUTSIDE, True)

    def test_caps_by_what_was_spent_and_how_many_calls_are_up(self) -> None:
        plan = OutgoingCallingPlan(spend_cap_user_day=1.0, max_calls_user=2)
        group = GroupServices(
            group_outgoing_calling_plan=OutgoingCallingPlan(rates=Rates(national_fixed=0.5))
        )
        caller = anna(group, outgoing_calling_plan=plan)
        free = run(OUTSIDE, caller).calling_plan
        assert free is not None
        assert (free.allowed, free.max_duration_s, free.rate_per_minute) == (True, 120.0, 0.5)
        assert free.tariff is TariffClass.NATIONAL_FIXED
        for facts, rule in (
            (OriginationFacts(user_spent_today=1.0), rules.PLAN_SPENT_USER_DAY),
            (OriginationFacts(user_calls=2), rules.PLAN_CALLS_USER),
        ):
            found = run(OUTSIDE, caller, facts=facts)
            assert (found.goes, found.decided.rule) == (Goes.REFUSED, rule)
            assert found.announcements == (Announcement.LIMIT_REACHED,)

    def test_what_is_no_number(self) -> None:
        for dialled, rule in (("999", rules.EXTENSION_UNKNOWN), ("x", rules.NUMBER_INVALID)):
            found = run(dialled)
            assert (found.goes, found.decided.rule, found.calling_plan) == (Goes.REFUSED, rule, None)

    def test_mobile_that_is_not_integrated_does_not_call_over_the_exchange(self) -> None:
        base = changed(ANNA, pack=ServicePack.BASE_PLUS)
        assert run(OUTSIDE, base).device == DESK
        assert run(OUTSIDE).device == DeviceId("anna-mobile")


class TestEmergency:
    ZONES = GroupServices(
        emergency_zones=EmergencyZones(
            zones=(EmergencyZone(name="bakkerij", number="+31201234588", route="regio"),)
        )
    )

    def at_the_bakery(self, **services: Any) -> SubscriberContext:
        desk, mobile = ANNA.devices
        return changed(
            anna(self.ZONES, **services), devices=(changed(desk, site="bakkerij"), mobile), withhold=True
        )

    def test_site_of_the_telephone_and_never_withheld(self) -> None:
        found = run("112", self.at_the_bakery(), device=DESK)
        assert (found.goes, found.dialled) == (Goes.EMERGENCY, "112")
        assert found.emergency is not None
        assert (found.emergency.site, found.emergency.route) == ("bakkerij", "regio")
        assert (found.emergency.number, found.shown and found.shown.number) == ("+31201234588",) * 2
        assert found.payer is not None
        assert (found.payer.tariff, found.payer.subscription) == (TariffClass.EMERGENCY, None)

    def test_telephone_that_stands_nowhere_shows_its_line(self) -> None:
        found = run("112", self.at_the_bakery())
        assert found.emergency is not None
        assert (found.emergency.site, found.emergency.number) == (None, ANNA_MOBILE)
        assert found.shown is not None
        assert found.shown.shows is Shows.MOBILE

    def test_goes_whatever_is_set_and_also_by_a_speed_dial(self) -> None:
        entries = (SpeedDialEntry(code="2", destination="112"),)
        caller = changed(self.at_the_bakery(speed_dial_8=SpeedDial8(entries=entries)), enabled=False)
        assert run("112", caller).goes is Goes.EMERGENCY
        found = run("2", changed(caller, enabled=True), device=DESK)
        assert (found.goes, found.dialled, found.emergency and found.emergency.site) == (
            Goes.EMERGENCY,
            "112",
            "bakkerij",
        )
        assert found.meaning is not None
        assert found.meaning.stands_for == "112"

    def test_not_from_the_app(self) -> None:
        found = run("112", from_app=True)
        assert (found.goes, found.decided.rule) == (Goes.REFUSED, rules.DIAL_EMERGENCY)


class TestCodes:
    def test_forward_says_which_service_it_changes_to_what(self) -> None:
        found = run("*21*0301234567#", device=DESK)
        assert (found.goes, found.shown, found.announcements) == (
            Goes.CODE,
            None,
            (Announcement.SERVICE_ON,),
        )
        assert found.meaning is not None
        assert (found.meaning.code, found.meaning.operation, found.meaning.service) == (
            "21",
            Operation.ON,
            "call_forwarding_always",
        )
        assert found.meaning.changes == {"active": True, "destination": "0301234567"}
        assert found.meaning.nl == "Altijd doorschakelen"
        assert found.payer is not None
        assert found.payer.subscription == SubscriptionId("anna-fixed-plan")

    def test_withhold_for_good(self) -> None:
        found = run("#31#")
        assert found.meaning is not None
        assert (found.goes, found.meaning.code, found.meaning.operation) == (
            Goes.CODE,
            "31",
            Operation.OFF,
        )
        assert found.meaning.changes == {"active": True}
        assert found.meaning.service == "calling_line_id_delivery_blocking"

    def test_speed_dials_say_whom_they_call(self) -> None:
        entries = (SpeedDialEntry(code="2", destination="202"),)
        hundred = (SpeedDialEntry(code="12", destination="0301234567"),)
        caller = anna(speed_dial_8=SpeedDial8(entries=entries), speed_dial_100=SpeedDial100(entries=hundred))
        eight, long = run("2", caller, BRAM), run("*012", caller)
        assert (eight.goes, eight.dialled) == (Goes.COLLEAGUE, "202")
        assert eight.meaning is not None
        assert (eight.meaning.service, eight.meaning.stands_for) == ("speed_dial_8", "202")
        assert (long.goes, long.meaning and long.meaning.stands_for) == (Goes.OUTSIDE, "0301234567")
        empty = run("*013", caller)
        assert (empty.goes, empty.decided.rule) == (Goes.REFUSED, rules.SPEED_DIAL_EMPTY)

    def test_redial_and_call_return(self) -> None:
        facts = OriginationFacts(last_dialled="0301234567", last_caller_withheld=True)
        again, back = run("*66", facts=facts), run("*69", facts=facts)
        assert (again.goes, again.dialled) == (Goes.OUTSIDE, "+31301234567")
        assert (back.goes, back.decided.rule) == (Goes.REFUSED, rules.CALL_RETURN_WITHHELD)

    def test_own_voicemail_and_codes_from_the_app(self) -> None:
        found = run("1233")
        assert (found.goes, found.decided.rule) == (Goes.VOICEMAIL, rules.FEATURE_VOICEMAIL)
        assert run("*43#", from_app=True).decided.rule == rules.DIAL_CODE

    def test_code_as_the_group_spells_it(self) -> None:
        """And by the group's spelling alone."""
        group = GroupServices(feature_codes=FeatureCodes(do_not_disturb="99"))
        found = run("*99#", anna(group))
        assert (found.goes, found.meaning and found.meaning.service) == (Goes.CODE, "do_not_disturb")
        assert run("*26#", anna(group)).meaning is None

    def test_unknown_code(self) -> None:
        found = run("*99#")
        assert (found.goes, found.decided.rule, found.meaning) == (
            Goes.REFUSED,
            rules.FEATURE_NOT_AVAILABLE,
            None,
        )


class TestColleague:
    def test_is_on_net_shown_with_name_and_paid_by_the_telephone(self) -> None:
        found = run(str(BRAM_FIXED), called=BRAM)
        assert (found.goes, found.decided.rule) == (Goes.COLLEAGUE, rules.ON_NET_FIXED)
        assert found.shown is not None
        assert (found.shown.shows, found.shown.extension, found.shown.name) == (
            Shows.FIXED,
            "201",
            "Anna de Vries",
        )
        assert found.payer is not None
        assert found.payer.tariff is TariffClass.ON_NET

    def test_who_withholds_shows_the_internal_line(self) -> None:
        found = run("202", changed(ANNA, withhold=True), BRAM).shown
        assert found is not None
        assert (found.shows, found.number, found.extension) == (Shows.INTERNAL, None, "201")

    def test_user_of_another_company_is_called_outside(self) -> None:
        stranger = changed(BRAM, tenant="other")
        found = run(str(BRAM_FIXED), called=stranger)
        assert (found.goes, found.there) == (Goes.OUTSIDE, ())

    def test_rings_as_long_as_the_colleague_wants_and_then_voicemail(self) -> None:
        called = bram(call_forwarding_no_answer=CallForwardingNoAnswer(after_s=12), voicemail=BOX)
        assert hears(bram()) == [(Hears.RINGING, 30), (Hears.UNAVAILABLE, None)]
        assert hears(called)[-1] == (Hears.VOICEMAIL, None)

    def test_forward_is_heard_and_not_where_to(self) -> None:
        called = bram(call_forwarding_always=CallForwardingAlways(active=True, destination="0612345678"))
        found = run("202", called=called)
        assert [one.hears for one in found.there] == [Hears.ELSEWHERE]
        assert "612345678" not in repr(found)
        assert "forward" not in repr(found.there)

    def test_do_not_disturb_is_busy_and_a_profile_what_it_says(self) -> None:
        assert hears(bram(do_not_disturb=DoNotDisturb(active=True))) == [(Hears.BUSY, None)]
        meeting = Treatment(action=Action.REJECT, announcement=RejectAnnouncement.BUSY_IN_MEETING)
        profile = Profile(name="meeting", business=meeting)
        called = bram(availability=Availability(profiles=(profile,), active_profile="meeting"))
        (heard,) = run("202", called=called).there
        assert (heard.hears, heard.announcements) == (
            Hears.ANNOUNCEMENT,
            (Announcement.BUSY_IN_MEETING,),
        )
        assert "profile" not in repr(heard)

    def test_telephones_that_are_not_there_do_not_ring(self) -> None:
        every = frozenset(one.id for one in BRAM.devices)
        assert hears(bram(), Moment(at=WORKING_HOURS, silent=every)) == [(Hears.UNAVAILABLE, None)]
        some = Moment(at=WORKING_HOURS, silent=frozenset([BRAM.devices[0].id]))
        assert hears(bram(), some)[0] == (Hears.RINGING, 30)

    def test_own_telephone_that_calls_does_not_ring(self) -> None:
        alone = changed(ANNA, devices=ANNA.devices[:1])
        found = run("201", alone, alone, device=DESK)
        assert [one.hears for one in found.there] == [Hears.UNAVAILABLE]

    def test_from_the_app_the_own_telephone_rings_first(self) -> None:
        found = run("202", called=BRAM, from_app=True, device=DESK)
        assert [(one.device, one.rings) for one in found.first] == [(DESK, True)]
        assert found.goes is Goes.COLLEAGUE
        nobodys = run("202", called=BRAM, from_app=True, device=DeviceId("bram-desk"))
        assert (nobodys.goes, nobodys.decided.rule) == (Goes.REFUSED, rules.DIAL_DEVICE_UNKNOWN)


def test_number_dialled_of_others_is_e164() -> None:
    assert run("0612345678").dialled == E164("+31612345678")
