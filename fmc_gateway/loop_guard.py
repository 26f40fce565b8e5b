"""The mark on our own legs toward a handset, so that they are known when the network hands them
back (call-flows §1).

Toward a network that keeps unknown headers the mark is signed: it names network and number and holds five
minutes, so that a mark seen on one call opens nothing on another.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode

from hipper.telephony.numbers.e164 import E164

LIFETIME_S = 300
"""A leg comes back at once; five minutes leave room for clocks that differ between gateways."""


class LoopGuard:
    """Signs and checks marks ``v1.<unix seconds>.<signature>`` with the secret of the installation."""

    def __init__(self, secret: bytes) -> None:
        self._key = hmac.digest(secret, b"hipper loop guard", hashlib.sha256)

    def mark(self, network: str, number: E164, now_unix: float) -> str:
        issued = int(now_unix)
        return f"v1.{issued}.{self._signature(network, number, issued)}"

    def verify(self, mark: str, network: str, number: E164 | None, now_unix: float) -> bool:
        """True when ``mark`` is ours, for this network and number, and fresh. Any other text is False."""
        version, _, rest = mark.strip().partition(".")
        issued_text, _, signature = rest.partition(".")
        if version != "v1" or number is None or not issued_text.isdecimal() or len(issued_text) > 12:
            return False
        issued = int(issued_text)
        expected = self._signature(network, number, issued)
        fresh = abs(now_unix - issued) <= LIFETIME_S
        return hmac.compare_digest(expected.encode(), signature.encode()) and fresh

    def _signature(self, network: str, number: E164, issued: int) -> str:
        text = f"{network}\0{number}\0{issued}".encode()
        return urlsafe_b64encode(hmac.digest(self._key, text, hashlib.sha256)[:18]).decode()
