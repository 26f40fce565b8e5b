"""What happened: the only input of :func:`fmc_gateway.call.step.step` besides the call and the time.

Every event is data that can be encoded, so that a stored trace replays. Legs, pairs and timers are named by
ids the engine itself handed out in a command, except the first leg, which the edge names in
:class:`LegOffered`.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from hipper.pbx.ids import CallId, DeviceId, GatewayId, LegId, PairId, SubscriberId, TenantId
from hipper.pbx.model import (
    CallerIdentity,
    DivertReason,
    OriginationFacts,
    Payer,
    SubscriberContext,
    TerminationFacts,
)
from hipper.telephony.numbers.e164 import E164


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


class Binding(msgspec.Struct, frozen=True, kw_only=True):
    """A registered contact of a desk phone (RFC 3261 §10), as the registrar held it when
    the call was decided."""

    device: DeviceId
    contact: str
    """The Contact URI."""
    flow: str
    """Opaque name of the transport flow to send on; the interpreter understands it."""
    path: tuple[str, ...] = ()


class Diverted(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of Diversion (RFC 5806) and History-Info (RFC 7044). ``number``: of the user who diverted,
    None when nobody may know it. ``counter``: how many diversions the entry stands for. ``final``: this user
    wants the call to go no further (``limit=0``; seed 9, Diversion Inhibitor)."""

    number: E164 | None
    reason: DivertReason
    restricted: bool = False
    counter: int = 1
    final: bool = False


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="event"):
    """Base of all events."""


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


class ContextLoaded(Event, frozen=True, kw_only=True, tag="context_loaded"):
    """The directory answered. ``caller``: the served subscriber of an originating leg, None when not ours.
    ``called``: the subscriber who owns the dialled number or extension, None when nobody of ours does.
    ``bindings``: current registrations of the called subscriber's desk phones. ``busy_devices``: devices of
    the called subscriber that are in a call now."""

    caller: SubscriberContext | None
    called: SubscriberContext | None
    bindings: tuple[Binding, ...] = ()
    busy_devices: tuple[DeviceId, ...] = ()
    origination: OriginationFacts = OriginationFacts()
    """Of the served user of an originating leg, or of the one who forwards."""
    termination: TerminationFacts = TerminationFacts()
    """Of the called user."""
    stale: bool = False
    """The database did not answer; this is the last read."""


class ContextFailed(Event, frozen=True, kw_only=True, tag="context_failed"):
    """The directory did not answer and nothing was remembered."""

    reason: str


class MediaOffered(Event, frozen=True, kw_only=True, tag="media_offered"):
    """rtpengine made the SDP to offer to ``to_leg``."""

    pair: PairId
    from_leg: LegId
    to_leg: LegId
    sdp: str


class MediaAnswered(Event, frozen=True, kw_only=True, tag="media_answered"):
    """rtpengine made the SDP that answers the offering leg of ``pair``."""

    pair: PairId
    sdp: str
    transcoded: bool = False


class MediaFailed(Event, frozen=True, kw_only=True, tag="media_failed"):
    """rtpengine refused an OfferMedia or AnswerMedia, or none answered. ``no_rtpengine`` True: none is left
    (503 with Retry-After). Failures of block, unblock, play, stop and delete are logged by the interpreter
    and make no event."""

    pair: PairId
    reason: str
    no_rtpengine: bool = False


class MediaTimedOut(Event, frozen=True, kw_only=True, tag="media_timed_out"):
    """rtpengine saw no packets from either side for its timeout."""

    pair: PairId


class LegSent(Event, frozen=True, kw_only=True, tag="leg_sent"):
    """The INVITE of an Originate left; ``sip_call_id``: its Call-ID, for the record. Optional:
    nothing waits for it."""

    leg: LegId
    sip_call_id: str
    icid: str | None = None
    """Its own, of a leg that is a session of its own (isc)."""


class LegTrying(Event, frozen=True, kw_only=True, tag="leg_trying"):
    """100 from the peer: it has the call."""

    leg: LegId


class LegRinging(Event, frozen=True, kw_only=True, tag="leg_ringing"):
    """18x without SDP from a leg we originated."""

    leg: LegId
    status: int


