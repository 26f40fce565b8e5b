"""An S-CSCF (3GPP TS 24.229 §5.4.3): it matches initial filter criteria, sends what they name to the
application server and goes on where it stopped when the call comes back with its Original Dialog Identifier.

Without the ODI a call is a new one: the criteria are matched again. P-CSCF, I-CSCF and MGCF of the network
are played here too: identities are asserted, ICIDs made, calls to elsewhere leave to ``elsewhere``.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Sequence
from typing import Any

from hipper.telephony.sip.endpoint import AckReceived, RequestReceived
from hipper.telephony.sip.flow import Flow
from hipper.telephony.sip.headers import NameAddr
from hipper.telephony.sip.message import Request, Response
from hipper.telephony.sip.uri import SipUri, Uri, format_host
from simulators.network.charging import Journal
from simulators.network.judge import Judge, is_emergency_call
from simulators.network.proxy import Proxy, Target, onward
from simulators.network.session import (
    ODI,
    Case,
    FilterCriterion,
    Session,
    caller_of,
    icid_of,
    international,
    number_of,
    served_user,
)
from simulators.network.surroundings import ACCESS, ISC, Passage, Surroundings

REASON_ABSENT = ("Reason", 'Q.850;cause=20;text="Subscriber absent"')
MAX_REMEMBERED = 20_000


class Scscf:
    """``max_loops``: unanswered sessions of the same two parties that are taken before 482 ends the loop.
    ``record_route`` False: requests within dialogs pass us by, so records never end."""

    def __init__(
        self,
        proxy: Proxy,
        around: Surroundings,
        journal: Journal,
        judge: Judge,
        note: Callable[[str], None],
        *,
        max_loops: int = 30,
        record_route: bool = True,
    ) -> None:
        self.loops = 0
        """Times a session came to the application server again."""
        self._proxy = proxy
        self._around = around
        self._journal = journal
        self._judge = judge
        self._note = note
        self._max_loops = max_loops
        self._record_route = record_route
        self._count = itertools.count(1)
        self._run = f"{time.time_ns() // 1_000_000:x}"
        self._sessions: dict[str, Session] = {}
        self._passages: dict[str, Passage] = {}

    # -- what comes in --------------------------------------------------------------------------------------

    def on_request(self, event: RequestReceived, now: float) -> None:
        """Everything but REGISTER."""
        request = onward(event.request)
        own = self._pop_own_routes(request)
        if request.to.tag is not None:
            self._in_dialog(event, request, own, now)
        elif request.method != "INVITE":
            self._respond(event, 200 if request.method == "OPTIONS" else 405, now)
        elif event.flow.listener != ISC:
            self._from_access(event, request, now)
        elif own and (own[0].user or "").startswith(ODI):
            self._returned(event, request, own[0].user or "", now)
        else:
            self._originated_by_server(event, request, own, now)

    def on_ack(self, event: AckReceived, now: float) -> None:
        """The ACK of a 2xx runs end to end."""
        request = onward(event.request)
        target = self._next_hop(request, self._pop_own_routes(request), event.flow)
        self._proxy.endpoint.send_ack_2xx(target.request, target.flow, now)

    def _in_dialog(self, event: RequestReceived, request: Request, own: list[SipUri], now: float) -> None:
        if not own and self._record_route:
            self._judge.without_route(request)
        if request.method == "BYE":
            passages = [self._passages[uri.user] for uri in own if uri.user in self._passages]
            for session in (session for passage in passages for session in passage.sessions):
                self._journal.ended(session.record, cause=request.headers.get("Reason"))
        target = self._next_hop(request, own, event.flow)
        if not self._around.silent(request.uri):
            self._proxy.forward(event.transaction, event.request, (target,), now, _nothing)

    def _next_hop(self, request: Request, own: list[SipUri], came: Flow) -> Target:
        """The listener the last of our own routes names, the address of what follows it (RFC 5658 §5)."""
        if own:
            listener = ISC if self._is_ours(own[-1], ISC) else ACCESS
        else:
            listener = ACCESS if came.listener == ISC else ISC
        following: Uri = request.routes[0].uri if request.routes else request.uri
        return Target(request, self._around.flow(listener, following))

    # -- new calls ------------------------------------------------------------------------------------------

    def _from_access(self, event: RequestReceived, request: Request, now: float) -> None:
        """A handset calls (P-CSCF), or somebody outside calls a user (MGCF, I-CSCF)."""
        passage = self._passage(event)
        preferred = request.headers.get("P-Preferred-Identity")
        request.headers.remove("P-Preferred-Identity")
        caller = number_of((NameAddr.parse(preferred) if preferred else request.from_).uri)
        if "P-Charging-Vector" not in request.headers:
            request.headers.add("P-Charging-Vector", self._new_icid())
        if caller not in self._around.users():
            self._toward_callee(passage, request, event, now)
            return
        asserted = (f"<sip:{caller}@{self._around.domain}>", f"<tel:{caller}>")
        request.headers.set_all("P-Asserted-Identity", asserted)
        self._begin(passage, "orig", caller, number_of(request.uri), request, event, now)

    def _returned(self, event: RequestReceived, request: Request, odi: str, now: float) -> None:
        session = self._sessions.get(odi)
        if session is None:
            self._judge.finds(f"INVITE {request.request_uri_text} came with the unknown ODI {odi}")
            self._respond(event, 403, now)
            return
        self._judge.returned(session, event.request)
        sent = session.sent
        as_it_was = sent is not None and request.body == sent.body
        session.record.gateway = "proxied" if as_it_was else "anchored"
        request.headers.remove("P-Served-User")
        self._go_on(self._passage(event), session, request, event, now)

    def _originated_by_server(
        self, event: RequestReceived, request: Request, own: list[SipUri], now: float
    ) -> None:
        """Out of the blue, as far as we can see (TS 24.229 §5.7.3). The criteria spare what their own server
        originates, by its ICID; they know nothing of a session whose ODI it lost."""
        icid, users = icid_of(request), self._around.users()
        running = any(s.icid == icid and s.setting_up for s in self._sessions.values())
        orig = bool(own) and "orig" in own[0].params
        self._judge.originated(request, orig=orig, users=users, running=running)
        passage = self._passage(event)
        user = served_user(request)
        caller = number_of(user.uri) if user is not None else caller_of(request)
        called = international(number_of(request.uri))
        if running and caller in users and called not in users:
            self._begin(passage, "orig", caller, number_of(request.uri), request, event, now)
            return
        if icid is None:
            request.headers.set("P-Charging-Vector", self._new_icid())
        record = self._journal.begin(
            direction="originating", served_user=caller, other_party=number_of(request.uri),
            icid=icid_of(request), offered_by="gateway", emergency=is_emergency_call(request),
        )  # fmt: skip
        own_part = Session(odi="", case="orig", served=caller, other=called, icid=icid or "", record=record)
        passage.sessions.append(own_part)
        request.headers.remove("P-Served-User")
        self._toward_callee(passage, request, event, now)

    def _begin(
        self, passage: Passage, case: Case, served: str, other: str, request: Request,
        event: RequestReceived, now: float,
    ) -> None:  # fmt: skip
        """A session case of a user begins: its criteria are matched from the first on."""
        icid = icid_of(request) or ""
        again = [
            s for s in self._sessions.values()
            if s.setting_up and (s.case, s.served, s.other) == (case, served, other)
        ]  # fmt: skip
        if any(s.icid == icid for s in again):
            self.loops += 1
            self._judge.finds(f"{case} of {served} to {other} looped ({len(again)} times, ICID {icid})")
            self._note(f"{served}: a call without its ODI, so its filter criteria are matched again")
        if len(again) >= self._max_loops:
            self._judge.finds(f"{case} of {served} to {other}: more than {self._max_loops} loops, ended")
            self._respond(event, 482, now)
            return
        record = self._journal.begin(
            direction="originating" if case == "orig" else "terminating", served_user=served,
            other_party=other, icid=icid, emergency=is_emergency_call(request), gateway="none",
        )  # fmt: skip
        odi = f"{ODI}{next(self._count)}"
        session = Session(odi=odi, case=case, served=served, other=other, icid=icid, record=record)
        self._sessions[odi] = session
        _bound(self._sessions)
        passage.sessions.append(session)
        self._go_on(passage, session, request, event, now)

    def _go_on(
        self, passage: Passage, session: Session, request: Request, event: RequestReceived, now: float
    ) -> None:
        """The next criterion, or, after the last, the way of the call."""
        criteria = self._around.criteria
        for index in range(session.next_criterion, len(criteria)):
            if session.case in criteria[index].cases:
                session.next_criterion = index + 1
                self._to_server(passage, session, criteria[index], request, event, now)
                return
        session.next_criterion = len(criteria)
        if session.case == "orig":
            self._toward_callee(passage, request, event, now)
        else:
            self._to_user(passage, session.served, request, event, now)

    # -- where calls go -------------------------------------------------------------------------------------

    def _to_server(
        self, passage: Passage, session: Session, criterion: FilterCriterion, request: Request,
        event: RequestReceived, now: float,
    ) -> None:  # fmt: skip
        back = self._around.uri(ISC, session.odi)
        orig = ";orig" if session.case == "orig" else ""
        reachable = session.case == "orig" or bool(self._around.contacts(session.served))
        headers = request.headers
        headers.set_all("Route", (f"<{criterion.server}>", f"<{back}{orig}>"))
        headers.set(
            "P-Served-User",
            f"<sip:{session.served}@{self._around.domain}>;sescase={session.case}"
            f";regstate={'reg' if reachable else 'unreg'}",
        )
        session.record.gateway = "anchored"
        session.sent = request.copy()
        self._send(passage, [(request, self._around.gateway())], event, now)

    def _toward_callee(self, passage: Passage, request: Request, event: RequestReceived, now: float) -> None:
        """A user of ours has terminating services; all others are elsewhere."""
        number = international(number_of(request.uri))
        if self._around.contacts(number) is None:
            request.headers.remove("Route")
            self._send(passage, [(request, self._around.elsewhere())], event, now)
        else:
            self._begin(passage, "term", number, caller_of(request), request, event, now)

    def _to_user(
        self, passage: Passage, number: str, request: Request, event: RequestReceived, now: float
    ) -> None:
        request.headers.remove("Route")
        contacts = self._around.contacts(number) or ()
        absent = None if contacts else self._around.absent(number)
        if absent is not None:
            request.uri = absent
            self._send(passage, [(request, self._around.elsewhere())], event, now)
        elif not contacts:
            self._respond(event, 480, now, (REASON_ABSENT,))
        else:
            request.headers.set("P-Called-Party-ID", f"<sip:{number}@{self._around.domain}>")
            branches = []
            for contact, flow in contacts:
                branch = request.copy()
                branch.uri = contact
                branches.append((branch, flow))
            self._send(passage, branches, event, now)

    def _send(
        self, passage: Passage, branches: Sequence[tuple[Request, Flow]], event: RequestReceived, now: float
    ) -> None:
        for request, flow in branches:
            if self._record_route:
                self._record_our_route(request, passage, flow.listener)
        targets = [Target(request, flow) for request, flow in branches]
        self._proxy.forward(
            event.transaction, event.request, targets, now, lambda response: self._answered(passage, response)
        )

    def _record_our_route(self, request: Request, passage: Passage, listener: str) -> None:
        """Once for each side, when there are two (RFC 5658)."""
        for side in dict.fromkeys((passage.came_over, listener)):
            request.headers.prepend("Record-Route", f"<{self._around.uri(side, passage.token)}>")

    # -- what comes back ------------------------------------------------------------------------------------

    def _answered(self, passage: Passage, response: Response) -> None:
        status, cause = response.status, response.headers.get("Reason")
        for session in passage.sessions:
            if 200 <= status < 300:
                self._journal.answered(session.record, status)
            elif status >= 300:
                self._journal.ended(session.record, status, cause)

    def _respond(
        self, event: RequestReceived, status: int, now: float, headers: Sequence[tuple[str, str]] = ()
    ) -> None:
        tag = self._proxy.endpoint.to_tag(event.transaction)
        response = event.request.create_response(status, to_tag=tag)
        for name, value in headers:
            response.headers.add(name, value)
        self._proxy.endpoint.respond(event.transaction, response, now)
        for passage in [p for p in self._passages.values() if p.transaction == event.transaction]:
            self._answered(passage, response)

    # -- small things ---------------------------------------------------------------------------------------

    def _passage(self, event: RequestReceived) -> Passage:
        token = f"rr_{next(self._count)}"
        self._passages[token] = passage = Passage(token, event.transaction, event.flow.listener)
        _bound(self._passages)
        return passage

    def _new_icid(self) -> str:
        host = format_host(self._around.address(ISC)[0])
        icid = f"{self._around.domain}-{self._run}-{next(self._count)}"
        return f"icid-value={icid};icid-generated-at={host};orig-ioi={self._around.domain}"

    def _pop_own_routes(self, request: Request) -> list[SipUri]:
        """Take our own URIs off the top of Route, and give them."""
        routes, own = request.routes, []
        for route in routes:
            if not (isinstance(route.uri, SipUri) and self._is_ours(route.uri)):
                break
            own.append(route.uri)
        if own:
            rest = [str(route) for route in routes[len(own) :]]
            request.headers.set_all("Route", rest)
        return own

    def _is_ours(self, uri: SipUri, *listeners: str) -> bool:
        return any(
            self._around.address(name) == (uri.host, uri.port or 5060) for name in listeners or (ISC, ACCESS)
        )


def _bound(kept: dict[str, Any]) -> None:
    """The oldest goes when there are too many."""
    if len(kept) > MAX_REMEMBERED:
        del kept[next(iter(kept))]


def _nothing(response: Response) -> None:
    """The answer of a request within a dialog changes nothing here."""
