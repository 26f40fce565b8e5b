"""A call that is going on, as its users read it: events as data."""

from __future__ import annotations

import msgspec

from fmc_gateway.call import events as ev
from fmc_gateway.explaining import explain_live
from fmc_gateway.records.explain import ExplainedCall
from hipper.contracts.calls import AttemptOutcome, LivePhase
from hipper.pbx.ids import SubscriberId
from hipper.pbx.model import CallerIdentity, Presentation
from tests.fmc_gateway.call.kit import B1, OUTSIDE, START, A, Ladder, binding, invite_from_pstn, piet

PIET, SUZE = SubscriberId("piet"), SubscriberId("suze")


def explained(ladder: Ladder, user: SubscriberId) -> ExplainedCall | None:
    live = ladder.live()
    assert live is not None
    return explain_live(ladder.call, live, user, START + 30)


def own(ladder: Ladder, user: SubscriberId) -> ExplainedCall:
    found = explained(ladder, user)
    assert found is not None
    return found


def devices(found: ExplainedCall) -> dict[str, tuple[AttemptOutcome | None, str, str]]:
    return {str(one.device): (one.outcome, one.en, one.why.rule) for one in found.devices}


def test_while_it_rings_each_telephone_says_what_it_does_and_the_end_is_open() -> None:
    ladder = Ladder()
    quiet = tuple(msgspec.structs.replace(one, rings=one.id != "piet-desk1") for one in piet().devices)
    ladder.ring_colleague(binding("piet-desk1"), devices=quiet)
    assert devices(own(ladder, PIET))["piet-mobile"][1] == "It is being called, or will be."
    ladder.tell(ev.LegRinging(leg=B1, status=180))
    found = own(ladder, PIET)
    assert (found.phase, found.ended, found.outcome, found.answered) == (LivePhase.RINGING, None, None, None)
    assert devices(found) == {
        "piet-mobile": (None, "It rings now.", "device.rings"),
        "piet-desk1": (AttemptOutcome.SWITCHED_OFF, "A setting kept it silent.", "device.switched-off"),
    }
    assert [(one.kind.value, one.decided.rule) for one in found.decisions] == [("called", "ring.extension")]


def test_answered_call_says_where_it_is_and_why_the_others_stopped() -> None:
    ladder = Ladder()
    ladder.talk()
    found = own(ladder, PIET)
    assert (found.phase, found.answered is not None) == (LivePhase.ESTABLISHED, True)
    assert devices(found)["piet-desk1"][:2] == (None, "The call is on it.")


def test_who_calls_reads_the_own_side_only() -> None:
    ladder = Ladder()
    ladder.talk()
    found = own(ladder, SUZE)
    assert (found.incoming, found.other, found.devices) == (False, "202", ())
    assert [one.kind.value for one in found.decisions] == ["calling"]
    assert "piet" not in msgspec.json.encode(found).decode()


def test_nobody_else_reads_it() -> None:
    ladder = Ladder()
    ladder.talk()
    assert explained(ladder, SubscriberId("mallory")) is None


def test_withheld_number_stays_withheld() -> None:
    hidden = CallerIdentity(presentation=Presentation.RESTRICTED, network_number=OUTSIDE)
    ladder = Ladder()
    ladder.tell(invite_from_pstn(caller=hidden))
    ladder.load(None, piet(), binding("piet-desk1"))
    ladder.offers()
    found = own(ladder, PIET)
    assert (found.withheld, found.other) == (True, None)
    assert OUTSIDE not in msgspec.json.encode(found).decode()


def test_what_was_explained_alive_is_what_the_record_says_afterwards() -> None:
    ladder = Ladder()
    ladder.talk()
    before = own(ladder, PIET)
    ladder.tell(ev.LegEnded(leg=A, cause="bye"))
    record = ladder.record
    assert [one.decided.rule for one in before.decisions] == [
        one.rule for one in record.decisions if one.subscriber == PIET
    ]
    assert {one.device for one in before.devices} == {
        one.device for one in record.attempts if one.subscriber == PIET
    }
