"""Music on hold of a company: uploaded, heard, chosen by users, and not removed while it is heard."""

from __future__ import annotations

import base64
import io
import wave

import asyncpg
import pytest

from hipper.directory.music import Choice, choice_of
from hipper.pbx.ids import SubscriberId, TenantId
from tests.app.domain.admin.people import with_key
from tests.app.kit import Api, problem
from tests.app.people import ANNA, BRAM, CARL, Client, sign_in
from tests.sounds import tone, wav

pytestmark = pytest.mark.servers

DORA = "dora@acme.test"
MUSIC = "/v1/tenants/acme/music"


@pytest.fixture
async def dora(site: Api) -> Client:
    """Administers the enterprise."""
    return await sign_in(site, DORA)


async def upload(who: Client, name: str, audio: bytes, **headers: str) -> int:
    headers = {"Content-Type": "audio/wav", **headers}
    return (await who.ask("PUT", f"{MUSIC}/{name}", content=audio, headers=headers)).status_code


async def heard(url: str, user: str = "anna") -> Choice:
    connection = await asyncpg.connect(url)
    try:
        return await choice_of(connection, TenantId("acme"), SubscriberId(user))
    finally:
        await connection.close()


async def test_a_recording_in_any_form_becomes_what_is_played(site: Api, dora: Client) -> None:
    """As it is, as a form, in JSON; stereo of 44.1 kHz becomes mono of 16 kHz; the first is the default."""
    quiet = tone(440, level=300)
    stereo = wav(b"".join(frame * 2 for frame in zip_pairs(tone(440, rate=44100)[44:])), 44100, 2)
    assert await upload(dora, "stil", quiet) == 201
    named = {"files": {"audio": ("m.wav", stereo)}, "data": {"display_name": "Formulier"}}
    form = await dora.ask("PUT", f"{MUSIC}/formulier", **named)
    assert form.status_code == 201, form.text
    json = {"audio": base64.b64encode(quiet).decode(), "display_name": "JSON"}
    assert (await dora.ask("PUT", f"{MUSIC}/json", json=json)).status_code == 201
    listed = (await dora.get(MUSIC)).json()["items"]
    assert [(one["name"], one["display_name"], one["is_default"]) for one in listed] == [
        ("formulier", "Formulier", False),
        ("json", "JSON", False),
        ("stil", "stil", True),
    ]
    loudest = []
    for name in ("stil", "formulier"):
        answer = await dora.get(f"{MUSIC}/{name}/audio")
        assert answer.headers["content-type"] == "audio/wav"
        with wave.open(io.BytesIO(answer.content)) as file:
            assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (16000, 1, 2)
            loudest.append(max(memoryview(file.readframes(16000)).cast("h")))
    assert abs(loudest[0] - loudest[1]) < 700, "as loud as each other"
    known = {"If-None-Match": answer.headers["etag"]}
    assert (await dora.get(f"{MUSIC}/formulier/audio", headers=known)).status_code == 304


def zip_pairs(frames: bytes) -> list[bytes]:
    return [frames[n : n + 2] for n in range(0, len(frames), 2)]


BAD = {
    "text": (b"this is no music at all", "this is no recording", "dit is geen opname"),
    "short": (tone(440, 0.2), "a recording lasts", "een opname duurt"),
    "silent": (wav(bytes(32000)), "nothing can be heard", "er is niets in te horen"),
    "playlist": (b"#EXTM3U\n/etc/passwd\n", "this is no recording", "dit is geen opname"),
    "long": (wav(tone(440, 1.0)[44:] * 302), "a recording lasts", "een opname duurt"),
}


async def test_what_is_no_recording_is_refused_in_both_languages(site: Api, dora: Client) -> None:
    for audio, text, tekst in BAD.values():
        for language, said in (("en", text), ("nl", tekst)):
            headers = {"Content-Type": "audio/mpeg", "Accept-Language": language}
            answer = await dora.ask("PUT", f"{MUSIC}/x", content=audio, headers=headers)
            assert (answer.status_code, problem(answer)) == (422, "invalid-settings")
            assert answer.json()["detail"].startswith(said)
    assert (await dora.get(MUSIC)).json() == {"items": []}


