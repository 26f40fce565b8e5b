"""What to do: the only output of :func:`fmc_gateway.call.step.step` besides the next call.

The interpreter (``fmc_gateway.interpreter``) runs commands in order against its ports; results come back as
events. Commands of one pair reach rtpengine in the order given, one after the other: a DeleteMedia may
follow an OfferMedia that was not answered yet.
"""

from __future__ import annotations

import msgspec

from fmc_gateway.call.command_base import Command as Command
from fmc_gateway.call.conference_commands import CreateRoom as CreateRoom
from fmc_gateway.call.conference_commands import DestroyRoom as DestroyRoom
from fmc_gateway.call.conference_commands import JoinRoom as JoinRoom
from fmc_gateway.call.conference_commands import LeaveRoom as LeaveRoom
from fmc_gateway.call.events import (
    Diverted,
    HangUpRequested,
    LegAsked,
    LegBack,
    LegJoined,
    LegKept,
    LegLent,
    LegRefused,
    LegReturned,
    Wants,
)
from fmc_gateway.call.key_commands import PlayKeys as PlayKeys
from fmc_gateway.call.key_commands import WatchKeys as WatchKeys
from fmc_gateway.call.legs import BindingTarget as BindingTarget
from fmc_gateway.call.legs import EmergencyTarget as EmergencyTarget
from fmc_gateway.call.legs import ExchangeTarget as ExchangeTarget
from fmc_gateway.call.legs import MobileTarget as MobileTarget
from fmc_gateway.call.legs import NetworkTarget as NetworkTarget
from fmc_gateway.call.legs import PassOnTarget as PassOnTarget
from fmc_gateway.call.legs import Target as Target
from fmc_gateway.call.legs import TrunkTarget as TrunkTarget
from fmc_gateway.call.legs import VoicemailTarget as VoicemailTarget
from hipper.contracts.bus import RefusedBecause
from hipper.contracts.calls import CallRecord, LiveCall
from hipper.contracts.talks import RingEvent, TalkEvent
from hipper.pbx.ids import CallId, DeviceId, GroupId, LegId, PairId, SubscriberId, TenantId
from hipper.pbx.model import Announcement, CallerIdentity, ChangeService, ParkCall, RequestCallback
from hipper.telephony.numbers.e164 import E164


class LoadContext(Command, frozen=True, kw_only=True, tag="load_context"):
    """Load who is served and who is dialled, in one round trip. Answered by ContextLoaded or
    ContextFailed. ``served_number``/``served_device``: the calling user of an originating leg.
    ``dialled``: raw digits, resolved within the caller's tenant (extension) and by E.164.
    ``called_number``: the called user of a terminating leg."""

    served_number: E164 | None = None
    served_device: DeviceId | None = None
    dialled: str | None = None
    called_number: E164 | None = None
    served_subscriber: SubscriberId | None = None
    """Who forwards, or dials from the app."""
    served_exchange: tuple[str, str] | None = None
    """Trunk and user part of a device at another exchange."""
    calling_number: E164 | None = None
    """The caller's number, for the called user's contact lists."""


class OfferMedia(Command, frozen=True, kw_only=True, tag="offer_media"):
    """NG ``offer``: ``from_leg``'s SDP becomes one for ``to_leg``. A new pair, or a
    re-offer on a known one."""

    pair: PairId
    from_leg: LegId
    to_leg: LegId
    sdp: str


class AnswerMedia(Command, frozen=True, kw_only=True, tag="answer_media"):
    """NG ``answer``: ``answering_leg``'s SDP becomes the answer for the offering leg."""

    pair: PairId
    offering_leg: LegId
    answering_leg: LegId
    sdp: str


class DeleteMedia(Command, frozen=True, kw_only=True, tag="delete_media"):
    pair: PairId


class BlockMedia(Command, frozen=True, kw_only=True, tag="block_media"):
    """Drop what ``leg`` sends (rtpengine does not enforce SDP direction)."""

    pair: PairId
    leg: LegId


class UnblockMedia(Command, frozen=True, kw_only=True, tag="unblock_media"):
    pair: PairId
    leg: LegId


