"""The drawn page says what the tables say."""

from __future__ import annotations

import runpy
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def test_state_diagrams_are_drawn_from_the_tables_of_today() -> None:
    drawn = runpy.run_path(str(DOCS / "draw_state_diagrams.py"))["drawn"]()
    assert (DOCS / "state-diagrams.md").read_text() == drawn, "run: make docs"
