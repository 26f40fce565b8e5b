"""The PostgreSQL cluster of one test session: started by whichever pytest worker needs it first, stopped
when the pytest process that owns the session is gone, however it went.

``python tests/cluster_guardian.py <pid of the session's owner> <folder>`` writes ``<folder>/ready`` with the
URL of the migrated template database, or ``<folder>/failed`` with one line.
"""

from __future__ import annotations

import asyncio
import os
import select
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from hipper.runtime import embedded
from hipper.runtime.migrations import create_database, migrate
from hipper.runtime.servers import ADMINISTRATOR, OWNERS, socket_url

PASSWORD = "test"
TEMPLATE = "hipper_template"


def main() -> None:
    owner, folder = os.pidfd_open(int(sys.argv[1])), Path(sys.argv[2])
    try:
        serve(owner, folder)
    except Exception as error:
        publish(folder / "failed", f"{type(error).__name__}: {error}")
        select.select([owner], [], [])
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        Path(f"{folder}.lock").unlink(missing_ok=True)


def serve(owner: int, folder: Path) -> None:
    places = embedded.private_places(folder / "server")
    running = embedded.Running(embedded.postgres(places, PASSWORD, durable=False))
    try:
        url = socket_url(places.run, ADMINISTRATOR, PASSWORD, TEMPLATE)
        asyncio.run(prepare(url))
        publish(folder / "ready", url)
        select.select([owner], [], [])
    finally:
        running.stop()


async def prepare(url: str) -> None:
    await create_database(url)
    await migrate(url, {f"hipper_{owner}": PASSWORD for owner in OWNERS})


def publish(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    draft.write_text(text)
    draft.rename(path)


if __name__ == "__main__":
    main()
