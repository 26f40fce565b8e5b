"""Dialogs (RFC 3261 §12): identity, sequence numbers, route set, remote target.

Values that go out again are kept as the text that came in.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from hipper.telephony.sip.flow import Flow
from hipper.telephony.sip.headers import NameAddr
from hipper.telephony.sip.message import Headers, Request, Response, request_target
from hipper.telephony.sip.routing import next_hop
from hipper.telephony.sip.uri import SipUri, Uri, parse_uri

DialogId = tuple[str, str, str]
"""Call-ID, local tag, remote tag."""

REFRESHES_TARGET = frozenset(("INVITE", "UPDATE", "SUBSCRIBE", "NOTIFY", "REFER"))
"""Requests that carry Contact and replace the peer's target (§12.2, RFC 3311 §5.1, RFC 6665 §4.4.1)."""


class DialogState(StrEnum):
    EARLY = "Early"
    CONFIRMED = "Confirmed"
    TERMINATED = "Terminated"


class DialogEvent(StrEnum):
    PROVISIONAL = "101-199"
    SUCCESS = "2xx"
    FAILURE = "300-699"
    BYE = "BYE"
    GONE = "481 or timeout"


DIALOG: dict[DialogState, dict[DialogEvent, tuple[DialogState, str]]] = {
    DialogState.EARLY: {
        DialogEvent.PROVISIONAL: (DialogState.EARLY, ""),
        DialogEvent.SUCCESS: (DialogState.CONFIRMED, ""),
        DialogEvent.FAILURE: (DialogState.TERMINATED, ""),
        DialogEvent.BYE: (DialogState.TERMINATED, "the caller may end an early dialog (§15)"),
        DialogEvent.GONE: (DialogState.TERMINATED, ""),
    },
    DialogState.CONFIRMED: {
        DialogEvent.PROVISIONAL: (DialogState.CONFIRMED, "late: out of order behind the 2xx"),
        DialogEvent.SUCCESS: (DialogState.CONFIRMED, "a retransmission, or a later request"),
        DialogEvent.FAILURE: (
            DialogState.CONFIRMED,
            "a failed request leaves the dialog as it was (§12.2.1.2)",
        ),
        DialogEvent.BYE: (DialogState.TERMINATED, ""),
        DialogEvent.GONE: (DialogState.TERMINATED, ""),
    },
    DialogState.TERMINATED: dict.fromkeys(DialogEvent, (DialogState.TERMINATED, "over")),
}
"""(state, event) -> (next state, why nothing changes)."""


class Dialog:
    """One dialog seen from our side. ``local`` and ``remote`` are From/To values with their tags."""

    __slots__ = (
        "call_id", "contact", "flow", "keep_flow", "local", "local_seq", "local_tag", "remote", "remote_seq",
        "remote_tag", "route_set", "state", "target",
    )  # fmt: skip

    def __init__(
        self, *, call_id: str, local: str, local_tag: str, remote: str, remote_tag: str, contact: str,
        flow: Flow, keep_flow: bool,
    ) -> None:  # fmt: skip
        self.call_id = call_id
        self.local = local
        self.local_tag = local_tag
        self.remote = remote
        self.remote_tag = remote_tag
        self.contact = contact
        self.flow = flow
        self.keep_flow = keep_flow
        self.local_seq = 0
        self.remote_seq: int | None = None
        self.route_set: tuple[str, ...] = ()
        self.target: Uri | None = None
        self.state = DialogState.EARLY

    @classmethod
    def as_callee(cls, request: Request, local_tag: str, contact: str, flow: Flow) -> Dialog:
        """The dialog a request opens for its UAS (§12.1.1). contact: our Contact value."""
        via = request.top_via
        natted = via.received not in (None, via.host) or via.rport not in (None, via.port or 5060)
        to = request.headers.get("To") or ""
        dialog = cls(
            call_id=request.call_id,
            local=to if request.to.tag else f"{to};tag={local_tag}",
            local_tag=local_tag,
            remote=request.headers.get("From") or "",
            remote_tag=request.from_.tag or "",
            contact=contact,
            flow=flow,
            keep_flow=natted,
        )
        dialog.remote_seq = request.cseq.number
        dialog.route_set = tuple(request.headers.values("Record-Route"))
        dialog.refresh_target(request)
        return dialog

    @classmethod
    def as_caller(
        cls, request: Request, response: Response, contact: str, flow: Flow, *, keep_flow: bool
    ) -> Dialog:
        """The dialog a response opens for the UAC (§12.1.2)."""
        dialog = cls(
            call_id=request.call_id,
            local=request.headers.get("From") or "",
            local_tag=request.from_.tag or "",
            remote=response.headers.get("To") or "",
            remote_tag=response.to.tag or "",
            contact=contact,
            flow=flow,
            keep_flow=keep_flow,
        )
        dialog.local_seq = request.cseq.number
        dialog.route_set = tuple(reversed(response.headers.values("Record-Route")))
        dialog.target = request.uri
        dialog.refresh_target(response)
        return dialog

    @property
    def id(self) -> DialogId:
        return self.call_id, self.local_tag, self.remote_tag

    def advance(self, event: DialogEvent) -> None:
        """Change state by the table."""
        self.state = DIALOG[self.state][event][0]

    def take_sequence(self, number: int) -> bool:
        """Note the CSeq of a request from the peer; False when it is lower than one before (§12.2.2)."""
        if self.remote_seq is not None and number < self.remote_seq:
            return False
        self.remote_seq = number
        return True

    def refresh_target(self, message: Request | Response) -> None:
        """The peer's Contact is where requests go from now on (§12.2.1.2, §12.2.2)."""
        contacts = message.contacts
        if contacts:
            self.target = contacts[0].uri

    def confirm_route_set(self, response: Response) -> None:
        """The 2xx decides the route set of the caller, whatever an early response said (§13.2.2.4)."""
        self.route_set = tuple(reversed(response.headers.values("Record-Route")))

    def next_flow(self) -> Flow:
        """Where the next request goes."""
        hop: Uri | None = NameAddr.parse(self.route_set[0]).uri if self.route_set else self.target
        return self.flow if hop is None else next_hop(hop, self.flow, keep=self.keep_flow)

    def create_request(
        self, method: str, headers: Sequence[tuple[str, str]] = (), body: bytes = b"", seq: int | None = None
    ) -> Request:
        """A request within the dialog (§12.2.1.1). seq: of the INVITE for ACK; None takes the next number."""
        if seq is None:
            self.local_seq += 1
            seq = self.local_seq
        target: Uri = self.target if self.target is not None else parse_uri("sip:unknown.invalid")
        uri, routes = self._request_route(target)
        items = [("Max-Forwards", "70")]
        items += [("Route", route) for route in routes]
        items += [
            ("From", self.local),
            ("To", self.remote),
            ("Call-ID", self.call_id),
            ("CSeq", f"{seq} {method}"),
        ]
        if method in REFRESHES_TARGET:
            items.append(("Contact", self.contact))
        for item in headers:
            items.append(item)
        return Request(method, uri, Headers(items), body)

    def _request_route(self, target: Uri) -> tuple[Uri, Sequence[str]]:
        """Loose routing, or a strict router first: it expects itself in the Request-URI (§12.2.1.1)."""
        if not self.route_set:
            return request_target(target), ()
        first = NameAddr.parse(self.route_set[0]).uri
        if not isinstance(first, SipUri) or first.lr:
            return request_target(target), self.route_set
        return request_target(first), (*self.route_set[1:], f"<{target}>")
