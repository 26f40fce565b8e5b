"""Settings that mean nothing are told when they are saved."""

from __future__ import annotations

import pytest

from hipper.pbx.calling_plan_default import DEFAULT_PLAN
from hipper.pbx.calling_plan_problems import MOST_COUNTRIES, MOST_PREFIXES, MOST_ZONES, problems
from hipper.pbx.services.base import Settings
from hipper.pbx.services.calling import (
    AutomaticCallback,
    CallCapacityManagement,
    CountryRate,
    EmergencyZone,
    EmergencyZones,
    OutgoingCallingPlan,
    Rates,
    SpeedDial8,
    SpeedDial100,
    SpeedDialEntry,
)
from hipper.pbx.services.registry import SERVICES


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_defaults_are_in_order(name: str) -> None:
    assert problems(SERVICES[name].settings()) == ()


@pytest.mark.parametrize(
    "settings",
    [
        DEFAULT_PLAN,
        OutgoingCallingPlan(barred_prefixes=("+49", "18", "1888"), allowed_prefixes=("+31900",)),
        OutgoingCallingPlan(rates=Rates(countries=(CountryRate(calling_code="1876", rate=0.5),))),
        SpeedDial8(entries=(SpeedDialEntry(code="2", destination="020 123 45 67"),)),
        SpeedDial100(entries=(SpeedDialEntry(code="00", destination="#31#202"),)),
        SpeedDial8(entries=(SpeedDialEntry(code="9", destination="112"),)),
        EmergencyZones(zones=(EmergencyZone(name="shop", number="+31201234500"), EmergencyZone(name="b"))),
        CallCapacityManagement(max_calls=0),
    ],
)
def test_in_order(settings: Settings) -> None:
    assert problems(settings) == ()


@pytest.mark.parametrize(
    ("settings", "phrase"),
    [
        (OutgoingCallingPlan(barred_prefixes=("0049",)), "'0049' is no prefix"),
        (OutgoingCallingPlan(barred_prefixes=("+49 30",)), "is no prefix"),
        (OutgoingCallingPlan(allowed_prefixes=("",)), "'' is no prefix"),
        (OutgoingCallingPlan(barred_prefixes=("+٤٩",)), "is no prefix"),
        (OutgoingCallingPlan(barred_prefixes=("4930123",)), "is no prefix"),
        (OutgoingCallingPlan(barred_prefixes=("+1",) * (MOST_PREFIXES + 1)), "at most 1000 prefixes"),
        (OutgoingCallingPlan(max_calls_user=-1), "fewer than 0 calls"),
        (OutgoingCallingPlan(spend_cap_user_day=-1.0), "amounts are 0 to"),
        (OutgoingCallingPlan(rates=Rates(international=-0.1)), "amounts are 0 to"),
        (OutgoingCallingPlan(rates=Rates(countries=(CountryRate(calling_code="49", rate=-1.0),))), "amounts"),
        (
            OutgoingCallingPlan(rates=Rates(countries=(CountryRate(calling_code="+49", rate=1.0),))),
            "'+49' is no calling code",
        ),
        (
            OutgoingCallingPlan(
                rates=Rates(countries=(CountryRate(calling_code="1", rate=1.0),) * (MOST_COUNTRIES + 1))
            ),
            "at most 400 countries",
        ),
        (CallCapacityManagement(max_outgoing=-1), "fewer than 0 calls"),
        (SpeedDial8(entries=(SpeedDialEntry(code="1", destination="202"),)), "'1' is no code"),
        (SpeedDial100(entries=(SpeedDialEntry(code="7", destination="202"),)), "'7' is no code"),
        (SpeedDial8(entries=(SpeedDialEntry(code="2", destination="202"),) * 2), "code 2 stands there twice"),
        (SpeedDial8(entries=(SpeedDialEntry(code="2", destination="*21#"),)), "stands for no number"),
        (SpeedDial8(entries=(SpeedDialEntry(code="2", destination="3"),)), "stands for no number"),
        (SpeedDial8(entries=(SpeedDialEntry(code="2", destination="anna"),)), "stands for no number"),
        (AutomaticCallback(wait_s=0), "wait_s is 1 to"),
        (AutomaticCallback(wait_s=10_801), "wait_s is 1 to"),
        (EmergencyZones(zones=(EmergencyZone(name="a"),) * 2), "two zones have the same name"),
        (EmergencyZones(zones=(EmergencyZone(name=""),)), "a zone needs a name"),
        (EmergencyZones(zones=(EmergencyZone(name="a", number="0201234500"),)), "is no E.164 number"),
        (
            EmergencyZones(zones=tuple(EmergencyZone(name=str(n)) for n in range(MOST_ZONES + 1))),
            "at most 200 zones",
        ),
    ],
)
def test_told(settings: Settings, phrase: str) -> None:
    (found,) = problems(settings)
    assert phrase in found
