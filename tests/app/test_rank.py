"""Nobody changes anything of somebody in a higher role, over whichever route."""

from __future__ import annotations

import pytest

from tests.app.kit import Api, problem
from tests.app.people import BRAM, sign_in
from tests.app.test_isolation import execute, routes, state_of, with_own

pytestmark = pytest.mark.servers


async def test_group_administrator_changes_nothing_of_who_is_above(site: Api, postgres_url: str) -> None:
    """Anna is of Bram's group and administers the enterprise: her telephone's password would let him in as
    her, and her services would have her calls."""
    await execute(
        postgres_url, "UPDATE app.accounts SET role = 'enterprise_administrator' WHERE subscriber_id = 'anna'"
    )
    bram = await sign_in(site, BRAM)
    before = await state_of(postgres_url)
    refused = []
    for route in await routes(site):
        if "{user}" not in route.path and "{telephone}" not in route.path:
            continue
        answer = await bram.ask(
            route.method, with_own(route.path), **({} if route.body is None else {"json": route.body})
        )
        if route.method == "GET" or route.path.endswith("/explain"):
            assert answer.status_code < 500, (route, answer.text)
            assert answer.status_code != 403, route
        else:
            assert (answer.status_code, problem(answer)) == (403, "forbidden"), (route, answer.text)
            refused.append(route.path)
    assert await state_of(postgres_url) == before
    assert "/v1/devices/{telephone}/credentials" in refused
    assert "/v1/users/{user}/services/call_forwarding_always" in refused


async def test_equals_and_who_is_below_are_changed(site: Api, postgres_url: str) -> None:
    await execute(
        postgres_url, "UPDATE app.accounts SET role = 'group_administrator' WHERE subscriber_id = 'anna'"
    )
    bram, dora = await sign_in(site, BRAM), await sign_in(site, "dora@acme.test")
    for who in (bram, dora):
        answer = await who.put("/v1/users/anna/services/do_not_disturb", {"active": True})
        assert answer.status_code == 200, answer.text
        renewed = await who.ask("POST", "/v1/devices/anna-1/credentials")
        assert renewed.status_code < 300, renewed.text
