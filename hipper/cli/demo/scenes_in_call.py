"""What a user does with a call that runs."""

from __future__ import annotations

from hipper.cli.demo.cast import ANNA_HZ, ANNA_MOBILE, OFFICE_HZ, OUTSIDE_HZ, Cast
from hipper.cli.demo.stage import PATIENCE_S, Stage

OUTSIDE = "0207654323"
PULL = "*11"


async def play(stage: Stage, cast: Cast) -> None:
    await _pulled(stage, cast)


async def _pulled(stage: Stage, cast: Cast) -> None:
    """The outside hears the handset, then the desk phone; the call stays one call with two segments (seed
    5.5, 5.7)."""
    since = stage.title("Anna's mobile talks to the outside; at her desk she dials *11, and talks on there")
    handset = await cast.network.handset(ANNA_MOBILE).call(OUTSIDE)
    outside = await cast.pstn.next_call(PATIENCE_S)
    await outside.ring()
    await outside.answer()
    await handset.answered(PATIENCE_S)
    await stage.both_hear(handset, ANNA_HZ, outside, OUTSIDE_HZ)
    desk = await cast.office.call(PULL)
    await desk.answered(PATIENCE_S)
    await handset.over(PATIENCE_S)
    stage.see("the desk phone is answered, and only then the handset is released")
    await stage.both_hear(desk, OFFICE_HZ, outside, OUTSIDE_HZ)
    await desk.hang_up()
    await outside.over(PATIENCE_S)
    record = await stage.show_record(since, OUTSIDE)
    payers = [segment.payer.subscription for segment in record.segments]
    stage.demand(payers == ["ZM-100201", "HIP-100201"], f"the segments are paid by {payers}")
    stage.see("one call, two segments: first her mobile subscription pays, then the fixed one")
