"""A trace as a ladder: who sent what to whom, when, with what the gateway thought in between.

::

     time      mno              gateway          202-desk
    +0.000     |---- INVITE --->|                |
    +0.004     |                |---- INVITE --->|
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from fmc_gateway.call import commands as c
from fmc_gateway.call import events as e
from fmc_gateway.call.replay import TraceStep

COLUMN = 20
"""Characters from one vertical line to the next."""
TIME = 10

Message = tuple[str, str, bool]
"""Leg, what is written on the arrow, True when it goes toward the gateway."""


def ladder(trace: Sequence[TraceStep], known: Mapping[str, str] | None = None) -> list[str]:
    """Lines of text, widths in characters; empty for an empty trace. ``known``: names of devices by id."""
    if not trace:
        return []
    names = {leg: (known or {}).get(title, title) for leg, title in _columns(trace).items()}
    legs = list(names)
    started = trace[0].at
    lines = [" " * TIME + "".join(title[: COLUMN - 1].ljust(COLUMN) for title in _titles(names))]
    for turn in trace:
        time = f"{turn.at - started:+.3f}".ljust(TIME)
        for text in _drawn(turn, legs):
            lines.append((time + text).rstrip())
            time = " " * TIME
    return lines


def _titles(names: dict[str, str]) -> list[str]:
    first, *others = names.values()
    return [first, "gateway", *others]


def _columns(trace: Sequence[TraceStep]) -> dict[str, str]:
    """Legs in the order they appear → what stands above their line."""
    names: dict[str, str] = {}
    for turn in trace:
        if isinstance(turn.event, e.LegOffered):
            names.setdefault(turn.event.leg, turn.event.peer)
        elif isinstance(turn.event, e.LegJoined | e.LegReturned):
            joined = turn.event if isinstance(turn.event, e.LegJoined) else turn.event.joined
            names.setdefault(joined.leg, joined.offered.peer)
        elif isinstance(turn.event, e.DialRequested):
            names.setdefault(turn.event.leg, "app")
        for command in turn.commands:
            if isinstance(command, c.Originate):
                names.setdefault(command.leg, target_name(command.target))
    return names or {"": "?"}


def target_name(target: c.Target) -> str:
    """Where a leg went, in a few characters."""
    match target:
        case c.BindingTarget():
            return target.binding.device
        case c.MobileTarget():
            return f"{target.network} {target.number}"
        case c.TrunkTarget():
            return f"{target.trunk or 'pstn'} {target.user}"
        case c.EmergencyTarget():
            return f"emergency {target.dialled}"
        case c.ExchangeTarget():
            return f"{target.trunk} {target.user}"
        case c.NetworkTarget():
            return f"{target.network} {target.user}"
        case c.PassOnTarget():
            return f"{target.network} (passed on)"
        case c.VoicemailTarget():
            return "voicemail"


def _drawn(turn: TraceStep, legs: list[str]) -> Iterable[str]:
    for item in (turn.event, *turn.commands):
        message, note = message_of(item), note_of(item)
        if message is not None or note:
            yield _line(message, note, legs)


def _line(message: Message | None, note: str, legs: list[str]) -> str:
    if message is None or message[0] not in legs:
        bars = "".join("|".ljust(COLUMN) for _ in range(2))
        return f"{bars[: COLUMN + 1]} · {note or (message[1] if message else '')}"
    leg, text, inward = message
    index = legs.index(leg)
    column = 0 if index == 0 else index + 1
    cells = ["|".ljust(COLUMN)] * (len(legs) + 1)
    left, right = min(column, 1), max(column, 1)
    length = (right - left) * COLUMN - 1
    rightward = inward == (column == 0)
    arrow = f" {text} "[: length - 2].center(length - 1, "-")
    cells[left] = "|" + (f"{arrow}>" if rightward else f"<{arrow}")
    for between in range(left + 1, right):
        cells[between] = ""
    return "".join(cells) + (f" {note}" if note else "")


def message_of(item: e.AnyEvent | c.AnyCommand) -> Message | None:
    """The SIP message an event reports or a command sends, None when it is none."""
    leg = getattr(item, "leg", None)
    text = _SIP.get(type(item))
    if leg is None or text is None:
        return None
    return leg, text if isinstance(text, str) else text(item), isinstance(item, e.Event)


_SIP: dict[type, str | Callable[..., str]] = {
    e.LegOffered: lambda item: f"INVITE {item.dialled}",
    e.LegJoined: lambda item: f"INVITE {item.offered.dialled}",
    e.LegTrying: "100",
    e.LegRinging: lambda item: f"{item.status}",
    e.LegProgress: lambda item: f"{item.status} SDP",
    e.LegAnswered: "200 INVITE",
    e.LegRejected: lambda item: f"{item.status} {item.reason_phrase}".rstrip(),
    e.LegCancelled: "CANCEL",
    e.LegConfirmed: "ACK",
    e.LegEnded: lambda item: "BYE" if item.cause == "bye" else item.cause,
    e.LegReoffered: lambda item: f"re-{item.method}",
    e.LegReofferAnswered: "200 re-INVITE",
    e.LegReofferRejected: lambda item: f"{item.status} re-INVITE",
    e.DigitPressed: lambda item: f"digit {item.digit}",
    e.KeysPassed: lambda item: f"keys {item.keys}",
    e.ServiceBegun: lambda item: f"code of {item.service.value}",
    e.ServiceKeyed: lambda item: f"code of {item.service.value}",
    e.ServiceGivenUp: "no number",
    e.KeyHeard: "a key",
    e.ConnectedChanged: "UPDATE",
    c.UpdateConnected: "UPDATE",
    c.Originate: "INVITE",
    c.Ring: "180",
    c.Progress: lambda item: f"{item.status} SDP",
    c.AnswerLeg: "200 INVITE",
    c.AcknowledgeLeg: "ACK",
    c.RejectLeg: lambda item: f"{item.status}",
    c.CancelLeg: "CANCEL",
    c.EndLeg: "BYE",
    c.AnswerReoffer: "200 re-INVITE",
    c.RejectReoffer: lambda item: f"{item.status} re-INVITE",
    c.Reoffer: "re-INVITE",
}


def note_of(item: e.AnyEvent | c.AnyCommand) -> str:
    """What happened inside, in a few words; empty when the arrow says it all."""
    match item:
        case e.ContextLoaded():
            caller = item.caller.subscriber if item.caller else "-"
            called = item.called.subscriber if item.called else "-"
            return f"directory: caller {caller}, called {called}" + (", last known" if item.stale else "")
        case e.ContextFailed() | e.MediaFailed():
            return f"{type(item).__name__}: {item.reason}"
        case e.TimerFired():
            return f"timer {item.name}"
        case e.HangUpRequested():
            return f"hang-up asked by {item.by}"
        case e.MediaOffered() | e.MediaAnswered() | e.MediaTimedOut():
            return f"rtpengine: {type(item).__name__.removeprefix('Media').lower()} {item.pair}"
        case c.PlayKeys():
            return f"rtpengine: keys {item.keys}"
        case e.ServiceKeyed() if item.destination is not None:
            return f"to {item.destination}"
        case e.DigitsRequested():
            return f"keys {item.keys} asked by the app of {item.subscriber}"
        case c.PlayMusic() | c.StopMusic() | c.BlockMedia() | c.UnblockMedia() | c.DeleteMedia():
            return f"rtpengine: {type(item).__name__}"
        case e.AnnouncementEnded():
            return "announcement heard" if item.played else "announcement could not be played"
        case c.PlayAnnouncement():
            return "announcement: " + ", ".join(item.announcements)
        case e.FeatureDone():
            return "feature code: " + ("done" if item.done else f"failed, {item.explanation}")
        case e.DialRequested():
            return f"dial {item.destination} asked by the app of {item.subscriber}"
        case c.AnswerDial():
            return "the app is told: " + ("it rings" if item.accepted else f"no, {item.explanation}")
        case e.LegJoined():
            return f"handed over by call {item.offered.call}"
        case e.LegReturned():
            return f"handed back: {item.explanation}"
        case e.MoveRequested():
            return f"move to {item.device} asked by the app of {item.subscriber}"
        case e.HoldRequested():
            return f"{'hold' if item.on else 'resume'} asked by the app of {item.subscriber}"
        case e.ConsultRequested():
            return f"consultation of {item.destination} asked by the app of {item.subscriber}"
        case e.TransferRequested():
            return f"transfer to {item.destination} asked by the app of {item.subscriber}"
        case e.ConsultStepRequested():
            return f"consultation: {item.step} asked by the app of {item.subscriber}"
        case e.CallChosen():
            return f"takes over call {item.call}" if item.call is not None else item.explanation
        case c.AnswerRequest():
            return "the app is told: " + ("done" if item.done else f"no, {item.explanation}")
        case c.ReturnLeg():
            return f"handed back: {item.returned.explanation}"
        case c.RejectLeg() if item.explanation:
            return item.explanation
        case c.CancelLeg() | c.EndLeg() if item.reason:
            return item.reason
        case c.WriteRecord():
            return f"record: {item.record.outcome.value}, {item.record.rule}"
        case _:
            return ""
