"""API keys of scope ``imrn`` on the route of mobile networks, beside the static key."""

from __future__ import annotations

import asyncpg
import pytest

from tests.app.domain.admin.people import operator_of
from tests.app.kit import Api, problem
from tests.app.people import Client

pytestmark = pytest.mark.servers

EMERGENCY = {"called": "112"}


async def key_of(api: Api, url: str, name: str = "mno") -> tuple[Client, str, str]:
    """The operator who made it, its id and the key itself."""
    operator = await operator_of(api, url)
    body = {"role": "network", "network": name, "scopes": ["imrn"]}
    answer = await operator.ask("POST", "/v1/api-keys", json=body)
    assert answer.status_code == 201, answer.text
    return operator, answer.json()["key"]["id"], answer.json()["secret"]


async def test_key_works_beside_the_static_one_until_it_is_revoked(api: Api, postgres_url: str) -> None:
    operator, name, key = await key_of(api, postgres_url)
    for one in (None, key):
        answer = await (api.ask() if one is None else api.ask(key=one))
        assert answer.json()["action"] == "route", answer.text
    assert (await operator.ask("DELETE", f"/v1/api-keys/{name}")).status_code == 204
    assert problem(await api.ask(key=key)) == "unauthenticated"
    assert problem(await api.ask(key=key, **EMERGENCY)) == "unauthenticated"
    assert (await api.ask()).status_code == 200


async def test_first_question_of_a_key_may_be_about_112(api: Api, postgres_url: str) -> None:
    _, _, key = await key_of(api, postgres_url)
    assert (await api.ask(key=key, **EMERGENCY)).json() == {"action": "continue"}


async def test_112_and_known_keys_do_without_the_database(api: Api, postgres_url: str) -> None:
    _, _, key = await key_of(api, postgres_url)
    assert (await api.ask(key=key)).status_code == 200
    api.app.state.pool.terminate()
    assert (await api.ask(key=key, **EMERGENCY)).json() == {"action": "continue"}
    assert problem(await api.ask(key="hik_unknown")) == "unauthenticated"


async def test_keys_of_before_are_known_after_a_restart_without_being_asked_with(
    api: Api, postgres_url: str
) -> None:
    _, _, key = await key_of(api, postgres_url)
    await api.app.state.network_keys.remember()
    api.app.state.pool.terminate()
    assert (await api.ask(key=key, **EMERGENCY)).json() == {"action": "continue"}


async def test_keys_of_others_are_no_keys_of_networks(api: Api, postgres_url: str) -> None:
    operator = await operator_of(api, postgres_url)
    body = {"role": "service", "tenant": "acme", "scopes": ["provisioning"]}
    service = (await operator.ask("POST", "/v1/api-keys", json=body)).json()["secret"]
    for key in (service, "hik_operator", "hik_", "hik_nonsense"):
        assert problem(await api.ask(key=key)) == "unauthenticated"


async def test_key_is_of_a_network_that_asks(api: Api, postgres_url: str) -> None:
    operator = await operator_of(api, postgres_url)
    for name in ("nobody", ""):
        body = {"role": "network", "network": name, "scopes": ["imrn"]}
        refused = await operator.ask("POST", "/v1/api-keys", json=body)
        assert refused.json()["errors"][0]["pointer"] == "#/network"


async def test_wrong_keys_are_counted_by_address(api: Api, postgres_url: str) -> None:
    api.app.state.stores.buckets._rate = 3.0
    seen = [(await api.ask(key=f"hik_{count}")).status_code for count in range(6)]
    assert seen[0] == 401
    assert 429 in seen
    assert (await api.ask()).status_code == 200  # whose key is known is not counted with them


async def test_making_and_revoking_stand_in_the_audit(api: Api, postgres_url: str) -> None:
    operator, name, key = await key_of(api, postgres_url)
    for _ in range(2):  # the second time nothing happens
        assert (await operator.ask("DELETE", f"/v1/api-keys/{name}")).status_code == 204
    body = {"role": "service", "tenant": "acme", "scopes": ["read-only"]}
    await operator.ask("POST", "/v1/api-keys", json=body)
    items = (await operator.get("/v1/audit")).json()["items"]
    told = [(one["tenant"], one["by"], one["change"]) for one in items]
    assert told == [
        ("acme", "key:operator", "made: service read-only"),
        ("", "key:operator", "revoked"),
        ("", "key:operator", "made: network imrn mno"),
    ]
    assert key not in str(items)
    listed = (await operator.get("/v1/api-keys")).text
    assert key not in listed
    connection = await asyncpg.connect(postgres_url)
    try:
        rows = await connection.fetch("SELECT * FROM app.api_keys")
        assert key not in str([dict(row) for row in rows])
    finally:
        await connection.close()
