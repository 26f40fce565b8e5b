"""Every service by name: whose it is, what its settings look like, which packs hold it (seed 4, 5.8, 9)."""

from __future__ import annotations

from typing import Literal, NamedTuple

from hipper.pbx.services import at_once as ao
from hipper.pbx.services import availability as av
from hipper.pbx.services import calling as ca
from hipper.pbx.services import colleagues as co
from hipper.pbx.services import forwarding as fw
from hipper.pbx.services import in_call as ic
from hipper.pbx.services import reachability as re
from hipper.pbx.services import schedules as sc
from hipper.pbx.services import screening as scr
from hipper.pbx.services.base import Settings

Scope = Literal["subscriber", "group"]


class Level(NamedTuple):
    """The columns of seed 9: which of the three function levels hold a service."""

    basis: bool
    premium: bool
    mobile: bool


EVERYBODY = Level(True, True, True)
PREMIUM = Level(False, True, True)


class ServiceDefinition(NamedTuple):
    name: str
    scope: Scope
    settings: type[Settings]
    level: Level
    seed: str
    """Chapter that describes it."""
    nl: str
    en: str


def _user(
    name: str, settings: type[Settings], level: Level, seed: str, nl: str, en: str
) -> ServiceDefinition:
    return ServiceDefinition(name, "subscriber", settings, level, seed, nl, en)


def _group(
    name: str, settings: type[Settings], level: Level, seed: str, nl: str, en: str
) -> ServiceDefinition:
    return ServiceDefinition(name, "group", settings, level, seed, nl, en)


