"""Bencoding and the NG client under arbitrary bytes and arbitrary order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hipper.telephony.ng.bencode import BencodeError, decode, encode
from hipper.telephony.ng.client import NgClient, NgReply, NgTimeout

scalars = st.text(max_size=30) | st.integers(-(10**19) + 1, 2**64 - 1)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=8), inner, max_size=5),
    max_leaves=20,
)


@given(values)
def test_what_is_encoded_decodes_to_itself(value: object) -> None:
    assert decode(encode(value)) == value


@given(st.binary(max_size=300) | st.text("dleie0123456789:-ab", max_size=120).map(str.encode))
def test_decode_raises_only_its_own_error(data: bytes) -> None:
    try:
        value = decode(data)
    except BencodeError:
        return
    assert decode(encode(value)) == value


@given(values, st.data())
def test_a_cut_off_value_is_an_error(value: object, data: st.DataObject) -> None:
    wire = encode(value)
    cut = data.draw(st.integers(0, len(wire) - 1))
    try:
        decode(wire[:cut])
    except BencodeError:
        return
    raise AssertionError(f"{wire[:cut]!r} was read")


@given(st.lists(st.tuples(st.integers(0, 9), st.sampled_from(["reply", "garbage", "tick"])), max_size=40))
def test_each_request_ends_in_exactly_one_event(steps: list[tuple[int, str]]) -> None:
    client = NgClient("x")
    now = 0.0
    cookies = [client.request({"command": "ping"}, now) for _ in range(10)]
    for index, what in steps:
        now += 0.03
        if what == "reply":
            client.receive_datagram(cookies[index].encode() + b" d6:result4:ponge", now)
        elif what == "garbage":
            client.receive_datagram(cookies[index].encode() + b" d6:res", now)
        else:
            client.handle_timer(now)
    while (due := client.next_timer()) is not None:
        client.handle_timer(due)
    ended = []
    while (event := client.next_event()) is not None:
        assert isinstance(event, (NgReply, NgTimeout))
        ended.append(event.cookie)
    assert sorted(ended) == sorted(cookies)
    assert client.pending == 0
