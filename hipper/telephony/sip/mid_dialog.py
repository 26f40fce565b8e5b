"""Within a session's dialog: ACK, BYE, new offers by INVITE and UPDATE in both directions, session timers.

RFC 3261 §14 and §15, RFC 3311, RFC 4028.
"""

from __future__ import annotations

from functools import partial

from hipper.telephony.sip import session_timer
from hipper.telephony.sip.dialog import Dialog, DialogEvent
from hipper.telephony.sip.errors import LocalProtocolError
from hipper.telephony.sip.events import Ended, Refreshed, ReofferAnswered, Reoffered, ReofferRejected
from hipper.telephony.sip.flow import Flow
from hipper.telephony.sip.ids import fraction
from hipper.telephony.sip.message import Request, Response
from hipper.telephony.sip.session import (
    Happening,
    OwnOffer,
    PeerOffer,
    Phase,
    Session,
    UnackedAnswer,
)
from hipper.telephony.sip.session_timer import SessionTimer, TooSmall
from hipper.telephony.sip.ua_core import SDP_TYPE, HeaderItems, Outcome, UserAgentCore, same_sdp, sdp_of

_LIVE = (Phase.ESTABLISHED, Phase.ANSWERED)
_EARLY = (Phase.PROCEEDING, Phase.RINGING)
_OPEN = (*_LIVE, *_EARLY)
_DIALOG_GONE = (408, 481)
"""Answers that say the peer has lost the dialog (§12.2.1.2)."""


