"""What holds for every route: problems, security headers, health, the description."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import structlog

from app.main import SECURITY_HEADERS
from app.problems import KINDS
from tests.app.kit import ASKED, KEY, NO_DATABASE, NOWHERE, PATH, Api, installation, problem

pytestmark = pytest.mark.servers


async def test_no_such_route_is_404(api: Api) -> None:
    answer = await api.client.get("/v1/nothing")
    assert (answer.status_code, problem(answer)) == (404, "not-found")


async def test_wrong_method_is_405_and_names_the_right_one(api: Api) -> None:
    answer = await api.client.get(PATH)
    assert (answer.status_code, problem(answer)) == (405, "method-not-allowed")
    assert "POST" in answer.headers["allow"]


async def test_every_answer_has_the_security_headers(api: Api) -> None:
    answers = [
        await api.ask(),
        await api.ask(key=None),
        await api.client.get("/v1/nothing"),
        await api.client.get(PATH),
        await api.client.get("/health/live"),
    ]
    for answer in answers:
        for name, value in SECURITY_HEADERS:
            assert answer.headers.get_list(name.decode()) == [value.decode()]


async def test_a_fault_of_ours_is_500_and_logged_without_what_was_sent(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(_: Any, asked: Any) -> None:
        raise RuntimeError(f"cannot stand {asked.called}")

    monkeypatch.setattr("app.domain.mobile_network.services.NetworkService.answer", fail)
    with structlog.testing.capture_logs() as lines:
        answer = await api.ask(called="0301234567")
    assert (answer.status_code, problem(answer)) == (500, "internal-error")
    (line,) = lines
    assert (line["event"], line["error"], line["path"]) == ("request.fault", "RuntimeError", PATH)
    assert any("controllers.py" in where for where in line["where"])
    for secret in ("0301234567", ASKED["served_user"], ASKED["call_reference"], KEY, "cannot stand"):
        assert secret not in str(line)
        assert secret not in answer.text


def test_every_problem_has_a_type_of_its_own() -> None:
    assert len({kind.type for kind in KINDS}) == len(KINDS)
    page = (Path(__file__).parents[2] / "docs/api.md").read_text()
    for kind in KINDS:
        assert f"`{kind.name}`" in page, kind.name


async def test_ready_says_what_is_there(api: Api) -> None:
    answer = await api.client.get("/health/ready")
    assert (answer.status_code, answer.json()) == (
        200,
        {"status": "ready", "parts": {"redis": True, "database": True}},
    )
    api.app.state.draining = True
    answer = await api.client.get("/health/ready")
    assert (answer.status_code, answer.json()["status"]) == (503, "draining")


async def test_it_starts_with_everything_away_and_says_so(tmp_path: Path) -> None:
    async with Api(installation(tmp_path, NO_DATABASE, NOWHERE)) as api:
        assert (await api.client.get("/health/live")).json() == {"status": "live"}
        answer = await api.client.get("/health/ready")
        assert (answer.status_code, answer.json()) == (
            503,
            {"status": "not ready", "parts": {"redis": False, "database": False}},
        )


async def test_the_description_names_operations_bodies_and_problems(api: Api) -> None:
    described = (await api.client.get("/v1/openapi.json")).json()
    operation = described["paths"][PATH]["post"]
    assert operation["operationId"] == "askImrn"
    assert operation["security"] == [{"networkKey": []}]
    assert described["components"]["securitySchemes"]["networkKey"]["scheme"] == "bearer"
    assert set(operation["responses"]) >= {"200", "400", "401", "413", "415", "429", "503"}
    assert "application/problem+json" in operation["responses"]["401"]["content"]
    schemas = described["components"]["schemas"]
    asked = next(schema for name, schema in schemas.items() if name.endswith("ImrnRequest"))
    assert set(asked["required"]) == {"served_user", "called", "kind", "call_reference"}
    assert any(name.endswith("Problem") for name in schemas)
