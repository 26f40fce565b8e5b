"""A company's own music on hold: heard by who is held, as the holder has chosen, from the next hold on."""

from __future__ import annotations

import asyncio

import asyncpg

from hipper.directory.admin.changing import OPERATOR
from hipper.directory.admin.music import put_music
from hipper.directory.names import tenant_id
from hipper.runtime.recordings import convert
from tests.interop.conftest import Kit
from tests.interop.services import set_service
from tests.interop.tones import listen
from tests.sounds import tone

TONE, OTHER = 700, 1000
COMPANYS, OWN = 520, 880
KNOWN = (TONE, OTHER, COMPANYS, OWN)
OUTSIDE = "+31301234567"


async def upload(kit: Kit, name: str, hertz: int) -> None:
    connection = await asyncpg.connect(kit.database)
    try:
        tenant = await tenant_id(connection, kit.company.tenant)
        assert tenant is not None
        await put_music(connection, OPERATOR, tenant, name, await convert(tone(hertz, 3.0)))
    finally:
        await connection.close()


async def test_held_party_hears_what_the_holder_chose(kit: Kit) -> None:
    """The exchange's own; then, in the same call, the company's, the user's choice, and nothing."""
    anna = kit.company.person("anna")
    await kit.company.apply()
    desk, far = await kit.desk(anna, OTHER), await kit.pstn_phone(OUTSIDE, TONE)
    await desk.dial("0301234567")
    await far.incoming()
    await far.answer()
    await desk.established()
    await far.hears(OTHER, known=KNOWN)

    async def hold(*heard: int | None) -> None:
        await desk.hold()
        for hertz in heard:
            await (far.hears_other(*KNOWN) if hertz is None else far.hears(hertz, known=KNOWN))
        await desk.resume()
        await far.hears(OTHER, known=KNOWN)

    await hold(None)
    await upload(kit, "winter", COMPANYS)
    await upload(kit, "zomer", OWN)
    await hold(COMPANYS)
    await set_service(kit, anna, "music_on_hold_user", recording="zomer")
    await hold(OWN)
    await set_service(kit, anna, "music_on_hold_user", active=False)
    await desk.hold()
    await asyncio.sleep(0.3)
    silence = len(far.samples())
    await asyncio.sleep(0.5)
    assert all(window.silent for window in listen(far.samples()[silence:], KNOWN))
    await far.hang_up()
    await desk.closed()
    assert (await kit.record()).call["outcome"] == "answered"
