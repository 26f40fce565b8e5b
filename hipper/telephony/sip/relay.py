"""An INVITE that goes on as it came, the way a proxy sends it (RFC 3261 §16): no dialog of ours comes of it.

Call-ID, tags, CSeq, Contact, body and every other header stay; only Route, Max-Forwards and Via are the next
hop's. Without a Record-Route of ours everything after the 2xx runs past us: ACK, BYE, re-INVITE, and the
REFER to a conference. The Via of the senders is put back into the responses, as border elements do.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from hipper.telephony.sip.endpoint import CancelReceived
from hipper.telephony.sip.errors import LocalProtocolError
from hipper.telephony.sip.events import Answered, LateAnswer, Rejected, Ringing, Trying
from hipper.telephony.sip.flow import Flow
from hipper.telephony.sip.message import Headers, Request, Response
from hipper.telephony.sip.session import Happening, Phase, Session
from hipper.telephony.sip.ua_core import HeaderItems, Outcome, reason_of
from hipper.telephony.sip.ua_transfer import TransferSide


class Relay:
    """One INVITE on its way. ``handle``: the name its events have; ``over``: the caller has had a final
    response of ours."""

    __slots__ = ("answered", "handle", "over", "refusal", "session", "transaction", "tried")

    def __init__(self, handle: str, session: Session) -> None:
        self.handle = handle
        self.session = session
        self.transaction = ""
        self.tried = False
        self.answered = False
        self.over = False
        self.refusal: Response | None = None


class RelaySide(TransferSide):
    """Sessions of others that pass by."""

    _relays: dict[str, Relay]
    _refusals: dict[str, Relay]

    def relay(
        self,
        session: str,
        now: float,
        *,
        flow: Flow,
        handle: str,
        route: Sequence[str],
        max_forwards: int,
    ) -> None:
        """Send the INVITE of an offered session on over ``flow``, with ``route`` instead of its own Route.

        What comes of it goes back to the caller as it is; ``handle`` names it in Trying, Ringing, Answered
        (the session is over for us then) and Rejected. A refusal waits for the application: ``reject`` with
        the same status hands it on whole, anything else may be done with the session instead. A CANCEL of
        the caller goes on too. Raises LocalProtocolError when the session was answered already.
        """
        found = self._sessions.get(session)
        if found is None:
            return
        if found.phase is not Phase.OFFERED or handle in self._relays:
            raise LocalProtocolError(f"session {session} cannot be relayed")
        relay = self._relays[handle] = Relay(handle, found)
        self.timers.stop(found, "limit")
        self.endpoint.set_context(found.transaction, relay)
        self.endpoint.let_spiral(found.transaction)
        request = _onward(found.invite, route, max_forwards)
        found.flow = flow
        relay.transaction = self.endpoint.send_request(request, flow, now, partial(self._on_relayed, relay))

    def _on_relayed(self, relay: Relay, outcome: Outcome, now: float) -> None:
        if not isinstance(outcome, Response):
            self._refused(relay, outcome, None)
        elif outcome.status == 100:
            if not relay.tried:
                relay.tried = True
                self._emit(Trying(relay.handle))
        elif outcome.status < 200:
            if not relay.over:
                self._send_back(relay, outcome, now)
                self._emit(Ringing(relay.handle, outcome.status, outcome))
        elif outcome.status < 300:
            self._accepted(relay, outcome, now)
        else:
            self._refused(relay, outcome.status, outcome)

    def _accepted(self, relay: Relay, response: Response, now: float) -> None:
        """Each 2xx goes back, repetitions and forks too (§16.7 step 5). One that comes after we gave up would
        never have its ACK: it is acknowledged and ended."""
        tag = response.to.tag or ""
        if relay.over:
            self._end_fork(relay.session, relay.session.invite, response, tag, now)
            if self._relays.pop(relay.handle, None) is not None:
                self._emit(LateAnswer(relay.handle, response))
            return
        self._send_back(relay, response, now)
        if relay.answered:
            return
        relay.answered = True
        self._relays.pop(relay.handle, None)
        self._take(relay.session, Happening.REJECT)
        self._forget(relay.session)
        self._emit(Answered(relay.handle, None, tag, response))

    def _refused(self, relay: Relay, status: int, response: Response | None) -> None:
        self._relays.pop(relay.handle, None)
        relay.refusal = response
        if response is not None and not relay.over:
            self._refusals[relay.session.id] = relay
        self.endpoint.set_context(relay.session.transaction, relay.session)
        self._emit(Rejected(relay.handle, status, response, by_network=response is None))

    def _send_back(self, relay: Relay, response: Response, now: float) -> None:
        vias = [("Via", value) for value in relay.session.invite.headers.get_all("Via")]
        others = [item for item in response.headers if item[0] != "Via"]
        back = Response(response.status, response.reason, Headers([*vias, *others]), response.body)
        self.endpoint.respond(relay.session.transaction, back, now)

    # -- what differs for sessions that pass by -------------------------------------------------------------

    def reject(
        self, session: str, now: float, status: int, reason: str | None = None, headers: HeaderItems = ()
    ) -> None:
        """As of any session; the refusal that a relayed INVITE got goes back whole when it is this one."""
        relay = self._refusals.get(session)
        if relay is not None and relay.refusal is not None and relay.refusal.status == status:
            if self._take(relay.session, Happening.REJECT):
                self._send_back(relay, relay.refusal, now)
                self._forget(relay.session)
            return
        super().reject(session, now, status, reason, headers)

    def cancel(self, session: str, now: float, reason: str | None = None) -> None:
        """As of any session; ``session`` may be the handle of a relayed INVITE, which the application gives
        up for a reason of its own."""
        relay = self._relays.get(session)
        if relay is None:
            super().cancel(session, now, reason)
            return
        relay.over = True
        self.endpoint.set_context(relay.session.transaction, relay.session)
        self.endpoint.cancel(relay.transaction, now, reason)

    def _on_cancel(self, event: CancelReceived, now: float) -> None:
        """§16.10: a CANCEL is sent on, and the 487 comes back by itself."""
        if isinstance(event.context, Relay):
            self.endpoint.cancel(event.context.transaction, now, reason_of(event.request))
        else:
            super()._on_cancel(event, now)

    def _forget(self, session: Session) -> None:
        self._refusals.pop(session.id, None)
        super()._forget(session)


def _onward(invite: Request, route: Sequence[str], max_forwards: int) -> Request:
    """A copy for the next hop (§16.6)."""
    request = invite.copy()
    request.headers.remove("Via")
    request.headers.set_all("Route", route)
    request.headers.set("Max-Forwards", str(max_forwards))
    return request
