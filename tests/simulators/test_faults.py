"""Refusing, delaying, losing and repeating, by seed."""

from __future__ import annotations

import pytest

from simulators.agent import Peer
from simulators.call import CallError
from simulators.faults import LONGEST_DELAY_S, NO_FAULTS, REFUSALS, Fate, Faults
from simulators.pstn import Pstn


class TestParse:
    def test_kinds_and_probabilities(self) -> None:
        assert Faults.parse("refuse=0.1, lose=1") == Faults(refuse=0.1, lose=1.0)

    def test_nothing_is_no_fault(self) -> None:
        assert Faults.parse("") == NO_FAULTS

    @pytest.mark.parametrize(
        ("text", "says"),
        [("explode=1", "'explode'.*delay.*lose"), ("lose=much", "lose=0.1"), ("lose=2", "between 0 and 1")],
    )
    def test_a_mistake_is_named(self, text: str, says: str) -> None:
        with pytest.raises(ValueError, match=says):
            Faults.parse(text)


class TestFate:
    def test_the_same_seed_gives_the_same_faults(self) -> None:
        faults = Faults(lose=0.3, delay=0.3, repeat=0.3)
        one, same, other = (Fate(faults, seed) for seed in (7, 7, 8))
        fates = [one.of_datagram() for _ in range(50)]
        assert fates == [same.of_datagram() for _ in range(50)]
        assert fates != [other.of_datagram() for _ in range(50)]
        assert () in fates
        assert (0.0,) in fates
        assert all(0.0 <= after <= LONGEST_DELAY_S + 0.1 for fate in fates for after in fate)

    def test_without_faults_nothing_happens(self) -> None:
        fate = Fate(NO_FAULTS, 7)
        assert {fate.of_datagram() for _ in range(50)} == {(0.0,)}
        assert {fate.of_call() for _ in range(50)} == {None}

    def test_refusals_are_those_of_real_networks(self) -> None:
        fate = Fate(Faults(refuse=1.0), 7)
        assert {fate.of_call() for _ in range(100)} == set(REFUSALS)


async def test_a_call_gets_through_a_network_that_loses_repeats_and_delays() -> None:
    bad = Faults(lose=0.15, repeat=0.15, delay=0.15)
    nowhere = Peer("127.0.0.1", 9)
    async with Pstn(gateway=nowhere, faults=bad, seed=3, tone_hz=440) as alice, Pstn(gateway=nowhere) as bob:
        alice.gateway = Peer(*bob.address)
        for _ in range(3):
            out = await alice.call("+31201234567", caller="+31612345678")
            incoming = await bob.next_call(10)
            await incoming.answer()
            await out.answered()
            await incoming.hears(440)
            await out.hang_up()
            await incoming.over()


async def test_a_refusing_agent_refuses() -> None:
    nowhere = Peer("127.0.0.1", 9)
    async with Pstn(gateway=nowhere) as alice, Pstn(gateway=nowhere, faults=Faults(refuse=1.0)) as bob:
        alice.gateway = Peer(*bob.address)
        out = await alice.call("+31201234567", caller="+31612345678")
        with pytest.raises(CallError):
            await out.answered()
        assert out.status in {refusal.status for refusal in REFUSALS}
