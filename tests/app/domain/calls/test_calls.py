"""Live calls through the API: what is shown, what goes to the gateway, and what its answers become. The
gateway here is one of the test's own; :mod:`.test_calls_gateway` has the real one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest

from app.domain.calls import services
from app.domain.calls.controllers import ASKS
from app.domain.calls.schemas import DialWish
from hipper.contracts import bus as b
from hipper.contracts.calls import LiveParked, LiveParty, LivePhase
from hipper.pbx.ids import CallId, DeviceId, GroupId, LegId, SubscriberId
from hipper.pbx.model import CallerIdentity, Presentation
from hipper.runtime.bus import Bus
from hipper.telephony.numbers.e164 import E164
from tests.app.kit import Api, installation, problem
from tests.app.live import ACME, OUTSIDE, Gateway, answering, live_call, show
from tests.app.people import ANNA, BRAM, CARL, Client, company, sign_in

pytestmark = pytest.mark.servers

HIDDEN = CallerIdentity(
    presentation=Presentation.RESTRICTED,
    number=E164("+31699999999"),
    name="Geheim",
    withheld_number=E164("+31688888888"),
)
BRAM_SHOWN = CallerIdentity(presentation=Presentation.ALLOWED, extension="202", name="Bram")


@pytest.fixture
async def gateway(redis_url: str) -> AsyncIterator[Gateway]:
    async with answering(redis_url) as running:
        yield running


@pytest.fixture
async def api(postgres_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Api]:
    await company(postgres_url)
    async with Api(installation(tmp_path, postgres_url, redis_url)) as running:
        yield running


@pytest.fixture
async def redis(api: Api) -> Any:
    return api.app.state.bus.redis


async def post(client: Client, path: str, body: Any = None, key: str | None = None) -> Any:
    headers = {} if key is None else {"Idempotency-Key": key}
    parts = {} if body is None else {"json": body}
    return await client.ask("POST", f"/v1/me/calls{path}", headers=headers, **parts)


# What is shown.


async def test_calls_are_shown_from_my_side_and_nobody_elses_telephones(api: Api, redis: Any) -> None:
    bram = LiveParty(
        leg=LegId("c2-b1"),
        subscriber=SubscriberId("bram"),
        identity=BRAM_SHOWN,
        ringing=(DeviceId("bram-1"),),
    )
    await show(redis, live_call())
    await show(
        redis, live_call("c2", called=bram, phase=LivePhase.RINGING, started=1_700_000_100.0, answered=None)
    )
    mine = (await (await sign_in(api, ANNA)).get("/v1/me/calls")).json()["items"]
    assert [(one["id"], one["direction"], one["device"], one["phase"]) for one in mine] == [
        ("c1", "outgoing", "anna-1", "established"),
        ("c2", "outgoing", "anna-1", "ringing"),
    ]
    assert mine[0]["other"]["text"] == "030 123 4567"
    assert (mine[1]["other"]["name"], mine[1]["other"]["text"], mine[1]["ringing"]) == ("Bram", "202", [])
    (his,) = (await (await sign_in(api, BRAM)).get("/v1/me/calls")).json()["items"]
    assert (his["direction"], his["ringing"], his["device"]) == ("incoming", ["bram-1"], None)
    assert "anna-1" not in str(his)
    assert (await (await sign_in(api, CARL)).get("/v1/me/calls")).json() == {"items": []}


async def test_withheld_number_stays_withheld_whatever_redis_holds(api: Api, redis: Any) -> None:
    caller = LiveParty(leg=LegId("c1-a"), identity=HIDDEN, holds=True)
    anna = LiveParty(leg=LegId("c1-b1"), subscriber=SubscriberId("anna"), identity=BRAM_SHOWN)
    await show(redis, live_call(calling=caller, called=anna, phase=LivePhase.HELD))
    answer = await (await sign_in(api, ANNA)).get("/v1/me/calls")
    (found,) = answer.json()["items"]
    assert found["other"] == {"withheld": True, "number": None, "extension": None, "name": None, "text": ""}
    assert (found["held_by_me"], found["held_by_other"]) == (False, True)
    assert not [secret for secret in ("699999999", "688888888", "Geheim") if secret in answer.text]


async def test_everybody_of_a_conference_sees_it_and_whose_it_is(api: Api, redis: Any) -> None:
    outside = LiveParty(leg=LegId("c1-b1"), identity=HIDDEN, muted=True)
    bram = LiveParty(
        leg=LegId("c1-c1"),
        subscriber=SubscriberId("bram"),
        device=DeviceId("bram-1"),
        identity=BRAM_SHOWN,
    )
    talk = live_call(called=outside, others=(bram,))
    await show(redis, talk)
    client = await sign_in(api, BRAM)
    assert (await client.get("/v1/me/calls")).json() == {"items": []}, "who waits is in no call yet"
    await show(redis, msgspec.structs.replace(talk, conference=True, moderator=talk.calling.leg))
    (his,) = (await client.get("/v1/me/calls")).json()["items"]
    assert (his["conference"], his["device"], his["direction"]) == (True, "bram-1", "incoming")
    legs = {leg["id"]: (leg["mine"], leg["moderates"], leg["muted"]) for leg in his["legs"]}
    assert legs == {
        talk.calling.leg: (False, True, False),
        "c1-b1": (False, False, True),
        "c1-c1": (True, False, False),
    }
    assert "anna-1" not in str(his)


async def test_call_whose_gateway_is_gone_is_not_shown(api: Api, redis: Any) -> None:
    await show(redis, live_call())
    await redis.delete("call:c1")
    assert (await (await sign_in(api, ANNA)).get("/v1/me/calls")).json() == {"items": []}


# What goes to the gateway.

EXPECTED: dict[str, b.CallCommand] = {
    "hang-up": b.HangUp(tenant=ACME, user=SubscriberId("anna")),
    "decline": b.Decline(tenant=ACME, user=SubscriberId("anna")),
    "hold": b.Hold(tenant=ACME, user=SubscriberId("anna")),
    "resume": b.Resume(tenant=ACME, user=SubscriberId("anna")),
    "alternate": b.Alternate(tenant=ACME, user=SubscriberId("anna"), other=CallId("7be0c61290")),
    "pull": b.Pull(tenant=ACME, user=SubscriberId("anna"), to=DeviceId("d_7d1c")),
    "push": b.Push(tenant=ACME, user=SubscriberId("anna"), to=DeviceId("d_7d1c")),
    "transfer": b.TransferBlind(tenant=ACME, user=SubscriberId("anna"), destination="202"),
    "consult": b.Consult(tenant=ACME, user=SubscriberId("anna"), destination="202"),
    "consult/complete": b.ConsultComplete(tenant=ACME, user=SubscriberId("anna")),
    "consult/cancel": b.ConsultCancel(tenant=ACME, user=SubscriberId("anna")),
    "consult/swap": b.ConsultSwap(tenant=ACME, user=SubscriberId("anna")),
    "join": b.Join(tenant=ACME, user=SubscriberId("anna"), other=CallId("7be0c61290")),
    "conference": b.Conference(tenant=ACME, user=SubscriberId("anna"), calls=(CallId("7be0c61290"),)),
    "conference/add": b.ConferenceAdd(tenant=ACME, user=SubscriberId("anna"), destination="203"),
    "conference/remove": b.ConferenceRemove(
        tenant=ACME, user=SubscriberId("anna"), leg=LegId("0f9c2a7d41-b2")
    ),
    "conference/mute": b.ConferenceMute(
        tenant=ACME, user=SubscriberId("anna"), leg=LegId("0f9c2a7d41-b2"), muted=True
    ),
    "park": b.Park(tenant=ACME, user=SubscriberId("anna"), on="202"),
    "digits": b.Digits(tenant=ACME, user=SubscriberId("anna"), digits="1#"),
    "recording": b.RecordingControl(tenant=ACME, user=SubscriberId("anna"), action=b.RecordingAction.START),
}


async def add_telephone(url: str, device: str) -> None:
    """Of Anna."""
    connection = await asyncpg.connect(url)
    await connection.execute(
        "INSERT INTO directory.devices VALUES ($1,'acme','anna','desk_phone',$1,$1,'acme.test',NULL,true)",
        device,
    )
    await connection.close()


async def test_every_command_reaches_the_gateway_that_holds_the_call(
    api: Api, redis: Any, gateway: Gateway, postgres_url: str
) -> None:
    """With the example of its description, named by who signed in."""
    await show(redis, live_call())
    await show(redis, live_call("7be0c61290"))
    await add_telephone(postgres_url, "d_7d1c")
    anna = await sign_in(api, ANNA)
    assert {one.path for one in ASKS} == set(EXPECTED)
    for one in ASKS:
        answer = await post(anna, f"/c1/{one.path}", one.example)
        assert (answer.status_code, answer.json()) == (200, {"call": "c1", "status": "done"}), one.path
        assert (gateway.asked[-1].call, gateway.asked[-1].command) == ("c1", EXPECTED[one.path])


NAMING = {"device": "bram-1", "to": "bram-1", "other": "call-of-bram", "calls": ["call-of-bram"]}
"""Members of bodies that name something of a user, and Bram's."""


