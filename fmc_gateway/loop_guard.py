"""The mark on our own legs toward a handset, so that they are known when the network hands them
back (call-flows §1).

Toward a network that keeps unknown headers the mark is signed: it names network and number and holds five
minutes, so that a mark seen on one call opens nothing on another. In ``isc`` the ICID is a mark too: of what
we can write into a request, it is what every node of an IMS hands on (TS 24.229 §5.4.3.2, TS 32.260 §5.2.3),
because charging depends on it. Route is consumed by the S-CSCF, parameters of the Request-URI end with its
translation, and headers nobody knows may be dropped.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode
from secrets import token_hex

from fmc_gateway.asserted import read_icid
from hipper.runtime.settings_model import MobileNetwork
from hipper.telephony.sip.message import Request

ICID_PREFIX = "hipper-"
LIFETIME_S = 300
"""A leg comes back at once; five minutes leave room for clocks that differ between gateways."""


class LoopGuard:
    """Signs and checks marks ``v1.<unix seconds>.<signature>`` with the secret of the installation."""

    def __init__(self, secret: bytes) -> None:
        self._key = hmac.digest(secret, b"hipper loop guard", hashlib.sha256)

    def mark(self, network: str, number: str, now_unix: float) -> str:
        issued = int(now_unix)
        return f"v1.{issued}.{self._signature(network, number, issued)}"

    def verify(self, mark: str, network: str, number: str | None, now_unix: float) -> bool:
        """True when ``mark`` is ours, for this network and number, and fresh. Any other text is False."""
        version, _, rest = mark.strip().partition(".")
        issued_text, _, signature = rest.partition(".")
        if version != "v1" or number is None or not issued_text.isdecimal() or len(issued_text) > 12:
            return False
        issued = int(issued_text)
        expected = self._signature(network, number, issued)
        fresh = abs(now_unix - issued) <= LIFETIME_S
        return hmac.compare_digest(expected.encode(), signature.encode()) and fresh

    def icid(self, network: str, number: str, now_unix: float) -> str:
        """A new ICID (RFC 7315 §4.6: unique, a token) that is a mark: ``hipper-<random>-<mark>``."""
        nonce = token_hex(8)
        return f"{ICID_PREFIX}{nonce}-{self.mark(network, nonce + number, now_unix)}"

    def verify_icid(self, icid: str | None, network: str, number: str, now_unix: float) -> bool:
        """True when ``icid`` is ours, for this network and number, and fresh."""
        if icid is None or not icid.startswith(ICID_PREFIX):
            return False
        nonce, _, mark = icid.removeprefix(ICID_PREFIX).partition("-")
        return self.verify(mark, network, nonce + number, now_unix)

    def is_own(self, request: Request, network: MobileNetwork, number: str, now_unix: float) -> bool:
        """Whether ``request`` is a leg of ours to ``number`` that its network hands back (isc)."""
        mark = request.headers.get(network.loop_guard_header)
        if mark is not None and self.verify(mark, network.name, number, now_unix):
            return True
        return self.verify_icid(read_icid(request), network.name, number, now_unix)

    def _signature(self, network: str, number: str, issued: int) -> str:
        text = f"{network}\0{number}\0{issued}".encode()
        return urlsafe_b64encode(hmac.digest(self._key, text, hashlib.sha256)[:18]).decode()
