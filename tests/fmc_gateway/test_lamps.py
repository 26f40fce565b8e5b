"""Busy lamps: a telephone that watches colleagues, by hand, through a running gateway (RFC 4235)."""

from __future__ import annotations

import asyncio
import xml.etree.ElementTree as ET
from typing import Any

import asyncpg
import pytest

from hipper.telephony.sip import events as sip
from hipper.telephony.sip.digest import DigestClient
from hipper.telephony.sip.message import Request, Response, parse_message
from tests.fmc_gateway.kit import DOMAIN, PASSWORD, World, sdp, wait_for
from tests.telephony.sip.siptest import raw

pytestmark = pytest.mark.servers
NS = "{urn:ietf:params:xml:ns:dialog-info}"


class KeyModule(asyncio.DatagramProtocol):
    """A watching telephone: it answers NOTIFY with 200 and keeps what they say."""

    def __init__(self, world: World, user: str = "anna-1") -> None:
        self.world, self.user = world, user
        self.seq = 0
        self.to = ""
        self.responses: list[Response] = []
        self.notifies: list[Request] = []
        self.transport: Any = None

    async def open(self) -> KeyModule:
        loop = asyncio.get_running_loop()
        gateway = ("127.0.0.1", self.world.site.udp)
        self.transport, _ = await loop.create_datagram_endpoint(lambda: self, remote_addr=gateway)
        return self

    def datagram_received(self, data: bytes, addr: Any) -> None:
        message = parse_message(data)
        if isinstance(message, Response):
            self.responses.append(message)
        else:
            self.notifies.append(message)
            self.transport.sendto(message.create_response(200, None, "k").to_bytes())

    def request(self, whom: str, expires: int, event: str) -> Request:
        self.seq += 1
        host, port = self.transport.get_extra_info("sockname")
        made = parse_message(
            raw(
                [
                    f"SUBSCRIBE sip:{whom}@{DOMAIN} SIP/2.0",
                    f"Via: SIP/2.0/UDP {host}:{port};branch=z9hG4bK{self.user}{whom}{self.seq};rport",
                    "Max-Forwards: 70",
                    f"From: <sip:{self.user}@{DOMAIN}>;tag=k",
                    f"To: {self.to or f'<sip:{whom}@{DOMAIN}>'}",
                    f"Call-ID: {self.user}-{whom}-{port}",
                    f"CSeq: {self.seq} SUBSCRIBE",
                    f"Contact: <sip:{self.user}@{host}:{port}>",
                    f"Event: {event}",
                    f"Expires: {expires}",
                ]
            )
        )
        assert isinstance(made, Request)
        return made

    async def send(self, request: Request) -> Response:
        count = len(self.responses)
        self.transport.sendto(request.to_bytes())
        await wait_for(lambda: len(self.responses) > count)
        return self.responses[-1]

    async def subscribe(
        self, whom: str = "202", expires: int = 600, event: str = "dialog", password: str = PASSWORD
    ) -> Response:
        answer = await self.send(self.request(whom, expires, event))
        if answer.status == 401:
            again = self.request(whom, expires, event)
            proof = DigestClient(self.user, password).authorize(again, answer, cnonce="c0ffee")
            for name, value in proof:
                again.headers.add(name, value)
            answer = await self.send(again)
        if answer.status == 200:
            self.to = answer.headers.get("To") or ""
        return answer

    async def lamp(self, number: int) -> list[tuple[str, str]]:
        """``(state, direction)`` of each dialog in the ``number``-th document."""
        await wait_for(lambda: len(self.notifies) > number)
        root = ET.fromstring(self.notifies[number].body)
        assert (root.get("version"), root.get("state")) == (str(number), "full")
        return [
            (dialog.findtext(f"{NS}state") or "", dialog.get("direction") or "")
            for dialog in root.findall(f"{NS}dialog")
        ]


async def test_lamp_follows_a_call_of_the_colleague(world: World) -> None:
    keys = await KeyModule(world).open()
    assert (await keys.subscribe()).status == 200
    assert await keys.lamp(0) == []
    carrier, phone = world.site.carrier, await world.phone("bram-1")
    session = carrier.call(world.site.pstn, "+31201232020", "<sip:+31301234567@carrier.test>")
    invited = await phone.expect(sip.Invited)
    phone.do("ring", invited.session)
    await wait_for(lambda: any(b"early" in one.body for one in keys.notifies))
    assert await keys.lamp(len(keys.notifies) - 1) == [("early", "recipient")]
    phone.do("answer", invited.session, sdp(25020))
    await carrier.expect(sip.Answered)
    await wait_for(lambda: any(b"confirmed" in one.body for one in keys.notifies))
    carrier.do("bye", session)
    await wait_for(lambda: b"<dialog id" not in keys.notifies[-1].body)
    assert all(b"+3130" not in one.body and b"Anna" not in one.body for one in keys.notifies)
    await world.at_rest()


