"""Signing in, refresh tokens, sessions, passwords."""

from __future__ import annotations

from pathlib import Path

import asyncpg
import pytest

from app.domain.signing_in import statements
from app.domain.signing_in.tokens import ACCESS_S
from hipper.runtime.clock import ManualClock
from tests.app.kit import NOWHERE, Api, installation, problem
from tests.app.people import ANNA, BRAM, SECRET, Client, company, gathered, sign_in, try_to_sign_in

pytestmark = pytest.mark.servers


async def test_user_signs_in_by_name_at_the_customers_domain_in_any_case(site: Api) -> None:
    anna = await sign_in(site, ANNA.upper())
    assert (await anna.get("/v1/me")).json()["user"] == ANNA
    assert anna.tokens["expires_in_s"] == ACCESS_S


async def test_unknown_user_and_wrong_password_are_told_alike(site: Api) -> None:
    wrong = await try_to_sign_in(site, ANNA, "verkeerd wachtwoord")
    unknown = await try_to_sign_in(site, "nobody@acme.test")
    elsewhere = await try_to_sign_in(site, "anna@other.test")
    assert wrong.status_code == unknown.status_code == elsewhere.status_code == 401
    assert wrong.json() == unknown.json() == elsewhere.json()
    assert problem(wrong) == "wrong-password"


async def test_who_has_no_password_or_may_not_call_cannot_sign_in(site: Api, postgres_url: str) -> None:
    anna = await sign_in(site, ANNA)
    await execute(postgres_url, "UPDATE app.accounts SET password_hash = NULL WHERE subscriber_id = 'bram'")
    await execute(
        postgres_url, "UPDATE directory.subscribers SET enabled = false WHERE subscriber_id = 'anna'"
    )
    assert problem(await try_to_sign_in(site, BRAM)) == "wrong-password"
    assert problem(await try_to_sign_in(site, ANNA)) == "wrong-password"
    assert problem(await anna.get("/v1/me")) == "unauthenticated"
    assert problem(await refresh(site, anna.tokens["refresh_token"])) == "session-ended"


async def test_access_token_lasts_ten_minutes(postgres_url: str, redis_url: str, tmp_path: Path) -> None:
    await company(postgres_url)
    clock = ManualClock()
    async with Api(installation(tmp_path, postgres_url, redis_url), clock) as api:
        anna = await sign_in(api, ANNA)
        clock.advance(ACCESS_S - 1)
        assert (await anna.get("/v1/me")).status_code == 200
        clock.advance(1)
        late = await anna.get("/v1/me")
        assert (late.status_code, problem(late)) == (401, "unauthenticated")
        assert 'error="invalid_token"' in late.headers["www-authenticate"]


async def test_token_of_another_installation_or_changed_is_no_good(
    site: Api, postgres_url: str, redis_url: str, tmp_path: Path
) -> None:
    other = installation(tmp_path / "other", postgres_url, redis_url)
    async with Api(other) as elsewhere:
        stranger = await sign_in(elsewhere, ANNA)
    stranger.http = site.client
    assert problem(await stranger.get("/v1/me")) == "unauthenticated"
    anna = await sign_in(site, ANNA)
    head, body, _ = anna.tokens["access_token"].split(".")
    for token in (f"{head}.{body}.", f"eyJhbGciOiJub25lIn0.{body}.", "nonsense", "hik_nonsense"):
        anna.tokens["access_token"] = token
        assert problem(await anna.get("/v1/me")) == "unauthenticated"


async def test_refresh_token_works_once_and_gives_the_next(site: Api) -> None:
    anna = await sign_in(site, ANNA)
    first = anna.tokens["refresh_token"]
    second = (await refresh(site, first)).json()
    assert second["session"] == anna.tokens["session"]
    third = await refresh(site, second["refresh_token"])
    assert third.status_code == 200
    assert (await Client(site, third.json()).get("/v1/me")).status_code == 200


async def test_stolen_refresh_token_ends_the_family_and_no_other_session(site: Api) -> None:
    anna, laptop = await sign_in(site, ANNA), await sign_in(site, ANNA, device_name="laptop")
    stolen = anna.tokens["refresh_token"]
    renewed = (await refresh(site, stolen)).json()
    assert problem(await refresh(site, stolen)) == "session-ended"
    assert problem(await refresh(site, renewed["refresh_token"])) == "session-ended"
    assert problem(await Client(site, renewed).get("/v1/me")) == "unauthenticated"
    assert (await laptop.get("/v1/me")).status_code == 200


