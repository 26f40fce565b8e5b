"""Compile the SIP stack ahead of time into var/compiled, for the sources and the interpreter as they are now.

Needs mypy, setuptools, a C compiler and Python's headers (`make compile` installs them), and a minute or two.
Does nothing when it is there already.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

from hipper.runtime import compiled


def build(place: Path, scratch: Path) -> None:
    """Compile into ``scratch``, then put it in its place in one step. Raises SystemExit when it fails."""
    from mypyc.build import mypycify  # a tool, not a dependency
    from setuptools import setup

    files = [str(path.relative_to(compiled.ROOT)) for path in compiled.sources()]
    extensions = mypycify(
        ["--config-file", "pyproject.toml", "--cache-dir", str(scratch / "cache"), *files],
        opt_level="2",
        debug_level="0",
        group_name=compiled.LIBRARY.removesuffix("__mypyc"),
        target_dir=str(scratch / "c"),
    )
    setup(
        name="hipper-compiled",
        packages=[],
        ext_modules=extensions,
        script_args=[
            "--quiet",
            "build_ext",
            "--build-lib",
            str(scratch / "lib"),
            "--build-temp",
            str(scratch / "o"),
        ],
    )  # fmt: skip
    os.replace(scratch / "lib", place)


def main() -> int:
    os.chdir(compiled.ROOT)
    place = compiled.folder()
    if place.is_dir():
        return 0
    print("compiling the SIP stack (a minute or two)", flush=True)
    place.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix="build-", dir=place.parent))
    try:
        build(place, scratch)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    for old in place.parent.iterdir():
        if old != place:
            shutil.rmtree(old, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