class LegProgress(Event, frozen=True, kw_only=True, tag="leg_progress"):
    """18x with SDP: early media. ``to_tag`` names the early dialog (a fork behind the peer makes several)."""

    leg: LegId
    status: int
    sdp: str
    to_tag: str


class LegAnswered(Event, frozen=True, kw_only=True, tag="leg_answered"):
    """2xx from a leg we originated. The user agent layer sends the ACK when ``sdp`` is an answer; when it is
    the offer, because our INVITE had none, the ACK waits for AcknowledgeLeg."""

    leg: LegId
    sdp: str | None
    to_tag: str
    connected: CallerIdentity | None = None


class LegRejected(Event, frozen=True, kw_only=True, tag="leg_rejected"):
    """Final 3xx–6xx, a timeout (408) or a transport failure (503) on a leg we originated.
    ``by_network``: the status was made on the way (timeout, transport), not by the peer's user agent."""

    leg: LegId
    status: int
    reason_phrase: str = ""
    q850: int | None = None
    """Cause of a ``Reason: Q.850`` header (RFC 3326)."""
    after_ringing: bool = False
    by_network: bool = False
    retry_after_s: int | None = None
    contacts: tuple[str, ...] = ()
    """Of a 3xx: where the peer sends the call, by q-value (RFC 3261 §8.1.3.4)."""


class LegCancelled(Event, frozen=True, kw_only=True, tag="leg_cancelled"):
    """CANCEL (or no answer in the RFC's time) on an offered leg before its final response.
    487 is already sent."""

    leg: LegId
    reason: str | None = None
    """The Reason header of the CANCEL, verbatim."""


class LegConfirmed(Event, frozen=True, kw_only=True, tag="leg_confirmed"):
    """ACK for our 2xx arrived. ``sdp``: the answer to an offer we made in the 2xx."""

    leg: LegId
    sdp: str | None = None


class LegEnded(Event, frozen=True, kw_only=True, tag="leg_ended"):
    """The dialog is over: BYE from the peer, or it is dead (481, 408, no ACK, session expired)."""

    leg: LegId
    cause: str
    """``bye``, ``no_ack``, ``session_expired``, ``dialog_gone``, ``transport``."""
    q850: int | None = None
    reason: str | None = None


class LegReoffered(Event, frozen=True, kw_only=True, tag="leg_reoffered"):
    """re-INVITE or UPDATE with an offer (``sdp``), or a re-INVITE without one (``sdp`` None: we offer).
    Session refreshes whose SDP did not change never get here; the user agent layer answers them."""

    leg: LegId
    sdp: str | None
    method: str


class LegReofferAnswered(Event, frozen=True, kw_only=True, tag="leg_reoffer_answered"):
    """Our re-INVITE or UPDATE was accepted; or the ACK of a re-INVITE we answered with an
    offer carried ``sdp``."""

    leg: LegId
    sdp: str | None


class LegReofferRejected(Event, frozen=True, kw_only=True, tag="leg_reoffer_rejected"):
    """Our re-INVITE or UPDATE was refused (491 was already retried per RFC 3261 §14.1)."""

    leg: LegId
    status: int


class TimerFired(Event, frozen=True, kw_only=True, tag="timer_fired"):
    name: str


class DigitPressed(Event, frozen=True, kw_only=True, tag="digit_pressed"):
    """A telephone-event (RFC 4733) or an INFO. ``digit``: ``0``–``9``, ``*``, ``#``, ``A``–``D``."""

    leg: LegId
    digit: str


class AnnouncementEnded(Event, frozen=True, kw_only=True, tag="announcement_ended"):
    """The last of a PlayAnnouncement was heard, or none could be played (``played`` False)."""

    pair: PairId
    leg: LegId
    played: bool = True


class FeatureDone(Event, frozen=True, kw_only=True, tag="feature_done"):
    """What an ApplyFeature came to."""

    done: bool
    explanation: str | None = None


class ConnectedChanged(Event, frozen=True, kw_only=True, tag="connected_changed"):
    """A trusted peer says that somebody else is at its end now (P-Asserted-Identity in an UPDATE or
    re-INVITE whose session description did not change)."""

    leg: LegId
    connected: CallerIdentity


