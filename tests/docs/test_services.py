"""The page about services says what the registry says."""

from __future__ import annotations

import runpy
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def test_services_are_written_from_the_registry_of_today() -> None:
    written = runpy.run_path(str(DOCS / "write_services.py"))["written"]()
    assert (DOCS / "services" / "settings.md").read_text() == written, "run: make docs"
