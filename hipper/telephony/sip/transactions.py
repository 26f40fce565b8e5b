"""The four transaction machines as tables: (state, event) -> (next state, actions).

RFC 3261 §17.1.1 and §17.2.1 (INVITE) with the Accepted state of RFC 6026, §17.1.2 and §17.2.2 (the
others). Every pair of state and event has a row; one that cannot happen or means nothing says why. The
endpoint runs the actions; the diagrams of the documentation are drawn from these tables
(:mod:`hipper.telephony.sip.diagrams`).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple


class State(StrEnum):
    """Boxes of the RFC's figures 5 to 8 and RFC 6026 figures 1 and 2."""

    CALLING = "Calling"
    TRYING = "Trying"
    PROCEEDING = "Proceeding"
    COMPLETED = "Completed"
    CONFIRMED = "Confirmed"
    ACCEPTED = "Accepted"
    TERMINATED = "Terminated"


class Event(StrEnum):
    """What can happen to a transaction. ``tu_`` comes from the transaction user."""

    R1XX = "1xx"
    R2XX = "2xx"
    R3XX_6XX = "300-699"
    REQUEST = "request"
    """The request once more: a retransmission."""
    ACK = "ACK"
    TU_1XX = "tu_1xx"
    TU_2XX = "tu_2xx"
    TU_3XX_6XX = "tu_300-699"
    TU_CANCEL = "tu_cancel"
    TRANSPORT_ERROR = "transport error"
    TIMER_A = "timer A"
    TIMER_B = "timer B"
    TIMER_C = "timer C"
    TIMER_D = "timer D"
    TIMER_E = "timer E"
    TIMER_F = "timer F"
    TIMER_G = "timer G"
    TIMER_H = "timer H"
    TIMER_I = "timer I"
    TIMER_J = "timer J"
    TIMER_K = "timer K"
    TIMER_L = "timer L"
    TIMER_M = "timer M"
    TIMER_CANCEL = "timer cancel"
    TIMER_ANSWER = "timer answer"


class Action(StrEnum):
    """What the endpoint does on a transition."""

    SEND_REQUEST = "send request"
    SEND_RESPONSE = "send response"
    SEND_ACK = "send ACK"
    SEND_CANCEL = "send CANCEL"
    REMEMBER_CANCEL = "remember CANCEL"
    SEND_WAITING_CANCEL = "send remembered CANCEL"
    DELIVER = "deliver"
    """Pass the message to the transaction user."""
    TELL_TIMEOUT = "tell timeout"
    TELL_TRANSPORT_ERROR = "tell transport error"
    START_A = "start A"
    BACK_OFF_A = "double A"
    STOP_A = "stop A"
    START_B = "start B"
    STOP_B = "stop B"
    START_C = "start C"
    STOP_C = "stop C"
    START_CANCEL = "start cancel"
    START_D = "start D"
    START_E = "start E"
    BACK_OFF_E = "double E up to T2"
    SLOW_E = "E at T2"
    STOP_E = "stop E"
    START_F = "start F"
    STOP_F = "stop F"
    START_G = "start G"
    BACK_OFF_G = "double G up to T2"
    STOP_G = "stop G"
    START_H = "start H"
    STOP_H = "stop H"
    START_I = "start I"
    START_J = "start J"
    START_K = "start K"
    START_L = "start L"
    START_M = "start M"
    START_ANSWER = "start answer"
    STOP_ANSWER = "stop answer"
    REFUSE = "refuse"
    """A mistake of the transaction user: LocalProtocolError."""


class Transition(NamedTuple):
    """One row. ``reason`` explains a row that does nothing."""

    state: State
    actions: tuple[Action, ...] = ()
    reason: str = ""


Table = Mapping[State, Mapping[Event, Transition]]

S, E, A = State, Event, Action
_END = State.TERMINATED


def _go(state: State, *actions: Action) -> Transition:
    return Transition(state, actions)


def _ignore(state: State, *events: Event, reason: str) -> dict[Event, Transition]:
    return {event: Transition(state, (), reason) for event in events}


def _refuse(state: State, *events: Event, reason: str) -> dict[Event, Transition]:
    return {event: Transition(state, (A.REFUSE,), reason) for event in events}


