"""``python -m app --config hipper.toml``: serve the API until SIGTERM or Ctrl-C."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import math
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import structlog
import uvicorn

from app.description import describe
from app.main import create_app, own_version
from hipper.runtime.drain import Drain
from hipper.runtime.logging import configure
from hipper.runtime.ports import ListenError, bound_socket
from hipper.runtime.settings import SettingsError, load
from hipper.runtime.settings_model import Settings

KEEP_ALIVE_S = 75
"""Longer than a network pauses between calls: opening a connection anew costs a call a round trip."""

log = structlog.get_logger("app")


class Server(uvicorn.Server):
    """uvicorn with our signals: its own end the process by the signal, a drain ends with status 0."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(settings: Settings) -> None:
    """Raises ListenError."""
    listening = bound_socket("tcp", settings.api.host, settings.api.port, "the API, [api]")
    app = create_app(settings)
    server = Server(
        uvicorn.Config(
            app,
            http="httptools",
            ws="websockets-sansio",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=math.ceil(settings.api.drain_s),
        )
    )
    async with Drain() as drain:
        stopping = asyncio.create_task(_stop_when_asked(server, drain, app.state))
        try:
            await _serve(server, listening)
        finally:
            stopping.cancel()
    log.info("app.stopped")


async def _serve(server: Server, listening: socket.socket) -> None:
    gc.freeze()
    host, port = listening.getsockname()[:2]
    log.info("app.started", host=host, port=port)
    await server.serve(sockets=[listening])


async def _stop_when_asked(server: Server, drain: Drain, state: object) -> None:
    await drain.requested.wait()
    state.draining = True  # type: ignore[attr-defined]
    events = getattr(state, "events", None)
    if events is not None:  # else it has not begun
        events.hub.close()
    log.info("app.draining")
    server.should_exit = True
    await drain.at_once.wait()
    server.force_exit = True


def main(arguments: list[str] | None = None) -> int:
    """Exit status: 0 after a drain, 1 when the API cannot start; then one line on stderr says why."""
    parser = argparse.ArgumentParser(prog="app", description=__doc__)
    parser.add_argument("--config", type=Path, help="settings of the installation (TOML)")
    parser.add_argument("--describe", action="store_true", help="print the OpenAPI description and stop")
    options = parser.parse_args(arguments)
    if options.describe:
        print(msgspec.json.encode(describe(create_app(Settings()), own_version())).decode())
        return 0
    try:
        settings = load(options.config, os.environ)
        configure(settings.logging, "app")
        asyncio.run(serve(settings))
    except (SettingsError, ListenError, ValueError, OSError) as error:
        print(f"app: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
