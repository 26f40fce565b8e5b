"""RFC 2782: priorities and weights."""

from __future__ import annotations

import random
from collections import Counter

from fmc_gateway.dns.choose import in_order
from fmc_gateway.dns.hop import Server
from fmc_gateway.dns.locate import Weighted


def server(name: str) -> Server:
    return Server("udp", "u", name, 5060)


def entry(priority: int, weight: int, *names: str) -> Weighted:
    return Weighted(priority, weight, tuple(server(name) for name in names))


def first_of(entries: list[Weighted], draws: int = 4000) -> Counter[str]:
    chance = random.Random(7).random
    return Counter(in_order([entries], chance)[0].address for _ in range(draws))


def test_lower_priority_first_whatever_the_weight() -> None:
    entries = [entry(20, 100, "spare"), entry(10, 1, "main")]
    assert first_of(entries, 100) == {"main": 100}
    assert [x.address for x in in_order([entries], lambda: 0.99)] == ["main", "spare"]


def test_weights_share_the_calls() -> None:
    counted = first_of([entry(1, 60, "big"), entry(1, 30, "middle"), entry(1, 10, "small")])
    assert 0.55 < counted["big"] / 4000 < 0.65
    assert 0.25 < counted["middle"] / 4000 < 0.35
    assert 0.07 < counted["small"] / 4000 < 0.13


def test_weight_zero_is_nearly_never_first_but_always_there() -> None:
    entries = [entry(1, 0, "zero"), entry(1, 100, "full")]
    counted = first_of(entries)
    assert 0 < counted["zero"] / 4000 < 0.03
    assert {x.address for x in in_order([entries], lambda: 0.5)} == {"zero", "full"}


def test_equal_entries_without_weight_all_come() -> None:
    entries = [entry(1, 0, "a"), entry(1, 0, "b"), entry(1, 0, "c")]
    assert sorted(x.address for x in in_order([entries], lambda: 0.9)) == ["a", "b", "c"]


def test_equal_entries_without_weight_share_the_calls() -> None:
    counted = first_of([entry(1, 0, "a"), entry(1, 0, "b")])
    assert 0.4 < counted["a"] / 4000 < 0.6


def test_ranks_stay_in_order_and_no_server_comes_twice() -> None:
    ranks = [[entry(5, 1, "a", "b")], [entry(1, 1, "b"), entry(2, 1, "c")]]
    assert [x.address for x in in_order(ranks, lambda: 0.3)] == ["a", "b", "c"]


def test_nothing_known_is_nothing() -> None:
    assert in_order([], lambda: 0.1) == ()
