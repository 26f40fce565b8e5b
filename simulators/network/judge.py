"""What an S-CSCF holds against an application server: rules of TS 24.229 and its RFCs it did not keep.

Findings are sentences. A run with findings has failed.
"""

from __future__ import annotations

from hipper.telephony.numbers.emergency import is_emergency
from hipper.telephony.sip.headers import NameAddr
from hipper.telephony.sip.message import Request
from simulators.network.session import Session, icid_of, number_of, served_user

PER_HOP = frozenset(
    {"via", "route", "record-route", "max-forwards", "content-length", "p-served-user", "path"}
)
"""Headers each hop writes for itself."""
PER_DIALOG = frozenset(
    {
        "call-id", "cseq", "contact", "user-agent", "server", "allow", "supported", "session-expires",
        "min-se", "accept", "date",
    }
)  # fmt: skip
"""Headers of the user agent at either side of an application server that is no proxy (TS 24.229 §5.7.5)."""


class Judge:
    """Collects findings. ``conference_factories``: Request-URIs of them, beside emergency calls the calls
    that an application server hands back as they came."""

    def __init__(self, conference_factories: tuple[str, ...] = ()) -> None:
        self.findings: list[str] = []
        self._conference_factories = conference_factories

    def finds(self, finding: str) -> None:
        self.findings.append(finding)

    def is_untouchable(self, request: Request) -> bool:
        """Whether this call may not be changed by an application server."""
        return is_emergency_call(request) or self.is_conference(request)

    def is_conference(self, request: Request) -> bool:
        return request.request_uri_text.partition(";")[0] in self._conference_factories

    def returned(self, session: Session, request: Request) -> None:
        """An INVITE came back with its ODI."""
        sent = session.sent
        assert sent is not None, "an ODI is known by who was sent it"
        what = f"{sent.method} {sent.request_uri_text} of {session.served}"
        if (request.max_forwards or 0) >= (sent.max_forwards or 0):
            self.finds(f"{what} came back with Max-Forwards {request.max_forwards}, not fewer (RFC 7332)")
        if icid_of(request) != session.icid:
            self.finds(f"{what} came back with ICID {icid_of(request)}, not {session.icid} (RFC 7315 §4.6)")
        if self.is_untouchable(sent):
            self._unchanged(what, sent, request)

    def _unchanged(self, what: str, sent: Request, request: Request) -> None:
        if request.request_uri_text != sent.request_uri_text:
            self.finds(f"{what} came back to {request.request_uri_text}")
        if request.body != sent.body:
            self.finds(f"{what} came back with another body")
        before, after = _end_to_end(sent), _end_to_end(request)
        for name in sorted(before.keys() | after.keys()):
            if before.get(name) != after.get(name):
                self.finds(f"{what} came back with {name} {after.get(name)}, not {before.get(name)}")

    def originated(self, request: Request, *, orig: bool, users: frozenset[str], running: bool) -> None:
        """An INVITE came without an ODI; ``orig``: our URI in its Route has that parameter. ``running``: its
        ICID is that of a session we know."""
        what = f"INVITE {request.request_uri_text}"
        user = served_user(request)
        if running:
            self.finds(f"{what}: ICID {icid_of(request)} is that of another session, without its ODI")
        if icid_of(request) is None:
            self.finds(f"{what} has no ICID of its own (TS 24.229 §5.7.3)")
        if orig and user is None:
            self.finds(f"{what} originates without P-Served-User (TS 24.229 §5.7.3)")
        if user is None:
            return
        if number_of(user.uri) not in users:
            self.finds(f"{what}: P-Served-User {user.uri} is no user of this network")
        case = user.params.get("sescase")
        if "orig-cdiv" not in user.params and case != "orig":
            self.finds(f"{what}: an application server originates with sescase={case} (RFC 5502, RFC 8498)")

    def without_route(self, request: Request) -> None:
        """A request within a dialog came past the route we recorded."""
        self.finds(f"{request.method} within a dialog ignores Record-Route (RFC 3261 §12.2.1.1)")


def is_emergency_call(request: Request) -> bool:
    return is_emergency(number_of(request.uri))


def _end_to_end(request: Request) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in request.headers:
        key = name.lower()
        if key in ("from", "to"):
            value = str(NameAddr.parse(value).with_tag(None))
        if key not in PER_HOP and key not in PER_DIALOG:
            found.setdefault(key, []).append(value)
    return found