async def test_what_a_command_names_is_mine_or_404_and_no_gateway_hears_of_it(
    api: Api, redis: Any, gateway: Gateway, postgres_url: str
) -> None:
    """Every command that names a telephone or another call, with Bram's and with one that is nobody's."""
    await show(redis, live_call())
    await show(redis, live_call("7be0c61290"))
    await show(redis, live_call("call-of-bram", "bram"))
    await add_telephone(postgres_url, "d_7d1c")
    anna = await sign_in(api, ANNA)
    commands = [(f"/c1/{one.path}", one.example, one.body) for one in ASKS if one.body is not None]
    tried = set()
    for path, example, body in [*commands, ("", {"destination": "202"}, DialWish)]:
        for name in NAMING.keys() & {one.name for one in msgspec.structs.fields(body)}:
            nobodys = ["no-such-thing"] if name == "calls" else "no-such-thing"
            answers = [await post(anna, path, {**example, name: one}) for one in (NAMING[name], nobodys)]
            assert {one.status_code for one in answers} == {404}, (path, name)
            assert answers[0].content == answers[1].content
            tried.add((path, name))
    assert gateway.asked == []
    assert {name for _, name in tried} == set(NAMING)
    assert len(tried) == 11


async def test_telephone_that_went_away_does_not_spoil_a_repeated_tap(
    api: Api, redis: Any, gateway: Gateway, postgres_url: str
) -> None:
    await show(redis, live_call())
    await add_telephone(postgres_url, "d_7d1c")
    anna = await sign_in(api, ANNA)
    first = await post(anna, "/c1/pull", {"to": "d_7d1c"}, key="tap")
    connection = await asyncpg.connect(postgres_url)
    await connection.execute("DELETE FROM directory.devices WHERE device_id = 'd_7d1c'")
    await connection.close()
    again = await post(anna, "/c1/pull", {"to": "d_7d1c"}, key="tap")
    assert (first.status_code, again.status_code, len(gateway.asked)) == (200, 200, 1)
    assert (await post(anna, "/c1/pull", {"to": "d_7d1c"}, key="another")).status_code == 404


