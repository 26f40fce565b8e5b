"""A number that rings along and is a colleague's: the telephones of that user ring, for the called one."""

from __future__ import annotations

from fmc_gateway.call import commands as cmd
from fmc_gateway.call import events as ev
from hipper.contracts.calls import AttemptOutcome
from hipper.pbx.model import ColleagueAlong, DivertReason, Payer, TariffClass, TerminationFacts
from hipper.pbx.services.reachability import SimultaneousRingNumber, SimultaneousRingPersonal
from tests.fmc_gateway.call.kit import (
    B1,
    B2,
    M2,
    PIET_FIXED,
    SUZE_FIXED,
    A,
    Ladder,
    binding,
    desk_only,
    invite_from_pstn,
    piet,
    suze,
)


def ring() -> Ladder:
    """From outside to Piet; with his desk phone (B1) rings Suze's (B2)."""
    along = SimultaneousRingPersonal(active=True, numbers=(SimultaneousRingNumber(number=SUZE_FIXED),))
    who, colleague = desk_only(piet(), simultaneous_ring_personal=along), desk_only(suze())
    ladder = Ladder()
    ladder.tell(invite_from_pstn(PIET_FIXED))
    ladder.tell(
        ev.ContextLoaded(
            caller=None,
            called=who,
            bindings=(binding("piet-desk1"), binding("suze-desk1")),
            termination=TerminationFacts(colleagues=(ColleagueAlong(context=colleague),)),
        )
    )
    ladder.offers()
    return ladder


def test_invite_goes_to_her_telephone_and_none_to_a_trunk() -> None:
    out = ring().of(cmd.Originate)
    assert [one.target for one in out] == [
        cmd.BindingTarget(binding=binding("piet-desk1")),
        cmd.BindingTarget(binding=binding("suze-desk1")),
    ]
    assert [[one.reason for one in invite.diverted] for invite in out] == [[], [DivertReason.FOLLOW_ME]]


def test_she_answers_and_he_pays_at_the_tariff_within_the_enterprise() -> None:
    ladder = ring()
    ladder.tell(ev.LegRinging(leg=B2, status=180))
    ladder.answer(B2, M2)
    live = ladder.live()
    assert live is not None
    assert (live.called.subscriber, live.called.device) == ("suze", "suze-desk1")
    assert not live.charges, "no rate is counted for a call within the enterprise"
    ladder.tell(ev.LegConfirmed(leg=A))
    ladder.tell(ev.LegEnded(leg=B2, cause="bye"))
    ladder.tell(ev.LegRejected(leg=B1, status=487))
    assert ladder.attempts()["piet-desk1"].outcome is AttemptOutcome.ANSWERED_ELSEWHERE
    assert ladder.attempts()["suze-desk1"].subscriber == "suze"
    (segment,) = ladder.record.segments
    assert segment.payer == Payer(subscription=piet().fixed_subscription, tariff=TariffClass.ON_NET)
