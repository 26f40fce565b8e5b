"""Digits, as rtpengine and as telephones tell of them."""

from __future__ import annotations

import json

import pytest

from fmc_gateway.digits import PLAYED_MS, PLAYED_VOLUME, DigitListener, read_dtmf_log, read_info


@pytest.mark.parametrize(("event", "digit"), [(0, "0"), (9, "9"), (10, "*"), (11, "#"), (15, "D")])
def test_what_rtpengine_writes(event: int, digit: str) -> None:
    line = (
        '{"callid":"call-m1","source_tag":"leg-1","tags":["leg-1","leg-2"],"type":"DTMF","timestamp":1,'
        f'"source_ip":"127.0.0.1","event":{event},"duration":100,"volume":10}}'
    )
    assert read_dtmf_log(line.encode()) == ("leg-1", digit)


def test_what_we_had_it_play_is_nobodys_press() -> None:
    told = {"source_tag": "a", "event": 5, "type": "DTMF", "duration": PLAYED_MS, "volume": PLAYED_VOLUME}
    assert read_dtmf_log(json.dumps(told).encode()) == ("a", "")
    heard: list[object] = []
    listener = DigitListener(lambda *told: heard.append(told))
    for duration in (PLAYED_MS, PLAYED_MS + 7):
        listener.datagram_received(json.dumps(told | {"duration": duration}).encode(), None)
    assert heard == [("a", "5")]


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b'{"source_tag":1,"event":1}', b'{"source_tag":"a","event":16}', b"\xff"]
)
def test_what_is_no_digit(data: bytes) -> None:
    assert read_dtmf_log(data) is None


@pytest.mark.parametrize(
    ("content_type", "body", "digit"),
    [
        ("application/dtmf-relay", b"Signal=5\r\nDuration=160\r\n", "5"),
        ("application/dtmf-relay", b"Signal= *\r\nDuration= 250", "*"),
        ("Application/DTMF-Relay; charset=x", b"signal=11", "#"),
        ("application/dtmf", b"7", "7"),
        ("application/dtmf", b"77", None),
        ("application/dtmf-relay", b"Duration=160", None),
        ("application/sdp", b"5", None),
        ("application/dtmf", b"\xff\xfe", None),
    ],
)
def test_info(content_type: str, body: bytes, digit: str | None) -> None:
    assert read_info(content_type, body) == digit
