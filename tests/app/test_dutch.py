"""Nothing a user reads about wrong settings is English only: every phrase in the source has its Dutch."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.dutch import in_dutch
from tests.app.domain.admin.people import with_key
from tests.app.kit import Api
from tests.app.people import ANNA, SECRET, sign_in

ROOT = Path(__file__).parents[2]
SOURCES = (
    "calling_plan_problems",
    "termination_problems",
    "in_call_problems",
    "schedules",
    "schedules_recurrence",
    "schedules_times",
)


def phrases() -> Iterator[str]:
    """Text that is yielded, appended or raised as ValueError, with 3 for every value."""
    for name in SOURCES:
        for node in ast.walk(ast.parse((ROOT / f"hipper/pbx/{name}.py").read_text())):
            if isinstance(node, ast.Yield) and node.value is not None:
                yield from _text(node.value)
            elif isinstance(node, ast.Call) and _called(node) in ("ValueError", "append"):
                for argument in node.args:
                    yield from _text(argument)


def _called(node: ast.Call) -> str:
    return getattr(node.func, "id", getattr(node.func, "attr", ""))


def _text(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield "".join(
            str(part.value)
            if isinstance(part, ast.Constant)
            else "'3'"
            if part.conversion == ord("r")
            else "3"
            for part in node.values
            if isinstance(part, ast.Constant | ast.FormattedValue)
        )


ALL = sorted({one for one in phrases() if " " in one and not one.endswith(": 3")})


def test_there_are_phrases() -> None:
    assert len(ALL) > 40


@pytest.mark.parametrize("phrase", ALL)
def test_phrase_has_its_dutch(phrase: str) -> None:
    dutch = in_dutch(phrase)
    assert dutch != phrase
    assert not {"the", "is no", "must", "there"} & set(dutch.split())


def test_phrases_within_phrases_and_several() -> None:
    said = "schedule 'kantoor': Kerst: it never ends; there are at most 100 schedules"
    assert in_dutch(said) == "schema 'kantoor': Kerst: het eindigt nooit; er zijn ten hoogste 100 schema's"
    assert in_dutch("something nobody foresaw") == "something nobody foresaw"


@pytest.mark.servers
async def test_settings_that_mean_nothing_are_refused_in_dutch(site: Api, postgres_url: str) -> None:
    anna = await sign_in(site, ANNA)
    operator = await with_key(site, postgres_url)
    for client, path, body, said in (
        (
            anna,
            "/v1/me/services/call_forwarding_always",
            {"active": True, "destination": "112"},
            "naar een noodnummer of 113 wordt nooit doorgeschakeld",
        ),
        (
            operator,
            "/v1/groups/g1/services/emergency_zones",
            {"zones": [{"name": "a"}, {"name": "a"}]},
            "twee zones heten hetzelfde",
        ),
    ):
        answer = await client.put(path, body, headers={"Accept-Language": "nl"})
        assert answer.status_code == 422
        assert said in answer.json()["detail"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/v1/me/password", {"current": SECRET, "new": "kort"}),
        ("PUT", "/v1/me/identity", {"choice": "alternate", "alternate": "+31201230000"}),
        ("POST", "/v1/me/contacts", {"list": "business", "name": "Jan", "numbers": [{"number": "*"}]}),
        ("PUT", "/v1/me/overview", {"tiles": ["nothing"]}),
        ("POST", "/v1/me/explain", {"called": "+31101234567", "caller": None, "at": None}),
    ],
)
async def test_fault_of_a_member_is_in_the_language_of_the_rest(
    site: Api, method: str, path: str, body: object
) -> None:
    anna = await sign_in(site, ANNA)
    said = {}
    for language in ("en", "nl"):
        answer = await anna.ask(method, path, json=body, headers={"Accept-Language": language})
        assert answer.status_code == 422
        problem = answer.json()
        (member,) = problem["errors"]
        assert problem["detail"].removeprefix(f"{member['pointer']}: ") == member["detail"]
        said[language] = (member["pointer"], member["detail"])
    assert said["en"][0] == said["nl"][0]
    assert said["en"][1] != said["nl"][1]
