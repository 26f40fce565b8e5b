"""Calls by routing number through a running gateway, with the API's half of the numbers beside it."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest

from app.domain.mobile_network.pool import ImrnPool
from fmc_gateway.call.commands import MobileTarget, NetworkTarget, Originate, TrunkTarget
from fmc_gateway.edge_imrn import Asked
from fmc_gateway.imrn import OwnLegs, Reservations
from fmc_gateway.records.read import latest_calls
from fmc_gateway.routing import Unroutable
from hipper.contracts.calls import CallRecord
from hipper.contracts.imrn import ImrnKind, Reservation, Taken, number_key, rest_key
from hipper.pbx.model import CallerIdentity, Presentation
from hipper.runtime import embedded
from hipper.runtime.bus import BusUnavailable, connect
from hipper.runtime.settings_model import MobileNetwork, RedisSection, SipListener
from hipper.telephony.numbers.e164 import E164
from hipper.telephony.sip import events as sip
from hipper.telephony.sip.digest import DigestClient
from tests.fmc_gateway.kit import PASSWORD, Peer, Site, World, free_port, provision, sdp

pytestmark = pytest.mark.servers

ANNA, OUTSIDE = "+31612320100", "+31301234567"
ANNA_FIXED, BRAM = "+31201232010", "+31612320200"


def gsm(listener: str = "gsm", target: int = 9, **changes: Any) -> MobileNetwork:
    named: dict[str, Any] = {
        "name": "gsm",
        "mode": "imrn",
        "addresses": ("127.0.0.1",),
        "imrn_ranges": ("+31970123400-+31970123409",),
        "imrn_api_key": "0123456789abcdef",
    }
    return MobileNetwork(**{**named, "listener": listener, "target": f"sip:127.0.0.1:{target}", **changes})


def reservation(**changes: Any) -> Reservation:
    named: dict[str, Any] = {
        "network": "gsm",
        "served_user": E164(ANNA),
        "called": "0301234567",
        "calling": E164(ANNA),
        "kind": ImrnKind.ORIGINATING,
        "call_reference": "ref-1",
        "created": time.time(),
    }
    return Reservation(**{**named, **changes})


class ImrnWorld(World):
    """The kit's world with two networks in imrn mode, of which ``gsm`` has Anna's and Bram's handsets."""

    def __init__(self, site: Site, redis_url: str) -> None:
        self.gsm, self.other = free_port(), free_port()
        self.msc = Peer()
        self.network = gsm(target=self.msc.port, imrn_quarantine_s=5)
        other = gsm("other", name="other", imrn_ranges=("+31970555500",), imrn_api_key="fedcba9876543210")
        site.settings = msgspec.structs.replace(
            site.settings,
            sip_listener=(
                *site.settings.sip_listener,
                SipListener(name="gsm", port=self.gsm),
                SipListener(name="other", port=self.other),
            ),
            mobile_network=(*site.settings.mobile_network, self.network, other),
            redis=RedisSection(url=redis_url),
        )
        super().__init__(site)
        self.peers.append(self.msc)
        self.redis: Any = connect(redis_url)
        self.pool = ImrnPool(self.redis, self.network)

    async def __aexit__(self, *exc_info: object) -> None:
        await super().__aexit__(*exc_info)
        await self.redis.aclose()

    async def records(self) -> list[CallRecord]:
        """What PostgreSQL has, once it has any."""
        async with asyncio.timeout(5):
            while not (found := await latest_calls(self.gateway.pool, limit=10)):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        return found

    @property
    def own_legs(self) -> OwnLegs:
        found = getattr(self.gateway.sip.hold, "__self__", None)
        assert isinstance(found, OwnLegs)
        return found

    async def reserved(self, **changes: Any) -> E164:
        """A routing number as the API gives it out."""
        imrn = await self.pool.allocate(reservation(**changes))
        assert imrn is not None
        return imrn

    def call(
        self, dialled: str, caller: str = ANNA, *, port: int | None = None, privacy: bool = False
    ) -> str:
        from_ = '"Anonymous" <sip:anonymous@anonymous.invalid>' if privacy else f"<sip:{caller}@msc.test>"
        headers = (("P-Asserted-Identity", f"<sip:{caller}@msc.test>"),)
        if privacy:
            headers += (("Privacy", "id"),)
        return self.msc.call(port or self.gsm, dialled, from_, headers=headers)

    async def refused(self) -> int:
        return int((await self.msc.expect(sip.Rejected)).status)

    async def talks(self) -> None:
        """The carrier answers the call that reaches it, and the caller hangs up."""
        invited = await self.site.carrier.expect(sip.Invited)
        self.site.carrier.do("answer", invited.session, sdp(25200))
        answered = await self.msc.expect(sip.Answered)
        await self.site.carrier.expect(sip.Confirmed)
        self.msc.do("bye", answered.session)
        await self.site.carrier.expect(sip.Ended)

    async def is_live(self, imrn: str) -> bool:
        """Whether the reservation is still there, untouched."""
        return bool(await self.redis.hexists(number_key("gsm", imrn), "reservation"))


