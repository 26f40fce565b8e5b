"""Compiled modules are used for exactly the sources they were made from, and never mixed with these."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hipper.runtime import compiled


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A checkout with the SIP stack, for which a "compiled" parser is there."""
    package = Path(*compiled.PACKAGE.split("."))
    shutil.copytree(compiled.ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    place = compiled.folder(tmp_path) / package
    place.mkdir(parents=True)
    (place / "parser.py").write_text("MADE = True\n")
    return tmp_path


def _parser_is_compiled(root: Path, before: str = "", environment: dict[str, str] | None = None) -> bool:
    code = (
        f"from pathlib import Path\n{before}\nfrom hipper.runtime.compiled import use_compiled\n"
        f"used = use_compiled(Path({str(root)!r}))\n"
        "import hipper.telephony.sip.parser as parser\nassert used == hasattr(parser, 'MADE')\nprint(used)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        cwd=compiled.ROOT, env={"PYTHONPATH": str(compiled.ROOT), **(environment or {})},
    )  # fmt: skip
    return done.stdout.strip() == "True"


def test_used_when_made_from_these_sources(root: Path) -> None:
    assert _parser_is_compiled(root)


def test_not_used_after_a_line_changed(root: Path) -> None:
    source = root.joinpath(*compiled.PACKAGE.split("."), "uri.py")
    source.write_text(source.read_text() + "\n# another line\n")
    assert not _parser_is_compiled(root)


def test_not_used_when_switched_off(root: Path) -> None:
    assert not _parser_is_compiled(root, environment={"HIPPER_COMPILED": "0"})


def test_never_mixed_with_sources_in_use(root: Path) -> None:
    assert not _parser_is_compiled(root, before="import hipper.telephony.sip.uri")


def test_no_class_that_is_compiled_has_two_bases() -> None:
    """mypyc compiles single inheritance only."""
    for path in compiled.sources():
        for node in ast.walk(ast.parse(path.read_text())):
            assert not isinstance(node, ast.ClassDef) or len(node.bases) < 2, f"{path.name}: {node.name}"


def test_structs_and_builtins_stay_as_they_are() -> None:
    names = {path.stem for path in compiled.sources()}
    assert "parser" in names
    for path in compiled.sources():
        assert "msgspec.Struct" not in path.read_text(), path.name
    assert not names & compiled.NOT_COMPILED
