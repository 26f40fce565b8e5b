"""What happened: the only input of :func:`fmc_gateway.call.step.step` besides the call and the time.

Every event is data that can be encoded, so that a stored trace replays. Legs, pairs and timers are named by
ids the engine itself handed out in a command, except the first leg, which the edge names in
:class:`LegOffered`.
"""

from __future__ import annotations

from fmc_gateway.call.colleague_events import ParkRequested as ParkRequested
from fmc_gateway.call.colleague_events import PickUpRequested as PickUpRequested
from fmc_gateway.call.colleague_events import RetrieveRequested as RetrieveRequested
from fmc_gateway.call.conference_events import ConferenceAddRequested as ConferenceAddRequested
from fmc_gateway.call.conference_events import ConferenceMuteRequested as ConferenceMuteRequested
from fmc_gateway.call.conference_events import ConferenceRemoveRequested as ConferenceRemoveRequested
from fmc_gateway.call.conference_events import ConferenceRequested as ConferenceRequested
from fmc_gateway.call.conference_events import PartyInRoom as PartyInRoom
from fmc_gateway.call.conference_events import PartyNotInRoom as PartyNotInRoom
from fmc_gateway.call.conference_events import RoomFailed as RoomFailed
from fmc_gateway.call.conference_events import RoomMade as RoomMade
from fmc_gateway.call.key_events import DigitsRequested as DigitsRequested
from fmc_gateway.call.key_events import KeyHeard as KeyHeard
from fmc_gateway.call.key_events import KeysPassed as KeysPassed
from fmc_gateway.call.key_events import ServiceAnswered as ServiceAnswered
from fmc_gateway.call.key_events import ServiceBegun as ServiceBegun
from fmc_gateway.call.key_events import ServiceGivenUp as ServiceGivenUp
from fmc_gateway.call.key_events import ServiceKeyed as ServiceKeyed
from fmc_gateway.call.legs import Binding as Binding
from fmc_gateway.call.lending_events import LegAsked as LegAsked
from fmc_gateway.call.lending_events import LegBack as LegBack
from fmc_gateway.call.lending_events import LegKept as LegKept
from fmc_gateway.call.lending_events import LegLent as LegLent
from fmc_gateway.call.lending_events import LegRefused as LegRefused
from fmc_gateway.call.offered import Diverted as Diverted
from fmc_gateway.call.offered import Event as Event
from fmc_gateway.call.offered import LegDirection as LegDirection
from fmc_gateway.call.offered import LegOffered as LegOffered
from fmc_gateway.call.offered import LegSource as LegSource
from fmc_gateway.call.offered import PassOn as PassOn
from fmc_gateway.call.wishes import CallChosen as CallChosen
from fmc_gateway.call.wishes import ConsultRequested as ConsultRequested
from fmc_gateway.call.wishes import ConsultStep as ConsultStep
from fmc_gateway.call.wishes import ConsultStepRequested as ConsultStepRequested
from fmc_gateway.call.wishes import DeclineRequested as DeclineRequested
from fmc_gateway.call.wishes import DialRequested as DialRequested
from fmc_gateway.call.wishes import HangUpRequested as HangUpRequested
from fmc_gateway.call.wishes import HoldRequested as HoldRequested
from fmc_gateway.call.wishes import JoinRequested as JoinRequested
from fmc_gateway.call.wishes import LegJoined as LegJoined
from fmc_gateway.call.wishes import LegReturned as LegReturned
from fmc_gateway.call.wishes import MoveRequested as MoveRequested
from fmc_gateway.call.wishes import ReferRequested as ReferRequested
from fmc_gateway.call.wishes import TransferRequested as TransferRequested
from fmc_gateway.call.wishes import Wants as Wants
from hipper.pbx.ids import DeviceId, LegId, PairId
from hipper.pbx.model import CallerIdentity, OriginationFacts, SubscriberContext, TerminationFacts


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
    | JoinRequested
    | ReferRequested
    | LegAsked
    | LegRefused
    | LegLent
    | LegBack
    | LegKept
    | PickUpRequested
    | ParkRequested
    | RetrieveRequested
    | ConferenceRequested
    | ConferenceAddRequested
    | ConferenceRemoveRequested
    | ConferenceMuteRequested
    | RoomMade
    | RoomFailed
    | PartyInRoom
    | PartyNotInRoom
    | HangUpRequested
    | DigitsRequested
    | KeyHeard
    | KeysPassed
    | ServiceBegun
    | ServiceKeyed
    | ServiceGivenUp
    | ServiceAnswered
)
