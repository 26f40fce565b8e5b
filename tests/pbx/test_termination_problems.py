"""Settings that mean nothing, or what no exchange should do, are told when they are saved."""

from __future__ import annotations

import pytest

from hipper.pbx.services import availability as av
from hipper.pbx.services import forwarding as fw
from hipper.pbx.services import reachability as re
from hipper.pbx.services import screening as scr
from hipper.pbx.services.base import Settings
from hipper.pbx.services.criteria import Callers, Criterion
from hipper.pbx.services.registry import SERVICES
from hipper.pbx.services.schedules import Schedule, Schedules, Weekday, Weekly
from hipper.pbx.termination_problems import problems

OFFICE = Schedule(name="office", weekly=(Weekly(days=(Weekday.MON,), start="09:00", end="17:00"),))
ELSEWHERE = av.Treatment(action=av.Action.FORWARD, destination="201")
ANY = Criterion(name="any")


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_defaults_are_in_order(name: str) -> None:
    assert problems(SERVICES[name].settings()) == ()


@pytest.mark.parametrize(
    "settings",
    [
        fw.CallForwardingAlways(active=True, destination="201"),
        fw.CallForwardingAlways(active=False),
        fw.CallForwardingNoAnswer(active=True, destination="+31 20 123 4567", after_s=20),
        fw.CallForwardingSelective(
            active=True, rules=(fw.SelectiveForward(criterion=ANY, destination="201"),)
        ),
        re.SimultaneousRingPersonal(numbers=(re.SimultaneousRingNumber(number="0612345699"),)),
        re.PersonalAssistant(active=True, transfer_to="201"),
        av.Availability(profiles=(av.Profile(name="meeting", business=ELSEWHERE),), active_profile="meeting"),
        Schedules(schedules=(OFFICE,)),
        scr.AlternateNumbers(distinctive=(scr.DistinctiveRing(number="+31201234577", ring=2),)),
    ],
)
def test_in_order(settings: Settings) -> None:
    assert problems(settings) == ()


@pytest.mark.parametrize(
    ("settings", "phrase"),
    [
        (fw.CallForwardingAlways(active=True), "no destination"),
        (fw.CallForwardingBusy(destination="112"), "ever forwarded to an emergency number"),
        (fw.CallForwardingNotReachable(destination="+31113"), "ever forwarded to an emergency number"),
        (fw.CallForwardingAlways(destination="*21#"), "no number or extension"),
        (fw.CallForwardingNoAnswer(after_s=0), "1 to 180 seconds"),
        (fw.CallForwardingNoAnswer(after_s=600), "1 to 180 seconds"),
        (fw.InterceptGroup(destination="112"), "emergency number"),
        (fw.GroupNightForwarding(destination="112"), "emergency number"),
        (re.PersonalAssistant(transfer_to="#31#112"), "emergency number"),
        (
            fw.CallForwardingSelective(rules=(fw.SelectiveForward(criterion=ANY, destination="112"),)),
            "emergency number",
        ),
        (re.RemoteOffice(number="112"), "rings along"),
        (re.RemoteOffice(number="201"), "no telephone number"),
        (re.Anywhere(locations=(re.AnywhereLocation(number="anna"),)), "no telephone number"),
        (re.Anywhere(locations=(re.AnywhereLocation(number="0612345699", delay_s=-1),)), "0 to 180 seconds"),
        (
            re.SimultaneousRingPersonal(numbers=(re.SimultaneousRingNumber(number="0612345699"),) * 11),
            "at most 10 numbers",
        ),
        (re.RingOrder(delays=(re.DeviceDelay(device="desk", delay_s=999),)), "0 to 180 seconds"),
        (scr.AlternateNumbers(distinctive=(scr.DistinctiveRing(number="201", ring=4),)), "no ring 4"),
        (scr.PriorityAlert(criteria=(ANY,) * 101), "at most 100 criteria"),
        (scr.PriorityAlert(criteria=(Criterion(name="c", numbers=("*",) * 501),)), "at most 500 numbers"),
        (
            scr.SelectiveCallRejection(criteria=(Criterion(name="c", callers=Callers.NUMBERS),)),
            "names no numbers",
        ),
        (av.Availability(active_profile="away"), "no profile 'away'"),
        (
            av.Availability(by_schedule=(av.ProfileBySchedule(schedule="s", profile="away"),)),
            "no profile 'away'",
        ),
        (av.Availability(profiles=(av.Profile(name="a"),) * 2), "two profiles"),
        (av.Availability(numbers=(av.NumberAvailability(number="fixed"),) * 2), "two numbers"),
        (
            av.Availability(profiles=(av.Profile(name="a", private=av.Treatment(action=av.Action.FORWARD)),)),
            "no destination",
        ),
        (Schedules(schedules=(OFFICE, OFFICE)), "two schedules"),
        (Schedules(schedules=(OFFICE,) * 101), "at most 100 schedules"),
        (
            Schedules(schedules=(Schedule(name="s", public_holidays="XX"),)),
            "schedule 's': no public holidays",
        ),
    ],
)
def test_told(settings: Settings, phrase: str) -> None:
    assert phrase in "; ".join(problems(settings))
