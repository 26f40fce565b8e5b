"""Who diverted a call, on legs of ours and as peers tell it."""

from __future__ import annotations

import pytest

from fmc_gateway.call.events import Diverted
from fmc_gateway.diversion import diversion_headers, read_diverted
from hipper.pbx.model import DivertReason
from hipper.telephony.numbers.e164 import E164
from hipper.telephony.sip.headers import NameAddr
from hipper.telephony.sip.message import Request, parse_message

ANNA, BRAM = E164("+31201234501"), E164("+31201234502")
TARGET = "sip:+31201234599@carrier.example;transport=udp"


def one(number: E164 | None = ANNA, reason: DivertReason = DivertReason.NO_ANSWER, **more: bool) -> Diverted:
    return Diverted(number=number, reason=reason, **more)


def request(*headers: str) -> Request:
    lines = [
        "INVITE sip:+31201234502@gw.example SIP/2.0",
        "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1",
        "From: <sip:+31612345699@carrier.example>;tag=1",
        "To: <sip:+31201234502@gw.example>",
        "Call-ID: 1",
        "CSeq: 1 INVITE",
        *headers,
        "Content-Length: 0",
    ]
    message = parse_message("\r\n".join([*lines, "", ""]).encode())
    assert isinstance(message, Request)
    return message


def test_leg_nobody_diverted_says_nothing() -> None:
    assert diversion_headers((), TARGET, "gw.example", trusted=True) == ()


def test_one_diversion() -> None:
    headers = dict(diversion_headers((one(),), TARGET, "gw.example", trusted=True))
    assert headers["Diversion"] == (
        "<sip:+31201234501@gw.example;user=phone>;reason=no-answer;counter=1;privacy=off"
    )
    assert headers["History-Info"] == (
        "<sip:+31201234501@gw.example;user=phone?Reason=SIP%3Bcause%3D408>;index=1, "
        "<sip:+31201234599@carrier.example;transport=udp;cause=408>;index=1.1;mp=1"
    )


def test_latest_diversion_comes_first_and_history_goes_in_time() -> None:
    chain = (one(), one(BRAM, DivertReason.USER_BUSY))
    headers = dict(diversion_headers(chain, TARGET, "gw.example", trusted=True))
    first, second = headers["Diversion"].split(", ")
    assert (BRAM in first, "user-busy" in first, ANNA in second) == (True, True, True)
    assert [entry.rpartition(";index=")[2] for entry in headers["History-Info"].split(", ")] == [
        "1",
        "1.1;mp=1",
        "1.1.1;mp=1.1",
    ]
    assert "cause%3D486" in headers["History-Info"].split(", ")[1]


@pytest.mark.parametrize(("trusted", "seen"), [(True, True), (False, False)])
def test_hidden_number_is_told_to_trusted_peers_only(trusted: bool, seen: bool) -> None:
    text = str(diversion_headers((one(restricted=True),), TARGET, "gw.example", trusted=trusted))
    assert (ANNA in text) is seen
    assert "privacy=full" in text
    assert "Privacy=history" in text


def test_what_we_write_we_read_back() -> None:
    chain = (one(restricted=True), one(BRAM, DivertReason.UNAVAILABLE))
    for name, value in diversion_headers(chain, TARGET, "gw.example", trusted=True):
        assert read_diverted(request(f"{name}: {value}")) == chain
        assert all(NameAddr.parse_list(value))


def test_number_nobody_may_know_is_a_diversion_all_the_same() -> None:
    """Else a loop through a carrier that hides numbers is not seen."""
    chain = (one(restricted=True), one(BRAM, DivertReason.UNAVAILABLE, restricted=True))
    for name, value in diversion_headers(chain, TARGET, "gw.example", trusted=False):
        found = read_diverted(request(f"{name}: {value}"))
        assert [entry.number for entry in found] == [None, None]


def test_loop_counts_each_time_it_comes_round() -> None:
    entry = "<sip:+31201234501@x>;reason=no-answer"
    found = read_diverted(request(f"Diversion: {entry}, {entry};counter=3;privacy=full, {entry};counter=999"))
    assert [one.counter for one in found] == [1, 3, 1]
    assert [one.restricted for one in found] == [False, True, False]


def test_who_wants_it_to_go_no_further_says_so_both_ways() -> None:
    """RFC 5806 §6: ``limit`` 0."""
    chain = (one(final=True),)
    value = dict(diversion_headers(chain, TARGET, "gw.example", trusted=True))["Diversion"]
    assert value.endswith(";limit=0")
    assert read_diverted(request(f"Diversion: {value}")) == chain


def test_number_written_in_two_ways_was_not_diverted() -> None:
    history = (
        "History-Info: <sip:+31201234501@x>;index=1, <tel:+31201234501>;index=1.1, "
        "<sip:+31201234502@x;cause=486>;index=1.2"
    )
    assert [one.number for one in read_diverted(request(history))] == [ANNA]


def test_junk_and_floods_are_survived() -> None:
    assert read_diverted(request("Diversion: <<<>;reason=")) == ()
    flood = ", ".join(f"<sip:+3120{n:07d}@x>" for n in range(60))
    assert len(read_diverted(request(f"Diversion: {flood}"))) <= 20
