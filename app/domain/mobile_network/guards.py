"""Which network asks: by its static key in the settings, or by an API key of scope ``imrn``."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from typing import Any

import asyncpg
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from app.access import KEY_PREFIX, count_address
from app.domain.mobile_network.services import NetworkService
from app.problems import UNAUTHENTICATED, ProblemError
from hipper.runtime.database import OUTAGE

CHALLENGE = 'Bearer realm="hipper mobile network"'
MOST_REMEMBERED = 1000
_WORKS = """
role = 'network' AND 'imrn' = ANY(scopes) AND revoked_at IS NULL
AND (expires_at IS NULL OR expires_at > now())"""
API_KEY = f"SELECT network FROM app.api_keys WHERE key_hash = $1 AND {_WORKS}"  # noqa: S608
API_KEYS = f"""
SELECT key_hash, network FROM app.api_keys WHERE network IS NOT NULL AND {_WORKS} LIMIT $1"""  # noqa: S608


class NetworkKeys:
    """The networks by their keys. Neither keys nor guesses are kept or compared as they are: their digests
    under a key of this process are, so that the time it takes tells nothing.

    API keys are asked of ``own``, the pool of ``hipper_app``, with every request but those about emergency
    calls, which nothing may keep waiting: for them, and while the database is away, the keys that worked when
    they were asked last do.
    """

    def __init__(self, services: Iterable[NetworkService], own: asyncpg.Pool | None = None) -> None:
        self._salt = secrets.token_bytes(32)
        self._services = {service.network.name: service for service in services}
        self._known = [
            (self._digest(service.network.imrn_api_key.encode()), service)
            for service in self._services.values()
            if service.network.imrn_api_key is not None
        ]
        self._own = own
        self._remembered: dict[bytes, str] = {}
        """SHA-256 of an API key -> its network."""

    async def remember(self) -> None:
        """The API keys that work now; none when the database is away."""
        if self._own is None:
            return
        try:
            rows = await self._own.fetch(API_KEYS, MOST_REMEMBERED)
        except OUTAGE:
            return
        self._remembered = {row["key_hash"]: row["network"] for row in rows}

    def find(self, authorization: str | None) -> NetworkService | None:
        """Who says so in an Authorization header (RFC 6750 §2.1); None when nobody does. From memory, at
        once."""
        key = key_in(authorization)
        if key is None:
            return None
        digest, found = self._digest(key), None
        for known, service in self._known:
            if hmac.compare_digest(known, digest):
                found = service
        return found or self._services.get(self._remembered.get(hashlib.sha256(key).digest(), ""))

    def is_remembered(self, authorization: str | None) -> bool:
        return self.find(authorization) is not None

    async def ask(self, authorization: str | None) -> NetworkService | None:
        """As :meth:`find`, and an API key only when it works now."""
        key = key_in(authorization)
        if key is None or not key.startswith(KEY_PREFIX.encode()) or self._own is None:
            return self.find(authorization)
        hashed = hashlib.sha256(key).digest()
        try:
            network = await self._own.fetchval(API_KEY, hashed)
        except OUTAGE:
            return self.find(authorization)
        self._remembered.pop(hashed, None)
        if network is not None and len(self._remembered) < MOST_REMEMBERED:
            self._remembered[hashed] = network
        return self._services.get(network)

    def _digest(self, key: bytes) -> bytes:
        return hmac.digest(self._salt, key, hashlib.sha256)


def key_in(authorization: str | None) -> bytes | None:
    scheme, _, key = (authorization or "").partition(" ")
    return key.strip().encode() if scheme.lower() == "bearer" else None


async def needs_network_key(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Litestar guard: sets ``request.state.network_service``. Raises ProblemError: 401, 429 for who tries too
    many keys."""
    keys: NetworkKeys = connection.app.state.network_keys
    authorization = connection.headers.get("authorization")
    if not keys.is_remembered(authorization):
        count_address(connection)
    service = await keys.ask(authorization)
    if service is None:
        wrong = ', error="invalid_token"' if authorization else ""
        detail = "no network has this key" if authorization else "a key is needed"
        uitleg = "geen netwerk heeft deze sleutel" if authorization else "een sleutel is nodig"
        raise ProblemError(UNAUTHENTICATED, detail, uitleg, headers={"WWW-Authenticate": CHALLENGE + wrong})
    connection.state.network_service = service