async def test_who_transfers_may_stay_until_somebody_has_answered(
    api: Api, redis: Any, gateway: Gateway
) -> None:
    await show(redis, live_call())
    anna = await sign_in(api, ANNA)
    body = {"destination": "202", "keep_until": "answer"}
    assert (await post(anna, "/c1/transfer", body)).status_code == 200
    asked = gateway.asked[-1].command
    assert isinstance(asked, b.TransferBlind)
    assert asked.keep_until is b.KeepUntil.ANSWER
    assert (await post(anna, "/c1/transfer", body | {"keep_until": "for ever"})).status_code == 422


async def test_dialled_call_has_an_id_of_its_own(api: Api, gateway: Gateway) -> None:
    anna = await sign_in(api, ANNA)
    body = {"destination": "030 123 4567", "device": "anna-1", "anonymous": True}
    answers = [await post(anna, "", body) for _ in range(2)]
    assert [one.status_code for one in answers] == [201, 201]
    calls = [one.json()["call"] for one in answers]
    assert calls == [one.call for one in gateway.asked]
    assert len(set(calls)) == 2
    assert gateway.asked[0].command == b.Dial(
        tenant=ACME,
        user=SubscriberId("anna"),
        destination="030 123 4567",
        device=DeviceId("anna-1"),
        anonymous=True,
    )


