"""``python -m hipper.cli.demo --settings deploy/hipper.toml``: exit 0 or say what failed."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from pathlib import Path

from hipper.cli.demo.scenes import play
from hipper.cli.errors import report
from hipper.runtime.settings import load
from simulators.call import CallError


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m hipper.cli.demo", description="Play the demonstration.")
    parser.add_argument("--settings", type=Path, required=True, help="settings of the running installation")
    path: Path = parser.parse_args().settings
    try:
        asyncio.run(play(load(path, os.environ), path.parent / "demo-company.toml"))
    except CallError as error:
        print(f"✗ {error}", file=sys.stderr, flush=True)
        return 1
    except (OSError, LookupError) as error:
        print(f"✗ {type(error).__name__}: {error}", file=sys.stderr, flush=True)
        return 1
    except Exception as error:
        return report(error)
    return 0


if __name__ == "__main__":
    sys.exit(main())
