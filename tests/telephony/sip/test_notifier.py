"""Subscriptions peers hold with us (RFC 6665, the notifier's side)."""

from __future__ import annotations

from hipper.telephony.sip.events import OutOfDialogRequest, SubscriptionEnded, SubscriptionRefreshed
from hipper.telephony.sip.message import Request, Response
from tests.telephony.sip.siptest import Agent, Network, raw

XML = "application/dialog-info+xml"
PHONE = ("192.0.2.99", 5060)


class Phone:
    """A subscriber, by hand: it sends what it is told to, and answers NOTIFY as ``answer`` says."""

    def __init__(self) -> None:
        self.net = Network()
        self.server: Agent = self.net.add("server")
        self.seq = 0
        self.to = "<sip:202@server.example>"
        self.answer: int | None = 200
        self._seen = 0
        self.notifies: list[Request] = []

    def subscribe(
        self,
        expires: int | None = 600,
        seq: int | None = None,
        event: str = "dialog",
        contact: str = "<sip:phone@192.0.2.99>",
    ) -> None:
        self.seq = self.seq + 1 if seq is None else seq
        lines = [
            "SUBSCRIBE sip:202@server.example SIP/2.0",
            f"Via: SIP/2.0/UDP 192.0.2.99;branch=z9hG4bK{self.seq}{event}",
            "Max-Forwards: 70",
            "From: <sip:phone@server.example>;tag=p",
            f"To: {self.to}",
            "Call-ID: sub-1",
            f"CSeq: {self.seq} SUBSCRIBE",
            f"Contact: {contact}",
            f"Event: {event}",
            *([] if expires is None else [f"Expires: {expires}"]),
        ]
        self.net.inject(self.server, raw(lines), PHONE)
        self.pump()

    def accept(self, expires_s: int = 600) -> str:
        asked = self.server.last(OutOfDialogRequest)
        handle = self.server.ua.accept_subscription(
            asked.transaction, asked.request, asked.flow, self.net.now, expires_s=expires_s
        )
        assert handle is not None
        self.pump()
        self.to = self.responses()[-1].headers.get("To") or ""
        return handle

    def refresh(self, expires: int) -> bool:
        """SUBSCRIBE in the dialog, which the application lets pass."""
        self.subscribe(expires)
        asked = self.server.last(SubscriptionRefreshed)
        goes_on = self.server.ua.refresh_subscription(
            asked.handle, asked.transaction, asked.request, self.net.now
        )
        self.pump()
        return goes_on

    def notify(self, handle: str, body: str) -> None:
        self.server.ua.notify(handle, self.net.now, (XML, body.encode()))
        self.pump()

    def pump(self, seconds: float = 0.0) -> None:
        """Let time pass and answer each NOTIFY once."""
        self.net.run(seconds)
        for message in self.net.sent[self._seen :]:
            self._seen += 1
            parsed = message.parsed
            if isinstance(parsed, Request) and all(one.cseq != parsed.cseq for one in self.notifies):
                self.notifies.append(parsed)
                if self.answer is not None:
                    self.reply(parsed, self.answer)

    def reply(self, request: Request, status: int) -> None:
        self.net.inject(self.server, request.create_response(status, None, "p").to_bytes(), PHONE)

    def responses(self) -> list[Response]:
        return [one.parsed for one in self.net.sent if isinstance(one.parsed, Response)]

    def states(self) -> list[str]:
        return [
            (one.headers.get("Subscription-State") or "").partition(";expires")[0] for one in self.notifies
        ]


def subscribed(expires: int = 600) -> tuple[Phone, str]:
    phone = Phone()
    phone.subscribe(expires)
    handle = phone.accept(expires)
    phone.notify(handle, "one")
    return phone, handle


def test_subscription_is_accepted_and_its_state_follows() -> None:
    phone, handle = subscribed()
    accepted = phone.responses()[-1]
    assert (accepted.status, accepted.headers.get("Expires")) == (200, "600")
    assert "Contact" in accepted.headers
    phone.notify(handle, "two")
    assert [one.body for one in phone.notifies] == [b"one", b"two"]
    assert [one.cseq.number for one in phone.notifies] == [1, 2]
    first = phone.notifies[0]
    assert (first.headers.get("Event"), first.headers.get("Content-Type")) == ("dialog", XML)
    assert first.headers.get("Subscription-State") == "active;expires=600"
    assert (str(first.uri), first.to.tag) == ("sip:phone@192.0.2.99", "p")


def test_changes_while_a_notify_is_on_its_way_go_with_the_next_the_latest_only() -> None:
    phone, handle = subscribed()
    phone.answer = None
    for body in ("two", "three", "four"):
        phone.notify(handle, body)
    assert [one.body for one in phone.notifies] == [b"one", b"two"]
    phone.reply(phone.notifies[-1], 200)
    phone.pump()
    assert [one.body for one in phone.notifies] == [b"one", b"two", b"four"]


