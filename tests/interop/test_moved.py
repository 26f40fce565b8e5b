"""A running call goes on on another telephone of the user: who hears whom before, during and after.

SIPp is the PSTN and sends back what it hears, so a telephone that hears its own tone is heard by the far
party and hears it; one that never hears another's tone is alone with it.
"""

from __future__ import annotations

import asyncio

from hipper.contracts.bus import (
    Hold,
    Push,
    ReplyStatus,
    Resume,
)
from hipper.pbx.ids import DeviceId
from tests.bench import interruption
from tests.interop.app import App
from tests.interop.baresip import Baresip
from tests.interop.company import Person
from tests.interop.conftest import Kit
from tests.interop.sipp import Sipp

DESK, HANDSET = 1000, 700
OUTSIDE = "+31301234567"


async def talking_on_the_handset(kit: Kit) -> tuple[Person, Baresip, Baresip, Sipp]:
    """Anna's handset talks to the PSTN, her desk phone is at rest."""
    anna = kit.company.person("anna")
    await kit.company.apply()
    far = await kit.carrier("uas_moved", echo=True, ring_ms=0)
    desk, handset = await kit.desk(anna, DESK), await kit.handset(anna, HANDSET)
    await handset.dial(f"sip:0301234567@127.0.0.1:{kit.gateway.mobile}")
    await handset.established()
    await handset.hears(HANDSET)
    return anna, desk, handset, far


async def pulled(desk: Baresip, handset: Baresip) -> None:
    """``desk`` has the call, and ``handset`` had it."""
    await desk.established()
    await desk.hears(DESK)
    await handset.closed()
    assert desk.sequence(DESK, HANDSET) == [DESK], "the far party heard the desk phone alone"
    assert handset.sequence(DESK, HANDSET) == [HANDSET], "the handset never heard the desk phone"


async def test_desk_phone_pulls_the_call_from_the_handset(kit: Kit) -> None:
    anna, desk, handset, far = await talking_on_the_handset(kit)
    await desk.dial("*11")
    await pulled(desk, handset)
    await desk.hang_up()
    await far.finished()
    record = await kit.record()
    assert record.call["outcome"] == "answered"
    assert [leg["device_name"] for leg in record.legs] == ["mobile", anna.phones[0], None]


async def test_handset_pulls_the_call_from_the_desk_phone(kit: Kit) -> None:
    """The network brings the code as it brings any number (trunk)."""
    anna = kit.company.person("anna")
    await kit.company.apply()
    far = await kit.carrier("uas_moved", echo=True, ring_ms=0)
    desk, handset = await kit.desk(anna, HANDSET), await kit.handset(anna, DESK)
    await desk.dial("0301234567")
    await desk.established()
    await desk.hears(HANDSET)
    await handset.dial(f"sip:*11@127.0.0.1:{kit.gateway.mobile}")
    await pulled(handset, desk)
    await handset.hang_up()
    await far.finished()


async def test_colleague_stays_and_only_the_users_own_side_moves(kit: Kit) -> None:
    """On-net: Anna's handset called Bram's desk phone, which hears her own desk phone from then on."""
    anna, bram = kit.company.person("anna"), kit.company.person("bram", mobile=False)
    await kit.company.apply()
    far = await kit.phone(bram, "uas_moved", echo=True, ring_ms=0)
    desk, handset = await kit.desk(anna, DESK), await kit.handset(anna, HANDSET)
    await handset.dial(f"sip:{bram.extension}@127.0.0.1:{kit.gateway.mobile}")
    await handset.established()
    await handset.hears(HANDSET)
    await desk.dial("*11")
    await pulled(desk, handset)
    await desk.hang_up()
    await far.finished()
    assert (await kit.record()).outcomes == {bram.phones[0]: "answered"}


async def test_a_pull_there_and_back_hardly_interrupts_the_far_party(kit: Kit) -> None:
    """``python -m tests.bench.interruption`` in short."""
    anna = kit.company.person("anna")
    await kit.company.apply()
    found = await interruption.pull_about(anna, kit.gateway, pulls=2)
    assert max(found) < 10 * interruption.LIMIT_MS


# From the app.


async def test_app_pushes_the_call_to_the_desk_phone(kit: Kit) -> None:
    """It rings while the two talk on, and has the call when it is picked up."""
    anna, desk, handset, far = await talking_on_the_handset(kit)
    app = await App.of(kit, anna)
    push = Push(**app.who, to=DeviceId(app.devices[anna.phones[0]]))
    assert (await app.asks(push)).status is ReplyStatus.DONE
    assert OUTSIDE in (await desk.incoming())["peeruri"]
    await handset.hears(HANDSET)
    await desk.answer()
    await pulled(desk, handset)
    await desk.hang_up()
    await far.finished()


async def test_app_holds_and_resumes(kit: Kit) -> None:
    """The far party hears music and not the handset, then the handset again; nobody is re-INVITEd."""
    anna = kit.company.person("anna")
    await kit.company.apply()
    handset, far = await kit.handset(anna, HANDSET), await kit.pstn_phone(OUTSIDE, DESK)
    await handset.dial(f"sip:0301234567@127.0.0.1:{kit.gateway.mobile}")
    await far.incoming()
    await far.answer()
    await asyncio.gather(far.hears(HANDSET), handset.hears(DESK))
    app = await App.of(kit, anna)
    for command in (Hold(**app.who), Hold(**app.who)):
        assert (await app.asks(command)).status is ReplyStatus.DONE
    await far.hears_other(HANDSET, DESK)
    assert (await app.asks(Resume(**app.who))).status is ReplyStatus.DONE
    await far.hears_in_order(HANDSET, "other", HANDSET)
    await handset.hears(DESK)
    await handset.hang_up()
    await far.closed()


async def test_lost_handset_leaves_music_until_the_desk_phone_takes_the_call(kit: Kit) -> None:
    anna = kit.company.person("anna")
    await kit.company.apply()
    desk, far = await kit.desk(anna, DESK), await kit.pstn_phone(OUTSIDE, HANDSET)
    handset = await kit.network_calls("uac_lost", "0301234567", anna, talk_ms=300)
    await far.incoming()
    await far.answer()
    await handset.finished()
    await far.hears_other(HANDSET, DESK)
    await desk.dial("*11")
    await desk.established()
    await desk.hears(HANDSET)
    await desk.hang_up()
    await far.closed()
    assert (await kit.record()).call["outcome"] == "answered"


async def test_nothing_to_pull_is_spoken(kit: Kit) -> None:
    anna = kit.company.person("anna")
    await kit.company.apply()
    desk = await kit.desk(anna, DESK)
    await desk.dial("*11")
    await desk.hears_other(DESK)
    await desk.closed(timeout_s=15)
    assert (await kit.record()).call["outcome"] == "service"
