"""My contacts: written, listed, found, imported, exported; and the lists calls are handled by."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from app.at_once import AtOnce
from hipper.directory import contacts as stored
from hipper.directory.contexts import load_for_termination
from hipper.directory.errors import ChangedMeanwhile
from hipper.pbx.ids import SubscriberId
from hipper.pbx.model import CallerList
from hipper.telephony.numbers.e164 import E164
from tests.app.kit import Api, problem
from tests.app.people import ANNA, CARL, Client, sign_in

pytestmark = pytest.mark.servers

PATH = "/v1/me/contacts"
JAN: dict[str, Any] = {
    "list": "business",
    "name": "Jan Jansen",
    "company": "Meelfabriek",
    "numbers": [{"number": "030 123 4567", "label": "work"}, {"number": "202"}],
    "emails": ["jan@meel.example"],
}
JAN_NUMBER = "+31301234567"


async def add(who: Client, **changes: Any) -> dict[str, Any]:
    answer = await who.ask("POST", PATH, json={**JAN, **changes})
    assert answer.status_code == 201, answer.text
    return {**answer.json(), "etag": answer.headers["etag"]}


async def names(who: Client, **query: str) -> list[str]:
    answer = await who.get(PATH, params=query)
    assert answer.status_code == 200, answer.text
    return [one["name"] for one in answer.json()["items"]]


async def list_at_the_call(url: str, number: str) -> CallerList | None:
    """How a call of ``number`` to Anna is handled, as the gateway asks it: one statement."""
    connection = await asyncpg.connect(url)
    try:
        found = await load_for_termination(connection, E164("+31201232010"), calling_number=E164(number))
        assert found is not None
        return found.caller_list
    finally:
        await connection.close()


async def test_contact_is_the_list_the_next_call_is_handled_by(site: Api, postgres_url: str) -> None:
    anna = await sign_in(site, ANNA)
    assert await list_at_the_call(postgres_url, JAN_NUMBER) is None
    contact = await add(anna)
    assert contact["numbers"] == [
        {"number": JAN_NUMBER, "text": "030 123 4567", "label": "work"},
        {"number": None, "text": "202", "label": ""},
    ]
    assert await list_at_the_call(postgres_url, JAN_NUMBER) is CallerList.BUSINESS
    path = f"{PATH}/{contact['id']}"
    assert (await anna.patch(path, {"list": "private"})).json()["list"] == "private"
    assert await list_at_the_call(postgres_url, JAN_NUMBER) is CallerList.PRIVATE
    assert (await anna.ask("DELETE", path)).status_code == 204
    assert await list_at_the_call(postgres_url, JAN_NUMBER) is None
    assert problem(await anna.get(path)) == "not-found"


async def test_number_is_in_one_list_only(site: Api, postgres_url: str) -> None:
    anna = await sign_in(site, ANNA)
    first = await add(anna)
    refused = await anna.ask("POST", PATH, json={**JAN, "list": "private", "name": "Jan thuis"})
    assert problem(refused) == "invalid-settings"
    assert refused.json()["errors"][0]["pointer"] == "#/numbers/0/number"
    second = await add(anna, name="Receptie")  # of one list: several may share a number
    refused = await anna.patch(f"{PATH}/{second['id']}", {"list": "private"})
    assert problem(refused) == "invalid-settings"
    assert (await anna.ask("DELETE", f"{PATH}/{first['id']}")).status_code == 204
    assert (await anna.patch(f"{PATH}/{second['id']}", {"list": "private"})).status_code == 200
    assert await list_at_the_call(postgres_url, JAN_NUMBER) is CallerList.PRIVATE


async def test_what_the_user_wrote_goes_before_what_a_file_says(site: Api, postgres_url: str) -> None:
    await execute(
        postgres_url,
        f"INSERT INTO directory.contact_numbers VALUES ('acme', 'anna', '{JAN_NUMBER}', 'private')",
    )
    assert await list_at_the_call(postgres_url, JAN_NUMBER) is CallerList.PRIVATE
    await add(await sign_in(site, ANNA))
    assert await list_at_the_call(postgres_url, JAN_NUMBER) is CallerList.BUSINESS


async def test_change_of_what_somebody_else_changed_is_refused(site: Api) -> None:
    anna = await sign_in(site, ANNA)
    contact = await add(anna)
    path, seen = f"{PATH}/{contact['id']}", {"If-Match": contact["etag"]}
    answer = await anna.put(path, {**JAN, "name": "Jan de Oude"}, headers=seen)
    assert answer.status_code == 200
    assert answer.headers["etag"] != contact["etag"]
    for refused in (
        await anna.put(path, JAN, headers=seen),
        await anna.patch(path, {"favourite": True}, headers=seen),
        await anna.ask("DELETE", path, headers=seen),
    ):
        assert problem(refused) == "changed-meanwhile"
    unchanged = await anna.get(path, headers={"If-None-Match": answer.headers["etag"]})
    assert unchanged.status_code == 304
    assert (await anna.get(path)).json()["name"] == "Jan de Oude"


async def test_version_is_looked_at_again_when_nobody_else_can_change_it(
    site: Api, owner_postgres_url: Callable[[str], str]
) -> None:
    """Of two changes that both read the same version, one is refused, however close together."""
    contact, user = (await add(await sign_in(site, ANNA)))["id"], SubscriberId("anna")
    fields = stored.ContactFields(list=CallerList.PRIVATE, name="Jan")
    connection = await asyncpg.connect(owner_postgres_url("directory"))
    try:
        await stored.change_contact(connection, user, contact, fields, "user:anna", if_version=1)
        with pytest.raises(ChangedMeanwhile):
            await stored.change_contact(connection, user, contact, fields, "user:anna", if_version=1)
        with pytest.raises(ChangedMeanwhile):
            await stored.remove_contact(connection, user, contact, "user:anna", if_version=1)
        with pytest.raises(LookupError):
            await stored.remove_contact(connection, SubscriberId("bram"), contact, "user:bram")
    finally:
        await connection.close()


async def test_contacts_are_listed_by_name_and_found_by_its_words(site: Api) -> None:
    anna = await sign_in(site, ANNA)
    for name, company, favourite, which in (
        ("Żofia Müller", "", True, "private"),
        ("anton de Wit", "Meel & Zn.", False, "business"),
        ("Bea Wittebol", "", True, "business"),
    ):
        await add(anna, name=name, company=company, favourite=favourite, list=which, numbers=[])
    assert await names(anna) == ["anton de Wit", "Bea Wittebol", "Żofia Müller"]
    for asked, found in {
        "muller": ["Żofia Müller"],
        "WIT": ["anton de Wit", "Bea Wittebol"],
        "de wit": ["anton de Wit"],
        "zn": ["anton de Wit"],
        "ofia": [],
        "-": [],
        "' | a:*": ["anton de Wit"],
    }.items():
        assert await names(anna, q=asked) == found, asked
    assert await names(anna, favourite="true", list="business") == ["Bea Wittebol"]
    page = (await anna.get(PATH, params={"limit": "2"})).json()
    assert await names(anna, limit="2", after=page["next"]) == ["Żofia Müller"]
    for wrong in ({"list": "all"}, {"favourite": "1"}, {"q": ""}, {"after": "zzzz"}):
        assert problem(await anna.get(PATH, params=wrong)) == "invalid-request", wrong
    assert await names(await sign_in(site, CARL)) == []


async def test_what_no_contact_is_is_named(site: Api) -> None:
    anna = await sign_in(site, ANNA)
    for changes, pointer in (
        ({"numbers": [{"number": "nummer"}]}, "#/numbers/0/number"),
        ({"numbers": [{"number": "0301234567"}, {"number": "*21#"}]}, "#/numbers/1/number"),
        ({"numbers": [{"number": "1"}] * 11}, "#/numbers"),
        ({"name": " "}, "#/name"),
        ({"name": "a\u0007b"}, "#/name"),
        ({"name": "x" * 201}, "#/name"),
        ({"emails": ["jan"]}, "#/emails/0"),
        ({"note": "x" * 2001}, "#/note"),
        ({"colour": "red"}, "#/colour"),
    ):
        answer = await anna.ask("POST", PATH, json={**JAN, **changes})
        assert problem(answer) == "invalid-settings", changes
        assert answer.json()["errors"][0]["pointer"].startswith(pointer), changes


async def test_file_is_imported_once_with_a_report_by_line(site: Api, postgres_url: str) -> None:
    anna = await sign_in(site, ANNA)
    await add(anna, name="Bekend", numbers=[{"number": "0309999999"}])
    table = (
        "naam,telefoon,lijst\nEva,0301111111,privé\nJan,abc,\n,0302222222,\nTante,0309999999,privé\n"
        "Piet,030 333 3333,\n"
    )
    body = {"format": "csv", "text": table}
    headers = {"Accept-Language": "nl"}
    report = await anna.ask("POST", f"{PATH}/import", json=body, headers=headers)
    assert report.status_code == 200
    assert report.json() == {
        "added": 3,
        "known": 0,
        "faults": [
            {"line": 3, "detail": "dit is geen telefoonnummer"},
            {"line": 4, "detail": "het contact heeft geen naam"},
            {"line": 5, "detail": "dit nummer staat al in de andere lijst; een beller staat in één"},
        ],
    }
    assert await names(anna) == ["Bekend", "Eva", "Jan", "Piet"]
    assert await list_at_the_call(postgres_url, "+31301111111") is CallerList.PRIVATE
    again = (await anna.ask("POST", f"{PATH}/import", json=body)).json()
    assert (again["added"], again["known"]) == (0, 3)


async def test_file_is_taken_as_it_is_too(site: Api) -> None:
    anna, path = await sign_in(site, ANNA), f"{PATH}/import"
    demo = (Path(__file__).parents[4] / "deploy" / "demo-contacts.vcf").read_bytes()
    vcard, table = {"Content-Type": "text/vcard"}, {"Content-Type": "text/csv; charset=utf-8"}
    report = await anna.ask("POST", path, content=demo, headers=vcard)
    assert report.json() == {"added": 3, "known": 0, "faults": []}
    assert await names(anna, list="private", favourite="true") == ["Oma de Vries"]
    report = await anna.ask("POST", path, content="naam\nÉva\n".encode(), headers=table)
    assert report.json()["added"] == 1
    assert problem(await anna.ask("POST", path, content=b"naam\n\xff\n", headers=table)) == "invalid-request"
    assert problem(await anna.ask("POST", path, content=b"", headers=table)) == "invalid-settings"
    other = await anna.ask("POST", path, content=b"x", headers={"Content-Type": "text/plain"})
    assert problem(other) == "unsupported-media-type"


async def test_exported_contacts_come_back_as_they_were(site: Api) -> None:
    anna, carl = await sign_in(site, ANNA), await sign_in(site, CARL)
    await add(anna, favourite=True, note="a\nb")
    await add(anna, name="Eva", list="private", numbers=[{"number": "0612345678", "label": "mobile"}])
    exported = await anna.get(f"{PATH}/export")
    assert exported.headers["content-type"].startswith("text/vcard")
    report = await carl.ask("POST", f"{PATH}/import", json={"format": "vcard", "text": exported.text})
    assert report.json() == {"added": 2, "known": 0, "faults": []}
    ours, theirs = [(await who.get(PATH)).json()["items"] for who in (anna, carl)]
    assert [{**one, "id": ""} for one in ours] == [{**one, "id": ""} for one in theirs]


async def test_more_contacts_than_there_is_room_for_are_reported(
    site: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored, "MOST_CONTACTS", 2)
    anna = await sign_in(site, ANNA)
    body = {"format": "csv", "text": "naam\nA\nB\nC\nD\n"}
    report = (await anna.ask("POST", f"{PATH}/import", json=body)).json()
    assert (report["added"], [one["line"] for one in report["faults"]]) == (2, [4])
    assert problem(await anna.ask("POST", PATH, json=JAN)) == "invalid-settings"


async def test_large_file_is_taken_and_a_larger_one_refused(site: Api) -> None:
    anna = await sign_in(site, ANNA)
    note = "x" * 90_000  # more than other bodies may have
    body = {"format": "csv", "text": f'naam,notitie\nEva,"{note}"\n'}
    assert (await anna.ask("POST", f"{PATH}/import", json=body)).json()["added"] == 1
    body["text"] = "naam\n" + "x" * 1_000_000
    assert problem(await anna.ask("POST", f"{PATH}/import", json=body)) == "invalid-settings"
    body["text"] = "naam\n" + "x" * 4_000_000
    assert problem(await anna.ask("POST", f"{PATH}/import", json=body)) == "body-too-large"


async def test_audit_tells_of_changes_and_not_of_people(site: Api, postgres_url: str) -> None:
    anna = await sign_in(site, ANNA)
    contact = await add(anna)
    await anna.patch(f"{PATH}/{contact['id']}", {"favourite": True})
    await anna.ask("POST", f"{PATH}/import", json={"format": "csv", "text": "naam\nA\n"})
    await anna.ask("DELETE", f"{PATH}/{contact['id']}")
    connection = await asyncpg.connect(postgres_url)
    try:
        rows = await connection.fetch("SELECT * FROM directory.audit ORDER BY audit_id")
    finally:
        await connection.close()
    assert [row["change"] for row in rows] == [
        "a contact added to the business list",
        "a contact of the business list changed",
        "1 contacts imported",
        "a contact removed",
    ]
    assert all(row["by"] == "user:anna" for row in rows)
    text = json.dumps([str(dict(row)) for row in rows])
    assert "Jan" not in text
    assert "1234567" not in text


async def execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def test_one_file_of_a_user_at_a_time(site: Api) -> None:
    anna, carl = await sign_in(site, ANNA), await sign_in(site, CARL)
    body = {"format": "csv", "text": "name\nJan\n"}
    with site.app.state.setdefault("at_once", {}).setdefault("contacts", AtOnce(2)).turn("anna"):
        assert problem(await anna.ask("POST", f"{PATH}/import", json=body)) == "overloaded"
        assert (await carl.ask("POST", f"{PATH}/import", json=body)).status_code == 200
    assert (await anna.ask("POST", f"{PATH}/import", json=body)).json()["added"] == 1