INVITE_CLIENT_EVENTS = (
    E.R1XX, E.R2XX, E.R3XX_6XX, E.TU_CANCEL, E.TRANSPORT_ERROR,
    E.TIMER_A, E.TIMER_B, E.TIMER_C, E.TIMER_CANCEL, E.TIMER_D, E.TIMER_M,
)  # fmt: skip
INVITE_CLIENT_START = (A.SEND_REQUEST, A.START_A, A.START_B)
INVITE_CLIENT: Table = {
    S.CALLING: {
        E.R1XX: _go(S.PROCEEDING, A.STOP_A, A.STOP_B, A.START_C, A.SEND_WAITING_CANCEL, A.DELIVER),
        E.R2XX: _go(S.ACCEPTED, A.STOP_A, A.STOP_B, A.START_M, A.DELIVER),
        E.R3XX_6XX: _go(S.COMPLETED, A.STOP_A, A.STOP_B, A.SEND_ACK, A.START_D, A.DELIVER),
        E.TRANSPORT_ERROR: _go(_END, A.TELL_TRANSPORT_ERROR),
        E.TIMER_A: _go(S.CALLING, A.SEND_REQUEST, A.BACK_OFF_A),
        E.TIMER_B: _go(_END, A.TELL_TIMEOUT),
        # §9.1: no CANCEL before a provisional answer
        E.TU_CANCEL: _go(S.CALLING, A.REMEMBER_CANCEL),
        **_ignore(S.CALLING, E.TIMER_C, E.TIMER_CANCEL, E.TIMER_D, E.TIMER_M, reason="not started yet"),
    },
    S.PROCEEDING: {
        E.R1XX: _go(S.PROCEEDING, A.START_C, A.DELIVER),
        E.R2XX: _go(S.ACCEPTED, A.STOP_C, A.START_M, A.DELIVER),
        E.R3XX_6XX: _go(S.COMPLETED, A.STOP_C, A.SEND_ACK, A.START_D, A.DELIVER),
        E.TU_CANCEL: _go(S.PROCEEDING, A.STOP_C, A.SEND_CANCEL, A.START_CANCEL),
        E.TRANSPORT_ERROR: _go(_END, A.TELL_TRANSPORT_ERROR),
        E.TIMER_C: _go(S.PROCEEDING, A.SEND_CANCEL, A.START_CANCEL),
        E.TIMER_CANCEL: _go(_END, A.TELL_TIMEOUT),
        **_ignore(S.PROCEEDING, E.TIMER_A, E.TIMER_B, reason="stopped by the provisional answer"),
        **_ignore(S.PROCEEDING, E.TIMER_D, E.TIMER_M, reason="not started yet"),
    },
    S.ACCEPTED: {
        E.R2XX: _go(S.ACCEPTED, A.DELIVER),
        E.TIMER_M: _go(_END),
        **_ignore(S.ACCEPTED, E.R1XX, E.R3XX_6XX, reason="late: a 2xx has decided (RFC 6026 §7.2)"),
        **_ignore(S.ACCEPTED, E.TU_CANCEL, reason="too late to cancel: the answer is BYE"),
        **_ignore(S.ACCEPTED, E.TRANSPORT_ERROR, reason="nothing of this transaction is sent any more"),
        **_ignore(S.ACCEPTED, E.TIMER_A, E.TIMER_B, E.TIMER_C, E.TIMER_CANCEL, E.TIMER_D, reason="stopped"),
    },
    S.COMPLETED: {
        E.R3XX_6XX: _go(S.COMPLETED, A.SEND_ACK),
        E.TIMER_D: _go(_END),
        E.TRANSPORT_ERROR: _go(_END, A.TELL_TRANSPORT_ERROR),
        **_ignore(S.COMPLETED, E.R1XX, E.R2XX, reason="late: a final answer has decided (§17.1.1.2)"),
        **_ignore(S.COMPLETED, E.TU_CANCEL, reason="too late to cancel (§9.1)"),
        **_ignore(S.COMPLETED, E.TIMER_A, E.TIMER_B, E.TIMER_C, E.TIMER_CANCEL, E.TIMER_M, reason="stopped"),
    },
}  # fmt: skip

