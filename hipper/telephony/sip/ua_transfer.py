"""REFER and its NOTIFYs within a session's dialog, both sides (RFC 3515, RFC 3891, RFC 5589)."""

from __future__ import annotations

from functools import partial

from hipper.telephony.sip.errors import LocalProtocolError
from hipper.telephony.sip.events import Notified, Referred, RequestAnswered, RequestFailed
from hipper.telephony.sip.headers import NameAddr, Replaces
from hipper.telephony.sip.message import Request, Response
from hipper.telephony.sip.refer import (
    REFER_EXPIRES_S,
    SIPFRAG_TYPE,
    ReferHappening,
    ReferState,
    Subscription,
    is_final_notify,
    is_refer_notify,
    sipfrag,
    sipfrag_status,
    wants_subscription,
)
from hipper.telephony.sip.session import Phase, Session
from hipper.telephony.sip.ua_core import HeaderItems, Outcome
from hipper.telephony.sip.uas import CalleeSide

MAX_SUBSCRIPTIONS = 4_000
"""REFERs reporting at the same time, over all sessions."""


class TransferSide(CalleeSide):
    """Transfers asked of us and by us."""

    _subscriptions: dict[str, Subscription]

    # -- asked of us ----------------------------------------------------------------------------------------

    def _on_refer(self, session: Session, transaction: str, request: Request, now: float) -> None:
        dialog = self._offer_dialog(session)
        if dialog is None or len(self._subscriptions) >= MAX_SUBSCRIPTIONS:
            self._reply(transaction, request, 503, now)
            return
        self._subscriptions[transaction] = subscription = Subscription(transaction, dialog, request)
        # the application has as long as the transaction lives
        self.timers.start(subscription, "expire", now + 64 * self._t1)
        refer_to = NameAddr.parse(request.headers.get("Refer-To") or "")
        self._emit(Referred(session.id, refer_to, request, transaction))

    def accept_refer(self, transaction: str, now: float) -> None:
        """Answer a REFER with 202 and its first NOTIFY, 100 Trying (RFC 3515 §2.4.4); without NOTIFYs when it
        wants none (Refer-Sub: false, RFC 4488 §4)."""
        found = self._subscriptions.get(transaction)
        if found is None:
            return
        if found.take(ReferHappening.ACCEPT).refuse:
            raise LocalProtocolError("the REFER is accepted already")
        if not wants_subscription(found.request):
            self._reply(transaction, found.request, 202, now, headers=[("Refer-Sub", "false")])
            self._end_subscription(found)
            return
        found.expires_at = now + REFER_EXPIRES_S
        self._reply(transaction, found.request, 202, now)
        self.timers.start(found, "expire", found.expires_at)
        self._notify(found, now)

    def notify_refer(self, transaction: str, now: float, status: int, reason: str | None = None) -> None:
        """Report the target's status; a final one ends the subscription. Ignored when it is over.

        Raises LocalProtocolError before accept_refer.
        """
        found = self._subscriptions.get(transaction)
        if found is None:
            return
        row = found.take(ReferHappening.PROGRESS if status < 200 else ReferHappening.OUTCOME)
        if row.refuse:
            raise LocalProtocolError(row.reason)
        found.last = sipfrag(status, reason)
        if row.notify:
            self._notify(found, now)

    def reject_refer(self, transaction: str, now: float, status: int, headers: HeaderItems = ()) -> None:
        """Refuse a REFER: 403, 603 … Ignored when it is over; LocalProtocolError when accepted."""
        found = self._subscriptions.get(transaction)
        if found is None:
            return
        row = found.take(ReferHappening.REFUSE)
        if row.refuse:
            raise LocalProtocolError(row.reason)
        self._reply(transaction, found.request, status, now, headers=headers)
        self._end_subscription(found)

    def _notify(self, subscription: Subscription, now: float, reason: str = "noresource") -> None:
        headers = subscription.headers(now, reason=reason)
        then = partial(self._on_notify_done, subscription)
        self._send_in_dialog(
            subscription.dialog, "NOTIFY", now, then,
            headers=headers, content_type=SIPFRAG_TYPE, body=subscription.last,
        )  # fmt: skip
        if subscription.state is ReferState.TERMINATED:
            self._end_subscription(subscription)

    def _on_notify_done(self, subscription: Subscription, outcome: Outcome, now: float) -> None:
        status = outcome.status if isinstance(outcome, Response) else outcome
        if status in (408, 481):
            subscription.take(ReferHappening.NOTIFY_FAILED)
            self._end_subscription(subscription)

    def _refer_expired(self, subscription: Subscription, now: float) -> None:
        if subscription.take(ReferHappening.EXPIRE).notify:
            self._notify(subscription, now, reason="timeout")
        else:
            self._end_subscription(subscription)

    def _end_subscription(self, subscription: Subscription) -> None:
        self._subscriptions.pop(subscription.id, None)
        self.timers.stop(subscription, "expire")

    # -- asked by us ----------------------------------------------------------------------------------------

    def refer(self, session: str, now: float, refer_to: NameAddr, headers: HeaderItems = ()) -> str | None:
        """Ask the peer to call ``refer_to``. Returns a handle; None when the session is over.

        The 202 comes as RequestAnswered, the progress as Notified. Raises
        LocalProtocolError before an answer.
        """
        found = self._sessions.get(session)
        if found is None or found.phase in (Phase.ENDING, Phase.ENDING_ON_ACK):
            return None
        if found.dialog is None or found.phase not in (Phase.ESTABLISHED, Phase.ANSWERED):
            raise LocalProtocolError(f"no REFER in phase {found.phase}")
        handle = self._ids.token(12)
        items = [("Refer-To", str(refer_to)), *headers]
        if not any(name.lower() == "referred-by" for name, _ in headers):
            items.append(("Referred-By", found.contact))
        then = partial(self._on_refer_done, found, handle)
        self._send_in_dialog(found.dialog, "REFER", now, then, headers=items, auth=found.auth)
        return handle

    def _on_refer_done(self, session: Session, handle: str, outcome: Outcome, now: float) -> None:
        if isinstance(outcome, Response):
            self._emit(RequestAnswered(handle, outcome))
        else:
            self._emit(RequestFailed(handle, outcome, by_network=True))
        self._on_dialog_request_done(session, outcome, now)

    def _on_notify(self, session: Session, transaction: str, request: Request, now: float) -> None:
        if not is_refer_notify(request):
            self._reply(transaction, request, 489, now, headers=[("Allow-Events", "refer")])
            return
        self._reply(transaction, request, 200, now)
        status = sipfrag_status(request.body)
        self._emit(Notified(session.id, request, status, is_final_notify(request)))

    def session_of(self, replaces: Replaces) -> str | None:
        """The session whose dialog a Replaces names as its peer sees it (RFC 3891 §3), None when there is
        none (any more)."""
        found = self._dialogs.get((replaces.call_id, replaces.to_tag, replaces.from_tag))
        over = (Phase.ENDING, Phase.ENDING_ON_ACK, Phase.ENDED)
        return None if found is None or found.phase in over else found.id

    def replaces_for(self, session: str) -> Replaces | None:
        """The Replaces that names a session's dialog as its peer sees it (RFC 3891 §4);
        None without a dialog.
        """
        found = self._sessions.get(session)
        dialog = None if found is None else self._offer_dialog(found)
        if dialog is None:
            return None
        return Replaces.of(dialog.call_id, dialog.remote_tag, dialog.local_tag)
