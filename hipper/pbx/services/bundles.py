"""All services of one owner as one value: the shape in which a context carries them. None: never set."""

from __future__ import annotations

import msgspec

from hipper.pbx.services import at_once as ao
from hipper.pbx.services import availability as av
from hipper.pbx.services import calling as ca
from hipper.pbx.services import colleagues as co
from hipper.pbx.services import forwarding as fw
from hipper.pbx.services import in_call as ic
from hipper.pbx.services import reachability as re
from hipper.pbx.services import schedules as sc
from hipper.pbx.services import screening as scr


class SubscriberServices(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Field names are the service names of :mod:`hipper.pbx.services.registry`."""

    call_forwarding_always: fw.CallForwardingAlways | None = None
    call_forwarding_busy: fw.CallForwardingBusy | None = None
    call_forwarding_no_answer: fw.CallForwardingNoAnswer | None = None
    call_forwarding_not_reachable: fw.CallForwardingNotReachable | None = None
    call_forwarding_selective: fw.CallForwardingSelective | None = None
    intercept_user: fw.InterceptUser | None = None
    diversion_inhibitor: fw.DiversionInhibitor | None = None
    voicemail: fw.Voicemail | None = None
    night_forwarding: fw.UserNightForwarding | None = None
    do_not_disturb: scr.DoNotDisturb | None = None
    anonymous_call_rejection: scr.AnonymousCallRejection | None = None
    selective_call_acceptance: scr.SelectiveCallAcceptance | None = None
    selective_call_rejection: scr.SelectiveCallRejection | None = None
    priority_alert: scr.PriorityAlert | None = None
    call_waiting: scr.CallWaiting | None = None
    alternate_numbers: scr.AlternateNumbers | None = None
    busy_lamp_field: scr.BusyLampField | None = None
    privacy: scr.Privacy | None = None
    anywhere: re.Anywhere | None = None
    remote_office: re.RemoteOffice | None = None
    simultaneous_ring_personal: re.SimultaneousRingPersonal | None = None
    personal_assistant: re.PersonalAssistant | None = None
    ring_order: re.RingOrder | None = None
    availability: av.Availability | None = None
    schedules: sc.Schedules | None = None
    internal_calling_line_id_delivery: ca.InternalCallingLineIdDelivery | None = None
    external_calling_line_id_delivery: ca.ExternalCallingLineIdDelivery | None = None
    contact_list_identity: ca.ContactListIdentity | None = None
    connected_line_identification_restriction: ca.ConnectedLineIdentificationRestriction | None = None
    speed_dial_8: ca.SpeedDial8 | None = None
    speed_dial_100: ca.SpeedDial100 | None = None
    call_return: ca.CallReturn | None = None
    last_number_redial: ca.LastNumberRedial | None = None
    automatic_callback: ca.AutomaticCallback | None = None
    music_on_hold_user: ca.MusicOnHoldUser | None = None
    in_call_services: ic.InCallServices | None = None
    outgoing_calling_plan: ca.OutgoingCallingPlan | None = None
    simultaneous_calls: ao.SimultaneousCalls | None = None
    call_pickup: co.CallPickup | None = None
    directed_call_pickup: co.DirectedCallPickup | None = None
    directed_call_pickup_with_bargein: co.DirectedCallPickupWithBargein | None = None
    bargein_exempt: co.BargeinExempt | None = None


class GroupServices(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Of the group; names are those of the registry."""

    group_night_forwarding: fw.GroupNightForwarding | None = None
    intercept_group: fw.InterceptGroup | None = None
    incoming_calling_plan: scr.IncomingCallingPlan | None = None
    group_outgoing_calling_plan: ca.OutgoingCallingPlan | None = None
    call_capacity_management: ca.CallCapacityManagement | None = None
    emergency_zones: ca.EmergencyZones | None = None
    in_call_codes: ic.InCallCodes | None = None
    group_schedules: sc.Schedules | None = None
    call_park: co.CallPark | None = None
    feature_codes: co.FeatureCodes | None = None
