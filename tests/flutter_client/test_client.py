"""The generated client against the API itself."""

from __future__ import annotations

from typing import Any

import asyncpg
import httpx
import msgspec
import pytest

from app.problems import KINDS
from hipper_api import Hipper, NoAnswer, ProblemError, TokenPair, UnexpectedAnswer, models, problems, settings
from tests.app.kit import Api
from tests.app.people import ANNA, BRAM, SECRET

pytestmark = pytest.mark.servers


def client(site: Api, **options: Any) -> Hipper:
    return Hipper("http://api.test", http=site.client, **options)


async def signed_in(site: Api, user: str = ANNA, **options: Any) -> Hipper:
    hipper = client(site, **options)
    await hipper.sign_in(user, SECRET, "test")
    return hipper


async def test_who_signs_in_reads_typed_answers(site: Api) -> None:
    hipper = await signed_in(site)
    me = await hipper.me.get_me()
    assert (me.user, me.company) == (ANNA, "Acme")
    assert models.NumberKind("fixed") in {one.kind for one in me.numbers}
    assert {one.state for one in me.devices} >= {models.DeviceState.NOT_REGISTERED}
    (session,) = (await hipper.signing_in.list_sessions()).items
    assert (session.current, session.device_name) == (True, "test")


async def test_problems_are_exceptions_of_their_own(site: Api) -> None:
    with pytest.raises(problems.WrongPassword) as wrong:
        await client(site, language="nl").sign_in(ANNA, "geraden woord")
    assert (wrong.value.status, wrong.value.title) == (401, "De gebruikersnaam of het wachtwoord klopt niet")
    hipper = await signed_in(site)
    with pytest.raises(problems.InvalidSettings) as invalid:
        await hipper.my_services.set_my_call_forwarding_always(
            settings.CallForwardingAlways(active=True, destination="nergens")
        )
    assert invalid.value.errors
    with pytest.raises(problems.NotFound):
        await hipper.signing_in.end_session("ses_nobodys")
    with pytest.raises(problems.Forbidden):
        await hipper.groups.list_groups()


def test_every_kind_the_api_documents_has_an_exception() -> None:
    general = {"internal-error", "method-not-allowed"}  # of no route in particular
    assert {kind.name for kind in KINDS} - set(problems.KINDS) <= general


async def test_change_leaves_the_rest_as_it_was_and_versions_keep_devices_apart(site: Api) -> None:
    phone, laptop = await signed_in(site), await signed_in(site)
    services = phone.my_services
    first = await services.set_my_call_forwarding_always(
        settings.CallForwardingAlways(active=True, destination="0307654321")
    )
    assert await services.get_my_call_forwarding_always(known=first) is first  # 304
    off = settings.CallForwardingAlwaysChange(active=False)
    changed = await laptop.my_services.change_my_call_forwarding_always(off, if_match=first.etag)
    assert (changed.value.active, changed.value.destination) == (False, first.value.destination)
    with pytest.raises(problems.ChangedMeanwhile):
        await services.change_my_call_forwarding_always(off, if_match=first.etag)
    assert await services.get_my_call_forwarding_always(known=first) == changed


async def test_tokens_are_renewed_and_kept_before_they_are_used(site: Api) -> None:
    kept: list[TokenPair] = []

    async def keep(pair: TokenPair) -> None:
        kept.append(pair)

    hipper = await signed_in(site, on_tokens=keep)
    assert hipper.tokens == kept[0]
    spoilt = TokenPair(
        session=kept[0].session, access_token="too.old.now", refresh_token=kept[0].refresh_token
    )
    hipper.tokens = spoilt
    assert (await hipper.me.get_me()).user == ANNA
    assert len(kept) == 2
    assert hipper.tokens == kept[1]


async def test_session_that_is_over_is_told(site: Api) -> None:
    hipper = await signed_in(site)
    assert hipper.tokens is not None
    await hipper.signing_in.end_session(hipper.tokens.session)
    with pytest.raises(problems.SessionEnded):
        await hipper.me.get_me()


async def test_lists_by_cursor_are_one_list(site: Api, postgres_url: str) -> None:
    connection = await asyncpg.connect(postgres_url)
    await connection.execute(
        "UPDATE app.accounts SET role = 'enterprise_administrator' WHERE subscriber_id = 'bram'"
    )
    await connection.close()
    hipper = await signed_in(site, BRAM)
    every = [group.id async for group in hipper.groups.each_groups(limit=1)]
    assert every == ["g1", "g2"]
    assert (await hipper.groups.list_groups(limit=1)).next is not None


# --- what is no answer of the API ---------------------------------------------------------------------


def answering(*answers: httpx.Response | Exception) -> tuple[Hipper, list[httpx.Request]]:
    seen: list[httpx.Request] = []
    left = list(answers)

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        given = left.pop(0)
        if isinstance(given, Exception):
            raise given
        return given

    http = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    return Hipper("http://api.test/", key="hik_x", http=http), seen


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (httpx.Response(502, html="<h1>Bad gateway</h1>"), UnexpectedAnswer),
        (httpx.Response(200, json={"user": 1}), UnexpectedAnswer),
        (httpx.Response(200, html="<h1>Hotel Wi-Fi</h1>"), UnexpectedAnswer),
        (httpx.ConnectError("refused"), NoAnswer),
    ],
)
async def test_what_is_no_answer_is_an_error_of_ours(
    answer: httpx.Response | Exception, error: type[Exception]
) -> None:
    hipper, _ = answering(answer)
    with pytest.raises(error):
        await hipper.me.get_me()


async def test_kinds_that_come_later_are_problems_too() -> None:
    later = {"type": "urn:hipper:problem:of-tomorrow", "title": "New", "status": 409, "state": "held"}
    answer = httpx.Response(
        409, json=later, headers={"content-type": "application/problem+json", "retry-after": "7"}
    )
    hipper, _ = answering(answer)
    with pytest.raises(ProblemError) as caught:
        await hipper.me.get_me()
    assert (caught.value.kind, caught.value.retry_after_s) == ("of-tomorrow", 7.0)
    assert caught.value.more["state"] == "held"


async def test_words_and_members_that_come_later_break_nothing() -> None:
    state = {"enabled": True, "since": 1.0, "recovery_codes_left": 3, "colour": "green"}
    hipper, _ = answering(httpx.Response(200, json=state))
    assert (await hipper.signing_in.get_second_factor()).enabled is True
    choice = msgspec.json.decode(b'"satellite"', type=models.IdentityChoice)
    assert choice == "satellite"
    assert choice is not models.IdentityChoice.FIXED


async def test_ids_cannot_leave_their_place_in_the_path() -> None:
    hipper, seen = answering(httpx.Response(204))
    await hipper.signing_in.end_session("../../users/x?a=b#c")
    assert seen[0].url.raw_path == b"/v1/me/sessions/..%2F..%2Fusers%2Fx%3Fa%3Db%23c"


async def test_request_with_a_key_of_its_own_is_sent_once_more_when_the_answer_is_lost() -> None:
    hipper, seen = answering(httpx.ReadTimeout("lost"), httpx.Response(200, json={}))
    await hipper.ask("POST", "/v1/x", body={}, headers={"Idempotency-Key": None})
    first, second = (one.headers["idempotency-key"] for one in seen)
    assert first == second
    hipper, seen = answering(httpx.ReadTimeout("lost"))
    with pytest.raises(NoAnswer):
        await hipper.ask("POST", "/v1/x", body={})  # may have been done: not ours to repeat
    assert len(seen) == 1
