"""Reconcile the call data records of a network with the gateway's, exactly, by ICID or IMRN call reference.

python -m simulators.reconcile --network cdrs.jsonl --gateway records.jsonl

``--network``: JSON lines as a simulated network writes them (:mod:`simulators.network.charging`).
``--gateway``: JSON lines, each one call record with its ``legs``; a leg's ``icid``, ``network_reference``,
``role``, ``peer``, ``offered``, ``answered`` and ``ended`` are read, times in Unix seconds.

Every leg the network shared with the gateway must stand in the gateway's records and the other way round,
with the same times. One line for each thing that does not fit; exit 1 when there is any.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

TOLERANCE_S = 1.0
ANCHORED = "anchored"


class Leg(NamedTuple):
    """One leg of either side. ``key``: ICID or call reference. ``required``: the other side must have it."""

    key: str
    what: str
    start: float
    answer: float | None
    end: float | None
    required: bool
    opened_by: str
    """``calling``: the network offered it to the gateway; ``called``: the gateway to the network."""
    alternative: str | None = None
    """A second key it may be known by."""


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """JSON objects, one a line. Raises ValueError that names the line."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except json.JSONDecodeError as error:
            raise ValueError(f"{path}:{number}: {error}") from None
        if not isinstance(value, dict):
            raise ValueError(f"{path}:{number}: expected an object")
        yield value


def network_legs(records: Iterable[dict[str, Any]]) -> tuple[list[Leg], list[str]]:
    """Legs of the network's records, and what is wrong with these themselves."""
    legs, faults = [], []
    for record in records:
        what = f"{record['direction']} call of {record['served_user']} with {record['other_party']}"
        reference, icid = record.get("call_reference"), record.get("icid")
        key, other = (icid, reference) if record.get("offered_by") == "gateway" else (reference or icid, icid)
        required = record.get("gateway") == ANCHORED
        if key is None:
            if required:
                faults.append(f"network: {what} has neither ICID nor call reference")
            continue
        opened_by = "called" if record.get("offered_by") == "gateway" else "calling"
        times = record["start"], record["answer"], record["end"]
        legs.append(Leg(key, what, *times, required, opened_by, other))
    return legs, faults


def gateway_legs(records: Iterable[dict[str, Any]], networks: frozenset[str]) -> tuple[list[Leg], list[str]]:
    """Legs of the gateway's records that went over a mobile network, and legs of ``networks`` (names in the
    gateway's settings) that carry no key."""
    legs, faults = [], []
    for record in records:
        for leg in record.get("legs", ()):
            key = leg.get("network_reference") or leg.get("icid")
            what = f"leg {leg.get('leg')} of call {record.get('call')}"
            if key is not None:
                other = leg.get("icid")
                times = leg["offered"], leg.get("answered"), leg.get("ended")
                required = leg.get("peer") in networks or not networks
                legs.append(Leg(key, what, *times, required, leg.get("role", "calling"), other))
            elif leg.get("peer") in networks:
                faults.append(f"gateway: {what} over {leg['peer']} has neither ICID nor call reference")
    return legs, faults


def reconcile(network: Sequence[Leg], gateway: Sequence[Leg], tolerance_s: float = TOLERANCE_S) -> list[str]:
    """What does not fit, one line each; empty when all does."""
    theirs: dict[str, list[Leg]] = defaultdict(list)
    for leg in network:
        theirs[leg.key].append(leg)
    ours: dict[str, list[Leg]] = defaultdict(list)
    for leg in gateway:
        by_other = leg.key not in theirs and leg.alternative is not None
        ours[leg.alternative if by_other and leg.alternative else leg.key].append(leg)
    faults = [line for key, legs in theirs.items() for line in _one_key(key, legs, ours, tolerance_s)]
    known = set(theirs) | {leg.alternative for leg in network}
    for leg in gateway:
        if leg.required and not {leg.key, leg.alternative} & known:
            faults.append(f"{leg.key}: {leg.what} is in no record of the network")
    return faults


def _one_key(key: str, legs: list[Leg], ours: dict[str, list[Leg]], tolerance_s: float) -> Iterator[str]:
    found = ours.get(key) or [leg for other in legs for leg in ours.get(other.alternative or "", ())]
    required = [leg for leg in legs if leg.required]
    left = list(found)
    for leg in required:
        own_side = [own for own in left if own.opened_by == leg.opened_by]
        if not own_side:
            yield f"{key}: {leg.what} is in no record of the gateway"
            continue
        closest = min(own_side, key=lambda own: _apart(own, leg))
        left.remove(closest)
        yield from (f"{key}: {closest.what}: {line}" for line in _differences(closest, leg, tolerance_s))
    for own in left:
        leg = min(legs, key=lambda other: _apart(own, other))
        differences = _differences(own, leg, tolerance_s, end=leg.required)
        yield from (f"{key}: {own.what}: {line}" for line in differences)


def _apart(one: Leg, other: Leg) -> float:
    """How far two legs are from being the same."""
    missing = 1e6 if (one.answer is None) != (other.answer is None) else 0.0
    return missing + abs(one.start - other.start) + abs((one.end or 0.0) - (other.end or 0.0))


def _differences(ours: Leg, theirs: Leg, tolerance_s: float, *, end: bool = True) -> Iterator[str]:
    """``end`` False: the gateway gave the call back, and knows it up to its answer."""
    pairs = [("start", ours.start, theirs.start), ("answer", ours.answer, theirs.answer)]
    if end:
        pairs.append(("end", ours.end, theirs.end))
    for name, own, other in pairs:
        if own is None and other is None:
            continue
        if own is None or other is None:
            if name == "answer" and _crossed(ours, theirs, tolerance_s):
                continue
            side, time = ("gateway", other) if own is None else ("network", own)
            yield f"no {name} at the {side}, {time:.3f} at the other side"
        elif abs(own - other) > tolerance_s:
            yield f"{name} differs by {abs(own - other):.3f} s"


def _crossed(one: Leg, other: Leg, tolerance_s: float) -> bool:
    """An answer that crossed the CANCEL: one side saw a call of no length."""
    answered = one if one.answer is not None else other
    return (
        answered.answer is not None
        and answered.end is not None
        and answered.end - answered.answer <= tolerance_s
    )


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m simulators.reconcile",
        description="Match a network's call data records with the gateway's, by ICID or IMRN call reference.",
    )
    parser.add_argument(
        "--network", type=Path, required=True, metavar="FILE", help="JSON lines of a simulator"
    )
    parser.add_argument(
        "--gateway", type=Path, required=True, metavar="FILE", help="JSON lines of call records"
    )
    parser.add_argument("--tolerance", type=float, default=TOLERANCE_S, metavar="S", help="seconds times may differ (1.0)")  # fmt: skip # noqa: E501
    parser.add_argument("--name", action="append", default=[], metavar="NETWORK", help="name of the network in the gateway's settings: its legs must all carry a key; may be repeated")  # fmt: skip # noqa: E501
    options = parser.parse_args(arguments)
    try:
        network, faults = network_legs(read_lines(options.network))
        gateway, more = gateway_legs(read_lines(options.gateway), frozenset(options.name))
    except (OSError, ValueError, KeyError) as error:
        print(f"reconcile: {error}", file=sys.stderr)
        return 2
    faults += more + reconcile(network, gateway, options.tolerance)
    for fault in faults:
        print(fault)
    required = sum(leg.required for leg in network)
    print(f"{required} legs of the network, {len(gateway)} of the gateway, {len(faults)} do not fit")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