@pytest.mark.parametrize("number", ["112", "+31112", "*31#112", "0112", "112#"])
async def test_112_is_dialled_on_the_telephone_and_reaches_no_gateway(
    api: Api, redis: Any, gateway: Gateway, number: str
) -> None:
    anna = await sign_in(api, ANNA)
    await show(redis, live_call())
    for path in ("", "/c1/transfer", "/c1/consult", "/c1/conference/add"):
        answer = await anna.ask(
            "POST", f"/v1/me/calls{path}", json={"destination": number}, headers={"Accept-Language": "nl"}
        )
        assert (answer.status_code, problem(answer)) == (403, "emergency-call")
        assert "met de telefoon zelf" in answer.json()["detail"]
    assert gateway.asked == []


# A repeated tap.


async def test_same_tap_twice_is_done_once_also_when_the_call_is_over(
    api: Api, redis: Any, gateway: Gateway
) -> None:
    anna = await sign_in(api, ANNA)
    await show(redis, live_call())
    first = await post(anna, "/c1/hang-up", key="tap-1")
    await redis.delete("call:c1", "busy:anna")
    again = await post(anna, "/c1/hang-up", key="tap-1")
    assert (first.json(), again.json()) == ({"call": "c1", "status": "done"},) * 2
    assert len(gateway.asked) == 1


async def test_same_tap_at_the_same_moment_dials_once(api: Api, gateway: Gateway) -> None:
    anna = await sign_in(api, ANNA)
    answers = await asyncio.gather(*(post(anna, "", {"destination": "202"}, key="tap") for _ in range(5)))
    assert {one.status_code for one in answers} == {201}
    assert len({one.json()["call"] for one in answers}) == 1
    assert len(gateway.asked) == 1


async def test_key_of_another_wish_is_refused_and_of_another_user_is_another(
    api: Api, redis: Any, gateway: Gateway
) -> None:
    anna, bram = await sign_in(api, ANNA), await sign_in(api, BRAM)
    bram_too = LiveParty(leg=LegId("c1-b1"), subscriber=SubscriberId("bram"), identity=BRAM_SHOWN)
    await show(redis, live_call(called=bram_too))
    await post(anna, "/c1/hold", {}, key="k")
    other = await post(anna, "/c1/resume", {}, key="k")
    assert (other.status_code, problem(other)) == (422, "idempotency-key-reused")
    assert (await post(bram, "/c1/hold", {}, key="k")).status_code == 200
    assert [one.command.user for one in gateway.asked] == ["anna", "bram"]
    bad = await post(anna, "/c1/hold", {}, key="x" * 129)
    assert (bad.status_code, problem(bad)) == (400, "invalid-request")


# What its answers become.


@pytest.mark.parametrize(
    ("because", "status", "name"),
    [
        (b.RefusedBecause.STATE, 409, "call-state"),
        (b.RefusedBecause.NOT_AVAILABLE, 409, "not-available"),
        (b.RefusedBecause.EMERGENCY, 403, "emergency-call"),
        (b.RefusedBecause.BARRED, 403, "call-barred"),
        (b.RefusedBecause.NOT_REACHABLE, 409, "not-reachable"),
        (b.RefusedBecause.FULL, 503, "overloaded"),
        (b.RefusedBecause.AWAY, 503, "directory-unavailable"),
    ],
)
async def test_refusal_says_why(
    api: Api, redis: Any, gateway: Gateway, because: b.RefusedBecause, status: int, name: str
) -> None:
    anna = await sign_in(api, ANNA)
    await show(redis, live_call())
    gateway.says = {
        "status": b.ReplyStatus.REFUSED,
        "because": because,
        "state": "talking",
        "explanation": "de regel",
    }
    answer = await post(anna, "/c1/resume", {})
    assert (answer.status_code, problem(answer)) == (status, name)
    assert answer.json().get("state") == ("talking" if name == "call-state" else None)
    assert ("retry-after" in answer.headers) is (status == 503)
    if because in (b.RefusedBecause.BARRED, b.RefusedBecause.STATE):
        assert answer.json()["detail"] == "de regel"


