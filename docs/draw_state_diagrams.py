"""Write docs/state-diagrams.md from the tables in the code: ``python docs/draw_state_diagrams.py``."""

from __future__ import annotations

from pathlib import Path

from fmc_gateway.call.diagram import mermaid
from hipper.telephony.sip.diagrams import markdown

TARGET = Path(__file__).with_name("state-diagrams.md")


def drawn() -> str:
    """The page as the tables say it now."""
    head = "# The call engine\n\nDrawn from `fmc_gateway/call/table.py`."
    engine = f"{head}\n\n```mermaid\n{mermaid().strip()}\n```"
    return f"{engine}\n\n{markdown().strip()}\n"


if __name__ == "__main__":
    TARGET.write_text(drawn())
