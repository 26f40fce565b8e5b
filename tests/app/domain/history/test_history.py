"""Call history: one entry a call over all devices, with names, business or private, seen, taken away."""

from __future__ import annotations

from typing import Any

import asyncpg
import pytest

from hipper.contracts.calls import AttemptOutcome, CallOutcome
from hipper.pbx.model import TariffClass
from tests.app.domain.history.past import (
    OUTSIDE,
    attempt,
    call,
    diversion,
    happened,
    leg,
    shown,
    withheld,
)
from tests.app.kit import Api, problem
from tests.app.people import ANNA, BRAM, CARL, Client, sign_in

pytestmark = pytest.mark.servers

ANNA_FIXED, ANNA_MOBILE = "+31201232010", "+31612320100"
CALLER = shown(OUTSIDE)
TAKEN, RANG, ELSEWHERE = AttemptOutcome.ANSWERED, AttemptOutcome.RANG, AttemptOutcome.ANSWERED_ELSEWHERE
MISSED: dict[str, Any] = {"outcome": CallOutcome.NO_ANSWER}


async def entries(who: Client, query: str = "") -> list[dict[str, Any]]:
    answer = await who.get(f"/v1/me/history{query}")
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def only(who: Client) -> dict[str, Any]:
    (found,) = await entries(who)
    return found


def to_anna(device: str, **more: Any) -> Any:
    return leg(int(device[-1]), shown(ANNA_FIXED), "anna", device, **more)


async def test_call_taken_on_one_device_is_one_entry_and_not_missed_on_another(
    site: Api, postgres_url: str
) -> None:
    legs = (leg(0, CALLER), to_anna("anna-1"), to_anna("anna-2", answered=5))
    attempts = (attempt("anna", "anna-1", ELSEWHERE), attempt("anna", "anna-2", TAKEN))
    await happened(postgres_url, call("c1", legs, attempts))
    found = await only(await sign_in(site, ANNA))
    assert (found["direction"], found["result"], found["seen"]) == ("incoming", "answered", True)
    assert found["device"] == {"id": "anna-2", "label": "anna-2"}
    assert found["talked_s"] == 55
    assert found["own"] == {"number": ANNA_FIXED, "text": "020 123 2010", "hidden": False}
    assert found["other"] == {
        "withheld": False, "name": None, "number": OUTSIDE, "extension": None, "text": "030 123 4567",
        "contact": None, "colleague": None,
    }  # fmt: skip
    assert not await entries(await sign_in(site, ANNA), "?kind=missed")
    assert not await entries(await sign_in(site, BRAM))


async def test_call_nobody_took_is_missed_until_it_was_seen(site: Api, postgres_url: str) -> None:
    legs = (leg(0, CALLER), to_anna("anna-1"), to_anna("anna-2"))
    attempts = (attempt("anna", "anna-1", RANG), attempt("anna", "anna-2", RANG))
    records = [call(f"c{n}", legs, attempts, later_s=n, **MISSED) for n in range(3)]
    await happened(postgres_url, *records)
    anna = await sign_in(site, ANNA)
    first = (await anna.get("/v1/me/history?kind=missed")).json()
    assert [one["id"] for one in first["items"]] == ["c2", "c1", "c0"]
    assert (first["unseen"], {one["seen"] for one in first["items"]}) == (3, {False})
    seen = await anna.ask("POST", "/v1/me/history/seen", json={"up_to": "c1"})
    assert seen.json() == {"marked": 2, "unseen": 1}
    assert [one["seen"] for one in await entries(anna)] == [False, True, True]
    seen = await anna.ask("POST", "/v1/me/history/seen", json={})
    assert seen.json() == {"marked": 1, "unseen": 0}
    assert problem(await anna.ask("POST", "/v1/me/history/seen", json={"up_to": "nothing"})) == "not-found"


async def test_call_that_found_no_telephone_is_missed_all_the_same(site: Api, postgres_url: str) -> None:
    """None was registered: there is no leg, only why nothing rang."""
    nothing = attempt("anna", "anna-1", AttemptOutcome.NOT_REGISTERED)
    await happened(postgres_url, call("c1", (leg(0, CALLER),), (nothing,), outcome=CallOutcome.UNREACHABLE))
    found = await only(await sign_in(site, ANNA))
    assert (found["result"], found["talked_s"], found["device"]) == ("missed", None, None)


