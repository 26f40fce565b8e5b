"""Preconditions of one call, segmented (RFC 3312, RFC 4032): radio resources take a while, and nobody may be
alerted before they are there on both sides."""

from __future__ import annotations

import re

RESERVED_AFTER_S = 0.15
"""Time in which a cell sets up a dedicated bearer."""
_STATUS = re.compile(r"^a=curr:qos (local|remote) (\w+)\s*$", re.MULTILINE)
_MARK = "a=curr:qos"


class Resources:
    """What each side has. ``own`` and ``theirs``: reserved in both directions."""

    def __init__(self) -> None:
        self.own = False
        self.theirs = False
        self.asked = False
        """The other side speaks of preconditions too."""
        self.alerted_early = False
        """It alerted before our resources were there."""
        self._confirm = False

    def read(self, sdp: str) -> None:
        """What the other side says of itself: its ``local`` is our ``remote``."""
        status = dict(_STATUS.findall(sdp))
        if status:
            self.asked = True
            self.theirs = status.get("local") == "sendrecv"
            self._confirm = not self.theirs

    def alerting(self) -> None:
        """180 came."""
        if self.asked and not self.own:
            self.alerted_early = True

    @property
    def there(self) -> bool:
        return self.own and (self.theirs or not self.asked)

    def dress(self, sdp: str) -> str:
        """A description of ours with the state of things; its only stream is the last section."""
        lines = [
            f"{_MARK} local {_said(self.own)}",
            f"{_MARK} remote {_said(self.theirs)}",
            "a=des:qos mandatory local sendrecv",
            "a=des:qos mandatory remote sendrecv" if self.asked else "a=des:qos optional remote sendrecv",
        ]
        if self._confirm:
            lines.append("a=conf:qos remote sendrecv")
        return sdp + "".join(f"{line}\r\n" for line in lines)


def speaks_of_resources(sdp: str | None) -> bool:
    """Whether a description has preconditions."""
    return sdp is not None and _MARK in sdp


def _said(there: bool) -> str:
    return "sendrecv" if there else "none"
