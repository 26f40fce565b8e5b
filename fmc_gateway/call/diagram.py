"""The state diagram of a call, drawn from the table; ``python -m fmc_gateway.call.diagram`` prints it as
Mermaid text."""

from __future__ import annotations

from fmc_gateway.call.table import TABLE, State


def mermaid() -> str:
    """A ``stateDiagram-v2``; events that leave the state as it is are not drawn."""
    lines = ["stateDiagram-v2"]
    for state, rows in TABLE.items():
        arrows: dict[State, list[str]] = {}
        for event, row in rows.items():
            for target in row.next:
                arrows.setdefault(target, []).append(event.__name__)
        lines += [
            f"    {_name(state)} --> {_name(target)}: {', '.join(names)}" for target, names in arrows.items()
        ]
    return "\n".join(lines) + "\n"


def _name(state: State) -> str:
    return "[*]" if state is None else state.__name__


if __name__ == "__main__":
    print(mermaid(), end="")
