"""``python -m hipper_api_generator DESCRIPTION [--check]``: write ``hipper_api`` anew.

DESCRIPTION: a file, ``-`` for standard input, or the address of a running API (``…/v1/openapi.json``)."""

from __future__ import annotations

import argparse
import json
import sys
import urllib.request
from pathlib import Path

from hipper_api_generator.schemas import Schema
from hipper_api_generator.writing import files_of

TARGET = Path(__file__).parents[1] / "hipper_api"
OWN = ("__init__.py", "enums.py", "errors.py", "py.typed", "streams.py", "transport.py")
"""Written by hand."""


def described(where: str) -> Schema:
    if where == "-":
        return dict(json.load(sys.stdin))
    if where.startswith(("http://", "https://")):
        with urllib.request.urlopen(where, timeout=30) as answer:  # noqa: S310 - the two schemes above
            return dict(json.load(answer))
    return dict(json.loads(Path(where).read_text()))


def differences(files: dict[str, str], target: Path = TARGET) -> list[str]:
    """Names of files that are not as they would be written now."""
    there = {str(path.relative_to(target)) for path in target.rglob("*.py")} - set(OWN)
    stale = [name for name, text in files.items() if name not in there or (target / name).read_text() != text]
    return sorted([*stale, *(there - set(files))])


def write(files: dict[str, str], target: Path = TARGET) -> None:
    for name in differences(files, target):
        path = target / name
        if name in files:
            path.parent.mkdir(exist_ok=True)
            path.write_text(files[name])
        else:
            path.unlink()


def main() -> int:
    parser = argparse.ArgumentParser(prog="hipper_api_generator", description=__doc__)
    parser.add_argument("description")
    parser.add_argument("--check", action="store_true", help="write nothing; status 1 when out of date")
    options = parser.parse_args()
    files = files_of(described(options.description))
    stale = differences(files)
    print("\n".join(stale) if stale else "hipper_api is up to date")
    if not options.check:
        write(files)
    return 1 if stale and options.check else 0


if __name__ == "__main__":
    sys.exit(main())
