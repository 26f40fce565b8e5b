"""SDP under arbitrary text: only SdpError, and what is read is written as it was."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hipper.telephony.sdp.codec import PCMA, PCMU, TELEPHONE_EVENT, Codec
from hipper.telephony.sdp.description import Direction, SessionDescription
from hipper.telephony.sdp.errors import SdpError
from hipper.telephony.sdp.offer_answer import (
    Capabilities,
    direction_of,
    held,
    make_answer,
    same_media,
    with_direction,
)
from hipper.telephony.sdp.sanitise import sanitise

HEAD = "v=0\r\no=- 7 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
OURS = Capabilities(address="192.0.2.2", port=6000, session_id=9)

words = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\r\n\0"), max_size=25)
values = words | st.sampled_from(
    [
        "rtpmap:96 AMR/16000",
        "rtpmap:8 PCMA/8000",
        "rtpmap:101 telephone-event/8000",
        "fmtp:101 0-15",
        "sendonly",
        "inactive",
        "recvonly",
        "ptime:20",
        "IN IP4 0.0.0.0",
        "IN IP6 ::",
        "audio 4000 RTP/AVP 8 96 101",
        "audio 0 RTP/AVP 8",
        "video 5000 RTP/AVP 31",
        "audio 4000/2 RTP/SAVP 0",
    ]
)
lines = st.lists(st.tuples(st.sampled_from("aaaambcik"), values), max_size=12)


def parse_or_none(text: str | bytes) -> SessionDescription | None:
    try:
        return SessionDescription.parse(text)
    except SdpError:
        return None


def exercise(description: SessionDescription) -> None:
    held(description)
    direction_of(description)
    assert same_media(description, description)
    for direction in Direction:
        changed = SessionDescription.parse(str(with_direction(description, direction)))
        assert all(changed.direction_of(media) is direction for media in changed.media if media.port)
    answer = make_answer(description, OURS)
    assert len(answer.media) == len(description.media)
    assert SessionDescription.parse(str(answer)) == answer
    sane = sanitise(description)
    assert sanitise(sane) == sane
    for media in description.media:
        assert media.ptime is None or media.ptime > 0
        assert isinstance(media.codecs, tuple)


@given(st.text(max_size=200) | st.binary(max_size=200))
def test_arbitrary_input_raises_only_its_own_error(text: str | bytes) -> None:
    description = parse_or_none(text)
    if description is not None:
        exercise(description)


@given(lines)
def test_plausible_descriptions_survive_everything(body: list[tuple[str, str]]) -> None:
    text = HEAD + "".join(f"{type_}={value}\r\n" for type_, value in body)
    description = parse_or_none(text)
    if description is None:
        return
    assert SessionDescription.parse(str(description)) == description
    if not any(type_ == "m" for type_, _ in body):
        assert str(description) == text
    exercise(description)


codecs = st.lists(
    st.sampled_from([PCMA, PCMU, TELEPHONE_EVENT, Codec(96, "AMR", 8000), Codec(97, "opus", 48000, 2)]),
    min_size=1,
    unique=True,
)


@given(codecs, codecs, st.sampled_from(Direction), st.sampled_from(Direction))
def test_every_answer_fits_its_offer(
    offered: list[Codec], ours: list[Codec], theirs: Direction, wanted: Direction
) -> None:
    offer = HEAD + "m=audio 4000 RTP/AVP " + " ".join(str(codec.payload_type) for codec in offered) + "\r\n"
    offer += "".join(f"a=rtpmap:{codec.rtpmap}\r\n" for codec in offered) + f"a={theirs.value}\r\n"
    capabilities = Capabilities(
        address="192.0.2.2", port=6000, session_id=9, codecs=tuple(ours), direction=wanted
    )
    answer = make_answer(offer, capabilities)
    common = {codec.name for codec in offered} & {codec.name for codec in ours} - {"telephone-event"}
    assert (answer.audio is not None) == bool(common)
    if answer.audio is not None:
        assert {codec.payload_type for codec in answer.audio.codecs} <= {c.payload_type for c in offered}
        direction = direction_of(answer)
        assert not (direction.sends and not theirs.receives)
        assert not (direction.receives and not wanted.receives)
