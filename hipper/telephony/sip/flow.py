"""Where a message came from and goes to. A flow is a value: no socket hides in it."""

from __future__ import annotations

from typing import Literal, NamedTuple

Transport = Literal["udp", "tcp", "tls"]
Address = tuple[str, int]
"""IP literal (no brackets around IPv6) and port."""

DEFAULT_PORT = {"udp": 5060, "tcp": 5060, "tls": 5061}


class Flow(NamedTuple):
    """One way between two addresses (RFC 5626 §3.3).

    ``listener`` names the listening socket of the shell; ``connection`` identifies a stream
    connection, 0 means none or any: a message for a stream flow with connection 0 lets the shell reuse
    or open one to ``remote``.
    """

    transport: Transport
    listener: str
    local: Address
    remote: Address
    connection: int = 0

    @property
    def is_stream(self) -> bool:
        """Reliable transport: no retransmission timers (RFC 3261 §17)."""
        return self.transport != "udp"


class Outgoing(NamedTuple):
    """Bytes to send, and where."""

    data: bytes
    flow: Flow