@pytest.fixture
async def world(
    postgres_url: str, redis_url: str, rtpengine: Any, tmp_path: Path
) -> AsyncIterator[ImrnWorld]:
    async with await world_of(postgres_url, redis_url, rtpengine.ng, tmp_path) as running:
        yield running


async def world_of(postgres_url: str, redis_url: str, ng: str, folder: Path) -> ImrnWorld:
    await provision(postgres_url)
    connection = await asyncpg.connect(postgres_url)
    await connection.execute("UPDATE directory.devices SET mobile_network = 'gsm' WHERE kind = 'mobile'")
    await connection.close()
    return ImrnWorld(Site(folder, pg=postgres_url, redis=redis_url, ng=ng), redis_url)


class TestTakingBack:
    @pytest.fixture
    async def redis(self, redis_url: str) -> AsyncIterator[Any]:
        client = connect(redis_url)
        yield client
        await client.aclose()

    @pytest.fixture
    def reservations(self, redis: Any, tmp_path: Path) -> Reservations:
        return Reservations(Site(tmp_path, pg="", redis="", ng="").settings, redis)

    async def test_only_one_of_many_at_once_takes_it(self, redis: Any, reservations: Reservations) -> None:
        network = gsm(imrn_ranges=("+31970123400",))
        imrn = await ImrnPool(redis, network).allocate(reservation())
        assert imrn is not None
        asked = Asked(imrn, E164(ANNA))
        found = await asyncio.gather(*(reservations.take_back(network, asked) for _ in range(50)))
        assert found.count(Taken.REPLAY) == 49
        (taken,) = [one for one in found if isinstance(one, Reservation)]
        assert taken.called == "0301234567"

    async def test_it_rests_and_forgets_who_called(self, redis: Any, reservations: Reservations) -> None:
        network = gsm(imrn_ranges=("+31970123400",), imrn_lifetime_s=60, imrn_quarantine_s=1)
        pool = ImrnPool(redis, network)
        asked = Asked(E164("+31970123400"), E164(ANNA))
        await pool.allocate(reservation())
        assert isinstance(await reservations.take_back(network, asked), Reservation)
        assert await redis.hgetall(number_key("gsm", asked.imrn)) == {
            b"until": await redis.hget(number_key("gsm", asked.imrn), "until"),
            b"used": b"1",
        }
        assert await pool.allocate(reservation()) is None
        await asyncio.sleep(1.1)
        assert await pool.allocate(reservation()) == asked.imrn

    async def test_its_time_is_kept_to(self, redis: Any, reservations: Reservations) -> None:
        network = gsm(imrn_lifetime_s=1, imrn_quarantine_s=60)
        imrn = await ImrnPool(redis, network).allocate(reservation())
        assert imrn is not None
        await asyncio.sleep(1.1)
        assert await reservations.take_back(network, Asked(imrn, E164(ANNA))) is Taken.EXPIRED

    async def test_another_caller_leaves_it(self, redis: Any, reservations: Reservations) -> None:
        network = gsm()
        imrn = await ImrnPool(redis, network).allocate(reservation())
        assert imrn is not None
        before = (await redis.hgetall(number_key("gsm", imrn)), await redis.zscore(rest_key("gsm"), imrn))
        for calling in (E164(BRAM), None):
            assert await reservations.take_back(network, Asked(imrn, calling)) is Taken.OTHER_CALLING
        after = (await redis.hgetall(number_key("gsm", imrn)), await redis.zscore(rest_key("gsm"), imrn))
        assert before == after
        assert isinstance(await reservations.take_back(network, Asked(imrn, E164(ANNA))), Reservation)

    async def test_without_a_number_it_must_come_without_one(
        self, redis: Any, reservations: Reservations
    ) -> None:
        network = gsm()
        pool = ImrnPool(redis, network)
        asked = reservation(kind=ImrnKind.TERMINATING, calling=None)
        imrn = await pool.allocate(asked)
        assert imrn is not None
        assert await reservations.take_back(network, Asked(imrn, E164(OUTSIDE))) is Taken.OTHER_CALLING
        assert await reservations.take_back(network, Asked(imrn, None)) == asked

    async def test_what_was_never_given_out_is_unknown(self, reservations: Reservations) -> None:
        asked = Asked(E164("+31970123405"), E164(ANNA))
        assert await reservations.take_back(gsm(), asked) is Taken.UNKNOWN

    async def test_without_redis_it_is_said(self, tmp_path: Path) -> None:
        client = connect("redis://127.0.0.1:1/0")
        away = Reservations(Site(tmp_path, pg="", redis="", ng="").settings, client)
        with pytest.raises(BusUnavailable):
            await away.take_back(gsm(), Asked(E164("+31970123405"), None))
        await client.aclose()


