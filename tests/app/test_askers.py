"""Who asks is remembered, and never longer than it is so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest

from app.askers import CHANNEL, LONGEST_S, MOST, Askers
from hipper.directory.accounts import Account
from hipper.runtime.clock import ManualClock
from tests.app.kit import Api, problem
from tests.app.people import ANNA, BRAM, Client, sign_in
from tests.fmc_gateway.kit import DOMAIN

DORA = f"dora@{DOMAIN}"
_ANNA = "WHERE subscriber_id = 'anna'"
OF_USER = {
    "group": "group_id = 'g2'",
    "aor": "user_name = 'anneke'",
    "display_name": "display_name = 'Anneke'",
    "language": "language = 'en'",
    "enabled": "enabled = false",
    "pack": "pack = 'base_plus'",
    "mobile_subscription": "mobile_subscription = 'm'",
    "fixed_subscription": "fixed_subscription = 'f'",
}
OF_GROUP = {"country": "country = 'BE'", "area_code": "area_code = '38'"}
"""By member of an account; of the tenant nobody is moved."""
CHANGES = {
    **{name: f"UPDATE directory.subscribers SET {one} {_ANNA}" for name, one in OF_USER.items()},
    **{name: f"UPDATE directory.groups SET {one} WHERE group_id = 'g2'" for name, one in OF_GROUP.items()},
    "role": f"UPDATE app.accounts SET role = 'group_administrator' {_ANNA}",
    "no account": f"DELETE FROM app.accounts {_ANNA}",
    "new account": "INSERT INTO app.accounts (subscriber_id, role) VALUES ('anna', 'group_administrator')",
    "expiry": f"UPDATE app.sessions SET expires_at = now() {_ANNA}",
    "end": f"UPDATE app.sessions SET ended_at = now(), ended_by = 'user' {_ANNA}",
    "no session": f"DELETE FROM app.sessions {_ANNA}",
    "key": "UPDATE app.api_keys SET revoked_at = now()",
    "no key": "DELETE FROM app.api_keys",
}
"""Whatever the statements of a session and a key read."""
_BEFORE = """
INSERT INTO directory.subscriptions VALUES ('acme', 'm', 'mobile'), ('acme', 'f', 'fixed');
INSERT INTO app.api_keys (key_id, key_hash, name, role) VALUES ('k', '', 'k', 'operator');"""


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not true():  # noqa: ASYNC110 - it happens in the database
            await asyncio.sleep(0.01)


async def askers_of(api: Api) -> Askers[Any]:
    askers: Askers[Any] = api.app.state.stores.askers
    await until(lambda: askers.hears)
    return askers


async def known(api: Api, user: str, **parts: Any) -> Client:
    """Who signed in, asked something, and is remembered."""
    askers = await askers_of(api)
    client = await sign_in(api, user, **parts)
    await until(lambda: askers.hears)
    assert (await client.get("/v1/me")).status_code == 200
    assert askers.find(client.tokens["session"]) is not None
    return client


def test_every_member_of_an_account_is_among_the_changes() -> None:
    assert set(Account.__struct_fields__) - {"subscriber", "tenant"} == {*OF_USER, *OF_GROUP}


@pytest.mark.servers
async def test_database_tells_whatever_changes_of_who_asks(site: Api, postgres_url: str) -> None:
    await sign_in(site, ANNA)
    askers = await askers_of(site)
    async with connected(postgres_url) as elsewhere:
        await elsewhere.execute(_BEFORE)
        for what, change in CHANGES.items():
            askers.remember("ses", "anna", of="anna", told=askers.told, for_s=60.0)
            askers.remember("other", "bram", of="bram", told=askers.told, for_s=60.0)
            assert await elsewhere.execute(change) not in ("UPDATE 0", "DELETE 0"), what
            await askers.caught_up()
            assert askers.find("ses") is None, what
            of_anna = what not in (*OF_GROUP, "key", "no key")
            assert (askers.find("other") is not None) == of_anna, what


@pytest.mark.servers
async def test_what_was_answered_holds_for_the_next_request(site: Api) -> None:
    """Over one worker there is no moment in between."""
    dora = await known(site, DORA)
    for _ in range(20):
        laptop, telephone = await known(site, BRAM, device_name="laptop"), await known(site, BRAM)
        await telephone.ask("DELETE", f"/v1/me/sessions/{laptop.tokens['session']}")
        assert problem(await laptop.get("/v1/me")) == "unauthenticated"
    for role, status in (("user", 403), ("enterprise_administrator", 200)):
        await dora.put("/v1/users/bram/role", {"role": role})
        assert (await telephone.get("/v1/users/bram")).status_code == status
    await dora.patch("/v1/users/bram", {"enabled": False})
    assert problem(await telephone.get("/v1/me")) == "unauthenticated"


@pytest.mark.servers
async def test_who_does_not_hear_remembers_nothing_and_asks(site: Api, postgres_url: str) -> None:
    anna, askers = await known(site, ANNA), await askers_of(site)
    async with connected(postgres_url) as elsewhere:
        await elsewhere.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' OR query = $1",
            "SELECT true",
        )
        await until(lambda: not askers.hears)
        assert askers.find(anna.tokens["session"]) is None
        assert (await anna.get("/v1/me")).status_code == 200
        await elsewhere.execute(f"UPDATE app.sessions SET ended_at = now() {_ANNA}")
        assert problem(await anna.get("/v1/me")) == "unauthenticated"
    await until(lambda: askers.hears)


class Deaf:
    """A connection that takes LISTEN, and a pool that tells, with something between that swallows it."""

    def __init__(self) -> None:
        self.listened = self.told = 0

    async def listen(self) -> Deaf:
        self.listened += 1
        return self

    def add_termination_listener(self, _listener: object) -> None: ...

    async def add_listener(self, channel: str, _listener: object) -> None:
        assert channel == CHANNEL

    async def fetchval(self, _query: str) -> bool:
        return True

    async def execute(self, _query: str, *_args: str) -> None:
        self.told += 1

    def terminate(self) -> None: ...


async def test_listening_through_what_swallows_it_is_no_hearing() -> None:
    deaf = Deaf()
    askers: Askers[str] = Askers(deaf.listen, deaf, ManualClock())
    async with askers.at_work():
        await until(lambda: deaf.told == 1)
        await until(lambda: not askers.hears)
        askers.remember("ses", "anna", of="anna", told=askers.told, for_s=60.0)
        assert askers.find("ses") is None


class Hearing(Deaf):
    """Where everything arrives."""

    async def add_listener(self, channel: str, listener: Any) -> None:
        self.tell = lambda of: listener(self, 0, channel, of)

    async def execute(self, _query: str, *args: str) -> None:
        self.tell(args[1])


@asynccontextmanager
async def hearing(clock: ManualClock) -> AsyncIterator[tuple[Askers[str], Hearing]]:
    wire = Hearing()
    askers: Askers[str] = Askers(wire.listen, wire, clock)
    async with askers.at_work():
        await until(lambda: askers.hears)
        yield askers, wire


async def test_who_asked_before_a_change_and_is_answered_after_it_is_not_remembered() -> None:
    async with hearing(ManualClock()) as (askers, wire):
        told = askers.told
        wire.tell("anna")
        askers.remember("ses", "anna", of="anna", told=told, for_s=60.0)
        assert askers.find("ses") is None


async def test_nobody_is_remembered_beyond_the_session_nor_for_long() -> None:
    clock = ManualClock()
    async with hearing(clock) as (askers, _):
        askers.remember("short", "anna", of="anna", told=askers.told, for_s=5.0)
        askers.remember("long", "bram", of="bram", told=askers.told, for_s=1e9)
        clock.advance(5.0)
        assert (askers.find("short"), askers.find("long")) == (None, "bram")
        clock.advance(LONGEST_S)
        assert askers.find("long") is None


async def test_of_many_the_last_ones_are_remembered() -> None:
    async with hearing(ManualClock()) as (askers, wire):
        for number in range(MOST + 1):
            askers.remember(f"s{number}", "x", of=f"u{number}", told=askers.told, for_s=60.0)
        assert (askers.find("s0"), askers.find("s1")) == (None, "x")
        wire.tell(f"u{MOST}")
        assert askers.find(f"s{MOST}") is None
