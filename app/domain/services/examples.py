"""An example of each service's settings, for the description: what the demonstration's people might set."""

from __future__ import annotations

from typing import Any

from hipper.pbx.services.registry import ServiceDefinition

_OFFICE_HOURS = {
    "name": "kantoor",
    "weekly": [{"days": ["mon", "tue", "wed", "thu", "fri"], "start": "09:00", "end": "17:30"}],
}
_FORWARD = {"active": True, "destination": "0201234502"}
_CRITERION = {"name": "klanten", "callers": "business"}

_CRITERIA = {"active": True, "criteria": [_CRITERION]}
_SCHEDULES = {"schedules": [_OFFICE_HOURS, {"name": "feestdagen", "public_holidays": "NL"}]}
_RATES = {"barred": ["service_paid"], "max_calls_user": 2}

EXAMPLES: dict[str, dict[str, Any]] = {
    "call_forwarding_always": _FORWARD,
    "call_forwarding_busy": _FORWARD,
    "call_forwarding_no_answer": {**_FORWARD, "after_s": 20},
    "call_forwarding_not_reachable": _FORWARD,
    "call_forwarding_selective": {**_FORWARD, "rules": [{"criterion": _CRITERION}]},
    "intercept_user": _FORWARD,
    "intercept_group": _FORWARD,
    "selective_call_acceptance": _CRITERIA,
    "selective_call_rejection": _CRITERIA,
    "priority_alert": _CRITERIA,
    "alternate_numbers": {"distinctive": [{"number": "+31201234599", "ring": 2}]},
    "anywhere": {"active": True, "locations": [{"number": "+31201234599", "confirm": True}]},
    "remote_office": {"active": True, "number": "+31201234599"},
    "simultaneous_ring_personal": {"active": True, "numbers": [{"number": "+31201234599"}]},
    "personal_assistant": {"active": True, "reason": "meeting", "to_voicemail": True},
    "ring_order": {"delays": [{"device": "d_7d1c", "delay_s": 10}]},
    "availability": {
        "profiles": [{"name": "Vrij", "business": {"action": "voicemail"}}],
        "active_profile": "Vrij",
    },
    "schedules": _SCHEDULES,
    "group_schedules": _SCHEDULES,
    "speed_dial_8": {"entries": [{"code": "2", "destination": "0201234502", "label": "Bram"}]},
    "speed_dial_100": {"entries": [{"code": "07", "destination": "0201234502", "label": "Bram"}]},
    "outgoing_calling_plan": _RATES,
    "group_outgoing_calling_plan": _RATES,
    "incoming_calling_plan": {"external": False},
    "call_capacity_management": {"max_calls": 30},
    "simultaneous_calls": {"most": 1},
    "call_park": {"recall_s": 90},
    "feature_codes": {"call_pickup": "55"},
    "emergency_zones": {"zones": [{"name": "amsterdam", "number": "+31201234500"}]},
}
"""By service; of the others only the switch, where there is one, is shown."""


def example_of(service: ServiceDefinition) -> dict[str, Any]:
    found = EXAMPLES.get(service.name)
    if found is not None:
        return found
    return {"active": True} if "active" in service.settings.__struct_fields__ else {}