NON_INVITE_CLIENT_EVENTS = (
    E.R1XX, E.R2XX, E.R3XX_6XX, E.TU_CANCEL, E.TRANSPORT_ERROR, E.TIMER_E, E.TIMER_F, E.TIMER_K,
)  # fmt: skip
NON_INVITE_CLIENT_START = (A.SEND_REQUEST, A.START_E, A.START_F)
_DONE_CLIENT = _go(S.COMPLETED, A.STOP_E, A.STOP_F, A.START_K, A.DELIVER)
NON_INVITE_CLIENT: Table = {
    S.TRYING: {
        E.R1XX: _go(S.PROCEEDING, A.DELIVER),
        E.R2XX: _DONE_CLIENT,
        E.R3XX_6XX: _DONE_CLIENT,
        E.TRANSPORT_ERROR: _go(_END, A.TELL_TRANSPORT_ERROR),
        E.TIMER_E: _go(S.TRYING, A.SEND_REQUEST, A.BACK_OFF_E),
        E.TIMER_F: _go(_END, A.TELL_TIMEOUT),
        **_refuse(S.TRYING, E.TU_CANCEL, reason="only INVITE is cancelled (§9.1)"),
        **_ignore(S.TRYING, E.TIMER_K, reason="not started yet"),
    },
    S.PROCEEDING: {
        E.R1XX: _go(S.PROCEEDING, A.DELIVER),
        E.R2XX: _DONE_CLIENT,
        E.R3XX_6XX: _DONE_CLIENT,
        E.TRANSPORT_ERROR: _go(_END, A.TELL_TRANSPORT_ERROR),
        E.TIMER_E: _go(S.PROCEEDING, A.SEND_REQUEST, A.SLOW_E),
        E.TIMER_F: _go(_END, A.TELL_TIMEOUT),
        **_refuse(S.PROCEEDING, E.TU_CANCEL, reason="only INVITE is cancelled (§9.1)"),
        **_ignore(S.PROCEEDING, E.TIMER_K, reason="not started yet"),
    },
    S.COMPLETED: {
        E.TIMER_K: _go(_END),
        **_ignore(S.COMPLETED, E.R1XX, E.R2XX, E.R3XX_6XX, reason="a retransmission, absorbed (§17.1.2.2)"),
        **_ignore(S.COMPLETED, E.TRANSPORT_ERROR, reason="nothing of this transaction is sent any more"),
        **_refuse(S.COMPLETED, E.TU_CANCEL, reason="only INVITE is cancelled (§9.1)"),
        **_ignore(S.COMPLETED, E.TIMER_E, E.TIMER_F, reason="stopped"),
    },
}  # fmt: skip

INVITE_SERVER_EVENTS = (
    E.REQUEST, E.ACK, E.TU_1XX, E.TU_2XX, E.TU_3XX_6XX, E.TRANSPORT_ERROR,
    E.TIMER_G, E.TIMER_H, E.TIMER_I, E.TIMER_L,
)  # fmt: skip
_ANSWERED = "the request has had its final answer"
INVITE_SERVER: Table = {
    S.PROCEEDING: {
        E.REQUEST: _go(S.PROCEEDING, A.SEND_RESPONSE),
        E.TU_1XX: _go(S.PROCEEDING, A.SEND_RESPONSE),
        E.TU_2XX: _go(S.ACCEPTED, A.SEND_RESPONSE, A.START_L),
        E.TU_3XX_6XX: _go(S.COMPLETED, A.SEND_RESPONSE, A.START_G, A.START_H),
        E.TRANSPORT_ERROR: _go(S.PROCEEDING, A.TELL_TRANSPORT_ERROR),
        **_ignore(S.PROCEEDING, E.ACK, reason="ACK without a final answer"),
        **_ignore(S.PROCEEDING, E.TIMER_G, E.TIMER_H, E.TIMER_I, E.TIMER_L, reason="not started yet"),
    },
    S.ACCEPTED: {
        E.ACK: _go(S.ACCEPTED, A.DELIVER),
        E.TU_2XX: _go(S.ACCEPTED, A.SEND_RESPONSE),
        E.TIMER_L: _go(_END),
        E.TRANSPORT_ERROR: _go(S.ACCEPTED, A.TELL_TRANSPORT_ERROR),
        **_ignore(S.ACCEPTED, E.REQUEST, reason="absorbed: the 2xx is repeated end to end (RFC 6026 §7.1)"),
        **_refuse(S.ACCEPTED, E.TU_1XX, E.TU_3XX_6XX, reason=_ANSWERED),
        **_ignore(S.ACCEPTED, E.TIMER_G, E.TIMER_H, E.TIMER_I, reason="not started"),
    },
    S.COMPLETED: {
        E.REQUEST: _go(S.COMPLETED, A.SEND_RESPONSE),
        E.ACK: _go(S.CONFIRMED, A.STOP_G, A.STOP_H, A.START_I),
        E.TIMER_G: _go(S.COMPLETED, A.SEND_RESPONSE, A.BACK_OFF_G),
        E.TIMER_H: _go(_END, A.TELL_TIMEOUT),
        E.TRANSPORT_ERROR: _go(_END, A.TELL_TRANSPORT_ERROR),
        **_refuse(S.COMPLETED, E.TU_1XX, E.TU_2XX, E.TU_3XX_6XX, reason=_ANSWERED),
        **_ignore(S.COMPLETED, E.TIMER_I, E.TIMER_L, reason="not started"),
    },
    S.CONFIRMED: {
        E.TIMER_I: _go(_END),
        **_ignore(S.CONFIRMED, E.REQUEST, E.ACK, reason="a retransmission, absorbed (§17.2.1)"),
        **_refuse(S.CONFIRMED, E.TU_1XX, E.TU_2XX, E.TU_3XX_6XX, reason=_ANSWERED),
        **_ignore(S.CONFIRMED, E.TRANSPORT_ERROR, reason="nothing of this transaction is sent any more"),
        **_ignore(S.CONFIRMED, E.TIMER_G, E.TIMER_H, E.TIMER_L, reason="stopped"),
    },
}  # fmt: skip

