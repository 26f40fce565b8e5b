"""A new password by mail, and the address mail goes to. The mail server is aiosmtpd."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest

from app.domain.signing_in.mails import reset_mail
from hipper.directory.accounts import Account
from hipper.runtime.jobs import enqueue
from tests.app.kit import Api, installation, problem
from tests.app.people import ANNA, BRAM, SECRET, Client, company, gathered, sign_in, try_to_sign_in
from tests.runtime.smtp import MailServer, texts

pytestmark = pytest.mark.servers

ADDRESS = "anna@thuis.example"
NEW = "vier zure appels"
CODE = re.compile(r"\b(?:[a-z2-9]{5}-){3}[a-z2-9]{5}\b")
RESETS = "/v1/password-resets"


@pytest.fixture
async def post_office(tmp_path: Path) -> AsyncIterator[MailServer]:
    async with MailServer(tmp_path) as server:
        yield server


@pytest.fixture
async def site(
    postgres_url: str, redis_url: str, tmp_path: Path, post_office: MailServer
) -> AsyncIterator[Api]:
    await company(postgres_url, bram="group_administrator")
    await execute(postgres_url, f"UPDATE app.accounts SET email = '{ADDRESS}' WHERE subscriber_id = 'anna'")
    settings = installation(tmp_path, postgres_url, redis_url)
    async with Api(msgspec.structs.replace(settings, mail=post_office.section())) as running:
        yield running


async def execute(url: str, statement: str) -> Any:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetch(statement)
    finally:
        await connection.close()


async def ask(api: Api, user: str = ANNA) -> httpx.Response:
    return await api.client.post(RESETS, json={"user": user})


async def complete(api: Api, code: str, password: str = NEW) -> httpx.Response:
    return await api.client.post(f"{RESETS}/completion", json={"code": code, "password": password})


async def code_of(post_office: MailServer, number: int = 1) -> str:
    text, _ = texts(await post_office.mail(number))
    (code,) = CODE.findall(text)
    return str(code)


async def test_password_is_reset_by_mail_and_every_session_ends(
    site: Api, post_office: MailServer, postgres_url: str
) -> None:
    anna = await sign_in(site, ANNA)
    assert (await ask(site, ANNA.upper())).status_code == 204
    mail = await post_office.mail()
    assert (mail["To"], mail["Subject"]) == (ADDRESS, "Een nieuw wachtwoord kiezen")
    text, html = texts(mail)
    code = await code_of(post_office)
    assert text.startswith("Hallo Anna,")
    assert f"<code>{code}</code>" in html
    assert (await complete(site, code)).status_code == 204
    assert problem(await anna.get("/v1/me")) == "unauthenticated"
    assert problem(await try_to_sign_in(site, ANNA)) == "wrong-password"
    await sign_in(site, ANNA, NEW)
    assert problem(await complete(site, code, "vijf rijpe peren")) == "wrong-code"
    told = await post_office.mail(2)
    assert (told["To"], told["Subject"]) == (ADDRESS, "Uw account is gewijzigd")
    (row,) = await execute(postgres_url, "SELECT by, change FROM directory.audit")
    assert tuple(row) == ("user:anna", "password reset by mail")


@pytest.mark.parametrize("by_administrator", [False, True])
async def test_mailed_code_is_no_good_once_the_password_was_changed(
    site: Api, post_office: MailServer, by_administrator: bool
) -> None:
    """Else who can read old mail still chooses another one."""
    await ask(site)
    code = await code_of(post_office)
    if by_administrator:
        bram = await sign_in(site, BRAM)
        made = await bram.ask("POST", "/v1/users/anna/password")
        told = await post_office.mail(2)
        assert (told["To"], told["Subject"]) == (ADDRESS, "Uw account is gewijzigd")
        assert made.json()["password"] not in texts(told)[0]
    else:
        anna = await sign_in(site, ANNA)
        assert (await anna.put("/v1/me/password", {"current": SECRET, "new": NEW})).status_code == 204
    assert problem(await complete(site, code, "vijf rijpe peren")) == "wrong-code"


async def test_mail_is_in_the_language_of_the_user(
    site: Api, post_office: MailServer, postgres_url: str
) -> None:
    await execute(postgres_url, "UPDATE directory.subscribers SET language = 'en'")
    await ask(site)
    mail = await post_office.mail()
    assert (mail["Subject"], mail["Content-Language"]) == ("Choose a new password", "en")
    assert texts(mail)[0].startswith("Hello Anna,")


@pytest.mark.parametrize("user", ["nobody@acme.test", BRAM, "carl@nowhere.test", "x y"])
async def test_answer_and_work_are_the_same_for_who_gets_no_mail(
    site: Api, post_office: MailServer, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    left: list[str] = []

    async def enqueued(conn: asyncpg.Connection, worker: str, kind: str, payload: dict[str, Any]) -> None:
        left.append(payload["user"])
        await enqueue(conn, worker, kind, payload)

    monkeypatch.setattr("app.domain.signing_in.mailed.enqueue", enqueued)
    known, unknown = await ask(site), await ask(site, user)
    assert (unknown.status_code, unknown.content) == (known.status_code, known.content) == (204, b"")
    assert set(unknown.headers) == set(known.headers)
    assert left == [ANNA, user]  # a job each: whose it is is looked up when it is worked off
    await ask(site)
    await post_office.mail(2)
    assert {mail["To"] for mail in post_office.mails} == {ADDRESS}


async def test_no_code_lies_in_the_queue_or_unhashed_in_the_database(
    site: Api, post_office: MailServer, postgres_url: str
) -> None:
    await ask(site)
    code = await code_of(post_office)
    for table in ("jobs.queue", "jobs.dead", "app.password_resets"):
        assert code not in str(await execute(postgres_url, f"SELECT t::text FROM {table} t"))
    (row,) = await execute(postgres_url, "SELECT expires_at - now() AS left FROM app.password_resets")
    assert 29 * 60 < row["left"].total_seconds() <= 30 * 60


async def test_code_is_too_old_after_half_an_hour(
    site: Api, post_office: MailServer, postgres_url: str
) -> None:
    await ask(site)
    code = await code_of(post_office)
    await execute(
        postgres_url, "UPDATE app.password_resets SET expires_at = expires_at - interval '30 minutes'"
    )
    assert problem(await complete(site, code)) == "wrong-code"
    await sign_in(site, ANNA)


async def test_code_used_twice_at_once_counts_once(site: Api, post_office: MailServer) -> None:
    await ask(site)
    code = await code_of(post_office)
    answers = await gathered(*(complete(site, code, f"wachtwoord {number}") for number in range(3)))
    assert sorted(one.status_code for one in answers) == [204, 401, 401]


async def test_password_that_cannot_be_leaves_the_code_good(site: Api, post_office: MailServer) -> None:
    await ask(site)
    code = await code_of(post_office)
    assert problem(await complete(site, code, "kort")) == "invalid-settings"
    assert (await complete(site, code)).status_code == 204


async def test_stranger_sends_three_mails_and_the_user_still_has_one_that_works(
    site: Api, post_office: MailServer
) -> None:
    """Asked from many addresses; who is not mailed any more has a mail whose code still works."""
    for number in range(6):
        site.come_from(f"192.0.2.{number}")
        assert (await ask(site)).status_code == 204
    code = await code_of(post_office, 3)
    await ask(site, BRAM)  # comes after the others: when it is gone, no more of them are left
    async with site.app.state.pool.acquire() as conn:
        while await conn.fetchval("SELECT count(*) FROM jobs.queue"):
            pass
    assert len(post_office.mails) == 3
    assert (await complete(site, code)).status_code == 204


async def test_one_address_asks_for_ten_an_hour(site: Api) -> None:
    answers = [await ask(site, f"user{number}@acme.test") for number in range(12)]
    assert [one.status_code for one in answers] == [204] * 10 + [429] * 2
    assert int(answers[-1].headers["retry-after"]) <= 3600


async def test_without_a_mail_server_it_says_so(postgres_url: str, redis_url: str, tmp_path: Path) -> None:
    await company(postgres_url)
    async with Api(installation(tmp_path, postgres_url, redis_url)) as api:
        refused = await ask(api)
        assert (refused.status_code, problem(refused)) == (409, "no-mail")
    assert await execute(postgres_url, "SELECT * FROM jobs.queue") == []


async def test_mail_server_that_is_busy_is_tried_again(
    site: Api, post_office: MailServer, postgres_url: str
) -> None:
    post_office.refuse = ["451 try later"]
    await ask(site)
    jobs = site.app.state.stores.signing_in.mailed.jobs
    while not await execute(postgres_url, "SELECT 1 FROM jobs.queue WHERE last_error <> ''"):
        pass
    await execute(postgres_url, "UPDATE jobs.queue SET due_at = now()")
    jobs.wake()
    assert (await complete(site, await code_of(post_office))).status_code == 204


# --- the address --------------------------------------------------------------------------------------


async def want(client: Client, address: str | None, password: str = SECRET) -> httpx.Response:
    return await client.put("/v1/me/email", {"address": address, "password": password})


async def confirm(client: Client, code: str) -> httpx.Response:
    return await client.ask("POST", "/v1/me/email/confirmation", json={"code": code})


async def test_address_counts_once_its_code_came_back_and_the_old_one_is_told(
    site: Api, post_office: MailServer, postgres_url: str
) -> None:
    anna, other = await sign_in(site, ANNA), "anna@elders.example"
    assert (await want(anna, other)).json() == {"address": ADDRESS, "wanted": other}
    assert (await post_office.mail())["To"] == other
    assert problem(await confirm(anna, "aaaaa-bbbbb-ccccc-ddddd")) == "wrong-code"
    bram = await sign_in(site, BRAM)
    assert problem(await confirm(bram, await code_of(post_office))) == "wrong-code"  # not his
    confirmed = await confirm(anna, await code_of(post_office))
    assert confirmed.json() == {"address": other, "wanted": None}
    assert (await post_office.mail(2))["To"] == ADDRESS
    (row,) = await execute(postgres_url, "SELECT change FROM directory.audit")
    assert row["change"] == "e-mail address a***@thuis.example -> a***@elders.example"


async def test_address_is_not_changed_without_the_password(site: Api) -> None:
    anna = await sign_in(site, ANNA)
    assert problem(await want(anna, "dief@elders.example", "geraden woord")) == "wrong-password"
    assert (await anna.get("/v1/me/email")).json() == {"address": ADDRESS, "wanted": None}
    assert (await want(anna, None)).json() == {"address": None, "wanted": None}


@pytest.mark.parametrize(
    "address", ["anna", "anna@", "a b@c.example", "a@b.example\nBcc: c@d.example", "a@b@c"]
)
async def test_addresses_that_cannot_be(site: Api, address: str) -> None:
    anna = await sign_in(site, ANNA)
    refused = await want(anna, address)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "#/address")


async def test_administrator_sets_it_at_once(site: Api, post_office: MailServer) -> None:
    bram = await sign_in(site, BRAM)
    path = "/v1/users/anna/email"
    assert (await bram.put(path, {"address": "nieuw@acme.test"})).json()["address"] == "nieuw@acme.test"
    assert (await bram.get(path)).json() == {"address": "nieuw@acme.test", "wanted": None}
    assert (await post_office.mail())["To"] == ADDRESS
    await ask(site)
    assert (await post_office.mail(2))["To"] == "nieuw@acme.test"


async def test_code_mailed_to_an_address_that_was_replaced_works_no_more(
    site: Api, post_office: MailServer
) -> None:
    await ask(site)
    code, bram = await code_of(post_office), await sign_in(site, BRAM)
    await bram.put("/v1/users/anna/email", {"address": "nieuw@acme.test"})
    assert problem(await complete(site, code)) == "wrong-code"


def test_names_are_written_as_text_and_links_lead_to_the_app_only() -> None:
    account = Account("s1", "t1", "g1", "eve@x.example", '<img src="//evil"> {code}', "nl", True)  # type: ignore[arg-type]
    mail = reset_mail(account, "eve@x.example", "a-b", "https://app.example/reset#{code}")
    assert "<img" not in mail.html
    assert re.findall(r'href="([^"]+)"', mail.html) == ["https://app.example/reset#a-b"]
    assert "https://app.example/reset#a-b" in mail.text
