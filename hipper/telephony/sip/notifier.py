"""Subscriptions that peers hold with us: the notifier's side of RFC 6665 (busy lamps, MWI).

One dialog per subscription. The application accepts a SUBSCRIBE and its refreshes, and says what each NOTIFY
carries; expiry and dead subscribers are dealt with here. NOTIFYs of one subscription leave one at a time:
what changes while one is on its way goes with the next, the latest state only (§4.2.2).
"""

from __future__ import annotations

from functools import partial

from hipper.telephony.sip.dialog import Dialog, DialogEvent, DialogId
from hipper.telephony.sip.errors import LocalProtocolError
from hipper.telephony.sip.events import SubscriptionEnded, SubscriptionRefreshed
from hipper.telephony.sip.flow import Flow
from hipper.telephony.sip.message import Request, Response
from hipper.telephony.sip.relay import RelaySide
from hipper.telephony.sip.ua_core import Outcome

MAX_SUBSCRIPTIONS = 200_000
"""Subscriptions at a time; each is a dialog of some hundred bytes."""
DEFAULT_EXPIRES_S = 3600
GONE = frozenset((404, 405, 408, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 604))
"""Answers to a NOTIFY that end the subscription: the dialog usage is gone (RFC 5057 §5.3), or nobody was
there to answer. A 503 and the like leaves it."""

Body = tuple[str, bytes]
"""Content type and bytes."""


class Notification:
    """One subscription. ``waiting``: what is to be sent once the NOTIFY on its way is answered."""

    __slots__ = ("dialog", "event", "expires_at", "handle", "sending", "waiting")

    def __init__(self, handle: str, dialog: Dialog, event: str, expires_at: float) -> None:
        self.handle = handle
        self.dialog = dialog
        self.event = event
        self.expires_at = expires_at
        self.sending = False
        self.waiting: Body | None = None


class NotifierSide(RelaySide):
    """Mixed into the user agent."""

    _notifications: dict[str, Notification]
    _notifier_dialogs: dict[DialogId, Notification]

    def accept_subscription(
        self, transaction: str, request: Request, flow: Flow, now: float, *, expires_s: int
    ) -> str | None:
        """Answer a SUBSCRIBE outside a dialog with 200. Returns the subscription's handle: the first NOTIFY
        has to follow at once (§4.2.1.2). None: there is no room (503 was sent). With ``expires_s`` 0 it is a
        question asked once: the first NOTIFY is also the last."""
        if len(self._notifications) >= MAX_SUBSCRIPTIONS:
            self._reply(transaction, request, 503, now, headers=[("Retry-After", "60")])
            return None
        tag = self.endpoint.to_tag(transaction)
        contact = self._contact(flow)
        dialog = Dialog.as_callee(request, tag, contact, flow)
        dialog.advance(DialogEvent.SUCCESS)
        handle = self._ids.token(12)
        event = request.headers.get("Event") or ""
        found = Notification(handle, dialog, event, now + expires_s)
        self._notifications[handle] = self._notifier_dialogs[dialog.id] = found
        self._reply(transaction, request, 200, now, headers=[("Expires", str(expires_s))], contact=contact)
        if expires_s:
            self.timers.start(found, "expire", found.expires_at)
        return handle

    def refresh_subscription(self, handle: str, transaction: str, request: Request, now: float) -> bool:
        """Answer a SUBSCRIBE within the dialog with 200: a longer life, which wants the whole state by NOTIFY
        (§4.2.1.2), or the end. False: it is over, by this or before."""
        found = self._notifications.get(handle)
        if found is None:
            self._reply(transaction, request, 481, now)
            return False
        found.dialog.refresh_target(request)
        wanted = request.expires
        expires_s = DEFAULT_EXPIRES_S if wanted is None else min(wanted, DEFAULT_EXPIRES_S)
        headers = [("Expires", str(expires_s))]
        self._reply(transaction, request, 200, now, headers=headers, contact=found.dialog.contact)
        if expires_s == 0:
            self._finish(found, now, "timeout", None)
            self._emit(SubscriptionEnded(found.handle, "unsubscribed"))
            return False
        found.expires_at = now + expires_s
        self.timers.start(found, "expire", found.expires_at)
        return True

    def notify(self, handle: str, now: float, body: Body) -> None:
        """Send the state as it is now. Ignored when the subscription is over."""
        found = self._notifications.get(handle)
        if found is None:
            return
        if found.sending:
            found.waiting = body
            return
        self._send_notify(found, now, body)

    def end_subscription(self, handle: str, now: float, reason: str, body: Body | None = None) -> None:
        """Tell the subscriber that there is no more (``deactivated``, ``noresource``, ``rejected``…)."""
        found = self._notifications.get(handle)
        if found is not None:
            self._finish(found, now, reason, body)

    def subscription_count(self) -> int:
        return len(self._notifications)

    # -- from the peer --------------------------------------------------------------------------------------

    def _on_refresh(
        self, found: Notification, transaction: str, request: Request, flow: Flow, now: float
    ) -> None:
        """SUBSCRIBE within the dialog (§4.2.1.1). The application says whether it may."""
        if not found.dialog.take_sequence(request.cseq.number):
            self._reply(transaction, request, 500, now, headers=[("Retry-After", "0")])
            return
        if (request.headers.get("Event") or "").partition(";")[0] != found.event.partition(";")[0]:
            self._reply(transaction, request, 489, now)
            return
        self._emit(SubscriptionRefreshed(found.handle, transaction, request, flow))

    def _notification_expired(self, found: Notification, now: float) -> None:
        self._finish(found, now, "timeout", None)
        self._emit(SubscriptionEnded(found.handle, "expired"))

    # -- NOTIFY ---------------------------------------------------------------------------------------------

    def _send_notify(self, found: Notification, now: float, body: Body) -> None:
        left = max(0, round(found.expires_at - now))
        state = f"active;expires={left}" if left else "terminated;reason=timeout"
        found.sending = True
        self._notify_peer(found, now, state, body)
        if not left and found.handle in self._notifications:
            self._drop(found)
            self._emit(SubscriptionEnded(found.handle, "expired"))

    def _notify_peer(self, found: Notification, now: float, state: str, body: Body | None) -> None:
        headers = [("Event", found.event), ("Subscription-State", state)]
        content_type, content = body if body is not None else (None, b"")
        try:
            self._send_in_dialog(
                found.dialog, "NOTIFY", now, partial(self._on_notified, found),
                headers=headers, content_type=content_type, body=content,
            )  # fmt: skip
        except LocalProtocolError:
            # nowhere to send it: the subscriber's Contact cannot be reached over any flow of ours
            self._drop(found)
            self._emit(SubscriptionEnded(found.handle, "unreachable"))

    def _on_notified(self, found: Notification, outcome: Outcome, now: float) -> None:
        found.sending = False
        status = outcome.status if isinstance(outcome, Response) else outcome
        if found.handle not in self._notifications:
            return
        if status in GONE:
            self._drop(found)
            self._emit(SubscriptionEnded(found.handle, "gone"))
            return
        waiting, found.waiting = found.waiting, None
        if waiting is not None:
            self._send_notify(found, now, waiting)

    def _finish(self, found: Notification, now: float, reason: str, body: Body | None) -> None:
        self._drop(found)
        self._notify_peer(found, now, f"terminated;reason={reason}", body)

    def _drop(self, found: Notification) -> None:
        self._notifications.pop(found.handle, None)
        self._notifier_dialogs.pop(found.dialog.id, None)
        self.timers.stop(found, "expire")
