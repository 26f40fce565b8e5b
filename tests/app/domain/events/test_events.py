"""Events as they come: from a snapshot or a cursor, nothing lost and nothing twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest

from app.domain.events import hub as hubs
from app.domain.events import listener as listeners
from app.domain.events.frames import Frame
from app.domain.events.listener import Listener
from app.domain.events.services import ALIVE
from fmc_gateway.live import LiveCalls
from hipper.contracts import bus as b
from hipper.contracts.calls import LiveCall, LiveParty, LivePhase
from hipper.directory.people import LISTED_OF
from hipper.directory.services import change_user_service
from hipper.pbx.ids import CallId, DeviceId, GatewayId, LegId, SubscriberId
from hipper.pbx.model import CallerIdentity, Presentation
from hipper.runtime.bus import Bus
from hipper.runtime.bus_events import EventStreams
from hipper.telephony.numbers.e164 import E164
from tests.app.ears import Ear
from tests.app.kit import Api, installation
from tests.app.live import ACME, live_call
from tests.app.people import ANNA, BRAM, CARL, SECRET, Client, company, sign_in

pytestmark = pytest.mark.servers

DND = "/v1/me/services/do_not_disturb"


@pytest.fixture
async def api(postgres_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Api]:
    await company(postgres_url)
    async with Api(installation(tmp_path, postgres_url, redis_url)) as running:
        yield running


@pytest.fixture
async def anna(api: Api) -> Client:
    return await sign_in(api, ANNA)


async def asked(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(statement)
    await connection.close()


class Ears:
    """Connections of one test; all go at its end."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self.all: list[Ear] = []

    async def open(self, who: Client, kind: str = "http", **query: Any) -> Ear:
        ear = Ear(self._api, who.tokens["access_token"], kind, **query)
        self.all.append(ear)
        return await ear.started()


@pytest.fixture
async def ears(api: Api) -> AsyncIterator[Ears]:
    opened = Ears(api)
    yield opened
    for ear in opened.all:
        await ear.go()


@pytest.fixture
async def gateway(api: Api) -> LiveCalls:
    """What the gateway writes its calls with."""
    return LiveCalls(GatewayId("gw1"), api.app.state.bus.redis)


def ringing(call: str = "c1", **changes: Any) -> LiveCall:
    """Outside calls Anna, who has two telephones."""
    hidden = CallerIdentity(presentation=Presentation.RESTRICTED, number=E164("+31699999999"))
    anna = LiveParty(
        leg=LegId(f"{call}-b1"),
        subscriber=SubscriberId("anna"),
        identity=CallerIdentity(presentation=Presentation.ALLOWED, extension="201"),
        ringing=(DeviceId("anna-1"), DeviceId("anna-mobile")),
    )
    fields: dict[str, Any] = {
        "calling": LiveParty(leg=LegId(f"{call}-a"), identity=hidden),
        "called": anna,
        "phase": LivePhase.RINGING,
        "answered": None,
    }
    return live_call(call, **(fields | changes))


