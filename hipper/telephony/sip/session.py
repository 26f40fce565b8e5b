"""One INVITE usage of a dialog (RFC 5057): its phases as a table, and what has to be remembered about it."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from hipper.telephony.sip.dialog import Dialog
from hipper.telephony.sip.flow import Flow
from hipper.telephony.sip.grammar import NO_TAGS
from hipper.telephony.sip.message import Request
from hipper.telephony.sip.reliable import ReliableReceiver, ReliableSender
from hipper.telephony.sip.session_timer import NO_TIMER, SessionTimer

if TYPE_CHECKING:
    from hipper.telephony.sip.digest import DigestClient


class Phase(StrEnum):
    """Where a session stands."""

    CALLING = "Calling"
    """Our INVITE is out, no answer yet."""
    PROCEEDING = "Proceeding"
    """Our INVITE has had a provisional answer."""
    CANCELLING = "Cancelling"
    """We gave up; the final answer is still to come."""
    OFFERED = "Offered"
    """An INVITE came in and has had no answer of the application."""
    RINGING = "Ringing"
    """An INVITE came in and has had a provisional answer."""
    ANSWERED = "Answered"
    """Our 2xx is out and waits for its ACK."""
    ENDING_ON_ACK = "EndingOnAck"
    """Ended by us before the ACK came: BYE waits for it (§15)."""
    ESTABLISHED = "Established"
    ENDING = "Ending"
    """Our BYE is out."""
    ENDED = "Ended"


class Happening(StrEnum):
    """What happens to a session; ``we`` is the application, ``peer`` the other side."""

    PROVISIONAL = "peer 1xx"
    SUCCESS = "peer 2xx"
    FAILURE = "peer 300-699"
    ACK = "peer ACK"
    PEER_CANCEL = "peer CANCEL"
    PEER_BYE = "peer BYE"
    NO_ACK = "no ACK"
    LOST = "expired or dialog gone"
    RING = "we ring"
    ANSWER = "we answer"
    REJECT = "we reject"
    CANCEL = "we cancel"
    BYE = "we end"
    BYE_DONE = "BYE done"


class Verdict(StrEnum):
    GO = "go"
    IGNORE = "ignore"
    """Late, or the other side was faster: nothing happens."""
    REFUSE = "refuse"
    """A mistake of the application: LocalProtocolError."""


class Step(NamedTuple):
    """One row. ``reason`` explains a row that is not taken."""

    phase: Phase
    verdict: Verdict = Verdict.GO
    reason: str = ""


P, H = Phase, Happening


def _ignore(phase: Phase, *happenings: Happening, reason: str) -> dict[Happening, Step]:
    return {happening: Step(phase, Verdict.IGNORE, reason) for happening in happenings}


def _refuse(phase: Phase, *happenings: Happening, reason: str) -> dict[Happening, Step]:
    return {happening: Step(phase, Verdict.REFUSE, reason) for happening in happenings}


_OURS = "we are the caller of this session"
_THEIRS = "the peer is the caller of this session"
_LATE = "late: the outcome stands already"
_SERVER = (H.RING, H.ANSWER, H.REJECT)
_CALLER = (H.PROVISIONAL, H.SUCCESS, H.FAILURE)

SESSION: dict[Phase, dict[Happening, Step]] = {
    P.CALLING: {
        H.PROVISIONAL: Step(P.PROCEEDING),
        H.SUCCESS: Step(P.ESTABLISHED),
        H.FAILURE: Step(P.ENDED),
        H.CANCEL: Step(P.CANCELLING),
        H.BYE: Step(P.CANCELLING),
        H.LOST: Step(P.ENDED),
        **_refuse(P.CALLING, *_SERVER, reason=_OURS),
        **_ignore(P.CALLING, H.ACK, H.PEER_CANCEL, H.NO_ACK, reason=_OURS),
        **_ignore(P.CALLING, H.PEER_BYE, H.BYE_DONE, reason="there is no dialog yet"),
    },
    P.PROCEEDING: {
        H.PROVISIONAL: Step(P.PROCEEDING),
        H.SUCCESS: Step(P.ESTABLISHED),
        H.FAILURE: Step(P.ENDED),
        H.CANCEL: Step(P.CANCELLING),
        H.BYE: Step(P.CANCELLING),
        H.LOST: Step(P.ENDED),
        **_refuse(P.PROCEEDING, *_SERVER, reason=_OURS),
        **_ignore(P.PROCEEDING, H.ACK, H.PEER_CANCEL, H.NO_ACK, reason=_OURS),
        **_ignore(
            P.PROCEEDING, H.PEER_BYE, reason="a callee ends an early dialog by its final response (§15)"
        ),
        **_ignore(P.PROCEEDING, H.BYE_DONE, reason="no BYE is out"),
    },
    P.CANCELLING: {
        H.SUCCESS: Step(P.ENDING),
        H.FAILURE: Step(P.ENDED),
        H.LOST: Step(P.ENDED),
        **_ignore(P.CANCELLING, H.PROVISIONAL, reason="crossed our CANCEL"),
        **_ignore(P.CANCELLING, H.CANCEL, H.BYE, reason="given up already"),
        **_refuse(P.CANCELLING, *_SERVER, reason=_OURS),
        **_ignore(P.CANCELLING, H.ACK, H.PEER_CANCEL, H.NO_ACK, reason=_OURS),
        **_ignore(P.CANCELLING, H.PEER_BYE, H.BYE_DONE, reason="there is no confirmed dialog"),
    },
    P.OFFERED: {
        H.RING: Step(P.RINGING),
        H.ANSWER: Step(P.ANSWERED),
        H.REJECT: Step(P.ENDED),
        H.BYE: Step(P.ENDED),
        H.PEER_CANCEL: Step(P.ENDED),
        H.PEER_BYE: Step(P.ENDED),
        H.LOST: Step(P.ENDED),
        **_refuse(P.OFFERED, H.CANCEL, reason=_THEIRS),
        **_ignore(P.OFFERED, *_CALLER, reason=_THEIRS),
        **_ignore(P.OFFERED, H.ACK, H.NO_ACK, H.BYE_DONE, reason="no final answer is out"),
    },
    P.RINGING: {
        H.RING: Step(P.RINGING),
        H.ANSWER: Step(P.ANSWERED),
        H.REJECT: Step(P.ENDED),
        H.BYE: Step(P.ENDED),
        H.PEER_CANCEL: Step(P.ENDED),
        H.PEER_BYE: Step(P.ENDED),
        H.LOST: Step(P.ENDED),
        **_refuse(P.RINGING, H.CANCEL, reason=_THEIRS),
        **_ignore(P.RINGING, *_CALLER, reason=_THEIRS),
        **_ignore(P.RINGING, H.ACK, H.NO_ACK, H.BYE_DONE, reason="no final answer is out"),
    },
    P.ANSWERED: {
        H.ACK: Step(P.ESTABLISHED),
        H.NO_ACK: Step(P.ENDING),
        H.BYE: Step(P.ENDING_ON_ACK),
        H.PEER_BYE: Step(P.ENDED),
        H.LOST: Step(P.ENDING),
        **_ignore(P.ANSWERED, H.PEER_CANCEL, reason="too late to cancel (§9.2)"),
        **_refuse(P.ANSWERED, *_SERVER, reason="answered already"),
        **_refuse(P.ANSWERED, H.CANCEL, reason=_THEIRS),
        **_ignore(P.ANSWERED, *_CALLER, reason=_THEIRS),
        **_ignore(P.ANSWERED, H.BYE_DONE, reason="no BYE is out"),
    },
    P.ENDING_ON_ACK: {
        H.ACK: Step(P.ENDING),
        H.NO_ACK: Step(P.ENDING),
        H.PEER_BYE: Step(P.ENDED),
        H.LOST: Step(P.ENDING),
        **_ignore(P.ENDING_ON_ACK, H.PEER_CANCEL, reason="too late to cancel (§9.2)"),
        **_ignore(P.ENDING_ON_ACK, *_SERVER, H.CANCEL, H.BYE, reason="ended already"),
        **_ignore(P.ENDING_ON_ACK, *_CALLER, reason=_THEIRS),
        **_ignore(P.ENDING_ON_ACK, H.BYE_DONE, reason="no BYE is out"),
    },
    P.ESTABLISHED: {
        H.BYE: Step(P.ENDING),
        H.PEER_BYE: Step(P.ENDED),
        H.LOST: Step(P.ENDING),
        H.NO_ACK: Step(P.ENDING),
        H.CANCEL: Step(P.ENDING),
        H.SUCCESS: Step(P.ESTABLISHED),
        H.ACK: Step(P.ESTABLISHED),
        **_ignore(P.ESTABLISHED, H.PROVISIONAL, H.FAILURE, reason="late: a 2xx has decided"),
        **_ignore(P.ESTABLISHED, H.PEER_CANCEL, reason="too late to cancel (§9.2)"),
        **_refuse(P.ESTABLISHED, *_SERVER, reason="answered already"),
        **_ignore(P.ESTABLISHED, H.BYE_DONE, reason="no BYE is out"),
    },
    P.ENDING: {
        H.BYE_DONE: Step(P.ENDED),
        **_ignore(P.ENDING, *(h for h in Happening if h is not H.BYE_DONE), reason=_LATE),
    },
    P.ENDED: _ignore(P.ENDED, *Happening, reason=_LATE),
}


class PeerOffer:
    """An offer of the peer within the dialog that waits for the application."""

    __slots__ = ("method", "request", "sdp", "transaction")

    def __init__(self, transaction: str, request: Request, sdp: str | None) -> None:
        self.transaction = transaction
        self.request = request
        self.method = request.method
        self.sdp = sdp


class OwnOffer:
    """A re-INVITE or UPDATE of ours, out or waiting for its turn.

    ``refresh``: the application knows nothing.
    """

    __slots__ = ("attempts", "headers", "method", "refresh", "sdp", "sent")

    def __init__(
        self, method: str, sdp: str | None, headers: Sequence[tuple[str, str]], *, refresh: bool
    ) -> None:
        self.method = method
        self.sdp = sdp
        self.headers = tuple(headers)
        self.refresh = refresh
        self.attempts = 0
        self.sent = False


class UnackedAnswer:
    """A 2xx of ours to an INVITE, repeated until its ACK (§13.3.1.4). ``is_offer``: its SDP offers."""

    __slots__ = ("cseq", "data", "flow", "interval", "is_first", "is_offer")

    def __init__(self, cseq: int, data: bytes, flow: Flow, *, is_first: bool, is_offer: bool) -> None:
        self.cseq = cseq
        self.data = data
        self.flow = flow
        self.interval = 0.0
        self.is_first = is_first
        self.is_offer = is_offer


class Session:
    """What one INVITE usage remembers. Only the user agent changes it."""

    __slots__ = (
        "ack", "ack_due", "auth", "bye_reason", "contact", "dialog", "early", "flow", "forks",
        "held_answer", "id", "invite", "is_caller", "keep_flow", "local_sdp", "min_se_s", "next_offer",
        "own_offer", "peer_allows", "peer_offer", "phase", "receivers", "reliable", "remote_sdp",
        "retries", "ring_response", "timer", "transaction", "trying", "unacked",
    )  # fmt: skip

    def __init__(self, id_: str, invite: Request, flow: Flow, *, is_caller: bool) -> None:
        self.id = id_
        self.invite = invite
        """The INVITE that opened it; as caller the last one sent."""
        self.flow = flow
        self.is_caller = is_caller
        self.phase = Phase.CALLING if is_caller else Phase.OFFERED
        self.transaction = ""
        self.dialog: Dialog | None = None
        self.early: dict[str, Dialog] = {}
        """Early dialogs of our INVITE by the peer's tag."""
        self.receivers: dict[str, ReliableReceiver] = {}
        self.forks: dict[str, tuple[bytes, Flow]] = {}
        """ACKs of 2xx by other tags than the first: they were ended at once."""
        self.contact = ""
        self.keep_flow = False
        self.auth: DigestClient | None = None
        self.retries = 0
        self.trying = False
        self.local_sdp: str | None = None
        self.remote_sdp: str | None = None
        self.ack: tuple[int, bytes, Flow] | None = None
        """CSeq, bytes and flow of the last ACK of a 2xx, to be repeated."""
        self.ack_due: int | None = None
        """CSeq of an INVITE whose 2xx carries the offer: its ACK waits for the application's answer."""
        self.unacked: UnackedAnswer | None = None
        self.held_answer: tuple[str | None, tuple[tuple[str, str], ...]] | None = None
        """Our answer, waiting for a PRACK."""
        self.reliable: ReliableSender | None = None
        self.ring_response: bytes = b""
        self.own_offer: OwnOffer | None = None
        self.next_offer: OwnOffer | None = None
        self.peer_offer: PeerOffer | None = None
        self.timer: SessionTimer = NO_TIMER
        self.min_se_s = 0
        self.peer_allows = NO_TAGS
        self.bye_reason: str | None = None

    def __repr__(self) -> str:
        return f"<Session {self.id} {self.phase}>"

    def step(self, happening: Happening) -> Step:
        """The row for this phase; nothing changes yet."""
        return SESSION[self.phase][happening]
