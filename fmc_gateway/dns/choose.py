"""In which order the servers of a hop are tried: by priority, and by chance within it as the weights say
(RFC 2782). Pure; chance comes in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby

from fmc_gateway.dns.hop import Server
from fmc_gateway.dns.locate import Weighted

Chance = Callable[[], float]
"""A number in [0, 1)."""


def in_order(ranks: Sequence[Sequence[Weighted]], chance: Chance) -> tuple[Server, ...]:
    """Every server once."""
    if len(ranks) == 1 and len(ranks[0]) == 1:
        return ranks[0][0].servers
    found = (server for rank in ranks for entry in _by_priority(rank, chance) for server in entry.servers)
    return tuple(dict.fromkeys(found))


def _by_priority(entries: Iterable[Weighted], chance: Chance) -> Iterator[Weighted]:
    for _, group in groupby(sorted(entries, key=lambda entry: entry.priority), lambda entry: entry.priority):
        yield from _by_weight(list(group), chance)


def _by_weight(entries: list[Weighted], chance: Chance) -> Iterator[Weighted]:
    """Entries of weight 0 stand first, so that they have a very small chance of being chosen (RFC 2782);
    among themselves they are alike."""
    left = sorted(entries, key=lambda entry: entry.weight > 0)
    while left:
        if not left[-1].weight:
            yield left.pop(int(chance() * len(left)))
            continue
        mark = int(chance() * (sum(entry.weight for entry in left) + 1))
        running = 0
        for index, entry in enumerate(left):
            running += entry.weight
            if running >= mark:
                yield left.pop(index)
                break
