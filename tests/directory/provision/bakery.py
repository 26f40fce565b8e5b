"""A company in a file, and ways to spoil it."""

from __future__ import annotations

from pathlib import Path

BAKERY = """\
[tenant]
name = "bakery"
display_name = "The Bakery"
kind = "enterprise"
domains = ["bakery.example"]
main_number = "020 123 4500"
mobile_network = "mvno"

[[group]]
name = "shop"
area_code = "20"

[[subscriber]]
user = "anna"
display_name = "Anna de Vries"
extension = "201"
fixed = "020 123 4501"
mobile = "06 1234 5601"
identity = "fixed"

[[subscriber.desk_phone]]
aor_user = "anna-desk"
label = "Desk"
password = "flour-and-water"

[[subscriber]]
user = "bram"
display_name = "Bram Jansen"
extension = "202"
fixed = "020 123 4502"
mobile = "06 1234 5602"
alternates = ["020 123 4577"]
no_answer_s = 25

[[subscriber.desk_phone]]
aor_user = "bram-desk"
"""


def file_with(folder: Path, *changes: tuple[str, str], name: str = "bakery.toml") -> Path:
    """The bakery's file with each ``(before, after)`` replaced; each must be there exactly once."""
    text = BAKERY
    for before, after in changes:
        assert text.count(before) == 1, before
        text = text.replace(before, after)
    path = folder / name
    path.write_text(text)
    return path


def line_of(path: Path, text: str) -> int:
    """The 1-based line that holds ``text``."""
    lines = path.read_text().splitlines()
    found = [number for number, line in enumerate(lines, 1) if text in line]
    assert len(found) == 1, (text, found)
    return found[0]


WITHOUT_BRAM = BAKERY[BAKERY.index('[[subscriber]]\nuser = "bram"') :]
