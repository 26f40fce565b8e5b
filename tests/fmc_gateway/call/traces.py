"""Whole calls as traces: every way a call can go, recorded while a ladder is played."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache

from fmc_gateway.call import events as ev
from fmc_gateway.call.replay import Trace, TraceStep
from hipper.pbx.ids import CallId
from tests.fmc_gateway.call.kit import (
    B1,
    B2,
    B3,
    M1,
    M2,
    A,
    Ladder,
    binding,
    invite,
    invite_from_desk,
    invite_from_pstn,
    piet,
    sdp,
    shown,
    suze,
)


@contextmanager
def recording() -> Iterator[list[TraceStep]]:
    """Whatever ladders are told within is recorded."""
    steps: list[TraceStep] = []
    tell = Ladder.tell

    def record(self: Ladder, event: ev.AnyEvent, *, after_s: float = 0.1) -> tuple[object, ...]:
        commands = tell(self, event, after_s=after_s)
        steps.append(TraceStep(at=self.now, event=event, commands=commands))
        return commands

    Ladder.tell = record  # type: ignore[method-assign,assignment]
    try:
        yield steps
    finally:
        Ladder.tell = tell  # type: ignore[method-assign]


def three_ring_and_one_answers() -> None:
    ladder = Ladder()
    ladder.ring_colleague(binding("piet-desk1"), binding("piet-desk2"), desk_phones=2)
    for leg in (B1, B2, B3):
        ladder.tell(ev.LegRinging(leg=leg, status=180))
    ladder.answer(B2, M2)
    ladder.tell(ev.LegRejected(leg=B1, status=487))
    ladder.tell(ev.LegAnswered(leg=B3, sdp=sdp("late"), to_tag="t"))
    ladder.tell(ev.LegEnded(leg=A, cause="bye", q850=16, reason="Q.850;cause=16"))


def hold_and_resume() -> None:
    ladder = Ladder()
    ladder.talk()
    for direction in ("sendonly", "sendrecv"):
        ladder.tell(ev.LegReoffered(leg=B1, sdp=sdp("piet", direction=direction), method="INVITE"))
        ladder.tell(ev.MediaOffered(pair=M1, from_leg=B1, to_leg=A, sdp=sdp("unused")))
        ladder.tell(ev.MediaAnswered(pair=M1, sdp=sdp("for piet")))
    ladder.tell(ev.LegEnded(leg=B1, cause="session_expired"))


def pstn_calls_and_gives_up() -> None:
    ladder = Ladder()
    ladder.tell(invite_from_pstn())
    ladder.load(None, piet(), binding("piet-desk1"))
    ladder.offers()
    ladder.tell(ev.LegRinging(leg=B1, status=180))
    ladder.tell(ev.LegCancelled(leg=A, reason="SIP;cause=487"))
    ladder.tell(ev.LegRejected(leg=B1, status=487))
    ladder.tell(ev.TimerFired(name="settle"), after_s=4)
    ladder.tell(ev.TimerFired(name="settle"), after_s=30)


def outside_with_early_media_and_busy() -> None:
    ladder = Ladder()
    ladder.tell(invite("030 111 2233", anonymous_requested=True))
    ladder.load(suze(), None)
    ladder.offers()
    ladder.tell(ev.LegProgress(leg=B1, status=183, sdp=sdp("pstn"), to_tag="t"))
    ladder.tell(ev.MediaAnswered(pair=M1, sdp=sdp("for a")))
    ladder.tell(ev.LegRejected(leg=B1, status=486, q850=17, reason_phrase="Busy, ask 0301112233"))


def own_desk_phone_calls_own_fixed_number() -> None:
    ladder = Ladder()
    ladder.tell(invite_from_desk("020 123 4567"))
    ladder.load(suze(), suze(), binding("suze-desk1"))
    ladder.offers()
    ladder.tell(ev.TimerFired(name="no_answer"), after_s=25)
    ladder.tell(ev.LegRejected(leg=B1, status=487))


def local_digits_reach_a_colleague() -> None:
    ladder = Ladder()
    ladder.tell(invite("7654321"))
    ladder.load(suze(), piet(), binding("piet-desk1"))
    ladder.offers()
    ladder.answer()
    ladder.tell(ev.LegRejected(leg=B2, status=487))
    ladder.tell(ev.HangUpRequested(by="user:suze"))


def emergency_on_the_second_route() -> None:
    ladder = Ladder()
    headers = (("Geolocation", "<cid:loc@suze>"),)
    ladder.tell(
        invite("0031112", passthrough_headers=headers, body_type="multipart/mixed", body="<loc>52.1</loc>")
    )
    ladder.tell(ev.TimerFired(name="route"), after_s=4)
    ladder.tell(ev.LegAnswered(leg=B2, sdp=sdp("112"), to_tag="t", connected=shown(None, name="112")))
    ladder.tell(ev.LegReoffered(leg=A, sdp=sdp("moved"), method="INVITE"))
    ladder.tell(ev.LegReofferAnswered(leg=B2, sdp=sdp("answer")))
    ladder.tell(ev.LegRejected(leg=B1, status=487))
    ladder.tell(ev.LegEnded(leg=B2, cause="bye"))


def emergency_with_a_late_offer() -> None:
    ladder = Ladder()
    ladder.tell(invite("112", sdp=None))
    ladder.tell(ev.LegRinging(leg=B1, status=180))
    ladder.tell(ev.LegAnswered(leg=B1, sdp=sdp("112"), to_tag="t"))
    ladder.tell(ev.LegConfirmed(leg=A, sdp=sdp("suze")))
    ladder.tell(ev.LegEnded(leg=A, cause="bye"))


def directory_away() -> None:
    ladder = Ladder()
    ladder.tell(invite())
    ladder.tell(ev.ContextFailed(reason="away"))


CALLS: tuple[Callable[[], None], ...] = (
    three_ring_and_one_answers,
    hold_and_resume,
    pstn_calls_and_gives_up,
    outside_with_early_media_and_busy,
    own_desk_phone_calls_own_fixed_number,
    local_digits_reach_a_colleague,
    emergency_on_the_second_route,
    emergency_with_a_late_offer,
    directory_away,
)


@lru_cache(maxsize=1)
def every_trace() -> tuple[Trace, ...]:
    """One trace of each."""
    traces = []
    for play in CALLS:
        with recording() as steps:
            play()
        traces.append(Trace(call=CallId(play.__name__), steps=tuple(steps)))
    return tuple(traces)
