"""Compiled modules are used for exactly the sources they were made from, and never mixed with these."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hipper.runtime import compiled


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A checkout with what is compiled, for which a "compiled" parser is there."""
    for name, path in compiled.sources().items():
        copy = tmp_path.joinpath(*name.split(".")).with_suffix(".py")
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    place = compiled.folder(tmp_path).joinpath("hipper", "telephony", "sip")
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
    source = root.joinpath("fmc_gateway", "call", "ringing.py")
    source.write_text(source.read_text() + "\n# another line\n")
    assert not _parser_is_compiled(root)


def test_not_used_when_switched_off(root: Path) -> None:
    assert not _parser_is_compiled(root, environment={"HIPPER_COMPILED": "0"})


def test_never_mixed_with_sources_in_use(root: Path) -> None:
    assert not _parser_is_compiled(root, before="import hipper.telephony.sip.uri")


def test_no_class_that_is_compiled_has_two_bases() -> None:
    """mypyc compiles single inheritance only."""
    for path in compiled.sources().values():
        for node in ast.walk(ast.parse(path.read_text())):
            assert not isinstance(node, ast.ClassDef) or len(node.bases) < 2, f"{path.name}: {node.name}"


def test_structs_and_builtins_stay_as_they_are() -> None:
    names = compiled.sources().keys()
    assert {"hipper.telephony.sip.parser", "fmc_gateway.call.ringing", "fmc_gateway.interpreter"} <= names
    assert not {"hipper.telephony.sip.events", "fmc_gateway.call.model", "fmc_gateway.service"} & names
    for name, path in compiled.sources().items():
        assert "(msgspec.Struct" not in path.read_text(), f"leave {name} out in hipper.runtime.compiled"


def test_what_is_named_is_there() -> None:
    for package, modules in compiled.PACKAGES.items():
        folder = compiled.ROOT.joinpath(*package.split("."))
        for name in modules.names:
            assert (folder / f"{name}.py").is_file(), f"{package}.{name}"


def test_no_name_is_one_of_the_compilers() -> None:
    """Attributes become members of C structs with a ``_`` before them: ``__unix`` and ``__linux`` are 1."""
    for name, path in compiled.sources().items():
        assert re.search(r"self\._(unix|linux)\b", path.read_text()) is None, name


def test_no_function_names_a_union_of_types() -> None:
    """``others = A | B`` within a function is a type to mypyc, and the name stays without a value."""
    for name, path in compiled.sources().items():
        for line in path.read_text().splitlines():
            assert re.match(r"\s+\w+ = \(?[A-Z]\w*(\.\w+)* \| [A-Z]", line) is None, f"{name}: {line}"


def test_nothing_is_looked_for_among_starred_values() -> None:
    """mypyc breaks off at ``x in (a, *b)``: then nothing at all is compiled."""
    for name, path in compiled.sources().items():
        for node in ast.walk(ast.parse(path.read_text())):
            sought = [*node.comparators] if isinstance(node, ast.Compare) else []
            among = [part for one in sought if isinstance(one, ast.Tuple | ast.List) for part in one.elts]
            assert not any(isinstance(part, ast.Starred) for part in among), f"{name}: {ast.unparse(node)}"


def test_no_function_names_errors_of_two_types_alike() -> None:
    """To mypyc a name has one type: the second error would be a TypeError."""
    for name, path in compiled.sources().items():
        for function in ast.walk(ast.parse(path.read_text())):
            if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            handlers = [node for node in ast.walk(function) if isinstance(node, ast.ExceptHandler)]
            types = {(one.name, ast.unparse(one.type)) for one in handlers if one.name and one.type}
            assert len({called for called, _ in types}) == len(types), f"{name}.{function.name}"
