"""Transfer with consultation on a telephone that cannot transfer: by the app, on one mobile leg."""

from __future__ import annotations

import asyncio

from hipper.cli.demo.app_client import AppClient
from hipper.cli.demo.cast import ANNA_HZ, ANNA_MOBILE, BRAM_HZ, OUTSIDE_HZ, Cast
from hipper.cli.demo.ringing import answer_first, ring_bram
from hipper.cli.demo.stage import PATIENCE_S, Stage

OUTSIDE = "0207654325"


async def play(stage: Stage, cast: Cast, api: AppClient) -> None:
    """Anna asks Bram on the mobile while the outside waits, and leaves it to the two (seed 4.7.3)."""
    since = stage.title("In a call on her mobile Anna consults Bram, by the app, and transfers it to him")
    anna = await cast.network.handset(ANNA_MOBILE).call(OUTSIDE)
    outside = await cast.pstn.next_call(PATIENCE_S)
    await outside.ring()
    await outside.answer()
    await anna.answered(PATIENCE_S)
    await stage.both_hear(anna, ANNA_HZ, outside, OUTSIDE_HZ)
    _, now = await api.ask("GET", "/v1/me/calls")
    call = now["items"][0]["id"]
    status, told = await api.ask("POST", f"/v1/me/calls/{call}/consult", {"destination": "202"}, "consult")
    stage.demand(status == 200, f"consulting was answered {status}: {told}")
    rung = await ring_bram(cast)
    await answer_first(stage, rung)
    shop = rung[0]
    await stage.both_hear(anna, ANNA_HZ, shop, BRAM_HZ)
    status, told = await api.ask("POST", f"/v1/me/calls/{call}/consult/complete", key="complete")
    stage.demand(status == 200, f"completing was answered {status}: {told}")
    await anna.over(PATIENCE_S)
    stage.see("her mobile is released")
    await stage.both_hear(shop, BRAM_HZ, outside, OUTSIDE_HZ)
    await outside.hang_up()
    await asyncio.gather(shop.over(PATIENCE_S), outside.over(PATIENCE_S))
    record = await stage.show_record(since, OUTSIDE)
    reasons = [diversion.reason for diversion in record.diversions]
    stage.demand("transfer" in reasons, f"the record says nothing of the transfer: {reasons}")
    stage.see("the record says who transferred the call, and who pays for which part of it")
