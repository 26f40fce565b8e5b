"""Reading what a real rtpengine answered (tests/vectors/ng)."""

from __future__ import annotations

from pathlib import Path

import pytest

from hipper.telephony.ng.bencode import Value, decode
from hipper.telephony.ng.replies import NgError, packets_by_tag, play_duration_s, problem_of, sdp_of

VECTORS = Path(__file__).parents[2] / "vectors" / "ng"


def reply_of(name: str) -> dict[str, Value]:
    value = decode((VECTORS / f"{name}.reply").read_bytes().partition(b" ")[2])
    assert isinstance(value, dict)
    return value


def test_sdp_of_an_offer() -> None:
    assert "m=audio 212" in sdp_of(reply_of("offer"))


def test_ping_and_delete_went_well() -> None:
    assert problem_of(reply_of("ping")) is None
    assert problem_of(reply_of("delete")) is None


def test_unknown_call_is_named() -> None:
    assert problem_of(reply_of("query_unknown")) == "Unknown call-id"
    with pytest.raises(NgError, match="Unknown call-id"):
        sdp_of(reply_of("query_unknown"))


def test_reply_without_a_result_is_a_problem() -> None:
    assert problem_of({}) == "result None"
    assert problem_of({"result": "load limit", "message": "Parallel session limit reached"}) is not None


def test_offer_reply_without_sdp_is_an_error() -> None:
    with pytest.raises(NgError, match="no SDP"):
        sdp_of({"result": "ok"})


def test_playing_lasts_as_long_as_the_file() -> None:
    assert play_duration_s(reply_of("play_media")) == pytest.approx(1.0)


def test_a_file_that_is_missing_or_silently_not_played_is_an_error() -> None:
    with pytest.raises(NgError, match="Failed to start media playback"):
        play_duration_s(reply_of("play_media_missing"))
    with pytest.raises(NgError, match="no duration"):
        play_duration_s({"result": "ok"})


def test_packets_of_each_party() -> None:
    reply = reply_of("query")
    assert packets_by_tag(reply) == {"A": 0, "B": 0}
    streams = reply["tags"]["A"]["medias"][0]["streams"]
    streams[0]["stats"]["packets"] = 50
    streams[1]["stats"]["packets"] = 2  # RTCP, not counted
    assert packets_by_tag(reply) == {"A": 50, "B": 0}


@pytest.mark.parametrize(
    "reply",
    [
        {},
        {"tags": 3},
        {"tags": {"A": []}},
        {"tags": {"A": {"medias": [1, {"streams": 4}, {"streams": [5, {"flags": ["RTP"], "stats": 1}]}]}}},
    ],
)
def test_packets_of_a_reply_with_another_shape_are_none(reply: dict[str, Value]) -> None:
    assert sum(packets_by_tag(reply).values()) == 0
