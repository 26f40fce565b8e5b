"""Prints messages as they pass, one line each: the ladder of a call as one agent sees it."""

from __future__ import annotations

import time
from collections.abc import Callable

from hipper.telephony.sip.flow import Flow

Write = Callable[[str], None]
_DIRECTIONS = ("sendrecv", "sendonly", "recvonly", "inactive")


class Ladder:
    """``name`` of the agent, and where the lines go. A message seen before is marked as repeated."""

    REMEMBERED = 200

    def __init__(self, name: str, write: Write) -> None:
        self._name = name
        self._write = write
        self._seen: dict[bytes, None] = {}

    def sent(self, data: bytes, flow: Flow) -> None:
        self._line(data, "→", flow)

    def received(self, data: bytes, flow: Flow) -> None:
        self._line(data, "←", flow)

    def note(self, text: str) -> None:
        """Something that is no message: a tone heard, a fault made."""
        self._write(f"{_now()}  {self._name:<14} ·  {text}")

    def _line(self, data: bytes, arrow: str, flow: Flow) -> None:
        again = " (repeated)" if data in self._seen else ""
        self._seen[data] = None
        if len(self._seen) > self.REMEMBERED:
            del self._seen[next(iter(self._seen))]
        peer = f"{flow.remote[0]}:{flow.remote[1]}/{flow.transport}"
        self._write(f"{_now()}  {self._name:<14} {arrow}  {peer:<25} {describe(data)}{again}")


def describe(data: bytes) -> str:
    """``INVITE sip:201@example (offer sendrecv)`` or ``180 Ringing (INVITE)``, with Reason when there is
    one."""
    text = data.decode("utf-8", "replace")
    head, _, body = text.partition("\r\n\r\n")
    first, *lines = head.split("\r\n")
    headers = {
        name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
    }
    if first.startswith("SIP/2.0 "):
        method = headers.get("cseq", "? ?").split(" ")[-1]
        said = f"{first.removeprefix('SIP/2.0 ')} ({method})"
    else:
        said = first.removesuffix(" SIP/2.0")
    if body:
        said += f"  [sdp {_direction(body)}]" if body.startswith("v=0") else f"  [{len(body)} bytes]"
    if "reason" in headers:
        said += f"  Reason: {headers['reason']}"
    return said


def _direction(sdp: str) -> str:
    return next((word for word in _DIRECTIONS if f"\na={word}" in sdp), "sendrecv")


def _now() -> str:
    seconds = time.time()
    return time.strftime("%H:%M:%S", time.localtime(seconds)) + f".{int(seconds % 1 * 1000):03d}"
