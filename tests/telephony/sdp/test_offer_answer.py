"""RFC 3264: answers, hold, comparison."""

from __future__ import annotations

from pathlib import Path

import pytest

from hipper.telephony.sdp.codec import PCMA, PCMU, STATIC_CODECS, TELEPHONE_EVENT, Codec
from hipper.telephony.sdp.description import Direction, SessionDescription
from hipper.telephony.sdp.errors import SdpError
from hipper.telephony.sdp.offer_answer import (
    Capabilities,
    answer_direction,
    codecs_in_common,
    direction_of,
    held,
    make_answer,
    make_offer,
    same_media,
    with_direction,
    with_version,
)

VECTORS = Path(__file__).parents[2] / "vectors" / "sdp"
HEAD = "v=0\r\no=- 7 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
NULL = HEAD.replace("c=IN IP4 192.0.2.1", "c=IN IP4 0.0.0.0")
AUDIO = "m=audio 4000 RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\n"
OURS = Capabilities(address="192.0.2.2", port=6000, session_id=9)


def vector(name: str) -> SessionDescription:
    return SessionDescription.parse((VECTORS / f"{name}.sdp").read_bytes())


@pytest.mark.parametrize(
    ("sdp", "expected"),
    [
        (HEAD + AUDIO, False),
        (HEAD + AUDIO + "a=sendrecv\r\n", False),
        (HEAD + AUDIO + "a=recvonly\r\n", False),
        (HEAD + AUDIO + "a=sendonly\r\n", True),
        (HEAD + AUDIO + "a=inactive\r\n", True),
        (HEAD + "a=sendonly\r\n" + AUDIO, True),
        (HEAD + "a=sendonly\r\n" + AUDIO + "a=sendrecv\r\n", False),
        (NULL + AUDIO, True),
        (NULL + AUDIO + "c=IN IP4 192.0.2.1\r\n", False),
        (HEAD + AUDIO + "c=IN IP4 0.0.0.0\r\n", True),
        (HEAD + AUDIO + "c=IN IP6 ::\r\n", True),
        (HEAD + AUDIO + "a=sendonly\r\n" + AUDIO, False),
        (HEAD + AUDIO + "a=sendonly\r\nm=video 5000 RTP/AVP 31\r\n", True),
        (HEAD + "m=audio 0 RTP/AVP 8\r\na=inactive\r\n", False),
        (HEAD + "m=image 5000 udptl t38\r\n", False),
        (HEAD, False),
    ],
)
def test_section_8_4_hold(sdp: str, expected: bool) -> None:
    assert held(sdp) is expected


def test_rfc3264_10_2_starts_inactive_and_resumes() -> None:
    assert held(vector("rfc3264-10.2-offer"))
    assert not held(vector("rfc3264-10.2-reoffer"))


@pytest.mark.parametrize(
    ("sdp", "direction"),
    [
        (HEAD + AUDIO, Direction.SENDRECV),
        (HEAD + AUDIO + "a=recvonly\r\n", Direction.RECVONLY),
        (NULL + AUDIO, Direction.SENDONLY),
        (NULL + AUDIO + "a=recvonly\r\n", Direction.INACTIVE),
        (HEAD, Direction.INACTIVE),
    ],
)
def test_direction_of_the_audio(sdp: str, direction: Direction) -> None:
    assert direction_of(sdp) is direction


def test_with_direction_replaces_in_place_and_leaves_rejected_streams() -> None:
    sdp = HEAD + "a=sendrecv\r\n" + AUDIO + "a=recvonly\r\na=ptime:20\r\nm=video 0 RTP/AVP 31\r\n" + AUDIO
    changed = with_direction(sdp, Direction.SENDONLY)
    assert str(changed) == (
        HEAD
        + AUDIO
        + "a=sendonly\r\na=ptime:20\r\nm=video 0 RTP/AVP 31\r\na=sendrecv\r\n"
        + AUDIO
        + "a=sendonly\r\n"
    )
    assert held(changed)
    assert str(with_direction(changed, Direction.SENDONLY)) == str(changed)


def test_with_version_counts_up_and_changes_nothing_else() -> None:
    changed = with_version(HEAD + AUDIO, 2)
    assert changed.origin.version == "2"
    assert str(changed).replace("o=- 7 2 ", "o=- 7 1 ") == HEAD + AUDIO


@pytest.mark.parametrize("offered", list(Direction))
@pytest.mark.parametrize("wanted", list(Direction))
def test_section_6_1_answer_direction(offered: Direction, wanted: Direction) -> None:
    answer = answer_direction(offered, wanted)
    assert answer.sends == (offered.receives and wanted.sends)
    assert answer.receives == (offered.sends and wanted.receives)


def test_section_6_1_table_for_an_end_that_wants_both_ways() -> None:
    assert [answer_direction(offered).value for offered in Direction] == [
        "sendrecv",
        "recvonly",
        "sendonly",
        "inactive",
    ]


@pytest.mark.parametrize(
    "other",
    [
        HEAD + AUDIO,
        HEAD.replace("o=- 7 1", "o=- 7 2") + AUDIO,
        HEAD.replace("s=-", "s=call") + AUDIO,
        HEAD + "a=sendrecv\r\n" + AUDIO,
        HEAD + AUDIO + "a=sendrecv\r\n",
        HEAD.replace("c=IN IP4 192.0.2.1\r\n", "") + AUDIO + "c=IN IP4 192.0.2.1\r\n",
    ],
)
def test_same_media(other: str) -> None:
    assert same_media(HEAD + AUDIO, other)


