"""112 under a speed dial is an emergency call (call-flows §5: reached by any path)."""

from __future__ import annotations

import pytest

from fmc_gateway.call import commands as cmd
from fmc_gateway.call import events as ev
from hipper.pbx.model import Device, DeviceKind, SubscriberContext
from hipper.pbx.services.bundles import GroupServices, SubscriberServices
from hipper.pbx.services.calling import (
    EmergencyZone,
    EmergencyZones,
    SpeedDial8,
    SpeedDial100,
    SpeedDialEntry,
)
from hipper.telephony.numbers.e164 import E164
from tests.fmc_gateway.call.kit import SUZE_MOBILE, Ladder, invite, invite_from_desk, sdp, suze

SITE = E164("+31201234500")


def caller() -> SubscriberContext:
    services = SubscriberServices(
        speed_dial_8=SpeedDial8(entries=(SpeedDialEntry(code="9", destination="112"),)),
        speed_dial_100=SpeedDial100(entries=(SpeedDialEntry(code="12", destination="#31#112"),)),
    )
    desk = Device(
        id=suze().devices[0].id, kind=DeviceKind.DESK_PHONE, label="desk", aor_user="suze1", site="shop"
    )
    zones = EmergencyZones(zones=(EmergencyZone(name="shop", number=SITE),))
    return suze(
        services=services,
        devices=(desk, *suze().devices[1:]),
        group_services=GroupServices(emergency_zones=zones),
    )


@pytest.mark.parametrize("dialled", ["9", "#31#9", "*012"])
def test_goes_to_the_emergency_route_with_the_callers_number_shown(dialled: str) -> None:
    ladder = Ladder()
    ladder.tell(invite(dialled))
    ladder.load(caller(), None)
    (sent,) = ladder.of(cmd.Originate)
    assert isinstance(sent.target, cmd.EmergencyTarget)
    assert sent.target.dialled.endswith("112")
    assert (sent.identity.number, sent.sdp) == (SUZE_MOBILE, sdp("suze"))
    assert ladder.of(cmd.OfferMedia) == []


def test_route_of_the_site_is_tried_first_and_location_goes_along() -> None:
    """What 112 dialled would do (call-flows §5)."""
    told = {
        "emergency_routes": 3,
        "emergency_route": 2,
        "emergency_number": SITE,
        "passthrough_headers": (("Geolocation", "<cid:desk>"),),
        "body_type": "multipart/mixed;boundary=b",
        "body": "--b--",
    }
    sent = []
    for dialled in ("9", "112"):
        ladder = Ladder()
        ladder.tell(invite_from_desk(dialled, **told))
        if dialled == "9":
            ladder.load(caller(), None)
        sent += ladder.of(cmd.Originate)
    by_code, dialled_out = sent
    assert by_code == dialled_out
    assert by_code.target == cmd.EmergencyTarget(route_index=2, dialled="112")
    assert by_code.passthrough_headers == (("Geolocation", "<cid:desk>"),)


def test_from_a_desk_phone_the_site_is_shown() -> None:
    ladder = Ladder()
    ladder.tell(invite_from_desk("9"))
    ladder.load(caller(), None)
    (sent,) = ladder.of(cmd.Originate)
    assert (sent.target, sent.identity.number) == (cmd.EmergencyTarget(route_index=0, dialled="112"), SITE)
    ladder.tell(ev.LegRejected(leg=sent.leg, status=503))
    assert [one.target for one in ladder.of(cmd.Originate)][1:] == [
        cmd.EmergencyTarget(route_index=1, dialled="112")
    ]
