"""RFC 8866 (and 4566) §5: reading and writing."""

from __future__ import annotations

from pathlib import Path

import pytest

from hipper.telephony.sdp.codec import Codec, parse_rtpmap
from hipper.telephony.sdp.description import Connection, Direction, SessionDescription
from hipper.telephony.sdp.errors import SdpError

VECTORS = Path(__file__).parents[2] / "vectors" / "sdp"
HEAD = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"


def parse(body: str, head: str = HEAD) -> SessionDescription:
    return SessionDescription.parse(head + body)


@pytest.mark.parametrize("path", sorted(VECTORS.glob("*.sdp")), ids=lambda path: path.stem)
def test_rfc_examples_come_out_as_they_went_in(path: Path) -> None:
    data = path.read_bytes()
    assert str(SessionDescription.parse(data)).encode() == data


def test_rfc8866_section_5_example() -> None:
    description = SessionDescription.parse((VECTORS / "rfc8866-5.sdp").read_bytes())
    assert description.origin.username == "jdoe"
    assert description.origin.version == "3724394405"
    assert description.first("s") == "Call to John Smith"
    assert [media.port for media in description.media] == [49170, 49180, 51372]
    assert description.connection_of(description.media[0]) == Connection("IP4", "198.51.100.1")
    assert description.connection_of(description.media[2]) == Connection("IP6", "2001:db8::2")
    assert description.media[2].codecs == (Codec(99, "h263-1998", 90000),)


def test_rfc4566_section_5_example_is_recvonly_for_all_and_multicast() -> None:
    description = SessionDescription.parse((VECTORS / "rfc4566-5.sdp").read_bytes())
    assert {description.direction_of(media) for media in description.media} == {Direction.RECVONLY}
    assert description.connection == Connection("IP4", "224.2.17.12")


def test_unknown_lines_and_attributes_keep_their_places() -> None:
    text = HEAD + (
        "z=2882844526 -1h\r\ny=unknown\r\na=group:BUNDLE 1\r\n"
        "m=audio 4000/2 RTP/AVP 8\r\ni=title\r\nb=AS:64\r\nb=RS:0\r\nk=prompt\r\n"
        "a=x-thing: with  spaces \r\na=sendrecv\r\n"
        "m=application 0 TCP/BFCP *\r\na=floorctrl:c-only\r\n"
    )
    description = SessionDescription.parse(text)
    assert str(description) == text
    assert description.media[0].bandwidths == ["AS:64", "RS:0"]
    assert description.media[0].port_count == 2
    assert description.media[1].codecs == ()


def test_bare_line_feeds_and_missing_last_line_end_are_read() -> None:
    text = (HEAD + "m=audio 4000 RTP/AVP 8").replace("\r\n", "\n")
    assert str(SessionDescription.parse(text)) == HEAD + "m=audio 4000 RTP/AVP 8\r\n"


def test_latin1_session_name_is_forgiven() -> None:
    data = HEAD.replace("s=-", "s=Gespräch").encode("latin-1")
    assert SessionDescription.parse(data).first("s") == "Gespräch"


def test_codecs_static_mapped_and_unknown() -> None:
    media = parse(
        "m=audio 4000 RTP/AVP 8 0 96 101 111 18 77 x 8\r\n"
        "a=rtpmap:96 opus/48000/2\r\na=fmtp:96 useinbandfec=1\r\na=rtpmap:101 telephone-event/8000\r\n"
        "a=fmtp:101 0-15\r\na=rtpmap:111 broken\r\na=fmtp:18 annexb=no\r\n"
    ).media[0]
    assert media.codecs == (
        Codec(8, "PCMA", 8000),
        Codec(0, "PCMU", 8000),
        Codec(96, "opus", 48000, 2, "useinbandfec=1"),
        Codec(101, "telephone-event", 8000, 1, "0-15"),
        Codec(18, "G729", 8000, 1, "annexb=no"),
    )


def test_telephone_event_has_the_clock_rate_of_its_line() -> None:
    media = parse(
        "m=audio 4000 RTP/AVP 9 100 101\r\n"
        "a=rtpmap:100 telephone-event/16000\r\na=rtpmap:101 telephone-event/8000\r\n"
    ).media[0]
    assert [(codec.payload_type, codec.rate) for codec in media.codecs if codec.is_telephone_event] == [
        (100, 16000),
        (101, 8000),
    ]


@pytest.mark.parametrize(
    ("value", "codec"),
    [
        ("97 opus/48000/2", Codec(97, "opus", 48000, 2)),
        ("8 PCMA/8000", Codec(8, "PCMA", 8000)),
        ("8 PCMA/8000/1", Codec(8, "PCMA", 8000)),
        ("8 PCMA", None),
        ("x PCMA/8000", None),
        ("8 /8000", None),
        ("8 PCMA/x", None),
        ("8 PCMA/-1", None),
        ("8 PCMA/8000/2/3", None),
        ("8 PCMA/9999999999999", None),
        ("", None),
    ],
)
def test_rtpmap(value: str, codec: Codec | None) -> None:
    assert parse_rtpmap(value) == codec


