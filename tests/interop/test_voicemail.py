"""The voicemail box as a target: which mailbox, and why the call comes there (RFC 4458). SIPp is the box."""

from __future__ import annotations

import asyncio
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.interop.conftest import Kit
from tests.interop.gateway import GatewayProcess
from tests.interop.ports import Ports
from tests.interop.services import set_service

CALLER = "+31301111111"


class WithVoicemail(GatewayProcess):
    """``box``: where the voicemail box listens."""

    def __init__(self, folder: Path, ports: Ports, like: GatewayProcess) -> None:
        model = tomllib.loads(like.settings.read_text())
        super().__init__(
            folder,
            ports,
            database=model["database"]["url"],
            redis=model["redis"]["url"],
            ng=model["media"]["rtpengines"][0]["ng"],
        )
        self.box = ports.keep()
        text = self.settings.read_text().replace('id = "interop"', 'id = "voicemail"')
        more = f'\n[voicemail]\nlistener = "pstn"\ntarget = "sip:127.0.0.1:{self.box}"\n'
        self.settings.write_text(text + more)


@pytest.fixture(scope="module")
def with_voicemail(gateway: GatewayProcess, short_folder: Path, kit_ports: Ports) -> Iterator[WithVoicemail]:
    running = WithVoicemail(short_folder / "voicemail", kit_ports, gateway)
    running.start()
    yield running
    running.stop()


@pytest.mark.parametrize(
    ("reason", "cause", "phone"),
    [("always", 302, None), ("busy", 486, "uas_refuse"), ("no_answer", 408, "uas_ring_until_cancelled"),
     ("not_reachable", 503, None)],
)  # fmt: skip
async def test_the_box_learns_whose_it_is_and_why(
    kit: Kit, with_voicemail: WithVoicemail, reason: str, cause: int, phone: str | None
) -> None:
    kit.gateway = with_voicemail
    bram = kit.company.person("bram", mobile=False, no_answer_s=5)
    await kit.company.apply()
    others = {"always": False, "busy": False, "no_answer": False, "not_reachable": False}
    await set_service(kit, bram, "voicemail", **{**others, "active": True, reason: True})
    desk = None if phone is None else await kit.phone(bram, phone)
    box = await kit.sipp("uas_answer", port=with_voicemail.box, ring_ms=50)
    caller = await kit.carrier_calls("uac_call", bram.fixed, CALLER, talk_ms=100)
    await asyncio.gather(caller.finished(), box.finished())
    if desk is not None:
        await desk.finished()
    invite = box.so_far().first("INVITE")
    assert f";cause={cause}" in invite.request_uri
    assert f"sip:{CALLER}@" in (invite.header("From") or "")
    assert f"sip:{bram.fixed}@" in (invite.header("Diversion") or "")
    record = await kit.record()
    assert (record.call["outcome"], record.answered_leg["tariff"]) == ("answered", "voicemail")
