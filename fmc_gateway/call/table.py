"""The state machine as a table: every state meets every event, and pairs that cannot be have a row too.

``step`` dispatches by it, and ``python -m fmc_gateway.call.diagram`` draws it.
"""

from __future__ import annotations

from typing import NamedTuple, get_args

import msgspec

from fmc_gateway.call import events as ev
from fmc_gateway.call import model as st

State = type[msgspec.Struct] | None
"""A state's type; None: no call (not begun, or nothing left)."""
STATES: tuple[State, ...] = (None, *st.STATES)
EVENTS: tuple[type[msgspec.Struct], ...] = get_args(ev.AnyEvent)


class Row(NamedTuple):
    """``handler``: ``module.function`` below ``fmc_gateway.call``; None: nothing happens, and ``why``.
    ``next``: the states the call may be in afterwards, besides the one it was in."""

    handler: str | None
    next: tuple[State, ...] = ()
    why: str = ""


def nothing(why: str) -> Row:
    return Row(None, (), why)


OVER: tuple[State, ...] = (st.Ending, None)
ONWARD: tuple[State, ...] = (st.Ringing, st.Diverting, st.Announcing, *OVER)
"""Nobody rings any more: the call goes on to somebody else, or ends."""
ONCE = nothing("a call is offered once")
NO_CONTEXT = nothing("the directory was not asked, or has answered")
NO_MEDIA = nothing("no media is asked for")
NOT_ORIGINATED = nothing("we have no leg out")
RELEASED = nothing("this media was deleted")
NO_OFFER_OUT = nothing("we have no re-offer out")
NO_TIMER = nothing("no timer runs")
NO_WAIT = nothing("nothing waits for it")
GONE = nothing("the party has gone, or was told to")
GIVEN_UP = nothing("whom it comes from was given up")
PASSES_BY = nothing("the call runs past us")
NO_CALL = nothing("there is no such call (any more)")

NO_DIGITS = nothing("no digit means anything here")
NO_ANNOUNCEMENT = nothing("nothing is spoken")
NO_FEATURE = nothing("no feature code was dialled")
NOT_RINGING = nothing("no telephone of the called user rings")

LATER = Row("lending.later", OVER)
NOTHING_LENT = nothing("no leg of this call is lent")

SENT = Row("ringing.leg_sent")

NO_ROOM = nothing("no room is wanted (any more)")

NOT_IN_CALL: dict[type[msgspec.Struct], Row] = {
    ev.CallChosen: NO_FEATURE,
    ev.LegJoined: Row("pulling.not_talking"),
    ev.LegReturned: ONCE,
    ev.MoveRequested: Row("requests.refuse"),
    ev.HoldRequested: Row("requests.refuse"),
    ev.ConsultRequested: Row("requests.refuse"),
    ev.TransferRequested: Row("requests.refuse"),
    ev.ConsultStepRequested: Row("requests.refuse"),
    ev.JoinRequested: Row("requests.refuse"),
    ev.DigitsRequested: Row("requests.refuse"),
    ev.KeyHeard: NO_DIGITS,
    ev.KeysPassed: NO_DIGITS,
    ev.ServiceBegun: NO_DIGITS,
    ev.ServiceKeyed: NO_DIGITS,
    ev.ServiceGivenUp: NO_DIGITS,
    ev.ServiceAnswered: NO_DIGITS,
    ev.ReferRequested: Row("referring.refuse"),
    ev.LegAsked: Row("lending.refuse"),
    ev.LegRefused: NO_WAIT,
    ev.LegLent: Row("borrowing.not_wanted"),
    ev.LegBack: NOTHING_LENT,
    ev.LegKept: NOTHING_LENT,
    ev.PickUpRequested: Row("requests.not_ringing"),
    ev.ParkRequested: Row("requests.refuse"),
    ev.RetrieveRequested: Row("retrieving.not_parked"),
    ev.ConferenceRequested: Row("requests.refuse"),
    ev.ConferenceAddRequested: Row("requests.refuse"),
    ev.ConferenceRemoveRequested: Row("requests.refuse"),
    ev.ConferenceMuteRequested: Row("requests.refuse"),
    ev.RoomMade: NO_ROOM,
    ev.RoomFailed: NO_ROOM,
    ev.PartyInRoom: NO_ROOM,
    ev.PartyNotInRoom: NO_ROOM,
}
"""What is asked of a call that is answered, in a state in which it is not."""