async def test_what_the_user_refused_is_not_missed(site: Api, postgres_url: str) -> None:
    cases = (
        ("declined", AttemptOutcome.DECLINED, "ring.devices"),
        ("missed", AttemptOutcome.RANG, "ring.devices"),
        ("rejected", AttemptOutcome.SWITCHED_OFF, "reject.anonymous"),
    )
    records = [
        call(result, (leg(0, CALLER),), (attempt("anna", "anna-1", outcome),), rule=rule, **MISSED)
        for result, outcome, rule in cases
    ]
    await happened(postgres_url, *records)
    found = await entries(await sign_in(site, ANNA))
    assert {one["id"]: one["result"] for one in found} == {result: result for result, _, _ in cases}


async def test_forwarded_call_is_told_to_both_each_from_the_own_side(site: Api, postgres_url: str) -> None:
    """Anna does not answer; her forwarding brings it to Bram, who does."""
    legs = (
        leg(0, CALLER),
        to_anna("anna-1"),
        leg(2, shown(extension="202", name="Bram"), "bram", "bram-1", answered=25, diverted_by="anna"),
    )
    attempts = (attempt("anna", "anna-1", RANG), attempt("bram", "bram-1", TAKEN))
    await happened(postgres_url, call("c1", legs, attempts, diversions=(diversion("anna", "202"),)))
    annas, brams = await only(await sign_in(site, ANNA)), await only(await sign_in(site, BRAM))
    assert annas["result"] == "diverted"
    assert annas["diverted_to"] == {"text": "202", "reason": "no-answer"}
    assert (brams["result"], brams["diverted_by"]) == ("answered", {"id": "anna", "name": "Anna"})
    assert brams["own"]["number"] == "202"
    assert brams["diverted_to"] is None
    assert brams["other"]["number"] == OUTSIDE


async def test_voicemail_after_forwarding_leaves_the_call_missed(site: Api, postgres_url: str) -> None:
    legs = (leg(0, CALLER), to_anna("anna-1"), leg(2, shown(ANNA_FIXED), answered=25, diverted_by="anna"))
    record = call(
        "c1", legs, (attempt("anna", "anna-1", RANG),), diversions=(diversion("anna", "voicemail"),)
    )
    await happened(postgres_url, record)
    found = await only(await sign_in(site, ANNA))
    assert (found["result"], found["diverted_to"]["text"]) == ("missed", "voicemail")


async def test_outgoing_call_says_what_was_shown_who_paid_and_not_where_it_went_on_to(
    site: Api, postgres_url: str
) -> None:
    """Anna dials Bram, whose forwarding goes to a number that is none of her business."""
    legs = (
        leg(0, shown(ANNA_FIXED, "201", "Anna", network_number=ANNA_MOBILE), "anna", "anna-mobile",
            payer="mob-anna"),
        leg(1, shown(extension="202", name="Bram"), "bram", "bram-1"),
        leg(2, shown("+31301239999"), answered=10, diverted_by="bram"),
    )  # fmt: skip
    record = call("c1", legs, (attempt("bram", "bram-1", RANG),), dialled="202")
    await happened(postgres_url, record)
    found = await only(await sign_in(site, ANNA))
    assert (found["direction"], found["result"], found["talked_s"]) == ("outgoing", "answered", 50)
    assert (found["other"]["extension"], found["other"]["name"]) == ("202", "Bram")
    assert found["other"]["colleague"] == "bram"
    assert found["own"]["text"] == "020 123 2010"
    assert found["paid"] == {"subscription": "mob-anna", "tariff": TariffClass.NATIONAL_FIXED.value}
    text = (await (await sign_in(site, ANNA)).get("/v1/me/history")).text
    assert "9999" not in text
    assert ANNA_MOBILE not in text
    assert (await only(await sign_in(site, BRAM)))["paid"] is None