async def test_names_types_sizes_and_versions(site: Api, dora: Client) -> None:
    good = tone(440)
    assert await upload(dora, "Groot_Woord", good) == 422
    assert await upload(dora, "x", good, **{"Content-Type": "text/plain"}) == 415
    assert await upload(dora, "x", b"") == 400
    assert await upload(dora, "x", bytes(28 * 2**20)) == 413
    assert await upload(dora, "x", good) == 201
    first = await dora.get(f"{MUSIC}/x")
    assert await upload(dora, "x", tone(880), **{"If-Match": first.headers["etag"]}) == 200
    assert await upload(dora, "x", good, **{"If-Match": first.headers["etag"]}) == 412


async def test_the_default_and_the_choice_of_a_user(site: Api, dora: Client, postgres_url: str) -> None:
    anna = await sign_in(site, ANNA)
    assert await heard(postgres_url) == Choice(), "nobody has any: the exchange's own"
    for name, hertz in (("winter", 440), ("zomer", 880)):
        assert await upload(dora, name, tone(hertz)) == 201
    digests = {one["name"]: one["digest"] for one in (await anna.get("/v1/me/music")).json()["items"]}
    assert await heard(postgres_url) == Choice(digest=digests["winter"])
    service = "/v1/me/services/music_on_hold_user"
    assert (await anna.patch(service, {"recording": "herfst"})).status_code == 422
    assert (await anna.patch(service, {"recording": "zomer"})).status_code == 200
    assert await heard(postgres_url) == Choice(digest=digests["zomer"])
    assert await heard(postgres_url, "bram") == Choice(digest=digests["winter"])
    assert (await anna.get("/v1/me/music/zomer/audio")).content[:4] == b"RIFF"
    assert (await anna.patch(service, {"active": False})).status_code == 200
    assert await heard(postgres_url) == Choice(silent=True)
    assert (await dora.patch(f"{MUSIC}/zomer", {"is_default": True})).status_code == 200
    assert await heard(postgres_url, "bram") == Choice(digest=digests["zomer"])
    for name in ("winter", "zomer"):
        assert (await dora.get(f"{MUSIC}/{name}")).json()["is_default"] is (name == "zomer")


async def test_what_is_heard_is_not_removed(site: Api, dora: Client, postgres_url: str) -> None:
    anna = await sign_in(site, ANNA)
    for name, hertz in (("winter", 440), ("zomer", 880)):
        await upload(dora, name, tone(hertz))
    await anna.patch("/v1/me/services/music_on_hold_user", {"recording": "zomer"})
    refused = await dora.ask("DELETE", f"{MUSIC}/zomer")
    assert (refused.status_code, problem(refused)) == (409, "in-the-way")
    assert refused.json()["errors"][0]["pointer"] == "#/users"
    assert (await dora.ask("DELETE", f"{MUSIC}/winter")).json()["errors"][0]["pointer"] == "#/is_default"
    await anna.patch("/v1/me/services/music_on_hold_user", {"recording": None})
    assert (await dora.ask("DELETE", f"{MUSIC}/zomer")).status_code == 204
    assert (await dora.ask("DELETE", f"{MUSIC}/winter")).status_code == 204, "the last one may go"
    assert await heard(postgres_url) == Choice()
    told = (await dora.get("/v1/audit")).json()["items"]
    assert [one["change"] for one in told if one["subject"] == "music winter"] == ["removed", "made"]


async def test_for_administrators_of_the_company_alone(site: Api, dora: Client, postgres_url: str) -> None:
    """Bram administers a group: he hears, and changes nothing. Carl is of another company."""
    await upload(dora, "winter", tone(440))
    anna, bram, carl = [await sign_in(site, who) for who in (ANNA, BRAM, CARL)]
    assert [await upload(who, "winter", tone(880)) for who in (anna, bram, carl)] == [403, 403, 404]
    assert [(await who.get(MUSIC)).status_code for who in (anna, bram, carl)] == [403, 200, 404]
    assert (await carl.get("/v1/me/music")).json() == {"items": []}
    assert (await carl.get("/v1/me/music/winter/audio")).status_code == 404
    assert (await bram.ask("DELETE", f"{MUSIC}/winter")).status_code == 403
    assert (await bram.patch(f"{MUSIC}/winter", {"display_name": "Van Bram"})).status_code == 403
    reads = await with_key(site, postgres_url, "service", "acme", ("read-only",))
    assert [(await reads.get(MUSIC)).status_code, await upload(reads, "y", tone(440))] == [200, 403]
