"""Whose line an unproven telephone is that calls 112: what is known of the place it calls from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fmc_gateway.bindings import Bindings, Registration
from fmc_gateway.lines import Lines
from hipper.directory.errors import DirectoryUnavailable
from hipper.pbx.ids import DeviceId
from hipper.pbx.model import SubscriberContext
from hipper.telephony.sip import events as sip
from hipper.telephony.sip.flow import Flow
from hipper.telephony.sip.message import Request, parse_message
from hipper.telephony.sip.registration import Binding
from tests.fmc_gateway.call.kit import suze
from tests.fmc_gateway.kit import DOMAIN, Peer, World, wait_for

SUZE, OTHER = DeviceId("suze-desk"), DeviceId("other-desk")
PLACE = Flow("udp", "devices-udp", ("192.0.2.1", 5060), ("203.0.113.9", 40001))


class Remembered:
    """The directory's memory; ``read`` is what was asked of the database."""

    def __init__(self, **known: SubscriberContext) -> None:
        self.known = known
        self.read: list[str] = []
        self.away = False

    def remembered(self, device: DeviceId) -> SubscriberContext | None:
        return self.known.get(device)

    async def remember(self, device: DeviceId) -> None:
        if self.away:
            raise DirectoryUnavailable("away")
        self.read.append(device)


def registered(*phones: tuple[DeviceId, str, Flow]) -> Bindings:
    made = Bindings(lambda: 0.0)
    for device, aor, flow in phones:
        binding = Binding(
            contact="sip:x@10.0.0.9",
            call_id="c",
            cseq=1,
            registered_at=0.0,
            expires_at=60.0,
            q=1.0,
            flow=flow,
        )
        made.put(device, [Registration(device=device, aor=aor, binding=binding)])
    return made


def calling(from_: str = "<sip:suze@acme.test>") -> Request:
    text = (
        "INVITE sip:112@acme.test SIP/2.0\r\nVia: SIP/2.0/UDP 203.0.113.9;branch=z9hG4bK1\r\n"
        f"From: {from_};tag=1\r\nTo: <sip:112@acme.test>\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\n"
        "Content-Length: 0\r\n\r\n"
    )
    request = parse_message(text.encode())
    assert isinstance(request, Request)
    return request


def lines(bindings: Bindings) -> Lines:
    return Lines(bindings, Remembered(**{SUZE: suze()}))


def test_registered_phone_has_the_number_of_its_line() -> None:
    line = lines(registered((SUZE, "suze@acme.test", PLACE))).find(calling(), PLACE)
    assert line.device == SUZE
    assert line.caller.number == line.caller.network_number == "+31201234567"
    assert line.caller.name == suze().display_name


def test_from_of_somebody_else_changes_nothing_while_one_phone_is_there() -> None:
    found = lines(registered((SUZE, "suze@acme.test", PLACE))).find(calling("<sip:boss@acme.test>"), PLACE)
    assert found.device == SUZE


def test_two_phones_behind_one_proxy_are_told_apart_by_from() -> None:
    bindings = registered((SUZE, "suze@acme.test", PLACE), (OTHER, "other@acme.test", PLACE))
    assert lines(bindings).find(calling(), PLACE).device == SUZE
    assert lines(bindings).find(calling("<sip:nobody@acme.test>"), PLACE).device is None


def test_other_socket_of_the_same_address_needs_the_name_too() -> None:
    bindings = registered((SUZE, "suze@acme.test", PLACE))
    elsewhere = PLACE._replace(remote=("203.0.113.9", 50000))
    assert lines(bindings).find(calling(), elsewhere).device == SUZE
    assert lines(bindings).find(calling("<sip:boss@acme.test>"), elsewhere).device is None


def test_name_from_another_address_proves_nothing() -> None:
    bindings = registered((SUZE, "suze@acme.test", PLACE))
    line = lines(bindings).find(calling(), PLACE._replace(remote=("198.51.100.1", 40001)))
    assert line.device is None
    assert line.caller.number is None
    assert line.caller.name == "suze@acme.test"


def test_number_in_from_of_an_unregistered_phone_is_a_name_and_never_asserted() -> None:
    line = lines(registered()).find(calling("<sip:+31201234567@acme.test>"), PLACE)
    assert line.caller.name == "+31201234567@acme.test"
    assert (line.caller.number, line.caller.network_number) == (None, None)


@pytest.mark.parametrize("from_", ["<sip:anonymous@anonymous.invalid>", "<tel:+31201234567>"])
def test_from_without_an_address_of_ours_says_nothing(from_: str) -> None:
    assert lines(registered()).find(calling(from_), PLACE).caller.name is None


def test_phone_that_left_is_not_found_any_more() -> None:
    bindings = registered((SUZE, "suze@acme.test", PLACE))
    bindings.put(SUZE, [])
    assert lines(bindings).find(calling(), PLACE).device is None


async def test_users_of_registered_phones_are_read_once() -> None:
    directory = Remembered(**{SUZE: suze()})
    other = PLACE._replace(remote=("203.0.113.10", 1))
    made = Lines(registered((SUZE, "suze@acme.test", PLACE), (OTHER, "other@acme.test", other)), directory)
    directory.away = True
    await made.remember_new()
    directory.away = False
    await made.remember_new()
    await made.remember_new()
    assert directory.read == [OTHER]


@pytest.mark.servers
@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_112_of_a_registered_phone_shows_its_number_though_nobody_asked_for_its_password(
    world: World, transport: str, tmp_path: Path
) -> None:
    phone = await world.phone("anna-1", transport)
    directory: Any = world.gateway.intake._lines._directory
    await wait_for(lambda: directory.remembered(DeviceId("anna-1")))
    world.gateway.pool.terminate()
    phone.call(world.site.udp if transport == "udp" else world.site.tcp, "112", f"<sip:anna-1@{DOMAIN}>")
    invited = await world.site.psap.expect(sip.Invited)
    assert invited.request.from_.uri.user == "+31201232010"
    assert "+31201232010" in invited.request.headers.get("P-Asserted-Identity")
    world.site.psap.do("reject", invited.session, 486)
    await phone.expect(sip.Rejected)
    await world.at_rest()


@pytest.mark.servers
async def test_112_of_a_phone_nobody_knows_shows_what_it_calls_itself(world: World) -> None:
    phone = await Peer().start()
    world.peers.append(phone)
    phone.call(world.site.udp, "112", f"<sip:balie@{DOMAIN}>")
    invited = await world.site.psap.expect(sip.Invited)
    assert invited.request.from_.display_name == f"balie@{DOMAIN}"
    assert "P-Asserted-Identity" not in invited.request.headers
    world.site.psap.do("reject", invited.session, 486)
    await phone.expect(sip.Rejected)
    await world.at_rest()
