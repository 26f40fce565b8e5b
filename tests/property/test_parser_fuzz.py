"""Whatever comes in, the message layer says so with SipParseError, quickly, and loses nothing it accepted.

The seeds are the RFC 4475 vectors; mutations are bounded and, as hypothesis is derandomized, always the same.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hipper.telephony.sip import headers as typed
from hipper.telephony.sip.digest_values import Challenge, Credentials, parse_challenges
from hipper.telephony.sip.errors import SipParseError
from hipper.telephony.sip.grammar import split_list
from hipper.telephony.sip.message import Request, Response, parse_message
from hipper.telephony.sip.multipart import session_description
from hipper.telephony.sip.stream import StreamFramer
from hipper.telephony.sip.uri import SipUri, parse_uri
from hipper.telephony.sip.validate import check_request, check_response

VECTORS = {
    path.stem: path.read_bytes()
    for path in sorted((Path(__file__).parents[1] / "vectors" / "rfc4475").glob("*.dat"))
}
FUZZ = settings(max_examples=150, derandomize=True, deadline=None, database=None)

PARSERS: list[Callable[[str], object]] = [
    typed.NameAddr.parse,
    typed.NameAddr.parse_list,
    typed.Via.parse,
    typed.CSeq.parse,
    typed.ContentType.parse,
    typed.Reason.parse,
    typed.Replaces.parse,
    typed.RAck.parse,
    typed.Warning.parse,
    typed.RetryAfter.parse,
    typed.SessionExpires.parse,
    typed.Privacy.parse,
    typed.ChargingVector.parse,
    typed.parse_q,
    Credentials.parse,
    Challenge.parse,
    parse_uri,
    split_list,
]

# the characters that grammars turn on, far more often than others
TEXT = st.text(alphabet=st.sampled_from(list('"<>,;:=@?%/\\()[]*+-. \tab01sip\x00é')), max_size=60)
NOISE = [
    b"\r\n",
    b"\r",
    b"\n",
    b'"',
    b"<",
    b">",
    b",",
    b";",
    b":",
    b"@",
    b"%",
    b"\\",
    b"\0",
    b" ",
    b"\t",
    b"\xff",
    b"=",
    b"?",
]


def exercise(data: bytes) -> None:
    """Everything a server does with a datagram before it knows what it is about."""
    try:
        message = parse_message(data)
    except SipParseError as error:
        if error.partial is not None:
            parse_message(error.partial.create_response(error.status_hint or 400, to_tag="t").to_bytes())
        return
    if isinstance(message, Request):
        accepted = check_request(message) is None
        parse_message(message.create_response(400, to_tag="t").to_bytes())
    else:
        accepted = check_response(message) is None
    if accepted:
        read_all(message)
    again = parse_message(message.to_bytes())
    assert again.to_bytes() == message.to_bytes()
    assert again.body == message.body


def read_all(message: Request | Response) -> None:
    """What was accepted does not raise when it is read."""
    _ = (
        message.top_via.branch,
        message.vias,
        message.from_.tag,
        message.to.uri,
        message.call_id,
        message.cseq,
    )
    _ = (message.max_forwards, message.expires)
    if isinstance(message, Request):
        _ = (message.contacts, message.routes, message.record_routes, message.uri, message.content_type)


def mutate(data: bytes, chance: random.Random) -> bytes:
    """One to four small accidents."""
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(data) + 1)
        kind = chance.randrange(5)
        if kind == 0:
            data = data[:at] + chance.choice(NOISE) + data[at:]
        elif kind == 1:
            data = data[:at] + data[at + chance.randint(1, 8) :]
        elif kind == 2:
            data = data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :]
        elif kind == 3:
            other = chance.choice(list(VECTORS.values()))
            data = data[:at] + other[chance.randrange(len(other)) :]
        else:
            data = data[:at] + data[at : at + chance.randint(1, 40)] * chance.randint(2, 20) + data[at:]
    return data


@pytest.mark.parametrize("name", VECTORS)
def test_mutated_vectors(name: str) -> None:
    chance = random.Random(name)
    for _ in range(120):
        exercise(mutate(VECTORS[name], chance))


@pytest.mark.parametrize("name", VECTORS)
def test_truncated_vectors(name: str) -> None:
    data = VECTORS[name]
    for end in range(0, len(data), 7):
        exercise(data[:end])


@FUZZ
@given(st.binary(max_size=400))
def test_any_octets(data: bytes) -> None:
    exercise(data)


@FUZZ
@given(
    st.lists(st.tuples(st.sampled_from(["Via", "To", "f", "m", "CSeq", "i", "Route", "X"]), TEXT), max_size=8)
)
def test_any_header_values(lines: list[tuple[str, str]]) -> None:
    head = "".join(f"{name}: {value}\r\n" for name, value in lines)
    exercise(f"INVITE sip:a@h SIP/2.0\r\n{head}\r\n".encode())


@pytest.mark.parametrize("parse", PARSERS, ids=lambda parse: parse.__qualname__)
def test_any_value(parse: Callable[[str], object]) -> None:
    @FUZZ
    @given(TEXT)
    def run(text: str) -> None:
        try:
            parse(text)
        except SipParseError:
            return

    run()


@FUZZ
@given(
    user=st.text(max_size=20),
    host=st.sampled_from(["h", "a.b.c", "::1", "192.0.2.1"]),
    value=st.text(max_size=10),
)
def test_a_uri_made_is_read_as_it_was_meant(user: str, host: str, value: str) -> None:
    uri = SipUri(user=user or "x", host=host, params={"p": value or None}, headers=(("Subject", value),))
    again = SipUri.parse(str(uri))
    assert (again.user, again.host, again.params, again.headers) == (uri.user, host, uri.params, uri.headers)
    assert again.equivalent(uri)


@FUZZ
@given(name=st.text(alphabet=st.characters(exclude_characters="\r\n", codec="utf-8"), max_size=20), tag=TEXT)
def test_a_name_addr_made_is_read_as_it_was_meant(name: str, tag: str) -> None:
    made = typed.NameAddr(parse_uri("sip:a@h"), name, {"x": tag or "1"})
    again = typed.NameAddr.parse(str(made))
    assert (again.display_name or "").strip(" \t") == name.strip(" \t")
    assert again.params == made.params


@FUZZ
@given(st.lists(st.sampled_from(sorted(VECTORS)), max_size=4), st.integers(1, 200), st.binary(max_size=50))
def test_any_stream(names: list[str], step: int, tail: bytes) -> None:
    data = b"".join(VECTORS[name] for name in names) + tail
    framer = StreamFramer()
    try:
        for start in range(0, len(data), step):
            framer.receive_data(data[start : start + step])
            while (message := framer.next_message()) is not None:
                exercise(message)
    except SipParseError:
        assert framer.buffered == 0


@pytest.mark.parametrize(
    "hostile",
    [
        '"' + '\\"' * 30_000,
        "<" * 60_000,
        '"' * 60_001,
        "," * 60_000,
        ";" * 60_000,
        " " * 60_000 + "x",
        "a" * 60_000 + "@",
        "(" * 60_000,
        "SIP/2.0/UDP " + " " * 60_000 + ":",
        "sip:" + "a;" * 30_000,
        "sip:" + "%41" * 20_000,
        "sip:h;" + "-" * 60_000 + "=",
        "tel:+" + "-.()" * 15_000,
        "<sip:a@" + "a-" * 30_000 + ">",
        "<sip:a@" + "a." * 30_000 + ">",
        "9" * 60_000,
        'Digest a="' + '",a="' * 12_000,
    ],
    ids=lambda text: f"{text[:12]!r}",
)
def test_hostile_values_cost_linear_time(hostile: str) -> None:
    """60 KB of the worst for each parser; a quadratic one would take minutes."""
    started = time.process_time()
    for parse in PARSERS:
        try:
            parse(hostile)
        except SipParseError:
            continue
    parse_challenges([hostile])
    exercise(b"INVITE sip:a@h SIP/2.0\r\nVia: " + hostile.encode() + b"\r\n\r\n")
    assert time.process_time() - started < 2.0


def test_a_multipart_of_boundaries_only_is_bounded() -> None:
    data = (
        b"INVITE sip:a@h SIP/2.0\r\nContent-Type: multipart/mixed;boundary=b\r\n\r\n"
        + b"--b\r\n\r\n\r\n" * 20_000
    )
    message = parse_message(data)
    with pytest.raises(SipParseError):
        session_description(message)
