"""A setting saved holds for a call placed the moment the answer is there: changes over the API of the running
process, and after each, at once, an INVITE of SIPp. What rings must fit the setting.

    python -m tests.bench.changes [--changes 500] [--seed 7]

SIPp waits with its INVITE for a command, so that it leaves within a millisecond of the answer; the telephone,
the mobile network and the carrier that it may reach are SIPp too.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from app.domain.signing_in.passwords import hashed_password
from hipper.runtime.settings_model import ApiSection
from tests.bench.own_servers import OwnServers
from tests.interop.api_process import ApiProcess
from tests.interop.company import Person
from tests.interop.conftest import Kit
from tests.interop.gateway import GatewayProcess
from tests.interop.ports import Ports, relay_ports
from tests.interop.services import device_of
from tests.interop.sipp import Sipp

PASSWORD = "drie zoete kersen"
BY_PROFILE = "+31303000000"
"""Where the profile ``markt`` sends business callers."""
OVER_WITHIN_S = 10.0
END = b"\x1b"
"""Ends a command of SIPp."""


@dataclass(frozen=True)
class State:
    """What is set. ``route``, ``forward``: where to, None: not."""

    desk: bool = True
    mobile: bool = True
    disturb: bool = True
    forward: str | None = None
    profile: str | None = None
    route: str | None = None

    def rings(self) -> frozenset[str]:
        """What a business call to the fixed number reaches, by the order of services (decision 0006)."""
        outside = self.route or (BY_PROFILE if self.profile == "markt" else None) or self.forward
        if outside is not None:
            return frozenset({f"outside {outside}"})
        if not self.disturb:
            return frozenset()
        return frozenset(name for name in ("desk", "mobile") if getattr(self, name))


@dataclass(frozen=True)
class Change:
    """One request to the API, and what is set once it is answered."""

    method: str
    path: str
    body: dict[str, Any] | None
    after: State


@dataclass
class Result:
    """``wrong``: what did not fit, one line each. ``delays_ms``: from the answer of the API until the INVITE
    left SIPp."""

    changes: int = 0
    wrong: list[str] = field(default_factory=list)
    delays_ms: list[float] = field(default_factory=list)


def national(number: str) -> str:
    return "0" + number.removeprefix("+31")


def changes(seed: int, count: int, devices: dict[str, str]) -> Iterator[Change]:
    """``devices``: ids of the telephones by ``desk`` and ``mobile``. Each change makes another telephone or
    number ring than before it, so that a decision of yesterday shows."""
    chance, state = random.Random(seed), State()
    for number in range(count):
        while True:
            change = _any_change(chance, state, f"+31302{number:06d}", devices)
            after = change.after
            if after.rings() != state.rings() and (after.desk or after.mobile):
                break
        state = change.after
        yield change


def _any_change(chance: random.Random, state: State, to: str, devices: dict[str, str]) -> Change:
    kinds: list[Callable[[], Change]] = [
        lambda: _device(state, "desk", devices),
        lambda: _device(state, "mobile", devices),
        lambda: _disturb(state),
        lambda: _forward(state, None if state.forward and chance.random() < 0.5 else to),
        lambda: _profile(state, chance.choice([None, "available", "markt"])),
        lambda: _route(state, None if state.route and chance.random() < 0.8 else to),
    ]
    return chance.choice(kinds)()


def _device(state: State, which: str, devices: dict[str, str]) -> Change:
    desk, mobile = state.desk is not (which == "desk"), state.mobile is not (which == "mobile")
    path = f"/v1/me/devices/{devices[which]}"
    body = {"rings": desk if which == "desk" else mobile}
    return Change("PATCH", path, body, replace(state, desk=desk, mobile=mobile))


def _disturb(state: State) -> Change:
    path = "/v1/me/services/do_not_disturb"
    return Change("PATCH", path, {"active": state.disturb}, replace(state, disturb=not state.disturb))


def _forward(state: State, to: str | None) -> Change:
    body: dict[str, Any] = {"active": to is not None}
    if to is not None:
        body["destination"] = national(to)
    return Change("PATCH", "/v1/me/services/call_forwarding_always", body, replace(state, forward=to))


def _profile(state: State, name: str | None) -> Change:
    return Change("PUT", "/v1/me/availability/profile", {"profile": name}, replace(state, profile=name))


def _route(state: State, to: str | None) -> Change:
    path = "/v1/me/availability/numbers/fixed"
    if to is None:
        return Change("DELETE", path, None, replace(state, route=None))
    body = {"inside": {"action": "forward", "destination": national(to)}}
    return Change("PUT", path, body, replace(state, route=to))


class Caller:
    """SIPp, with its INVITE ready to leave."""

    def __init__(self, sipp: Sipp, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.sipp = sipp
        self._reader = reader
        self._writer = writer

    def call(self, number: str, call_id: str) -> None:
        """At once; ``number``: who calls."""
        self._writer.write(f"Call-ID: {call_id}\r\nCaller: {number}\r\n\r\n".encode() + END)

    async def over(self) -> None:
        """The last one was refused, and acknowledged."""
        async with asyncio.timeout(OVER_WITHIN_S):
            await self._reader.readuntil(END)

    def close(self) -> None:
        self._writer.close()


def caller_of(index: int) -> str:
    return f"+31304{index:06d}"


async def play(kit: Kit, folder: Path, count: int, seed: int) -> Result:
    """``count`` changes of Anna's, and a call after each."""
    anna = kit.company.person("anna", phones=1, mobile=True)
    await kit.company.apply()
    desk_port = kit.ports.sip()
    await kit.register(anna, desk_port, expires="3600")
    devices = {
        "desk": await device_of(kit, anna, anna.phones[0]),
        "mobile": await device_of(kit, anna, "mobile"),
    }
    more = {"calls": 10 * count, "timeout_s": 3600}
    reached = {
        "desk": await kit.sipp("uas_refuse", port=desk_port, **more),
        "mobile": await kit.network("uas_refuse", **more),
        "outside": await kit.carrier("uas_refuse", **more),
    }
    result = Result()
    expected: dict[str, frozenset[str]] = {}
    answered: dict[str, float] = {}
    async with signed_in(kit, folder, anna) as api, calling(kit, anna, count) as caller:
        markt = {"name": "markt", "business": {"action": "forward", "destination": national(BY_PROFILE)}}
        (await api.put("/v1/me/availability", json={"profiles": [markt]})).raise_for_status()
        for index, change in enumerate(changes(seed, count, devices)):
            answer = await api.request(change.method, change.path, json=change.body)
            answered[caller_of(index)] = time.time()
            caller.call(caller_of(index), f"change-{index}@changes")
            if answer.status_code != 200:
                result.wrong.append(f"change {index}: the API says {answer.status_code} {answer.text}")
            expected[caller_of(index)] = change.after.rings()
            await caller.over()
        calls = await caller.sipp.finished(OVER_WITHIN_S)
        sent = {_from(one.header("From")): one.at for one in calls.sent("INVITE")}
    result.changes = len(expected)
    result.delays_ms = [(sent[number] - answered[number]) * 1000 for number in expected if number in sent]
    found = _rung(reached)
    for index, (number, rings) in enumerate(expected.items()):
        rung = frozenset(found.get(number, ()))
        if rung != rings:
            result.wrong.append(f"change {index}: {sorted(rung) or 'nothing'} rang, not {sorted(rings)}")
    return result


