"""The timer heap, identifiers and outbound helpers."""

from __future__ import annotations

import random

import pytest

from hipper.telephony.sip.headers import NameAddr
from hipper.telephony.sip.ids import CountingIds, fraction
from hipper.telephony.sip.outbound import contact_params, instance_of, recovery_wait_s
from hipper.telephony.sip.timers import TimerHeap


class TestTimerHeap:
    def test_timers_come_due_in_order_and_once(self) -> None:
        heap = TimerHeap()
        for name, at in (("late", 3.0), ("early", 1.0), ("middle", 2.0)):
            heap.start("x", name, at)
        assert heap.next() == 1.0
        assert heap.pop_due(0.9) is None
        assert [heap.pop_due(2.5), heap.pop_due(2.5), heap.pop_due(2.5)] == [
            ("x", "early"), ("x", "middle"), None,
        ]  # fmt: skip
        assert len(heap) == 1

    def test_restart_moves_and_stop_forgets(self) -> None:
        heap = TimerHeap()
        heap.start("x", "a", 1.0)
        heap.start("x", "a", 5.0)
        heap.start("x", "b", 2.0)
        heap.stop("x", "b")
        heap.stop("x", "never started")
        assert heap.next() == 5.0
        assert heap.is_running("x", "a")
        assert not heap.is_running("x", "b")

    def test_restarting_for_ever_does_not_grow_memory(self) -> None:
        heap = TimerHeap()
        chance = random.Random(1)
        for number in range(20_000):
            heap.start("x", str(number % 7), chance.random())
        assert len(heap) == 7
        assert len(heap._heap) <= 65


class TestIds:
    def test_counting_ids_never_repeat(self) -> None:
        ids = CountingIds("a")
        tokens = [ids.token(12) for _ in range(2000)]
        assert len(set(tokens)) == 2000
        assert {len(token) for token in tokens} == {12}
        assert ids.branch().startswith("z9hG4bK")

    def test_fractions_spread(self) -> None:
        ids = CountingIds("a")
        values = [fraction(ids) for _ in range(500)]
        assert all(0 <= value < 1 for value in values)
        assert min(values) < 0.2
        assert max(values) > 0.8


class TestOutbound:
    """RFC 5626 §4."""

    def test_instance_goes_out_and_comes_back(self) -> None:
        contact = NameAddr.parse("<sip:a@b>" + contact_params("urn:uuid:1", 2))
        assert instance_of(contact) == "urn:uuid:1"
        assert contact.params["reg-id"] == "2"
        assert instance_of(NameAddr.parse("<sip:a@b>")) is None

    @pytest.mark.parametrize(("failures", "bound"), [(0, 30), (1, 60), (5, 960), (6, 1800), (100, 1800)])
    def test_wait_is_half_to_whole_of_a_growing_bound(self, failures: int, bound: float) -> None:
        ids = CountingIds("a")
        waits = [recovery_wait_s(failures, ids) for _ in range(50)]
        assert all(bound / 2 <= wait <= bound for wait in waits)
