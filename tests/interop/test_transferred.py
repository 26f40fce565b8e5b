"""Transfers with agents nobody here wrote on every side: SIPp as the PSTN and the mobile network, linphone as
the desk phone. What a call within a call does by itself is heard too: early media of somebody outside, the
colleague's own forwarding, and what is left when rtpengine goes away in the middle.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import asyncpg
import pytest

from fmc_gateway.records.history import Entry, history
from hipper.contracts.bus import (
    CallCommand,
    Consult,
    ConsultCancel,
    ConsultComplete,
    KeepUntil,
    ReplyStatus,
    TransferBlind,
)
from hipper.directory.settings import find_subscriber
from hipper.pbx.ids import SubscriberId
from tests.bench import interruption
from tests.interop.app import App
from tests.interop.baresip import Baresip
from tests.interop.company import PASSWORD, Person
from tests.interop.conftest import Kit
from tests.interop.linphone import Linphone
from tests.interop.records import Record
from tests.interop.services import set_service
from tests.interop.tones import sequence

FAR, COLLEAGUE, USER = 1000, 400, 700
TONES = (FAR, COLLEAGUE, USER)
OUTSIDE = "+31301234567"
Desk = Callable[[Person], Awaitable[Linphone]]


@pytest.fixture
def desk(kit: Kit) -> Desk:
    async def make(person: Person) -> Linphone:
        name = person.phones[0]
        phone = await kit.stack.enter_async_context(Linphone(name, kit.folder, kit.ports, COLLEAGUE))
        await phone.register(name, person.domain, kit.gateway.devices, PASSWORD)
        return phone

    return make


async def anna_and_bram(kit: Kit) -> tuple[Person, Person]:
    anna, bram = kit.company.person("anna"), kit.company.person("bram", mobile=False)
    await kit.company.apply()
    return anna, bram


def tones(phone: Linphone) -> list[int | str]:
    """What it heard in order, whole once the call is over; a window that a busy machine tore is none of
    them."""
    order = [one for one in sequence(phone.heard(*TONES)) if one != "other"]
    return [one for one, before in zip(order, [None, *order], strict=False) if one != before]


async def chain(kit: Kit, record: Record) -> list[tuple[str, str]]:
    """Who gave the call to whom: reason and destination."""
    connection = await asyncpg.connect(kit.database)
    try:
        found = await connection.fetch(
            "SELECT reason, destination FROM gateway.diversions WHERE call_id = $1 ORDER BY position",
            record.call["call_id"],
        )
    finally:
        await connection.close()
    return [(one["reason"], one["destination"]) for one in found]


async def newest_entry(kit: Kit, person: Person) -> Entry:
    """Of that user's history."""
    connection = await asyncpg.connect(kit.database)
    try:
        subscriber = await find_subscriber(connection, f"{person.user}@{person.domain}")
        (entry,) = await history(connection, SubscriberId(subscriber), limit=1)
    finally:
        await connection.close()
    return entry


async def done(app: App, command: CallCommand) -> None:
    reply = await app.asks(command)
    assert reply.status is ReplyStatus.DONE, reply


async def outside_on_the_handset(kit: Kit, anna: Person) -> tuple[Baresip, App]:
    """Anna's handset has called outside."""
    handset = await kit.handset(anna, USER)
    await handset.dial(f"sip:0301234567@127.0.0.1:{kit.gateway.mobile}")
    await handset.established()
    return handset, await App.of(kit, anna)


async def test_sipp_is_the_pstn_and_linphone_the_colleague_who_is_consulted(kit: Kit, desk: Desk) -> None:
    """SIPp sends back what it hears: who hears the own tone is connected with it, both ways."""
    anna, bram = await anna_and_bram(kit)
    far = await kit.carrier("uas_moved", echo=True, ring_ms=0)
    phone = await desk(bram)
    handset, app = await outside_on_the_handset(kit, anna)
    await handset.hears(USER)
    since = phone.mark()
    await done(app, Consult(**app.who, destination=bram.extension))
    assert anna.extension in await phone.incoming(since=since)
    await handset.hears_other(*TONES)
    await phone.answer()
    await handset.hears(COLLEAGUE)
    await asyncio.sleep(0.6)
    await done(app, ConsultComplete(**app.who))
    await handset.closed()
    await asyncio.sleep(1.0)
    await phone.hang_up()
    seen = await far.finished()
    assert bram.fixed in (seen.first("UPDATE").header("p-asserted-identity") or ""), "who is there now"
    assert tones(phone) == [USER, COLLEAGUE], "the user, then the far party alone"
    record = await kit.record()
    assert [leg["device_name"] for leg in record.legs] == ["mobile", None, bram.phones[0]]
    assert await chain(kit, record) == [("transfer", bram.extension)]
    given, taken = await newest_entry(kit, anna), await newest_entry(kit, bram)
    assert (given.result, given.diverted_to, given.diverted_why) == ("answered", bram.extension, "transfer")
    assert (taken.result, taken.diverted_by) == ("answered", record.calling["subscriber"])


