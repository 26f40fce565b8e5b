"""Every rule has a sentence in both languages, and no code names a rule that is not listed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import fmc_gateway.call
import hipper.pbx
from hipper.pbx import rules

CONSTANTS = {name: value for name, value in vars(rules).items() if name.isupper() and isinstance(value, str)}


def test_every_name_is_listed_once() -> None:
    assert set(CONSTANTS.values()) == set(rules.RULES)
    assert len(CONSTANTS) == len(rules.RULES)


@pytest.mark.parametrize("name", sorted(rules.RULES))
def test_rule_reads_as_a_sentence_without_numbers(name: str) -> None:
    assert re.fullmatch(r"[a-z-]+\.[a-z-]+", name)
    for language in ("nl", "en"):
        text = rules.sentence(name, language)
        assert text[0].isupper()
        assert text.endswith(".")
        assert not re.search(r"\d", text)
    assert rules.sentence(name, "nl") != rules.sentence(name, "en")


def test_unknown_name_is_an_error() -> None:
    with pytest.raises(KeyError):
        rules.sentence("on-net.telepathy")


def test_every_rule_is_used_by_a_decision() -> None:
    folders = [Path(next(iter(package.__path__))) for package in (hipper.pbx, fmc_gateway.call)]
    files = [path for folder in folders for path in folder.rglob("*.py") if "rules" not in path.parts]
    code = "".join(path.read_text() for path in files)
    assert {name for name in CONSTANTS if f"rules.{name}" not in code} == set()
