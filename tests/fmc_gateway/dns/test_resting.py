"""Servers that failed rest a while (RFC 3263 §4.3, RFC 3261 §21.5.4)."""

from __future__ import annotations

from fmc_gateway.dns.hop import Server
from fmc_gateway.dns.resting import MAX_REMEMBERED, REST_S, Resting

A, B = Server("udp", "u", "192.0.2.1", 5060), Server("udp", "u", "192.0.2.2", 5060)


def test_a_failed_server_is_tried_last_for_a_while() -> None:
    resting = Resting()
    resting.failed(A, 100.0)
    assert resting.in_order((A, B), 100.0) == (B, A)
    assert resting.in_order((A, B), 100.0 + REST_S) == (A, B)


def test_retry_after_keeps_everybody_off_but_an_emergency_call() -> None:
    resting = Resting()
    resting.failed(A, 100.0, retry_after_s=60)
    assert resting.in_order((A, B), 159.0) == (B,)
    assert resting.in_order((A, B), 159.0, whatever=True) == (B, A)
    assert resting.in_order((A, B), 160.0) == (A, B)


def test_how_long_all_of_them_asked_for() -> None:
    resting = Resting()
    resting.failed(A, 100.0, retry_after_s=60)
    assert resting.barred_for_s((A, B), 110.0) is None
    resting.failed(B, 100.0, retry_after_s=30)
    assert resting.barred_for_s((A, B), 110.0) == 20.0
    assert resting.barred_for_s((A, B), 131.0) is None
    assert resting.barred_for_s((), 0.0) is None


def test_a_silent_server_is_last_until_it_answers() -> None:
    resting = Resting()
    resting.fell_silent(A, 0.0)
    assert resting.in_order((A, B), 10_000.0) == (B, A)
    resting.answered(A)
    assert resting.in_order((A, B), 10_000.0) == (A, B)
    assert len(resting) == 0


def test_an_answer_to_options_lifts_a_rest_but_no_retry_after() -> None:
    resting = Resting()
    resting.failed(A, 0.0)
    resting.failed(B, 0.0, retry_after_s=50)
    resting.answered(A)
    resting.answered(B)
    assert resting.in_order((A, B), 1.0) == (A,)


def test_the_same_address_on_another_transport_is_another_server() -> None:
    resting = Resting()
    resting.failed(A, 0.0)
    tcp = A._replace(transport="tcp", listener="t")
    assert resting.is_well(tcp, 1.0)


def test_memory_is_bounded() -> None:
    resting = Resting()
    for number in range(2 * MAX_REMEMBERED):
        resting.failed(A._replace(port=number), 0.0)
    assert len(resting) <= MAX_REMEMBERED
