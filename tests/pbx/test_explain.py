"""Plans in sentences, and dry runs: the decision a call would get at that time."""

from __future__ import annotations

import pytest

from fmc_gateway.call import dialling_out, emergency
from fmc_gateway.call.events import PassOn
from hipper.pbx import rules
from hipper.pbx.explain import Then, When, explain, said
from hipper.pbx.explain_dry import Caller, DryRun, Moment, dry_run
from hipper.pbx.model import Announcement, CallerList, Number, SubscriberContext
from hipper.pbx.services.availability import (
    Action,
    Availability,
    NumberAvailability,
    Profile,
    RejectAnnouncement,
    Treatment,
)
from hipper.pbx.services.forwarding import CallForwardingNoAnswer
from hipper.pbx.services.screening import AnonymousCallRejection, CallWaiting, DoNotDisturb
from hipper.telephony.numbers.e164 import E164
from tests.pbx.asking import (
    BOX,
    EVENING,
    EXTENSION,
    FIXED,
    MOBILE,
    WORKING_HOURS,
    ask,
    bram,
)
from tests.pbx.people import ANNA, ANNA_FIXED

STRANGER = Caller(number=E164("+31301234567"))
MEETING = Treatment(action=Action.REJECT, announcement=RejectAnnouncement.BUSY_IN_MEETING)


def run(called: SubscriberContext, at: float, reached: Number = FIXED, caller: Caller = STRANGER) -> DryRun:
    return dry_run(called, reached, caller, Moment(at=at))


def office_hours() -> SubscriberContext:
    """Bram's fixed number rings in office hours; the mobile always does."""
    fixed = NumberAvailability(number="fixed", schedule="office")
    return bram(availability=Availability(numbers=(fixed,)))


def test_what_rings_on_friday_evening_is_not_what_rings_at_noon() -> None:
    noon = run(office_hours(), WORKING_HOURS).explained
    assert (noon.rings, noon.decided.rule) == (True, rules.RING_FIXED)
    assert all(one.rings and one.why.rule == rules.DEVICE_RINGS for one in noon.devices)
    evening = run(office_hours(), EVENING).explained
    assert (evening.rings, evening.decided.rule, evening.no_answer_s) == (
        False,
        rules.AVAILABILITY_REJECT,
        None,
    )
    assert {one.why.rule for one in evening.devices} == {rules.AVAILABILITY_REJECT}
    (onward,) = evening.goes_on
    assert (onward.when, onward.then) == (When.AT_ONCE, Then.REFUSED)
    assert run(office_hours(), EVENING, MOBILE).explained.rings


def test_caller_counts_as_the_list_it_stands_in_or_the_number_it_calls() -> None:
    profile = Profile(name="meeting", business=MEETING)
    called = bram(availability=Availability(profiles=(profile,), active_profile="meeting"))
    business = run(called, WORKING_HOURS)
    assert business.treated_as is CallerList.BUSINESS
    assert business.explained.goes_on[0].announcements == (Announcement.BUSY_IN_MEETING,)
    private = Caller(number=E164("+31301234567"), known_as=CallerList.PRIVATE)
    assert run(called, WORKING_HOURS, FIXED, private).treated_as is CallerList.PRIVATE
    assert run(called, WORKING_HOURS, FIXED, private).explained.rings


def test_colleague_and_who_withholds_are_told_apart() -> None:
    called = bram(anonymous_call_rejection=AnonymousCallRejection(active=True))
    assert not run(called, WORKING_HOURS, FIXED, Caller()).explained.rings
    colleague = run(called, WORKING_HOURS, EXTENSION, Caller(number=ANNA_FIXED, colleague=ANNA))
    assert colleague.on_net
    assert colleague.explained.rings


def test_where_it_goes_when_nobody_answers_or_the_user_declines() -> None:
    forward = CallForwardingNoAnswer(active=True, destination="201", after_s=12)
    found = run(bram(call_forwarding_no_answer=forward, voicemail=BOX), WORKING_HOURS).explained
    assert found.no_answer_s == 12
    goes = {one.when: (one.then, one.destination) for one in found.goes_on}
    assert goes[When.NO_ANSWER] == (Then.FORWARD, "201")
    assert goes[When.BUSY] == goes[When.DECLINED] == (Then.VOICEMAIL, None)


def test_telephone_that_is_not_registered_is_said_to_be_silent() -> None:
    called = bram()
    desk = called.devices[0].id
    found = dry_run(called, FIXED, STRANGER, Moment(at=EVENING, silent=frozenset({desk}))).explained
    by_device = {one.device: (one.rings, one.why.rule) for one in found.devices}
    assert by_device.pop(desk) == (False, "device.not-registered")
    assert all(rings for rings, _ in by_device.values())
    everything = frozenset(one.id for one in called.devices)
    assert not dry_run(called, FIXED, STRANGER, Moment(at=EVENING, silent=everything)).explained.rings


def test_in_a_call_the_facts_of_now_count() -> None:
    called = bram(call_waiting=CallWaiting(active=False))
    assert run(called, EVENING).explained.rings
    busy = dry_run(called, FIXED, STRANGER, Moment(at=EVENING, busy=(called.devices[0].id,), calls=1))
    assert busy.explained.decided.rule == rules.BUSY_NO_CALL_WAITING


@pytest.mark.parametrize(
    "rule",
    [
        *sorted(rules.RULES),
        dialling_out.APP,
        emergency.RULE,
        "undecided",
        "device.not-registered",
        *(f"passed_on.{one.value}" for one in PassOn),
    ],
)
def test_every_rule_that_may_stand_in_a_record_has_a_sentence_in_both_languages(rule: str) -> None:
    """With tests.pbx.test_rules (every rule the decisions name is listed) and tests.property (every plan
    names listed rules only)."""
    found = said(rule)
    assert found.rule not in (found.nl, found.en)
    assert found.nl != found.en
    assert found.nl.endswith(".") and found.en.endswith(".")  # noqa: PT018


def test_rule_of_another_version_says_itself() -> None:
    assert said("ring.telepathy").nl == "ring.telepathy"


def test_explained_plan_says_of_every_device_why() -> None:
    called = bram(do_not_disturb=DoNotDisturb(active=True))
    found = explain(called, ask(called))
    assert {one.device for one in found.devices} == {one.id for one in called.devices}
    assert all(one.why.en for one in found.devices)
