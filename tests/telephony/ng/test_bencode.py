"""BEP 3, "bencoding"; the replies are a real rtpengine's (tests/vectors/ng)."""

from __future__ import annotations

from pathlib import Path

import pytest

from hipper.telephony.ng.bencode import MAX_BYTES, MAX_DEPTH, BencodeError, decode, encode

VECTORS = Path(__file__).parents[2] / "vectors" / "ng"

# One table drives the reader and the writer. The first six are BEP 3's own examples.
BOTH_WAYS = [
    (b"4:spam", "spam"),
    (b"i3e", 3),
    (b"i-3e", -3),
    (b"l4:spam4:eggse", ["spam", "eggs"]),
    (b"d3:cow3:moo4:spam4:eggse", {"cow": "moo", "spam": "eggs"}),
    (b"d4:spaml1:a1:bee", {"spam": ["a", "b"]}),
    (b"0:", ""),
    (b"i0e", 0),
    (b"le", []),
    (b"de", {}),
    (b"2:\xc3\xab", "ë"),
    (b"2:\xff\xfe", b"\xff\xfe"),
    (b"i18446744073709551615e", 2**64 - 1),
    (b"d1:bi1e1:ai2ee", {"b": 1, "a": 2}),
    (b"lld1:xleeee", [[{"x": []}]]),
]


@pytest.mark.parametrize(("wire", "value"), BOTH_WAYS)
def test_decode(wire: bytes, value: object) -> None:
    assert decode(wire) == value


@pytest.mark.parametrize(("wire", "value"), BOTH_WAYS)
def test_encode(wire: bytes, value: object) -> None:
    assert encode(value) == wire


def test_encode_tuples_and_booleans_as_rtpengine_reads_them() -> None:
    assert encode({"flags": ("trust address",), "on": True}) == b"d5:flagsl13:trust addresse2:oni1ee"


def test_encode_refuses_what_has_no_bencoding() -> None:
    with pytest.raises(TypeError, match="float has no bencoding"):
        encode({"x": 1.5})


@pytest.mark.parametrize(
    ("wire", "reason"),
    [
        (b"", "value expected at 0"),
        (b"x", "value expected at 0"),
        (b"5:spam", "cut off"),
        (b"99999999999:x", "bad string length"),
        (b"-1:x", "value expected"),
        (b"04:spam", "bad string length"),
        (b"4spam", "bad string length"),
        (b"i3", "bad integer"),
        (b"ie", "bad integer"),
        (b"i-e", "bad integer"),
        (b"i+3e", "bad integer"),
        (b"i1_0e", "bad integer"),
        (b"i 3e", "bad integer"),
        (b"i03e", "leading zero"),
        (b"i-0e", "leading zero"),
        (b"i" + b"9" * 5000 + b"e", "bad integer"),
        (b"l4:spam", "value expected at 7"),
        (b"d3:cow", "value expected"),
        (b"d3:cowi1e", "key expected"),
        (b"di1ei2ee", "key expected"),
        (b"d1:\xffi1ee", "not UTF-8"),
        (b"i1ei2e", "after the value"),
        (b"l" * 40 + b"e" * 40, "deeper than"),
        (b"d1:x" * 40 + b"i1e" + b"e" * 40, "deeper than"),
    ],
)
def test_decode_names_what_is_wrong_and_where(wire: bytes, reason: str) -> None:
    with pytest.raises(BencodeError, match=reason):
        decode(wire)


def test_decode_takes_the_deepest_allowed_and_no_datagram_that_udp_cannot_carry() -> None:
    assert decode(b"l" * MAX_DEPTH + b"e" * MAX_DEPTH) is not None
    with pytest.raises(BencodeError, match="at most"):
        decode(b"%d:" % MAX_BYTES + b"x" * MAX_BYTES)


@pytest.mark.parametrize("path", sorted(VECTORS.glob("*.reply")), ids=lambda path: path.stem)
def test_real_replies_survive_both_ways(path: Path) -> None:
    body = path.read_bytes().partition(b" ")[2]
    assert encode(decode(body)) == body
