"""Agents call each other without anything between them."""

from __future__ import annotations

import asyncio

import pytest

from simulators.agent import Agent, Peer
from simulators.call import Call, CallError, CallState
from simulators.pstn import Pstn

NOWHERE = Peer("127.0.0.1", 9)


async def connect(caller: Pstn, called: Agent) -> tuple[Call, Call]:
    """`caller` calls, `called` answers."""
    caller.gateway = Peer(*called.address)
    out = await caller.call("+31201234567", caller="+31612345678")
    incoming = await called.next_call()
    await incoming.answer()
    await out.answered()
    return out, incoming


async def test_both_sides_hear_each_other() -> None:
    async with Pstn(gateway=NOWHERE, tone_hz=440) as alice, Pstn(gateway=NOWHERE, tone_hz=1000) as bob:
        out, incoming = await connect(alice, bob)
        await asyncio.gather(out.hears(1000), incoming.hears(440))
        assert (incoming.dialled, incoming.shown, incoming.asserted) == ("+31201234567",) + (
            "+31612345678",
        ) * 2
        await out.hang_up()
        await incoming.over()
        assert (out.cause, incoming.cause) == ("hung up", "bye")


async def test_an_echo_sends_back_what_it_hears() -> None:
    async with Pstn(gateway=NOWHERE, tone_hz=440) as alice, Pstn(gateway=NOWHERE, echo=True) as echo:
        out, _ = await connect(alice, echo)
        await out.hears(440)


async def test_a_wrong_tone_is_not_heard() -> None:
    async with Pstn(gateway=NOWHERE, tone_hz=440) as alice, Pstn(gateway=NOWHERE, tone_hz=1000) as bob:
        out, _ = await connect(alice, bob)
        await out.hears(1000)
        with pytest.raises(CallError, match="did not hear 440 Hz"):
            await out.hears(440, timeout_s=0.5)


async def test_who_holds_is_not_heard_until_it_resumes() -> None:
    async with Pstn(gateway=NOWHERE, tone_hz=440) as alice, Pstn(gateway=NOWHERE, tone_hz=1000) as bob:
        out, incoming = await connect(alice, bob)
        await incoming.hold()
        await out.is_held()
        sent = out.media.packets_sent
        await asyncio.sleep(0.1)
        assert out.media.packets_sent - sent <= 1
        await incoming.resume()
        await out.is_held(False)
        await asyncio.gather(out.hears(1000), incoming.hears(440))


async def test_keys_are_heard_once_each() -> None:
    async with Pstn(gateway=NOWHERE, tone_hz=440) as alice, Pstn(gateway=NOWHERE, tone_hz=1000) as bob:
        out, incoming = await connect(alice, bob)
        await out.press("1*#7")
        await incoming.hears_keys("1*#7")
        assert incoming.media.digits == "1*#7"
        await incoming.hears(440)


async def test_early_media_is_heard_before_the_answer() -> None:
    async with Pstn(gateway=NOWHERE) as alice, Pstn(gateway=NOWHERE, tone_hz=425) as bob:
        alice.gateway = Peer(*bob.address)
        out = await alice.call("+31201234567", caller="+31612345678")
        await (await bob.next_call()).send_early_media()
        await out.ringing()
        await out.hears(425)
        assert (out.state, out.early_media) == (CallState.RINGING, True)


async def test_caller_gives_up_while_it_rings() -> None:
    async with Pstn(gateway=NOWHERE) as alice, Pstn(gateway=NOWHERE) as bob:
        alice.gateway = Peer(*bob.address)
        out = await alice.call("+31201234567", caller="+31612345678")
        incoming = await bob.next_call()
        await incoming.ring()
        await out.ringing()
        await out.hang_up('SIP;cause=200;text="Call completed elsewhere"')
        await asyncio.gather(out.over(), incoming.over())
        assert incoming.reason == 'SIP;cause=200;text="Call completed elsewhere"'
        assert (out.status, incoming.status) == (487, 487)


async def test_a_refusal_carries_status_and_reason() -> None:
    async with Pstn(gateway=NOWHERE) as alice, Pstn(gateway=NOWHERE) as bob:
        alice.gateway = Peer(*bob.address)
        out = await alice.call("+31201234567", caller="+31612345678")
        await (await bob.next_call()).reject(603, headers=(("Reason", "Q.850;cause=21"),))
        with pytest.raises(CallError, match="refused with 603"):
            await out.answered()
        assert (out.status, out.reason) == (603, "Q.850;cause=21")


async def test_a_late_offer_is_answered_in_the_ack() -> None:
    async with Pstn(gateway=NOWHERE, tone_hz=440) as alice, Pstn(gateway=NOWHERE, tone_hz=1000) as bob:
        alice.gateway = Peer(*bob.address)
        out = await alice.call("+31201234567", caller="+31612345678", late_offer=True)
        incoming = await bob.next_call()
        await incoming.answer()
        await out.answered()
        await asyncio.gather(out.hears(1000), incoming.hears(440))


async def test_a_withheld_number_is_asserted_but_not_shown() -> None:
    async with Pstn(gateway=NOWHERE) as alice, Pstn(gateway=NOWHERE) as bob:
        alice.gateway = Peer(*bob.address)
        await alice.call("+31201234567", caller="+31612345678", withheld=True)
        incoming = await bob.next_call()
        assert (incoming.withheld, incoming.shown, incoming.asserted) == (True, "anonymous", "+31612345678")


@pytest.mark.parametrize("transport", ["tcp", "tls"])
async def test_over_streams(transport: str) -> None:
    to = Peer("127.0.0.1", 9, transport)  # type: ignore[arg-type]
    async with Pstn(gateway=to, tone_hz=440) as alice, Pstn(gateway=to, tone_hz=1000) as bob:
        alice.gateway = Peer(*bob.address, transport)  # type: ignore[arg-type]
        out = await alice.call("+31201234567", caller="+31612345678")
        incoming = await bob.next_call()
        await incoming.answer()
        await out.answered()
        await asyncio.gather(out.hears(1000), incoming.hears(440))
