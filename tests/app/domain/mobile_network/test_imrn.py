"""``POST /v1/mobile-network/imrn``, over HTTP (call-flows §1, §5)."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest

from app.domain.mobile_network.guards import NetworkKeys
from app.domain.mobile_network.services import MOST_WAITING, NetworkService
from hipper.contracts.imrn import LEGS, RESERVATION, ImrnKind, Reservation, number_key, own_leg_key
from hipper.runtime import embedded
from hipper.runtime.bus import connect
from hipper.runtime.clock import ManualClock
from hipper.telephony.numbers.e164 import E164
from tests.app.kit import (
    ANNA,
    ASKED,
    BRAM,
    KEY,
    NO_DATABASE,
    NOWHERE,
    OTHER_KEY,
    PATH,
    Api,
    installation,
    network,
    problem,
)
from tests.fmc_gateway.kit import provision, wait_for

pytestmark = pytest.mark.servers

CONTINUE = {"action": "continue"}
EMERGENCY = ["112", "0112", "+31112", "0031112", "#31#112", "*31#112", "tel:112", "urn:service:sos", "1 1 2"]
"""As people and handsets spell it."""


class TestWhoIsServed:
    @pytest.mark.parametrize("kind", ["originating", "terminating"])
    async def test_a_user_of_ours_gets_a_routing_number(self, api: Api, redis_url: str, kind: str) -> None:
        asked = {"kind": kind, "called": ANNA if kind == "terminating" else "201", "calling": "+31207654321"}
        before = time.time()
        answer = await api.ask(**asked, call_reference="7f:2a/9")
        assert answer.status_code == 200
        body = answer.json()
        assert body == {"action": "route", "imrn": body["imrn"], "expires_in_s": 10}
        assert "+31970123400" <= body["imrn"] <= "+31970123409"
        client = connect(redis_url)
        raw = await client.hget(number_key("mno", body["imrn"]), RESERVATION)
        await client.aclose()
        reservation = msgspec.json.decode(raw, type=Reservation)
        assert before <= reservation.created <= time.time()
        assert msgspec.structs.replace(reservation, created=0.0) == Reservation(
            network="mno",
            served_user=E164(ANNA),
            called=asked["called"],
            calling=E164("+31207654321"),
            kind=ImrnKind(kind),
            call_reference="7f:2a/9",
            created=0.0,
        )

    @pytest.mark.parametrize("kind", ["originating", "terminating"])
    async def test_somebody_else_goes_on_without_us(self, api: Api, kind: str) -> None:
        assert (await api.ask(served_user="+31687654321", kind=kind)).json() == CONTINUE

    async def test_a_fixed_number_of_ours_is_no_mobile_user(self, api: Api) -> None:
        assert (await api.ask(served_user="+31201232010", kind="terminating")).json() == CONTINUE

    async def test_calling_may_be_left_out(self, api: Api) -> None:
        body = {name: value for name, value in ASKED.items() if name != "calling"}
        assert (await api.send(body)).json()["action"] == "route"
        assert (await api.ask(calling=None)).json()["action"] == "route"

    async def test_our_own_leg_to_the_handset_goes_on_and_the_next_call_does_not(
        self, api: Api, redis_url: str
    ) -> None:
        client = connect(redis_url)
        await client.hincrby(own_leg_key("mno", E164(BRAM), E164(ANNA)), LEGS, 1)
        await client.aclose()
        call = {"served_user": BRAM, "called": BRAM, "calling": ANNA}
        assert (await api.ask(**call, kind="originating", call_reference="0")).json()["action"] == "route"
        assert (await api.ask(**call, kind="terminating", call_reference="1")).json() == CONTINUE
        assert (await api.ask(**call, kind="terminating", call_reference="1")).json() == CONTINUE
        assert (await api.ask(**call, kind="terminating", call_reference="2")).json()["action"] == "route"


class TestEmergency:
    @pytest.mark.parametrize("called", EMERGENCY)
    async def test_any_spelling_goes_on_with_nothing_asked(self, called: str, tmp_path: Path) -> None:
        """From a cold start: neither PostgreSQL nor Redis ever answered."""
        async with Api(installation(tmp_path, NO_DATABASE, NOWHERE)) as api:
            for kind in ("originating", "terminating"):
                answer = await api.ask(called=called, kind=kind)
                assert (answer.status_code, answer.json()) == (200, CONTINUE)

    async def test_it_is_not_asked_about_even_when_all_answer(
        self, api: Api, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def asked(*_: Any) -> None:
            raise AssertionError("an emergency call was looked up")

        monkeypatch.setattr(NetworkService, "answer", asked)
        monkeypatch.setattr(NetworkService, "admit", asked)
        assert (await api.ask(called="112")).json() == CONTINUE

    async def test_whatever_else_is_wrong_with_the_body(self, api: Api) -> None:
        for body in (
            {"called": "112"},
            {**ASKED, "called": "112", "served_user": "?"},
            {**ASKED, "called": "112", "kind": "sideways", "call_reference": "x" * 500, "more": [1]},
        ):
            assert (await api.send(body)).json() == CONTINUE

    async def test_it_does_not_count_and_is_never_too_many(
        self, postgres_url: str, redis_url: str, tmp_path: Path
    ) -> None:
        settings = installation(tmp_path, postgres_url, redis_url, network(imrn_requests_per_s=1))
        async with Api(settings, ManualClock()) as api:
            assert (await api.ask(served_user="+31687654321")).status_code == 200
            assert (await api.ask()).status_code == 429
            for _ in range(5):
                assert (await api.ask(called="112")).json() == CONTINUE

    async def test_not_an_emergency_number(self, api: Api) -> None:
        for called in ("113", "1120", "0201121122", "urn:service:test.sos"):
            assert (await api.ask(called=called)).json()["action"] == "route"


class TestPool:
    @pytest.mark.parametrize(
        ("configured", "told"), [("continue", CONTINUE), ("release", {"action": "release", "cause": 34})]
    )
    async def test_empty_is_as_configured(
        self, postgres_url: str, redis_url: str, tmp_path: Path, configured: str, told: dict[str, Any]
    ) -> None:
        await provision(postgres_url)
        one = network(imrn_ranges=("+31970123400",), imrn_pool_empty=configured)
        async with Api(installation(tmp_path, postgres_url, redis_url, one)) as api:
            assert (await api.ask()).json()["imrn"] == "+31970123400"
            assert (await api.ask()).json() == told
            assert (await api.ask(called="112")).json() == CONTINUE

    async def test_calls_at_once_never_share_a_number(
        self, postgres_url: str, redis_url: str, tmp_path: Path
    ) -> None:
        await provision(postgres_url)
        wide = network(imrn_ranges=("+31970123000-+31970123199",), imrn_requests_per_s=1000)
        async with Api(installation(tmp_path, postgres_url, redis_url, wide)) as api:
            answers = []
            for _ in range(4):
                answers += await asyncio.gather(*(api.ask() for _ in range(50)))
            assert len({answer.json()["imrn"] for answer in answers}) == 200


class TestWhoAsks:
    @pytest.mark.parametrize("key", [None, "", "wrong", KEY + "x", KEY.upper()])
    async def test_nobody_known_is_401(self, api: Api, key: str | None) -> None:
        for called in ("0301234567", "112"):
            answer = await api.ask(key=key, called=called)
            assert (answer.status_code, problem(answer)) == (401, "unauthenticated")
            assert answer.headers["www-authenticate"].startswith('Bearer realm="')
            assert ('error="invalid_token"' in answer.headers["www-authenticate"]) is (key is not None)

    async def test_another_scheme_is_401(self, api: Api) -> None:
        answer = await api.client.post(PATH, json=ASKED, headers={"Authorization": f"Basic {KEY}"})
        assert (answer.status_code, problem(answer)) == (401, "unauthenticated")

    async def test_the_key_says_which_network(
        self, postgres_url: str, redis_url: str, tmp_path: Path
    ) -> None:
        await provision(postgres_url)
        other = network(name="other", imrn_ranges=("+31970123500",), imrn_api_key=OTHER_KEY)
        async with Api(installation(tmp_path, postgres_url, redis_url, network(), other)) as api:
            assert (await api.ask(key=OTHER_KEY)).json()["imrn"] == "+31970123500"
            assert (await api.ask(key=KEY)).json()["imrn"] != "+31970123500"

    async def test_a_key_of_a_network_in_another_mode_opens_nothing(
        self, postgres_url: str, redis_url: str, tmp_path: Path
    ) -> None:
        trunk = network(name="trunk", mode="trunk", imrn_api_key=OTHER_KEY)
        async with Api(installation(tmp_path, postgres_url, redis_url, trunk)) as api:
            assert (await api.ask(key=OTHER_KEY)).status_code == 401

    async def test_keys_are_compared_in_constant_time(
        self, api: Api, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        compared = []
        monkeypatch.setattr(
            "app.domain.mobile_network.guards.hmac.compare_digest",
            lambda a, b: compared.append((len(a), len(b))) or a == b,
        )
        keys: NetworkKeys = api.app.state.network_keys
        assert keys.find("Bearer x") is None
        assert keys.find(f"bearer {KEY}") is not None
        assert compared == [(32, 32)] * 2  # digests: also their length tells nothing

    async def test_a_key_is_never_logged(self, api: Api, capfd: pytest.CaptureFixture[str]) -> None:
        await api.ask(key="swordfish-swordfish")
        await api.ask()
        shown = "".join(capfd.readouterr())
        assert "swordfish" not in shown
        assert KEY not in shown


class TestBody:
    @pytest.mark.parametrize(
        ("changes", "pointer"),
        [
            ({"served_user": "0612345678"}, "#/served_user"),
            ({"served_user": "+31612345678\n"}, "#/served_user"),
            ({"served_user": None}, "#/served_user"),
            ({"calling": "anonymous"}, "#/calling"),
            ({"called": ""}, "#/called"),
            ({"called": "1" * 129}, "#/called"),
            ({"called": "020\r\n1"}, "#/called"),
            ({"kind": "forwarding"}, "#/kind"),
            ({"call_reference": ""}, "#/call_reference"),
            ({"call_reference": "x" * 129}, "#/call_reference"),
            ({"call_reference": "a\x00b"}, "#/call_reference"),
        ],
    )
    async def test_what_does_not_fit_is_pointed_at(
        self, api: Api, changes: dict[str, Any], pointer: str
    ) -> None:
        answer = await api.ask(**changes)
        assert (answer.status_code, problem(answer)) == (400, "invalid-request")
        assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]
        assert all(fault["detail"] for fault in answer.json()["errors"])

    async def test_missing_and_unknown_members_are_named(self, api: Api) -> None:
        missing = await api.send({name: value for name, value in ASKED.items() if name != "kind"})
        assert (missing.status_code, problem(missing)) == (400, "invalid-request")
        assert "kind" in missing.text
        unknown = await api.ask(hlr="x")
        assert (unknown.status_code, problem(unknown)) == (400, "invalid-request")
        assert "hlr" in unknown.text

    @pytest.mark.parametrize(
        "body", [b"", b"{", b"[]", b'"112"', b"null", b"\xff\xfe", b"[" * 5000, b'{"a":' * 5000]
    )
    async def test_what_is_no_object_is_400(self, api: Api, body: bytes) -> None:
        answer = await api.send(body)
        assert (answer.status_code, problem(answer)) == (400, "invalid-request")

    async def test_the_largest_reference_is_taken(self, api: Api) -> None:
        assert (await api.ask(call_reference="x" * 128)).json()["action"] == "route"

    async def test_other_media_types_are_415(self, api: Api) -> None:
        headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "text/plain"}
        answer = await api.client.post(PATH, content=json.dumps(ASKED), headers=headers)
        assert (answer.status_code, problem(answer)) == (415, "unsupported-media-type")

    async def test_too_large_is_413(self, api: Api) -> None:
        answer = await api.ask(called="1" * 70_000)
        assert (answer.status_code, problem(answer)) == (413, "body-too-large")

    async def test_a_body_without_end_is_413(self, api: Api) -> None:
        async def endless() -> Any:
            for _ in range(100):
                yield b"x" * 1000

        headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
        answer = await api.client.post(PATH, content=endless(), headers=headers)
        assert (answer.status_code, problem(answer)) == (413, "body-too-large")


class TestTooMuch:
    async def test_more_than_the_rate_is_429_with_retry_after(
        self, postgres_url: str, redis_url: str, tmp_path: Path
    ) -> None:
        clock = ManualClock()
        other = network(name="other", imrn_ranges=("+31970123500",), imrn_api_key=OTHER_KEY)
        slow = network(imrn_requests_per_s=2)
        async with Api(installation(tmp_path, postgres_url, redis_url, slow, other), clock) as api:
            assert [(await api.ask()).status_code for _ in range(3)] == [200, 200, 429]
            answer = await api.ask()
            assert problem(answer) == "too-many-requests"
            assert answer.headers["retry-after"] == "1"
            assert (await api.ask(key=OTHER_KEY)).status_code == 200  # another network has its own
            clock.advance(0.5)
            assert (await api.ask()).status_code == 200

    async def test_more_waiting_than_can_be_is_503(self, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
        go_on = asyncio.Event()

        async def wait(*_: Any) -> bool:
            await go_on.wait()
            return False

        monkeypatch.setattr("app.domain.mobile_network.services.Users.has_mobile", wait)
        waiting = [asyncio.create_task(api.ask()) for _ in range(MOST_WAITING)]
        service = api.app.state.network_keys.find(f"Bearer {KEY}")
        await wait_for(lambda: service.waiting == MOST_WAITING)
        answer = await api.ask()
        assert (answer.status_code, problem(answer)) == (503, "overloaded")
        assert int(answer.headers["retry-after"]) > 0
        assert (await api.ask(called="112")).json() == CONTINUE
        go_on.set()
        assert {(await task).status_code for task in waiting} == {200}
        assert (await api.ask()).status_code == 200

    async def test_more_than_can_be_paced_is_503(self, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("app.pace.Pace.is_full", True)
        answer = await api.ask()
        assert (answer.status_code, problem(answer)) == (503, "overloaded")
        assert int(answer.headers["retry-after"]) > 0
        assert (await api.ask(called="112")).json() == CONTINUE


class TestOutages:
    async def test_redis_away_is_503_with_retry_after(self, postgres_url: str, tmp_path: Path) -> None:
        await provision(postgres_url)
        async with Api(installation(tmp_path, postgres_url, NOWHERE)) as api:
            for kind in ("originating", "terminating"):
                answer = await api.ask(kind=kind)
                assert (answer.status_code, problem(answer)) == (503, "store-unavailable")
                assert int(answer.headers["retry-after"]) > 0

    async def test_a_redis_that_says_nothing_is_503_soon_and_comes_back(
        self, postgres_url: str, server_folder: Path, tmp_path: Path
    ) -> None:
        await provision(postgres_url)
        places = embedded.private_places(server_folder / "redis-imrn")
        redis = embedded.Running(embedded.redis(places)).process
        url = f"unix://{places.run / 'redis.sock'}"
        try:
            async with Api(installation(tmp_path, postgres_url, url)) as api:
                assert (await api.ask()).status_code == 200
                redis.send_signal(signal.SIGSTOP)
                began = time.monotonic()
                answer = await api.ask()
                assert (answer.status_code, problem(answer)) == (503, "store-unavailable")
                assert time.monotonic() - began < 2.0
                assert (await api.ask(called="112")).json() == CONTINUE
                redis.send_signal(signal.SIGCONT)
                assert (await api.ask()).json()["action"] == "route"
        finally:
            redis.kill()  # also when it is frozen
            redis.wait()

    async def test_postgresql_away_is_503_for_users_not_seen_before(
        self, redis_url: str, tmp_path: Path
    ) -> None:
        async with Api(installation(tmp_path, NO_DATABASE, redis_url)) as api:
            answer = await api.ask()
            assert (answer.status_code, problem(answer)) == (503, "directory-unavailable")
            assert int(answer.headers["retry-after"]) > 0

    async def test_postgresql_away_is_nothing_to_users_seen_before(
        self, api: Api, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert (await api.ask()).json()["action"] == "route"
        api.app.state.pool.terminate()
        assert (await api.ask()).json()["action"] == "route"
        assert (await api.ask(served_user=BRAM)).status_code == 503
