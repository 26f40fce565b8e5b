"""Codecs and video as handsets and desk phones offer them, through a running gateway with rtpengine
(call-flows §4)."""

from __future__ import annotations

from typing import Any

import pytest

from hipper.telephony.sdp.description import SessionDescription
from hipper.telephony.sip import events as sip
from tests.fmc_gateway.kit import World, sdp
from tests.fmc_gateway.test_calls_onward import the_record

pytestmark = pytest.mark.servers

ANNA_MOBILE = "<sip:+31612320100@mno.test>"
ASSERTED = (("P-Asserted-Identity", "<sip:+31612320100@mno.test>"),)
EVS = (
    "96 EVS/16000",
    "97 AMR-WB/16000",
    "98 AMR/8000",
    "99 telephone-event/16000",
    "100 telephone-event/8000",
)
VIDEO = ("m=video {port} RTP/AVP 102", "a=rtpmap:102 H264/90000", "a=sendrecv")


def described(port: int, *codecs: str, video: int | None = None) -> str:
    """``codecs``: as rtpmap writes them; static ones have their number alone."""
    lines = [
        "v=0",
        f"o=- {port} 1 IN IP4 127.0.0.1",
        "s=-",
        "c=IN IP4 127.0.0.1",
        "t=0 0",
        f"m=audio {port} RTP/AVP " + " ".join(codec.split()[0] for codec in codecs),
        *(f"a=rtpmap:{codec}" for codec in codecs),
        "a=sendrecv",
    ]
    if video is not None:
        lines += [line.format(port=video) for line in VIDEO]
    return "\r\n".join(lines) + "\r\n"


def codecs(description: str | None) -> list[str]:
    audio = SessionDescription.parse(description or "").audio
    assert audio is not None
    return [f"{codec.name}/{codec.rate}" for codec in audio.codecs]


def ports(description: str | None) -> dict[str, int]:
    return {media.kind: media.port for media in SessionDescription.parse(description or "").media}


async def call(world: World, offer: str, answer: str) -> tuple[str, str, Any]:
    """Anna's handset calls outside with ``offer``; what the carrier was offered, what the handset was
    answered, and the record."""
    mobile, carrier = world.site.mobile_peer, world.site.carrier
    session = mobile.call(world.site.core, "0301234567", ANNA_MOBILE, headers=ASSERTED, offer=offer)
    invited = await carrier.expect(sip.Invited)
    carrier.do("answer", invited.session, answer)
    answered = await mobile.expect(sip.Answered)
    await carrier.expect(sip.Confirmed)
    mobile.do("bye", session)
    await carrier.expect(sip.Ended)
    await world.at_rest()
    return invited.sdp, answered.sdp, await the_record(world)


@pytest.mark.parametrize(
    ("chosen", "event"), [(EVS[0], EVS[3]), (EVS[1], EVS[3]), (EVS[2], EVS[4])], ids=["EVS", "AMR-WB", "AMR"]
)
async def test_codec_of_handsets_passes_untouched_with_its_own_event_clock(
    world: World, chosen: str, event: str
) -> None:
    offered, answered, record = await call(world, described(25100, *EVS), described(25102, chosen, event))
    assert codecs(offered)[:3] == ["EVS/16000", "AMR-WB/16000", "AMR/8000"]
    assert {"telephone-event/16000", "telephone-event/8000"} <= set(codecs(offered))
    assert codecs(answered) == [chosen.split()[1], event.split()[1]]
    assert not any(leg.transcoded for leg in record.legs)


async def test_desk_phones_are_offered_g711_beside_the_codecs_of_handsets(world: World) -> None:
    offered, _, _ = await call(world, described(25100, *EVS), described(25102, EVS[0], EVS[3]))
    assert {"PCMA/8000", "PCMU/8000"} <= set(codecs(offered))
    offered, _, _ = await call(world, sdp(25100), sdp(25102))
    assert set(codecs(offered)) == {"PCMA/8000", "PCMU/8000", "telephone-event/8000"}


async def test_handset_that_rtpengine_cannot_transcode_for_is_told_and_does_not_talk_into_silence(
    world: World,
) -> None:
    """Debian's rtpengine has no AMR and no EVS."""
    mobile, carrier = world.site.mobile_peer, world.site.carrier
    offer = described(25100, *EVS)
    mobile.call(world.site.core, "0301234567", ANNA_MOBILE, headers=ASSERTED, offer=offer)
    invited = await carrier.expect(sip.Invited)
    carrier.do("answer", invited.session, described(25102, "8 PCMA/8000", EVS[4]))
    assert (await mobile.expect(sip.Rejected)).status == 500
    await carrier.expect(sip.Ended)
    await world.at_rest()


@pytest.mark.parametrize(
    ("codec", "event", "toward"),
    [
        ("96 opus/48000/2", "97 telephone-event/48000", "98 telephone-event/8000"),
        ("9 G722/8000", "101 telephone-event/8000", "101 telephone-event/8000"),
    ],
)
async def test_what_rtpengine_knows_is_transcoded_and_the_record_says_so(
    world: World, codec: str, event: str, toward: str
) -> None:
    offer, answer = described(25100, codec, event), described(25102, "8 PCMA/8000", toward)
    offered, answered, record = await call(world, offer, answer)
    assert toward.split()[1] in codecs(offered)
    assert codecs(answered)[0] == codec.split()[1].removesuffix("/2")
    assert event.split()[1] in codecs(answered)
    assert [leg.transcoded for leg in record.legs] == [True, True]


async def test_g722_end_to_end_is_not_transcoded(world: World) -> None:
    both = ("9 G722/8000", "101 telephone-event/8000")
    _, answered, record = await call(world, described(25100, *both), described(25102, *both))
    assert codecs(answered)[0] == "G722/8000"
    assert not any(leg.transcoded for leg in record.legs)


async def test_video_passes_when_both_sides_want_it(world: World) -> None:
    offer, answer = (described(port, "8 PCMA/8000", video=port + 4) for port in (25100, 25110))
    offered, answered, _ = await call(world, offer, answer)
    assert ports(offered)["video"] not in (0, 25104)
    assert ports(answered)["video"] not in (0, 25114)


async def test_video_that_one_side_does_not_want_is_port_0(world: World) -> None:
    offer, answer = described(25100, "8 PCMA/8000", video=25104), described(25110, "8 PCMA/8000", video=0)
    offered, answered, _ = await call(world, offer, answer)
    assert ports(offered)["video"] != 0
    assert ports(answered)["audio"] != 0
    assert ports(answered)["video"] == 0


async def test_announcement_takes_no_video(world: World) -> None:
    mobile = world.site.mobile_peer
    offer = described(25100, "8 PCMA/8000", video=25104)
    mobile.call(world.site.core, "299", ANNA_MOBILE, headers=ASSERTED, offer=offer)
    early = await mobile.expect(sip.EarlyMedia, sip.Rejected)
    assert isinstance(early, sip.EarlyMedia)
    assert ports(early.sdp)["video"] == 0
    assert ports(early.sdp)["audio"] != 0
    await mobile.expect(sip.Rejected, within_s=15)
    await world.at_rest()
