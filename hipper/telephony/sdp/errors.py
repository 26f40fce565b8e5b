"""What may go wrong with a session description."""

from __future__ import annotations


class SdpError(ValueError):
    """The text is no session description that could be used; the message says why, and on which line."""
