"""A past call in sentences: to each party what is that party's own."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from fmc_gateway.records.explain import ExplainedCall, explain_call
from hipper.contracts.calls import AttemptOutcome, CallRecord, DecisionKind, DecisionRecord, LegRole
from hipper.pbx import rules
from hipper.pbx.ids import DeviceId, SubscriberId
from hipper.pbx.model import CallerIdentity, CallerList, Presentation
from hipper.telephony.numbers.e164 import E164
from tests.fmc_gateway.records_samples import attempt, calling_leg, decision, record

ANNA, BRAM, CARLA = SubscriberId("anna"), SubscriberId("bram"), SubscriberId("carla")
HIDDEN = CallerIdentity(
    presentation=Presentation.RESTRICTED, network_number=calling_leg().identity_shown.number
)


def explained(
    who: SubscriberId,
    call: CallRecord | None = None,
    *,
    kind: CallerList | None = CallerList.BUSINESS,
    masked: bool = False,
) -> ExplainedCall:
    found = explain_call(call or of_two(), who, kind=kind, masked=masked)
    assert found is not None
    return found


def of_two(**changes: Any) -> CallRecord:
    """Anna called Bram, and both had something to say about it."""
    hers = DecisionRecord(
        kind=DecisionKind.CALLING,
        subscriber=ANNA,
        rule=rules.ON_NET_EXTENSION,
        identity_rule=rules.IDENTITY_FIXED,
    )
    his = msgspec.structs.replace(decision(), list=None)
    return record(decisions=(hers, his), **changes)


def test_called_user_reads_which_rules_decided_and_why_each_telephone_rang() -> None:
    found = explained(BRAM)
    assert (found.incoming, found.other, found.withheld) == (True, "+31201234567", False)
    (mine,) = found.decisions
    assert (mine.decided.rule, [one.rule for one in mine.considered]) == ("ring.extension", ["profile.rings"])
    assert mine.considered[0].nl == rules.sentence("profile.rings", "nl")
    assert [(one.device, one.outcome) for one in found.devices] == [
        ("bram-desk", AttemptOutcome.ANSWERED),
        ("bram-desk-2", AttemptOutcome.NOT_REGISTERED),
    ]
    assert found.devices[1].nl == "Was niet aangemeld."
    assert [one.to for one in found.diversions] == ["+31201234599"]


def test_caller_reads_the_own_decision_and_nothing_of_what_the_other_has_set() -> None:
    found = explained(ANNA)
    assert (found.incoming, found.other) == (False, "202")
    (mine,) = found.decisions
    assert (mine.decided.rule, mine.identity and mine.identity.rule) == (
        rules.ON_NET_EXTENSION,
        rules.IDENTITY_FIXED,
    )
    assert (found.devices, found.diversions) == ((), ())
    text = msgspec.json.encode(found).decode()
    for secret in ("bram", "profile.rings", "+31201234599", "ring.extension"):
        assert secret not in text


def test_who_had_no_part_in_it_reads_nothing() -> None:
    assert explain_call(of_two(), CARLA, kind=None, masked=False) is None


def test_withheld_number_stays_withheld() -> None:
    hidden = msgspec.structs.replace(calling_leg(), identity_shown=HIDDEN)
    call = of_two(legs=(hidden, *record().legs[1:]))
    for masked in (False, True):
        found = explained(BRAM, call, masked=masked)
        assert (found.other, found.withheld) == (None, True)
        text = msgspec.json.encode(found).decode()
        for number in ("+31201234567", "+31612345678", "201234567"):
            assert number not in text


@pytest.mark.parametrize(
    ("kind", "dialled", "masked"),
    [
        (CallerList.BUSINESS, "202", False),
        (CallerList.PRIVATE, "202", True),
        (CallerList.BUSINESS, "113", True),
        (CallerList.BUSINESS, "0800-0113", True),
        (CallerList.BUSINESS, "0800-2000", True),
        (CallerList.BUSINESS, "+31880767000", True),
    ],
)
def test_administrator_reads_no_number_of_private_calls_and_helplines(
    kind: CallerList, dialled: str, masked: bool
) -> None:
    remote = msgspec.structs.replace(
        attempt(), device=DeviceId("remote:+31209876543"), explanation="refused by +31209876543"
    )
    call = of_two(dialled=dialled, attempts=(remote,))
    for who in (ANNA, BRAM):
        found = explained(who, call, kind=kind, masked=True)
        assert found.masked is masked
        text = msgspec.json.encode(found).decode()
        for number in ("+31201234567", "+31201234599", "9876543", f'"{dialled}"'):
            assert not (masked and number in text), (who, number)
        assert found.decisions
    assert explained(ANNA, call, kind=kind).other == dialled


def test_helpline_behind_a_short_code_or_a_forwarding_is_masked_too() -> None:
    shown = CallerIdentity(presentation=Presentation.ALLOWED, number=E164("+318002000"))
    reached = msgspec.structs.replace(
        calling_leg(), role=LegRole.CALLED, subscriber=None, identity_shown=shown
    )
    assert (
        explained(ANNA, of_two(dialled="*75007", legs=(*record().legs, reached)), masked=True).other is None
    )
    sent_on = of_two(diversions=(msgspec.structs.replace(record().diversions[0], to="+318000113"),))
    assert [one.to for one in explained(BRAM, sent_on, masked=True).diversions] == [None]


def test_call_treated_as_private_is_masked_whatever_the_list_says_later() -> None:
    call = record(decisions=(msgspec.structs.replace(decision(), list=CallerList.PRIVATE),))
    assert explained(BRAM, call, masked=True).masked


def test_record_of_before_decisions_were_kept_says_what_it_knows() -> None:
    found = explained(BRAM, record(decisions=()))
    assert found.decisions == ()
    assert found.decided.nl == "Het gekozen verkorte nummer is van een collega."
    assert len(found.devices) == 2


@pytest.mark.parametrize("outcome", list(AttemptOutcome))
def test_every_outcome_of_a_device_has_a_sentence(outcome: AttemptOutcome) -> None:
    call = record(attempts=(msgspec.structs.replace(attempt(), outcome=outcome),))
    (device,) = explained(BRAM, call).devices
    assert device.nl.endswith(".")
    assert device.en.endswith(".")
    assert device.nl != device.en
