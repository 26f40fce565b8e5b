"""Where a telephone stands when it calls 112 (seed 9, Emergency Zones; call-flows §5). Pure."""

from __future__ import annotations

from hipper.pbx.ids import DeviceId
from hipper.pbx.model import SubscriberContext
from hipper.pbx.services.calling import EmergencyZone


def emergency_zone(context: SubscriberContext, device: DeviceId) -> EmergencyZone | None:
    """The zone named by the ``site`` of ``device``, with the number and route of that site. None: the device
    is not this user's, stands nowhere, or nowhere the group knows; the call then goes out with the user's own
    number over the emergency routes in order.

    The user's service pack is not asked: every pack holds the service (seed 9).
    """
    zones = context.group_services.emergency_zones
    site = next((one.site for one in context.devices if one.id == device), None)
    if zones is None or site is None:
        return None
    return next((zone for zone in zones.zones if zone.name == site), None)
