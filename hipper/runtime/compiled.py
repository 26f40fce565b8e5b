"""The SIP stack and the engine compiled ahead of time (mypyc), used when built from these very sources.

``deploy/compile.py`` puts it into ``var/compiled/<digest>``; the digest covers the sources and the
interpreter, so that a changed line is never shadowed by an old build: then the sources run as they are.
``HIPPER_COMPILED=0`` leaves it out in any case.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from hashlib import blake2b
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
LIBRARY = "hipper_compiled__mypyc"
"""The module in which all code is; the others only name their part of it."""


class Modules(NamedTuple):
    """Names of modules: those to compile, or, when ``all_but``, those to leave out."""

    names: frozenset[str]
    all_but: bool

    def has(self, name: str) -> bool:
        return (name in self.names) is not self.all_but


def _all_but(*names: str) -> Modules:
    return Modules(frozenset(names), True)


def _only(*names: str) -> Modules:
    return Modules(frozenset(names), False)


PACKAGES: dict[str, Modules] = {
    "hipper.telephony.sip": _all_but(
        *("__init__", "diagrams", "digest", "endpoint_types", "events", "flow", "privacy", "quoted"),
        "registration",
    ),
    "hipper.telephony.sdp": _all_but("__init__", "codec", "errors", "offer_answer"),
    "hipper.telephony.ng": _all_but("__init__", "client", "commands"),
    "hipper.telephony.numbers": _all_but("__init__", "digits", "e164", "format", "normalise"),
    "hipper.pbx": _only(
        *("availability", "calling_plan_caps", "calling_plan_default", "dialling", "dialling_digits"),
        *("dialling_packs", "dialling_speed", "forwarding", "identity", "numbers_of", "origination"),
        *("origination_refused", "reaching", "reaching_remote", "screening", "service_packs", "tariffs"),
        *("tenancy", "termination", "termination_onward"),
    ),
    "hipper.runtime": _only("ids", "ng_client", "ng_engine", "redis_batch", "sip_endpoint", "sip_udp"),
    "fmc_gateway.call": _all_but(
        *("__init__", "model", "commands", "events", "exchanges", "replay", "table", "diagram")
    ),
    "fmc_gateway": _only(
        *("asserted", "call_run", "clock", "codecs", "dialled", "directory_port", "diversion"),
        *("edge", "edge_exchange", "edge_imrn", "edge_isc", "facts", "families", "flows", "hooks"),
        *("identity_headers", "intake", "interpreter", "isc_legs", "live", "loop_guard"),
        *("media_port", "peers", "routing", "sip_events", "sip_leg", "sip_port", "spending"),
        *("watched", "watched_core"),
    ),
}
"""What is compiled. As they are stay modules with structs of msgspec (:data:`_STRUCT`), what is decoded into
them (mypyc leaves no types to read in a NamedTuple), subclasses of built-in types, which it cannot compile,
and what no call needs."""
_STRUCT = re.compile(rb"^class \w+\((?:msgspec\.Struct|[^)]*=)", re.MULTILINE)


def sources(root: Path = ROOT) -> dict[str, Path]:
    """The modules to compile and their files, in order."""
    return {
        f"{package}.{path.stem}": path
        for package, modules in PACKAGES.items()
        for path in sorted(root.joinpath(*package.split(".")).glob("*.py"))
        if modules.has(path.stem) and not _STRUCT.search(path.read_bytes())
    }


def folder(root: Path = ROOT) -> Path:
    """Where the modules compiled from the sources as they are now stand, or would stand."""
    digest = blake2b(repr((sys.version, sys.implementation.cache_tag)).encode(), digest_size=10)
    for package in PACKAGES:
        for path in sorted(root.joinpath(*package.split(".")).glob("*.py")):
            digest.update(f"{package}.{path.name}".encode())
            digest.update(path.read_bytes())
    return root / "var" / "compiled" / digest.hexdigest()


class CompiledFinder(MetaPathFinder):
    """Finds the compiled modules in ``place`` before Python looks for their sources."""

    def __init__(self, place: Path, names: Sequence[str]) -> None:
        self._where = {name: str(place.joinpath(*name.split(".")[:-1])) for name in names}
        self._where[LIBRARY] = str(place)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        where = self._where.get(fullname)
        return None if where is None else PathFinder.find_spec(fullname, [where], target)


def is_there(root: Path = ROOT) -> bool:
    """Whether processes started now would use compiled modules."""
    return os.environ.get("HIPPER_COMPILED") != "0" and folder(root).is_dir()


def use_compiled(root: Path = ROOT) -> bool:
    """Use the compiled modules from now on. False: there are none for these sources, they are switched off,
    or the sources are in use already, which cannot be mixed."""
    names = list(sources(root))
    if not is_there(root) or any(name in sys.modules for name in names):
        return False
    sys.meta_path.insert(0, CompiledFinder(folder(root), names))
    return True
