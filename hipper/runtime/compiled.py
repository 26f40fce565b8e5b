"""The SIP stack compiled ahead of time (mypyc), used when it was built from these very sources.

``deploy/compile.py`` puts it into ``var/compiled/<digest>``; the digest covers the sources and the
interpreter, so that a changed line is never shadowed by an old build: then the sources run as they are.
``HIPPER_COMPILED=0`` leaves it out in any case.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from hashlib import blake2b
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parents[2]
PACKAGE = "hipper.telephony.sip"
LIBRARY = "hipper_sip__mypyc"
"""The module in which all code is; the others only name their part of it."""
NOT_COMPILED = frozenset(
    {
        "__init__", "diagrams", "digest", "endpoint_types", "events", "flow", "privacy", "quoted",
        "registration",
    }
)  # fmt: skip
"""Structs of msgspec and what is decoded into them (mypyc leaves no types to read in a NamedTuple),
subclasses of built-in types, which it cannot compile, and what no call needs."""


def sources(root: Path = ROOT) -> list[Path]:
    """The files to compile, in order."""
    folder = root.joinpath(*PACKAGE.split("."))
    return sorted(path for path in folder.glob("*.py") if path.stem not in NOT_COMPILED)


def folder(root: Path = ROOT) -> Path:
    """Where the modules compiled from the sources as they are now stand, or would stand."""
    digest = blake2b(repr((sys.version, sys.implementation.cache_tag)).encode(), digest_size=10)
    for path in sorted(root.joinpath(*PACKAGE.split(".")).glob("*.py")):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return root / "var" / "compiled" / digest.hexdigest()


class CompiledFinder(MetaPathFinder):
    """Finds the compiled modules in ``place`` before Python looks for their sources."""

    def __init__(self, place: Path, names: Sequence[str]) -> None:
        self._where = {f"{PACKAGE}.{name}": str(place.joinpath(*PACKAGE.split("."))) for name in names}
        self._where[LIBRARY] = str(place)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        where = self._where.get(fullname)
        return None if where is None else PathFinder.find_spec(fullname, [where], target)


def use_compiled(root: Path = ROOT) -> bool:
    """Use the compiled modules from now on. False: there are none for these sources, they are switched off,
    or the sources are in use already, which cannot be mixed."""
    names = [path.stem for path in sources(root)]
    if os.environ.get("HIPPER_COMPILED") == "0" or any(f"{PACKAGE}.{name}" in sys.modules for name in names):
        return False
    place = folder(root)
    if not place.is_dir():
        return False
    sys.meta_path.insert(0, CompiledFinder(place, names))
    return True
