"""How a child process is started so that it never outlives us and never gets our Ctrl-C."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from hipper.runtime.places import Account

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


class ProcessSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One child process. ``log``: file its output is appended to; None: our own output."""

    name: str
    argv: tuple[str, ...]
    ready: Callable[[], bool]
    """Whether it serves already; called over and over until it does."""
    why_not_ready: str = "see its log"
    account: Account | None = None
    environment: Mapping[str, str] | None = None
    folder: Path | None = None
    log: Path | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    stop_within_s: float = 10.0
    """How long it may take to stop before it is killed."""
    ready_within_s: float = 20.0

    def popen_arguments(self) -> dict[str, Any]:
        """Arguments for ``subprocess.Popen`` and ``asyncio.create_subprocess_exec``: a session of its own
        (so that the terminal's Ctrl-C reaches us alone) and a signal at our death."""
        parent = os.getpid()
        arguments: dict[str, Any] = {
            "stdin": subprocess.DEVNULL,
            "start_new_session": True,
            "cwd": self.folder,
            "env": dict(self.environment) if self.environment is not None else None,
            "preexec_fn": lambda: die_with_parent(parent, self.stop_signal),
        }
        if self.account:
            # the death signal is forgotten when ids change: preexec_fn runs after that
            arguments |= {"user": self.account.uid, "group": self.account.gid, "extra_groups": []}
        return arguments

    def open_log(self) -> Any:
        """A file for stdout and stderr, or None for our own."""
        if self.log is None:
            return None
        self.log.parent.mkdir(parents=True, exist_ok=True)
        return self.log.open("ab")

    def log_size(self) -> int:
        """Bytes of its log; 0 without one."""
        return self.log.stat().st_size if self.log is not None and self.log.is_file() else 0

    def last_words(self, lines: int = 3, *, since: int = 0) -> str:
        """What its log says after ``since`` bytes, on one line, for an error message: the last line beginning
        with its name (``fmc_gateway: …``), as what is torn down afterwards may complain too; else the
        end."""
        if self.log is None or not self.log.is_file():
            return ""
        text = self.log.read_bytes()[since:][-4000:].decode("utf-8", "replace").strip().splitlines()
        said = [line for line in text if line.startswith(f"{self.name}: ")]
        return " / ".join(line.strip() for line in (said[-1:] or text[-lines:]))


def die_with_parent(parent: int, death_signal: int) -> None:
    """Run in the child between fork and exec."""
    _libc.prctl(_PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)  # the parent died before the signal was armed


def start(spec: ProcessSpec) -> subprocess.Popen[bytes]:
    """Start it without waiting. The caller stops it with :func:`stop`."""
    log = spec.open_log()
    try:
        return subprocess.Popen(spec.argv, stdout=log, stderr=log, **spec.popen_arguments())
    finally:
        if log is not None:
            log.close()


def stop(spec: ProcessSpec, process: subprocess.Popen[bytes]) -> None:
    """Ask it to stop, wait, then kill its whole group."""
    if process.poll() is None:
        process.send_signal(spec.stop_signal)
        try:
            process.wait(spec.stop_within_s)
        except subprocess.TimeoutExpired:
            kill_group(process.pid)
            process.wait()


def kill_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
