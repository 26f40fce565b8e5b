"""The recorder is told who talks, in which pair, from when to when, and what it must never record."""

from __future__ import annotations

import msgspec
import pytest

from fmc_gateway.call import commands as cmd
from fmc_gateway.call import events as ev
from fmc_gateway.call.talks import never_recorded
from hipper.contracts.talks import TalkEnded, TalkEvent, TalkStarted
from hipper.pbx.ids import CallId
from hipper.pbx.model import CallerIdentity, DivertReason, Presentation
from hipper.pbx.services.bundles import SubscriberServices
from hipper.pbx.services.calling import SpeedDial8, SpeedDialEntry
from hipper.pbx.services.forwarding import CallForwardingAlways, Voicemail
from tests.fmc_gateway.call.kit import (
    B1,
    M1,
    OUTSIDE,
    SUZE_FIXED,
    SUZE_MOBILE,
    A,
    Ladder,
    binding,
    desk_only,
    invite,
    invite_from_desk,
    invite_from_pstn,
    piet,
    sdp,
    suze,
)


def told(ladder: Ladder) -> list[TalkEvent]:
    return [one.talk for one in ladder.of(cmd.PublishTalk)]


def test_talk_starts_with_the_answer_and_names_both_sides() -> None:
    ladder = Ladder()
    ladder.ring_colleague(binding("piet-desk1"), devices=piet().devices[:1])
    assert told(ladder) == []
    ladder.answer()
    (talk,) = told(ladder)
    assert isinstance(talk, TalkStarted)
    assert (talk.call, talk.segment, talk.tenant, talk.ng_call_id) == ("c1", 0, "acme", M1)
    assert talk.at == pytest.approx(ladder.now)
    assert not talk.never_record
    calling, called = talk.tags
    assert (calling.leg, calling.tag, calling.user, calling.device) == (A, A, "suze", "suze-mobile")
    assert (called.leg, called.tag, called.user, called.device) == (B1, B1, "piet", "piet-desk1")
    assert (called.identity.extension, calling.identity.number) == ("202", SUZE_FIXED)
    assert calling.identity.network_number is None


def test_hold_does_not_end_a_talk_and_the_end_of_the_call_does() -> None:
    ladder = Ladder()
    ladder.talk()
    for direction in ("sendonly", "sendrecv"):
        ladder.tell(ev.LegReoffered(leg=B1, sdp=sdp("piet", direction=direction), method="INVITE"))
        ladder.offers()
        ladder.answers()
    assert len(told(ladder)) == 1
    ladder.tell(ev.LegEnded(leg=A, cause="bye"))
    ended = told(ladder)[-1]
    assert ended == TalkEnded(call=CallId("c1"), segment=0, at=ladder.now)
    assert len(told(ladder)) == 2


@pytest.mark.parametrize(
    "over",
    [
        ev.LegEnded(leg=B1, cause="transport"),
        ev.MediaTimedOut(pair=M1),
        ev.HangUpRequested(by="operator"),
        ev.LegCancelled(leg=A),
    ],
)
def test_talk_ends_once_however_the_call_ends(over: ev.AnyEvent) -> None:
    ladder = Ladder()
    ladder.talk()
    ladder.tell(over)
    assert [type(talk) for talk in told(ladder)] == [TalkStarted, TalkEnded]


def test_call_that_nobody_answers_is_no_talk() -> None:
    ladder = Ladder()
    ladder.ring_outside()
    ladder.tell(ev.LegProgress(leg=B1, status=183, sdp=sdp("early"), to_tag="t"))
    ladder.answers()
    ladder.tell(ev.LegRejected(leg=B1, status=486))
    assert told(ladder) == []


def test_withheld_caller_stays_withheld_for_the_recorder() -> None:
    ladder = Ladder()
    ladder.tell(invite(anonymous_requested=True))
    ladder.load(suze(), piet(), binding("piet-desk1"))
    ladder.offers()
    ladder.answer()
    (talk,) = told(ladder)
    assert isinstance(talk, TalkStarted)
    assert SUZE_MOBILE not in repr(talk.tags)


