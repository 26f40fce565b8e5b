"""An IMS: the simulated S-CSCF with its filter criteria, and SIPp as one, before the gateway as application
server (3GPP TS 24.229 §5.7)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from hipper.contracts.bus import Join, ReplyStatus
from hipper.telephony.sip.endpoint import RequestReceived
from simulators.agent import Peer
from simulators.call import Call, CallError
from simulators.network.isc import IscNetwork
from tests.interop.app import App
from tests.interop.company import Person
from tests.interop.conftest import Kit
from tests.interop.gateway import CARRIER, EMERGENCY_ROUTE, GatewayProcess
from tests.interop.peers_gateway import PeersGateway
from tests.interop.ports import Ports
from tests.interop.sipp import Sipp

OUTSIDE, CALLER = "+31201119999", "+31301234567"
CONFERENCE = "sip:mmtel@conf-factory.ims.example"
LOCATION = ("Geolocation", "<cid:handset@ims.example>")
PEERS = (
    """
[[mobile_network]]
name = "mno"
mode = "isc"
listener = "mobile"
addresses = ["127.0.0.1"]
target = "sip:127.0.0.1:{network}"
sip_domain = "ims.example"
own_uri = "sip:fmc.example;lr"
originating_route = "<sip:127.0.0.1:{network};lr;orig>"
conference_factories = ["mmtel@conf-factory.ims.example"]
outgoing = "network"
loop_guard_header = "{guard}"
options_interval_s = 0
"""
    + CARRIER
    + EMERGENCY_ROUTE
)


@pytest.fixture(scope="module")
def isc_gateway(gateway: GatewayProcess, short_folder: Path, kit_ports: Ports) -> Iterator[PeersGateway]:
    running = PeersGateway(short_folder / "isc", kit_ports, gateway, PEERS, guard="X-Hipper-Loop-Guard")
    running.start()
    yield running
    running.stop()


@pytest.fixture
def ims_kit(kit: Kit, isc_gateway: PeersGateway) -> Kit:
    kit.gateway = isc_gateway
    return kit


class Ims:
    """A network, a company of which Anna and Bram are, and what must hold after each test."""

    def __init__(self, network: IscNetwork, anna: Person, bram: Person) -> None:
        self.network = network
        self.anna = network.handset(anna.mobile or "")
        self.bram = network.handset(bram.mobile or "")
        self.people = {"anna": anna, "bram": bram}

    def check(self) -> None:
        """Nothing that 3GPP forbids, no loop."""
        assert self.network.findings == []
        assert self.network.scscf.loops == 0


async def ims_of(kit: Kit, network: IscNetwork, **anna: Any) -> Ims:
    people = kit.company.person("anna", phones=0, **anna), kit.company.person("bram", phones=0)
    await kit.company.apply()
    await kit.stack.enter_async_context(network)
    return Ims(network, *people)


def network_of(kit: Kit, kind: type[IscNetwork] = IscNetwork, **more: Any) -> IscNetwork:
    fields: dict[str, Any] = {"tone_hz": 440, "conference_factories": (CONFERENCE,), **more}
    return kind(gateway=Peer("127.0.0.1", kit.gateway.mobile), port=kit.gateway.network, **fields)


@pytest.fixture
async def ims(ims_kit: Kit) -> AsyncIterator[Ims]:
    made = await ims_of(ims_kit, network_of(ims_kit))
    yield made
    made.check()


async def talk(out: Call, called: Call) -> None:
    await called.ring()
    await called.answer()
    await out.answered()
    await asyncio.gather(out.hears(440), called.hears(440))
    await out.hang_up()
    await called.over()


async def test_call_out_goes_on_in_its_own_session(ims_kit: Kit, ims: Ims) -> None:
    out = await ims.anna.call(OUTSIDE)
    called = await ims.network.pstn.next_call()
    assert called.dialled == OUTSIDE
    await talk(out, called)
    record = await ims_kit.record()
    (session,) = ims.network.journal.records
    assert [leg["icid"] for leg in (record.calling, *record.called)] == [session.icid] * 2
    assert session.gateway == "anchored"
    assert record.call["outcome"] == "answered"


@pytest.mark.parametrize("dialled", ["0201119999", f"tel:{OUTSIDE}", "14020"])
async def test_request_uri_keeps_its_form(ims: Ims, dialled: str) -> None:
    out = await ims.anna.call(dialled)
    called = await ims.network.pstn.next_call()
    (session,) = ims.network.scscf._sessions.values()
    assert session.sent is not None
    assert called.request is not None
    assert called.request.request_uri_text == session.sent.request_uri_text
    await talk(out, called)


async def test_colleague_is_rung_on_the_handset_out_of_the_blue(ims_kit: Kit, ims: Ims) -> None:
    out = await ims.anna.call(ims.people["bram"].extension)
    called = await ims.bram.next_call()
    assert called.header("P-Called-Party-ID") == f"<sip:{ims.bram.msisdn}@ims.example>"
    await talk(out, called)
    record = await ims_kit.record()
    calling, (leg,) = record.calling, record.called
    assert calling["icid"] != leg["icid"]
    assert leg["icid"].startswith("hipper-")
    own = [one for one in ims.network.journal.records if one.icid == leg["icid"]]
    assert {one.gateway for one in own} <= {"proxied", "anchored", "none"}
    assert "proxied" in {one.gateway for one in own}


async def test_call_from_outside_rings_the_handset_in_its_own_session(ims_kit: Kit, ims: Ims) -> None:
    incoming = await ims.network.terminate(ims.anna.msisdn, caller=CALLER)
    called = await ims.anna.next_call()
    assert called.asserted == CALLER
    await talk(incoming, called)
    record = await ims_kit.record()
    (session,) = ims.network.journal.records
    assert [leg["icid"] for leg in (record.calling, *record.called)] == [session.icid] * 2


async def test_caller_who_withholds_stays_withheld_to_the_handset(ims: Ims) -> None:
    await ims.network.terminate(ims.anna.msisdn, caller=CALLER, withheld=True)
    assert (await ims.anna.next_call()).withheld


async def test_handset_that_is_off_is_told_to_the_caller(ims_kit: Kit, ims: Ims) -> None:
    ims.anna.on = False
    incoming = await ims.network.terminate(ims.anna.msisdn, caller=CALLER)
    with pytest.raises(CallError, match="480"):
        await incoming.answered()
    assert (await ims_kit.record()).call["outcome"] == "unreachable"


async def test_user_who_is_not_ours_is_passed_by_in_both_directions(ims: Ims) -> None:
    stranger = ims.network.handset("+31600000001")
    out = await stranger.call(OUTSIDE)
    await talk(out, await ims.network.pstn.next_call())
    incoming = await ims.network.terminate(stranger.msisdn, caller=CALLER)
    await talk(incoming, await stranger.next_call())
    assert [one.gateway for one in ims.network.journal.records] == ["proxied", "proxied"]


async def test_conference_of_the_handset_is_its_own(ims: Ims) -> None:
    out = await ims.anna.call(CONFERENCE, headers=(("X-Of-The-Handset", "kept"),))
    focus = await ims.network.conference.next_call()
    assert focus.header("X-Of-The-Handset") == "kept"
    await talk(out, focus)
    (session,) = ims.network.journal.records
    assert session.gateway == "proxied"


@pytest.mark.parametrize("dialled", ["112", "+31112", "urn:service:sos", "tel:112;phone-context=+31"])
async def test_112_goes_back_as_it_came(ims_kit: Kit, ims: Ims, dialled: str) -> None:
    out = await ims.anna.call(dialled, privacy="id", headers=(LOCATION,))
    called = await ims.network.emergency_centre.next_call()
    assert called.header("Geolocation") == LOCATION[1]
    assert called.header("P-Access-Network-Info") is not None
    assert called.asserted == ims.anna.msisdn
    await talk(out, called)
    (session,) = ims.network.journal.records
    assert (session.gateway, session.emergency) == ("proxied", True)
    assert called.request is not None
    record = await ims_kit.record_of(called.request.call_id)
    assert (record.call["emergency"], record.call["outcome"]) == (True, "answered")


async def test_cancel_of_a_leg_that_is_passed_on_reaches_the_other_side(ims: Ims) -> None:
    out = await ims.anna.call("112")
    called = await ims.network.emergency_centre.next_call()
    await called.ring()
    await out.ringing()
    await out.hang_up()
    await called.over()
    assert called.cause == "cancelled"


class DropsHeaders(IscNetwork):
    """A network with border elements that drop headers they do not know."""

    def _on_scscf_event(self, event: Any) -> None:
        if isinstance(event, RequestReceived):
            event.request.headers.remove("X-Hipper-Loop-Guard")
        super()._on_scscf_event(event)


async def test_own_leg_is_known_without_its_header(ims_kit: Kit) -> None:
    ims = await ims_of(ims_kit, network_of(ims_kit, DropsHeaders))
    out = await ims.anna.call(ims.people["bram"].extension)
    await talk(out, await ims.bram.next_call())
    (leg,) = (await ims_kit.record()).called
    assert "proxied" in {one.gateway for one in ims.network.journal.records if one.icid == leg["icid"]}
    ims.check()


class LosesOdi(IscNetwork):
    """As if the gateway did not give the Original Dialog Identifier back."""

    def _on_scscf_event(self, event: Any) -> None:
        if isinstance(event, RequestReceived) and event.request.method == "INVITE":
            routes = [value for value in event.request.headers.values("Route") if "odi_" not in value]
            event.request.headers.set_all("Route", routes)
        super()._on_scscf_event(event)


async def test_without_the_odi_the_network_loops_and_the_check_fails(ims_kit: Kit) -> None:
    ims = await ims_of(ims_kit, network_of(ims_kit, LosesOdi, max_loops=3))
    out = await ims.anna.call(OUTSIDE)
    with pytest.raises(CallError):
        await out.answered(timeout_s=10)
    assert ims.network.scscf.loops >= 2
    with pytest.raises(AssertionError):
        ims.check()


# -- SIPp as S-CSCF


async def invited(kit: Kit, uri: str, person: Person, headers: str, **more: Any) -> Sipp:
    return await kit.sipp(
        more.pop("scenario", "uac_call"),
        remote=("127.0.0.1", kit.gateway.mobile),
        request_uri=uri,
        from_user=person.mobile,
        domain="ims.example",
        headers=headers,
        **more,
    )


def isc_headers(kit: Kit, case: str, user: str | None, asserted: str) -> str:
    odi = f"<sip:odi_7f2@127.0.0.1:{kit.gateway.network};lr>"
    served = f"P-Served-User: <sip:{user}@ims.example>;sescase={case};regstate=reg\n" if user else ""
    orig = "orig" if case == "orig" else "term"
    return (
        f"Route: <sip:{orig}@fmc.example;lr>, {odi}\n{served}"
        f"P-Asserted-Identity: <sip:{asserted}@ims.example>, <tel:{asserted}>\n"
        'P-Charging-Vector: icid-value="sipp;1";icid-generated-at=127.0.0.1;orig-ioi=ims.example\n'
        "P-Access-Network-Info: 3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=2040400010002"
    )


async def test_what_sipp_gets_back_in_the_same_session(ims_kit: Kit) -> None:
    anna = ims_kit.company.person("anna", phones=0)
    await ims_kit.company.apply()
    scscf = await ims_kit.network()
    headers = isc_headers(ims_kit, "orig", anna.mobile, anna.mobile or "")
    caller = await invited(ims_kit, f"tel:{OUTSIDE}", anna, headers, talk_ms=50)
    sent = (await caller.finished()).sent("INVITE")[0]
    back = (await scscf.finished()).first("INVITE")
    assert back.request_uri == f"tel:{OUTSIDE}"
    assert back.headers["route"] == [f"<sip:odi_7f2@127.0.0.1:{ims_kit.gateway.network};lr>"]
    for name in ("P-Served-User", "P-Asserted-Identity", "P-Charging-Vector", "P-Access-Network-Info"):
        assert back.headers[name.lower()] == sent.headers[name.lower()], name
    assert back.header("Call-ID") != sent.header("Call-ID")
    assert "2040400010002" not in ims_kit.gateway.log(10**7)


@pytest.mark.parametrize("served", [True, False])
async def test_terminating_leg_serves_the_called_user_and_not_the_asserted_caller(
    ims_kit: Kit, served: bool
) -> None:
    """Both are ours: taking the asserted one would serve, and bill, the wrong person."""
    anna, bram = (ims_kit.company.person(name, phones=0) for name in ("anna", "bram"))
    await ims_kit.company.apply()
    scscf = await ims_kit.network()
    headers = isc_headers(ims_kit, "term", anna.mobile if served else None, bram.mobile or "")
    caller = await invited(ims_kit, f"tel:{anna.mobile}", bram, headers, talk_ms=50)
    await caller.finished()
    back = (await scscf.finished()).first("INVITE")
    assert back.request_uri == f"tel:{anna.mobile}"
    record = await ims_kit.record()
    assert [leg["subscriber"] for leg in record.called] != [None]
    assert record.calling["subscriber"] is None


async def test_bad_served_user_is_refused_with_a_reason(ims_kit: Kit) -> None:
    anna = ims_kit.company.person("anna", phones=0)
    headers = isc_headers(ims_kit, "orig", anna.mobile, anna.mobile or "").replace(
        "regstate=reg", "regstate=x"
    )
    caller = await invited(ims_kit, f"tel:{OUTSIDE}", anna, headers, scenario="uac_refused", status=400)
    refused = (await caller.finished()).first(400)
    assert "regstate" in (refused.header("Warning") or "")


@pytest.mark.parametrize("dialled", ["tel:112", "urn:service:sos", CONFERENCE])
async def test_nothing_it_carries_keeps_a_leg_from_going_back(ims_kit: Kit, dialled: str) -> None:
    """An extension, a session interval and a body that would be 420, 422 and 415 for us, byte for byte."""
    anna = ims_kit.company.person("anna", phones=0)
    scscf = await ims_kit.network("uas_refuse", status=486)
    headers = isc_headers(ims_kit, "orig", anna.mobile, anna.mobile or "")
    headers += "\nRequire: unheard-of, recipient-list-invite\nSupported: timer\nSession-Expires: 20"
    headers += f"\n{LOCATION[0]}: {LOCATION[1]}\nPrivacy: id"
    caller = await invited(ims_kit, dialled, anna, headers, scenario="uac_pidf_refused", status=486)
    sent = (await caller.finished()).sent("INVITE")[0]
    back = (await scscf.finished()).first("INVITE")
    assert (back.request_uri, back.body) == (sent.request_uri, sent.body)
    for name in sent.headers.keys() - {"via", "route", "max-forwards"}:
        assert back.headers[name] == sent.headers[name], name
    assert back.headers.keys() <= sent.headers.keys()
    assert back.header("Max-Forwards") == "69"


async def test_112_that_the_network_does_not_take_back_goes_to_the_settings_route(ims_kit: Kit) -> None:
    anna = ims_kit.company.person("anna", phones=0)
    psap = await ims_kit.psap()
    scscf = await ims_kit.network("uas_refuse", status=503, phrase="Service Unavailable")
    headers = isc_headers(ims_kit, "orig", anna.mobile, anna.mobile or "")
    caller = await invited(ims_kit, "tel:112", anna, headers, talk_ms=50)
    await caller.finished()
    await scscf.finished()
    invite = (await psap.finished()).first("INVITE")
    assert f"sip:{anna.mobile}@" in (invite.header("P-Asserted-Identity") or "")
    assert len(invite.headers["p-asserted-identity"]) == 1


async def test_code_of_the_handset_takes_over_the_call_of_the_desk_phone(ims_kit: Kit) -> None:
    """``*11`` reaches us in a session of its own, which is answered here and goes nowhere else."""
    network = network_of(ims_kit, conference_factories=())
    anna = ims_kit.company.person("anna")
    await ims_kit.company.apply()
    await ims_kit.stack.enter_async_context(network)
    far = await ims_kit.carrier("uas_moved", echo=True, ring_ms=0)
    desk = await ims_kit.desk(anna, 1000)
    await desk.dial("0201119999")
    await desk.established()
    await desk.hears(1000)
    out = await network.handset(anna.mobile or "").call("*11")
    await out.answered()
    await out.hears(440)
    await desk.closed()
    assert desk.sequence(440, 1000) == [1000]
    await out.hang_up()
    await far.finished()
    assert network.findings == []


async def test_two_calls_of_the_handset_are_joined_and_the_two_others_talk_on(ims_kit: Kit, ims: Ims) -> None:
    """One in the handset's own session, one that rang a colleague's handset out of the blue."""
    first = await ims.anna.call(OUTSIDE)
    far = await ims.network.pstn.next_call()
    await far.answer()
    await first.answered()
    second = await ims.anna.call(ims.people["bram"].extension)
    colleague = await ims.bram.next_call()
    await colleague.answer()
    await second.answered()
    app = await App.of(ims_kit, ims.people["anna"])
    here, there = await app.calls(2)
    reply = await app.asks(Join(**app.who, other=there), here)
    assert reply.status is ReplyStatus.DONE, reply
    await asyncio.gather(first.over(), second.over())
    await asyncio.gather(far.hears(440), colleague.hears(440))
    await far.hang_up()
    await colleague.over()
