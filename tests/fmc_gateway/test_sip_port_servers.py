"""From server to server and trunk to trunk (RFC 3263 §4.3): which failures go on, and when nothing may."""

from __future__ import annotations

from typing import Any

import pytest

from fmc_gateway.bindings import Bindings
from fmc_gateway.call import commands as c
from fmc_gateway.call import events as e
from fmc_gateway.loop_guard import LoopGuard
from fmc_gateway.resolver import Resolver
from fmc_gateway.routing import Routing
from fmc_gateway.sip_port import SipPort
from hipper.pbx.ids import LegId
from hipper.pbx.model import CallerIdentity, Presentation
from hipper.runtime.settings_model import EmergencyRoute, PstnTrunk, Settings, SipListener
from hipper.telephony.numbers.e164 import E164
from hipper.telephony.sip import events as sip
from hipper.telephony.sip.flow import Flow
from hipper.telephony.sip.message import Request
from tests.fmc_gateway.wire import A, B, TwoServers, Wire

LEG = LegId("leg")
SPARE = "192.0.2.9"
SETTINGS = Settings(
    sip_listener=(SipListener(name="pstn", port=5062),),
    pstn_trunk=(
        PstnTrunk(name="main", listener="pstn", addresses=(), target="sip:carrier.example"),
        PstnTrunk(name="spare", listener="pstn", addresses=(), target=f"sip:{SPARE}"),
    ),
    emergency_route=(EmergencyRoute(name="psap", listener="pstn", target="sip:carrier.example"),),
)
ANNA = CallerIdentity(presentation=Presentation.ALLOWED, number=E164("+31201234567"))


class Port(Wire):
    """A port over real routing, resolver and user agent; ``told``: what it said without being asked."""

    def __init__(self, settings: Settings = SETTINGS) -> None:
        super().__init__()
        routing = Routing(settings, LoopGuard(b"s"), Bindings(lambda: 0.0), lambda: 0.0)
        self.resolver = Resolver(
            routing.hops(), routing.families, TwoServers(), now=lambda: self.now, chance=lambda: 0.0
        )
        self.port = SipPort(self.agent, self, routing, self.resolver, self.ids, lambda: self.now)
        self.told: list[e.AnyEvent] = []
        self.port.tell = lambda leg, event: self.told.append(event)

    def flow_for(self, transport: Any, listener: str, host: str, port: int) -> Flow:
        return Flow(transport, listener, ("198.51.100.1", 5062), (host, port))

    def flush(self) -> None: ...

    def call(self, target: c.Target | None = None, *, sdp: str = "v=0\r\n") -> e.AnyEvent | None:
        command = c.Originate(
            leg=LEG,
            target=target or c.TrunkTarget(trunk=None, user="+31301234567"),
            identity=ANNA,
            sdp=sdp,
            max_forwards=70,
        )
        return self.port.originate(command)

    def invite(self) -> tuple[str, Request]:
        """The INVITE that left, and where to."""
        ((where, request),) = [(where, one) for where, one in self.sent() if one.method == "INVITE"]
        return where, request

    def invites(self) -> list[str]:
        return [where for where, request in self.sent() if request.method == "INVITE"]

    def _tell(self) -> None:
        while (event := self.agent.next_event()) is not None:
            leg = self.port.leg(getattr(event, "session", ""))
            if leg is None:
                continue
            if isinstance(event, sip.Rejected):
                again = self.port.try_next(LEG, event)
                self.told.append(again or e.LegRejected(leg=LEG, status=event.status))
            else:
                leg.hear()
                leg.rang |= isinstance(event, sip.Ringing)


@pytest.fixture
async def port() -> Port:
    made = Port()
    await made.resolver.refresh()
    return made


def refused(port: Port) -> list[int]:
    return [event.status for event in port.told if isinstance(event, e.LegRejected)]


async def test_503_goes_on_to_the_next_server_then_to_the_next_trunk(port: Port) -> None:
    port.call()
    tried = []
    for _ in range(3):
        where, request = port.invite()
        tried.append(where)
        port.answer(request, 503)
    assert tried == [A.address, B.address, SPARE]
    assert refused(port) == [503]


