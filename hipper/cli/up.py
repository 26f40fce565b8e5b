"""``hipper up``: start everything on one machine, play the demonstration, stay up until Ctrl-C."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, Literal

from cyclopts import App

from hipper.cli.errors import CliError
from hipper.cli.installation import Installation, check_ports, lock
from hipper.runtime.processes import kill_group
from hipper.runtime.settings import default_path, load
from hipper.runtime.supervisor import Supervisor

app = App(help="Start PostgreSQL, Redis, rtpengine and every service; Ctrl-C stops all of it.")
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_INTERRUPTED = 130

Demo = Literal["none", "once", "stay"]


@app.default
def up(*, settings: Path | None = None, demo: Demo = "none", check: bool = False) -> int:
    """Start everything in the foreground.

    Parameters
    ----------
    settings
        Settings of the installation (TOML); by default hipper.toml here, in deploy/ or in /etc/hipper/.
    demo
        "stay" plays the demonstration call and stays up; "once" plays it, stops, and exits 0 or says what
        failed.
    check
        Start everything, see that it serves, and stop.
    """
    path = settings or default_path(os.environ)
    if path is None:
        raise CliError("no settings file: name one with --settings, or put hipper.toml into this folder")
    whole = check or demo != "none"
    installation = Installation(load(path, os.environ), path.resolve(), tell, whole=whole)
    with lock(installation.settings):
        return asyncio.run(_until_signal(installation, demo, check))


def tell(line: str) -> None:
    print(line, flush=True)


async def _until_signal(installation: Installation, demo: Demo, check: bool) -> int:
    """Run, and stop everything however it ends. The first signal stops in order, the second kills."""
    supervisor = Supervisor(tell)
    work = asyncio.create_task(_run(installation, supervisor, demo, check))
    signals = 0

    def on_signal() -> None:
        nonlocal signals
        signals += 1
        if signals == 1:
            tell("\nstopping")
            work.cancel()
        else:
            supervisor.kill()

    loop = asyncio.get_running_loop()
    for number in _SIGNALS:
        loop.add_signal_handler(number, on_signal)
    try:
        return await work
    except asyncio.CancelledError:
        return 0 if demo != "once" and not check else _INTERRUPTED
    finally:
        await _quietly(supervisor.stop())


async def _quietly(stopping: Coroutine[Any, Any, None]) -> None:
    """Stop to the end, whatever else is cancelled meanwhile."""
    await asyncio.shield(asyncio.ensure_future(stopping))


async def _run(installation: Installation, supervisor: Supervisor, demo: Demo, check: bool) -> int:
    began = time.monotonic()
    check_ports(installation.settings)
    await installation.start_servers(supervisor)
    await installation.prepare_database()
    await installation.start_services(supervisor)
    tell(f"up after {time.monotonic() - began:.1f} s; logs in {installation.log_folder}")
    if check:
        return 0
    if demo != "none":
        status = await _play(installation)
        if demo == "once" or status:
            return status
    complete = installation.gateway_ready.complete
    tell(("everything runs" if complete else "SIP is served, the rest is waited for") + "; Ctrl-C stops it")
    await asyncio.Event().wait()
    return 0


async def _play(installation: Installation) -> int:
    """The demonstration, in a process of its own that writes to our terminal. Returns its exit status."""
    spec = installation.demonstration()
    process = await asyncio.create_subprocess_exec(*spec.argv, **spec.popen_arguments())
    try:
        status = await process.wait()
    finally:
        if process.returncode is None:
            kill_group(process.pid)
            await process.wait()
    if status:
        print(f"hipper: the demonstration failed (status {status})", file=sys.stderr)
    return 1 if status else 0
