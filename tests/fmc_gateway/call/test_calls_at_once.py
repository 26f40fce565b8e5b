"""Calls a user may not begin because there are as many as may be; and what is no call of its own."""

from __future__ import annotations

import msgspec
import pytest

from fmc_gateway.call import commands as cmd
from fmc_gateway.call import events as ev
from hipper.contracts.bus import RefusedBecause
from hipper.pbx import rules
from hipper.pbx.ids import CallId, SubscriberId
from hipper.pbx.model import Announcement, OriginationFacts, ServicePack
from tests.fmc_gateway.call.kit import A, Ladder, binding, invite, invite_from_desk, piet, suze

FULL = OriginationFacts(calls=2)
BASIC = suze(pack=ServicePack.BASE_PLUS)


def loaded(facts: OriginationFacts = FULL) -> ev.ContextLoaded:
    return ev.ContextLoaded(caller=BASIC, called=piet(), bindings=(binding("piet-desk1"),), origination=facts)


@pytest.mark.parametrize("offered", [invite("202"), invite_from_desk("202"), invite("030 111 2233")])
def test_a_call_too_many_hears_so(offered: ev.LegOffered) -> None:
    ladder = Ladder()
    ladder.tell(offered)
    ladder.tell(loaded())
    ladder.offers()
    ladder.answers()
    assert ladder.of(cmd.PlayAnnouncement)[0].announcements == (Announcement.LIMIT_REACHED,)
    ladder.spoken()
    assert [one.status for one in ladder.of(cmd.RejectLeg)] == [403]
    assert ladder.record.rule == rules.CALLS_AT_ONCE


def test_dialled_from_the_app_it_is_barred() -> None:
    ladder = Ladder()
    ladder.tell(
        ev.DialRequested(call=CallId("c1"), leg=A, subscriber=SubscriberId("suze"), destination="202")
    )
    ladder.tell(loaded())
    (told,) = ladder.of(cmd.AnswerDial)
    assert (told.accepted, told.because) == (False, RefusedBecause.BARRED)


def test_what_was_begun_goes_on_after_the_pick_up_though_it_counts_itself() -> None:
    ladder = Ladder()
    ladder.tell(
        ev.DialRequested(call=CallId("c1"), leg=A, subscriber=SubscriberId("suze"), destination="202")
    )
    one = msgspec.structs.replace(loaded(OriginationFacts(calls=1)), bindings=(binding("suze-desk1"),))
    ladder.tell(
        msgspec.structs.replace(one, caller=suze(pack=ServicePack.BASE_PLUS, devices=suze().devices[:1]))
    )
    ladder.offers()
    ladder.tell(ev.LegAnswered(leg=ladder.of(cmd.Originate)[-1].leg, sdp="v=0", to_tag="t"))
    ladder.answers()
    ladder.tell(loaded())
    assert ladder.of(cmd.AnswerDial)[0].accepted
    assert ladder.state == "Ringing"


@pytest.mark.parametrize("dialled", ["112", "*98", "*88", "*68", "*43#"])
def test_112_and_codes_are_no_call_of_their_own(dialled: str) -> None:
    ladder = Ladder()
    ladder.tell(invite_from_desk(dialled))
    ladder.tell(loaded())
    assert ladder.of(cmd.RejectLeg) == []
    assert ladder.state in ("EmergencyRouting", "Announcing")


def test_a_consultation_is_no_second_call() -> None:
    ladder = Ladder()
    ladder.ring_outside()
    ladder.answer()
    ladder.tell(ev.LegConfirmed(leg=A))
    ladder.tell(ev.ConsultRequested(request="r", subscriber=SubscriberId("suze"), destination="202"))
    ladder.tell(loaded())
    assert ladder.of(cmd.AnswerRequest)[0].done
