"""The caller's side of a session: INVITE, provisional answers with PRACK, forks, CANCEL (RFC 3261 §13.2,
§9.1).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from hipper.telephony.sip import session_timer
from hipper.telephony.sip.dialog import Dialog, DialogEvent
from hipper.telephony.sip.errors import LocalProtocolError, SipParseError
from hipper.telephony.sip.events import Answered, EarlyMedia, LateAnswer, Rejected, Ringing, Trying
from hipper.telephony.sip.flow import Flow
from hipper.telephony.sip.headers import NameAddr, parse_rseq
from hipper.telephony.sip.message import Headers, Request, Response
from hipper.telephony.sip.mid_dialog import MidDialog
from hipper.telephony.sip.reliable import Order, ReliableReceiver
from hipper.telephony.sip.session import Happening, Phase, Session
from hipper.telephony.sip.ua_core import MAX_AUTH_RETRIES, SDP_TYPE, HeaderItems, Outcome, sdp_of
from hipper.telephony.sip.uri import Uri

if TYPE_CHECKING:
    from hipper.telephony.sip.digest import DigestClient

MAX_EARLY_DIALOGS = 16
"""Forks of one INVITE that are followed; more come from a peer that is out of its mind."""


class CallerSide(MidDialog):
    """Sessions we open."""

    def invite(
        self,
        *,
        uri: Uri,
        flow: Flow,
        from_: NameAddr,
        to: NameAddr,
        now: float,
        headers: HeaderItems = (),
        sdp: str | None = None,
        body: tuple[str, bytes] | None = None,
        route: Sequence[str] = (),
        contact: Uri | None = None,
        max_forwards: int = 70,
        session: str | None = None,
        auth: DigestClient | None = None,
        call_id: str | None = None,
        keep_flow: bool = False,
        session_expires_s: int | None = None,
    ) -> str:
        """Send an INVITE. Returns the session's handle.

        sdp: our offer; None leaves the offer to the peer. body: content type and bytes, instead of ``sdp``.
        session: a handle of the application's own; LocalProtocolError when a live session has it.
        keep_flow: requests of the dialog stay on ``flow`` whatever Contact says (registered phones).
        """
        handle = session or self._ids.token(12)
        if handle in self._sessions:
            raise LocalProtocolError(f"session {handle} is in use")
        if from_.tag is None:
            from_ = from_.with_tag(self._ids.tag())
        contact_text = self._contact(flow) if contact is None else f"<{contact}>"
        wanted_s = session_expires_s or self.config.session_expires_s
        items: list[tuple[str, str]] = [("Max-Forwards", str(max_forwards))]
        items += [("Route", value) for value in route]
        items += [
            ("From", str(from_)),
            ("To", str(to)),
            ("Call-ID", call_id or self._ids.call_id()),
            ("CSeq", "1 INVITE"),
            ("Contact", contact_text),
            ("Allow", self._allow),
            ("Supported", self._supported_for(offered=sdp is not None or body is not None)),
            ("User-Agent", self.config.user_agent),
        ]
        if "timer" in self.config.supported:
            items += session_timer.request_headers(wanted_s, self.config.min_se_s)
        items += headers
        content = b""
        if sdp is not None:
            items.append(("Content-Type", SDP_TYPE))
            content = sdp.encode("utf-8", "surrogateescape")
        elif body is not None:
            items.append(("Content-Type", body[0]))
            content = body[1]
        request = Request("INVITE", uri, Headers(items), content)
        opened = Session(handle, request, flow, is_caller=True)
        opened.contact = contact_text
        opened.keep_flow = keep_flow
        opened.auth = auth
        opened.local_sdp = sdp if sdp is not None else sdp_of(request)
        opened.min_se_s = self.config.min_se_s
        self._sessions[handle] = opened
        self._send_invite(opened, request, now)
        return handle

    def _supported_for(self, *, offered: bool) -> str:
        """Without an offer of ours no 100rel: a reliable 183 would carry the peer's, and PRACK had to
        answer.
        """
        return self._supported if offered else self._supported_plain

    def _send_invite(self, session: Session, request: Request, now: float) -> None:
        session.invite = request
        session.phase = Phase.CALLING
        session.early.clear()
        session.receivers.clear()
        context = partial(self._on_invite_outcome, session, request)
        session.transaction = self.endpoint.send_request(request, session.flow, now, context)

    def cancel(self, session: str, now: float, reason: str | None = None) -> None:
        """Give up our INVITE (§9.1); before a provisional answer the CANCEL waits for it.

        reason: value of a Reason header. The session ends with Rejected or LateAnswer. Ignored when it is
        over.
        """
        found = self._sessions.get(session)
        if found is None:
            return
        if found.phase is Phase.ESTABLISHED:
            self.bye(session, now, reason)
            return
        if self._take(found, Happening.CANCEL):
            found.bye_reason = reason
            self.endpoint.cancel(found.transaction, now, reason)

    def set_aside(self, session: str, now: float) -> None:
        """Give up our INVITE and free its handle at once, for another one to the next server (RFC 3263 §4.3).

        What still comes of it belongs to a handle nobody knows: a 2xx is acknowledged and ended. Ignored
        when the session has had its final answer.
        """
        found = self._sessions.get(session)
        if found is None or found.phase not in (Phase.CALLING, Phase.PROCEEDING):
            return
        del self._sessions[session]
        found.id = self._ids.token(12)
        self._sessions[found.id] = found
        self.cancel(found.id, now)

    def acknowledge(self, session: str, now: float, sdp: str | None) -> None:
        """Send the ACK that answers the offer of a 2xx (after Answered or ReofferAnswered with a late offer).

        sdp: None when there is no answer to give. Ignored when no ACK is due.
        """
        found = self._sessions.get(session)
        if found is not None and found.ack_due is not None and found.dialog is not None:
            self._ack(found, found.dialog, found.ack_due, now, sdp)
            self.timers.stop(found, "ack")

    # -- responses ------------------------------------------------------------------------------------------

    def _on_invite_outcome(self, session: Session, request: Request, outcome: Outcome, now: float) -> None:
        if not isinstance(outcome, Response):
            self._on_failure(session, outcome, None, now)
            return
        self._follow(session)
        if outcome.status < 200:
            self._on_provisional(session, request, outcome, now)
        elif outcome.status < 300:
            self._on_success(session, request, outcome, now)
        else:
            self._on_failure(session, outcome.status, outcome, now)

    def _follow(self, session: Session) -> None:
        """An INVITE that left by another transport for its size (§18.1.1) has its dialog there: the peer may
        listen nowhere else.
        """
        flow = self.endpoint.response_flow(session.transaction)
        if flow is not None and flow.transport != session.flow.transport:
            session.flow = flow

    def _on_provisional(self, session: Session, request: Request, response: Response, now: float) -> None:
        if not self._take(session, Happening.PROVISIONAL):
            return
        if response.status == 100:
            if not session.trying:
                session.trying = True
                self._emit(Trying(session.id))
            return
        tag = response.to.tag
        if tag is None:
            self._emit(Ringing(session.id, response.status, response))
            return
        if response.status == 199:
            # RFC 6228: this fork is over, others go on
            self._drop_early(session, tag)
            return
        dialog = self._early_dialog(session, request, response, tag)
        if dialog is None or not self._acknowledge_provisional(session, dialog, request, response, now):
            return
        sdp = sdp_of(response)
        if sdp is None:
            self._emit(Ringing(session.id, response.status, response))
        else:
            session.remote_sdp = sdp
            self._emit(EarlyMedia(session.id, response.status, sdp, tag, response))

    def _drop_early(self, session: Session, tag: str) -> None:
        dialog = session.early.pop(tag, None)
        if dialog is not None:
            self._dialogs.pop(dialog.id, None)

    def _early_dialog(
        self, session: Session, request: Request, response: Response, tag: str
    ) -> Dialog | None:
        dialog = session.early.get(tag)
        if dialog is None:
            if len(session.early) >= MAX_EARLY_DIALOGS:
                return None
            dialog = Dialog.as_caller(
                request, response, session.contact, session.flow, keep_flow=session.keep_flow
            )
            session.early[tag] = dialog
            self._dialogs[dialog.id] = session
        else:
            dialog.advance(DialogEvent.PROVISIONAL)
            dialog.refresh_target(response)
        return dialog

    def _acknowledge_provisional(
        self, session: Session, dialog: Dialog, request: Request, response: Response, now: float
    ) -> bool:
        """Answer a reliable response with PRACK (RFC 3262 §4).

        False: the application has seen it, or must wait.
        """
        text = response.headers.get("RSeq")
        if text is None or "100rel" not in response.require:
            return True
        try:
            rseq = parse_rseq(text)
        except SipParseError:
            return True
        receiver = session.receivers.setdefault(dialog.remote_tag, ReliableReceiver())
        order = receiver.take(rseq)
        if order is Order.NEXT:
            rack = ("RAck", f"{rseq} {request.cseq.number} INVITE")
            self._send_in_dialog(dialog, "PRACK", now, _nothing, headers=[rack], auth=session.auth)
        return order is Order.NEXT

    def _on_success(self, session: Session, request: Request, response: Response, now: float) -> None:
        tag = response.to.tag or ""
        if session.dialog is not None:
            self._on_repeated_success(session, request, response, tag, now)
            return
        cancelled = session.phase is Phase.CANCELLING
        if not self._take(session, Happening.SUCCESS):
            self._end_fork(session, request, response, tag, now)
            return
        dialog = session.early.pop(tag, None)
        if dialog is None:
            dialog = Dialog.as_caller(
                request, response, session.contact, session.flow, keep_flow=session.keep_flow
            )
        else:
            dialog.refresh_target(response)
            dialog.confirm_route_set(response)
        for other in list(session.early):
            self._drop_early(session, other)
        dialog.advance(DialogEvent.SUCCESS)
        session.dialog = dialog
        self._dialogs[dialog.id] = session
        session.peer_allows = response.allow
        if cancelled:
            self._ack(session, dialog, request.cseq.number, now, None)
            self._send_bye(session, now, session.bye_reason)
            self._emit(LateAnswer(session.id, response))
            return
        self._establish(session, request, response, dialog, tag, now)

    def _establish(
        self, session: Session, request: Request, response: Response, dialog: Dialog, tag: str, now: float
    ) -> None:
        sdp = sdp_of(response)
        session.remote_sdp = sdp if sdp is not None else session.remote_sdp
        if session.local_sdp is not None:
            self._ack(session, dialog, request.cseq.number, now, None)
        else:
            self._await_answer(session, request.cseq.number, now)
        self._apply_timer(session, session_timer.as_uac(response, self._wanted_s(session)), now)
        self._emit(Answered(session.id, session.remote_sdp, tag, response))

    def _on_repeated_success(
        self, session: Session, request: Request, response: Response, tag: str, now: float
    ) -> None:
        if session.dialog is None or session.dialog.remote_tag != tag:
            self._end_fork(session, request, response, tag, now)
        elif session.ack is not None and session.ack[0] == request.cseq.number:
            self.endpoint.send_raw(session.ack[1], session.ack[2])

    def _end_fork(self, session: Session, request: Request, response: Response, tag: str, now: float) -> None:
        """Another branch answered too (§13.2.2.4): acknowledge and end it, and repeat only the ACK."""
        known = session.forks.get(tag)
        if known is not None:
            self.endpoint.send_raw(*known)
            return
        if len(session.forks) >= MAX_EARLY_DIALOGS:
            return
        dialog = Dialog.as_caller(
            request, response, session.contact, session.flow, keep_flow=session.keep_flow
        )
        session.forks[tag] = self._send_ack(dialog, request, now, None)
        self._send_in_dialog(dialog, "BYE", now, _nothing, auth=session.auth)

    def _on_failure(self, session: Session, status: int, response: Response | None, now: float) -> None:
        if response is not None and self._retry_invite(session, status, response, now):
            return
        if self._take(session, Happening.FAILURE):
            self._forget(session)
            self._emit(Rejected(session.id, status, response, by_network=response is None))

    def _retry_invite(self, session: Session, status: int, response: Response, now: float) -> bool:
        """401, 407 with credentials (§22.2) and 422 with a longer interval (RFC 4028 §7.3)."""
        if session.phase not in (Phase.CALLING, Phase.PROCEEDING) or session.retries > MAX_AUTH_RETRIES:
            return False
        request = session.invite
        number = request.cseq.number + 1
        again: Request | None = None
        if status in (401, 407) and session.auth is not None:
            again = self._authorized(request, response, session.auth, number)
        elif status == 422 and "Min-SE" in response.headers:
            session.min_se_s = max(session.min_se_s, session_timer.min_se(response))
            again = self._resend(request, number)
            again.headers.remove("Min-SE")
            again.headers.remove("Session-Expires")
            for name, value in session_timer.request_headers(self._wanted_s(session), session.min_se_s):
                again.headers.add(name, value)
        if again is None:
            return False
        session.retries += 1
        for tag in list(session.early):
            self._drop_early(session, tag)
        self._send_invite(session, again, now)
        return True


def _nothing(outcome: Outcome, now: float) -> None:
    """The outcome changes nothing: PRACK is repeated by the peer's 18x, an ended fork ends by itself."""