def test_codec_writes_its_rtpmap() -> None:
    assert Codec(97, "opus", 48000, 2).rtpmap == "97 opus/48000/2"
    assert Codec(8, "PCMA", 8000).rtpmap == "8 PCMA/8000"


@pytest.mark.parametrize(
    ("line", "ptime"),
    [
        ("ptime:20", 20.0),
        ("ptime:2.5", 2.5),
        ("ptime:0", None),
        ("ptime:x", None),
        ("ptime:nan", None),
        ("ptime:1e9", None),
        ("x", None),
    ],
)
def test_ptime(line: str, ptime: float | None) -> None:
    assert parse(f"m=audio 4000 RTP/AVP 8\r\na={line}\r\n").media[0].ptime == ptime


def test_direction_of_a_stream_beats_the_sessions() -> None:
    description = parse("a=inactive\r\nm=audio 4000 RTP/AVP 8\r\na=sendonly\r\nm=audio 4002 RTP/AVP 8\r\n")
    assert [description.direction_of(media) for media in description.media] == [
        Direction.SENDONLY,
        Direction.INACTIVE,
    ]


def test_first_audio_that_is_not_rejected() -> None:
    description = parse("m=video 5000 RTP/AVP 31\r\nm=audio 0 RTP/AVP 0\r\nm=audio 4000 RTP/AVP 8\r\n")
    assert description.audio is not None
    assert description.audio.port == 4000
    assert parse("m=audio 0 RTP/AVP 0\r\n").audio is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "line 1 is not type=value"),
        ("hello", "line 1 is not type=value"),
        ("v=1\r\n", "line 1 is not v=0"),
        ("o=- 1 1 IN IP4 192.0.2.1\r\nv=0\r\n", "line 1 is not v=0"),
        ("v=0\r\ns=-\r\n", "no o= line"),
        ("v=0\r\no=- 1 1 IN IP4\r\n", "six fields"),
        ("v=0\r\no=- x 1 IN IP4 192.0.2.1\r\n", "numeric session id"),
        (HEAD + "m=audio RTP/AVP 8\r\n", "line 6: m= needs"),
        (HEAD + "m=audio x RTP/AVP 8\r\n", "line 6: m= has a bad port"),
        (HEAD + "m=audio -1 RTP/AVP 8\r\n", "bad port"),
        (HEAD + "m=audio 65536 RTP/AVP 8\r\n", "bad port"),
        (HEAD + "m=audio 4000/x RTP/AVP 8\r\n", "bad port"),
        (HEAD + "m=audio 4000 RTP/AVP\r\n", "needs media, port, protocol and a format"),
        (HEAD + "\r\nm=audio 4000 RTP/AVP 8\r\n", "line 6 is not type=value"),
        (HEAD + "A=x\r\n", "line 6 is not type=value"),
        (HEAD + "a =x\r\n", "line 6 is not type=value"),
        (HEAD + "a=x\0y\r\n", "control character"),
        (HEAD + "a=x\ry\r\n", "control character"),
        (HEAD + "m=audio 4000 RTP/AVP 8\r\n" * 65, "65 media sections"),
        (HEAD.replace("c=IN IP4 192.0.2.1", "c=IN IP4"), "c= needs"),
        (HEAD.replace("c=IN IP4 192.0.2.1", "c=IN IP5 x"), "c= needs"),
        (
            HEAD.replace("c=IN IP4 192.0.2.1\r\n", "") + "m=audio 4000 RTP/AVP 8\r\n",
            "no c= line for the audio",
        ),
        (HEAD + "a=" + "x" * 70_000, "at most"),
    ],
)
def test_bad_description_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(SdpError, match=reason):
        SessionDescription.parse(text)


def test_rejected_stream_needs_no_connection() -> None:
    head = HEAD.replace("c=IN IP4 192.0.2.1\r\n", "")
    description = parse("m=audio 0 RTP/AVP 8\r\nm=audio 4000 RTP/AVP 8\r\nc=IN IP4 192.0.2.9\r\n", head)
    assert description.connection_of(description.media[1]) == Connection("IP4", "192.0.2.9")


def test_descriptions_are_values() -> None:
    one, two = parse("m=audio 4000 RTP/AVP 8\r\n"), parse("m=audio 4000 RTP/AVP 8\r\n")
    assert one == two
    assert hash(one) == hash(two)
    assert one != parse("m=audio 4002 RTP/AVP 8\r\n")
