"""Which network asks: by its static key, until the API has roles of its own."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from app.domain.mobile_network.services import NetworkService
from app.problems import UNAUTHENTICATED, ProblemError

CHALLENGE = 'Bearer realm="hipper mobile network"'


class NetworkKeys:
    """The networks by their keys. Neither keys nor guesses are kept or compared as they are: their digests
    under a key of this process are, so that the time it takes tells nothing."""

    def __init__(self, services: Iterable[NetworkService]) -> None:
        self._salt = secrets.token_bytes(32)
        self._known = [
            (self._digest(service.network.imrn_api_key.encode()), service)
            for service in services
            if service.network.imrn_api_key is not None
        ]

    def find(self, authorization: str | None) -> NetworkService | None:
        """Who says so in an Authorization header (RFC 6750 §2.1); None when nobody does."""
        scheme, _, key = (authorization or "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        digest, found = self._digest(key.strip().encode()), None
        for known, service in self._known:
            if hmac.compare_digest(known, digest):
                found = service
        return found

    def _digest(self, key: bytes) -> bytes:
        return hmac.digest(self._salt, key, hashlib.sha256)


def needs_network_key(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Litestar guard: sets ``request.state.network_service``. Raises ProblemError: 401."""
    keys: NetworkKeys = connection.app.state.network_keys
    authorization = connection.headers.get("authorization")
    service = keys.find(authorization)
    if service is None:
        wrong = ', error="invalid_token"' if authorization else ""
        detail = "no network has this key" if authorization else "a key is needed"
        raise ProblemError(UNAUTHENTICATED, detail, headers={"WWW-Authenticate": CHALLENGE + wrong})
    connection.state.network_service = service
