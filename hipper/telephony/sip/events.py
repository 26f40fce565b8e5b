"""What a user agent tells its application. ``session`` is the handle of one INVITE usage.

Every session handed out by ``invite`` ends in exactly one of Rejected, LateAnswer, Ended or the
application's own ``bye``; every session told by Invited in one of Cancelled, Ended, or the application's
own ``reject`` or ``bye``.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from hipper.telephony.sip.flow import Flow
from hipper.telephony.sip.headers import NameAddr, Replaces
from hipper.telephony.sip.message import Request, Response


class Invited(msgspec.Struct, frozen=True, gc=False):
    """A call comes in; 100 has left. ``sdp`` None: a late offer, ours goes into the answer.

    ``replaces`` (RFC 3891) is matched already: ``replaces_session`` is our session it names.
    """

    session: str
    request: Request
    flow: Flow
    sdp: str | None
    replaces: Replaces | None = None
    replaces_session: str | None = None


class OutOfDialogRequest(msgspec.Struct, frozen=True, gc=False):
    """A request outside any dialog, to be answered with ``respond``: REGISTER, OPTIONS, MESSAGE, REFER …"""

    transaction: str
    request: Request
    flow: Flow


class InDialogRequest(msgspec.Struct, frozen=True, gc=False):
    """A request within a session's dialog that has no event of its own (MESSAGE …), to be answered."""

    session: str
    transaction: str
    request: Request


class Trying(msgspec.Struct, frozen=True, gc=False):
    """100 came for our INVITE."""

    session: str


class Ringing(msgspec.Struct, frozen=True, gc=False):
    """101–199 without SDP."""

    session: str
    status: int
    response: Response


class EarlyMedia(msgspec.Struct, frozen=True, gc=False):
    """101–199 with SDP, on the early dialog ``to_tag``."""

    session: str
    status: int
    sdp: str
    to_tag: str
    response: Response


class Answered(msgspec.Struct, frozen=True, gc=False):
    """2xx to our INVITE. The ACK has left when we had offered; with a late offer it
    waits for ``acknowledge``.

    ``sdp``: of the 2xx, else of the reliable provisional answer before it; with a late
    offer the peer's offer.
    """

    session: str
    sdp: str | None
    to_tag: str
    response: Response


class LateAnswer(msgspec.Struct, frozen=True, gc=False):
    """A 2xx crossed our CANCEL; it has been acknowledged and ended with BYE. The session is over."""

    session: str
    response: Response


class Confirmed(msgspec.Struct, frozen=True, gc=False):
    """ACK for our 2xx. ``sdp``: the answer, when our 2xx carried the offer."""

    session: str
    sdp: str | None


class EarlyAnswer(msgspec.Struct, frozen=True, gc=False):
    """PRACK answered the offer in our reliable provisional response (RFC 3262 §5)."""

    session: str
    sdp: str


class Rejected(msgspec.Struct, frozen=True, gc=False):
    """Our INVITE failed.

    ``by_network``: nobody answered (408) or the transport broke (503); ``response`` None.
    """

    session: str
    status: int
    response: Response | None
    by_network: bool


class Cancelled(msgspec.Struct, frozen=True, gc=False):
    """The caller gave up before we answered; the final response has left. ``reason``: its Reason header."""

    session: str
    reason: str | None


class Ended(msgspec.Struct, frozen=True, gc=False):
    """The session is over and needs nothing from us. ``request``: the peer's BYE, answered already."""

    session: str
    cause: Literal["bye", "no_ack", "session_expired", "dialog_gone", "transport"]
    request: Request | None


class Reoffered(msgspec.Struct, frozen=True, gc=False):
    """The peer offers anew with INVITE, UPDATE or PRACK: answer with ``answer_reoffer`` or
    ``reject_reoffer``.

    ``sdp`` None (INVITE only): our offer is asked for. Refreshes without a change never come here.
    """

    session: str
    sdp: str | None
    method: str
    request: Request


class Refreshed(msgspec.Struct, frozen=True, gc=False):
    """The peer refreshed the session, nothing of its description changed, and 200 has left; told only when
    the peer says who is at its end (P-Asserted-Identity)."""

    session: str
    request: Request


class ReofferAnswered(msgspec.Struct, frozen=True, gc=False):
    """Our new offer was accepted; the ACK has left (or waits for ``acknowledge`` when we sent no SDP).

    Also when the ACK of the peer's re-INVITE answers the offer in our 2xx: then ``response`` is None.
    """

    session: str
    sdp: str | None
    response: Response | None


class ReofferRejected(msgspec.Struct, frozen=True, gc=False):
    """Our new offer was refused; the session goes on as before. 491 comes here only after the last retry."""

    session: str
    status: int


class Referred(msgspec.Struct, frozen=True, gc=False):
    """REFER within the dialog (RFC 3515): answer with ``accept_refer`` or ``respond``."""

    session: str
    refer_to: NameAddr
    request: Request
    transaction: str


class InfoReceived(msgspec.Struct, frozen=True, gc=False):
    """INFO within the dialog (RFC 6086 and the older use); 200 has left."""

    session: str
    content_type: str
    body: bytes
    request: Request


class Notified(msgspec.Struct, frozen=True, gc=False):
    """NOTIFY of a transfer we asked for (RFC 3515 §2.4.5); 200 has left. ``status``: of its sipfrag."""

    session: str
    request: Request
    status: int | None
    final: bool


class RequestAnswered(msgspec.Struct, frozen=True, gc=False):
    """Final response to a request of ours outside the INVITE usage, by the handle ``request`` returned."""

    handle: str
    response: Response


class RequestFailed(msgspec.Struct, frozen=True, gc=False):
    """No answer (408) or no way to send (503) for such a request."""

    handle: str
    status: int
    by_network: bool


class SubscriptionRefreshed(msgspec.Struct, frozen=True, gc=False):
    """A subscriber asks for a longer life, or the end (RFC 6665 §4.2.1.2): to be answered by
    ``refresh_subscription``, or with a refusal by ``respond``. Anybody who knows the dialog may ask."""

    handle: str
    transaction: str
    request: Request
    flow: Flow


class SubscriptionEnded(msgspec.Struct, frozen=True, gc=False):
    """A subscription is over. ``why``: ``unsubscribed``, ``expired``, ``gone``, ``unreachable``."""

    handle: str
    why: str


UserAgentEvent = (
    Invited | OutOfDialogRequest | InDialogRequest | Trying | Ringing | EarlyMedia | Answered | LateAnswer
    | Confirmed | EarlyAnswer | Rejected | Cancelled | Ended | Reoffered | Refreshed | ReofferAnswered
    | ReofferRejected | Referred | InfoReceived | Notified | RequestAnswered | RequestFailed
    | SubscriptionRefreshed | SubscriptionEnded
)  # fmt: skip