NON_INVITE_SERVER_EVENTS = (
    E.REQUEST, E.TU_1XX, E.TU_2XX, E.TU_3XX_6XX, E.TRANSPORT_ERROR, E.TIMER_J, E.TIMER_ANSWER,
)  # fmt: skip
NON_INVITE_SERVER_START = (A.START_ANSWER,)
_DONE_SERVER = _go(S.COMPLETED, A.STOP_ANSWER, A.SEND_RESPONSE, A.START_J)
NON_INVITE_SERVER: Table = {
    S.TRYING: {
        E.TU_1XX: _go(S.PROCEEDING, A.SEND_RESPONSE),
        E.TU_2XX: _DONE_SERVER,
        E.TU_3XX_6XX: _DONE_SERVER,
        # RFC 4320 §4.2: no 408 for a late answer; the client has given up at the same time
        E.TIMER_ANSWER: _go(_END),
        E.TRANSPORT_ERROR: _go(S.TRYING, A.TELL_TRANSPORT_ERROR),
        **_ignore(S.TRYING, E.REQUEST, reason="a retransmission; there is no answer yet (§17.2.2)"),
        **_ignore(S.TRYING, E.TIMER_J, reason="not started yet"),
    },
    S.PROCEEDING: {
        E.REQUEST: _go(S.PROCEEDING, A.SEND_RESPONSE),
        E.TU_1XX: _go(S.PROCEEDING, A.SEND_RESPONSE),
        E.TU_2XX: _DONE_SERVER,
        E.TU_3XX_6XX: _DONE_SERVER,
        E.TIMER_ANSWER: _go(_END),
        E.TRANSPORT_ERROR: _go(S.PROCEEDING, A.TELL_TRANSPORT_ERROR),
        **_ignore(S.PROCEEDING, E.TIMER_J, reason="not started yet"),
    },
    S.COMPLETED: {
        E.REQUEST: _go(S.COMPLETED, A.SEND_RESPONSE),
        E.TIMER_J: _go(_END),
        E.TRANSPORT_ERROR: _go(_END, A.TELL_TRANSPORT_ERROR),
        **_refuse(S.COMPLETED, E.TU_1XX, E.TU_2XX, E.TU_3XX_6XX, reason=_ANSWERED),
        **_ignore(S.COMPLETED, E.TIMER_ANSWER, reason="stopped"),
    },
}  # fmt: skip


class Machine(NamedTuple):
    """A machine with its vocabulary. ``title`` names the RFC's figure."""

    title: str
    first: State
    start: tuple[Action, ...]
    table: Table
    events: tuple[Event, ...]


INVITE_CLIENT_MACHINE = Machine(
    "INVITE client transaction (RFC 3261 §17.1.1, RFC 6026 §7.2)",
    S.CALLING, INVITE_CLIENT_START, INVITE_CLIENT, INVITE_CLIENT_EVENTS,
)  # fmt: skip
NON_INVITE_CLIENT_MACHINE = Machine(
    "non-INVITE client transaction (RFC 3261 §17.1.2)",
    S.TRYING, NON_INVITE_CLIENT_START, NON_INVITE_CLIENT, NON_INVITE_CLIENT_EVENTS,
)  # fmt: skip
INVITE_SERVER_MACHINE = Machine(
    "INVITE server transaction (RFC 3261 §17.2.1, RFC 6026 §7.1)",
    S.PROCEEDING, (), INVITE_SERVER, INVITE_SERVER_EVENTS,
)  # fmt: skip
NON_INVITE_SERVER_MACHINE = Machine(
    "non-INVITE server transaction (RFC 3261 §17.2.2)",
    S.TRYING, NON_INVITE_SERVER_START, NON_INVITE_SERVER, NON_INVITE_SERVER_EVENTS,
)  # fmt: skip
MACHINES = (
    INVITE_CLIENT_MACHINE, NON_INVITE_CLIENT_MACHINE, INVITE_SERVER_MACHINE, NON_INVITE_SERVER_MACHINE,
)  # fmt: skip