def test_refresh_lengthens_life_and_wants_the_whole_state_again() -> None:
    phone, handle = subscribed(60)
    phone.pump(50)
    assert phone.refresh(60)
    assert phone.responses()[-1].headers.get("Expires") == "60"
    assert phone.server.last(SubscriptionRefreshed).handle == handle
    phone.pump(50)
    assert phone.server.ua.subscription_count() == 1
    phone.pump(20)
    assert phone.server.last(SubscriptionEnded) == SubscriptionEnded(handle, "expired")
    assert phone.states()[-1] == "terminated;reason=timeout"


def test_refresh_the_application_refuses_lengthens_nothing_and_moves_nothing() -> None:
    phone, handle = subscribed(60)
    phone.pump(50)
    phone.subscribe(600, contact="<sip:thief@192.0.2.66>")
    asked = phone.server.last(SubscriptionRefreshed)
    phone.server.ua.respond(
        asked.transaction, 401, phone.net.now, headers=[("WWW-Authenticate", "Digest x=y")]
    )
    phone.pump()
    assert phone.responses()[-1].status == 401
    phone.notify(handle, "two")
    assert str(phone.notifies[-1].uri) == "sip:phone@192.0.2.99"
    phone.pump(20)
    assert phone.server.last(SubscriptionEnded) == SubscriptionEnded(handle, "expired")


def test_refresh_of_a_subscription_that_ended_meanwhile_is_481() -> None:
    phone, handle = subscribed()
    phone.subscribe(600)
    asked = phone.server.last(SubscriptionRefreshed)
    phone.server.ua.end_subscription(handle, phone.net.now, "noresource")
    assert not phone.server.ua.refresh_subscription(handle, asked.transaction, asked.request, phone.net.now)
    phone.pump()
    assert phone.responses()[-1].status == 481


def test_subscriber_that_leaves_is_told_so_once() -> None:
    phone, handle = subscribed()
    assert not phone.refresh(0)
    assert phone.server.last(SubscriptionEnded) == SubscriptionEnded(handle, "unsubscribed")
    assert phone.states() == ["active", "terminated;reason=timeout"]
    phone.notify(handle, "never")
    phone.pump(100)
    assert len(phone.notifies) == 2
    assert phone.server.ua.at_rest


def test_question_asked_once_gets_one_notify_which_is_the_last() -> None:
    phone = Phone()
    phone.subscribe(0)
    handle = phone.accept(0)
    phone.notify(handle, "only")
    assert phone.states() == ["terminated;reason=timeout"]
    assert phone.server.ua.subscription_count() == 0


def test_change_in_the_last_half_second_is_the_end_and_is_told() -> None:
    """Whoever holds a subscription counts on being told when it is over."""
    phone, handle = subscribed(60)
    phone.pump(59.8)
    phone.notify(handle, "two")
    assert phone.states() == ["active", "terminated;reason=timeout"]
    assert phone.server.last(SubscriptionEnded) == SubscriptionEnded(handle, "expired")
    assert phone.server.ua.subscription_count() == 0


def test_subscriber_that_is_gone_gets_no_more() -> None:
    for status in (481, 408):
        phone, handle = subscribed()
        phone.answer = status if status != 408 else None
        phone.notify(handle, "two")
        phone.pump(40)
        assert phone.server.last(SubscriptionEnded) == SubscriptionEnded(handle, "gone")
        assert phone.server.ua.subscription_count() == 0


def test_busy_subscriber_is_not_given_up() -> None:
    phone, handle = subscribed()
    phone.answer = 503
    phone.notify(handle, "two")
    phone.answer = 200
    phone.notify(handle, "three")
    assert [one.body for one in phone.notifies] == [b"one", b"two", b"three"]


def test_late_and_foreign_refreshes_change_nothing() -> None:
    phone, _ = subscribed()
    phone.subscribe(600, seq=0)
    assert phone.responses()[-1].status == 500
    phone.subscribe(600, seq=5, event="presence")
    assert phone.responses()[-1].status == 489
    phone.to = "<sip:202@server.example>;tag=other"
    phone.subscribe(600)
    assert phone.responses()[-1].status == 481
    assert phone.server.ua.subscription_count() == 1


def test_end_by_the_notifier_says_why() -> None:
    phone, handle = subscribed()
    phone.server.ua.end_subscription(handle, phone.net.now, "noresource")
    phone.pump()
    assert phone.states()[-1] == "terminated;reason=noresource"
    assert phone.server.told(SubscriptionEnded) == []