class MusicSource(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Whose music: what ``holder`` chose, which may be silence, else what ``tenant`` has, else the
    exchange's. Looked up when it is to be heard, so that a change holds for the next hold."""

    tenant: TenantId | None = None
    holder: SubscriberId | None = None


class PlayMusic(Command, frozen=True, kw_only=True, tag="play_music"):
    """Music on hold toward ``leg`` until StopMusic. ``ringing``: the tone of a telephone that rings, which is
    nobody's."""

    pair: PairId
    leg: LegId
    music: MusicSource = MusicSource()
    ringing: bool = False


class StopMusic(Command, frozen=True, kw_only=True, tag="stop_music"):
    pair: PairId
    leg: LegId


class PlayAnnouncement(Command, frozen=True, kw_only=True, tag="play_announcement"):
    """Speak to ``leg``, one after the other; AnnouncementEnded follows, whatever happens. ``tenant``: whose
    recordings replace ours. ``spoken_time``: Unix seconds, said after BACK_AT in ``time_zone``."""

    pair: PairId
    leg: LegId
    announcements: tuple[Announcement, ...]
    language: str
    tenant: TenantId | None = None
    spoken_time: float | None = None
    time_zone: str = "Europe/Amsterdam"
    repeat: bool = False
    """Until StopAnnouncement (answer confirmation)."""


class StopAnnouncement(Command, frozen=True, kw_only=True, tag="stop_announcement"):
    pair: PairId
    leg: LegId


class ApplyFeature(Command, frozen=True, kw_only=True, tag="apply_feature"):
    """Do what a feature code asks; FeatureDone answers."""

    subscriber: SubscriberId
    device: DeviceId | None
    action: ChangeService | RequestCallback


class UpdateConnected(Command, frozen=True, kw_only=True, tag="update_connected"):
    """Tell an established leg who is at the other end now (UPDATE, RFC 3311; re-INVITE where the peer
    does not allow it). Restricted: that somebody is there who does not want to be shown (COLR)."""

    leg: LegId
    identity: CallerIdentity


class PublishTalk(Command, frozen=True, kw_only=True, tag="publish_talk"):
    """For the recorder. The interpreter adds which rtpengine carries the pair."""

    talk: TalkEvent


class PublishRing(Command, frozen=True, kw_only=True, tag="publish_ring"):
    """For push: the user's telephones ring, or no longer do."""

    ring: RingEvent


class Originate(Command, frozen=True, kw_only=True, tag="originate"):
    """INVITE to one target."""

    leg: LegId
    target: Target
    identity: CallerIdentity
    sdp: str | None
    max_forwards: int
    icid: str | None = None
    passthrough_headers: tuple[tuple[str, str], ...] = ()
    body_type: str | None = None
    body: str | None = None
    """Set together with ``body_type``: sent instead of ``sdp`` (emergency: the multipart body
    goes on unchanged)."""
    diverted: tuple[Diverted, ...] = ()
    """The first first."""
    alert: str | None = None
    """Alert-Info: how the telephone rings."""
    offerless: bool = False
    """Late offer passed on: INVITE without SDP, and without 100rel, since no offer could stand in a PRACK."""


class Ring(Command, frozen=True, kw_only=True, tag="ring"):
    """180 to the offered leg."""

    leg: LegId


class Progress(Command, frozen=True, kw_only=True, tag="progress"):
    """183 (or 180) with SDP to the offered leg; reliable when the peer supports 100rel."""

    leg: LegId
    status: int
    sdp: str


class AnswerLeg(Command, frozen=True, kw_only=True, tag="answer_leg"):
    """200 to the offered leg. ``connected``: who answered, as P-Asserted-Identity."""

    leg: LegId
    sdp: str | None
    connected: CallerIdentity | None = None


class AcknowledgeLeg(Command, frozen=True, kw_only=True, tag="acknowledge_leg"):
    """ACK to a leg whose 200 carried the offer, with the answer (RFC 3261 §13.2.2.4). ``sdp`` None: there is
    none to give."""

    leg: LegId
    sdp: str | None


class RejectLeg(Command, frozen=True, kw_only=True, tag="reject_leg"):
    """Final failure to the offered leg. ``explanation`` becomes Warning 399 and, with ``q850``, Reason."""

    leg: LegId
    status: int
    q850: int | None = None
    explanation: str | None = None
    retry_after_s: int | None = None


class CancelLeg(Command, frozen=True, kw_only=True, tag="cancel_leg"):
    """CANCEL to a leg we originated. ``reason``: the whole Reason header value (RFC 3326)."""

    leg: LegId
    reason: str | None = None


class EndLeg(Command, frozen=True, kw_only=True, tag="end_leg"):
    """BYE on an established leg."""

    leg: LegId
    reason: str | None = None


class AnswerReoffer(Command, frozen=True, kw_only=True, tag="answer_reoffer"):
    """200 to a re-INVITE or UPDATE; when the re-INVITE had no SDP, ``sdp`` is our offer."""

    leg: LegId
    sdp: str


class RejectReoffer(Command, frozen=True, kw_only=True, tag="reject_reoffer"):
    leg: LegId
    status: int


class Reoffer(Command, frozen=True, kw_only=True, tag="reoffer"):
    """re-INVITE to an established leg."""

    leg: LegId
    sdp: str


class AnswerDial(Command, frozen=True, kw_only=True, tag="answer_dial"):
    """What the app is told that asked to dial. ``accepted``: the user's telephone is about to ring; else
    ``explanation`` says why not, in the user's language, and ``because`` for programs."""

    accepted: bool
    explanation: str | None = None
    because: RefusedBecause = RefusedBecause.STATE


class FindCall(Command, frozen=True, kw_only=True, tag="find_call"):
    """Which call does ``device`` of ``subscriber`` take? The other fields are those of LegJoined. Answered by
    CallChosen (:mod:`.choosing`, :mod:`.choosing_colleagues`)."""

    subscriber: SubscriberId
    device: DeviceId | None
    wants: Wants = Wants.PULL
    group: GroupId | None = None
    called: SubscriberId | None = None
    at: str | None = None


class AskToPark(Command, frozen=True, kw_only=True, tag="ask_to_park"):
    """``*68``: the running call of ``subscriber`` is parked as ``wanted`` says. FeatureDone answers, for the
    call that was found, which is asked as ``request``. ``device``: from which it was dialled."""

    request: str
    subscriber: SubscriberId
    device: DeviceId | None
    wanted: ParkCall


class HandOver(Command, frozen=True, kw_only=True, tag="hand_over"):
    """``joined`` happens to ``call``, whose leg it is from now on."""

    call: CallId
    joined: LegJoined


class ReturnLeg(Command, frozen=True, kw_only=True, tag="return_leg"):
    """A leg that joined cannot have its place: a call of its own begins, in which it hears so."""

    returned: LegReturned


class TellCall(Command, frozen=True, kw_only=True, tag="tell_call"):
    """``event`` happens to another call of this gateway. With LegLent and LegBack goes the leg they name: its
    events are that call's from then on. To a call that is over: :func:`fmc_gateway.call.lending.unheard`."""

    call: CallId
    event: LegAsked | LegRefused | LegLent | LegBack | LegKept | HangUpRequested


class AnswerRequest(Command, frozen=True, kw_only=True, tag="answer_request"):
    """What became of a MoveRequested or HoldRequested, for the app. A telephone that is about to ring is
    *done*."""

    request: str
    done: bool
    explanation: str | None = None
    because: RefusedBecause = RefusedBecause.STATE


class AnswerRefer(Command, frozen=True, kw_only=True, tag="answer_refer"):
    """The response to a REFER: 202, with the first NOTIFY, or a refusal. ``explanation`` becomes Warning
    399."""

    request: str
    status: int
    leg: LegId
    explanation: str | None = None


class NotifyRefer(Command, frozen=True, kw_only=True, tag="notify_refer"):
    """How an accepted REFER goes: the status of the one who is called; a final one ends it (RFC 3515
    §2.4.5)."""

    request: str
    status: int


class StartTimer(Command, frozen=True, kw_only=True, tag="start_timer"):
    """TimerFired(name) after ``after_s`` seconds; starting a running timer restarts it."""

    name: str
    after_s: float


class StopTimer(Command, frozen=True, kw_only=True, tag="stop_timer"):
    name: str


class PublishLive(Command, frozen=True, kw_only=True, tag="publish_live"):
    """Show the call as it is now to colleagues and the app; ``live`` None withdraws it."""

    call: CallId
    live: LiveCall | None


class WriteRecord(Command, frozen=True, kw_only=True, tag="write_record"):
    """The call is over: its record, with the trace, is spooled and then written to PostgreSQL."""

    record: CallRecord


class Finish(Command, frozen=True, kw_only=True, tag="finish"):
    """Nothing of this call is left; the interpreter forgets it."""


AnyCommand = (
    LoadContext
    | OfferMedia
    | AnswerMedia
    | DeleteMedia
    | BlockMedia
    | UnblockMedia
    | PlayMusic
    | StopMusic
    | PlayAnnouncement
    | StopAnnouncement
    | PlayKeys
    | WatchKeys
    | ApplyFeature
    | UpdateConnected
    | PublishTalk
    | PublishRing
    | Originate
    | Ring
    | Progress
    | AnswerLeg
    | AcknowledgeLeg
    | RejectLeg
    | CancelLeg
    | EndLeg
    | AnswerReoffer
    | RejectReoffer
    | Reoffer
    | AnswerDial
    | FindCall
    | AskToPark
    | HandOver
    | ReturnLeg
    | TellCall
    | AnswerRequest
    | AnswerRefer
    | NotifyRefer
    | CreateRoom
    | JoinRoom
    | LeaveRoom
    | DestroyRoom
    | StartTimer
    | StopTimer
    | PublishLive
    | WriteRecord
    | Finish
)
