"""What every route of the API answers with, whatever it is: walked over the whole application, so that a
route that is added is walked too."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import httpx
import pytest

from app.main import LARGEST_BODY, SECURITY_HEADERS
from app.operations import Access, handlers, operation_of
from tests.app.kit import Api, installation, problem
from tests.app.people import ANNA, company, sign_in

pytestmark = pytest.mark.servers

ORIGIN = "https://app.example"


def addresses(api: Api) -> Iterable[tuple[str, str, Access]]:
    """Method, path and who may ask, of every route."""
    for method, path, handler in handlers(api.app):
        filled = path
        while "{" in filled:
            before, _, rest = filled.partition("{")
            filled = f"{before}nobodys{rest.partition('}')[2]}"
        yield method, filled, operation_of(handler).access


def check(answer: httpx.Response) -> None:
    names = [name.decode().lower() for name, _ in answer.headers.raw]
    for name, value in SECURITY_HEADERS:
        wanted = name.decode()
        assert names.count(wanted) == 1, (wanted, answer.request.url)
        own = wanted in ("cache-control", "content-security-policy")
        assert own or answer.headers[wanted] == value.decode()
    policy = answer.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert "default-src 'none'" in policy
    if not answer.request.url.path.startswith("/v1/docs"):
        assert answer.headers["cache-control"] in ("no-store", "no-cache"), answer.request.url
    for told in ("server", "x-powered-by"):
        assert told not in names


async def test_every_route_answers_with_the_security_headers(site: Api) -> None:
    """To strangers, and where the method, the media type or the body is wrong."""
    walked = 0
    for method, path, access in addresses(site):
        answers = [await site.client.request("TRACE", path), await site.client.options(path)]
        if access is not Access.OPEN or method != "GET":
            answers.append(await site.client.request(method, path, content=b"<x/>"))
            assert answers[-1].status_code >= 400, (method, path)
        for answer in answers:
            assert answer.status_code < 500
            check(answer)
        walked += 1
    assert walked > 40
    anna = await sign_in(site, ANNA)
    for path in ("/v1/me", "/v1/docs", "/v1/problems", "/v1/openapi.json", "/v1/me/services/voicemail"):
        good = await anna.get(path)
        assert good.status_code == 200
        check(good)


async def test_every_route_that_takes_a_body_refuses_one_that_is_too_large(site: Api) -> None:
    """As who may ask: a stranger is refused before a byte of the body is looked at."""
    anna, walked = await sign_in(site, ANNA), 0
    body = b'{"x": "' + b"x" * 8 * 1024 * 1024 + b'"}'
    headers = {"Content-Type": "application/json"}
    for method, path, access in addresses(site):
        if method == "GET" or access is not Access.USER or "nobodys" in path:
            continue
        answer = await anna.ask(method, path, content=body, headers=headers)
        assert answer.status_code < 500
        if answer.status_code == 413:
            assert problem(answer) == "body-too-large"
            walked += 1
        else:  # takes none, or another media type: what was sent is not read
            assert answer.status_code in (200, 201, 202, 204, 400, 409, 415, 422), (method, path)
    assert walked > 10
    assert LARGEST_BODY == 64 * 1024


async def test_over_tls_browsers_are_told_to_stay_there(site: Api) -> None:
    name = "strict-transport-security"
    assert name not in (await site.client.get("/health/live")).headers
    secure = await site.client.get("https://api.test/health/live")
    assert secure.headers[name] == "max-age=31536000"


async def test_pages_of_known_origins_may_use_every_route(
    postgres_url: str, redis_url: str, tmp_path: Path
) -> None:
    """Preflights of every route: what the app sends is allowed, what it reads exposed, to no other page."""
    await company(postgres_url)
    settings = installation(tmp_path, postgres_url, redis_url, cors_origins=(ORIGIN,))
    sent = (
        "authorization",
        "content-type",
        "if-match",
        "if-none-match",
        "idempotency-key",
        "accept-language",
    )
    async with Api(settings) as api:
        for method, path, _ in addresses(api):
            asked = {
                "Origin": ORIGIN,
                "Access-Control-Request-Method": method,
                "Access-Control-Request-Headers": ", ".join(sent),
            }
            allowed = await api.client.options(path, headers=asked)
            assert allowed.status_code < 300, (method, path)
            assert allowed.headers["access-control-allow-origin"] == ORIGIN
            assert method in allowed.headers["access-control-allow-methods"]
            listed = allowed.headers["access-control-allow-headers"].lower()
            assert {name for name in sent if name not in listed} == set(), path
            assert "access-control-allow-credentials" not in allowed.headers
        answer = await api.client.get("/v1/problems", headers={"Origin": ORIGIN})
        exposed = answer.headers["access-control-expose-headers"].lower()
        assert {"etag", "retry-after"} <= {name.strip() for name in exposed.split(",")}
        stranger = await api.client.get("/v1/problems", headers={"Origin": "https://evil.example"})
        assert "access-control-allow-origin" not in stranger.headers