async def test_outgoing_call_that_was_not_answered(site: Api, postgres_url: str) -> None:
    """It reached nothing: the number is read from what was dialled."""
    cases = {
        CallOutcome.CANCELLED: "no_answer",
        CallOutcome.NO_ANSWER: "no_answer",
        CallOutcome.BUSY: "busy",
        CallOutcome.DECLINED: "declined",
        CallOutcome.REFUSED: "failed",
    }
    calling = leg(0, shown(ANNA_FIXED), "anna", "anna-1")
    records = [call(one.value, (calling,), dialled="030 123 4567", outcome=one) for one in cases]
    await happened(postgres_url, *records)
    found = await entries(await sign_in(site, ANNA))
    assert {one["id"]: one["result"] for one in found} == {one.value: result for one, result in cases.items()}
    assert {one["other"]["number"] for one in found} == {OUTSIDE}


async def test_codes_and_listening_to_voicemail_are_no_calls(site: Api, postgres_url: str) -> None:
    calling = leg(0, shown(ANNA_FIXED), "anna", "anna-1")
    await happened(postgres_url, call("c1", (calling,), dialled="*21#", outcome=CallOutcome.SERVICE))
    assert await entries(await sign_in(site, ANNA)) == []


# --- business or private ------------------------------------------------------------------------------


async def test_kind_is_by_the_lists_else_by_the_own_number(site: Api, postgres_url: str) -> None:
    rang = (attempt("anna", "anna-1", RANG),)
    by_number = {
        "fixed": call("fixed", (leg(0, CALLER), to_anna("anna-1")), rang, **MISSED),
        "mobile": call(
            "mobile", (leg(0, shown("+31301111111")), leg(1, shown(ANNA_MOBILE), "anna", "anna-1")), rang,
            later_s=1, **MISSED,
        ),
        "out": call(
            "out", (leg(0, shown(ANNA_MOBILE), "anna", "anna-1"), leg(1, shown("+31302222222"))),
            later_s=2, dialled="+31302222222",
        ),
    }  # fmt: skip
    await happened(postgres_url, *by_number.values())
    anna = await sign_in(site, ANNA)
    assert {one["id"]: one["kind"] for one in await entries(anna)} == {
        "fixed": "business",
        "mobile": "private",
        "out": "private",
    }
    for which, number in (("private", OUTSIDE), ("business", "+31301111111"), ("business", "+31302222222")):
        body = {"list": which, "name": f"{which} {number}", "numbers": [{"number": number}]}
        assert (await anna.ask("POST", "/v1/me/contacts", json=body)).status_code == 201
    assert [one["id"] for one in await entries(anna, "?kind=private")] == ["fixed"]
    assert [one["id"] for one in await entries(anna, "?kind=business")] == ["out", "mobile"]
    (private,) = await entries(anna, "?kind=private")
    assert private["other"]["name"] == f"private {OUTSIDE}"
    assert private["other"]["contact"].startswith("c_")


# --- privacy ------------------------------------------------------------------------------------------


async def test_withheld_number_is_in_no_entry_though_it_is_a_contacts(site: Api, postgres_url: str) -> None:
    """Also not by being handled as the list its contact is in."""
    record = call(
        "c1", (leg(0, withheld(OUTSIDE)), to_anna("anna-1")), (attempt("anna", "anna-1", RANG),), **MISSED
    )
    await happened(postgres_url, record)
    anna = await sign_in(site, ANNA)
    body = {"list": "private", "name": "Geheim", "numbers": [{"number": OUTSIDE}]}
    await anna.ask("POST", "/v1/me/contacts", json=body)
    answer = await anna.get("/v1/me/history")
    (found,) = answer.json()["items"]
    assert found["other"] == {
        "withheld": True, "name": None, "number": None, "extension": None, "text": None, "contact": None,
        "colleague": None,
    }  # fmt: skip
    assert found["kind"] == "business"
    assert OUTSIDE not in answer.text
    assert "Geheim" not in answer.text
    looked_up = (await anna.get("/v1/me/lookup", params={"number": OUTSIDE})).json()
    assert looked_up["calls"] == []
    stored = await fetch(postgres_url, "SELECT number, extension, name FROM gateway.history")
    assert [tuple(row) for row in stored] == [(None, None, None)]


