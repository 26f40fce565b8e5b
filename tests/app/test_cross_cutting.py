"""Language, limits, CORS, bodies: what holds for every route behind a token."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.dutch import in_dutch
from app.language import preferred
from app.problems import KINDS
from app.rate_limit import Buckets
from tests.app.kit import Api, installation, problem
from tests.app.people import ANNA, SECRET, company, sign_in
from tests.directory.proxy import Door

pytestmark = pytest.mark.servers

DND = "/v1/me/services/do_not_disturb"


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("nl", "nl"),
        ("nl-NL,nl;q=0.9,en;q=0.8", "nl"),
        ("en;q=0.5, nl;q=0.7", "nl"),
        ("de, nl;q=0.1", "nl"),
        ("de", "en"),
        ("*", "en"),
        ("nl;q=0", "en"),
        ("nl;q=x, ;;,", "en"),
        ("", "en"),
    ],
)
def test_language_is_the_preferred_of_the_two(header: str, language: str) -> None:
    assert preferred(header) == language


def test_every_problem_has_a_title_in_dutch() -> None:
    for kind in KINDS:
        assert kind.titel
        assert kind.titel != kind.title


@pytest.mark.parametrize(
    ("english", "dutch"),
    [
        ("Expected `bool`, got `str`", "verwacht `bool`, kreeg `str`"),
        ("Object contains unknown field `x`", "onbekend veld `x`"),
        ("Object missing required field `x`", "veld `x` ontbreekt"),
        ("there is no destination", "there is no destination"),
    ],
)
def test_what_msgspec_says_in_dutch(english: str, dutch: str) -> None:
    assert in_dutch(english) == dutch


async def test_problems_are_in_the_language_of_who_asks(site: Api) -> None:
    anna = await sign_in(site, ANNA)
    dutch = await anna.put(DND, {"active": "ja"}, headers={"Accept-Language": "nl-NL"})
    assert dutch.json()["title"] == "Deze instellingen kunnen niet"
    assert dutch.json()["errors"] == [{"pointer": "#/active", "detail": "verwacht `bool`, kreeg `str`"}]
    assert dutch.headers["content-language"] == "nl"
    english = await anna.put(DND, {"active": "ja"})
    assert english.json()["title"] == "These settings cannot be"
    assert english.json()["type"] == dutch.json()["type"]
    lost = await site.client.get("/v1/nothing", headers={"Accept-Language": "nl"})
    assert lost.json()["title"] == "Hier is niets"


@pytest.mark.parametrize(
    ("content", "media_type", "status", "name"),
    [
        (b"{", "application/json", 400, "invalid-request"),
        (b"", "application/json", 400, "invalid-request"),
        (b'{"active": "\xff"}', "application/json", 400, "invalid-request"),
        (b'{"active": ' + b"[" * 30_000, "application/json", 400, "invalid-request"),
        (b'{"active": true}', "text/plain", 415, "unsupported-media-type"),
        (b'{"active": true, "x": "' + b"x" * 70_000 + b'"}', "application/json", 413, "body-too-large"),
    ],
    ids=["cut short", "empty", "not UTF-8", "nested", "not JSON", "large"],
)
async def test_bodies_that_cannot_be_read(
    site: Api, content: bytes, media_type: str, status: int, name: str
) -> None:
    anna = await sign_in(site, ANNA)
    answer = await anna.ask("PUT", DND, content=content, headers={"Content-Type": media_type})
    assert (answer.status_code, problem(answer)) == (status, name)


async def test_who_asks_too_much_is_told_when_to_come_again(
    postgres_url: str, redis_url: str, tmp_path: Path
) -> None:
    await company(postgres_url)
    async with Api(installation(tmp_path, postgres_url, redis_url, requests_per_s=3)) as api:
        anna, laptop = await sign_in(api, ANNA), await sign_in(api, ANNA)
        answers = [await anna.get("/v1/me/sessions") for _ in range(12)]
        (late, *_) = [one for one in answers if one.status_code != 200]
        assert (late.status_code, problem(late), late.headers["retry-after"]) == (
            429,
            "too-many-requests",
            "1",
        )
        assert (await laptop.get("/v1/me/sessions")).status_code == 200


async def test_who_tries_refresh_tokens_at_random_is_slowed_by_address(
    postgres_url: str, redis_url: str, tmp_path: Path
) -> None:
    async with Api(installation(tmp_path, postgres_url, redis_url, requests_per_s=3)) as api:
        tried = {"refresh_token": "hrt_nobodys"}
        answers = [await api.client.post("/v1/sessions/refresh", json=tried) for _ in range(12)]
        assert {one.status_code for one in answers} == {401, 429}
        api.come_from("192.0.2.7")
        other = await api.client.post("/v1/sessions/refresh", json=tried)
        assert problem(other) == "session-ended"


def test_buckets_remember_the_last_who_asked() -> None:
    buckets = Buckets(1, lambda: 0.0, most=2)
    assert buckets.take("a") is None
    assert buckets.take("a") == 1
    assert buckets.take("b") is None
    assert buckets.take("c") is None
    assert buckets.take("c") == 1
    assert buckets.take("a") is None  # forgotten for the two after it


async def test_pages_of_known_origins_only_may_use_it_from_a_browser(
    postgres_url: str, redis_url: str, tmp_path: Path
) -> None:
    origin, method = {"Origin": "https://app.example"}, {"Access-Control-Request-Method": "PATCH"}
    asked = {**origin, **method, "Access-Control-Request-Headers": "authorization,if-match"}
    settings = installation(tmp_path, postgres_url, redis_url, cors_origins=("https://app.example",))
    async with Api(settings) as api:
        allowed = await api.client.options(DND, headers=asked)
        assert allowed.headers["access-control-allow-origin"] == "https://app.example"
        assert "if-match" in allowed.headers["access-control-allow-headers"].lower()
        refused = await api.client.get(DND, headers=origin)
        assert refused.status_code == 401
        assert refused.headers["access-control-allow-origin"] == "https://app.example"
        stranger = await api.client.options(DND, headers={**asked, "Origin": "https://evil.example"})
        assert "access-control-allow-origin" not in stranger.headers
    async with Api(installation(tmp_path, postgres_url, redis_url)) as api:
        closed = await api.client.options(DND, headers=asked)
        assert "access-control-allow-origin" not in closed.headers


async def test_database_away_is_503_with_when_to_come_again_and_none_after(
    postgres_url: str, redis_url: str, tmp_path: Path
) -> None:
    await company(postgres_url)
    door = Door(postgres_url)
    async with Api(installation(tmp_path, await door.open(), redis_url)) as api:
        anna = await sign_in(api, ANNA)
        assert (await anna.put(DND, {"active": True})).status_code == 200
        await door.shut()
        away = [await anna.get("/v1/me"), await anna.put(DND, {"active": False}), await anna.get(DND)]
        away.append(await api.client.post("/v1/sessions", json={"user": ANNA, "password": SECRET}))
        for answer in away:
            assert (answer.status_code, problem(answer)) == (503, "directory-unavailable")
            assert answer.headers["retry-after"] == "10"
        await door.open()
        back = await anna.get(DND)
        assert (back.json(), back.headers["etag"]) == ({"active": True}, '"1"')
        assert (await anna.put(DND, {"active": False})).status_code == 200
        await door.shut()
