"""What decided is kept with the call: of each user whose settings had a say, and nobody else's."""

from __future__ import annotations

import msgspec

from fmc_gateway.call import decisions
from fmc_gateway.call import events as ev
from fmc_gateway.call.records import record
from hipper.contracts.calls import CallOutcome, CallRecord, DecisionKind, DecisionRecord
from hipper.pbx import rules
from hipper.pbx.ids import SubscriberId
from hipper.pbx.model import CallerList
from hipper.pbx.origination_refused import refused
from hipper.pbx.services.availability import Action, Availability, Profile, Treatment
from tests.fmc_gateway.call import dialled
from tests.fmc_gateway.call.forwards import always
from tests.fmc_gateway.call.kit import (
    B1,
    Ladder,
    anna,
    binding,
    desk_only,
    invite,
    invite_from_pstn,
    piet,
    suze,
)

SUZE, PIET, ANNA = SubscriberId("suze"), SubscriberId("piet"), SubscriberId("anna")


def kept(ladder: Ladder) -> tuple[DecisionRecord, ...]:
    assert ladder.call is not None
    return record(ladder.call, CallOutcome.CANCELLED, ladder.now).decisions


def test_caller_forwarder_and_whom_it_reached_each_keep_their_own() -> None:
    ladder = Ladder()
    ladder.tell(invite())
    ladder.load(suze(), always(piet(), "203"))
    ladder.forward(always(piet(), "203"), desk_only(anna()), binding("anna-desk1"))
    found = [(one.kind, one.subscriber, one.rule, one.identity_rule) for one in kept(ladder)]
    assert found == [
        (DecisionKind.CALLING, SUZE, rules.ON_NET_EXTENSION, rules.IDENTITY_FIXED),
        (DecisionKind.CALLED, PIET, rules.DIVERT_ALWAYS, None),
        (DecisionKind.FORWARDING, PIET, rules.FORWARD_ON_NET, rules.IDENTITY_ORIGINAL_CALLER),
        (DecisionKind.CALLED, ANNA, rules.RING_EXTENSION, None),
    ]


def test_services_that_had_a_say_are_named_and_how_the_caller_was_treated() -> None:
    chosen = Treatment(action=Action.RING, devices=("piet-desk1",))
    profile = Profile(name="meeting", private=chosen, business=Treatment(action=Action.REJECT))
    settings = Availability(profiles=(profile,), active_profile="meeting")
    for known_as, rule, considered in (
        (CallerList.PRIVATE, rules.RING_FIXED, (rules.PROFILE_RINGS,)),
        (None, rules.PROFILE_REJECT, ()),
    ):
        ladder = Ladder()
        ladder.tell(invite_from_pstn())
        facts = msgspec.structs.replace(
            ev.ContextLoaded(caller=None, called=None, bindings=()).termination, caller_list=known_as
        )
        ladder.tell(
            ev.ContextLoaded(
                caller=None,
                called=desk_only(piet(), availability=settings),
                bindings=(binding("piet-desk1"),),
                termination=facts,
            )
        )
        (decision,) = kept(ladder)
        assert (decision.rule, decision.considered) == (rule, considered)
        assert decision.list is (known_as or CallerList.BUSINESS)


def test_refused_caller_keeps_why() -> None:
    ladder = Ladder()
    ladder.tell(invite("299"))
    ladder.load(suze(), None)
    (decision,) = kept(ladder)
    assert (decision.kind, decision.rule) == (DecisionKind.CALLING, rules.EXTENSION_UNKNOWN)


def test_what_is_kept_has_a_limit() -> None:
    ladder = Ladder()
    ladder.tell(invite("299"))
    call = ladder.call
    assert call is not None
    plan = refused(rules.EXTENSION_UNKNOWN, suze())
    for _ in range(decisions.MOST + 5):
        call = decisions.of_calling(call, SUZE, plan)
    assert len(call.decisions) == decisions.MOST


def test_record_of_before_decisions_were_kept_is_read_still() -> None:
    ladder = Ladder()
    ladder.tell(invite("299"))
    ladder.load(suze(), None)
    assert ladder.call is not None
    values = msgspec.to_builtins(record(ladder.call, CallOutcome.REFUSED, ladder.now))
    del values["decisions"]
    assert msgspec.convert(values, CallRecord).decisions == ()
    assert msgspec.json.encode(DecisionRecord(kind=DecisionKind.CALLED, subscriber=PIET, rule="a.b")) == (
        b'{"kind":"called","subscriber":"piet","rule":"a.b"}'
    )


def test_dial_from_the_app_is_kept_once_though_it_is_decided_twice() -> None:
    ladder = dialled.calling("202", piet())
    found = [(one.kind, one.subscriber, one.rule) for one in kept(ladder)]
    assert found == [
        (DecisionKind.CALLING, SUZE, rules.ON_NET_EXTENSION),
        (DecisionKind.CALLED, PIET, rules.RING_EXTENSION),
    ]


def test_telephone_that_redirects_keeps_its_users_decision_and_that_of_whom_it_reaches() -> None:
    ladder = Ladder()
    ladder.tell(invite())
    ladder.load(suze(), desk_only(piet()), binding("piet-desk1"))
    ladder.offers()
    ladder.tell(ev.LegRejected(leg=B1, status=302, contacts=("sip:203@192.0.2.9",)))
    ladder.forward(desk_only(piet()), desk_only(anna()), binding("anna-desk1"))
    assert [(one.kind, one.subscriber) for one in kept(ladder)] == [
        (DecisionKind.CALLING, SUZE),
        (DecisionKind.CALLED, PIET),
        (DecisionKind.FORWARDING, PIET),
        (DecisionKind.CALLED, ANNA),
    ]