class MidDialog(UserAgentCore):
    """What both sides of a session may do once there is a dialog."""

    # -- ACK ------------------------------------------------------------------------------------------------

    def _ack(self, session: Session, dialog: Dialog, number: int, now: float, sdp: str | None) -> None:
        session.ack_due = None
        session.ack = (number, *self._send_ack(dialog, session.invite, now, sdp, number))
        session.invite.headers.forget()  # kept for the whole call, and hardly looked at any more
        if sdp is not None:
            session.local_sdp = sdp

    def _send_ack(
        self, dialog: Dialog, invite: Request, now: float, sdp: str | None, number: int | None = None
    ) -> tuple[bytes, Flow]:
        """Build and send the ACK of a 2xx (§13.2.2.4), with the INVITE's credentials (§22.1)."""
        headers = [
            (name, value)
            for name in ("Authorization", "Proxy-Authorization")
            for value in invite.headers.get_all(name)
        ]
        if sdp is not None:
            headers.append(("Content-Type", SDP_TYPE))
        body = b"" if sdp is None else sdp.encode("utf-8", "surrogateescape")
        ack = dialog.create_request("ACK", headers, body, number or invite.cseq.number)
        flow = dialog.next_flow()
        return self.endpoint.send_ack_2xx(ack, flow, now), flow

    def _await_answer(self, session: Session, number: int, now: float) -> None:
        """The 2xx carries the offer: its ACK needs the application's answer, within Timer H of the peer."""
        session.ack_due = number
        session.ack = None
        self.timers.start(session, "ack", now + 64 * self._t1)

    def _start_2xx(self, session: Session, answer: UnackedAnswer, now: float) -> None:
        """Repeat a 2xx until its ACK comes (§13.3.1.4)."""
        session.unacked = answer
        answer.interval = self._t1
        self.timers.start(session, "2xx", now + self._t1)
        self.timers.start(session, "ack", now + 64 * self._t1)

    def _on_2xx_timer(self, session: Session, now: float) -> None:
        answer = session.unacked
        if answer is not None:
            self.endpoint.send_raw(answer.data, answer.flow)
            answer.interval = min(2 * answer.interval, self._t2)
            self.timers.start(session, "2xx", now + answer.interval)

    def _on_ack_timer(self, session: Session, now: float) -> None:
        """No ACK in 64*T1: end the session (§13.3.1.4); so does an answer the application never gave."""
        was_ending = session.phase is Phase.ENDING_ON_ACK
        if session.ack_due is not None and session.dialog is not None:
            self._ack(session, session.dialog, session.ack_due, now, None)
        if not self._take(session, Happening.NO_ACK):
            return
        self._stop_2xx(session)
        self._send_bye(session, now, session.bye_reason)
        if not was_ending:
            self._emit(Ended(session.id, "no_ack", None))

    def _stop_2xx(self, session: Session) -> None:
        session.unacked = None
        self.timers.stop(session, "2xx")
        self.timers.stop(session, "ack")

    # -- BYE ------------------------------------------------------------------------------------------------

    def _send_bye(self, session: Session, now: float, reason: str | None) -> None:
        """End the dialog; a 2xx that still waits for its ACK gets it first (§13.2.2.4).

        The session is remembered until the BYE is answered, so that a crossing BYE gets 200.
        """
        dialog = session.dialog
        if dialog is None:
            self._forget(session)
            return
        if session.ack_due is not None:
            self._ack(session, dialog, session.ack_due, now, None)
        for name in ("refresh", "expire", "retry"):
            self.timers.stop(session, name)
        self._refuse_pending(session, now)
        headers = [("Reason", reason)] if reason is not None else []
        then = partial(self._on_bye_done, session)
        self._send_in_dialog(dialog, "BYE", now, then, headers=headers, auth=session.auth)

    def _on_bye_done(self, session: Session, outcome: Outcome, now: float) -> None:
        self._forget(session)

    def _refuse_pending(self, session: Session, now: float) -> None:
        """A session that ends answers the peer's requests that are still open (§15.1.2)."""
        offer, session.peer_offer = session.peer_offer, None
        if offer is not None:
            self._reply(offer.transaction, offer.request, 487, now)

    def _lose(self, session: Session, now: float, ended: Ended) -> None:
        """The session cannot go on: BYE, and tell the application."""
        was = session.phase
        if self._take(session, Happening.LOST):
            self._stop_2xx(session)
            self._send_bye(session, now, None)
            if was is not Phase.ENDING_ON_ACK:
                self._emit(ended)

    # -- our new offers -------------------------------------------------------------------------------------

    def reoffer(
        self, session: str, now: float, sdp: str | None, method: str = "INVITE", headers: HeaderItems = ()
    ) -> None:
        """Offer anew with INVITE or UPDATE. sdp None: ask the peer for its offer (INVITE only).

        While another offer is open in either direction it waits for its turn. Ends in ReofferAnswered,
        ReofferRejected or Ended. Ignored when the session is over. Raises LocalProtocolError before there
        is a dialog, and when an offer of the application is waiting already.
        """
        found = self._sessions.get(session)
        if found is None or found.phase in (Phase.ENDING, Phase.ENDING_ON_ACK, Phase.CANCELLING):
            return
        # RFC 3311 §5.1: in an early dialog UPDATE only, and after the first offer has had its answer
        exchanged = found.local_sdp is not None and found.remote_sdp is not None
        early = found.phase in _EARLY and method == "UPDATE" and exchanged
        if self._offer_dialog(found) is None or not (found.phase in _LIVE or early):
            raise LocalProtocolError(f"no offer by {method} in phase {found.phase}")
        if found.own_offer is not None and not found.own_offer.refresh:
            raise LocalProtocolError("an offer is open already")
        waiting = OwnOffer(method, sdp, headers, refresh=False)
        if found.own_offer is not None and found.own_offer.sent:
            found.next_offer = waiting
            return
        found.own_offer = waiting
        self._try_offer(found, now)

    def tell(self, session: str, now: float, headers: HeaderItems) -> None:
        """Tell the peer something in headers of a refresh: UPDATE where it allows that (RFC 3311), else an
        INVITE with the description it knows. After an offer that is open, and not told when that is followed
        by another one. Nothing comes of it but Ended. Ignored before the dialog and when the session is over.
        """
        found = self._sessions.get(session)
        if found is None or found.phase not in _LIVE:
            return
        update = "UPDATE" in found.peer_allows
        offer = OwnOffer(
            "UPDATE" if update else "INVITE", None if update else found.local_sdp, headers, refresh=True
        )
        if found.own_offer is None:
            found.own_offer = offer
            self._try_offer(found, now)
        elif found.next_offer is None or found.next_offer.refresh:
            found.next_offer = offer

    def _offer_dialog(self, session: Session) -> Dialog | None:
        if session.dialog is not None:
            return session.dialog
        return next(iter(session.early.values()), None)

    def _try_offer(self, session: Session, now: float) -> None:
        """Send the waiting offer, or look again after a while when another one is open (§14.1)."""
        offer = session.own_offer
        dialog = self._offer_dialog(session)
        if offer is None or offer.sent or dialog is None:
            return
        blocked = session.peer_offer is not None or session.ack_due is not None
        if blocked or (offer.method == "INVITE" and session.unacked is not None):
            self._retry_later(session, now)
            return
        offer.sent = True
        self._send_offer(session, dialog, offer, now)

    def _send_offer(self, session: Session, dialog: Dialog, offer: OwnOffer, now: float) -> None:
        headers = [("Allow", self._allow), ("Supported", self._supported_plain)]
        if "timer" in self.config.supported and session.dialog is not None:
            headers += self._timer_headers(session)
        headers += offer.headers
        content_type = SDP_TYPE if offer.sdp is not None else None
        body = b"" if offer.sdp is None else offer.sdp.encode("utf-8", "surrogateescape")
        then = partial(self._on_offer_outcome, session, offer)
        request = self._send_in_dialog(
            dialog, offer.method, now, then,
            headers=headers, content_type=content_type, body=body, auth=session.auth,
        )  # fmt: skip
        if offer.method == "INVITE":
            session.invite = request

    def _timer_headers(self, session: Session) -> list[tuple[str, str]]:
        timer = session.timer
        wanted_s = timer.interval_s or self._wanted_s(session)
        refresher = None if timer.interval_s is None else "uac" if timer.we_refresh else "uas"
        return session_timer.request_headers(wanted_s, session.min_se_s, refresher)

    def _on_offer_outcome(self, session: Session, offer: OwnOffer, outcome: Outcome, now: float) -> None:
        status = outcome.status if isinstance(outcome, Response) else outcome
        if isinstance(outcome, Response) and status < 300:
            self._on_offer_accepted(session, offer, outcome, now)
            return
        if session.own_offer is not offer:
            return
        if session.phase not in _OPEN:
            session.own_offer = None
            return
        if isinstance(outcome, Response) and self._repeat_offer(session, offer, outcome, now):
            return
        session.own_offer = None
        live = session.phase in _LIVE
        if live and status in _DIALOG_GONE:
            self._lose(session, now, Ended(session.id, "dialog_gone", None))
            return
        if live and not isinstance(outcome, Response):
            self._lose(session, now, Ended(session.id, "transport", None))
            return
        if not offer.refresh:
            self._emit(ReofferRejected(session.id, status))
        self._next_offer(session, now)

    def _repeat_offer(self, session: Session, offer: OwnOffer, response: Response, now: float) -> bool:
        """491: both offered at once (§14.1). 422: the interval was too short (RFC 4028 §7.4)."""
        if offer.attempts >= self.config.glare_retries:
            return False
        if response.status == 422:
            session.min_se_s = max(session.min_se_s, session_timer.min_se(response))
            session.timer = SessionTimer(None)
        elif response.status != 491:
            return False
        offer.attempts += 1
        offer.sent = False
        if response.status == 422:
            self._try_offer(session, now)
        else:
            self._retry_later(session, now)
        return True

    def _retry_later(self, session: Session, now: float) -> None:
        """§14.1: the owner of the Call-ID waits 2.1 to 4 s, the other 0 to 2 s, in units of 10 ms."""
        chance = fraction(self._ids)
        wait = 2.1 + int(chance * 190) / 100 if session.is_caller else int(chance * 200) / 100
        self.timers.start(session, "retry", now + wait)

    def _on_offer_accepted(self, session: Session, offer: OwnOffer, response: Response, now: float) -> None:
        dialog = self._offer_dialog(session)
        number = response.cseq.number
        if dialog is None:
            return
        if session.own_offer is not offer:
            # a repeated 2xx: its ACK was lost
            if session.ack is not None and session.ack[0] == number and offer.method == "INVITE":
                self.endpoint.send_raw(session.ack[1], session.ack[2])
            return
        session.own_offer = None
        dialog.refresh_target(response)
        sdp = sdp_of(response)
        if offer.method == "INVITE":
            if offer.sdp is None and session.phase in _LIVE and not offer.refresh:
                self._await_answer(session, number, now)
            else:
                self._ack(session, dialog, number, now, None)
        if session.phase not in _OPEN:
            return
        unchanged = same_sdp(sdp, session.remote_sdp) or sdp is None
        if offer.sdp is not None:
            session.local_sdp = offer.sdp
        session.remote_sdp = sdp if sdp is not None else session.remote_sdp
        if session.dialog is not None:
            self._apply_timer(session, session_timer.as_uac(response, self._wanted_s(session)), now)
        if not (offer.refresh and unchanged):
            self._emit(ReofferAnswered(session.id, sdp, response))
        self._next_offer(session, now)

    def _next_offer(self, session: Session, now: float) -> None:
        if session.next_offer is not None:
            session.own_offer, session.next_offer = session.next_offer, None
            self._try_offer(session, now)

    # -- the peer's new offers ------------------------------------------------------------------------------

    def _on_peer_offer(self, session: Session, transaction: str, request: Request, now: float) -> None:
        """INVITE or UPDATE within the dialog (§14.2, RFC 3311 §5.2)."""
        sdp = sdp_of(request)
        if not self._may_offer(session, transaction, request, sdp, now):
            return
        dialog = session.dialog or self._offer_dialog(session)
        if dialog is not None:
            dialog.refresh_target(request)
        session.peer_allows = request.allow or session.peer_allows
        offer = PeerOffer(transaction, request, sdp)
        if request.method == "UPDATE" and sdp is None:
            self._refreshed(session, offer, now, None)
        elif session.local_sdp is not None and same_sdp(sdp, session.remote_sdp):
            self._refreshed(session, offer, now, session.local_sdp)
        else:
            session.peer_offer = offer
            self.timers.start(session, "offer", now + 64 * self._t1)
            self._emit(Reoffered(session.id, sdp, request.method, request))

    def _refreshed(self, session: Session, offer: PeerOffer, now: float, sdp: str | None) -> None:
        self._accept(session, offer, now, sdp, ())
        if "P-Asserted-Identity" in offer.request.headers:
            self._emit(Refreshed(session.id, offer.request))

    def _may_offer(
        self, session: Session, transaction: str, request: Request, sdp: str | None, now: float
    ) -> bool:
        invite = request.method == "INVITE"
        if session.phase in (Phase.ENDING, Phase.ENDING_ON_ACK, Phase.ENDED):
            self._reply(transaction, request, 481, now)
        elif session.peer_offer is not None or (invite and session.unacked is not None):
            wait = str(int(fraction(self._ids) * 11))
            self._reply(transaction, request, 500, now, headers=[("Retry-After", wait)])
        elif (invite or sdp is not None) and self._own_offer_open(session):
            self._reply(transaction, request, 491, now)
        elif self._interval_too_small(session, request):
            self._reply(transaction, request, 422, now, headers=[("Min-SE", str(self.config.min_se_s))])
        else:
            return True
        return False

    def _own_offer_open(self, session: Session) -> bool:
        offer = session.own_offer
        unanswered = offer is not None and offer.sent and (offer.method == "INVITE" or offer.sdp is not None)
        first = session.is_caller and session.phase in (Phase.CALLING, Phase.PROCEEDING)
        if first:
            return session.remote_sdp is None
        unacked = session.unacked
        return unanswered or session.ack_due is not None or (unacked is not None and unacked.is_offer)

    def _interval_too_small(self, session: Session, request: Request) -> bool:
        try:
            self._negotiate(session, request)
        except TooSmall:
            return True
        return False

    def answer_reoffer(self, session: str, now: float, sdp: str | None, headers: HeaderItems = ()) -> None:
        """Accept the peer's new offer.

        sdp: our answer, or our offer when it asked for one. Ignored when over.
        """
        found = self._sessions.get(session)
        if found is None or found.phase not in _OPEN:
            return
        offer, found.peer_offer = found.peer_offer, None
        if offer is not None:
            self._accept(found, offer, now, sdp, headers)

    def _accept(
        self, session: Session, offer: PeerOffer, now: float, sdp: str | None, headers: HeaderItems
    ) -> None:
        request = offer.request
        items = [*headers]
        if session.dialog is not None and offer.method != "PRACK":
            timer, timer_headers = self._negotiate(session, request)
            items += timer_headers
            self._apply_timer(session, timer, now)
        session.remote_sdp = offer.sdp if offer.sdp is not None else session.remote_sdp
        session.local_sdp = sdp if sdp is not None else session.local_sdp
        flow = self.endpoint.response_flow(offer.transaction)
        contact = session.contact if offer.method != "PRACK" else None
        data = self._reply(offer.transaction, request, 200, now, headers=items, contact=contact, sdp=sdp)
        if offer.method == "INVITE" and flow is not None:
            is_offer = offer.sdp is None
            answer = UnackedAnswer(request.cseq.number, data, flow, is_first=False, is_offer=is_offer)
            self._start_2xx(session, answer, now)

    def reject_reoffer(self, session: str, now: float, status: int, headers: HeaderItems = ()) -> None:
        """Refuse the peer's new offer (488 …); the session goes on as before. Ignored when it is over."""
        found = self._sessions.get(session)
        if found is None or found.phase not in _OPEN:
            return
        offer, found.peer_offer = found.peer_offer, None
        if offer is not None:
            self._reply(offer.transaction, offer.request, status, now, headers=headers)

    def _on_offer_timer(self, session: Session, now: float) -> None:
        """The application never answered the peer's offer."""
        offer, session.peer_offer = session.peer_offer, None
        if offer is not None:
            self._reply(offer.transaction, offer.request, 480, now)

    def _on_dialog_request_done(self, session: Session, outcome: Outcome, now: float) -> None:
        """481 to a request within the dialog means the peer has lost it (§12.2.1.2)."""
        status = outcome.status if isinstance(outcome, Response) else outcome
        if status in _DIALOG_GONE and session.phase is Phase.ESTABLISHED:
            self._lose(session, now, Ended(session.id, "dialog_gone", None))

    # -- session timers -------------------------------------------------------------------------------------

    def _wanted_s(self, session: Session) -> int | None:
        return self.config.session_expires_s if "timer" in self.config.supported else None

    def _negotiate(self, session: Session, request: Request) -> tuple[SessionTimer, list[tuple[str, str]]]:
        if "timer" not in self.config.supported:
            return SessionTimer(None), []
        try:
            return session_timer.as_uas(request, self._wanted_s(session), self.config.min_se_s)
        except TooSmall:
            if self.endpoint.is_let_through(session.invite):
                return SessionTimer(None), []
            raise

    def _apply_timer(self, session: Session, timer: SessionTimer, now: float) -> None:
        session.timer = timer
        self.timers.stop(session, "refresh")
        self.timers.stop(session, "expire")
        expires_after_s = timer.expires_after_s
        if expires_after_s is None or timer.interval_s is None:
            return
        self.timers.start(session, "expire", now + expires_after_s)
        if timer.we_refresh:
            self.timers.start(session, "refresh", now + timer.interval_s / 2)

    def _on_refresh_timer(self, session: Session, now: float) -> None:
        """Refresh by UPDATE when the peer allows it, else by INVITE with the description it knows (§7.4)."""
        if session.phase is not Phase.ESTABLISHED or session.own_offer is not None:
            return
        update = "UPDATE" in session.peer_allows
        sdp = None if update else session.local_sdp
        session.own_offer = OwnOffer("UPDATE" if update else "INVITE", sdp, (), refresh=True)
        self._try_offer(session, now)

    def _on_expire_timer(self, session: Session, now: float) -> None:
        self._lose(session, now, Ended(session.id, "session_expired", None))

    def _on_retry_timer(self, session: Session, now: float) -> None:
        self._try_offer(session, now)

    # -- the application ends it ----------------------------------------------------------------------------

    def bye(self, session: str, now: float, reason: str | None = None) -> None:
        """End a session in any phase; no event follows but for our own INVITE without an answer (see
        ``cancel``).

        Before the ACK of our 2xx the BYE waits for it (§15). reason: value of a Reason header. Ignored
        when over.
        """
        found = self._sessions.get(session)
        if found is None:
            return
        was = found.phase
        if not self._take(found, Happening.BYE):
            return
        found.bye_reason = reason
        if found.phase is Phase.ENDING:
            self._stop_2xx(found)
            self._send_bye(found, now, reason)
        elif found.phase is Phase.CANCELLING:
            self.endpoint.cancel(found.transaction, now, reason)
        elif found.phase is Phase.ENDED:
            self._end_unanswered(found, was, 480, now)

    def _end_unanswered(self, session: Session, was: Phase, status: int, now: float) -> None:
        """Give the open INVITE of a peer its final answer."""
        if was in (Phase.OFFERED, Phase.RINGING):
            self._refuse_pending(session, now)
            self._reply(session.transaction, session.invite, status, now)
        self._forget(session)

    def _on_peer_bye(self, session: Session, transaction: str, request: Request, now: float) -> None:
        was = session.phase
        self._reply(transaction, request, 200, now)
        if not self._take(session, Happening.PEER_BYE):
            return
        self._stop_2xx(session)
        self._refuse_pending(session, now)
        self._end_unanswered(session, was, 487, now)
        if session.dialog is not None:
            session.dialog.advance(DialogEvent.BYE)
        if was is not Phase.ENDING_ON_ACK:
            self._emit(Ended(session.id, "bye", request))
