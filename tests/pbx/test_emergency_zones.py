"""The site of a desk phone gives number and route of an emergency call (call-flows §5; seed 9)."""

from __future__ import annotations

import msgspec
import pytest

from hipper.pbx.emergency_zones import emergency_zone
from hipper.pbx.ids import DeviceId
from hipper.pbx.model import ServicePack
from hipper.pbx.services.bundles import GroupServices
from hipper.pbx.services.calling import EmergencyZone, EmergencyZones
from tests.pbx.people import ANNA, changed

DESK = DeviceId("anna-desk")
SHOP = EmergencyZone(name="shop", number="+31201234500", route="amsterdam")
BAKEHOUSE = EmergencyZone(name="bakehouse", number="+31301234500")
IN_SHOP = changed(
    ANNA,
    devices=(msgspec.structs.replace(ANNA.devices[0], site="bakehouse"), *ANNA.devices[1:]),
    group_services=GroupServices(emergency_zones=EmergencyZones(zones=(SHOP, BAKEHOUSE))),
)


@pytest.mark.parametrize("pack", list(ServicePack))
def test_zone_of_the_site_whatever_the_pack(pack: ServicePack) -> None:
    assert emergency_zone(changed(IN_SHOP, pack=pack), DESK) == BAKEHOUSE


def test_none_without_site_zone_or_device() -> None:
    assert emergency_zone(IN_SHOP, DeviceId("anna-mobile")) is None
    assert emergency_zone(IN_SHOP, DeviceId("bram-desk")) is None
    assert emergency_zone(changed(IN_SHOP, group_services=GroupServices()), DESK) is None
    others = GroupServices(emergency_zones=EmergencyZones(zones=(SHOP,)))
    assert emergency_zone(changed(IN_SHOP, group_services=others), DESK) is None
