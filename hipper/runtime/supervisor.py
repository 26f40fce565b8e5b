"""Child processes that run together: started in order, watched, started again when they die,
stopped in reverse."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from hipper.runtime.processes import ProcessSpec, kill_group

_RESTART_AFTER_S = (0.2, 1.0, 2.0, 5.0, 10.0, 30.0)
_HEALTHY_AFTER_S = 60.0
"""Who ran for so long starts again without waiting."""
_READY_POLL_S = 0.05


class ProcessFailed(Exception):  # noqa: N818 - says what happened
    """A child did not come up. One readable line."""


class Child:
    """One process and its restarts."""

    def __init__(self, spec: ProcessSpec, tell: Callable[[str], None]) -> None:
        self.spec = spec
        self.restarts = 0
        self._tell = tell
        self._process: asyncio.subprocess.Process | None = None
        self._watch: asyncio.Task[None] | None = None
        self._log_from = 0
        """Where its log began to be this process's."""

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process and self._process.returncode is None else None

    async def start(self) -> None:
        """Start and wait until it serves. Raises ProcessFailed."""
        await self._launch()
        deadline = time.monotonic() + self.spec.ready_within_s
        while not await asyncio.to_thread(self.spec.ready):
            if self.pid is None:
                raise ProcessFailed(f"{self.spec.name} stopped at once: {self._reason()}")
            if time.monotonic() > deadline:
                raise ProcessFailed(
                    f"{self.spec.name} is not ready after {self.spec.ready_within_s:g} s: {self._reason()}"
                )
            await asyncio.sleep(_READY_POLL_S)
        self._watch = asyncio.create_task(self._keep_running())

    def _reason(self) -> str:
        log = f" ({self.spec.log})" if self.spec.log else ""
        return (self.spec.last_words(since=self._log_from) or self.spec.why_not_ready) + log

    async def _launch(self) -> None:
        self._log_from = self.spec.log_size()
        log = self.spec.open_log()
        try:
            self._process = await asyncio.create_subprocess_exec(
                *self.spec.argv, stdout=log, stderr=log, **self.spec.popen_arguments()
            )
        except OSError as error:
            raise ProcessFailed(f"{self.spec.name}: {self.spec.argv[0]}: {error.strerror}") from None
        finally:
            if log is not None:
                log.close()

    async def _keep_running(self) -> None:
        failures = 0
        while self._process is not None:
            began = time.monotonic()
            status = await self._process.wait()
            failures = 0 if time.monotonic() - began > _HEALTHY_AFTER_S else failures
            delay = _RESTART_AFTER_S[min(failures, len(_RESTART_AFTER_S) - 1)]
            self._tell(f"{self.spec.name} {_how_it_ended(status)}; starting it again in {delay:g} s")
            await asyncio.sleep(delay)
            failures += 1
            self.restarts += 1
            try:
                await self._launch()
            except ProcessFailed as error:
                self._tell(str(error))

    async def stop(self) -> None:
        """Ask, wait, kill. Also ends a child that is only being started."""
        if self._watch:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.send_signal(self.spec.stop_signal)
        try:
            await asyncio.wait_for(process.wait(), self.spec.stop_within_s)
        except TimeoutError:
            self._tell(f"{self.spec.name} did not stop within {self.spec.stop_within_s:g} s: killed")
            self.kill()
            await process.wait()

    def kill(self) -> None:
        if self.pid is not None:
            kill_group(self.pid)


class Supervisor:
    """``tell``: where lines for the operator go."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._children: list[Child] = []

    async def start(self, *specs: ProcessSpec) -> None:
        """Start several at once; returns when all serve. Raises ProcessFailed; those that came
        up stay until stop."""
        children = [Child(spec, self._tell) for spec in specs]
        self._children += children
        results = await asyncio.gather(*(child.start() for child in children), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result

    async def stop(self) -> None:
        """Stop everything, the last one first."""
        while self._children:
            await self._children.pop().stop()

    def kill(self) -> None:
        """Without asking."""
        for child in self._children:
            child.kill()

    def child(self, name: str) -> Child | None:
        return next((child for child in self._children if child.spec.name == name), None)


def _how_it_ended(status: int) -> str:
    return f"was killed by signal {-status}" if status < 0 else f"ended with status {status}"