async def test_conference_without_a_mixer_is_told_in_both_languages(
    api: Api, redis: Any, gateway: Gateway
) -> None:
    anna = await sign_in(api, ANNA)
    await show(redis, live_call())
    gateway.says = {
        "status": b.ReplyStatus.REFUSED,
        "because": b.RefusedBecause.NOT_AVAILABLE,
        "explanation": b.NO_MIXER,
    }
    answer = await post(anna, "/c1/conference", {})
    assert (answer.status_code, problem(answer)) == (409, "not-available")
    assert answer.json()["detail"] in (b.NO_MIXER, "conferenties kunnen nu niet gemengd worden")


async def test_call_that_ended_meanwhile_is_404(api: Api, redis: Any, gateway: Gateway) -> None:
    anna = await sign_in(api, ANNA)
    await show(redis, live_call())
    gateway.says = {"status": b.ReplyStatus.UNKNOWN}
    answer = await post(anna, "/c1/hang-up")
    assert (answer.status_code, problem(answer)) == (404, "not-found")


async def test_call_of_somebody_else_is_404_and_never_asked_about(
    api: Api, redis: Any, gateway: Gateway
) -> None:
    await show(redis, live_call())
    for who in (BRAM, CARL):
        other = await sign_in(api, who)
        answers = [await post(other, f"/{call}/hang-up", key="t") for call in ("c1", "c1", "nothing")]
        assert {(one.status_code, one.text) for one in answers} == {(404, answers[0].text)}
    assert gateway.asked == []


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "ANSWER_WITHIN_S", 0.2)
    monkeypatch.setattr(services, "GATEWAY_WITHIN_S", 0.15)


async def test_gateway_that_reads_nothing_is_504_and_nothing_happens_after(
    api: Api, redis: Any, impatient: None
) -> None:
    anna = await sign_in(api, ANNA)
    await show(redis, live_call())
    answer = await post(anna, "/c1/hang-up")
    assert (answer.status_code, problem(answer)) == (504, "no-reply")
    assert answer.json()["may_still_happen"] is False
    assert await redis.xlen("cmd:gw1") == 0


async def test_gateway_that_reads_and_says_nothing_is_504_that_may_still_happen(
    api: Api, redis: Any, impatient: None
) -> None:
    anna = await sign_in(api, ANNA)
    await show(redis, live_call())
    await redis.xgroup_create("cmd:gw1", "gateway", id="0", mkstream=True)

    async def read() -> None:
        assert await api.app.state.bus.blocking.xreadgroup("gateway", "gw1", {"cmd:gw1": ">"}, block=5000)

    answer, _ = await asyncio.gather(post(anna, "/c1/hang-up"), read())
    assert (answer.status_code, answer.json()["may_still_happen"]) == (504, True)


async def test_redis_away_is_503_with_when_to_come_again(
    postgres_url: str, tmp_path: Path, redis_url: str
) -> None:
    await company(postgres_url)
    async with Api(installation(tmp_path, postgres_url, redis_url)) as api:
        anna = await sign_in(api, ANNA)
        away = Bus("redis://127.0.0.1:1/0")
        stores = api.app.state.stores._replace(bus=away)
        api.app.state.update({"stores": stores, "commands": services.Commands(stores, api.app.state.clock)})
        answers = [await anna.get("/v1/me/calls"), await post(anna, "", {"destination": "202"})]
        answers.append(await post(anna, "/c1/hang-up"))
        for answer in answers:
            assert (answer.status_code, problem(answer)) == (503, "store-unavailable")
            assert answer.headers["retry-after"] == "10"
        await away.close()


# Calls of colleagues.