@pytest.mark.parametrize(
    "other",
    [
        HEAD + AUDIO.replace("4000", "4002"),
        HEAD + AUDIO.replace("8 101", "101 8"),
        HEAD + AUDIO + "a=sendonly\r\n",
        HEAD + AUDIO + "a=fmtp:101 0-15\r\n",
        HEAD + AUDIO + "b=AS:64\r\n",
        NULL + AUDIO,
        HEAD + AUDIO + AUDIO,
        HEAD + AUDIO.replace("RTP/AVP", "RTP/SAVP"),
    ],
)
def test_other_media(other: str) -> None:
    assert not same_media(HEAD + AUDIO, other)


def test_same_media_with_attributes_in_another_order() -> None:
    assert same_media(
        HEAD + AUDIO + "a=ptime:20\r\na=maxptime:40\r\n", HEAD + AUDIO + "a=maxptime:40\r\na=ptime:20\r\n"
    )


def test_codecs_in_common_keep_the_offers_order_and_payload_types() -> None:
    offered = (Codec(18, "G729", 8000), Codec(97, "pcmu", 8000), PCMA, Codec(96, "telephone-event", 8000))
    assert codecs_in_common(offered, (PCMA, PCMU, TELEPHONE_EVENT)) == offered[1:]


def test_telephone_event_follows_the_clock_rate_of_a_common_codec() -> None:
    wide, narrow = Codec(100, "telephone-event", 16000), Codec(101, "telephone-event", 8000)
    amr_wb = Codec(96, "AMR-WB", 16000)
    ours = (PCMA, wide, narrow, Codec(99, "AMR-WB", 16000))
    assert codecs_in_common((PCMA, wide, narrow), ours) == (PCMA, narrow)
    assert codecs_in_common((amr_wb, wide, narrow), ours) == (amr_wb, wide)


def test_digits_and_comfort_noise_alone_are_nothing_in_common() -> None:
    offered = (STATIC_CODECS[18], STATIC_CODECS[13], TELEPHONE_EVENT)
    assert codecs_in_common(offered, (PCMA, STATIC_CODECS[13], TELEPHONE_EVENT)) == ()


def test_rfc3264_10_1_audio_is_taken_and_both_videos_rejected() -> None:
    answer = make_answer(vector("rfc3264-10.1-offer"), OURS)
    assert [(media.kind, media.port, media.formats) for media in answer.media] == [
        ("audio", 6000, ("0",)),
        ("video", 0, ("31",)),
        ("video", 0, ("32",)),
    ]


def test_rfc3264_10_1_second_offer_rejects_the_second_audio_stream() -> None:
    answer = make_answer(vector("rfc3264-10.1-second-offer"), OURS)
    assert [media.port for media in answer.media] == [6000, 0, 0, 0]


def test_rfc3264_10_2_answer() -> None:
    capabilities = Capabilities(
        address="192.0.2.2", port=54344, session_id=2890844730, codecs=(PCMU, STATIC_CODECS[4])
    )
    answer = make_answer(vector("rfc3264-10.2-offer"), capabilities)
    (audio,) = answer.media
    (expected,) = vector("rfc3264-10.2-answer").media
    assert (audio.port, audio.formats, audio.codecs) == (expected.port, expected.formats, expected.codecs)
    assert answer.direction_of(audio) is Direction.INACTIVE


def test_answer_is_whole_and_can_be_read() -> None:
    offer = make_offer(Capabilities(address="2001:db8::1", port=5000, session_id=3, username="pstn"))
    assert str(offer) == (
        "v=0\r\no=pstn 3 1 IN IP6 2001:db8::1\r\ns=-\r\nc=IN IP6 2001:db8::1\r\nt=0 0\r\n"
        "m=audio 5000 RTP/AVP 8 0 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n"
        "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n"
    )
    answer = make_answer(offer, OURS)
    assert SessionDescription.parse(str(answer)) == answer
    assert answer.audio is not None
    assert [codec.payload_type for codec in answer.audio.codecs] == [8, 0, 101]


def test_held_offer_is_answered_recvonly_also_in_the_old_spelling() -> None:
    assert direction_of(make_answer(HEAD + AUDIO + "a=sendonly\r\n", OURS)) is Direction.RECVONLY
    assert direction_of(make_answer(NULL + AUDIO, OURS)) is Direction.RECVONLY


def test_rejected_stream_stays_rejected_and_the_next_is_taken() -> None:
    answer = make_answer(HEAD + "m=audio 0 RTP/AVP 8\r\n" + AUDIO, OURS)
    assert [media.port for media in answer.media] == [0, 6000]


@pytest.mark.parametrize(
    "stream", ["m=audio 4000 RTP/AVP 18\r\n", "m=audio 4000 RTP/SAVP 8\r\n", "m=image 1 udptl t38\r\n"]
)
def test_nothing_in_common_leaves_no_audio(stream: str) -> None:
    assert make_answer(HEAD + stream, OURS).audio is None


def test_offer_that_cannot_be_read() -> None:
    with pytest.raises(SdpError):
        make_answer("v=0", OURS)
