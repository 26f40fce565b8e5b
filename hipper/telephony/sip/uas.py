"""The callee's side of a session: provisional answers, reliable when asked for, 2xx until its ACK, CANCEL.

RFC 3261 §13.3 and §9.2, RFC 3262.
"""

from __future__ import annotations

from hipper.telephony.sip.dialog import Dialog, DialogEvent
from hipper.telephony.sip.endpoint import AckReceived, CancelReceived
from hipper.telephony.sip.errors import LocalProtocolError, SipParseError
from hipper.telephony.sip.events import (
    Cancelled,
    Confirmed,
    EarlyAnswer,
    Invited,
    ReofferAnswered,
    Reoffered,
)
from hipper.telephony.sip.flow import Flow
from hipper.telephony.sip.headers import RAck, Replaces
from hipper.telephony.sip.ids import fraction
from hipper.telephony.sip.message import Request
from hipper.telephony.sip.reliable import ReliableSender, Unacknowledged
from hipper.telephony.sip.session import Happening, PeerOffer, Phase, Session, UnackedAnswer
from hipper.telephony.sip.session_timer import TooSmall
from hipper.telephony.sip.ua_core import HeaderItems, reason_of, sdp_of
from hipper.telephony.sip.uac import CallerSide

RING_AGAIN_S = 60.0
"""A proxy cancels an INVITE that is silent for three minutes, so the 18x is repeated every minute
(§13.3.1.1).
"""


