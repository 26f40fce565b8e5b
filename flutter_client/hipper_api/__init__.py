"""Typed client of the Hipper HTTP API: ``Hipper(address)``."""

from __future__ import annotations

from hipper_api.client import Hipper
from hipper_api.errors import HipperError, NoAnswer, ProblemError, UnexpectedAnswer
from hipper_api.streams import Event
from hipper_api.transport import TokenPair, Versioned

__all__ = [
    "Event",
    "Hipper",
    "HipperError",
    "NoAnswer",
    "ProblemError",
    "TokenPair",
    "UnexpectedAnswer",
    "Versioned",
]