async def test_refresh_brings_the_whole_state_and_unsubscribing_the_last(world: World) -> None:
    keys = await KeyModule(world).open()
    await keys.subscribe()
    await keys.lamp(0)
    assert (await keys.subscribe()).status == 200
    assert await keys.lamp(1) == []
    assert world.gateway.agent.subscription_count() == 1
    await keys.subscribe(expires=0)
    await wait_for(lambda: len(keys.notifies) == 3)
    assert (keys.notifies[-1].headers.get("Subscription-State") or "").startswith("terminated")
    assert (len(world.gateway.lamps), world.gateway.agent.subscription_count()) == (0, 0)


@pytest.mark.parametrize(
    ("whom", "event", "expires", "password", "status"),
    [
        ("202", "presence", 600, PASSWORD, 489),
        ("202", "dialog", 10, PASSWORD, 423),
        ("299", "dialog", 600, PASSWORD, 404),
        ("0301234567", "dialog", 600, PASSWORD, 404),
        ("202", "dialog", 600, "wrong", 401),
    ],
)
async def test_what_cannot_be_watched(
    world: World, whom: str, event: str, expires: int, password: str, status: int
) -> None:
    keys = await KeyModule(world).open()
    answer = await keys.subscribe(whom, expires, event, password)
    assert answer.status == status
    assert world.gateway.agent.subscription_count() == 0


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ("UPDATE directory.subscribers SET pack = 'base_plus' WHERE subscriber_id = 'anna'", 403),
        (
            "INSERT INTO directory.subscriber_services (tenant_id, subscriber_id, service, settings)"
            " VALUES ('acme', 'bram', 'privacy', '{\"active\": true}')",
            404,
        ),
    ],
)
async def test_pack_and_privacy_decide(world: World, postgres_url: str, change: str, status: int) -> None:
    connection = await asyncpg.connect(postgres_url)
    await connection.execute(change)
    await connection.close()
    keys = await KeyModule(world).open()
    assert (await keys.subscribe()).status == status


async def test_user_who_becomes_private_is_watched_no_longer_than_till_the_refresh(
    world: World, postgres_url: str
) -> None:
    keys = await KeyModule(world).open()
    assert (await keys.subscribe()).status == 200
    await keys.lamp(0)
    connection = await asyncpg.connect(postgres_url)
    await connection.execute(
        "INSERT INTO directory.subscriber_services (tenant_id, subscriber_id, service, settings)"
        " VALUES ('acme', 'bram', 'privacy', '{\"active\": true}')"
    )
    await connection.close()
    await keys.subscribe()
    await wait_for(lambda: len(keys.notifies) == 3)
    assert keys.notifies[-1].headers.get("Subscription-State") == "terminated;reason=rejected"
    assert keys.notifies[-1].body == b""
    assert (len(world.gateway.lamps), world.gateway.agent.subscription_count()) == (0, 0)


async def test_refresh_without_proof_lengthens_nothing(world: World) -> None:
    """Whoever saw the dialog's tags could otherwise take the lamp over, or put it out."""
    keys = await KeyModule(world).open()
    assert (await keys.subscribe()).status == 200
    await keys.lamp(0)
    for expires in (600, 0):
        assert (await keys.send(keys.request("202", expires, "dialog"))).status == 401
    assert (await keys.subscribe(password="wrong")).status == 401
    assert (len(keys.notifies), len(world.gateway.lamps)) == (1, 1)
    assert (await keys.subscribe(expires=5)).status == 423


async def test_telephone_that_proves_to_be_another_may_not_refresh(world: World) -> None:
    keys = await KeyModule(world).open()
    assert (await keys.subscribe()).status == 200
    await keys.lamp(0)
    challenge = await keys.send(keys.request("202", 600, "dialog"))
    stolen = keys.request("202", 600, "dialog")
    for name, value in DigestClient("bram-1", PASSWORD).authorize(stolen, challenge, cnonce="c0ffee"):
        stolen.headers.add(name, value)
    assert (await keys.send(stolen)).status == 403
    assert (len(keys.notifies), len(world.gateway.lamps)) == (1, 1)