def _from(header: str | None) -> str:
    return (header or "").partition("sip:")[2].partition("@")[0]


def _rung(reached: dict[str, Sipp]) -> dict[str, set[str]]:
    """What each caller reached."""
    found: dict[str, set[str]] = {}
    for name, sipp in reached.items():
        for invite in sipp.so_far().received("INVITE"):
            user = invite.request_uri.partition("sip:")[2].partition("@")[0]
            place = f"outside {user}" if name == "outside" else name
            found.setdefault(_from(invite.header("From")), set()).add(place)
    return found


@asynccontextmanager
async def calling(kit: Kit, anna: Person, count: int) -> AsyncIterator[Caller]:
    port = kit.ports.sip()
    sipp = await kit.sipp(
        "uac_on_command",
        remote=("127.0.0.1", kit.gateway.pstn),
        to_user=anna.fixed,
        domain="pstn.example",
        command_port=port,
        calls=count,
        timeout_s=3600,
    )
    async with asyncio.timeout(OVER_WITHIN_S):
        while True:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                break
            except OSError:
                await asyncio.sleep(0.02)
    caller = Caller(sipp, reader, writer)
    try:
        yield caller
    finally:
        caller.close()


@asynccontextmanager
async def signed_in(kit: Kit, folder: Path, anna: Person) -> AsyncIterator[httpx.AsyncClient]:
    """The API as a process of its own, beside the gateway; and who asks it."""
    port = kit.ports.keep()
    settings = folder / "api.toml"
    api = f"\n[api]\nport = {port}\nrequests_per_s = 100000\n"
    settings.write_text(kit.gateway.settings.read_text() + api)
    process = ApiProcess(folder, settings, port)
    await asyncio.to_thread(process.start)
    user = f"{anna.user}@{anna.domain}"
    await _give_password(kit.database, user)
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=10) as client:
            body = {"user": user, "password": PASSWORD, "device_name": "changes"}
            signed = await client.post("/v1/sessions", json=body)
            signed.raise_for_status()
            client.headers["Authorization"] = f"Bearer {signed.json()['access_token']}"
            yield client
    finally:
        await asyncio.to_thread(process.stop)


async def _give_password(database: str, user: str) -> None:
    name, _, domain = user.partition("@")
    connection = await asyncpg.connect(database)
    try:
        await connection.execute(
            "INSERT INTO app.accounts (subscriber_id, password_hash)"
            " SELECT subscriber_id, $3 FROM directory.subscribers WHERE user_name = $1 AND domain = $2",
            name,
            domain,
            hashed_password(PASSWORD, ApiSection()),
        )
    finally:
        await connection.close()


async def whole(folder: Path, count: int, seed: int) -> Result:
    """On servers and a gateway of its own."""
    ports = Ports()
    servers = OwnServers(folder / "own", (ports.keep(), ports.keep()), relay_ports())
    await asyncio.to_thread(servers.start_all)
    gateway = GatewayProcess(
        folder / "gateway", ports, database=servers.database, redis=servers.redis, ng=servers.engines[0]
    )
    try:
        await asyncio.to_thread(gateway.start)
        kit = Kit(gateway, folder, ports, servers.database)
        async with AsyncExitStack() as stack:
            stack.push_async_callback(kit.stack.aclose)
            return await play(kit, folder, count, seed)
    finally:
        await asyncio.to_thread(gateway.stop)
        servers.stop_all()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--changes", type=int, default=500)
    parser.add_argument("--seed", type=int, default=7)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hipper-bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        result = asyncio.run(whole(folder, wanted.changes, wanted.seed))
    delays = sorted(result.delays_ms)
    print(
        f"{result.changes} changes, {len(result.wrong)} calls that did not fit; from the answer until the"
        f" INVITE left: median {statistics.median(delays):.2f} ms, most {delays[-1]:.2f} ms"
    )
    for line in result.wrong[:20]:
        print(f"  {line}")
    return 1 if result.wrong or result.changes != wanted.changes else 0


if __name__ == "__main__":
    sys.exit(main())
