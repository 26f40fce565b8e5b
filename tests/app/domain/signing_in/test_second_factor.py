"""Signing in with a code beside the password (RFC 6238)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.etree import ElementTree

import asyncpg
import httpx
import pyotp
import pytest

from app.domain.signing_in.account_statements import TAKE_STEP
from app.problems import ProblemError
from hipper.directory.accounts import find_account
from hipper.runtime.clock import ManualClock
from tests.app.kit import Api, installation, problem
from tests.app.people import ANNA, BRAM, SECRET, Client, company, gathered, sign_in, try_to_sign_in

pytestmark = pytest.mark.servers

HERE = "/v1/me/second-factor"
DORA = "dora@acme.test"


@pytest.fixture
def clock() -> ManualClock:
    clock = ManualClock()
    clock.advance(3)
    return clock


@pytest.fixture
async def site(postgres_url: str, redis_url: str, tmp_path: Path, clock: ManualClock) -> AsyncIterator[Api]:
    await company(postgres_url, bram="group_administrator", dora="enterprise_administrator")
    async with Api(installation(tmp_path, postgres_url, redis_url), clock) as running:
        yield running


class Authenticator:
    """What makes the codes, with the clock of the test."""

    def __init__(self, secret: str, clock: ManualClock) -> None:
        self._totp = pyotp.TOTP(secret)
        self._clock = clock

    def code(self, steps: int = 0) -> str:
        return self._totp.at(int(self._clock.unix()) + 30 * steps)


async def post(client: Client, path: str, body: Any) -> httpx.Response:
    return await client.ask("POST", f"{HERE}{path}", json=body)


async def switched_on(client: Client, clock: ManualClock) -> tuple[Authenticator, list[str]]:
    """With the recovery codes; the time is that of the next code."""
    enrolled = (await post(client, "/enrolment", {"password": SECRET})).json()
    authenticator = Authenticator(enrolled["secret"], clock)
    confirmed = await post(client, "/confirmation", {"code": authenticator.code()})
    assert confirmed.status_code == 200, confirmed.text
    clock.advance(30)
    return authenticator, confirmed.json()["codes"]


async def with_code(api: Api, user: str, code: str, password: str = SECRET) -> httpx.Response:
    body = {"user": user, "password": password, "code": code}
    return await api.client.post("/v1/sessions", json=body)


async def test_enrolment_is_a_secret_an_address_and_a_picture(site: Api) -> None:
    anna = await sign_in(site, ANNA)
    enrolled = (await post(anna, "/enrolment", {"password": SECRET})).json()
    uri = urlsplit(enrolled["uri"])
    assert (uri.scheme, uri.netloc, unquote(uri.path)) == ("otpauth", "totp", f"/Hipper:{ANNA}")
    assert parse_qs(uri.query) == {"secret": [enrolled["secret"]], "issuer": ["Hipper"]}
    assert ElementTree.fromstring(enrolled["qr_svg"]).tag.endswith("svg")
    assert (await anna.get(HERE)).json() == {"enabled": False, "since": None, "recovery_codes_left": 0}
    await sign_in(site, ANNA)  # it counts only once it is confirmed


async def test_signing_in_needs_password_and_code(site: Api, clock: ManualClock) -> None:
    anna = await sign_in(site, ANNA)
    authenticator, codes = await switched_on(anna, clock)
    state = (await anna.get(HERE)).json()
    assert (state["enabled"], state["recovery_codes_left"]) == (True, len(codes))
    assert problem(await try_to_sign_in(site, ANNA)) == "code-needed"
    assert problem(await with_code(site, ANNA, "000000")) == "wrong-code"
    assert problem(await with_code(site, ANNA, authenticator.code(), "verkeerd")) == "wrong-password"
    code = authenticator.code()
    assert (await with_code(site, ANNA, f"{code[:3]} {code[3:]}")).status_code == 201
    await sign_in(site, BRAM)  # nobody else needs one


async def test_a_code_counts_once(site: Api, clock: ManualClock) -> None:
    anna = await sign_in(site, ANNA)
    authenticator, _ = await switched_on(anna, clock)
    answers = await gathered(*(with_code(site, ANNA, authenticator.code()) for _ in range(4)))
    assert sorted(one.status_code for one in answers) == [201, 401, 401, 401]
    assert problem(await with_code(site, ANNA, authenticator.code(-1))) == "wrong-code"  # nor an older one
    clock.advance(30)
    assert (await with_code(site, ANNA, authenticator.code())).status_code == 201


async def test_of_two_who_give_the_same_code_at_once_one_gets_in(site: Api, clock: ManualClock) -> None:
    """Both have seen that it is new; the database lets one of them take it."""
    anna = await sign_in(site, ANNA)
    await switched_on(anna, clock)
    step = int(clock.unix()) // 30
    taken = await gathered(*(site.app.state.pool.fetchval(TAKE_STEP, "anna", step) for _ in range(4)))
    assert sorted(map(str, taken)) == ["None", "None", "None", "anna"]


async def test_code_that_confirmed_is_used(site: Api, clock: ManualClock) -> None:
    anna = await sign_in(site, ANNA)
    enrolled = (await post(anna, "/enrolment", {"password": SECRET})).json()
    code = Authenticator(enrolled["secret"], clock).code()
    assert (await post(anna, "/confirmation", {"code": code})).status_code == 200
    assert problem(await with_code(site, ANNA, code)) == "wrong-code"


@pytest.mark.parametrize(("steps", "status"), [(-2, 401), (-1, 201), (0, 201), (1, 201), (2, 401)])
async def test_clocks_may_differ_by_a_step(site: Api, clock: ManualClock, steps: int, status: int) -> None:
    anna = await sign_in(site, ANNA)
    authenticator, _ = await switched_on(anna, clock)
    clock.advance(90)
    assert (await with_code(site, ANNA, authenticator.code(steps))).status_code == status


async def test_recovery_code_works_once_in_any_writing(site: Api, clock: ManualClock) -> None:
    anna = await sign_in(site, ANNA)
    _, codes = await switched_on(anna, clock)
    assert len(set(codes)) == 10
    assert (await with_code(site, ANNA, codes[0].upper().replace("-", " "))).status_code == 201
    assert problem(await with_code(site, ANNA, codes[0])) == "wrong-code"
    assert (await anna.get(HERE)).json()["recovery_codes_left"] == 9
    renewed = (await post(anna, "/recovery-codes", {"password": SECRET})).json()["codes"]
    assert problem(await with_code(site, ANNA, codes[1])) == "wrong-code"
    assert (await with_code(site, ANNA, renewed[1])).status_code == 201


async def test_nothing_changes_without_the_password(site: Api, clock: ManualClock) -> None:
    """A stolen token alone neither keeps the user out nor takes the second factor off."""
    anna = await sign_in(site, ANNA)
    assert problem(await post(anna, "/enrolment", {"password": "geraden woord"})) == "wrong-password"
    await switched_on(anna, clock)
    for path in ("/removal", "/recovery-codes"):
        assert problem(await post(anna, path, {"password": "geraden woord"})) == "wrong-password"
    assert (await anna.get(HERE)).json()["enabled"] is True
    assert problem(await post(anna, "/enrolment", {"password": SECRET})) == "second-factor-state"
    assert (await post(anna, "/removal", {"password": SECRET})).status_code == 204
    await sign_in(site, ANNA)


async def test_unconfirmed_or_absent_second_factor_confirms_nothing(site: Api) -> None:
    anna = await sign_in(site, ANNA)
    assert problem(await post(anna, "/confirmation", {"code": "123456"})) == "second-factor-state"
    assert problem(await post(anna, "/recovery-codes", {"password": SECRET})) == "second-factor-state"
    await post(anna, "/enrolment", {"password": SECRET})
    assert problem(await post(anna, "/confirmation", {"code": "000 000"})) == "wrong-code"
    await sign_in(site, ANNA)


async def test_guessing_codes_ends_and_the_user_gets_in_with_a_recovery_code(
    site: Api, clock: ManualClock
) -> None:
    """Somebody knows the password and tries codes from many addresses."""
    anna = await sign_in(site, ANNA)
    authenticator, codes = await switched_on(anna, clock)
    factor = site.app.state.stores.signing_in.second_factor
    account = await find_account(site.app.state.pool, ANNA)
    tried, right = [], {authenticator.code(steps) for steps in (-1, 0, 1)}
    for code in [one for one in map("{:06}".format, range(40)) if one not in right][:31]:
        with pytest.raises(ProblemError) as refused:
            await factor.check(account, code)  # as signing in does once the password was right
        tried.append(refused.value.kind.name)
    assert tried == ["wrong-code"] * 30 + ["too-many-requests"]
    site.come_from("198.51.100.1")
    late = await with_code(site, ANNA, authenticator.code())
    assert (late.status_code, problem(late)) == (429, "too-many-requests")
    assert int(late.headers["retry-after"]) <= 3600
    assert (await with_code(site, ANNA, codes[0])).status_code == 201
    await sign_in(site, BRAM)


async def test_administrators_take_it_off_and_that_is_audited(
    site: Api, clock: ManualClock, postgres_url: str
) -> None:
    await switched_on(await sign_in(site, ANNA), clock)
    bram = await sign_in(site, BRAM)
    assert (await bram.ask("DELETE", "/v1/users/anna/second-factor")).status_code == 204
    await sign_in(site, ANNA)
    assert (await bram.ask("DELETE", "/v1/users/anna/second-factor")).status_code == 204  # none any more
    connection = await asyncpg.connect(postgres_url)
    rows = await connection.fetch("SELECT by, subject, change FROM directory.audit ORDER BY audit_id")
    await connection.close()
    assert [tuple(row) for row in rows] == [
        ("user:anna", f"subscriber {ANNA}", "second factor switched on"),
        ("user:bram", f"subscriber {ANNA}", "second factor switched off"),
    ]


async def test_nobody_takes_it_off_for_a_higher_role(
    site: Api, postgres_url: str, clock: ManualClock
) -> None:
    connection = await asyncpg.connect(postgres_url)
    await connection.execute("UPDATE directory.subscribers SET group_id = 'g1' WHERE subscriber_id = 'dora'")
    await connection.close()
    await switched_on(await sign_in(site, DORA), clock)
    bram = await sign_in(site, BRAM)
    assert problem(await bram.ask("DELETE", "/v1/users/dora/second-factor")) == "forbidden"
    assert problem(await bram.put("/v1/users/dora/email", {"address": "bram@acme.test"})) == "forbidden"
    assert problem(await try_to_sign_in(site, DORA)) == "code-needed"


async def test_neither_secret_nor_codes_are_readable_in_the_database(
    site: Api, clock: ManualClock, postgres_url: str
) -> None:
    anna = await sign_in(site, ANNA)
    secret = (await post(anna, "/enrolment", {"password": SECRET})).json()["secret"]
    code = Authenticator(secret, clock).code()
    codes = (await post(anna, "/confirmation", {"code": code})).json()["codes"]
    connection = await asyncpg.connect(postgres_url)
    kept = b"".join(
        [
            *[row[0] for row in await connection.fetch("SELECT secret FROM app.second_factors")],
            *[row[0] for row in await connection.fetch("SELECT code_hash FROM app.recovery_codes")],
        ]
    )
    await connection.close()
    assert len(kept) > 100
    for hidden in (secret, *codes, *(code.replace("-", "") for code in codes)):
        assert hidden.encode() not in kept
