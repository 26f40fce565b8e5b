"""Compile the SIP stack and the engine ahead of time into var/compiled, for the sources and the interpreter
as they are now.

Needs mypy, setuptools, a C compiler and Python's headers (`make compile` installs them), and two or three
minutes of two cores. Does nothing when it is there already.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from hipper.runtime import compiled


def build(place: Path, scratch: Path) -> None:
    """Compile into ``scratch``, then put it in its place in one step. Raises SystemExit when it fails."""
    from mypyc.build import mypycify  # a tool, not a dependency
    from setuptools import setup

    _compile_on_all_cores()

    files = [str(path.relative_to(compiled.ROOT)) for path in compiled.sources().values()]
    extensions = mypycify(
        ["--config-file", "pyproject.toml", "--cache-dir", str(scratch / "cache"), *files],
        opt_level="2",
        debug_level="0",
        multi_file=True,
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


def _compile_on_all_cores() -> None:
    """distutils compiles one file after the other."""
    from distutils.ccompiler import CCompiler

    def compile_all(self: Any, sources: list[str], **options: Any) -> list[str]:
        names = ("output_dir", "macros", "include_dirs")
        depends, extra = options.get("depends"), options.get("extra_postargs")
        _, objects, extra, pp_opts, build = self._setup_compile(
            *(options.get(name) for name in names), sources, depends, extra
        )
        cc_args = self._get_cc_args(pp_opts, options.get("debug", 0), options.get("extra_preargs"))
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(lambda o: self._compile(o, *build[o], cc_args, extra, pp_opts), objects))
        return list(objects)

    CCompiler.compile = compile_all


def main() -> int:
    os.chdir(compiled.ROOT)
    place = compiled.folder()
    if place.is_dir():
        return 0
    print("compiling the SIP stack and the engine (two or three minutes)", flush=True)
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