@pytest.mark.parametrize("until", list(KeepUntil))
async def test_sipp_is_the_handset_of_who_sends_a_call_on_to_a_linphone(
    kit: Kit, desk: Desk, until: KeepUntil
) -> None:
    anna, bram = await anna_and_bram(kit)
    far, phone = await kit.pstn_phone(OUTSIDE, FAR), await desk(bram)
    handset = await kit.network_calls("uac_call_until_bye", "0301234567", anna, echo=True)
    await far.incoming()
    await far.answer()
    await far.hears(FAR)
    app = await App.of(kit, anna)
    since = phone.mark()
    await done(app, TransferBlind(**app.who, destination=bram.extension, keep_until=until))
    await phone.incoming(since=since)
    if until is KeepUntil.RINGING:
        await handset.finished()
    await far.hears_other(*TONES)
    await phone.answer()
    seen = await handset.finished()
    assert "Call transferred" in (seen.first("BYE").header("reason") or "")
    await far.hears(COLLEAGUE)
    await far.hang_up()
    await phone.says(r"ended", since=since)
    assert USER not in far.heard_tones(*TONES)
    assert tones(phone) == [FAR], "never the handset"


async def test_user_hears_the_early_media_of_whom_is_consulted_outside(kit: Kit) -> None:
    """The PSTN says something in a 183 and takes the call later; the far party hears music meanwhile."""
    anna, bram = await anna_and_bram(kit)
    far = await kit.desk(bram, FAR)
    handset = await kit.handset(anna, USER)
    await handset.dial(f"sip:{bram.extension}@127.0.0.1:{kit.gateway.mobile}")
    await far.incoming()
    await far.answer()
    await far.hears(USER)
    app = await App.of(kit, anna)
    there = await kit.carrier("uas_early_media", tone=COLLEAGUE, ring_ms=1500)
    await done(app, Consult(**app.who, destination="0301234567"))
    await asyncio.gather(handset.hears(COLLEAGUE), far.hears_other(*TONES))
    await there.says(200, timeout_s=6)
    await handset.hears(COLLEAGUE)
    await done(app, ConsultCancel(**app.who))
    await asyncio.gather(handset.hears(FAR), far.hears(USER), there.finished())
    assert far.heard_tones(*TONES) == {USER}, "music, and nobody else"
    await far.hang_up()
    await handset.closed()


async def test_colleague_who_forwards_is_reached_where_the_calls_go(kit: Kit) -> None:
    """Bram forwards what he does not answer to Chris; Anna hangs up while it rings, and Chris has the far
    party."""
    anna, bram = kit.company.person("anna"), kit.company.person("bram", mobile=False)
    chris = kit.company.person("chris", mobile=False)
    await kit.company.apply()
    await set_service(kit, bram, "call_forwarding_busy", active=True, destination=chris.extension)
    far = await kit.pstn_phone(OUTSIDE, FAR)
    busy, third = await kit.phone(bram, "uas_refuse", status=486), await kit.desk(chris, COLLEAGUE)
    handset = await kit.handset(anna, USER)
    await handset.dial(f"sip:0301234567@127.0.0.1:{kit.gateway.mobile}")
    await far.incoming()
    await far.answer()
    await far.hears(USER)
    app = await App.of(kit, anna)
    await done(app, Consult(**app.who, destination=bram.extension))
    await third.incoming()
    await busy.finished()
    await handset.hang_up()
    await far.hears_other(*TONES)
    await third.answer()
    await asyncio.gather(far.hears(COLLEAGUE), third.hears(FAR))
    await far.hang_up()
    await third.closed()
    went = [("transfer", bram.extension), ("user-busy", chris.extension)]
    assert await chain(kit, await kit.record()) == went


async def test_a_completed_transfer_hardly_interrupts_anybody(kit: Kit) -> None:
    """``python -m tests.bench.interruption`` in short."""
    anna, bram = await anna_and_bram(kit)
    found = await interruption.transfer_about(kit, anna, bram, transfers=1)
    assert max(found.far + found.colleague) < 10 * interruption.LIMIT_MS


async def test_handset_that_leaves_the_offer_to_us_pulls_the_call(kit: Kit) -> None:
    """SIPp is the handset and sends back what it hears, so the far party hears itself."""
    anna = kit.company.person("anna")
    await kit.company.apply()
    far, phone = await kit.pstn_phone(OUTSIDE, FAR), await kit.desk(anna, USER)
    await phone.dial("0301234567")
    await far.incoming()
    await far.answer()
    await far.hears(USER)
    handset = await kit.network_calls("uac_late_offer", "*11", anna, echo=True, talk_ms=1500)
    await far.hears(FAR)
    await phone.closed()
    await handset.finished()
    await far.closed()
    assert far.heard_tones(*TONES) == {USER, FAR}


async def test_two_native_calls_are_alternated_by_hold(kit: Kit) -> None:
    """The handset knows nothing of us: it holds the one and resumes the other, and only one ever hears it."""
    anna, bram = await anna_and_bram(kit)
    far, colleague = await kit.pstn_phone(OUTSIDE, FAR), await kit.desk(bram, COLLEAGUE)
    handset = await kit.handset(anna, USER)
    await handset.dial(f"sip:0301234567@127.0.0.1:{kit.gateway.mobile}")
    await far.incoming()
    await far.answer()
    await far.hears(USER)
    await handset.hold()
    await far.hears_other(*TONES)
    await handset.dial(f"sip:{bram.extension}@127.0.0.1:{kit.gateway.mobile}")
    await colleague.incoming()
    await colleague.answer()
    await colleague.hears(USER)
    for line, talks, waits in (("1", far, colleague), ("2", colleague, far)):
        await handset.hold()
        await handset.command("line", line)
        await handset.resume()
        await asyncio.gather(talks.hears(USER), waits.hears_other(*TONES))
    for phone in (far, colleague):
        await phone.hang_up()
    assert far.heard_tones(*TONES) == colleague.heard_tones(*TONES) == {USER}, "never each other"
    assert [one.call["outcome"] for one in await kit.records(2)] == ["answered"] * 2
