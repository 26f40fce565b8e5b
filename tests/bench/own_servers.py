"""A PostgreSQL, a Redis and two rtpengines of one run, each of which may be stopped and started again."""

from __future__ import annotations

import asyncio
import signal
import threading
from pathlib import Path

from hipper.runtime import embedded
from hipper.runtime.migrations import create_database, migrate
from hipper.runtime.processes import ProcessSpec
from hipper.runtime.servers import ADMINISTRATOR, OWNERS, socket_url

PASSWORD = "test"
"""Of every role: nobody reaches these servers but over their sockets."""


class OwnServers:
    """``database``, ``redis`` and ``engines`` are written as the settings of a gateway want them."""

    def __init__(self, folder: Path, ng_ports: tuple[int, int], relay: tuple[int, int]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        places = embedded.private_places(folder)
        self.database = socket_url(places.run, ADMINISTRATOR, PASSWORD, "hipper")
        self.redis = f"unix://{places.run / 'redis.sock'}"
        self.engines = tuple(f"127.0.0.1:{port}" for port in ng_ports)
        first, last = relay
        half = (last - first + 1) // 4 * 2
        self._specs: dict[str, ProcessSpec] = {
            "postgresql": embedded.postgres(places, PASSWORD, durable=False),
            "redis": embedded.redis(places),
        }
        for number, ng in enumerate(self.engines):
            low = first + number * half
            self._specs[f"rtpengine-{number + 1}"] = embedded.rtpengine(
                ng, port_min=low, port_max=low + half - 1, log=folder / f"rtpengine-{number + 1}.log"
            )
        self._running: dict[str, embedded.Running] = {}

    def start_all(self) -> None:
        """All of them; the database is made and migrated."""
        for name in self._specs:
            self.start(name)
        # apart from the caller's event loop, if there is one; not the servers: they end with their thread
        preparing = threading.Thread(target=lambda: asyncio.run(self._prepare()))
        preparing.start()
        preparing.join()

    async def _prepare(self) -> None:
        await create_database(self.database)
        await migrate(self.database, {f"hipper_{owner}": PASSWORD for owner in OWNERS})

    def start(self, name: str) -> None:
        self._running[name] = embedded.Running(self._specs[name])

    def stop(self, name: str) -> None:
        """As an operator would: it ends by itself, and whoever was connected is cut off."""
        self._running.pop(name).stop()

    def processes(self) -> list[int]:
        """Of those that run: the process each began with."""
        return [one.process.pid for one in self._running.values()]

    def kill(self, name: str) -> None:
        self._running[name].process.send_signal(signal.SIGKILL)
        self.stop(name)

    def stop_all(self) -> None:
        for name in list(self._running):
            self.stop(name)