async def test_used_refresh_tokens_are_not_kept_and_known_all_the_same(site: Api, postgres_url: str) -> None:
    """One row of each session; the first token of all still gives its thief away."""
    anna = await sign_in(site, ANNA)
    first = token = anna.tokens["refresh_token"]
    for _ in range(5):
        token = (await refresh(site, token)).json()["refresh_token"]
    connection = await asyncpg.connect(postgres_url)
    assert await connection.fetchval("SELECT count(*) FROM app.refresh_tokens") == 1
    await connection.close()
    signed, _, _ = first.rpartition("-")
    for forged in (f"{signed}-{'0' * 32}", signed, f"hrt_{anna.tokens['session']}", "hrt_x"):
        assert problem(await refresh(site, forged)) == "session-ended"
    assert (await anna.get("/v1/me")).status_code == 200  # who was not given it ends nothing
    assert problem(await refresh(site, first)) == "session-ended"
    assert problem(await anna.get("/v1/me")) == "unauthenticated"
    assert problem(await refresh(site, token)) == "session-ended"


async def test_refresh_token_that_comes_twice_at_once_gives_one_pair(site: Api) -> None:
    anna = await sign_in(site, ANNA)
    answers = await gathered(*(refresh(site, anna.tokens["refresh_token"]) for _ in range(4)))
    assert sorted(one.status_code for one in answers) == [200, 401, 401, 401]
    assert problem(await anna.get("/v1/me")) == "unauthenticated"


async def test_sessions_are_listed_per_device_and_ended_one_by_one(site: Api) -> None:
    anna, laptop = await sign_in(site, ANNA), await sign_in(site, ANNA, device_name="laptop")
    listed = (await anna.get("/v1/me/sessions")).json()["items"]
    assert {one["device_name"]: one["current"] for one in listed} == {"telefoon": True, "laptop": False}
    ended = await anna.ask("DELETE", f"/v1/me/sessions/{laptop.tokens['session']}")
    assert ended.status_code == 204
    assert problem(await laptop.get("/v1/me")) == "unauthenticated"
    assert problem(await refresh(site, laptop.tokens["refresh_token"])) == "session-ended"
    assert len((await anna.get("/v1/me/sessions")).json()["items"]) == 1


async def test_of_one_user_twenty_sessions_are_kept(site: Api, postgres_url: str) -> None:
    first = await sign_in(site, ANNA)
    await execute(
        postgres_url,
        "INSERT INTO app.sessions (session_id, subscriber_id, device_name, address, expires_at)"
        " SELECT 'made' || i, 'anna', 'x', 'y', now() + interval '1 day' FROM generate_series(1, 19) i",
    )
    last = await sign_in(site, ANNA)
    assert problem(await first.get("/v1/me")) == "unauthenticated"
    assert len((await last.get("/v1/me/sessions")).json()["items"]) == 20


async def test_password_change_ends_the_other_sessions_and_is_audited(site: Api, postgres_url: str) -> None:
    anna, laptop = await sign_in(site, ANNA), await sign_in(site, ANNA, device_name="laptop")
    body = {"current": SECRET, "new": "vier zure appels"}
    assert (await anna.put("/v1/me/password", body)).status_code == 204
    assert problem(await laptop.get("/v1/me")) == "unauthenticated"
    assert (await anna.get("/v1/me")).status_code == 200
    assert problem(await try_to_sign_in(site, ANNA)) == "wrong-password"
    await sign_in(site, ANNA, "vier zure appels")
    connection = await asyncpg.connect(postgres_url)
    by, change = await connection.fetchrow(
        "SELECT by, change FROM directory.audit ORDER BY audit_id DESC LIMIT 1"
    )
    await connection.close()
    assert (by, change) == ("user:anna", "password changed")


@pytest.mark.parametrize(
    ("current", "new", "named"),
    [
        ("verkeerd wachtwoord", "vier zure appels", "wrong-password"),
        (SECRET, "kort", "invalid-settings"),
        (SECRET, "aaaaaaaaaaaa", "invalid-settings"),
        (SECRET, ANNA, "invalid-settings"),
    ],
)
async def test_password_is_not_changed(site: Api, current: str, new: str, named: str) -> None:
    anna = await sign_in(site, ANNA)
    assert problem(await anna.put("/v1/me/password", {"current": current, "new": new})) == named
    await sign_in(site, ANNA)


