"""State diagrams drawn from the tables that run. ``python -m hipper.telephony.sip.diagrams`` prints them."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import NamedTuple

from hipper.telephony.sip.dialog import DIALOG
from hipper.telephony.sip.refer import REFER
from hipper.telephony.sip.registration_client import REGISTRATION
from hipper.telephony.sip.session import SESSION, Phase, Verdict
from hipper.telephony.sip.transactions import MACHINES, Action, Machine, State


class Arrow(NamedTuple):
    """One transition; several events between the same states share an arrow."""

    source: str
    target: str
    label: str


class Silent(NamedTuple):
    """A pair of state and event that changes nothing, with its reason."""

    state: str
    event: str
    reason: str


def _mermaid(first: Iterable[str], arrows: Iterable[Arrow], final: Iterable[str]) -> str:
    labels: dict[tuple[str, str], list[str]] = {}
    for arrow in arrows:
        labels.setdefault((arrow.source, arrow.target), []).append(arrow.label)
    lines = ["```mermaid", "stateDiagram-v2"]
    lines += [f"    [*] --> {state}" for state in first]
    lines += [f"    {a} --> {b}: {'<br>'.join(texts)}" for (a, b), texts in labels.items()]
    lines += [f"    {state} --> [*]" for state in final]
    return "\n".join([*lines, "```"])


def _reasons(rows: Iterable[Silent]) -> str:
    by_state: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        by_state.setdefault((row.state, row.reason), []).append(row.event)
    lines = ["| state | event | nothing happens, because |", "|---|---|---|"]
    lines += [f"| {state} | {', '.join(events)} | {why} |" for (state, why), events in by_state.items()]
    return "\n".join(lines)


def transaction_diagram(machine: Machine) -> str:
    """One transaction machine: diagram, then the rows that do nothing or refuse."""
    arrows: list[Arrow] = []
    silent: list[Silent] = []
    for state, rows in machine.table.items():
        for event, row in rows.items():
            if row.reason:
                why = f"error of ours: {row.reason}" if Action.REFUSE in row.actions else row.reason
                silent.append(Silent(state, event, why))
                continue
            shown = [action for action in row.actions if not action.startswith("stop")]
            label = f"{event} / {', '.join(shown)}" if shown else str(event)
            arrows.append(Arrow(state, row.state, label))
    diagram = _mermaid([machine.first], arrows, [State.TERMINATED])
    return f"## {machine.title}\n\n{diagram}\n\n{_reasons(silent)}\n"


def session_diagram() -> str:
    """The phases of one INVITE usage."""
    arrows: list[Arrow] = []
    silent: list[Silent] = []
    for phase, rows in SESSION.items():
        for happening, step in rows.items():
            if step.verdict is Verdict.GO:
                arrows.append(Arrow(phase, step.phase, happening))
            else:
                why = f"error of ours: {step.reason}" if step.verdict is Verdict.REFUSE else step.reason
                silent.append(Silent(phase, happening, why))
    diagram = _mermaid([Phase.CALLING, Phase.OFFERED], arrows, [Phase.ENDED])
    return f"## Session: one INVITE usage (RFC 3261 §13 to §15)\n\n{diagram}\n\n{_reasons(silent)}\n"


def dialog_diagram() -> str:
    """A dialog."""
    rows = [(state, event, row) for state, events in DIALOG.items() for event, row in events.items()]
    arrows = [Arrow(state, row[0], event) for state, event, row in rows if state != row[0] or not row[1]]
    silent = [Silent(state, event, row[1]) for state, event, row in rows if state == row[0] and row[1]]
    diagram = _mermaid(["Early", "Confirmed"], arrows, ["Terminated"])
    return f"## Dialog (RFC 3261 §12)\n\n{diagram}\n\n{_reasons(silent)}\n"


def refer_diagram() -> str:
    """The notifier of a REFER."""
    arrows: list[Arrow] = []
    silent: list[Silent] = []
    for state, rows in REFER.items():
        for happening, row in rows.items():
            if row.reason:
                why = f"error of ours: {row.reason}" if row.refuse else row.reason
                silent.append(Silent(state, happening, why))
            else:
                arrows.append(Arrow(state, row.state, f"{happening} / NOTIFY" if row.notify else happening))
    diagram = _mermaid(["Pending"], arrows, ["Terminated"])
    return f"## REFER subscription, notifier (RFC 3515)\n\n{diagram}\n\n{_reasons(silent)}\n"


def registration_diagram() -> str:
    """The registering client."""
    arrows: list[Arrow] = []
    silent: list[Silent] = []
    for state, rows in REGISTRATION.items():
        for event, row in rows.items():
            if state == row.state and not row.send:
                silent.append(Silent(state, event, row.reason))
            else:
                arrows.append(Arrow(state, row.state, f"{event} / REGISTER" if row.send else event))
    diagram = _mermaid(["Unregistered"], arrows, ["Unregistered"])
    return f"## Registration, client (RFC 3261 §10.2)\n\n{diagram}\n\n{_reasons(silent)}\n"


def markdown() -> str:
    """All diagrams as one page."""
    parts = ["# State machines of the SIP stack", "Drawn from the tables in `hipper/telephony/sip`.\n"]
    parts += [transaction_diagram(machine) for machine in MACHINES]
    parts += [dialog_diagram(), session_diagram(), refer_diagram(), registration_diagram()]
    return "\n".join(parts)


if __name__ == "__main__":
    sys.stdout.write(markdown())
