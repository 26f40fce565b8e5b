"""The first event of a call that a leg begins, and the base of all events (:mod:`.events`)."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from hipper.pbx.ids import CallId, DeviceId, GatewayId, LegId
from hipper.pbx.model import CallerIdentity, DivertReason
from hipper.telephony.numbers.e164 import E164


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="event"):
    """Base of all events."""


class LegSource(StrEnum):
    """Where the offered leg came from; decided by the listener and address it arrived on,
    never by its content."""

    MOBILE_NETWORK = "mobile_network"
    DESK_PHONE = "desk_phone"
    PSTN = "pstn"
    EXCHANGE = "exchange"
    """A device of ours that lives at another exchange, over that exchange's trunk."""
    APP = "app"
    """Dial from the app: there is no calling leg yet."""


class LegDirection(StrEnum):
    """``originating``: the served user calls. ``terminating``: the served user is called (call-flows §1)."""

    ORIGINATING = "originating"
    TERMINATING = "terminating"


class Diverted(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of Diversion (RFC 5806) and History-Info (RFC 7044). ``number``: of the user who diverted,
    None when nobody may know it. ``counter``: how many diversions the entry stands for. ``final``: this user
    wants the call to go no further (``limit=0``; seed 9, Diversion Inhibitor)."""

    number: E164 | None
    reason: DivertReason
    restricted: bool = False
    counter: int = 1
    final: bool = False


class PassOn(StrEnum):
    """Why a leg of an ``isc`` network goes back as it came, unanchored (call-flows §1)."""

    OWN_LEG = "own_leg"
    """Our own leg toward the handset, met again on its way."""
    NETWORK_SERVICE = "network_service"
    """A conference factory or another service of the handset."""
    UNKNOWN_USER = "unknown_user"
    """The network asked us about somebody who is not ours (any more)."""


class LegOffered(Event, frozen=True, kw_only=True, tag="leg_offered"):
    """An INVITE without To tag arrived and 100 Trying is on its way."""

    call: CallId
    leg: LegId
    source: LegSource
    direction: LegDirection
    peer: str
    """Name of the mobile network or trunk in the settings; for a desk phone its AOR user part."""
    trusted: bool
    served_number: E164 | None = None
    """Originating from a mobile: the MSISDN asserted. Terminating: the called number."""
    device: DeviceId | None = None
    """The authenticated desk phone, None otherwise (also for an emergency call, which
    is never challenged)."""
    dialled: str
    """As dialled: user part of the Request-URI or of a tel URI, percent-decoded, parameters removed. A URN
    (``urn:service:sos``) whole."""
    caller: CallerIdentity
    """As asserted by the peer, after dropping what an untrusted peer claims (RFC 3325 §5)."""
    anonymous_requested: bool = False
    """Per-call privacy: ``Privacy: id`` or user/header (RFC 3323), or an anonymous From."""
    identity_allowed_requested: bool = False
    """``Privacy: none``: show the number for this call although the user withholds it permanently."""
    sdp: str | None = None
    icid: str | None = None
    """P-Charging-Vector icid-value (RFC 7315), to reconcile records with the network's."""
    sip_call_id: str
    max_forwards: int = 70
    loop_guard: bool = False
    """The leg carries this gateway's own mark: our leg toward the handset came back (call-flows §1)."""
    passthrough_headers: tuple[tuple[str, str], ...] = ()
    """Headers an emergency call keeps: Geolocation, Geolocation-Routing,
    P-Access-Network-Info… (RFC 6442, 7315)."""
    body_type: str | None = None
    """Content-Type of the whole body when it is not plain SDP (multipart with PIDF-LO); None otherwise."""
    body: str | None = None
    """The whole body (latin-1) when ``body_type`` is set."""
    network_reference: str | None = None
    """imrn: the call reference of the request, to reconcile records with the network's."""
    exchange_user: str | None = None
    """EXCHANGE: user part at that exchange, which with ``peer`` names the device."""
    return_route: tuple[str, ...] = ()
    """isc: the Route that is left after ours, with the Original Dialog Identifier. A leg that goes on in the
    same session carries it; without it the S-CSCF would see a new call and loop."""
    request_uri: str | None = None
    """isc: the whole Request-URI, for a leg that goes back as it came."""
    pass_on: PassOn | None = None
    """isc: the leg goes back unanchored."""
    diverted: tuple[Diverted, ...] = ()
    """Who diverted the call before it reached us, the first first (Diversion, History-Info of a trusted
    peer). Legs of ours carry it on, or a loop over other exchanges is seen by nobody."""
    diversions: int = 0
    """How often it was diverted, as any peer says: that many it may have less."""
    emergency_callback: bool = False
    """A trusted peer says that the emergency centre calls back (RFC 7090), or a user of ours called it a
    short while ago."""
    emergency_number: E164 | None = None
    """An emergency call of a desk phone: what its site shows the emergency centre."""
    emergency_route: int | None = None
    """An emergency call of a desk phone: the route of its site, tried before the others."""
    outgoing_network: bool = False
    """Calls of this network's users to the outside go back into the network rather than to the PSTN."""
    gateway: GatewayId = GatewayId("")
    """This gateway, as live call and record name it."""
    emergency_routes: int = 1
    """How many emergency routes the settings hold; ``EmergencyTarget.route_index`` stays below it."""
