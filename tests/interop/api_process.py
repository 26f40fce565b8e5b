"""The HTTP API as a process, beside a gateway under test."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

from tests.interop.gateway import ROOT
from tests.interop.processes import die_with_us


class ApiProcess:
    """``python -m app`` with the settings of the gateway. ``port``: where these say that it listens."""

    def __init__(self, folder: Path, settings: Path, port: int) -> None:
        self._log = folder / "app.log"
        self._settings = settings
        self._port = port
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Wait until it listens."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("HIPPER__")}
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "app", "--config", str(self._settings)],
                cwd=ROOT,
                stdout=log,
                stderr=log,
                env=environment,
                preexec_fn=die_with_us(),
            )
        deadline = time.monotonic() + 20
        while not self._listens():
            assert self._process.poll() is None, self._log.read_text()
            assert time.monotonic() < deadline, "the API does not listen"
            time.sleep(0.02)

    def _listens(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self._port), timeout=1.0).close()
        except OSError:
            return False
        return True

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(15)
            self._process = None
