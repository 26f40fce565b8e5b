"""The simulated IMS before an application server that a test plays."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from hipper.telephony.sip.flow import Transport
from hipper.telephony.sip.headers import NameAddr
from hipper.telephony.sip.uri import SipUri
from simulators.agent import Peer
from simulators.call import CallError
from simulators.handset import HandsetProcess
from simulators.network.isc import IscNetwork
from tests.simulators.servers import Server

ALICE, BOB = "+31612345601", "+31612345602"
TERM_BOB = f"<sip:{BOB}@ims.example>;sescase=term;regstate=reg"


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with Server() as server:
        yield server


@pytest.fixture
async def network(server: Server) -> AsyncIterator[IscNetwork]:
    async with IscNetwork(gateway=Peer(*server.address), tone_hz=440) as network:
        network.handset(ALICE)
        network.handset(BOB)
        server.scscf = Peer(*network.address)
        yield network


async def test_an_originating_call_reaches_the_server_as_24_229_says(
    server: Server, network: IscNetwork
) -> None:
    out = await network.handset(ALICE).call("0201234567")
    assert (await network.pstn.next_call()).dialled == "0201234567;phone-context=ims.example"
    request = server.taken[0]
    host, port = network.address
    first, second = request.routes
    assert str(first) == "<sip:fmc.example;lr>"
    assert isinstance(second.uri, SipUri)
    assert (second.uri.user or "").startswith("odi_")
    assert (second.uri.host, second.uri.port, "orig" in second.uri.params) == (host, port, True)
    assert request.request_uri_text == "sip:0201234567;phone-context=ims.example@ims.example;user=phone"
    assert request.headers.get("P-Served-User") == f"<sip:{ALICE}@ims.example>;sescase=orig;regstate=reg"
    assert request.headers.values("P-Asserted-Identity") == [f"<sip:{ALICE}@ims.example>", f"<tel:{ALICE}>"]
    assert "orig-ioi=ims.example" in (request.headers.get("P-Charging-Vector") or "")
    assert (request.headers.get("P-Access-Network-Info") or "").startswith("3GPP-E-UTRAN-FDD")
    assert {"100rel", "timer", "precondition"} <= request.supported
    assert request.record_routes
    assert request.max_forwards == 69
    assert "P-Preferred-Identity" not in request.headers
    await out.hang_up()


async def test_a_returned_leg_goes_on_behind_its_criterion_and_talks(
    server: Server, network: IscNetwork
) -> None:
    out = await network.handset(ALICE).call("0201234567")
    called = await network.pstn.next_call()
    await called.answer()
    await out.answered()
    await asyncio.gather(out.hears(440), called.hears(440))
    await called.hold()
    await out.is_held()
    await called.resume()
    await out.hang_up()
    await called.over()
    assert (len(server.taken), network.findings, network.scscf.loops) == (1, [], 0)


@pytest.mark.parametrize(("host", "transport"), [("::1", "udp"), ("127.0.0.1", "tcp"), ("127.0.0.1", "tls")])
async def test_over_other_transports(host: str, transport: Transport) -> None:
    async with (
        Server(host=host, transport=transport) as server,
        IscNetwork(gateway=Peer(*server.address, transport), host=host, tone_hz=440) as network,
    ):
        network.handset(ALICE)
        server.scscf = Peer(*network.address, transport)
        out = await network.handset(ALICE).call("0201234567")
        called = await network.pstn.next_call()
        await called.answer()
        await out.answered()
        await asyncio.gather(out.hears(440), called.hears(440))
        await called.hang_up()
        await out.over()
        assert network.findings == []


async def test_a_handset_of_its_own_process_is_served_too(server: Server, network: IscNetwork) -> None:
    where = Peer(*network.access_address)
    async with HandsetProcess(network=where, msisdn="+31612345609", tone_hz=700) as handset:
        await handset.attached()
        assert network.attached == ["+31612345609"]
        out = await handset.call(BOB)
        called = await network.handset(BOB).next_call()
        await called.answer()
        await out.answered()
        await asyncio.gather(out.hears(440), called.hears(700))
        await out.hang_up()
        await network.terminate("+31612345609", caller="+31201234567")
        assert (await handset.next_call()).asserted == "+31201234567"
    users = [request.headers.get("P-Served-User") or "" for request in server.taken]
    assert [user.partition("@")[0] for user in users] == [
        "<sip:+31612345609",
        f"<sip:{BOB}",
        "<sip:+31612345609",
    ]
    assert network.findings == []


async def test_a_call_between_users_visits_the_server_once_for_each(
    server: Server, network: IscNetwork
) -> None:
    out = await network.handset(ALICE).call(BOB)
    called = await network.handset(BOB).next_call()
    await called.answer()
    await out.answered()
    cases = [(request.headers.get("P-Served-User") or "").partition(">")[2] for request in server.taken]
    assert cases == [";sescase=orig;regstate=reg", ";sescase=term;regstate=reg"]
    assert called.header("P-Called-Party-ID") == f"<sip:{BOB}@ims.example>"
    assert called.header("P-Served-User") is None
    assert network.findings == []


async def test_a_call_from_outside_is_served_for_the_called_user(server: Server, network: IscNetwork) -> None:
    await network.terminate(BOB, caller="+31201234567", withheld=True)
    called = await network.handset(BOB).next_call()
    assert (called.asserted, called.withheld) == ("+31201234567", True)
    assert (
        server.taken[0].headers.get("P-Served-User") == f"<sip:{BOB}@ims.example>;sescase=term;regstate=reg"
    )


async def test_without_odi_it_loops_until_max_forwards_and_says_so(
    server: Server, network: IscNetwork
) -> None:
    server.keep_odi = False
    server.hops_used = 10
    out = await network.handset(ALICE).call("0201234567")
    with pytest.raises(CallError, match="483"):
        await out.answered(timeout_s=10)
    assert network.scscf.loops >= 4
    assert len({str(request.routes[1]) for request in server.taken}) == len(server.taken)
    assert any("looped" in finding for finding in network.findings)


async def test_a_server_that_spends_no_hops_is_stopped_by_the_limit(server: Server) -> None:
    server.keep_odi, server.hops_used = False, -2
    async with IscNetwork(gateway=Peer(*server.address), max_loops=5) as network:
        network.handset(ALICE)
        server.scscf = Peer(*network.address)
        out = await network.handset(ALICE).call("0201234567")
        with pytest.raises(CallError, match="482"):
            await out.answered(timeout_s=10)
        assert any("more than 5 loops" in finding for finding in network.findings)


async def test_a_leg_out_of_the_blue_triggers_the_callee_alone(server: Server, network: IscNetwork) -> None:
    server.originate(SipUri.parse(f"sip:{BOB}@ims.example"), on_behalf=ALICE)
    called = await network.handset(BOB).next_call()
    await called.answer()
    cases = [(request.headers.get("P-Served-User") or "") for request in server.taken]
    assert cases == [f"<sip:{BOB}@ims.example>;sescase=term;regstate=reg"]
    server.originate(
        SipUri.parse("sip:+31201234567@ims.example"),
        on_behalf=BOB,
        icid="as-2",
        case="orig-cdiv;regstate=reg",
    )
    await network.pstn.next_call()
    assert (len(server.taken), network.findings) == (1, [])


@pytest.mark.parametrize(
    ("arguments", "finding"),
    [
        ({"icid": None}, "no ICID of its own"),
        ({"case": "sescase=term"}, "sescase=term"),
        ({"on_behalf": "+31699999999"}, "no user of this network"),
    ],
)
async def test_a_badly_made_leg_is_found(
    server: Server, network: IscNetwork, arguments: dict[str, str], finding: str
) -> None:
    server.originate(SipUri.parse("sip:+31201234567@ims.example"), **{"on_behalf": ALICE, **arguments})  # type: ignore[arg-type]
    await network.pstn.next_call()
    assert any(finding in found for found in network.findings), network.findings


@pytest.mark.parametrize("dialled", ["urn:service:sos", "112", "sip:mmtel@conf-factory.ims.example"])
async def test_emergency_and_conference_calls_come_back_unchanged(
    server: Server, network: IscNetwork, dialled: str
) -> None:
    place = network.conference if "conf" in dialled else network.emergency_centre
    out = await network.handset(ALICE).call(dialled, headers=(("Geolocation", "<cid:x@ims.example>"),))
    called = await place.next_call()
    await called.answer()
    await out.answered()
    assert network.findings == []


@pytest.mark.parametrize(
    ("drop", "add", "finding"),
    [
        (("Geolocation",), (), "geolocation None"),
        (("P-Charging-Vector",), (("P-Charging-Vector", "icid-value=other"),), "ICID other"),
        ((), (("X-Hipper", "1"),), "x-hipper"),
    ],
)
async def test_an_emergency_call_that_was_touched_is_found(
    server: Server, network: IscNetwork, drop: tuple[str, ...], add: tuple[tuple[str, str], ...], finding: str
) -> None:
    server.drop, server.add = drop, add
    await network.handset(ALICE).call("112", headers=(("Geolocation", "<cid:x@ims.example>"),))
    await network.emergency_centre.next_call()
    assert any(finding in found for found in network.findings), network.findings


async def test_an_emergency_call_with_another_body_is_found(server: Server, network: IscNetwork) -> None:
    server.changed_sdp = ("a=ptime:20", "a=ptime:40")
    await network.handset(ALICE).call("112")
    await network.emergency_centre.next_call()
    assert any("another body" in found for found in network.findings), network.findings


async def test_requests_in_a_dialog_follow_the_recorded_route(server: Server, network: IscNetwork) -> None:
    out = await network.handset(ALICE).call("0201234567")
    called = await network.pstn.next_call()
    await called.answer()
    await out.answered()
    session = next(iter(server._core._sessions.values()))
    assert session.dialog is not None
    session.dialog.route_set = ()
    session.dialog.target = SipUri.parse(f"sip:{network.address[0]}:{network.address[1]}")
    server.act(lambda core, now: core.bye(session.id, now))
    await asyncio.sleep(0.2)
    assert any("ignores Record-Route" in found for found in network.findings)


async def test_a_server_that_eats_no_hop_is_found(server: Server, network: IscNetwork) -> None:
    server.hops_used = 0
    await network.handset(ALICE).call("0201234567")
    await network.pstn.next_call()
    assert any("Max-Forwards" in found for found in network.findings)


async def test_an_unknown_odi_is_refused(server: Server, network: IscNetwork) -> None:
    host, port = network.address
    name = NameAddr.parse(f"<sip:{BOB}@ims.example>")
    server.act(
        lambda core, now: core.invite(
            uri=name.uri, flow=server.flow_to(server.scscf), from_=name, to=name, now=now,
            route=[f"<sip:odi_999@{host}:{port};lr>"],
        )
    )  # fmt: skip
    with pytest.raises(CallError, match="no call reached"):
        await network.handset(BOB).next_call(timeout_s=0.3)
    assert any("unknown ODI" in found for found in network.findings)