class CalleeSide(CallerSide):
    """Sessions the peer opens."""

    def _on_invite(self, transaction: str, request: Request, flow: Flow, now: float) -> None:
        if len(self._sessions) >= self.config.max_sessions and not self._is_exempt(request):
            retry = str(self.config.endpoint.retry_after_s)
            self._reply(transaction, request, 503, now, headers=[("Retry-After", retry)])
            return
        session = Session(self._ids.token(12), request, flow, is_caller=False)
        try:
            self._negotiate(session, request)
        except TooSmall as too_small:
            headers = [("Min-SE", str(too_small.min_se_s))]
            self._reply(transaction, request, 422, now, headers=headers)
            return
        replaces, replaced, refusal = self._match_replaces(request)
        if refusal is not None:
            self._reply(transaction, request, refusal, now)
            return
        session.transaction = transaction
        session.contact = self._contact(flow)
        session.min_se_s = self.config.min_se_s
        session.remote_sdp = sdp_of(request)
        session.peer_allows = request.allow
        tag = self.endpoint.to_tag(transaction)
        back = flow if flow.is_stream else self.endpoint.response_flow(transaction) or flow
        session.dialog = dialog = Dialog.as_callee(request, tag, session.contact, back)
        self._sessions[session.id] = session
        self._dialogs[dialog.id] = session
        self.endpoint.set_context(transaction, session)
        limit_s = self.config.ring_limit_s
        expires = request.expires
        self.timers.start(session, "limit", now + (limit_s if expires is None else min(limit_s, expires)))
        self._emit(Invited(session.id, request, flow, session.remote_sdp, replaces, replaced))

    def _is_exempt(self, request: Request) -> bool:
        never_refuse = self.config.endpoint.never_refuse
        return never_refuse is not None and never_refuse(request)

    def _match_replaces(self, request: Request) -> tuple[Replaces | None, str | None, int | None]:
        """Replaces (RFC 3891 §3): the header, our session it names, and the status that refuses it."""
        text = request.headers.get("Replaces")
        if text is None or "replaces" not in self.config.supported or self._is_exempt(request):
            return None, None, None
        replaces = Replaces.parse(text)
        found = self._dialogs.get((replaces.call_id, replaces.to_tag, replaces.from_tag))
        refusal: int | None = None
        if found is None:
            refusal = 481
        elif found.phase in (Phase.ENDING, Phase.ENDING_ON_ACK, Phase.ENDED):
            refusal = 603
        elif found.phase in (Phase.OFFERED, Phase.RINGING, Phase.CANCELLING):
            # an early dialog is replaced only at the side that opened it
            refusal = 481
        elif replaces.early_only and found.phase is Phase.ESTABLISHED:
            refusal = 486
        if not self.config.match_replaces:
            refusal = None
        return replaces, None if found is None else found.id, refusal

    # -- provisional answers --------------------------------------------------------------------------------

    def ring(
        self,
        session: str,
        now: float,
        status: int = 180,
        sdp: str | None = None,
        headers: HeaderItems = (),
        reliable: bool | None = None,
    ) -> None:
        """Send a provisional answer, with SDP for early media.

        reliable: None decides itself: when the caller requires 100rel, or when it supports it and there is
        SDP. Ignored when the session is over. Raises LocalProtocolError after a final answer.
        """
        found = self._sessions.get(session)
        if found is None or not self._take(found, Happening.RING):
            return
        if not 100 < status < 200:
            raise LocalProtocolError(f"{status} is not a provisional status for a dialog")
        response = self._response(
            found.invite, status, self.endpoint.to_tag(found.transaction),
            contact=found.contact, headers=headers, sdp=sdp,
        )  # fmt: skip
        is_offer = sdp is not None and found.remote_sdp is None
        found.local_sdp = sdp if sdp is not None else found.local_sdp
        if self._is_reliable(found, sdp, reliable):
            if found.reliable is None:
                found.reliable = ReliableSender(1 + int(fraction(self._ids) * 2**31 - 1) % 2**31)
            out = found.reliable.offer(response, has_sdp=sdp is not None, has_offer=is_offer)
            if out is not None:
                self._send_reliable(found, out, now)
            return
        found.ring_response = self.endpoint.respond(found.transaction, response, now)
        self.timers.start(found, "ring", now + RING_AGAIN_S)

    def _is_reliable(self, session: Session, sdp: str | None, wanted: bool | None) -> bool:
        if "100rel" not in self.config.supported:
            return False
        if "100rel" in session.invite.require:
            return True
        if "100rel" not in session.invite.supported:
            return False
        return sdp is not None if wanted is None else wanted

    def _send_reliable(self, session: Session, out: Unacknowledged, now: float) -> None:
        sender = session.reliable
        if sender is None:
            return
        session.ring_response = self.endpoint.respond(session.transaction, out.response, now)
        sender.interval = self._t1
        self.timers.start(session, "rel", now + self._t1)
        self.timers.start(session, "rel end", now + 64 * self._t1)
        self.timers.stop(session, "ring")

    def _on_rel_timer(self, session: Session, now: float) -> None:
        """Repeat a reliable response, doubling without a cap (RFC 3262 §3)."""
        sender = session.reliable
        flow = self.endpoint.response_flow(session.transaction)
        if sender is not None and sender.outstanding is not None and flow is not None:
            self.endpoint.send_raw(session.ring_response, flow)
            sender.interval *= 2
            self.timers.start(session, "rel", now + sender.interval)

    def _on_rel_end_timer(self, session: Session, now: float) -> None:
        """No PRACK in 64*T1: the INVITE fails (RFC 3262 §3)."""
        self._give_up(session, 504, "no PRACK", now)

    def _on_ring_timer(self, session: Session, now: float) -> None:
        flow = self.endpoint.response_flow(session.transaction)
        if session.phase is Phase.RINGING and flow is not None:
            self.endpoint.send_raw(session.ring_response, flow)
            self.timers.start(session, "ring", now + RING_AGAIN_S)

    def _on_limit_timer(self, session: Session, now: float) -> None:
        """The INVITE's Expires has passed (§13.3.1), or nobody answered within our own limit."""
        expired = session.invite.expires is not None
        self._give_up(session, 487 if expired else 480, "expired", now)

    def _give_up(self, session: Session, status: int, why: str, now: float) -> None:
        was = session.phase
        if was in (Phase.OFFERED, Phase.RINGING) and self._take(session, Happening.LOST):
            self._end_unanswered(session, was, status, now)
            self._emit(Cancelled(session.id, why))

    def _on_prack(self, session: Session, transaction: str, request: Request, now: float) -> None:
        """Match RAck, then let what waited for it go: queued responses, the answer (RFC 3262 §3)."""
        done: Unacknowledged | None = None
        if session.reliable is not None:
            try:
                rack = RAck.parse(request.headers.get("RAck") or "")
                done = session.reliable.acknowledge(rack, session.invite.cseq.number)
            except SipParseError:
                done = None
        if done is None:
            self._reply(transaction, request, 481, now)
            return
        self.timers.stop(session, "rel")
        self.timers.stop(session, "rel end")
        sdp = sdp_of(request)
        if sdp is not None and done.has_offer:
            session.remote_sdp = sdp
            self._reply(transaction, request, 200, now)
            self._emit(EarlyAnswer(session.id, sdp))
        elif sdp is not None:
            session.peer_offer = PeerOffer(transaction, request, sdp)
            self.timers.start(session, "offer", now + 64 * self._t1)
            self._emit(Reoffered(session.id, sdp, "PRACK", request))
        else:
            self._reply(transaction, request, 200, now)
        self._after_prack(session, now)

    def _after_prack(self, session: Session, now: float) -> None:
        sender = session.reliable
        if sender is None or session.phase not in (Phase.OFFERED, Phase.RINGING):
            return
        waiting = sender.next_waiting()
        if waiting is not None:
            self._send_reliable(session, waiting, now)
        elif session.ring_response:
            self.timers.start(session, "ring", now + RING_AGAIN_S)
        if session.held_answer is not None and not sender.blocks_answer:
            sdp, headers = session.held_answer
            session.held_answer = None
            self.answer(session.id, now, sdp, headers)

    # -- final answers --------------------------------------------------------------------------------------

    def answer(self, session: str, now: float, sdp: str | None, headers: HeaderItems = ()) -> None:
        """Answer the call with 200. sdp None: when a reliable provisional answer has carried it.

        The 200 waits for an open PRACK of a response with SDP, and is repeated until its ACK comes.
        Ignored when the session is over. Raises LocalProtocolError after a final answer.
        """
        found = self._sessions.get(session)
        if found is None:
            return
        ringing = found.phase in (Phase.OFFERED, Phase.RINGING)
        if ringing and found.reliable is not None and found.reliable.blocks_answer:
            found.held_answer = (sdp, tuple(headers))
            return
        if not self._take(found, Happening.ANSWER):
            return
        self._stop_ringing(found)
        timer, timer_headers = self._negotiate(found, found.invite)
        flow = self.endpoint.response_flow(found.transaction) or found.flow
        is_offer = found.remote_sdp is None
        data = self._reply(
            found.transaction, found.invite, 200, now,
            contact=found.contact, headers=[*timer_headers, *headers], sdp=sdp,
        )  # fmt: skip
        found.local_sdp = sdp if sdp is not None else found.local_sdp
        number = found.invite.cseq.number
        self._start_2xx(found, UnackedAnswer(number, data, flow, is_first=True, is_offer=is_offer), now)
        self._apply_timer(found, timer, now)
        if found.dialog is not None:
            found.dialog.advance(DialogEvent.SUCCESS)

    def _stop_ringing(self, session: Session) -> None:
        if session.reliable is not None:
            session.reliable.stop()
        for name in ("rel", "rel end", "ring", "limit"):
            self.timers.stop(session, name)

    def reject(
        self, session: str, now: float, status: int, reason: str | None = None, headers: HeaderItems = ()
    ) -> None:
        """Refuse the call with 300–699. Ignored when the session is over; LocalProtocolError after a 200."""
        found = self._sessions.get(session)
        if found is None:
            return
        if not 300 <= status < 700:
            raise LocalProtocolError(f"{status} does not refuse a call")
        if self._take(found, Happening.REJECT):
            self._refuse_pending(found, now)
            self._reply(found.transaction, found.invite, status, now, reason=reason, headers=headers)
            self._forget(found)

    def _on_cancel(self, event: CancelReceived, now: float) -> None:
        """§9.2: the INVITE gets 487; the CANCEL has had its 200. A re-INVITE is cancelled the same way."""
        session = event.context
        if not isinstance(session, Session):
            return
        offer = session.peer_offer
        if offer is not None and offer.transaction == event.transaction:
            self._refuse_pending(session, now)
            return
        was = session.phase
        if event.transaction == session.transaction and self._take(session, Happening.PEER_CANCEL):
            self._end_unanswered(session, was, 487, now)
            self._emit(Cancelled(session.id, reason_of(event.request)))

    def _on_ack(self, event: AckReceived, now: float) -> None:
        request = event.request
        key = (request.call_id, request.to.tag or "", request.from_.tag or "")
        session = self._dialogs.get(key)
        if session is None or session.unacked is None or session.unacked.cseq != request.cseq.number:
            return
        answer = session.unacked
        ending = session.phase is Phase.ENDING_ON_ACK
        if not self._take(session, Happening.ACK):
            return
        self._stop_2xx(session)
        session.ring_response = b""
        session.invite.headers.forget()
        if ending:
            self._send_bye(session, now, session.bye_reason)
            return
        sdp = sdp_of(request)
        if sdp is not None and answer.is_offer:
            session.remote_sdp = sdp
        if answer.is_first:
            self._emit(Confirmed(session.id, sdp if answer.is_offer else None))
        elif answer.is_offer:
            self._emit(ReofferAnswered(session.id, sdp, None))
        self._try_offer(session, now)
