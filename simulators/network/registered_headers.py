"""Headers a border element lets through: those with an RFC behind them. The others it takes out."""

from __future__ import annotations

from hipper.telephony.sip.names import KNOWN

REGISTERED = frozenset(name.lower() for name in KNOWN) | frozenset(
    {
        "additional-identity", "cellular-network-info", "p-access-network-info", "p-preferred-identity",
        "p-private-network-indication", "privacy", "restoration-info",
    }
)  # fmt: skip
"""Lower case, compact forms too. ``X-`` headers and an exchange's own are none of them."""


def strip_unregistered(data: bytes) -> bytes:
    """One SIP message without the headers nobody registered; its other bytes stay as they are."""
    head, gap, body = data.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    kept, keeps = [first], True
    for line in lines:
        if line[:1] not in (b" ", b"\t"):  # else the header before it goes on
            name = line.partition(b":")[0].strip().lower().decode("utf-8", "replace")
            keeps = name in REGISTERED
        if keeps:
            kept.append(line)
    return b"\r\n".join(kept) + gap + body
