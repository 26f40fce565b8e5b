"""Whose line an unproven telephone is that calls 112: what is known of the place it calls from."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fmc_gateway.bindings import Bindings, Registration
from fmc_gateway.emergency_memory import EmergencyMemory
from fmc_gateway.lines import Lines, known_line
from hipper.directory.errors import DirectoryUnavailable
from hipper.pbx.ids import DeviceId
from hipper.pbx.model import SubscriberContext
from hipper.pbx.services.bundles import GroupServices
from hipper.pbx.services.calling import EmergencyZone, EmergencyZones
from hipper.telephony.numbers.e164 import E164
from hipper.telephony.sip import events as sip
from hipper.telephony.sip.flow import Flow
from hipper.telephony.sip.message import Request, parse_message
from hipper.telephony.sip.registration import Binding
from tests.fmc_gateway.call.kit import SUZE_MOBILE, invite, invite_from_pstn, suze
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


SHOP = EmergencyZone(name="shop", number="+31201110000", route="amsterdam")
IN_SHOP = suze(
    devices=(msgspec.structs.replace(suze().devices[0], id=SUZE, site="shop"),),
    group_services=GroupServices(emergency_zones=EmergencyZones(zones=(SHOP,))),
)
NOW = 1_700_000_000.0


def lines(bindings: Bindings, memory: EmergencyMemory | None = None, **known: SubscriberContext) -> Lines:
    directory = Remembered(**(known or {SUZE: suze()}))
    kept = EmergencyMemory() if memory is None else memory
    return Lines(bindings, directory, kept, ("utrecht", "amsterdam"), lambda: NOW)


def nobody_knows(memory: EmergencyMemory) -> Lines:
    """After a cold start with everything away."""
    return Lines(registered(), Remembered(), memory, ("utrecht", "amsterdam"), lambda: NOW)


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
    memory = EmergencyMemory()
    other = PLACE._replace(remote=("203.0.113.10", 1))
    bindings = registered((SUZE, "suze@acme.test", PLACE), (OTHER, "other@acme.test", other))
    made = Lines(bindings, directory, memory, (), lambda: NOW)
    directory.away = True
    await made.remember_new()
    directory.away = False
    await made.remember_new()
    await made.remember_new()
    assert directory.read == [OTHER]


# -- the site


def test_site_gives_number_and_route() -> None:
    found = lines(registered((SUZE, "suze@acme.test", PLACE)), **{SUZE: IN_SHOP}).find(calling(), PLACE)
    assert (found.shown, found.route) == ("+31201110000", 1)
    assert found.caller.name == IN_SHOP.display_name
    assert found.caller.network_number == "+31201234567"


def test_without_a_site_the_line_shows_its_own_number_over_all_routes() -> None:
    found = lines(registered((SUZE, "suze@acme.test", PLACE))).find(calling(), PLACE)
    assert (found.shown, found.route, found.caller.network_number) == (None, None, "+31201234567")


def test_route_that_is_in_no_settings_leaves_the_usual_order() -> None:
    made = Lines(
        registered((SUZE, "suze@acme.test", PLACE)),
        Remembered(**{SUZE: IN_SHOP}),
        EmergencyMemory(),
        ("utrecht",),
        lambda: NOW,
    )
    assert made.find(calling(), PLACE).route is None


async def learned(tmp_path: Path) -> Path:
    """A file that an earlier process left."""
    path = tmp_path / "emergency.json"
    made = lines(registered((SUZE, "suze@acme.test", PLACE)), EmergencyMemory(path), **{SUZE: IN_SHOP})
    await made.remember_new()
    made.save()
    return path


async def test_after_a_cold_start_with_everything_away_the_site_is_still_known(tmp_path: Path) -> None:
    path = await learned(tmp_path)
    found = nobody_knows(EmergencyMemory(path)).find(calling(), PLACE)
    assert (found.device, found.shown, found.route) == (SUZE, "+31201110000", 1)
    assert found.caller.name == IN_SHOP.display_name
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("from_", "remote", "known"),
    [
        ("<sip:suze@acme.test>", ("203.0.113.9", 50000), True),
        ("<sip:boss@acme.test>", ("203.0.113.9", 40001), True),
        ("<sip:boss@acme.test>", ("203.0.113.9", 50000), False),
        ("<sip:suze@acme.test>", ("198.51.100.1", 40001), False),
    ],
)
async def test_after_a_cold_start_a_name_counts_from_its_own_address_only(
    tmp_path: Path, from_: str, remote: tuple[str, int], known: bool
) -> None:
    made = nobody_knows(EmergencyMemory(await learned(tmp_path)))
    assert (made.find(calling(from_), PLACE._replace(remote=remote)).device == SUZE) is known


async def test_phone_that_is_nobodys_any_more_is_forgotten(tmp_path: Path) -> None:
    memory = EmergencyMemory(await learned(tmp_path))
    made = Lines(registered((SUZE, "suze@acme.test", PLACE)), Remembered(), memory, (), lambda: NOW)
    await made.remember_new()
    assert len(memory) == 0


async def test_users_of_phones_are_read_again_so_that_a_new_site_holds() -> None:
    directory = Remembered(**{SUZE: suze()})
    clock = [NOW]
    bindings = registered((SUZE, "suze@acme.test", PLACE))
    made = Lines(bindings, directory, EmergencyMemory(), (), lambda: clock[0])
    await made.remember_new()
    assert directory.read == []
    running = asyncio.create_task(made.run())
    await asyncio.sleep(0)
    clock[0] += 601
    bindings.came.set()
    async with asyncio.timeout(3):
        while not directory.read:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    running.cancel()
    assert directory.read == [SUZE]


def test_proven_telephone_has_the_number_and_the_route_of_its_site() -> None:
    offered = lines(registered(), **{SUZE: IN_SHOP}).at_site(invite("9"), SUZE)
    assert (offered.emergency_number, offered.emergency_route) == ("+31201110000", 1)
    nowhere = lines(registered()).at_site(invite("9"), SUZE)
    assert (nowhere.emergency_number, nowhere.emergency_route) == (None, None)


def test_site_that_was_known_before_this_process_began_counts_too() -> None:
    memory = EmergencyMemory()
    memory.learn(known_line(IN_SHOP, SUZE, "suze@acme.test", ("192.0.2.9", 5060)))
    offered = nobody_knows(memory).at_site(invite("9"), SUZE)
    assert (offered.emergency_number, offered.emergency_route) == ("+31201110000", 1)
    assert nobody_knows(memory).at_site(invite("9"), OTHER) == invite("9")


# -- a call back


MOBILE_112 = {"dialled": "112", "served_number": SUZE_MOBILE}


@pytest.mark.parametrize(
    ("call", "back", "passes"),
    [
        ({}, SUZE_MOBILE, True),
        ({}, "+31201230000", False),
        ({"trusted": False}, SUZE_MOBILE, False),
        ({"trusted": False, "device": SUZE, "emergency_number": "+31201110000"}, "+31201110000", True),
        ({"device": SUZE, "served_number": None, "emergency_number": "+31201110000"}, SUZE_MOBILE, True),
    ],
)
def test_who_called_112_may_be_called_back(call: dict[str, Any], back: str, passes: bool) -> None:
    made = nobody_knows(EmergencyMemory())
    made.called_emergency(invite(**(MOBILE_112 | call)))
    assert made.called_back(invite_from_pstn(E164(back))).emergency_callback is passes
    assert not made.called_back(invite(served_number=E164(back))).emergency_callback


@pytest.mark.parametrize(("after_s", "passes"), [(899, True), (901, False)])
def test_for_a_quarter_of_an_hour_also_over_a_restart(tmp_path: Path, after_s: float, passes: bool) -> None:
    path = tmp_path / "emergency.json"
    memory = EmergencyMemory(path)
    memory.called_emergency([SUZE_MOBILE, None], NOW)
    memory.save(NOW)
    assert EmergencyMemory(path).is_called_back(SUZE_MOBILE, NOW + after_s) is passes


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
