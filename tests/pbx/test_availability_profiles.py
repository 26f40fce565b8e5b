"""The profiles a user begins with."""

from __future__ import annotations

from hipper.directory.services import check_meaning
from hipper.pbx.availability_profiles import STANDARD, standard_profiles
from hipper.pbx.model import CallerList, RefusedPlan, RingPlan, ServicePack, SubscriberContext
from hipper.pbx.services.availability import Action, Availability, RejectAnnouncement
from hipper.pbx.services.registry import SERVICES
from tests.pbx.asking import BOX, ask, bram, to_voicemail
from tests.pbx.people import changed


def choosing(called: SubscriberContext, name: str) -> SubscriberContext:
    settings = Availability(profiles=standard_profiles(called), active_profile=name)
    check_meaning(SERVICES["availability"], settings)
    return changed(called, services=bram(availability=settings, voicemail=called.services.voicemail).services)


def test_there_are_the_four_of_the_text() -> None:
    assert [one.en for one in STANDARD] == ["Available", "Meeting", "Out", "Holiday"]
    assert [one.name for one in standard_profiles(bram())] == [one.name for one in STANDARD]


def test_available_rings_for_everybody() -> None:
    for known_as in CallerList:
        assert isinstance(ask(choosing(bram(), "available"), caller_list=known_as), RingPlan)


def test_out_and_on_holiday_private_callers_ring_through_and_business_ones_hear_why() -> None:
    for name, said in (("out", "out_of_office"), ("holiday", "on_holiday")):
        called = choosing(bram(), name)
        assert isinstance(ask(called, caller_list=CallerList.PRIVATE), RingPlan)
        plan = ask(called, caller_list=CallerList.BUSINESS)
        assert isinstance(plan, RefusedPlan)
        assert plan.announcement is not None
        assert plan.announcement.value == said


def test_in_a_meeting_nobody_rings() -> None:
    for known_as in CallerList:
        plan = ask(choosing(bram(), "meeting"), caller_list=known_as)
        assert isinstance(plan, RefusedPlan)
        assert plan.announcement is not None
        assert plan.announcement.value == "busy_in_meeting"


def test_who_has_a_voicemail_box_gets_messages_instead() -> None:
    to_voicemail(choosing(bram(voicemail=BOX), "meeting"))
    lacking = changed(bram(voicemail=BOX), pack=ServicePack.BASE_PLUS)
    meeting = next(one for one in standard_profiles(lacking) if one.name == "meeting")
    assert meeting.business.action is Action.REJECT
    assert meeting.business.announcement is RejectAnnouncement.BUSY_IN_MEETING
