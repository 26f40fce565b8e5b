"""The builders against the datagrams that a real rtpengine took (tests/vectors/ng)."""

from __future__ import annotations

from pathlib import Path

import pytest

from hipper.telephony.ng import commands
from hipper.telephony.ng.bencode import Value, decode
from hipper.telephony.ng.commands import Command, MediaProfile

VECTORS = Path(__file__).parents[2] / "vectors" / "ng"
PAIR = {"call_id": "pair-1"}


def request_of(name: str) -> dict[str, Value]:
    value = decode((VECTORS / f"{name}.request").read_bytes().partition(b" ")[2])
    assert isinstance(value, dict)
    return value


def sdp_of(name: str) -> str:
    return str(request_of(name)["sdp"])


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("ping", commands.ping()),
        ("offer", commands.offer(**PAIR, from_tag="A", sdp=sdp_of("offer"))),
        ("answer", commands.answer(**PAIR, from_tag="A", to_tag="B", sdp=sdp_of("answer"))),
        (
            "reoffer",
            commands.offer(
                **PAIR,
                from_tag="A",
                to_tag="B",
                sdp=sdp_of("reoffer"),
                profile=MediaProfile(fixed_source=True, address_family="IP4", transcode=("PCMU",)),
            ),
        ),
        ("block_media", commands.block_media(**PAIR, from_tag="B")),
        ("unblock_media", commands.unblock_media(**PAIR, from_tag="B")),
        ("block_all", commands.block_media(**PAIR)),
        ("unblock_all", commands.unblock_media(**PAIR)),
        ("stop_media", commands.stop_media(**PAIR, from_tag="A")),
        ("query", commands.query(**PAIR)),
        ("list", commands.list_calls(limit=8)),
        ("delete", commands.delete(**PAIR, from_tag="A")),
    ],
)
def test_command_is_the_one_rtpengine_took(name: str, command: Command) -> None:
    assert command == request_of(name)
    assert decode((VECTORS / f"{name}.reply").read_bytes().partition(b" ")[2])["result"] in ("ok", "pong")


def test_offer_hides_our_inside_and_trusts_the_address_in_the_sdp() -> None:
    command = commands.offer(**PAIR, from_tag="A", sdp="v=0")
    assert command["replace"] == ["origin", "session connection"]
    assert command["flags"] == ["trust address"]
    assert command["ICE"] == "remove"
    assert command["transport-protocol"] == "RTP/AVP"
    assert "to-tag" not in command
    assert "codec" not in command


def test_fixed_peers_cannot_be_captured_by_who_sends_first() -> None:
    command = commands.answer(
        **PAIR, from_tag="A", to_tag="B", sdp="v=0", profile=MediaProfile(fixed_source=True)
    )
    assert command["flags"] == ["trust address", "asymmetric", "strict source"]


def test_profile_may_keep_the_transport_and_strip_codecs() -> None:
    profile = MediaProfile(transport=None, address_family="IP6", strip=("EVS", "AMR"))
    command = commands.offer(**PAIR, from_tag="A", sdp="v=0", profile=profile)
    assert "transport-protocol" not in command
    assert command["address-family"] == "IP6"
    assert command["codec"] == {"strip": ["EVS", "AMR"]}


def test_delete_is_at_once() -> None:
    assert commands.delete(**PAIR) == {"command": "delete", "call-id": "pair-1", "delete delay": 0}


def test_play_media_takes_a_file_or_its_bytes() -> None:
    assert commands.play_media(**PAIR, from_tag="A", blob=b"RIFF")["blob"] == b"RIFF"
    assert commands.play_media(**PAIR, from_tag="A", file="/x.wav", repeat_times=3)["repeat-times"] == 3
    assert "repeat-times" not in commands.play_media(**PAIR, from_tag="A", file="/x.wav")


@pytest.mark.parametrize("source", [{}, {"file": "/x.wav", "blob": b""}])
def test_play_media_refuses_none_and_both(source: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="one of the two"):
        commands.play_media(**PAIR, from_tag="A", **source)  # type: ignore[arg-type]
