"""Agents end with the test run, however that ends."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

from hipper.runtime.processes import die_with_parent


def die_with_us() -> Callable[[], None]:
    """For ``preexec_fn``: the child is killed when this process is gone."""
    parent = os.getpid()
    return lambda: die_with_parent(parent, signal.SIGKILL)
