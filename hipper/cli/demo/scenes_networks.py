"""The other kinds of mobile network: an IMS with us as application server, a CAMEL network that asks."""

from __future__ import annotations

from hipper.cli.demo.cast import (
    BRAM_HZ,
    EVA_HZ,
    EVA_MOBILE,
    FARID_HZ,
    FARID_MOBILE,
    OUTSIDE_HZ,
    Cast,
    sounding,
)
from hipper.cli.demo.ringing import answer_first, ring_bram
from hipper.cli.demo.stage import PATIENCE_S, Stage
from hipper.telephony.numbers.format import format_number
from simulators.agent import Agent
from simulators.call import Call
from simulators.network.charging import NetworkRecord
from simulators.network.handsets import Handset, Place

OUTSIDE = "0207654321"


async def play(stage: Stage, cast: Cast) -> None:
    await _own_session(stage, cast)
    await _emergency(stage, cast.ims, cast.ims.handset(EVA_MOBILE), cast.ims.emergency_centre, EVA_HZ)
    await _routing_number(stage, cast)
    camel = cast.camel
    await _emergency(stage, camel, camel.handset(FARID_MOBILE), camel.emergency_centre, FARID_HZ)
    _no_findings(stage, cast)
    stage.see("no network found anything that 3GPP forbids, and no call looped")


def _no_findings(stage: Stage, cast: Cast) -> None:
    """What lost its identifier, or was handed to us twice, is found by the simulated network."""
    for network in (cast.ims, cast.camel):
        stage.demand(network.findings == [], f"{network.name} found: {'; '.join(network.findings)}")
    stage.demand(cast.ims.scscf.loops == 0, "a call looped through the S-CSCF")


async def _own_session(stage: Stage, cast: Cast) -> None:
    since = stage.title(
        "isc: Eva's mobile calls outside; the S-CSCF hands her call to us and gets it back by its ODI"
    )
    ims = cast.ims
    eva = await ims.handset(EVA_MOBILE).call(OUTSIDE)
    with sounding(ims, OUTSIDE_HZ):
        called = await ims.pstn.next_call(PATIENCE_S)
    session = _only(stage, ims.journal.records[-1:], EVA_MOBILE)
    _no_findings(stage, cast)
    stage.see(f"it came back into its own session (ICID {session.icid}), and its media run through us")
    await _talk(stage, eva, EVA_HZ, called)
    record = await stage.show_record(since, OUTSIDE)
    icids = {leg.icid for leg in record.legs}
    stage.demand(icids == {session.icid}, f"our legs have the ICIDs {icids}, the network's is {session.icid}")
    stage.see("both our legs name the network's ICID")


async def _routing_number(stage: Stage, cast: Cast) -> None:
    since = stage.title(
        "imrn: Farid's mobile dials 202; the network asks over HTTP, and calls the number it is given"
    )
    farid = await cast.camel.handset(FARID_MOBILE).call("202")
    rung = await ring_bram(cast)
    shop = rung[0]
    stage.demand(shop.shown == "206", f"the desk phone shows {shop.shown}")
    session = _only(stage, cast.camel.journal.records[-1:], FARID_MOBILE)
    stage.see(f"the answer took {cast.camel.asked_ms[-1]:.0f} ms and was {session.imrn}, good for one call")
    stage.see(f"Bram's telephones show {shop.display_name}, {shop.shown}")
    await answer_first(stage, rung)
    await farid.answered(PATIENCE_S)
    await stage.both_hear(farid, FARID_HZ, shop, BRAM_HZ)
    await farid.hang_up()
    await shop.over(PATIENCE_S)
    record = await stage.show_record(since, "202")
    told = record.legs[0].network_reference
    stage.demand(
        told == session.call_reference, f"our record names {told}, the network's {session.call_reference}"
    )
    stage.see(f"our record names the network's call reference, {told}")


async def _emergency(stage: Stage, network: Agent, handset: Handset, centre: Place, own_hz: int) -> None:
    stage.title(f"{network.name}: {format_number(handset.msisdn)} dials 112; we give the call back")
    calling = await handset.call("112")
    with sounding(network, OUTSIDE_HZ):
        called = await centre.next_call(PATIENCE_S)
    stage.demand(called.dialled.partition(";")[0] == "112", f"it was called as {called.dialled}")
    stage.see("it reaches the network's own emergency centre as it was dialled")
    await _talk(stage, calling, own_hz, called)


async def _talk(stage: Stage, calling: Call, own_hz: int, called: Call) -> None:
    await called.ring()
    await called.answer()
    await calling.answered(PATIENCE_S)
    await stage.both_hear(calling, own_hz, called, OUTSIDE_HZ)
    await calling.hang_up()
    await called.over(PATIENCE_S)


def _only(stage: Stage, records: list[NetworkRecord], user: str) -> NetworkRecord:
    """The network's record of the call that this user just made."""
    stage.demand(bool(records) and records[0].served_user == user, "the network has no record of the call")
    return records[0]
