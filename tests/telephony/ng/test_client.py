"""NgClient: one engine, without sockets. Time is an argument."""

from __future__ import annotations

import pytest

from hipper.telephony.ng.bencode import decode
from hipper.telephony.ng.client import NgBusyError, NgClient, NgClientConfig, NgReply, NgTimeout

PING = {"command": "ping"}
PONG = b"d6:result4:ponge"


def make_client(**config: object) -> NgClient:
    return NgClient("gw1-5f", NgClientConfig(retransmit_after_s=(0.1, 0.2, 0.4), **config))


def test_request_goes_out_once_as_cookie_space_and_dictionary() -> None:
    client = make_client()
    cookie = client.request(PING, now=10.0)
    (datagram,) = client.datagrams_to_send()
    assert datagram == cookie.encode() + b" d7:command4:pinge"
    assert client.datagrams_to_send() == []


def test_reply_ends_the_request_and_its_timer() -> None:
    client = make_client()
    cookie = client.request(PING, now=10.0)
    client.receive_datagram(cookie.encode() + b" " + PONG, now=10.002)
    event = client.next_event()
    assert isinstance(event, NgReply)
    assert (event.cookie, event.reply, event.transmissions) == (cookie, {"result": "pong"}, 1)
    assert event.elapsed_s == pytest.approx(0.002)
    assert client.next_timer() is None
    assert client.next_event() is None


def test_lost_request_is_sent_again_with_the_same_cookie() -> None:
    client = make_client()
    cookie = client.request(PING, now=10.0)
    (first,) = client.datagrams_to_send()
    assert client.next_timer() == pytest.approx(10.1)
    client.handle_timer(10.05)
    assert client.datagrams_to_send() == []
    client.handle_timer(10.1)
    assert client.datagrams_to_send() == [first]
    assert client.next_timer() == pytest.approx(10.3)
    client.receive_datagram(cookie.encode() + b" " + PONG, now=10.11)
    event = client.next_event()
    assert isinstance(event, NgReply)
    assert event.transmissions == 2


def test_dead_engine_times_out_after_the_last_wait() -> None:
    client = make_client()
    cookie = client.request(PING, now=0.0)
    sent = len(client.datagrams_to_send())
    while (due := client.next_timer()) is not None:
        client.handle_timer(due)
        sent += len(client.datagrams_to_send())
    assert client.next_event() == NgTimeout(cookie, transmissions=3)
    assert sent == 3
    assert due is None
    assert client.pending == 0


def test_reply_that_comes_twice_or_after_the_timeout_is_discarded() -> None:
    client = make_client()
    cookie = client.request(PING, now=0.0)
    reply = cookie.encode() + b" " + PONG
    client.receive_datagram(reply, now=0.01)
    client.receive_datagram(reply, now=0.02)
    assert isinstance(client.next_event(), NgReply)
    assert client.next_event() is None
    assert client.discarded == 1


@pytest.mark.parametrize("body", [b"", b" ", b" garbage", b" i1e", b" d6:result", b"\xff\xfe " + PONG])
def test_unreadable_reply_leaves_the_request_waiting(body: bytes) -> None:
    client = make_client()
    cookie = client.request(PING, now=0.0)
    client.receive_datagram(cookie.encode() + body, now=0.01)
    assert client.next_event() is None
    assert client.discarded == 1
    assert client.pending == 1


def test_replies_in_another_order_reach_their_requests() -> None:
    client = make_client()
    first, second = client.request(PING, 0.0), client.request({"command": "list"}, 0.0)
    client.receive_datagram(second.encode() + b" d5:callsle6:result2:oke", 0.1)
    client.receive_datagram(first.encode() + b" " + PONG, 0.1)
    events = [client.next_event(), client.next_event()]
    assert [event.cookie for event in events if event is not None] == [second, first]


def test_forgotten_request_gives_no_event_and_is_not_sent_again() -> None:
    client = make_client()
    cookie = client.request(PING, 0.0)
    client.datagrams_to_send()
    client.forget(cookie)
    assert client.next_timer() is None
    client.handle_timer(99.0)
    assert client.datagrams_to_send() == []
    assert client.next_event() is None


def test_more_than_max_pending_is_refused() -> None:
    client = make_client(max_pending=1)
    cookie = client.request(PING, 0.0)
    with pytest.raises(NgBusyError):
        client.request(PING, 0.0)
    client.receive_datagram(cookie.encode() + b" " + PONG, 0.0)
    assert client.request(PING, 0.0) != cookie


def test_what_cannot_be_encoded_is_not_left_pending() -> None:
    client = make_client()
    with pytest.raises(TypeError):
        client.request({"command": 1.5}, 0.0)  # type: ignore[dict-item]
    assert client.pending == 0


@pytest.mark.parametrize("prefix", ["", "a b", "é"])
def test_cookie_prefix_must_be_plain(prefix: str) -> None:
    with pytest.raises(ValueError, match="cookie prefix"):
        NgClient(prefix)


def test_a_late_handle_timer_sends_each_request_once() -> None:
    client = make_client()
    cookies = [client.request({"command": "query", "call-id": str(n)}, 0.0) for n in range(3)]
    client.datagrams_to_send()
    client.handle_timer(0.15)
    again = client.datagrams_to_send()
    assert [datagram.partition(b" ")[0].decode() for datagram in again] == cookies
    assert [decode(datagram.partition(b" ")[2])["call-id"] for datagram in again] == ["0", "1", "2"]