async def test_administrators_see_private_calls_and_helplines_masked(site: Api, postgres_url: str) -> None:
    def out(name: str, number: str, own: str, later_s: int) -> Any:
        legs = (leg(0, shown(own), "anna", "anna-1", payer="mob-anna"), leg(1, shown(number), answered=1))
        return call(name, legs, later_s=later_s, dialled=number)

    await happened(
        postgres_url,
        out("business", OUTSIDE, ANNA_FIXED, 0),
        out("private", "+31301111111", ANNA_MOBILE, 1),
        out("helpline", "+318000113", ANNA_FIXED, 2),
        out("listed", "+31302222222", ANNA_FIXED, 3),
    )
    anna, bram = await sign_in(site, ANNA), await sign_in(site, BRAM)
    body = {"list": "private", "name": "Vriend", "numbers": [{"number": "+31302222222"}]}
    await anna.ask("POST", "/v1/me/contacts", json=body)
    business = {"list": "business", "name": "Klant", "numbers": [{"number": OUTSIDE}]}
    await anna.ask("POST", "/v1/me/contacts", json=business)
    answer = await bram.get("/v1/users/anna/history")
    found = {one["id"]: one for one in answer.json()["items"]}
    assert {name: one["masked"] for name, one in found.items()} == {
        "business": False, "private": True, "helpline": True, "listed": True,
    }  # fmt: skip
    assert found["private"]["other"] is None
    assert found["private"]["paid"]["subscription"] == "mob-anna"
    assert found["business"]["other"]["number"] == OUTSIDE
    for secret in ("1111111", "0113", "2222222", "Vriend", "Klant"):
        assert secret not in answer.text


# --- the user's own list ------------------------------------------------------------------------------


async def test_entry_taken_away_is_gone_from_the_own_list_only(site: Api, postgres_url: str) -> None:
    legs = (
        leg(0, shown(ANNA_FIXED, "201", "Anna"), "anna", "anna-1"),
        leg(1, shown(extension="202"), "bram", "bram-1", answered=3),
    )
    await happened(postgres_url, call("c1", legs, (attempt("bram", "bram-1", TAKEN),), dialled="202"))
    anna, bram, carl = [await sign_in(site, who) for who in (ANNA, BRAM, CARL)]
    assert problem(await carl.ask("DELETE", "/v1/me/history/c1")) == "not-found"
    assert (await anna.ask("DELETE", "/v1/me/history/c1")).status_code == 204
    assert await entries(anna) == []
    assert problem(await anna.ask("DELETE", "/v1/me/history/c1")) == "not-found"
    assert len(await entries(bram)) == 1
    assert len(await fetch(postgres_url, "SELECT 1 FROM gateway.calls")) == 1


async def test_pages_follow_each_other_without_gap_also_at_the_same_moment(
    site: Api, postgres_url: str
) -> None:
    rang = (attempt("anna", "anna-1", RANG),)
    legs = (leg(0, CALLER), to_anna("anna-1"))
    records = [call(f"c{n}", legs, rang, later_s=n // 2, **MISSED) for n in range(7)]
    await happened(postgres_url, *records)
    anna = await sign_in(site, ANNA)
    seen, query = [], "?limit=3"
    while query:
        page = (await anna.get(f"/v1/me/history{query}")).json()
        seen += [one["id"] for one in page["items"]]
        query = f"?limit=3&after={page['next']}" if page["next"] else ""
    assert seen == [f"c{n}" for n in (6, 5, 4, 3, 2, 1, 0)]
    for wrong in ("after=x", "after=AAAA", "kind=all", "limit=0"):
        assert problem(await anna.get(f"/v1/me/history?{wrong}")) == "invalid-request"


async def test_history_goes_with_the_record(site: Api, postgres_url: str) -> None:
    await happened(postgres_url, call("c1", (leg(0, CALLER), to_anna("anna-1"))))
    assert len(await entries(await sign_in(site, ANNA))) == 1
    await fetch(postgres_url, "DELETE FROM gateway.calls")
    assert await entries(await sign_in(site, ANNA)) == []


async def fetch(url: str, query: str) -> list[Any]:
    connection = await asyncpg.connect(url)
    try:
        return list(await connection.fetch(query))
    finally:
        await connection.close()
