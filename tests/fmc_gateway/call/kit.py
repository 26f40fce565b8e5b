"""A ladder in memory: events go in, commands come out and are remembered; users and SDP to play with."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from fmc_gateway.call import commands as cmd
from fmc_gateway.call import events as ev
from fmc_gateway.call.model import Call
from fmc_gateway.call.step import step
from hipper.contracts.calls import CallRecord, DeviceAttempt, LegRecord, LiveCall
from hipper.pbx.ids import (
    CallId,
    DeviceId,
    GatewayId,
    GroupId,
    LegId,
    PairId,
    SubscriberId,
    SubscriptionId,
    TenantId,
)
from hipper.pbx.model import (
    CallerIdentity,
    Device,
    DeviceKind,
    IdentityChoice,
    Number,
    NumberKind,
    Payer,
    Presentation,
    SubscriberContext,
    TariffClass,
)
from hipper.pbx.services.bundles import SubscriberServices
from hipper.telephony.numbers.e164 import E164

A = LegId("a")
B1, B2, B3 = LegId("c1-b1"), LegId("c1-b2"), LegId("c1-b3")
M1, M2, M3 = PairId("c1-m1"), PairId("c1-m2"), PairId("c1-m3")
START = 1_700_000_000.0
ELSEWHERE = 'SIP;cause=200;text="Call completed elsewhere"'

SUZE_MOBILE, SUZE_FIXED = E164("+31612345678"), E164("+31201234567")
PIET_MOBILE, PIET_FIXED = E164("+31687654321"), E164("+31207654321")
OUTSIDE = E164("+31301112233")

Cmd = TypeVar("Cmd", bound=cmd.Command)


def sdp(name: str = "x", *, direction: str = "sendrecv", address: str = "192.0.2.1", version: int = 1) -> str:
    """A description with one audio stream; ``name`` tells whose it is."""
    port = 10000 + sum(name.encode()) * 2
    return (
        f"v=0\r\no=- 77 {version} IN IP4 192.0.2.1\r\ns={name}\r\nc=IN IP4 {address}\r\nt=0 0\r\n"
        f"m=audio {port} RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
        f"a={direction}\r\n"
    )


def user(
    name: str, extension: str, fixed: E164, mobile: E164, *, desk_phones: int = 1, **changes: Any
) -> SubscriberContext:
    """A user with a mobile and desk phones ``<name>-desk1`` …"""
    phones = tuple(
        Device(
            id=DeviceId(f"{name}-desk{n}"), kind=DeviceKind.DESK_PHONE, label="desk", aor_user=f"{name}{n}"
        )
        for n in range(1, desk_phones + 1)
    )
    mobile_device = Device(
        id=DeviceId(f"{name}-mobile"), kind=DeviceKind.MOBILE, label="mobile", mobile_network="mno"
    )
    fields: dict[str, Any] = {
        "tenant": TenantId("acme"),
        "group": GroupId("hq"),
        "subscriber": SubscriberId(name),
        "domain": "acme.example",
        "display_name": name.title(),
        "country": "NL",
        "area_code": "20",
        "numbers": (
            Number(kind=NumberKind.EXTENSION, extension=extension),
            Number(kind=NumberKind.FIXED, e164=fixed),
            Number(kind=NumberKind.MOBILE, e164=mobile),
        ),
        "devices": (*phones, mobile_device),
        "identity": IdentityChoice.FIXED,
        "no_answer_s": 25,
        "mobile_subscription": SubscriptionId(f"{name}-sim"),
        "fixed_subscription": SubscriptionId(f"{name}-line"),
    }
    return SubscriberContext(**(fields | changes))


def suze(**changes: Any) -> SubscriberContext:
    return user("suze", "201", SUZE_FIXED, SUZE_MOBILE, **changes)


def piet(**changes: Any) -> SubscriberContext:
    return user("piet", "202", PIET_FIXED, PIET_MOBILE, **changes)


ANNA_MOBILE, ANNA_FIXED = E164("+31612340203"), E164("+31201230203")
KEES_MOBILE, KEES_FIXED = E164("+31612340204"), E164("+31201230204")


def anna(**changes: Any) -> SubscriberContext:
    return user("anna", "203", ANNA_FIXED, ANNA_MOBILE, **changes)


def kees(**changes: Any) -> SubscriberContext:
    return user("kees", "204", KEES_FIXED, KEES_MOBILE, **changes)


def desk_only(who: SubscriberContext, **services: Any) -> SubscriberContext:
    """With one desk phone, no mobile, and these services."""
    return msgspec.structs.replace(
        who, devices=who.devices[:1], services=SubscriberServices(**services) if services else who.services
    )


def music_of(user: str) -> cmd.MusicSource:
    """What somebody hears whom ``user`` put on hold."""
    return cmd.MusicSource(tenant=TenantId("acme"), holder=SubscriberId(user))


def binding(device: str, number: int = 1) -> ev.Binding:
    return ev.Binding(device=DeviceId(device), contact=f"sip:{device}@192.0.2.{number}", flow=f"udp/{number}")


def shown(number: E164 | None, **fields: Any) -> CallerIdentity:
    return CallerIdentity(presentation=Presentation.ALLOWED, number=number, **fields)


def invite(dialled: str = "202", **changes: Any) -> ev.LegOffered:
    """Suze calls from her mobile."""
    fields: dict[str, Any] = {
        "call": CallId("c1"),
        "leg": A,
        "source": ev.LegSource.MOBILE_NETWORK,
        "direction": ev.LegDirection.ORIGINATING,
        "peer": "mno",
        "trusted": True,
        "served_number": SUZE_MOBILE,
        "dialled": dialled,
        "caller": shown(SUZE_MOBILE, network_number=SUZE_MOBILE),
        "sdp": sdp("suze"),
        "icid": "icid-1",
        "sip_call_id": "call-id-a",
        "gateway": GatewayId("gw1"),
        "emergency_routes": 2,
    }
    return ev.LegOffered(**(fields | changes))


def invite_from_desk(dialled: str = "202", **changes: Any) -> ev.LegOffered:
    fields: dict[str, Any] = {
        "source": ev.LegSource.DESK_PHONE,
        "peer": "suze1",
        "served_number": None,
        "device": DeviceId("suze-desk1"),
        "caller": shown(SUZE_FIXED, network_number=SUZE_FIXED),
    }
    return invite(dialled, **(fields | changes))


def invite_from_pstn(called: E164 = PIET_FIXED, **changes: Any) -> ev.LegOffered:
    fields: dict[str, Any] = {
        "source": ev.LegSource.PSTN,
        "direction": ev.LegDirection.TERMINATING,
        "peer": "carrier",
        "served_number": called,
        "caller": shown(OUTSIDE, network_number=OUTSIDE),
        "icid": None,
    }
    return invite(called, **(fields | changes))


def joined(leg: str, user: str, device: str, **changes: Any) -> ev.LegJoined:
    """``user`` dialled ``*11`` on ``device``, and the leg was handed over."""
    mobile = device.endswith("mobile")
    source = ev.LegSource.MOBILE_NETWORK if mobile else ev.LegSource.DESK_PHONE
    subscription = SubscriptionId(f"{user}-{'sim' if mobile else 'line'}")
    fields: dict[str, Any] = {
        "leg": LegId(leg),
        "offered": invite(
            "*11",
            call=CallId(f"call-of-{leg}"),
            leg=LegId(leg),
            source=source,
            sdp=sdp(leg),
            sip_call_id=f"call-id-{leg}",
            icid=None,
        ),
        "subscriber": SubscriberId(user),
        "device": DeviceId(device),
        "payer": Payer(subscription=subscription, tariff=TariffClass.FREE),
        "tenant": TenantId("acme"),
        "radio": mobile,
    }
    return ev.LegJoined(**(fields | changes))


class Ladder:
    """One call. ``tell`` takes an event in and returns the commands; ``at`` moves the clock first."""

    def __init__(self) -> None:
        self.call: Call | None = None
        self.now = START
        self.commands: list[cmd.AnyCommand] = []
        self.last: tuple[cmd.AnyCommand, ...] = ()

    def tell(self, event: ev.AnyEvent, *, after_s: float = 0.1) -> tuple[cmd.AnyCommand, ...]:
        self.now += after_s
        self.call, self.last = step(self.call, event, self.now)
        self.commands += self.last
        return self.last

    def of(self, kind: type[Cmd], *, last: bool = False) -> list[Cmd]:
        """Commands of that kind, of the whole call or of the last event."""
        return [one for one in (self.last if last else self.commands) if isinstance(one, kind)]

    @property
    def state(self) -> str:
        return "None" if self.call is None else type(self.call).__name__

    @property
    def record(self) -> CallRecord:
        (written,) = self.of(cmd.WriteRecord)
        return written.record

    def leg(self, leg: str) -> LegRecord:
        (found,) = [one for one in self.record.legs if one.leg == leg]
        return found

    def attempts(self) -> dict[str, DeviceAttempt]:
        """By device; of several legs to one device the last."""
        return {attempt.device: attempt for attempt in self.record.attempts}

    def live(self) -> LiveCall | None:
        return self.of(cmd.PublishLive)[-1].live

    def hear(self) -> None:
        """rtpengine makes the pair of an announcement, speaks, and is done."""
        self.offers()
        self.answers()
        self.spoken()

    def answers(self) -> None:
        """rtpengine makes every answer it was last asked for."""
        for ask in self.of(cmd.AnswerMedia, last=True):
            self.tell(ev.MediaAnswered(pair=ask.pair, sdp=sdp(f"for {ask.offering_leg}")))

    def spoken(self) -> None:
        """What was last begun to be spoken was heard."""
        for speech in self.of(cmd.PlayAnnouncement, last=True):
            self.tell(ev.AnnouncementEnded(pair=speech.pair, leg=speech.leg))

    # Shortcuts through the usual beginnings.

    def load(
        self, caller: SubscriberContext | None, called: SubscriberContext | None, *bindings: ev.Binding
    ) -> tuple[cmd.AnyCommand, ...]:
        return self.tell(ev.ContextLoaded(caller=caller, called=called, bindings=bindings))

    def forward(
        self, forwarder: SubscriberContext, called: SubscriberContext | None, *bindings: ev.Binding
    ) -> tuple[cmd.AnyCommand, ...]:
        """The directory says who forwards, and to whom."""
        return self.tell(ev.ContextLoaded(caller=forwarder, called=called, bindings=bindings))

    def offers(self) -> None:
        """rtpengine makes every offer it was last asked for."""
        for ask in self.of(cmd.OfferMedia, last=True):
            made = ev.MediaOffered(
                pair=ask.pair, from_leg=ask.from_leg, to_leg=ask.to_leg, sdp=sdp(f"for {ask.to_leg}")
            )
            self.tell(made)

    def ring_colleague(self, *bindings: ev.Binding, **changes: Any) -> None:
        """Suze's mobile calls Piet; INVITEs are out to his phones (legs in order) and his mobile (the
        last)."""
        self.tell(invite())
        self.load(suze(), piet(**changes), *bindings)
        self.offers()

    def ring_outside(self) -> None:
        """Suze's mobile calls a number of the PSTN (leg B1)."""
        self.tell(invite("030 111 2233"))
        self.load(suze(), None)
        self.offers()

    def answer(self, leg: LegId = B1, pair: PairId = M1) -> None:
        """``leg`` answers and so is the caller."""
        self.tell(ev.LegAnswered(leg=leg, sdp=sdp("piet"), to_tag="t"))
        self.tell(ev.MediaAnswered(pair=pair, sdp=sdp("for a")))

    def talk(self) -> None:
        """Suze's mobile and Piet's desk phone talk (legs A, B1, pair M1)."""
        self.ring_colleague(binding("piet-desk1"), devices=piet().devices[:1])
        self.tell(ev.LegRinging(leg=B1, status=180))
        self.answer()
        self.tell(ev.LegConfirmed(leg=A))