def test_withheld_number_that_a_trunk_asserts_reaches_neither_live_call_nor_recorder() -> None:
    hidden = CallerIdentity(presentation=Presentation.RESTRICTED, number=OUTSIDE, network_number=OUTSIDE)
    ladder = Ladder()
    ladder.tell(invite_from_pstn(caller=hidden))
    ladder.load(None, desk_only(piet()), binding("piet-desk1"))
    ladder.offers()
    ladder.tell(ev.LegRinging(leg=B1, status=180))
    ladder.answer()
    for kind in (cmd.PublishLive, cmd.PublishRing, cmd.PublishTalk):
        assert ladder.of(kind)
        assert OUTSIDE not in repr(ladder.of(kind))


def outside(dialled: str, **changes: object) -> TalkStarted:
    """Suze talks to whom she reached by dialling that."""
    ladder = Ladder()
    ladder.tell(invite(dialled, **changes))
    ladder.load(suze(), None)
    ladder.offers()
    ladder.answer()
    (talk,) = told(ladder)
    assert isinstance(talk, TalkStarted)
    return talk


@pytest.mark.parametrize("helpline", ["113", "08000113", "0800-0113", "+318000113"])
def test_helpline_is_never_recorded(helpline: str) -> None:
    assert outside(helpline).never_record
    assert not outside("030 111 2233").never_record


def test_helpline_reached_by_a_speed_dial_is_never_recorded() -> None:
    entry = SpeedDialEntry(code="2", destination="113")
    services = SubscriberServices(speed_dial_8=SpeedDial8(entries=(entry,)))
    ladder = Ladder()
    ladder.tell(invite_from_desk("2"))
    ladder.load(suze(services=services), None)
    ladder.offers()
    ladder.answer()
    assert [talk.never_record for talk in told(ladder) if isinstance(talk, TalkStarted)] == [True]


def test_helpline_is_reached_by_no_forward_and_else_it_would_not_be_recorded() -> None:
    forward = CallForwardingAlways(active=True, destination="0800 0113")
    ladder = Ladder()
    ladder.tell(invite_from_pstn())
    ladder.load(None, desk_only(piet(), call_forwarding_always=forward), binding("piet-desk1"))
    ladder.forward(desk_only(piet(), call_forwarding_always=forward), None)
    assert ladder.of(cmd.Originate) == []
    other = Ladder()
    other.ring_outside()
    assert other.call is not None
    leg = msgspec.structs.replace(other.call.called[0], target=cmd.TrunkTarget(trunk=None, user="+318000113"))
    assert never_recorded(other.call, leg)


def test_call_back_from_the_emergency_centre_is_never_recorded() -> None:
    ladder = Ladder()
    ladder.tell(invite_from_pstn(emergency_callback=True))
    ladder.load(None, desk_only(piet()), binding("piet-desk1"))
    ladder.offers()
    ladder.answer()
    assert [talk.never_record for talk in told(ladder) if isinstance(talk, TalkStarted)] == [True]


def test_emergency_call_has_no_pair_and_so_no_talk() -> None:
    ladder = Ladder()
    ladder.tell(invite("112"))
    ladder.tell(ev.LegAnswered(leg=B1, sdp=sdp("112"), to_tag="t"))
    ladder.tell(ev.LegEnded(leg=A, cause="bye"))
    assert told(ladder) == []


def test_voicemail_box_is_no_party() -> None:
    box = Voicemail(active=True)
    ladder = Ladder()
    ladder.tell(invite_from_pstn())
    ladder.load(None, desk_only(piet(), voicemail=box))
    ladder.offers()
    ladder.answer()
    assert ladder.state == "Talking"
    ladder.tell(ev.LegEnded(leg=A, cause="bye"))
    assert told(ladder) == []
    assert [one.reason for one in ladder.record.diversions] == [DivertReason.UNAVAILABLE.value]
