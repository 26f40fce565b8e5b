"""What the description promises, for bodies nobody thought of: no fault of ours, no status that is not
described, no answer of another shape, and what does not fit is refused."""

from __future__ import annotations

import asyncio
import hashlib
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi import checks

from app.main import create_app
from app.operations import Access, handlers, operation_of
from hipper.runtime.settings_model import Settings
from tests.app.kit import installation
from tests.app.live import answering_aside
from tests.app.people import ANNA, BRAM, SECRET, company
from tests.app.test_isolation import ADMINISTERED, HELD

pytestmark = pytest.mark.servers

OPERATORS_KEY = "hik_operator"
OWN = {
    "group": "g1",
    "user": "anna",
    "tenant": "acme",
    "telephone": "anna-2",
    "number": "31201239999",
    "block": "b-acme",
    "import_": "i-acme",
    "key": "k-1",
}
"""Every other time those of the company are asked about, instead of what nobody has."""
CHECKED = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.response_headers_conformance,
]
NOT_ASKED = {"changePassword", "endSession", "listen"}
"""They end the session that asks, or do not end by themselves."""


@contextmanager
def served(folder: Path, pg: str, redis: str) -> Iterator[str]:
    """The API on a port, as it runs: schemathesis has no event loop."""
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    app = create_app(installation(folder, pg, redis))
    server = uvicorn.Server(uvicorn.Config(app, lifespan="on", log_config=None, ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        deadline = time.monotonic() + 20
        while not server.started:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


@pytest.mark.parametrize("who", [ANNA, BRAM], ids=["user", "administrator"])
def test_answers_are_as_described(who: str, postgres_url: str, redis_url: str, tmp_path: Path) -> None:
    asyncio.run(company(postgres_url, bram="enterprise_administrator"))
    with served(tmp_path, postgres_url, redis_url) as address, answering_aside(redis_url):
        body = {"user": who, "password": SECRET, "device_name": "schemathesis"}
        tokens = httpx.post(f"{address}/v1/sessions", json=body).json()
        headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        asked: dict[str, int] = {}
        for name, operation in operations(address):
            theirs = operation.path.startswith(ADMINISTERED) is (who == BRAM)
            asked[name] = try_out(operation, GenerationMode.POSITIVE, headers, 3 if theirs else 1)
            if theirs and operation.body:
                asked[name] += try_out(operation, GenerationMode.NEGATIVE, headers, 2)
        assert all(asked.values())
        assert len(asked) > 200
    asyncio.run(nothing_of_others_changed(postgres_url))


def test_answers_to_operators_are_as_described(postgres_url: str, redis_url: str, tmp_path: Path) -> None:
    """What is for them alone, and once whatever else they administer: of services the same lines answer. What
    removes comes last, or there would be little left to ask about."""
    asyncio.run(company(postgres_url))
    asyncio.run(operator(postgres_url))
    every = handlers(create_app(Settings()))
    own = {handler.operation_id for _, _, handler in every if operation_of(handler).access is Access.OPERATOR}
    asked: dict[str, int] = {}
    with served(tmp_path, postgres_url, redis_url) as address, answering_aside(redis_url):
        headers = {"Authorization": f"Bearer {OPERATORS_KEY}"}
        for name, operation in sorted(operations(address), key=lambda one: removes(one[1])):
            if not operation.path.startswith(ADMINISTERED) or "/services" in operation.path:
                continue
            asked[name] = try_out(operation, GenerationMode.POSITIVE, headers, 3 if name in own else 1)
            if name in own and operation.body:
                asked[name] += try_out(operation, GenerationMode.NEGATIVE, headers, 2)
    assert own <= set(asked)
    assert all(asked.values())
    assert len(asked) > 40


def operations(address: str) -> Iterator[tuple[str, Any]]:
    """Every one that is asked, with its name."""
    for found in schemathesis.openapi.from_url(f"{address}/v1/openapi.json").get_all_operations():
        operation = found.ok()
        name = operation.definition.raw["operationId"]
        if name not in NOT_ASKED:
            yield name, operation


def removes(operation: Any) -> bool:
    return operation.method.upper() == "DELETE" or operation.path.endswith("/erase")


async def operator(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(
            "INSERT INTO app.api_keys (key_id, key_hash, name, role) VALUES ('op', $1, 'op', 'operator')",
            hashlib.sha256(OPERATORS_KEY.encode()).digest(),
        )
        await connection.execute(HELD)
    finally:
        await connection.close()


def try_out(operation: Any, mode: GenerationMode, headers: dict[str, str], examples: int) -> int:
    """How often it was asked."""
    asked = 0

    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        nonlocal asked
        asked += 1
        case.headers.pop("If-Match", None)  # else nothing but 412
        if asked % 2:
            ours = {name: own for name, own in OWN.items() if name in case.path_parameters}
            case.path_parameters.update(ours)
        body = case.meta.components.get(ParameterLocation.BODY)
        wrong_body = body is not None and body.mode is GenerationMode.NEGATIVE
        refused = [checks.negative_data_rejection] if wrong_body else []
        case.call_and_validate(headers=headers, checks=[*CHECKED, *refused])

    try:
        ask()
    except Unsatisfiable:  # nothing of this operation could be wrong
        if mode is GenerationMode.POSITIVE:
            raise
    return asked


async def nothing_of_others_changed(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        assert not await connection.fetchval("SELECT count(*) FROM directory.audit WHERE tenant_id = 'other'")
    finally:
        await connection.close()
