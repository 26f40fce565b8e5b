"""Bram's telephones, which several scenes ring."""

from __future__ import annotations

import asyncio

from hipper.cli.demo.cast import BRAM_MOBILE, Cast
from hipper.cli.demo.stage import PATIENCE_S, Stage
from simulators.call import Call


async def ring_bram(cast: Cast) -> list[Call]:
    """His shop, bakery and mobile, in this order, all ringing."""
    bram = cast.network.handset(BRAM_MOBILE)
    telephones = (cast.shop, cast.bakery, bram)
    rung = await asyncio.gather(*(one.next_call(PATIENCE_S) for one in telephones))
    for call in rung:
        await call.ring()
    return list(rung)


async def answer_first(stage: Stage, rung: list[Call]) -> None:
    """The first takes the call; the others must be told why they stop."""
    first, *others = rung
    await first.answer()
    for call in others:
        await call.over(PATIENCE_S)
        told = call.reason is not None and "cause=200" in call.reason
        stage.demand(told, f"a losing device was told {call.reason!r}")
