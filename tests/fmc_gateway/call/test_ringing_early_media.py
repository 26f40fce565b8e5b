"""What the caller hears before the answer: ringing, and early media of a single target."""

from __future__ import annotations

import pytest

from fmc_gateway.call import commands as cmd
from fmc_gateway.call import events as ev
from hipper.contracts.calls import LivePhase
from tests.fmc_gateway.call.kit import (
    B1,
    B2,
    M1,
    A,
    Ladder,
    binding,
    sdp,
)
from tests.fmc_gateway.call.three_phones import (
    three_ring,
)

# Ringing and early media.


def test_caller_hears_ringing_once_though_three_phones_ring() -> None:
    ladder = three_ring()
    assert ladder.of(cmd.Ring) == [cmd.Ring(leg=A)]
    phases = [one.live.phase for one in ladder.of(cmd.PublishLive) if one.live]
    assert phases == [LivePhase.SETTING_UP, LivePhase.RINGING]


@pytest.mark.parametrize("status", [181, 182, 183])
def test_other_provisionals_are_no_ringing(status: int) -> None:
    ladder = Ladder()
    ladder.ring_outside()
    assert ladder.tell(ev.LegRinging(leg=B1, status=status)) == ()


def test_early_media_of_a_single_target_passes() -> None:
    ladder = Ladder()
    ladder.ring_outside()
    ladder.tell(ev.LegProgress(leg=B1, status=183, sdp=sdp("pstn"), to_tag="t"))
    assert ladder.last == (cmd.AnswerMedia(pair=M1, offering_leg=A, answering_leg=B1, sdp=sdp("pstn")),)
    ladder.tell(ev.MediaAnswered(pair=M1, sdp=sdp("for a")))
    assert ladder.last == (cmd.Progress(leg=A, status=183, sdp=sdp("for a")),)
    assert ladder.tell(ev.LegProgress(leg=B1, status=183, sdp=sdp("pstn"), to_tag="t")) == ()


def test_180_with_early_media_rings_and_passes() -> None:
    ladder = Ladder()
    ladder.ring_outside()
    ladder.tell(ev.LegProgress(leg=B1, status=180, sdp=sdp("pstn"), to_tag="t"))
    assert ladder.of(cmd.Ring) == [cmd.Ring(leg=A)]
    ladder.tell(ev.MediaAnswered(pair=M1, sdp=sdp("for a")))
    assert ladder.last == (cmd.Progress(leg=A, status=180, sdp=sdp("for a")),)


def test_second_early_dialog_of_a_fork_is_not_heard() -> None:
    ladder = Ladder()
    ladder.ring_outside()
    ladder.tell(ev.LegProgress(leg=B1, status=183, sdp=sdp("one"), to_tag="1"))
    assert ladder.tell(ev.LegProgress(leg=B1, status=183, sdp=sdp("two"), to_tag="2")) == ()


def test_no_early_media_with_several_targets() -> None:
    ladder = Ladder()
    ladder.ring_colleague(binding("piet-desk1"))
    assert ladder.tell(ev.LegProgress(leg=B2, status=183, sdp=sdp("announcement"), to_tag="t")) == ()
    ladder.tell(ev.LegProgress(leg=B2, status=180, sdp=sdp("announcement"), to_tag="t"))
    assert ladder.of(cmd.Ring) == [cmd.Ring(leg=A)]
    assert ladder.of(cmd.AnswerMedia) == []


def test_answer_with_the_description_of_the_early_media_asks_rtpengine_once() -> None:
    ladder = Ladder()
    ladder.ring_outside()
    ladder.tell(ev.LegProgress(leg=B1, status=183, sdp=sdp("pstn"), to_tag="t"))
    ladder.tell(ev.MediaAnswered(pair=M1, sdp=sdp("for a")))
    ladder.tell(ev.LegAnswered(leg=B1, sdp=sdp("pstn"), to_tag="t"))
    assert ladder.of(cmd.AnswerLeg) == [cmd.AnswerLeg(leg=A, sdp=sdp("for a"))]
    assert len(ladder.of(cmd.AnswerMedia)) == 1
    assert ladder.state == "Talking"


def test_answer_without_sdp_after_reliable_early_media_uses_that() -> None:
    ladder = Ladder()
    ladder.ring_outside()
    ladder.tell(ev.LegProgress(leg=B1, status=183, sdp=sdp("pstn"), to_tag="t"))
    ladder.tell(ev.MediaAnswered(pair=M1, sdp=sdp("for a")))
    ladder.tell(ev.LegAnswered(leg=B1, sdp=None, to_tag="t"))
    assert ladder.of(cmd.AnswerLeg) == [cmd.AnswerLeg(leg=A, sdp=sdp("for a"))]


def test_answer_while_early_media_is_being_answered_waits_for_it() -> None:
    ladder = Ladder()
    ladder.ring_outside()
    ladder.tell(ev.LegProgress(leg=B1, status=183, sdp=sdp("pstn"), to_tag="t"))
    ladder.tell(ev.LegAnswered(leg=B1, sdp=sdp("pstn"), to_tag="t"))
    assert len(ladder.of(cmd.AnswerMedia)) == 1
    ladder.tell(ev.MediaAnswered(pair=M1, sdp=sdp("for a")))
    assert ladder.of(cmd.AnswerLeg) == [cmd.AnswerLeg(leg=A, sdp=sdp("for a"))]
    assert ladder.of(cmd.Progress) == []


def test_answer_of_another_fork_than_the_early_media_is_answered_anew() -> None:
    ladder = Ladder()
    ladder.ring_outside()
    ladder.tell(ev.LegProgress(leg=B1, status=183, sdp=sdp("one"), to_tag="1"))
    ladder.tell(ev.LegAnswered(leg=B1, sdp=sdp("two"), to_tag="2"))
    assert [one.sdp for one in ladder.of(cmd.AnswerMedia)] == [sdp("one"), sdp("two")]
    ladder.tell(ev.MediaAnswered(pair=M1, sdp=sdp("early")))
    assert ladder.of(cmd.AnswerLeg) == []
    ladder.tell(ev.MediaAnswered(pair=M1, sdp=sdp("final")))
    assert ladder.of(cmd.AnswerLeg) == [cmd.AnswerLeg(leg=A, sdp=sdp("final"))]


def test_early_media_that_rtpengine_fails_does_not_end_the_call() -> None:
    ladder = Ladder()
    ladder.ring_outside()
    ladder.tell(ev.LegProgress(leg=B1, status=183, sdp=sdp("pstn"), to_tag="t"))
    assert ladder.tell(ev.MediaFailed(pair=M1, reason="timeout")) == ()
    ladder.answer()
    assert ladder.state == "Talking"