class DialRequested(Event, frozen=True, kw_only=True, tag="dial_requested"):
    """Dial from the app: the first event of a call that no leg has yet (call-flows §2)."""

    call: CallId
    leg: LegId
    """Id of the leg to the user's own device that is to be."""
    subscriber: SubscriberId
    tenant: TenantId | None = None
    """Whose the user is, as who asks has proved; None: the wish is our own."""
    destination: str
    device: DeviceId | None = None
    anonymous: bool = False
    gateway: GatewayId = GatewayId("")


class DeclineRequested(Event, frozen=True, kw_only=True, tag="decline_requested"):
    """The app declines a call that rings. ``device``: that telephone of ``subscriber`` stops ringing; None:
    the user declines."""

    subscriber: SubscriberId
    device: DeviceId | None = None


class CallChosen(Event, frozen=True, kw_only=True, tag="call_chosen"):
    """The answer to FindCall: which call is taken over, None: none is, and ``explanation`` says why."""

    call: CallId | None
    explanation: str = ""


class LegJoined(Event, frozen=True, kw_only=True, tag="leg_joined"):
    """A leg that asked for this call with ``*11``, in a call of its own, is in this one from now on.
    ``offered``: the first event of that call. ``device``: the telephone of ``subscriber`` it comes from,
    None when nobody knows. ``payer``: whose subscription pays for the leg."""

    leg: LegId
    offered: LegOffered
    subscriber: SubscriberId
    device: DeviceId | None
    payer: Payer
    tenant: TenantId | None = None
    language: str = "nl"
    radio: bool = False
    """It comes from a handset."""


class LegReturned(Event, frozen=True, kw_only=True, tag="leg_returned"):
    """The first event of a call: a leg that joined another one could not have it, and hears why."""

    joined: LegJoined
    explanation: str


class MoveRequested(Event, frozen=True, kw_only=True, tag="move_requested"):
    """The app: the side of ``subscriber`` goes on on ``device``, which rings first. ``from_device``: from
    which, where the user has two in the call; None: the one there is. ``request``: AnswerRequest names it."""

    request: str
    subscriber: SubscriberId
    device: DeviceId
    from_device: DeviceId | None = None


class HoldRequested(Event, frozen=True, kw_only=True, tag="hold_requested"):
    """The app holds, or (``on`` False) resumes. ``device``: on which telephone, where the
    user has two in the call."""

    request: str
    subscriber: SubscriberId
    on: bool
    device: DeviceId | None = None


class ConsultRequested(Event, frozen=True, kw_only=True, tag="consult_requested"):
    """The far party waits while ``subscriber`` talks to ``destination``, digits as the user dials them."""

    request: str
    subscriber: SubscriberId
    destination: str


class TransferRequested(Event, frozen=True, kw_only=True, tag="transfer_requested"):
    """Without consultation. ``returns``: to the user, when nobody takes it. ``no_answer_s``: None: as any."""

    request: str
    subscriber: SubscriberId
    destination: str
    returns: bool = True
    no_answer_s: int | None = None


class ConsultStep(StrEnum):  # without the user, without the colleague, or with the one who waits
    COMPLETE = "complete"
    CANCEL = "cancel"
    SWAP = "swap"


class ConsultStepRequested(Event, frozen=True, kw_only=True, tag="consult_step_requested"):
    request: str
    subscriber: SubscriberId
    step: ConsultStep


class HangUpRequested(Event, frozen=True, kw_only=True, tag="hang_up_requested"):
    """A command from the bus (app, operator), or the drain of the gateway running out of time."""

    by: str
    """``user:<subscriber>``, ``operator``, ``drain``."""


AnyEvent = (
    LegOffered
    | ContextLoaded
    | ContextFailed
    | MediaOffered
    | MediaAnswered
    | MediaFailed
    | MediaTimedOut
    | LegSent
    | LegTrying
    | LegRinging
    | LegProgress
    | LegAnswered
    | LegRejected
    | LegCancelled
    | LegConfirmed
    | LegEnded
    | LegReoffered
    | LegReofferAnswered
    | LegReofferRejected
    | TimerFired
    | DigitPressed
    | AnnouncementEnded
    | FeatureDone
    | ConnectedChanged
    | DialRequested
    | DeclineRequested
    | CallChosen
    | LegJoined
    | LegReturned
    | MoveRequested
    | HoldRequested
    | ConsultRequested
    | TransferRequested
    | ConsultStepRequested
    | HangUpRequested
)
