"""When I can be reached, as the app shows and sets it: the settings decisions read, in other words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import asyncpg
import pytest

from hipper.runtime.clock import Clock
from tests.app.kit import Api, installation, problem
from tests.app.people import ANNA, BRAM, Client, company, gathered, sign_in

pytestmark = pytest.mark.servers

PATH = "/v1/me/availability"
SERVICE = "/v1/me/services/availability"
OFFICE = {
    "name": "kantoor",
    "weekly": [{"days": ["mon", "tue", "wed", "thu", "fri"], "start": "09:00", "end": "17:30"}],
}
FRIDAY_NOON = 1795777200.0
"""2026-11-27 12:00 in Amsterdam."""


class Stopped(Clock):
    """A clock that shows what it is set to."""

    def __init__(self) -> None:
        self.at = FRIDAY_NOON

    def unix(self) -> float:
        return self.at

    def monotonic(self) -> float:
        return self.at


@pytest.fixture
def clock() -> Stopped:
    return Stopped()


@pytest.fixture
async def anna(postgres_url: str, redis_url: str, tmp_path: Path, clock: Stopped) -> Any:
    await company(postgres_url, bram="group_administrator")
    async with Api(installation(tmp_path, postgres_url, redis_url), clock) as api:
        client = await sign_in(api, ANNA)
        client.api = api  # type: ignore[attr-defined]
        saved = await client.put("/v1/me/services/schedules", {"schedules": [OFFICE]})
        assert saved.status_code == 200, saved.text
        yield client


async def later(client: Client, clock: Stopped, seconds: float) -> None:
    """Signed in again, since a token lasts ten minutes."""
    clock.at += seconds
    client.tokens = (await sign_in(client.api, ANNA)).tokens  # type: ignore[attr-defined]


async def put(client: Client, path: str, body: Any, **parts: Any) -> dict[str, Any]:
    answer = await client.put(path, body, **parts)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def rings(client: Client, called: str, caller: str | None = "0301234567") -> tuple[bool, str]:
    asked = {"called": called, "caller": caller, "at": None}
    answer = await client.ask("POST", "/v1/me/explain", json=asked)
    found = answer.json()["explained"]
    return found["goes_on"] == [] or found["goes_on"][0]["when"] != "at_once", found["decided"]["rule"]


async def test_who_has_set_nothing_sees_the_own_numbers_and_the_standard_profiles(anna: Client) -> None:
    found = (await anna.get(PATH)).json()
    assert found["active"] is None
    assert [(one["id"], one["text"], one["chosen"]) for one in found["numbers"]] == [
        ("extension", "201", False),
        ("fixed", "020 123 2010", False),
        ("mobile", "06 12320100", False),
        ("31201239999", "020 123 9999", False),
    ]
    assert {one["outside"]["action"] for one in found["numbers"]} == {"ring"}
    profiles = [(one["name"], one["nl"], one["en"], one["standard"]) for one in found["profiles"]]
    assert profiles == [
        ("available", "Beschikbaar", "Available", True),
        ("meeting", "In vergadering", "Meeting", True),
        ("out", "Afwezig", "Out", True),
        ("holiday", "Vakantie", "Holiday", True),
    ]
    assert found["schedules"] == [{"name": "kantoor", "of_group": False, "holds_now": True}]
    assert (await anna.get(SERVICE)).json()["profiles"] == []


async def test_fixed_number_in_office_hours_only_and_the_mobile_always(anna: Client, clock: Stopped) -> None:
    """Seed 5.6."""
    route = {"schedule": "kantoor", "outside": {"action": "reject", "announcement": "out_of_office"}}
    found = await put(anna, f"{PATH}/numbers/fixed", route)
    fixed = next(one for one in found["numbers"] if one["id"] == "fixed")
    assert (fixed["chosen"], fixed["inside_now"]) == (True, True)
    assert await rings(anna, "0201232010") == (True, "ring.fixed")
    await later(anna, clock, 7 * 3600)
    assert (await anna.get(PATH)).json()["numbers"][1]["inside_now"] is False
    assert await rings(anna, "0201232010") == (False, "availability.reject")
    assert await rings(anna, "0612320100") == (True, "ring.mobile")
    stored = (await anna.get(SERVICE)).json()["numbers"]
    assert stored[0]["outside"]["announcement"] == "out_of_office"
    again = await anna.ask("DELETE", f"{PATH}/numbers/fixed")
    assert again.status_code == 200
    assert not again.json()["numbers"][1]["chosen"]
    assert await rings(anna, "0201232010") == (True, "ring.fixed")
    await put(anna, f"{PATH}/numbers/31201239999", {"inside": {"action": "reject"}})
    assert (await anna.get(SERVICE)).json()["numbers"][0]["number"] == "+31201239999"
    assert await rings(anna, "0201239999") == (False, "availability.reject")
    assert await rings(anna, "0201232010") == (True, "ring.fixed")


async def test_profile_by_hand_until_a_time(anna: Client, clock: Stopped) -> None:
    found = await put(anna, f"{PATH}/profile", {"profile": "meeting", "until": "2026-11-27T13:00"})
    assert found["active"] == {
        "profile": "meeting",
        "by": "hand",
        "until": FRIDAY_NOON + 3600,
        "schedule": None,
    }
    assert await rings(anna, "0201232010") == (False, "profile.reject")
    await later(anna, clock, 3600)
    assert (await anna.get(PATH)).json()["active"] is None
    assert await rings(anna, "0201232010") == (True, "ring.fixed")
    found = await put(anna, f"{PATH}/profile", {"profile": "out"})
    assert (found["active"]["profile"], found["active"]["until"]) == ("out", None)
    assert await rings(anna, "0201232010") == (False, "profile.reject")
    assert await rings(anna, "0612320100") == (True, "ring.mobile")
    assert (await put(anna, f"{PATH}/profile", {"profile": None}))["active"] is None


async def test_profile_by_schedule_and_by_hand_before_it(anna: Client, clock: Stopped) -> None:
    wanted = {
        "profiles": [{"name": "Markt", "business": {"action": "forward", "destination": "202"}}],
        "by_schedule": [{"schedule": "kantoor", "profile": "Markt"}],
    }
    found = await put(anna, PATH, wanted)
    assert found["active"] == {"profile": "Markt", "by": "schedule", "until": None, "schedule": "kantoor"}
    assert [one["name"] for one in found["profiles"]][-1] == "Markt"
    assert await rings(anna, "0201232010") == (False, "profile.forward")
    found = await put(anna, f"{PATH}/profile", {"profile": "available"})
    assert (found["active"]["profile"], found["active"]["by"]) == ("available", "hand")
    assert await rings(anna, "0201232010") == (True, "ring.fixed")
    kept = await put(anna, PATH, wanted | {"profiles": [*wanted["profiles"], {"name": "available"}]})
    assert kept["active"]["profile"] == "available"
    await put(anna, f"{PATH}/profile", {"profile": None})
    await later(anna, clock, 12 * 3600)
    assert (await anna.get(PATH)).json()["active"] is None
    await put(anna, PATH, {"profiles": [{"name": "Markt", "business": {"action": "reject"}}]})
    await put(anna, f"{PATH}/profile", {"profile": "Markt"})
    assert (await put(anna, PATH, {}))["active"] is None
    assert await rings(anna, "0201232010") == (True, "ring.fixed")


REFUSED: tuple[tuple[str, Any, str], ...] = (
    ("", {"numbers": [{"number": "+31201234599"}]}, "#/numbers/0/number"),
    ("", {"numbers": [{"number": "fixed", "schedule": "nacht"}]}, "#/numbers/0/schedule"),
    ("", {"by_schedule": [{"schedule": "nacht", "profile": "out"}]}, "#/by_schedule/0/schedule"),
    ("", {"by_schedule": [{"schedule": "kantoor", "profile": "weg"}]}, "#"),
    ("", {"profiles": [{"name": "a"}, {"name": "a"}]}, "#"),
    ("", {"profiles": [{"name": "a", "business": {"action": "forward", "destination": "112"}}]}, "#"),
    (
        "",
        {"profiles": [{"name": "a", "private": {"devices": ["bram-1"]}}]},
        "#/profiles/0/private/devices",
    ),
    (
        "",
        {"profiles": [{"name": "a", "private": {"announcement": "psst"}}]},
        "#/profiles/0/private/announcement",
    ),
    ("", {"active_profile": "out"}, "#/active_profile"),
    ("/profile", {"profile": "weg"}, "#/profile"),
    ("/profile", {"profile": "out", "until": "2026-11-27T11:59"}, "#/until"),
    ("/profile", {"profile": "out", "until": "tomorrow!!!"}, "#/until"),
    ("/profile", {}, "#"),
    ("/numbers/fixed", {"schedule": "nacht"}, "#/numbers/0/schedule"),
)


async def test_what_cannot_be_is_refused_and_nothing_changes(anna: Client) -> None:
    before = (await anna.get(SERVICE)).json()
    for path, body, pointer in REFUSED:
        answer = await anna.put(PATH + path, body)
        assert (answer.status_code, problem(answer)) == (422, "invalid-settings"), (path, body)
        assert answer.json()["errors"][0]["pointer"] == pointer, (path, body)
    assert (await anna.get(SERVICE)).json() == before


async def test_two_devices_do_not_overwrite_each_other_and_the_audit_says_who(
    anna: Client, clock: Stopped, postgres_url: str
) -> None:
    await put(anna, f"{PATH}/profile", {"profile": "out"})
    connection = await asyncpg.connect(postgres_url)
    change = await connection.fetchval("SELECT change FROM directory.audit ORDER BY at DESC LIMIT 1")
    await connection.close()
    assert change.startswith("availability (not set) -> ")
    assert '"active_profile":"out"' in change
    first = await anna.get(PATH)
    tag = {"If-Match": first.headers["etag"]}
    assert (await anna.put(f"{PATH}/profile", {"profile": "holiday"}, headers=tag)).status_code == 200
    late = await anna.put(f"{PATH}/profile", {"profile": "meeting"}, headers=tag)
    assert (late.status_code, problem(late)) == (412, "changed-meanwhile")
    assert (await anna.get(PATH)).json()["active"]["profile"] == "holiday"
    known = await anna.get(PATH)
    again = await anna.get(PATH, headers={"If-None-Match": known.headers["etag"]})
    assert again.status_code == 304
    ids = ("fixed", "mobile", "extension", "31201239999")
    body = {"inside": {"action": "reject"}}
    answers = await gathered(*(anna.put(f"{PATH}/numbers/{one}", body) for one in ids))
    assert {one.status_code for one in answers} == {200}
    assert all(one["chosen"] for one in (await anna.get(PATH)).json()["numbers"])
    before = (await anna.get(PATH)).headers["etag"]
    await later(anna, clock, 12 * 3600)
    assert (await anna.get(PATH)).headers["etag"] != before


async def test_schedules_of_the_group_may_be_named_and_the_own_hides_the_groups(anna: Client) -> None:
    bram = await sign_in(anna.api, BRAM)  # type: ignore[attr-defined]
    group = {"schedules": [OFFICE | {"public_holidays": "NL"}, {"name": "winkel"}]}
    assert (await bram.put("/v1/groups/g1/services/group_schedules", group)).status_code == 200
    found = (await anna.get(PATH)).json()["schedules"]
    assert [(one["name"], one["of_group"]) for one in found] == [("kantoor", False), ("winkel", True)]
    await put(anna, f"{PATH}/numbers/fixed", {"schedule": "winkel"})


async def test_holidays_of_the_netherlands_and_own_ones(anna: Client) -> None:
    events = [
        {"name": "brugdag", "starts": "2026-05-15", "ends": "2026-05-15"},
        {"name": "jubileum", "starts": "2020-03-01", "ends": "2020-03-01", "recurrence": "FREQ=YEARLY"},
    ]
    own = {"name": "vrij", "events": events, "public_holidays": "NL"}
    saved = await anna.put("/v1/me/services/schedules", {"schedules": [own]})
    assert saved.status_code == 200
    found = (await anna.get("/v1/me/holidays?year=2026")).json()
    assert (found["year"], found["country"], found["schedules"]) == (2026, "NL", ["vrij"])
    by_date = {one["date"]: (one["name"], one["kind"]) for one in found["items"]}
    assert by_date["2026-04-27"] == ("Koningsdag", "public")
    assert by_date["2026-05-15"] == ("brugdag", "own")
    assert by_date["2026-03-01"] == ("jubileum", "own")
    assert list(by_date) == sorted(by_date)
    assert "2026-05-05" not in by_date and "2026-04-03" not in by_date  # noqa: PT018
    assert (await anna.get("/v1/me/holidays")).json()["year"] == 2026
    for year in ("1899", "2201", "20x6", "-2026"):
        answer = await anna.get(f"/v1/me/holidays?year={year}")
        assert (answer.status_code, problem(answer)) == (400, "invalid-request")