G1 = GroupId("g1")
SEEN = CallerIdentity(presentation=Presentation.ALLOWED, extension="203", name="Cor")
COR = LiveParty(leg=LegId("c7-b1"), subscriber=SubscriberId("cor"), identity=SEEN)


async def open_to(redis: Any, call: str, **changes: Any) -> None:
    """As the gateway shows it."""
    fields = {"answered": None, "phase": LivePhase.RINGING, "called": COR, "open_to": G1}
    live = live_call(call, "nobody", **(fields | changes))
    await show(redis, live)
    await redis.sadd(f"open:{live.open_to}", call)


async def test_calls_of_the_group_are_listed_and_withheld_numbers_stay_withheld(api: Api, redis: Any) -> None:
    caller = LiveParty(leg=LegId("c7-a"), identity=HIDDEN)
    await open_to(redis, "c7", calling=caller)
    gone = LiveParty(leg=LegId("c8-b1"), identity=SEEN, holds=True)
    waits = LiveParty(leg=LegId("c8-a"), identity=OUTSIDE)
    parked = LiveParked(at="202", group=G1, by=SubscriberId("cor"), since=1_700_000_050.0)
    await open_to(redis, "c8", calling=waits, called=gone, parked=parked, phase=LivePhase.HELD)
    await redis.sadd("open:g1", "of-a-gateway-that-is-gone")
    answer = await (await sign_in(api, ANNA)).get("/v1/calls")
    rings, waiting = answer.json()["items"]
    assert (rings["id"], rings["state"], rings["caller"]["withheld"], rings["called"]["name"]) == (
        "c7",
        "ringing",
        True,
        "Cor",
    )
    assert (waiting["state"], waiting["at"], waiting["caller"]["text"], waiting["since"]) == (
        "parked",
        "202",
        "030 123 4567",
        1_700_000_050.0,
    )
    assert not [secret for secret in ("699999999", "688888888", "Geheim") if secret in answer.text]
    assert (await (await sign_in(api, CARL)).get("/v1/calls")).json() == {"items": []}


async def test_taking_one_reaches_the_gateway_once(api: Api, redis: Any, gateway: Gateway) -> None:
    await open_to(redis, "c7")
    anna = await sign_in(api, ANNA)
    who = {"tenant": ACME, "user": SubscriberId("anna")}
    for path, body, command in (
        ("pick-up", {"device": "anna-1"}, b.PickUp(**who, device=DeviceId("anna-1"))),
        ("pick-up", {}, b.PickUp(**who)),
        ("retrieve", {}, b.Retrieve(**who)),
    ):
        answer = await anna.ask("POST", f"/v1/calls/c7/{path}", json=body)
        assert (answer.status_code, answer.json()) == (200, {"call": "c7", "status": "done"})
        assert (gateway.asked[-1].call, gateway.asked[-1].command) == (CallId("c7"), command)


async def test_a_call_of_another_group_and_anothers_telephone_are_404(
    api: Api, redis: Any, gateway: Gateway
) -> None:
    await open_to(redis, "c9", open_to=GroupId("g2"))
    await open_to(redis, "c7")
    anna = await sign_in(api, ANNA)
    for call, body in (("c9", {}), ("nothing", {}), ("c7", {"device": "bram-1"})):
        answer = await anna.ask("POST", f"/v1/calls/{call}/pick-up", json=body)
        assert answer.status_code == 404
    assert gateway.asked == []


async def test_why_not_is_told_as_a_problem(api: Api, redis: Any, gateway: Gateway) -> None:
    await open_to(redis, "c7")
    anna = await sign_in(api, ANNA)
    for because, status, kind in (
        (b.RefusedBecause.STATE, 409, "call-state"),
        (b.RefusedBecause.BARRED, 403, "call-barred"),
        (b.RefusedBecause.NOT_REACHABLE, 409, "not-reachable"),
    ):
        gateway.says = {"status": b.ReplyStatus.REFUSED, "because": because, "explanation": "no"}
        answer = await anna.ask("POST", "/v1/calls/c7/pick-up", json={})
        assert answer.status_code == status, because
        assert answer.json()["type"].endswith(kind)
