"""Busy lamps, watched by SIPp: SUBSCRIBE dialog, and a NOTIFY for every change (RFC 4235)."""

from __future__ import annotations

import re

from tests.interop.company import PASSWORD, Person
from tests.interop.conftest import Kit
from tests.interop.services import set_service
from tests.interop.sipp import Sipp

CALLER = "+31301111111"


async def watches(kit: Kit, person: Person, whom: Person) -> Sipp:
    return await kit.sipp(
        "uac_watch",
        remote=("127.0.0.1", kit.gateway.devices),
        auth_uri=f"{whom.extension}@{person.domain}",
        request_uri=f"sip:{whom.extension}@{person.domain}",
        from_user=person.phones[0],
        user=person.phones[0],
        password=PASSWORD,
        domain=person.domain,
    )


async def test_a_lamp_shows_ringing_talking_and_free(kit: Kit) -> None:
    anna, bram = kit.company.person("anna", mobile=False), kit.company.person("bram", mobile=False)
    await kit.company.apply()
    phone = await kit.phone(bram, ring_ms=300)
    lamp = await watches(kit, anna, bram)
    first = await lamp.sees("NOTIFY")
    assert "<state>" not in first.body
    assert first.header("Event") == "dialog"
    await (await kit.carrier_calls("uac_call", bram.fixed, CALLER, talk_ms=300)).finished()
    await phone.finished()
    told = (await lamp.finished()).received("NOTIFY")
    states = [re.findall(r"<state[^>]*>(\w+)<", notify.body) for notify in told]
    assert states[0] == []
    assert states[1:3] == [["early"], ["confirmed"]]
    assert states[3] in ([], ["terminated"])
    assert CALLER not in "".join(notify.body for notify in told)  # who calls is Bram's business


async def test_a_user_who_wants_privacy_is_not_watched(kit: Kit) -> None:
    anna, bram = kit.company.person("anna", mobile=False), kit.company.person("bram", mobile=False)
    await kit.company.apply()
    await set_service(kit, bram, "privacy", active=True)
    lamp = await watches(kit, anna, bram)
    refused = await lamp.sees(404)
    assert refused.header("CSeq") == "2 SUBSCRIBE"
    assert lamp.so_far().received("NOTIFY") == []
