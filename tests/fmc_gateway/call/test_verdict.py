"""What refusals mean, one by one."""

from __future__ import annotations

import pytest

from fmc_gateway.call.commands import BindingTarget, MobileTarget, Target, TrunkTarget
from fmc_gateway.call.events import LegRejected
from fmc_gateway.call.model import Leg, LegPhase
from fmc_gateway.call.verdict import failure_of
from hipper.contracts.calls import AttemptOutcome, LegRole
from hipper.pbx.ids import DeviceId
from tests.fmc_gateway.call.kit import B1, PIET_MOBILE, binding, shown

DESK = BindingTarget(binding=binding("piet-desk1"))
MOBILE = MobileTarget(network="mno", number=PIET_MOBILE, device=DeviceId("piet-mobile"))
TRUNK = TrunkTarget(trunk=None, user="+31301112233")


def leg(target: Target, *, rang: bool = False) -> Leg:
    phase = LegPhase.RINGING if rang else LegPhase.INVITED
    return Leg(
        id=B1, role=LegRole.CALLED, phase=phase, peer="p", identity=shown(None), target=target, offered=0.0
    )


@pytest.mark.parametrize(
    ("target", "rang", "status", "q850", "outcome"),
    [
        (DESK, True, 486, None, AttemptOutcome.BUSY),
        (DESK, False, 600, None, AttemptOutcome.BUSY),
        (DESK, True, 603, None, AttemptOutcome.DECLINED),
        (DESK, True, 603, 17, AttemptOutcome.BUSY),
        (DESK, True, 403, 21, AttemptOutcome.DECLINED),
        (DESK, True, 480, None, AttemptOutcome.RANG),
        (DESK, True, 408, None, AttemptOutcome.RANG),
        (DESK, False, 480, None, AttemptOutcome.UNREACHABLE),
        (DESK, False, 480, 19, AttemptOutcome.RANG),
        (DESK, False, 404, None, AttemptOutcome.UNREACHABLE),
        (DESK, False, 503, None, AttemptOutcome.UNREACHABLE),
        (DESK, False, 488, None, AttemptOutcome.FAILED),
        (DESK, False, 302, None, AttemptOutcome.FAILED),
        (MOBILE, True, 486, 17, AttemptOutcome.DECLINED),
        (MOBILE, True, 486, None, AttemptOutcome.DECLINED),
        (MOBILE, False, 486, 17, AttemptOutcome.BUSY),
        (MOBILE, False, 480, 18, AttemptOutcome.UNREACHABLE),
        (MOBILE, False, 480, 20, AttemptOutcome.UNREACHABLE),
        (MOBILE, True, 480, 19, AttemptOutcome.RANG),
        (MOBILE, False, 603, None, AttemptOutcome.UNREACHABLE),
        (MOBILE, False, 480, 21, AttemptOutcome.UNREACHABLE),
        (MOBILE, True, 603, None, AttemptOutcome.DECLINED),
        (DESK, False, 603, None, AttemptOutcome.DECLINED),
        (TRUNK, True, 486, None, AttemptOutcome.BUSY),
    ],
)
def test_what_a_refusal_of_the_peer_means(
    target: Target, rang: bool, status: int, q850: int | None, outcome: AttemptOutcome
) -> None:
    event = LegRejected(leg=B1, status=status, q850=q850)
    assert failure_of(leg(target, rang=rang), event).outcome is outcome
    told = LegRejected(leg=B1, status=status, q850=q850, after_ringing=rang)
    assert failure_of(leg(target), told).outcome is outcome


@pytest.mark.parametrize("status", [408, 486, 503, 603])
def test_what_the_network_made_is_never_the_users(status: int) -> None:
    event = LegRejected(leg=B1, status=status, q850=21, after_ringing=True, by_network=True)
    failure = failure_of(leg(MOBILE), event)
    assert (failure.outcome, failure.ended_by) == (AttemptOutcome.UNREACHABLE, "gateway")


def test_sentence_holds_status_and_phrase() -> None:
    failure = failure_of(leg(DESK), LegRejected(leg=B1, status=486, reason_phrase="Busy Here", q850=17))
    assert failure.explanation == "486 Busy Here (by the peer)"
    assert (failure.status, failure.q850, failure.ended_by) == (486, 17, "called")
    bare = failure_of(leg(DESK), LegRejected(leg=B1, status=408, by_network=True))
    assert bare.explanation == "408 (made on the way)"
