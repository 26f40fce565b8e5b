"""One party of a call as the engine remembers it, and where a call may be sent: what states, events and
commands have in common."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from fmc_gateway.call.offered import Diverted
from hipper.contracts.calls import AttemptOutcome, Charge, LegRole
from hipper.pbx.ids import DeviceId, LegId, PairId, SubscriberId
from hipper.pbx.model import CallerIdentity, Payer
from hipper.pbx.services.in_call import InCallService
from hipper.telephony.numbers.e164 import E164


class Binding(msgspec.Struct, frozen=True, kw_only=True):
    """A registered contact of a desk phone (RFC 3261 §10), as the registrar held it when
    the call was decided."""

    device: DeviceId
    contact: str
    """The Contact URI."""
    flow: str
    """Opaque name of the transport flow to send on; the interpreter understands it."""
    path: tuple[str, ...] = ()


class BindingTarget(msgspec.Struct, frozen=True, kw_only=True, tag="binding"):
    """A registered desk phone."""

    binding: Binding


class MobileTarget(msgspec.Struct, frozen=True, kw_only=True, tag="mobile"):
    """The handset, through its network; the edge adds the network's loop guard mark. ``route`` and
    ``request_uri``: the session is the handset's own terminating one (isc) and goes on where it came from,
    with what is left of its Route; empty: a leg of our own making."""

    network: str
    number: E164
    device: DeviceId
    route: tuple[str, ...] = ()
    request_uri: str | None = None


class TrunkTarget(msgspec.Struct, frozen=True, kw_only=True, tag="trunk"):
    """Out to the PSTN. ``trunk`` None: the installation's routing order. ``user``: E.164 or
    national short number."""

    trunk: str | None
    user: str


class EmergencyTarget(msgspec.Struct, frozen=True, kw_only=True, tag="emergency"):
    """An emergency route from the static settings, tried as ``route_index`` 0, 1, …"""

    route_index: int
    dialled: str


class ExchangeTarget(msgspec.Struct, frozen=True, kw_only=True, tag="exchange"):
    """A telephone of another exchange, over its trunk."""

    trunk: str
    user: str
    device: DeviceId


class NetworkTarget(msgspec.Struct, frozen=True, kw_only=True, tag="network"):
    """Back into a mobile network, toward somebody who is not ours. ``route``: what is left of the offered
    leg's Route (isc, same session); empty: out of the blue, for ``served``, with ``diverted`` as orig-cdiv
    (RFC 8498). ``request_uri``: of the offered leg, for the same form in the same session."""

    network: str
    user: str
    request_uri: str | None = None
    route: tuple[str, ...] = ()
    served: E164 | None = None
    diverted: bool = False


class PassOnTarget(msgspec.Struct, frozen=True, kw_only=True, tag="pass_on"):
    """isc: the leg ``offered`` goes back as it came, all of it; what comes of it passes us by."""

    network: str
    request_uri: str
    route: tuple[str, ...]
    offered: LegId


class VoicemailTarget(msgspec.Struct, frozen=True, kw_only=True, tag="voicemail"):
    """``sip:<mailbox>@<voicemail>;cause=<RFC 4458>``. ``listen``: the user calls in."""

    mailbox: SubscriberId
    cause: int
    listen: bool = False


Target = (
    BindingTarget
    | MobileTarget
    | TrunkTarget
    | EmergencyTarget
    | ExchangeTarget
    | NetworkTarget
    | PassOnTarget
    | VoicemailTarget
)


class LegPhase(StrEnum):
    """Where one leg stands. The calling leg goes from OFFERED to ANSWERED or OVER; the others
    begin at PREPARING."""

    OFFERED = "offered"
    """The calling leg, before its final response."""
    WAITING = "waiting"
    """Its delay has not passed: nothing was asked of anybody."""
    PREPARING = "preparing"
    """rtpengine is asked for the offer; nothing was sent to the target."""
    INVITED = "invited"
    RINGING = "ringing"
    CONFIRMING = "confirming"
    """It answered and hears that 1 takes the call; the caller is not connected."""
    ANSWERED = "answered"
    CANCELLED = "cancelled"
    """CANCEL sent; the final response is awaited, and may be a 200 that crossed it (RFC 3261 §9.1)."""
    OVER = "over"
    SPEAKER = "speaker"
    """No party but our own end of an announcement: it has media and nothing else."""


ALIVE = frozenset({LegPhase.WAITING, LegPhase.PREPARING, LegPhase.INVITED, LegPhase.RINGING})
"""A called leg that may still answer."""
OPEN = ALIVE | {LegPhase.CONFIRMING}
"""A called leg that may still win."""


class InCall(msgspec.Struct, frozen=True, kw_only=True):
    """Services a user reaches with keys: code and service (:mod:`.digit_services`), and the language in which
    the user is spoken to."""

    codes: tuple[tuple[str, InCallService], ...]
    language: str = "nl"


class Leg(msgspec.Struct, frozen=True, kw_only=True):
    """One party: what the engine needs to go on, and what the record will say of it. Times: Unix seconds."""

    id: LegId
    role: LegRole
    phase: LegPhase
    peer: str
    """Mobile network, trunk or AOR user the leg goes over."""
    identity: CallerIdentity
    """As :class:`~hipper.contracts.calls.LegRecord` wants it: whom the other side saw."""
    subscriber: SubscriberId | None = None
    device: DeviceId | None = None
    payer: Payer | None = None
    target: Target | None = None
    rule: str = ""
    """The rule by which this device rings."""
    delay_s: float = 0.0
    """Begins to ring this long after the first."""
    confirm: bool = False
    """Wins only when 1 is pressed."""
    alert: str | None = None
    """Alert-Info."""
    shown: CallerIdentity | None = None
    """Whom this leg is shown as calling, None: what the calling leg says."""
    diverted: tuple[Diverted, ...] = ()
    """Diversions that stand in this leg's INVITE, the first first."""
    diverted_by: SubscriberId | None = None
    """Whose forwarding, redirecting or ringing along made this leg, and pays it."""
    charge: Charge | None = None
    """Whose caps this leg counts for."""
    max_duration_s: float | None = None
    """A spend cap: the call may last this long once answered."""
    network_reference: str | None = None
    pair: PairId | None = None
    """The media pair with the calling leg, until its DeleteMedia is out."""
    sdp: str | None = None
    """The last session description this leg sent us."""
    given: str | None = None
    """The last session description we sent this leg."""
    answer: str | None = None
    """What rtpengine made of a called leg's ``sdp`` for the caller."""
    answers_due: int = 0
    """AnswerMedia commands of this leg that rtpengine has not settled."""
    progress_status: int | None = None
    """Status of the provisional response whose early media is being answered."""
    connected: CallerIdentity | None = None
    """Who answered, as the peer says."""
    moved_to: CallerIdentity | None = None
    """Who has been at this end since the peer said that somebody else is."""
    connected_as: CallerIdentity | None = None
    """Who the caller is told has answered, by the user's own rules; None: whoever the peer says."""
    holds: bool = False
    """This party put the other one on hold, as its session description says."""
    held_by_app: bool = False
    """The same without a word of its telephone: from the app, or because the telephone is lost."""
    in_call: InCall | None = None
    """None: keys mean nothing to us."""
    radio: bool = False
    """A leg to or from the user's handset, which may be lost without a word."""
    sip_call_id: str | None = None
    icid: str | None = None
    offered: float
    sent: bool = False
    """The INVITE of a called leg left."""
    ringing: float | None = None
    answered: float | None = None
    ended: float | None = None
    status: int | None = None
    q850: int | None = None
    ended_by: str | None = None
    transcoded: bool = False
    outcome: AttemptOutcome | None = None
    explanation: str | None = None
