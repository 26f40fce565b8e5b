"""Transfer: REFER with its implicit subscription (RFC 3515), sipfrag bodies (RFC 3420), Replaces
in Refer-To (3891).
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from hipper.telephony.sip.dialog import Dialog
from hipper.telephony.sip.errors import SipParseError
from hipper.telephony.sip.headers import EventHeader, NameAddr, Replaces, SubscriptionState
from hipper.telephony.sip.message import REASON_PHRASES, Request
from hipper.telephony.sip.uri import SipUri, Uri

SIPFRAG_TYPE = "message/sipfrag;version=2.0"
REFER_EXPIRES_S = 180
"""Lifetime of a REFER's subscription, longer than any ringing we allow a transfer."""


class ReferState(StrEnum):
    """The notifier's side of a REFER (RFC 6665 §4.2, with RFC 3515 §2.4.4: it starts active)."""

    PENDING = "Pending"
    """REFER received, not answered."""
    ACTIVE = "Active"
    TERMINATED = "Terminated"


class ReferHappening(StrEnum):
    ACCEPT = "202"
    REFUSE = "300-699"
    PROGRESS = "target 1xx"
    OUTCOME = "target final"
    EXPIRE = "expired"
    NOTIFY_FAILED = "NOTIFY 481 or timeout"


class ReferRow(NamedTuple):
    """``notify``: a NOTIFY goes out. ``refuse``: a mistake of the application."""

    state: ReferState
    notify: bool = False
    refuse: bool = False
    reason: str = ""


_S, _H = ReferState, ReferHappening
REFER: dict[ReferState, dict[ReferHappening, ReferRow]] = {
    _S.PENDING: {
        _H.ACCEPT: ReferRow(_S.ACTIVE, notify=True),
        _H.REFUSE: ReferRow(_S.TERMINATED),
        _H.PROGRESS: ReferRow(_S.PENDING, refuse=True, reason="accept the REFER first"),
        _H.OUTCOME: ReferRow(_S.PENDING, refuse=True, reason="accept the REFER first"),
        _H.EXPIRE: ReferRow(_S.PENDING, reason="not started yet"),
        _H.NOTIFY_FAILED: ReferRow(_S.PENDING, reason="no NOTIFY is out"),
    },
    _S.ACTIVE: {
        _H.PROGRESS: ReferRow(_S.ACTIVE, notify=True),
        _H.OUTCOME: ReferRow(_S.TERMINATED, notify=True),
        _H.EXPIRE: ReferRow(_S.TERMINATED, notify=True),
        _H.NOTIFY_FAILED: ReferRow(_S.TERMINATED),
        _H.ACCEPT: ReferRow(_S.ACTIVE, refuse=True, reason="accepted already"),
        _H.REFUSE: ReferRow(_S.ACTIVE, refuse=True, reason="accepted already"),
    },
    _S.TERMINATED: {
        happening: ReferRow(_S.TERMINATED, reason="the subscription is over") for happening in ReferHappening
    },
}


def sipfrag(status: int, reason: str | None = None) -> bytes:
    """The body of a NOTIFY: the target's status line (RFC 3515 §2.4.5)."""
    phrase = REASON_PHRASES.get(status, "") if reason is None else reason
    return f"SIP/2.0 {status} {phrase}\r\n".encode()


def sipfrag_status(body: bytes) -> int | None:
    """The status in a sipfrag; None when it does not begin with a status line."""
    version, _, rest = body.lstrip().partition(b" ")
    code = rest[:3]
    if version.upper() != b"SIP/2.0" or len(code) != 3 or not code.isdigit() or not 100 <= int(code) < 700:
        return None
    return int(code)


class ReferTarget(NamedTuple):
    """What a Refer-To asks for: ``method`` to ``uri``, with ``replaces`` to take over a dialog,
    other headers kept.
    """

    uri: Uri
    method: str
    replaces: Replaces | None
    headers: tuple[tuple[str, str], ...]


def refer_target(refer_to: NameAddr) -> ReferTarget:
    """Read Refer-To (RFC 3515 §2.1, RFC 3891 §4). Raises SipParseError on a malformed Replaces in it."""
    uri = refer_to.uri
    if not isinstance(uri, SipUri):
        return ReferTarget(uri, "INVITE", None, ())
    replaces: Replaces | None = None
    headers: list[tuple[str, str]] = []
    for name, value in uri.headers:
        if name.lower() == "replaces":
            replaces = Replaces.parse(value)
        else:
            headers.append((name, value))
    method = (uri.params.get("method") or "INVITE").upper()
    return ReferTarget(uri.without_headers().without_params("method"), method, replaces, tuple(headers))


def refer_to_replaces(target: SipUri, replaces: Replaces) -> NameAddr:
    """A Refer-To for a transfer with consultation: call ``target``, take over that dialog (RFC 5589 §7.1)."""
    uri = SipUri(
        scheme=target.scheme, user=target.user, host=target.host, port=target.port,
        params=target.params, headers=(("Replaces", str(replaces)),),
    )  # fmt: skip
    return NameAddr(uri)


class Subscription:
    """One REFER to us.

    Its NOTIFYs use the session's dialog, also after a BYE has ended the session (RFC 5057).
    """

    __slots__ = ("dialog", "event_id", "expires_at", "id", "last", "request", "state")

    def __init__(self, id_: str, dialog: Dialog, request: Request) -> None:
        self.id = id_
        self.dialog = dialog
        self.request = request
        self.event_id = str(request.cseq.number)
        """Tells several REFERs of one dialog apart (RFC 3515 §2.4.6)."""
        self.state = ReferState.PENDING
        self.expires_at = 0.0
        self.last: bytes = sipfrag(100)

    def take(self, happening: ReferHappening) -> ReferRow:
        """Advance by the table; the row says whether a NOTIFY goes out."""
        row = REFER[self.state][happening]
        self.state = row.state
        return row

    def headers(self, now: float, *, reason: str = "noresource") -> list[tuple[str, str]]:
        """Event and Subscription-State of the next NOTIFY (RFC 3515 §2.4.4, RFC 6665 §4.2.2)."""
        if self.state is ReferState.TERMINATED:
            state = f"terminated;reason={reason}"
        else:
            state = f"active;expires={max(int(self.expires_at - now), 0)}"
        return [("Event", f"refer;id={self.event_id}"), ("Subscription-State", state)]


def wants_subscription(refer: Request) -> bool:
    """Whether who sent a REFER wants to be notified (RFC 4488 §3)."""
    value = refer.headers.get("Refer-Sub") or ""
    return value.partition(";")[0].strip().lower() != "false"


def is_refer_notify(request: Request) -> bool:
    """Whether a NOTIFY reports on a REFER."""
    try:
        return EventHeader.parse(request.headers.get("Event") or "").package.lower() == "refer"
    except SipParseError:
        return False


def is_final_notify(request: Request) -> bool:
    """Whether the subscription ends with this NOTIFY."""
    try:
        state = SubscriptionState.parse(request.headers.get("Subscription-State") or "").state
    except SipParseError:
        return False
    return state == "terminated"