async def test_sign_in_that_the_change_of_the_password_overtakes_opens_nothing(
    site: Api, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    passwords = site.app.state.stores.signing_in.passwords
    verify = passwords.verify

    async def verified_and_overtaken(known: str | None, password: str) -> bool:
        right: bool = await verify(known, password)
        await execute(postgres_url, "UPDATE app.accounts SET password_hash = password_hash || 'x'")
        return right

    monkeypatch.setattr(passwords, "verify", verified_and_overtaken)
    assert problem(await try_to_sign_in(site, ANNA)) == "wrong-password"
    connection = await asyncpg.connect(postgres_url)
    assert await connection.fetchval("SELECT count(*) FROM app.sessions") == 0
    await connection.close()


async def test_guessing_waits_and_the_user_elsewhere_does_not_notice(site: Api) -> None:
    for _ in range(5):
        assert problem(await try_to_sign_in(site, ANNA, "verkeerd wachtwoord")) == "wrong-password"
    blocked = await try_to_sign_in(site, ANNA)
    assert (blocked.status_code, problem(blocked)) == (429, "too-many-requests")
    assert 1 <= int(blocked.headers["retry-after"]) <= 60
    await sign_in(site, BRAM)  # another account from the same address
    site.come_from("192.0.2.7")
    await sign_in(site, ANNA)  # the user from another address


async def test_guesses_at_once_count_one_by_one(site: Api) -> None:
    answers = await gathered(*(try_to_sign_in(site, ANNA, "verkeerd wachtwoord") for _ in range(8)))
    assert sorted(one.status_code for one in answers) == [401] * 5 + [429] * 3


async def test_waits_grow_with_the_guesses(site: Api, redis_url: str) -> None:
    waits = []
    for _ in range(3):
        for _ in range(5):
            assert problem(await try_to_sign_in(site, ANNA, "verkeerd wachtwoord")) == "wrong-password"
        await forget_minute(site)
    blocked = await try_to_sign_in(site, ANNA)
    waits.append(int(blocked.headers["retry-after"]))
    assert waits == [pytest.approx(900, abs=60)]


async def test_typing_errors_are_forgotten_once_it_is_right(site: Api) -> None:
    for _ in range(3):
        for _ in range(4):
            assert problem(await try_to_sign_in(site, ANNA, "verkeerd wachtwoord")) == "wrong-password"
        await sign_in(site, ANNA)


async def test_without_redis_nobody_signs_in_and_who_did_goes_on(
    site: Api, postgres_url: str, tmp_path: Path
) -> None:
    anna = await sign_in(site, ANNA)
    async with Api(installation(tmp_path, postgres_url, NOWHERE)) as lame:
        refused = await try_to_sign_in(lame, ANNA)
        assert (refused.status_code, problem(refused)) == (503, "store-unavailable")
        assert refused.headers["retry-after"]
        anna.http = lame.client
        me = (await anna.get("/v1/me")).json()
        assert (me["live"], {one["state"] for one in me["devices"]}) == (False, {"unknown"})


async def test_nothing_secret_is_stored(site: Api, postgres_url: str) -> None:
    anna = await sign_in(site, ANNA)
    connection = await asyncpg.connect(postgres_url)
    rows = [
        str(dict(row))
        for table in ("accounts", "sessions", "refresh_tokens")
        for row in await connection.fetch(f"SELECT * FROM app.{table}")
    ]
    await connection.close()
    for secret in (SECRET, anna.tokens["refresh_token"], anna.tokens["access_token"]):
        assert secret not in "".join(rows)
    assert "$argon2id$" in "".join(rows)


async def test_hash_of_other_costs_is_renewed_when_its_user_signs_in(
    site: Api, postgres_url: str, redis_url: str, tmp_path: Path
) -> None:
    async def costs() -> str:
        return str(await connection.fetchval(statements.KNOWN_HASH, "anna")).split("$")[3]

    connection = await asyncpg.connect(postgres_url)
    await sign_in(site, ANNA)
    assert await costs() == "m=1024,t=1,p=4"
    dearer = installation(tmp_path, postgres_url, redis_url, password_memory_mib=2, password_passes=3)
    async with Api(dearer) as other:
        await sign_in(other, ANNA)
        assert await costs() == "m=2048,t=3,p=4"
        await sign_in(other, ANNA)
    await connection.close()


async def refresh(api: Api, token: str):  # type: ignore[no-untyped-def]
    return await api.client.post("/v1/sessions/refresh", json={"refresh_token": token})


async def forget_minute(api: Api) -> None:
    """As if a minute had passed: Redis' windows cannot be moved by hand."""
    redis = api.app.state.bus.redis
    for key in await redis.keys("*/1/minute"):
        await redis.delete(key)


async def execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
