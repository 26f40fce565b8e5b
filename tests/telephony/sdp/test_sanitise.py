"""What rtpengine must not see: ``AMR/16000`` crashed it (10.5)."""

from __future__ import annotations

import pytest

from hipper.telephony.sdp.description import SessionDescription
from hipper.telephony.sdp.sanitise import sanitise

HEAD = "v=0\r\no=- 7 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"


def test_amr_at_16000_goes_with_its_lines_and_the_rest_stays() -> None:
    sdp = HEAD + (
        "m=audio 4000 RTP/AVP 96 97 8 101\r\nb=AS:64\r\na=rtpmap:96 AMR/16000\r\na=fmtp:96 mode-set=7\r\n"
        "a=rtcp-fb:96 nack\r\na=rtpmap:97 AMR-WB/16000\r\na=rtpmap:101 telephone-event/16000\r\n"
        "a=sendrecv\r\n"
    )
    assert str(sanitise(sdp)) == HEAD + (
        "m=audio 4000 RTP/AVP 97 8 101\r\nb=AS:64\r\na=rtpmap:97 AMR-WB/16000\r\n"
        "a=rtpmap:101 telephone-event/16000\r\na=sendrecv\r\n"
    )


@pytest.mark.parametrize(
    "mapping",
    [
        "AMR/16000",
        "amr/44100",
        "AMR-WB/8000",
        "EVS/8000",
        "opus/8000",
        "G729/16000",
        "PCMA/0",
        "PCMA/4000000",
        "L16/44100/99",
        "L16/44100/0",
        "PCMA",
        "/8000",
        "AMR/x",
    ],
)
def test_codec_that_cannot_exist_is_taken_out(mapping: str) -> None:
    sane = sanitise(HEAD + f"m=audio 4000 RTP/AVP 96 8\r\na=rtpmap:96 {mapping}\r\n")
    assert sane.media[0].formats == ("8",)
    assert sane.media[0].attributes("rtpmap") == []


@pytest.mark.parametrize("format_", ["128", "999", "x", "-1"])
def test_payload_type_that_cannot_exist_is_taken_out(format_: str) -> None:
    assert sanitise(HEAD + f"m=audio 4000 RTP/AVP {format_} 8\r\n").media[0].formats == ("8",)


def test_second_mapping_of_the_same_payload_type_cannot_smuggle_it_in() -> None:
    sdp = HEAD + "m=audio 4000 RTP/AVP 96 8\r\na=rtpmap:96 AMR/8000\r\na=rtpmap:96 AMR/16000\r\n"
    assert sanitise(sdp).media[0].formats == ("8",)


def test_stream_with_nothing_left_is_rejected() -> None:
    assert sanitise(HEAD + "m=audio 4000 RTP/AVP 96\r\na=rtpmap:96 AMR/16000\r\n").media[0].port == 0


@pytest.mark.parametrize(
    "stream",
    [
        "m=audio 4000 RTP/AVP 8 0 9 18 96 97 98 101\r\na=rtpmap:9 G722/8000\r\na=rtpmap:96 AMR/8000\r\n"
        "a=rtpmap:97 EVS/16000\r\na=rtpmap:98 opus/48000/2\r\na=rtpmap:101 telephone-event/48000\r\n",
        "m=audio 4000 RTP/SAVPF 112 127\r\n",
        "m=video 4000 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n",
        "m=image 4000 udptl t38\r\n",
        "m=audio 0 RTP/AVP 96\r\na=rtpmap:96 AMR/16000\r\n",
    ],
)
def test_sound_and_foreign_streams_are_left_as_they_are(stream: str) -> None:
    description = SessionDescription.parse(HEAD + stream)
    assert sanitise(description) is description
