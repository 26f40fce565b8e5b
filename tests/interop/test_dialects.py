"""The same call in the ways peers speak: reliable responses, UPDATE, session timers, compact forms, tel
URIs, many at once."""

from __future__ import annotations

import asyncio

import pytest

from tests.interop.company import national
from tests.interop.conftest import Kit

OUTSIDE = "+31301234567"


@pytest.mark.parametrize("scenario", ["uac_100rel", "uac_compact", "uac_session_timer"])
async def test_the_caller_speaks(kit: Kit, scenario: str) -> None:
    anna = kit.company.person("anna")
    await kit.company.apply()
    pstn = await kit.carrier()
    caller = await kit.network_calls(scenario, "0301234567", anna, talk_ms=200)
    seen, called = await asyncio.gather(caller.finished(), pstn.finished())
    assert len(called.received("INVITE")) == 1
    if scenario == "uac_session_timer":
        assert (seen.received(200)[0].header("Session-Expires") or "").startswith("90")
    assert (await kit.record()).call["outcome"] == "answered"


async def test_the_called_network_rings_reliably(kit: Kit) -> None:
    anna = kit.company.person("anna")
    await kit.company.apply()
    pstn = await kit.carrier("uas_100rel")
    caller = await kit.network_calls("uac_call", "0301234567", anna)
    seen, _ = await asyncio.gather(caller.finished(), pstn.finished())
    assert seen.received(180)
    assert (await kit.record()).call["outcome"] == "answered"


async def test_hold_by_update(kit: Kit) -> None:
    anna = kit.company.person("anna")
    await kit.company.apply()
    pstn = await kit.pstn_phone(OUTSIDE, 700)
    caller = await kit.network_calls(
        "uac_hold_by_update", "0301234567", anna, talk_ms=1500, hold_ms=1200, echo=True
    )
    await pstn.incoming()
    await pstn.answer()
    await caller.finished()
    await pstn.closed()
    assert pstn.sequence(700) == [700, "other", 700]
    assert (await kit.record()).call["outcome"] == "answered"


@pytest.mark.parametrize(
    "request_uri",
    ["tel:+31-30-123-4567", "tel:0301234567;phone-context=+31", "sip:+31301234567;npdi@127.0.0.1;user=phone"],
)
async def test_the_number_is_written(kit: Kit, request_uri: str) -> None:
    anna = kit.company.person("anna")
    await kit.company.apply()
    pstn = await kit.carrier()
    caller = await kit.network_calls("uac_call", "x", anna, request_uri=request_uri, talk_ms=50)
    await caller.finished()
    assert (await pstn.finished()).first("INVITE").request_uri.startswith(f"sip:{OUTSIDE}@")
    assert (await kit.record()).called[0]["number"] == OUTSIDE


async def test_many_calls_at_once(kit: Kit) -> None:
    """Twenty calls, ten a second, all of them one user's, who is in no hurry."""
    anna, bram = kit.company.person("anna"), kit.company.person("bram", mobile=False)
    await kit.company.apply()
    phone = await kit.phone(bram, calls=20)
    caller = await kit.network_calls("uac_call", national(bram.fixed), anna, calls=20, talk_ms=700)
    seen, rung = await asyncio.gather(caller.finished(), phone.finished())
    assert (len(seen.sent("BYE")), len(rung.received("BYE"))) == (20, 20)
    outcomes = [record.call["outcome"] for record in await kit.records(20)]
    assert outcomes == ["answered"] * 20