@pytest.mark.parametrize("status", [404, 408, 480, 486, 487, 603])
async def test_what_the_called_party_said_goes_nowhere_else(port: Port, status: int) -> None:
    port.call()
    port.answer(port.invite()[1], status)
    assert port.invites() == []
    assert refused(port) == [status]


@pytest.mark.parametrize("status", [401, 407, 500, 502, 504])
async def test_a_trunk_out_of_order_is_followed_by_the_next_trunk(port: Port, status: int) -> None:
    port.call()
    port.answer(port.invite()[1], status)
    assert port.invites() == [SPARE]


async def test_a_server_that_cannot_be_reached_is_followed_by_the_next_and_rests(port: Port) -> None:
    port.call()
    port.invite()
    port.unreachable(A)
    assert port.invites() == [B.address]
    assert port.resolver.servers(port.port._routing.peers()["main"]) == (B, A)


async def test_nothing_is_tried_after_ringing(port: Port) -> None:
    port.call()
    _, request = port.invite()
    port.answer(request, 180)
    port.answer(request, 503)
    assert port.invites() == []
    assert refused(port) == [503]


async def test_a_silent_server_is_left_and_a_word_of_it_is_enough_to_stay(port: Port) -> None:
    port.call()
    port.invite()
    port.port._silent(LEG)
    where, request = port.invite()
    assert where == B.address
    assert isinstance(port.told[-1], e.LegSent)
    port.answer(request, 100)
    port.port._silent(LEG)
    assert port.invites() == []


async def test_after_a_cancel_no_other_server_is_tried_whatever_comes(port: Port) -> None:
    port.call()
    port.invite()
    port.port.run(c.CancelLeg(leg=LEG))
    port.passes(40)
    assert port.invites() == []
    assert refused(port) == [408]


async def test_a_leg_that_is_ended_before_an_answer_stays_where_it_is(port: Port) -> None:
    port.call()
    port.invite()
    port.port.run(c.EndLeg(leg=LEG))
    port.passes(40)
    assert port.invites() == []


async def test_when_all_servers_asked_for_rest_the_caller_is_told_for_how_long(port: Port) -> None:
    main = c.TrunkTarget(trunk="main", user="+31301234567")
    port.call(main)
    for _ in range(2):
        port.answer(port.invite()[1], 503, ("Retry-After", "90"))
    port.port.forget(LEG)
    again = port.call(main)
    assert isinstance(again, e.LegRejected)
    assert (again.status, again.retry_after_s) == (503, 91)
    assert port.invites() == []


async def test_112_is_sent_to_a_server_that_asked_for_rest(port: Port) -> None:
    for server in (A, B):
        port.resolver.failed(server, 90)
    port.call(c.EmergencyTarget(route_index=0, dialled="112"))
    assert port.invites() == [A.address]


async def test_a_trunk_that_is_away_is_tried_behind_the_other(port: Port) -> None:
    for server in (A, B):
        port.resolver.resting.fell_silent(server, port.now)
    port.call()
    where, request = port.invite()
    assert where == SPARE
    port.answer(request, 503)
    assert port.invites() == [A.address]


async def test_a_name_nobody_knows_yet_is_refused_at_once() -> None:
    cold = Port()
    refusal = cold.call(c.TrunkTarget(trunk="main", user="+31301234567"))
    assert isinstance(refusal, e.LegRejected)
    assert refusal.status == 503
    assert refusal.by_network


async def test_no_trunk_is_sent_an_offer_with_addresses_it_cannot_reach() -> None:
    six = PstnTrunk(name="six", listener="pstn6", addresses=(), target="sip:[2001:db8::9]")
    made = Port(
        Settings(
            sip_listener=(*SETTINGS.sip_listener, SipListener(name="pstn6", port=5062, host="::1")),
            pstn_trunk=(SETTINGS.pstn_trunk[0], six, SETTINGS.pstn_trunk[1]),
        )
    )
    await made.resolver.refresh()
    made.call(sdp="v=0\r\nc=IN IP4 198.51.100.1\r\n")
    made.answer(made.invite()[1], 500)
    assert made.invites() == [SPARE]
