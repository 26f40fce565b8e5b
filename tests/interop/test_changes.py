"""A change holds for the next INVITE: each of many, back to back, seen on the very next call."""

from __future__ import annotations

import asyncpg

from hipper.directory.settings import find_subscriber, set_identity
from hipper.pbx.model import IdentityChoice
from simulators.agent import Peer
from simulators.call import CallState
from simulators.mobile_network import MobileNetwork
from simulators.pstn import Pstn
from tests.interop.conftest import Kit
from tests.interop.services import set_service

CHANGES = 50
"""Of each of the two kinds."""
OUTSIDE = "0301234567"
ALWAYS = {"name": "hours", "weekly": [{"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]}]}
NEVER = {"name": "hours", "events": [{"name": "long ago", "starts": "2001-01-01", "ends": "2001-01-01"}]}


async def test_identity_and_schedule_hold_for_the_next_invite_a_hundred_times(kit: Kit) -> None:
    """Anna's number shown changes, and with it the hours in which her calls are forwarded outside."""
    anna = kit.company.person("anna", phones=0, mobile=True)
    await kit.company.apply()
    forward = {"criterion": {"name": "hours", "during": "hours"}}
    await set_service(
        kit, anna, "call_forwarding_selective", active=True, destination=OUTSIDE, rules=[forward]
    )
    connection = await asyncpg.connect(kit.database)
    subscriber = await find_subscriber(connection, f"{anna.user}@{anna.domain}")
    network = MobileNetwork(
        gateway=Peer("127.0.0.1", kit.gateway.mobile), port=kit.gateway.network, voice=False
    )
    pstn = Pstn(gateway=Peer("127.0.0.1", kit.gateway.pstn), port=kit.gateway.carrier, voice=False)
    wrong = []
    async with network, pstn:
        handset = network.handset(anna.mobile or "")
        for change in range(CHANGES):
            fixed = change % 2 == 0
            choice = IdentityChoice.FIXED if fixed else IdentityChoice.MOBILE
            assert await set_identity(connection, subscriber, choice, "test")
            await set_service(kit, anna, "schedules", schedules=[ALWAYS if fixed else NEVER])
            out = await handset.call(OUTSIDE)
            reached = await pstn.next_call()
            if reached.shown != (anna.fixed if fixed else anna.mobile):
                wrong.append(f"{change}: {reached.shown} is shown")
            await reached.reject(486)
            await out.over()
            inward = await pstn.call(anna.fixed, caller="+31301111111")
            reached = await (pstn if fixed else handset).next_call()
            if reached.state is CallState.OVER or (reached.header("Diversion") is not None) is not fixed:
                wrong.append(f"{change}: the forward is as it was before")
            await reached.reject(486)
            await inward.over(15)
    await connection.close()
    assert wrong == []