_ALL = (
    _user(
        "call_forwarding_always",
        fw.CallForwardingAlways,
        EVERYBODY,
        "9",
        "Altijd doorschakelen",
        "Call Forwarding Always",
    ),
    _user(
        "call_forwarding_busy",
        fw.CallForwardingBusy,
        EVERYBODY,
        "9",
        "Doorschakelen bij bezet",
        "Call Forwarding Busy",
    ),
    _user(
        "call_forwarding_no_answer",
        fw.CallForwardingNoAnswer,
        EVERYBODY,
        "9",
        "Doorschakelen bij geen gehoor",
        "Call Forwarding No Answer",
    ),
    _user(
        "call_forwarding_not_reachable",
        fw.CallForwardingNotReachable,
        EVERYBODY,
        "9",
        "Doorschakelen bij niet bereikbaar",
        "Call Forwarding Not Reachable",
    ),
    _user(
        "call_forwarding_selective",
        fw.CallForwardingSelective,
        PREMIUM,
        "4.2, 9",
        "Selectief doorschakelen",
        "Call Forwarding Selective",
    ),
    _user("intercept_user", fw.InterceptUser, EVERYBODY, "9", "Oproepen onderscheppen", "Intercept User"),
    _user(
        "diversion_inhibitor",
        fw.DiversionInhibitor,
        EVERYBODY,
        "9",
        "Niet verder doorschakelen",
        "Diversion Inhibitor",
    ),
    _user("voicemail", fw.Voicemail, PREMIUM, "4.2, 5.4", "Voicemail", "Voice Messaging User"),
    _user(
        "night_forwarding",
        fw.UserNightForwarding,
        EVERYBODY,
        "4.1.1, 9",
        "Nachtschakeling",
        "Group Night Forwarding",
    ),
    _user("do_not_disturb", scr.DoNotDisturb, EVERYBODY, "9", "Niet storen", "Do Not Disturb"),
    _user(
        "anonymous_call_rejection",
        scr.AnonymousCallRejection,
        EVERYBODY,
        "9",
        "Anonieme oproepen weigeren",
        "Anonymous Call Rejection",
    ),
    _user(
        "selective_call_acceptance",
        scr.SelectiveCallAcceptance,
        PREMIUM,
        "9",
        "Selectief aannemen",
        "Selective Call Acceptance",
    ),
    _user(
        "selective_call_rejection",
        scr.SelectiveCallRejection,
        PREMIUM,
        "9",
        "Selectief weigeren",
        "Selective Call Rejection",
    ),
    _user("priority_alert", scr.PriorityAlert, PREMIUM, "9", "Afwijkend belsignaal", "Priority Alert"),
    _user("call_waiting", scr.CallWaiting, EVERYBODY, "9", "Wisselgesprek", "Call Waiting"),
    _user(
        "alternate_numbers", scr.AlternateNumbers, PREMIUM, "9", "Alternatieve nummers", "Alternate Numbers"
    ),
    _user("busy_lamp_field", scr.BusyLampField, PREMIUM, "9", "Bezetlampjes", "Busy Lamp Field"),
    _user("privacy", scr.Privacy, EVERYBODY, "9", "Privacy", "Privacy"),
    _user("anywhere", re.Anywhere, PREMIUM, "4.3", "Anywhere", "BroadWorks Anywhere"),
    _user("remote_office", re.RemoteOffice, PREMIUM, "4.3", "Remote Office", "Remote Office"),
    _user(
        "simultaneous_ring_personal",
        re.SimultaneousRingPersonal,
        PREMIUM,
        "4.3",
        "Gelijktijdig overgaan",
        "Simultaneous Ring Personal",
    ),
    _user(
        "personal_assistant",
        re.PersonalAssistant,
        PREMIUM,
        "4.2",
        "Persoonlijke assistent",
        "Personal Assistant",
    ),
    _user("ring_order", re.RingOrder, EVERYBODY, "5.3", "Volgorde van overgaan", "Ring order"),
    _user("availability", av.Availability, EVERYBODY, "4.7.1, 5.3, 5.6", "Bereikbaarheid", "Availability"),
    _user("schedules", sc.Schedules, EVERYBODY, "5.3, 5.6", "Tijdschema's", "Schedules"),
    _user(
        "internal_calling_line_id_delivery",
        ca.InternalCallingLineIdDelivery,
        EVERYBODY,
        "9",
        "Nummerweergave intern",
        "Internal Calling Line ID Delivery",
    ),
    _user(
        "external_calling_line_id_delivery",
        ca.ExternalCallingLineIdDelivery,
        EVERYBODY,
        "9",
        "Nummerweergave extern",
        "External Calling Line ID Delivery",
    ),
    _user(
        "contact_list_identity",
        ca.ContactListIdentity,
        EVERYBODY,
        "4.7.1, 5.1",
        "Identiteit per telefoonlijst",
        "Identity per contact list",
    ),
    _user(
        "connected_line_identification_restriction",
        ca.ConnectedLineIdentificationRestriction,
        EVERYBODY,
        "9",
        "Verbonden nummer verbergen",
        "Connected Line Identification Restriction",
    ),
    _user("speed_dial_8", ca.SpeedDial8, EVERYBODY, "9", "Verkort kiezen 8", "Speed Dial 8"),
    _user("speed_dial_100", ca.SpeedDial100, EVERYBODY, "9", "Verkort kiezen 100", "Speed Dial 100"),
    _user("call_return", ca.CallReturn, EVERYBODY, "9", "Terugbellen", "Call Return"),
    _user(
        "last_number_redial",
        ca.LastNumberRedial,
        EVERYBODY,
        "9",
        "Laatste nummer herhalen",
        "Last Number Redial",
    ),
    _user(
        "automatic_callback",
        ca.AutomaticCallback,
        EVERYBODY,
        "9",
        "Automatisch terugbellen",
        "Automatic Callback",
    ),
    _user("music_on_hold_user", ca.MusicOnHoldUser, PREMIUM, "9", "Wachtmuziek", "Music On Hold User"),
    _user(
        "in_call_services",
        ic.InCallServices,
        EVERYBODY,
        "4.7.3",
        "Diensten tijdens het gesprek",
        "In-call services",
    ),
    _user(
        "outgoing_calling_plan",
        ca.OutgoingCallingPlan,
        EVERYBODY,
        "9",
        "Belregels uitgaand",
        "Outgoing Calling Plan",
    ),
    _user(
        "simultaneous_calls",
        ao.SimultaneousCalls,
        EVERYBODY,
        "9",
        "Gelijktijdige gesprekken",
        "Simultaneous calls",
    ),
    _user("call_pickup", co.CallPickup, EVERYBODY, "9", "Gesprek overnemen", "Call Pickup"),
    _user(
        "directed_call_pickup",
        co.DirectedCallPickup,
        PREMIUM,
        "9",
        "Gericht gesprek overnemen",
        "Directed Call Pickup",
    ),
    _user(
        "directed_call_pickup_with_bargein",
        co.DirectedCallPickupWithBargein,
        PREMIUM,
        "9",
        "Gericht overnemen met inbreken",
        "Directed Call Pickup with Bargein",
    ),
    _user("bargein_exempt", co.BargeinExempt, EVERYBODY, "9", "Niet inbreken", "Bargein Exempt"),
    _group(
        "group_night_forwarding",
        fw.GroupNightForwarding,
        EVERYBODY,
        "4.1.1, 9",
        "Nachtschakeling groep",
        "Group Night Forwarding",
    ),
    _group(
        "intercept_group",
        fw.InterceptGroup,
        EVERYBODY,
        "9",
        "Oproepen van de groep onderscheppen",
        "Intercept Group",
    ),
    _group(
        "incoming_calling_plan",
        scr.IncomingCallingPlan,
        EVERYBODY,
        "9",
        "Belregels inkomend",
        "Incoming Calling Plan",
    ),
    _group(
        "group_outgoing_calling_plan",
        ca.OutgoingCallingPlan,
        EVERYBODY,
        "9",
        "Belregels uitgaand groep",
        "Outgoing Calling Plan",
    ),
    _group(
        "call_capacity_management",
        ca.CallCapacityManagement,
        EVERYBODY,
        "9",
        "Gesprekscapaciteit",
        "Call Capacity Management",
    ),
    _group("emergency_zones", ca.EmergencyZones, EVERYBODY, "9", "Noodzones", "Emergency Zones"),
    _group(
        "in_call_codes",
        ic.InCallCodes,
        EVERYBODY,
        "4.7.3",
        "Codes tijdens het gesprek",
        "In-call service codes",
    ),
    _group("group_schedules", sc.Schedules, EVERYBODY, "5.3", "Tijdschema's van de groep", "Group schedules"),
    _group("call_park", co.CallPark, EVERYBODY, "9", "Gesprekken parkeren", "Call Park"),
    _group("feature_codes", co.FeatureCodes, EVERYBODY, "9", "Dienstcodes", "Feature access codes"),
)

SERVICES: dict[str, ServiceDefinition] = {one.name: one for one in _ALL}