class TestCalls:
    async def test_originating_goes_where_the_reservation_says(self, world: ImrnWorld) -> None:
        imrn = await world.reserved()
        world.call(imrn)
        invited = await world.site.carrier.expect(sip.Invited)
        assert invited.request.uri.user == OUTSIDE
        world.site.carrier.do("reject", invited.session, 486)
        assert await world.refused() == 486
        await world.at_rest()

    async def test_a_withheld_caller_is_known_by_its_assertion(self, world: ImrnWorld) -> None:
        imrn = await world.reserved()
        world.call(imrn, privacy=True)
        await world.talks()
        await world.at_rest()

    async def test_terminating_rings_the_reservations_user(self, world: ImrnWorld) -> None:
        phone = await world.phone("anna-1")
        imrn = await world.reserved(kind=ImrnKind.TERMINATING, called=ANNA, calling=E164(OUTSIDE))
        session = world.call(imrn, OUTSIDE)
        invited = await phone.expect(sip.Invited)
        assert invited.request.from_.uri.user == OUTSIDE
        handset = await world.msc.expect(sip.Invited)
        assert handset.request.uri.user == ANNA
        world.msc.do("cancel", session)
        await world.at_rest()

    async def test_a_replay_reaches_nobody(self, world: ImrnWorld) -> None:
        imrn = await world.reserved()
        world.call(imrn)
        await world.talks()
        world.call(imrn)
        assert await world.refused() == 404
        await world.at_rest()
        assert not invites(world.site.carrier)

    async def test_another_caller_is_refused_and_the_right_one_still_comes_through(
        self, world: ImrnWorld
    ) -> None:
        imrn = await world.reserved()
        world.call(imrn, BRAM)
        assert await world.refused() == 403
        world.call(imrn)
        await world.talks()
        await world.at_rest()

    async def test_from_anywhere_else_it_reaches_nobody_and_stays(self, world: ImrnWorld) -> None:
        """The PSTN, a network in trunk mode, another network in imrn mode: all with the right number."""
        imrn = await world.reserved()
        for port in (world.site.pstn, world.site.core, world.other):
            world.call(imrn, port=port)
            assert await world.refused() == 404
        assert await world.is_live(imrn)
        world.call(imrn)
        await world.talks()
        await world.at_rest()

    async def test_no_telephone_dials_one(self, world: ImrnWorld) -> None:
        imrn = await world.reserved()
        phone = await world.phone("anna-1")
        phone.call(
            world.site.udp,
            imrn,
            "<sip:anna-1@acme.test>",
            host="acme.test",
            auth=DigestClient("anna-1", PASSWORD),
        )
        assert (await phone.expect(sip.Rejected)).status == 404
        assert await world.is_live(imrn)
        await world.at_rest()

    async def test_neither_edge_nor_routing_lets_one_through(
        self, world: ImrnWorld, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Each on its own: what reaches routing may come from a forward or from the app."""
        gateway, shown = world.gateway, CallerIdentity(presentation=Presentation.ALLOWED, number=E164(ANNA))
        for user in ("+31970123400", "31970123400", "+31970555500"):
            for target in (TrunkTarget(trunk=None, user=user), NetworkTarget(network="mno", user=user)):
                route = gateway.routing.route(target, shown)
                assert isinstance(route, Unroutable)
                assert route.status == 404
        assert not isinstance(gateway.routing.route(TrunkTarget(trunk=None, user=OUTSIDE), shown), Unroutable)
        begun: list[Any] = []
        monkeypatch.setattr(gateway.interpreter, "begin", begun.append)
        imrn = await world.reserved()
        world.call(imrn, port=world.site.core)
        assert await world.refused() == 404
        assert begun == []

    @pytest.mark.parametrize("dialled", ["0301234567", "+31970123409", "201"])
    async def test_what_was_not_given_out_is_404(self, world: ImrnWorld, dialled: str) -> None:
        world.call(dialled)
        assert await world.refused() == 404
        await world.at_rest()

    async def test_112_on_the_trunk_asks_nobody(self, world: ImrnWorld) -> None:
        world.call("112")
        invited = await world.site.psap.expect(sip.Invited)
        world.site.psap.do("reject", invited.session, 486)
        assert await world.refused() == 486
        await world.at_rest()

    async def test_a_caller_who_gives_up_at_once_leaves_nothing(self, world: ImrnWorld) -> None:
        imrn = await world.reserved()
        session = world.call(imrn)
        world.msc.do("cancel", session)
        assert await world.refused() == 487
        await world.at_rest()
        assert not world.gateway.intake._asked


class TestOwnLegs:
    async def test_a_leg_to_the_handset_is_marked_before_it_leaves(self, world: ImrnWorld) -> None:
        world.site.carrier.call(world.site.pstn, ANNA_FIXED, f"<sip:{OUTSIDE}@pstn.test>")
        invited = await world.msc.expect(sip.Invited)
        assert invited.request.uri.user == ANNA
        assert await world.pool.is_own_leg(E164(ANNA), E164(OUTSIDE), "ref-2")
        assert not await world.pool.is_own_leg(E164(ANNA), E164(OUTSIDE), "ref-3")
        world.msc.do("reject", invited.session, 486)
        await world.site.carrier.expect(sip.Rejected)
        await world.at_rest()

    async def test_a_withheld_caller_is_marked_by_what_is_asserted(self, world: ImrnWorld) -> None:
        headers = (("P-Asserted-Identity", f"<sip:{OUTSIDE}@pstn.test>"), ("Privacy", "id"))
        anonymous = '"Anonymous" <sip:anonymous@anonymous.invalid>'
        world.site.carrier.call(world.site.pstn, ANNA_FIXED, anonymous, headers=headers)
        invited = await world.msc.expect(sip.Invited)
        assert OUTSIDE in invited.request.headers.get("P-Asserted-Identity")
        assert await world.pool.is_own_leg(E164(ANNA), E164(OUTSIDE), "ref-2")
        world.msc.do("reject", invited.session, 486)
        await world.at_rest()

    async def test_a_withheld_caller_is_known_also_to_a_network_that_tells_nobody(
        self, world: ImrnWorld
    ) -> None:
        headers = (("P-Asserted-Identity", f"<sip:{OUTSIDE}@pstn.test>"), ("Privacy", "id"))
        anonymous = '"Anonymous" <sip:anonymous@anonymous.invalid>'
        world.site.carrier.call(world.site.pstn, ANNA_FIXED, anonymous, headers=headers)
        invited = await world.msc.expect(sip.Invited)
        assert await world.pool.is_own_leg(E164(ANNA), None, "ref-2")
        assert not await world.pool.is_own_leg(E164(ANNA), None, "ref-3")
        world.msc.do("reject", invited.session, 486)
        await world.at_rest()

    async def test_a_leg_of_a_session_of_our_own_has_an_icid_of_its_own(self, world: ImrnWorld) -> None:
        """A call from the PSTN brings none: the record of the handset's leg has to match the network's."""
        world.site.carrier.call(world.site.pstn, ANNA_FIXED, f"<sip:{OUTSIDE}@pstn.test>")
        invited = await world.msc.expect(sip.Invited)
        charging = invited.request.headers.get("P-Charging-Vector") or ""
        assert charging.startswith('icid-value="')
        world.msc.do("reject", invited.session, 486)
        await world.site.carrier.expect(sip.Rejected)
        await world.at_rest()
        (record,) = await world.records()
        assert charging == f'icid-value="{record.legs[1].icid}"'

    async def test_it_waits_for_its_mark(self, world: ImrnWorld, monkeypatch: pytest.MonkeyPatch) -> None:
        asked, written = asyncio.Event(), asyncio.Event()

        async def write(**_: Any) -> None:
            asked.set()
            await written.wait()

        monkeypatch.setattr(world.own_legs, "_mark_script", write)
        monkeypatch.setattr("fmc_gateway.imrn.MARKED_WITHIN_S", 5.0)
        world.site.carrier.call(world.site.pstn, ANNA_FIXED, f"<sip:{OUTSIDE}@pstn.test>")
        await asyncio.wait_for(asked.wait(), 5)
        await asyncio.sleep(0.2)
        assert not invites(world.msc)
        written.set()
        invited = await world.msc.expect(sip.Invited)
        world.msc.do("reject", invited.session, 486)
        await world.at_rest()

    async def test_a_leg_that_lost_while_it_waited_never_leaves(self, world: ImrnWorld) -> None:
        held: list[Callable[[], None]] = []
        world.gateway.sip.hold = lambda command, go_on: is_mobile(command) and not held.append(go_on)
        phone = await world.phone("anna-1")
        session = world.site.carrier.call(world.site.pstn, ANNA_FIXED, f"<sip:{OUTSIDE}@pstn.test>")
        invited = await phone.expect(sip.Invited)
        phone.do("answer", invited.session, sdp(25300))
        await world.site.carrier.expect(sip.Answered)
        assert len(held) == 1
        held[0]()
        await asyncio.sleep(0.2)
        assert not invites(world.msc)
        world.site.carrier.do("bye", session)
        await world.at_rest()

    async def test_a_caller_who_gives_up_before_the_mark_is_written_rings_nobody(
        self, world: ImrnWorld
    ) -> None:
        held: list[Callable[[], None]] = []
        world.gateway.sip.hold = lambda command, go_on: bool(held.append(go_on)) or True
        session = world.site.carrier.call(world.site.pstn, ANNA_FIXED, f"<sip:{OUTSIDE}@pstn.test>")
        async with asyncio.timeout(5):
            while not held:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        world.site.carrier.do("cancel", session)
        assert (await world.site.carrier.expect(sip.Rejected)).status == 487
        held[0]()
        await world.at_rest()
        assert not invites(world.msc)


def invites(peer: Peer) -> list[Any]:
    return [event for event in peer.events if isinstance(event, sip.Invited)]


def is_mobile(command: Originate) -> bool:
    return isinstance(command.target, MobileTarget)


@pytest.fixture
def own_redis(server_folder: Path) -> Iterator[tuple[str, embedded.Running]]:
    """One that the test may freeze and stop; its URL."""
    places = embedded.private_places(server_folder / "redis-imrn-gateway")
    running = embedded.Running(embedded.redis(places))
    yield f"unix://{places.run / 'redis.sock'}", running
    running.process.kill()  # also when it is frozen
    running.process.wait()


async def test_redis_stopped_is_503_for_routing_numbers_and_nothing_to_legs_of_ours(
    postgres_url: str, rtpengine: Any, own_redis: tuple[str, embedded.Running], tmp_path: Path
) -> None:
    url, redis = own_redis
    async with await world_of(postgres_url, url, rtpengine.ng, tmp_path) as world:
        imrn = await world.reserved()
        redis.process.send_signal(signal.SIGSTOP)  # it keeps its socket and says nothing
        world.call(imrn)
        rejected = await world.msc.expect(sip.Rejected)
        assert (rejected.status, rejected.response.headers.get("Retry-After")) == (503, "10")
        await held_for_a_moment_only(world)
        redis.process.kill()
        redis.process.wait()
        world.call(imrn)
        assert await world.refused() == 503
        await held_for_a_moment_only(world)
        await world.at_rest()


async def held_for_a_moment_only(world: ImrnWorld) -> None:
    """Somebody calls Anna from outside: her handset rings soon."""
    world.site.carrier.call(world.site.pstn, ANNA_FIXED, f"<sip:{OUTSIDE}@pstn.test>")
    invited = await world.msc.expect(sip.Invited, within_s=2.0)
    world.msc.do("reject", invited.session, 486)
    await world.site.carrier.expect(sip.Rejected)