_ROWS: dict[State, dict[type[msgspec.Struct], Row]] = {
    None: dict.fromkeys(EVENTS, NO_CALL)
    | {
        ev.LegOffered: Row("deciding.leg_offered", (st.Deciding, st.Passing, st.EmergencyRouting)),
        ev.LegAnswered: Row("ending.orphan_answered"),
        ev.LegReoffered: Row("ending.orphan_reoffered"),
        ev.DialRequested: Row("dialling_out.begin", (st.DiallingOut,)),
    }
    | NOT_IN_CALL
    | {ev.LegReturned: Row("returning.leg_returned", (st.Announcing,))},
    st.Deciding: {
        ev.LegOffered: ONCE,
        ev.ContextLoaded: Row(
            "deciding.context_loaded", (st.Passing, st.Ringing, st.Diverting, st.Announcing, None)
        ),
        ev.ContextFailed: Row("deciding.context_failed", (None,)),
        ev.MediaOffered: NO_MEDIA,
        ev.MediaAnswered: NO_MEDIA,
        ev.MediaFailed: NO_MEDIA,
        ev.MediaTimedOut: NO_MEDIA,
        ev.LegSent: NOT_ORIGINATED,
        ev.LegTrying: NOT_ORIGINATED,
        ev.LegRinging: NOT_ORIGINATED,
        ev.LegProgress: NOT_ORIGINATED,
        ev.LegAnswered: NOT_ORIGINATED,
        ev.LegRejected: NOT_ORIGINATED,
        ev.LegCancelled: Row("deciding.leg_cancelled", (None,)),
        ev.LegConfirmed: NO_WAIT,
        ev.LegEnded: Row("deciding.leg_ended", (None,)),
        ev.LegReoffered: Row("holding.early_reoffer"),
        ev.LegReofferAnswered: NO_OFFER_OUT,
        ev.LegReofferRejected: NO_OFFER_OUT,
        ev.TimerFired: NO_TIMER,
        ev.DigitPressed: NO_DIGITS,
        ev.AnnouncementEnded: NO_ANNOUNCEMENT,
        ev.FeatureDone: NO_FEATURE,
        ev.ConnectedChanged: NO_WAIT,
        ev.DialRequested: ONCE,
        ev.DeclineRequested: NOT_RINGING,
        ev.HangUpRequested: Row("ending.hang_up", (None,)),
    },
    st.DiallingOut: {
        ev.LegOffered: ONCE,
        ev.ContextLoaded: Row("dialling_out.context_loaded", ONWARD),
        ev.ContextFailed: Row("dialling_out.context_failed", OVER),
        ev.MediaOffered: Row("picking_up.media_offered"),
        ev.MediaAnswered: Row("picking_up.media_answered"),
        ev.MediaFailed: Row("picking_up.media_failed", OVER),
        ev.MediaTimedOut: nothing("who listens need not speak"),
        ev.LegSent: SENT,
        ev.LegTrying: NO_WAIT,
        ev.LegRinging: Row("picking_up.leg_ringing"),
        ev.LegProgress: Row("picking_up.leg_ringing"),
        ev.LegAnswered: Row("picking_up.leg_answered", OVER),
        ev.LegRejected: Row("picking_up.leg_rejected", OVER),
        ev.LegCancelled: nothing("nobody called us"),
        ev.LegConfirmed: NO_WAIT,
        ev.LegEnded: Row("picking_up.leg_ended", OVER),
        ev.LegReoffered: Row("picking_up.leg_reoffered"),
        ev.LegReofferAnswered: NO_OFFER_OUT,
        ev.LegReofferRejected: NO_OFFER_OUT,
        ev.TimerFired: Row("picking_up.timer_fired", OVER),
        ev.DigitPressed: Row("picking_up.digit_pressed"),
        ev.AnnouncementEnded: nothing("the question is put again, or the time for its answer runs out"),
        ev.FeatureDone: NO_FEATURE,
        ev.ConnectedChanged: NO_WAIT,
        ev.DialRequested: ONCE,
        ev.DeclineRequested: NOT_RINGING,
        ev.HangUpRequested: Row("picking_up.hang_up", OVER),
    },
    st.Ringing: {
        ev.LegOffered: ONCE,
        ev.ContextLoaded: Row("redirecting.context_loaded", ONWARD),
        ev.ContextFailed: Row("redirecting.context_failed", ONWARD),
        ev.MediaOffered: Row("in_ringing.media_offered"),
        ev.MediaAnswered: Row("in_ringing.media_answered"),
        ev.MediaFailed: Row("in_ringing.media_failed", ONWARD),
        ev.MediaTimedOut: nothing("nobody has to send anything before the answer"),
        ev.LegSent: SENT,
        ev.LegTrying: NO_WAIT,
        ev.LegRinging: Row("ringing.leg_ringing"),
        ev.LegProgress: Row("ringing.leg_progress"),
        ev.LegAnswered: Row("ringing.leg_answered", (st.Answering, st.Talking, *ONWARD)),
        ev.LegRejected: Row("ringing.leg_rejected", ONWARD),
        ev.LegCancelled: Row("in_ringing.leg_cancelled", OVER),
        ev.LegConfirmed: Row("in_ringing.leg_confirmed"),
        ev.LegEnded: Row("in_ringing.leg_ended", ONWARD),
        ev.LegReoffered: Row("in_ringing.leg_reoffered"),
        ev.LegReofferAnswered: Row("in_ringing.leg_reoffer_answered", (st.Answering,)),
        ev.LegReofferRejected: Row("in_ringing.leg_reoffer_rejected"),
        ev.TimerFired: Row("ringing.timer_fired", ONWARD),
        ev.DigitPressed: Row("confirming.digit_pressed", (st.Talking,)),
        ev.AnnouncementEnded: nothing("the question is put again, or the time for its answer runs out"),
        ev.FeatureDone: NO_FEATURE,
        ev.ConnectedChanged: NO_WAIT,
        ev.DialRequested: ONCE,
        ev.DeclineRequested: Row("declining.declined", ONWARD),
        ev.LegAsked: Row("lending.ringing_asked"),
        ev.LegJoined: Row("picking.leg_joined"),
        ev.PickUpRequested: Row("picking.requested"),
        ev.HangUpRequested: Row("ending.hang_up", OVER),
    },
    st.Diverting: {
        ev.LegOffered: ONCE,
        ev.ContextLoaded: Row("forwarded.context_loaded", ONWARD),
        ev.ContextFailed: Row("forwarded.context_failed", ONWARD),
        ev.MediaOffered: RELEASED,
        ev.MediaAnswered: RELEASED,
        ev.MediaFailed: RELEASED,
        ev.MediaTimedOut: RELEASED,
        ev.LegSent: SENT,
        ev.LegTrying: GIVEN_UP,
        ev.LegRinging: GIVEN_UP,
        ev.LegProgress: GIVEN_UP,
        ev.LegAnswered: Row("forwarded.leg_answered"),
        ev.LegRejected: Row("forwarded.leg_rejected"),
        ev.LegCancelled: Row("forwarded.leg_cancelled", OVER),
        ev.LegConfirmed: NO_WAIT,
        ev.LegEnded: Row("forwarded.leg_ended", OVER),
        ev.LegReoffered: Row("holding.early_reoffer"),
        ev.LegReofferAnswered: NO_OFFER_OUT,
        ev.LegReofferRejected: NO_OFFER_OUT,
        ev.TimerFired: NO_TIMER,
        ev.DigitPressed: NO_DIGITS,
        ev.AnnouncementEnded: NO_ANNOUNCEMENT,
        ev.FeatureDone: NO_FEATURE,
        ev.ConnectedChanged: NO_WAIT,
        ev.DialRequested: ONCE,
        ev.DeclineRequested: NOT_RINGING,
        ev.HangUpRequested: Row("ending.hang_up", OVER),
    },
    st.Announcing: {
        ev.LegOffered: ONCE,
        ev.ContextLoaded: NO_CONTEXT,
        ev.ContextFailed: NO_CONTEXT,
        ev.MediaOffered: Row("speaking.media_offered", ONWARD),
        ev.MediaAnswered: Row("speaking.media_answered"),
        ev.MediaFailed: Row("speaking.media_failed", ONWARD),
        ev.MediaTimedOut: nothing("who listens need not speak"),
        ev.LegSent: SENT,
        ev.LegTrying: GIVEN_UP,
        ev.LegRinging: GIVEN_UP,
        ev.LegProgress: GIVEN_UP,
        ev.LegAnswered: Row("speaking.leg_answered"),
        ev.LegRejected: Row("speaking.leg_rejected"),
        ev.LegCancelled: Row("speaking.leg_cancelled", OVER),
        ev.LegConfirmed: NO_WAIT,
        ev.LegEnded: Row("speaking.leg_ended", OVER),
        ev.LegReoffered: Row("speaking.leg_reoffered"),
        ev.LegReofferAnswered: NO_OFFER_OUT,
        ev.LegReofferRejected: NO_OFFER_OUT,
        ev.TimerFired: Row("speaking.timer_fired", ONWARD),
        ev.DigitPressed: NO_DIGITS,
        ev.AnnouncementEnded: Row("speaking.announcement_ended", ONWARD),
        ev.FeatureDone: Row("speaking.feature_done", OVER),
        ev.CallChosen: Row("speaking.call_chosen", OVER),
        ev.ConnectedChanged: NO_WAIT,
        ev.DialRequested: ONCE,
        ev.DeclineRequested: NOT_RINGING,
        ev.HangUpRequested: Row("ending.hang_up", OVER),
    },
    st.Passing: dict.fromkeys(EVENTS, PASSES_BY)
    | NOT_IN_CALL
    | {
        ev.LegOffered: ONCE,
        ev.LegTrying: Row("passing.leg_trying"),
        ev.LegRinging: Row("passing.leg_ringing"),
        ev.LegAnswered: Row("passing.leg_answered", (None,)),
        ev.LegRejected: Row("passing.leg_rejected", (st.EmergencyRouting, *OVER)),
        ev.LegReoffered: Row("ending.refuse_reoffer"),
        ev.TimerFired: Row("passing.timer_fired", (st.EmergencyRouting,)),
        ev.HangUpRequested: Row("passing.hang_up", OVER),
    },
    st.EmergencyRouting: {
        ev.LegOffered: ONCE,
        ev.ContextLoaded: NO_CONTEXT,
        ev.ContextFailed: NO_CONTEXT,
        ev.MediaOffered: NO_MEDIA,
        ev.MediaAnswered: NO_MEDIA,
        ev.MediaFailed: NO_MEDIA,
        ev.MediaTimedOut: NO_MEDIA,
        ev.LegSent: SENT,
        ev.LegTrying: Row("emergency.leg_trying"),
        ev.LegRinging: Row("emergency.leg_ringing"),
        ev.LegProgress: Row("emergency.leg_progress"),
        ev.LegAnswered: Row("emergency.leg_answered", (st.Talking,)),
        ev.LegRejected: Row("emergency.leg_rejected", OVER),
        ev.LegCancelled: Row("emergency.leg_cancelled", OVER),
        ev.LegConfirmed: NO_WAIT,
        ev.LegEnded: Row("emergency.leg_ended", OVER),
        ev.LegReoffered: Row("holding.early_reoffer"),
        ev.LegReofferAnswered: NO_OFFER_OUT,
        ev.LegReofferRejected: NO_OFFER_OUT,
        ev.TimerFired: Row("emergency.timer_fired", OVER),
        ev.DigitPressed: NO_DIGITS,
        ev.AnnouncementEnded: NO_ANNOUNCEMENT,
        ev.FeatureDone: NO_FEATURE,
        ev.ConnectedChanged: NO_WAIT,
        ev.DialRequested: ONCE,
        ev.DeclineRequested: NOT_RINGING,
        ev.HangUpRequested: Row("ending.hang_up", OVER),
    },
    st.Answering: {
        ev.LegOffered: ONCE,
        ev.ContextLoaded: NO_CONTEXT,
        ev.ContextFailed: NO_CONTEXT,
        ev.MediaOffered: Row("late_offer.media_offered", (st.Talking,)),
        ev.MediaAnswered: Row("answering.media_answered", (st.Talking,)),
        ev.MediaFailed: Row("answering.media_failed", OVER),
        ev.MediaTimedOut: nothing("nobody has to send anything before the answer"),
        ev.LegSent: SENT,
        ev.LegTrying: NO_WAIT,
        ev.LegRinging: nothing("another leg has won"),
        ev.LegProgress: nothing("another leg has won"),
        ev.LegAnswered: Row("answering.leg_answered"),
        ev.LegRejected: Row("answering.leg_rejected"),
        ev.LegCancelled: Row("answering.leg_cancelled", OVER),
        ev.LegConfirmed: NO_WAIT,
        ev.LegEnded: Row("answering.leg_ended", OVER),
        ev.LegReoffered: Row("holding.early_reoffer"),
        ev.LegReofferAnswered: NO_OFFER_OUT,
        ev.LegReofferRejected: NO_OFFER_OUT,
        ev.TimerFired: NO_TIMER,
        ev.DigitPressed: NO_DIGITS,
        ev.AnnouncementEnded: NO_ANNOUNCEMENT,
        ev.FeatureDone: NO_FEATURE,
        ev.ConnectedChanged: NO_WAIT,
        ev.DialRequested: ONCE,
        ev.DeclineRequested: NOT_RINGING,
        ev.HangUpRequested: Row("ending.hang_up", OVER),
    },
    st.Talking: {
        ev.LegOffered: ONCE,
        ev.ContextLoaded: Row("in_call.context_loaded", OVER),
        ev.ContextFailed: Row("pushing.context_failed", OVER),
        ev.MediaOffered: Row("holding.media_offered"),
        ev.MediaAnswered: Row("holding.media_answered"),
        ev.MediaFailed: Row("holding.media_failed", OVER),
        ev.MediaTimedOut: Row("talking.media_timed_out", OVER),
        ev.LegSent: SENT,
        ev.LegTrying: NO_WAIT,
        ev.LegRinging: Row("pushing.leg_ringing"),
        ev.LegProgress: Row("pushing.leg_ringing"),
        ev.LegAnswered: Row("in_call.leg_answered", OVER),
        ev.LegRejected: Row("in_call.leg_rejected", OVER),
        ev.LegCancelled: Row("in_call.leg_cancelled", OVER),
        ev.LegConfirmed: Row("holding.leg_confirmed", OVER),
        ev.LegEnded: Row("in_call.leg_ended", OVER),
        ev.LegReoffered: Row("holding.leg_reoffered"),
        ev.LegReofferAnswered: Row("holding.leg_reoffer_answered", OVER),
        ev.LegReofferRejected: Row("holding.leg_reoffer_rejected", OVER),
        ev.TimerFired: Row("in_call.timer_fired", OVER),
        ev.DigitPressed: Row("pushing.digit_pressed"),
        ev.AnnouncementEnded: NO_ANNOUNCEMENT,
        ev.FeatureDone: NO_FEATURE,
        ev.ConnectedChanged: Row("connected.changed"),
        ev.DialRequested: ONCE,
        ev.DeclineRequested: NOT_RINGING,
        ev.CallChosen: NO_FEATURE,
        ev.LegJoined: Row("in_call.leg_joined"),
        ev.LegReturned: ONCE,
        ev.MoveRequested: Row("pushing.move_requested"),
        ev.HoldRequested: Row("requests.hold_requested"),
        ev.ConsultRequested: Row("consulting.requested"),
        ev.TransferRequested: Row("consulting.requested"),
        ev.ConsultStepRequested: Row("consulting.step_requested", OVER),
        ev.JoinRequested: Row("borrowing.requested"),
        ev.ReferRequested: Row("referring.requested"),
        ev.LegAsked: Row("lending.asked", (st.Lending,)),
        ev.LegRefused: Row("borrowing.refused"),
        ev.LegLent: Row("borrowing.lent"),
        ev.PickUpRequested: Row("requests.not_ringing"),
        ev.ParkRequested: Row("parking.requested"),
        ev.RetrieveRequested: Row("retrieving.requested", OVER),
        ev.ConferenceRequested: Row("conferencing.requested", (st.Conferring,)),
        ev.ConferenceAddRequested: Row("conference_asked.none_here"),
        ev.ConferenceRemoveRequested: Row("conference_asked.none_here"),
        ev.ConferenceMuteRequested: Row("conference_asked.none_here"),
        ev.HangUpRequested: Row("talking.hang_up", OVER),
        ev.DigitsRequested: Row("keying.digits_requested"),
        ev.KeyHeard: Row("keying.heard"),
        ev.KeysPassed: Row("keying.passed"),
        ev.ServiceBegun: Row("keying.begun"),
        ev.ServiceKeyed: Row("keying.keyed", (st.Conferring, *OVER)),
        ev.ServiceGivenUp: Row("keying.given_up"),
        ev.ServiceAnswered: Row("keying.answered"),
    },
    st.Lending: {
        ev.LegOffered: ONCE,
        ev.ContextLoaded: NO_CONTEXT,
        ev.ContextFailed: NO_CONTEXT,
        ev.MediaOffered: NO_MEDIA,
        ev.MediaAnswered: NO_MEDIA,
        ev.MediaFailed: NO_MEDIA,
        ev.MediaTimedOut: LATER,
        ev.LegSent: SENT,
        ev.LegTrying: NO_WAIT,
        ev.LegRinging: GIVEN_UP,
        ev.LegProgress: GIVEN_UP,
        ev.LegAnswered: Row("talking.leg_answered"),
        ev.LegRejected: Row("talking.leg_rejected"),
        ev.LegCancelled: LATER,
        ev.LegConfirmed: NO_WAIT,
        ev.LegEnded: LATER,
        ev.LegReoffered: Row("lending.leg_reoffered"),
        ev.LegReofferAnswered: NO_OFFER_OUT,
        ev.LegReofferRejected: NO_OFFER_OUT,
        ev.TimerFired: LATER,
        ev.DigitPressed: NO_DIGITS,
        ev.AnnouncementEnded: NO_ANNOUNCEMENT,
        ev.FeatureDone: NO_FEATURE,
        ev.ConnectedChanged: nothing("whoever takes the leg asks who is there"),
        ev.DialRequested: ONCE,
        ev.DeclineRequested: NOT_RINGING,
        ev.LegBack: Row("lending.returned", (st.Talking, *OVER)),
        ev.LegKept: Row("lending.kept", OVER),
        ev.HangUpRequested: LATER,
    },
    st.Ending: {
        ev.LegOffered: ONCE,
        ev.ContextLoaded: NO_CONTEXT,
        ev.ContextFailed: NO_CONTEXT,
        ev.MediaOffered: RELEASED,
        ev.MediaAnswered: RELEASED,
        ev.MediaFailed: RELEASED,
        ev.MediaTimedOut: RELEASED,
        ev.LegSent: SENT,
        ev.LegTrying: GONE,
        ev.LegRinging: GONE,
        ev.LegProgress: GONE,
        ev.LegAnswered: Row("ending.settle_answer", (None,)),
        ev.LegRejected: Row("ending.settle_rejection", (None,)),
        ev.LegCancelled: GONE,
        ev.LegConfirmed: NO_WAIT,
        ev.LegEnded: Row("ending.settle_end", (None,)),
        ev.LegReoffered: Row("ending.refuse_reoffer"),
        ev.LegReofferAnswered: GONE,
        ev.LegReofferRejected: GONE,
        ev.TimerFired: Row("ending.settle_timer", (None,)),
        ev.DigitPressed: NO_DIGITS,
        ev.AnnouncementEnded: NO_ANNOUNCEMENT,
        ev.FeatureDone: NO_FEATURE,
        ev.ConnectedChanged: NO_WAIT,
        ev.DialRequested: ONCE,
        ev.DeclineRequested: NOT_RINGING,
        ev.HangUpRequested: nothing("it is ending"),
    },
}

CONFERRED = Row("conferred.happened", (st.Talking, st.Lending, *OVER))
"""Until the first telephone is asked over, whatever happens to the call that it is made of."""
_ROWS[st.Conferring] = {
    event: row if row.handler is None else CONFERRED for event, row in _ROWS[st.Talking].items()
} | {
    ev.LegSent: SENT,
    ev.ConferenceRequested: Row("conference_asked.not_in_conference"),
    ev.ConferenceAddRequested: Row("conferred.add"),
    ev.ConferenceRemoveRequested: Row("conferred.remove", OVER),
    ev.ConferenceMuteRequested: Row("conferred.mute"),
    ev.RoomMade: Row("conferred.room_made"),
    ev.RoomFailed: Row("conferred.room_failed", (st.Talking, *OVER)),
    ev.PartyInRoom: Row("conferred.party_in_room"),
    ev.PartyNotInRoom: Row("conferred.party_not_in_room", (st.Talking, *OVER)),
    ev.HangUpRequested: Row("conferred.hang_up", (st.Talking, *OVER)),
}

TABLE: dict[State, dict[type[msgspec.Struct], Row]] = {
    state: rows | {event: row for event, row in NOT_IN_CALL.items() if event not in rows}
    for state, rows in _ROWS.items()
}