async def test_late_joiner_gets_a_snapshot_and_then_what_happens(
    api: Api, anna: Client, ears: Ears, gateway: LiveCalls
) -> None:
    gateway.publish(CallId("c1"), ringing())
    await gateway.flush()
    ear = await ears.open(anna)
    assert (ear.status, ear.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
    assert ear.headers["cache-control"] == "no-store"
    snapshot = await ear.hears()
    assert snapshot.event == "snapshot"
    (call,) = snapshot.data["calls"]
    assert (call["id"], call["direction"], call["ringing"]) == ("c1", "incoming", ["anna-1", "anna-mobile"])
    gateway.publish(CallId("c1"), None)
    gateway.over(ringing(), "cancelled", 12.5)
    await gateway.flush()
    over = await ear.hears("call", "call_over")
    assert (over.event, over.data) == ("call_over", {"id": "c1", "outcome": "cancelled", "at": 12.5})
    assert over.id is not None
    assert over.id > (snapshot.id or "")


async def test_what_is_told_of_a_call_is_what_the_list_shows(
    api: Api, anna: Client, ears: Ears, gateway: LiveCalls
) -> None:
    ear = await ears.open(anna)
    gateway.publish(CallId("c1"), ringing())
    await gateway.flush()
    told = await ear.hears("call")
    listed = (await anna.get("/v1/me/calls")).json()["items"]
    assert [told.data] == listed
    assert told.data["other"]["withheld"] is True
    assert "699999999" not in str(told)


async def test_who_comes_again_loses_nothing_and_hears_nothing_twice(
    api: Api, anna: Client, ears: Ears, gateway: LiveCalls
) -> None:
    """Events come before, between and after connections, and while one is being made."""
    ear = await ears.open(anna)
    cursor = (await ear.hears("snapshot")).id
    told: list[str] = []
    for turn in range(6):
        publishing = asyncio.create_task(tell(gateway, range(turn * 30, turn * 30 + 30)))
        ear = await ears.open(anna, after=cursor)
        await publishing
        await gateway.flush()
        heard = [await ear.hears("call", "snapshot") for _ in range(20)]
        told += [one.data["id"] for one in heard]
        cursor = heard[-1].id
        await ear.go()
    last = await ears.open(anna, after=cursor)
    while len(told) < 180:
        told.append((await last.hears("call", "snapshot", "reset")).data["id"])
    assert told == [f"c{number}" for number in range(180)]
    await asyncio.sleep(0)
    assert [one for one in last.so_far() if one.event == "call"] == []


async def tell(gateway: LiveCalls, calls: range) -> None:
    for number in calls:
        gateway.publish(CallId(f"c{number}"), ringing(f"c{number}"))
        await gateway.flush()


async def test_browser_that_comes_again_by_last_event_id(
    api: Api, anna: Client, ears: Ears, gateway: LiveCalls
) -> None:
    first = await ears.open(anna)
    cursor = (await first.hears("snapshot")).id or ""
    gateway.publish(CallId("c1"), ringing())
    await gateway.flush()
    again = await ears.open(anna, headers=((b"last-event-id", cursor.encode()),))
    assert (await again.hears("call", "snapshot")).data["id"] == "c1"


async def test_too_old_a_cursor_gets_a_reset_and_a_snapshot(
    api: Api, anna: Client, ears: Ears, gateway: LiveCalls
) -> None:
    streams: EventStreams[b.UserEvent] = EventStreams(api.app.state.bus, b.UserEvent, keep=3)
    over = b.CallOver(call=CallId("c0"), outcome="answered", at=1.0)
    event = b.UserEvent(tenant=ACME, subscriber=SubscriberId("anna"), body=over)
    cursors = [await streams.publish("anna", event) for _ in range(6)]
    gateway.publish(CallId("c1"), ringing())
    await gateway.flush()
    for cursor in (cursors[0], "99999999999999-0"):  # and of a server that forgot
        ear = await ears.open(anna, after=cursor)
        heard = [await ear.hears("reset", "snapshot", "call_over", "call") for _ in range(2)]
        assert [one.event for one in heard] == ["reset", "snapshot"]
        assert [one["id"] for one in heard[1].data["calls"]] == ["c1"]


@pytest.mark.parametrize("cursor", ["x", "1", "9" * 30 + "-0", "-"])
async def test_what_is_no_cursor_is_400(api: Api, anna: Client, ears: Ears, cursor: str) -> None:
    assert (await ears.open(anna, after=cursor)).status == 400


async def test_nobody_hears_of_others(api: Api, anna: Client, ears: Ears, gateway: LiveCalls) -> None:
    bram, carl = await sign_in(api, BRAM), await sign_in(api, CARL)
    hers, his, strangers = [await ears.open(one) for one in (anna, bram, carl)]
    gateway.publish(CallId("c1"), ringing())
    await gateway.flush()
    assert (await hers.hears("call")).data["id"] == "c1"
    await bram.put(DND, {"active": True})
    assert (await his.hears("settings", "call")).event == "settings"
    await asyncio.sleep(0.1)
    assert {one.event for one in strangers.so_far()} <= {"snapshot", "presence"}
    assert "settings" not in {one.event for one in hers.so_far()}


# Settings.


async def test_settings_changed_over_the_api_or_by_code_are_told(
    api: Api, anna: Client, ears: Ears, postgres_url: str
) -> None:
    ear, watcher = await ears.open(anna), await ears.open(anna)
    await anna.put(DND, {"active": True})
    heard = await ear.hears("settings")
    assert (heard.data["what"], heard.data["by"]) == ("services/do_not_disturb", "user:anna")
    assert (await anna.get(f"/v1/me/{heard.data['what']}")).json()["active"] is True
    await anna.put("/v1/me/identity", {"choice": "mobile"})
    assert (await ear.hears("settings")).data["what"] == "identity"
    await anna.patch("/v1/me/devices/anna-1", {"rings": False})
    assert (await ear.hears("settings")).data["what"] == "devices/anna-1"
    while (await watcher.hears("presence")).data["devices"]["anna-1"] != "switched_off":
        pass
    await by_code(api)
    api.app.state.events.look()
    assert (await ear.hears("settings")).data["by"] == "code on anna-1"


async def by_code(api: Api) -> None:
    """As the gateway does for *31# and its like (:mod:`fmc_gateway.features`)."""
    async with api.app.state.stores.directory.acquire() as conn:
        await change_user_service(
            conn, SubscriberId("anna"), "do_not_disturb", {"active": False}, "code on anna-1"
        )


async def test_what_administrators_and_other_devices_change_is_told(
    api: Api, anna: Client, ears: Ears, postgres_url: str
) -> None:
    """Each as the path to read again; what the API keeps itself too."""
    await asked(postgres_url, "UPDATE app.accounts SET role = 'group_administrator'")
    bram, laptop = await sign_in(api, BRAM), await sign_in(api, ANNA, device_name="laptop")
    ear = await ears.open(anna)
    contact = {"list": "business", "name": "Jan"}
    weekly = [{"days": ["mon"], "start": "09:00", "end": "17:00"}]
    schedules = {"schedules": [{"name": "werk", "weekly": weekly}]}
    password = {"current": SECRET, "new": "vier zure appels"}
    for who, method, path, body, what in (
        (laptop, "POST", "/v1/me/contacts", contact, "contacts"),
        (laptop, "PUT", "/v1/me/overview", {"tiles": ["identity"]}, "overview"),
        (bram, "PATCH", "/v1/users/anna", {"display_name": "Anna Bakker"}, ""),
        (bram, "PATCH", "/v1/devices/anna-1", {"label": "Balie"}, "devices/anna-1"),
        (bram, "PUT", "/v1/groups/g1/services/group_schedules", schedules, "availability"),
        (bram, "PUT", "/v1/users/anna/email", {"address": "anna@thuis.example"}, "email"),
        (anna, "PUT", "/v1/me/password", password, "sessions"),
    ):
        answer = await who.ask(method, path, json=body)
        assert answer.status_code < 300, answer.text
        assert (await ear.hears("settings")).data["what"] == what


async def test_change_that_did_not_happen_is_not_told(api: Api, anna: Client, ears: Ears) -> None:
    ear = await ears.open(anna)
    await anna.put(DND, {"active": "ja"})
    await anna.put(DND, {"active": True})
    await anna.put(DND, {"active": True})  # saves nothing new
    await anna.put("/v1/me/identity", {"choice": "mobile"})
    assert [(await ear.hears("settings")).data["what"] for _ in range(2)] == [
        "services/do_not_disturb",
        "identity",
    ]


async def test_job_that_is_done_twice_is_told_once(api: Api, anna: Client, ears: Ears) -> None:
    ear = await ears.open(anna)
    told = {"id": "t1", "tenant": "acme", "subscriber": "anna", "what": "identity", "by": "x", "at": 1.0}
    for one in (told, told, told | {"id": "t2", "what": "services/x"}):
        await api.app.state.events._changed(one)
    assert [(await ear.hears("settings")).data["what"] for _ in range(2)] == ["identity", "services/x"]


# Presence.


async def test_presence_of_my_telephones_and_of_colleagues_who_show_themselves(
    api: Api, anna: Client, ears: Ears, gateway: LiveCalls, postgres_url: str
) -> None:
    ear = await ears.open(anna, colleagues="bram,carl,nobody,anna")
    first = await ear.hears("presence")
    assert first.id is None
    assert first.data["devices"]["anna-1"] == "not_registered"
    assert first.data["busy"] == {"bram": False}
    gateway.publish(CallId("c1"), live_call("c1", "bram"))
    await gateway.flush()
    assert (await ear.hears("presence")).data["busy"] == {"bram": True}
    gateway.publish(CallId("c2"), live_call("c2"))
    await gateway.flush()
    assert (await ear.hears("presence")).data["devices"]["anna-1"] == "in_call"
    gateway.publish(CallId("c1"), None)
    gateway.over(live_call("c1", "bram"), "answered", 2.0)
    await gateway.flush()
    assert (await ear.hears("presence")).data["busy"] == {"bram": False}
    await (await sign_in(api, BRAM)).put("/v1/me/services/privacy", {"active": True})
    assert (await ear.hears("presence")).data["busy"] == {}  # the stream that was open before
    gateway.publish(CallId("c3"), live_call("c3", "bram"))
    gateway.publish(CallId("c2"), None)
    await gateway.flush()
    assert (await ear.hears("presence")).data == {
        "devices": {**first.data["devices"], "anna-1": "not_registered"},
        "busy": {},
    }
    later = await ears.open(anna, colleagues="bram")
    assert (await later.hears("presence")).data["busy"] == {}
    await (await sign_in(api, BRAM)).put("/v1/me/services/privacy", {"active": False})
    assert (await ear.hears("presence")).data["busy"] == {"bram": True}


# Limits.


async def test_session_listens_so_often_and_no_more(api: Api, anna: Client, ears: Ears) -> None:
    opened = [await ears.open(anna) for _ in range(hubs.MOST_OF_SESSION + 1)]
    assert [one.status for one in opened] == [200] * hubs.MOST_OF_SESSION + [429]
    assert b"too-many-streams" in opened[-1].raw
    assert "retry-after" in opened[-1].headers
    other = await sign_in(api, ANNA, device_name="laptop")
    assert (await ears.open(other)).status == 200
    await opened[0].go()
    assert (await ears.open(anna)).status == 200
    for ear in ears.all:
        await ear.go()
    hub = api.app.state.events.hub
    assert (len(hub), hub._feeds, hub._of_session, hub._of_channel) == (0, {}, {}, {})
    assert set(hub._watched) == {"bindings:gw1"}


async def test_slow_reader_is_dropped_with_a_reset_and_others_do_not_notice(
    api: Api, anna: Client, ears: Ears, gateway: LiveCalls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listeners, "MOST_QUEUED", 20)
    slow, quick = await ears.open(anna), await ears.open(anna)
    await quick.hears("snapshot")
    slow.stuck = True
    heard = []
    for number in range(60):
        await tell(gateway, range(number, number + 1))
        heard.append((await quick.hears("call")).data["id"])
    assert heard == [f"c{number}" for number in range(60)]
    slow.stuck = False
    last = await slow.over()
    assert [one.event for one in last[-2:]] == ["reset", "end"]
    assert last[-1].data == {"because": "slow"}
    assert len(last) < 60


async def test_stream_ends_with_the_token_and_with_the_session(
    api: Api, anna: Client, ears: Ears, postgres_url: str
) -> None:
    hub = api.app.state.events.hub
    ear, other = await ears.open(anna), await ears.open(await sign_in(api, ANNA, device_name="laptop"))
    for listener in hub.listeners():
        if listener.session == anna.tokens["session"]:
            listener.expires = 1.0
    hub.beat(0)
    assert (await ear.over())[-1].data == {"because": "token"}
    assert not other.task.done()
    laptop = (await anna.get("/v1/me/sessions")).json()["items"]
    (session,) = [one["id"] for one in laptop if not one["current"]]
    await anna.ask("DELETE", f"/v1/me/sessions/{session}")
    await api.app.state.events.end_what_is_over()
    assert (await other.over())[-1].data == {"because": "session"}


async def test_token_is_asked_for(api: Api, ears: Ears) -> None:
    ear = Ear(api, "nonsense")
    ears.all.append(ear)
    assert (await ear.started()).status == 401


async def test_heartbeats_show_that_somebody_is_there(api: Api, anna: Client, ears: Ears) -> None:
    ear = await ears.open(anna)
    await ear.hears("snapshot")
    await ear.hears("presence")
    seen: list[bytes] = []
    ear._parse = lambda: seen.append(ear.raw)  # type: ignore[method-assign]
    for turn in range(hubs.BEAT_EVERY_S):
        api.app.state.events.hub.beat(turn)
    async with asyncio.timeout(5):
        while not any(one.endswith(b": \n\n") for one in seen):  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_worker_that_stops_ends_every_stream(api: Api, anna: Client, ears: Ears) -> None:
    ear = await ears.open(anna)
    api.app.state.events.hub.close()
    await ear.over()
    assert ear.task.done()


# A WebSocket.


async def test_websocket_hears_the_same(api: Api, anna: Client, ears: Ears, gateway: LiveCalls) -> None:
    ear, socket = await ears.open(anna), await ears.open(anna, "websocket")
    await socket.hears("snapshot")
    gateway.publish(CallId("c1"), ringing())
    await gateway.flush()
    assert await socket.hears("call") == await ear.hears("call")
    again = await ears.open(anna, "websocket", after="0-0")
    assert (await again.hears()).event == "call"
    for listener in api.app.state.events.hub.listeners():
        listener.expires = 1.0
    api.app.state.events.hub.beat(0)
    last = await socket.over()
    assert (last[-1].event, socket.closed) == ("end", 1000)


async def test_websocket_without_a_token_is_refused(api: Api, ears: Ears) -> None:
    ear = Ear(api, "nonsense", "websocket")
    ears.all.append(ear)
    await ear.started()
    assert ear.status is None
    assert ear.closed is not None


# Redis.


async def test_redis_away_is_503_for_who_comes(postgres_url: str, redis_url: str, tmp_path: Path) -> None:
    await company(postgres_url)
    async with Api(installation(tmp_path, postgres_url, redis_url)) as api:
        anna = await sign_in(api, ANNA)
        hub = api.app.state.events.hub
        hub._bus = hub._streams._bus = Bus("redis://127.0.0.1:1/0")
        ear = await Ear(api, anna.tokens["access_token"]).started()
        assert ear.status == 503
        assert ear.headers["retry-after"] == "10"
        await ear.go()
        await hub._bus.close()


async def test_what_was_said_while_redis_was_not_heard_is_told_afterwards(
    api: Api, anna: Client, ears: Ears, gateway: LiveCalls
) -> None:
    """The connection that listens is cut; nothing of what was said meanwhile is lost."""
    ear = await ears.open(anna)
    await ear.hears("snapshot")
    hub = api.app.state.events.hub
    redis = api.app.state.bus.redis
    await redis.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
    gateway.publish(CallId("c1"), ringing())
    await gateway.flush()
    assert (await ear.hears("call")).data["id"] == "c1"
    gateway.publish(CallId("c2"), ringing("c2"))
    await gateway.flush()
    assert (await ear.hears("call")).data["id"] == "c2"
    assert len(hub) == 1


async def test_statements_use_indexes(postgres_url: str) -> None:
    connection = await asyncpg.connect(postgres_url)
    try:
        await connection.execute("SET enable_seqscan = off")
        for query, arguments in ((ALIVE, [["ses_1"]]), (LISTED_OF, ["acme", ["anna"]])):
            plan = "\n".join(row[0] for row in await connection.fetch(f"EXPLAIN {query}", *arguments))
            assert "Seq Scan" not in plan, plan
    finally:
        await connection.close()


def test_listener_gives_what_came_early_after_what_came_before() -> None:
    one = Listener("s", 1.0)
    frames = [Frame((number, 0), "call", b"{}") for number in range(6)]
    for frame in frames[3:]:
        assert one.give(frame)
    one.begin(frames[1:5], (4, 0))
    assert [frame.id for frame in one._queue] == [(1, 0), (2, 0), (3, 0), (4, 0), (5, 0)]
    assert one.give(frames[5])
    assert len(one._queue) == 5
    assert msgspec.json.decode(frames[0].text()) == {"id": "0-0", "event": "call", "data": {}}
