"""The API as an ASGI application: ``create_app(settings)``.

It starts whatever else is away; PostgreSQL and Redis are asked when they are needed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from litestar import Litestar, Request, Response, get
from litestar.datastructures import State
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.types import Message, Scope

from app.domain.mobile_network.controllers import MobileNetworkController
from app.domain.mobile_network.guards import NetworkKeys
from app.domain.mobile_network.services import NetworkService, Users, asks_about_emergency
from app.problems import EXCEPTION_HANDLERS
from hipper.directory.directory import Directory
from hipper.runtime.bus import Bus
from hipper.runtime.clock import Clock, SystemClock
from hipper.runtime.database import open_owner_pool
from hipper.runtime.servers import redis_url
from hipper.runtime.settings_model import Settings

LARGEST_BODY = 64 * 1024
SECURITY_HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cache-control", b"no-store"),
)
_CONNECTIONS = 4
"""To PostgreSQL: one question each, a millisecond long."""


@get("/health/live", operation_id="isLive", summary="Whether the process turns", tags=["health"])
async def live() -> dict[str, str]:
    return {"status": "live"}


@get("/health/ready", operation_id="isReady", summary="Whether everything is there", tags=["health"])
async def ready(request: Request[Any, Any, Any], state: State) -> Response[dict[str, Any]]:
    """200, or 503 with what is missing. Not ready does not mean that nothing is answered."""
    parts = {"redis": await state.bus.is_available(), "database": await _database_answers(state.pool)}
    word = "draining" if state.draining else "ready" if all(parts.values()) else "not ready"
    return Response({"status": word, "parts": parts}, status_code=200 if word == "ready" else 503)


async def _database_answers(pool: Any) -> bool:
    try:
        return bool(await pool.fetchval("SELECT true", timeout=1.0))
    except Exception:
        return False


def create_app(settings: Settings, clock: Clock | None = None) -> Litestar:
    """Everything of the API. Connections are opened by its lifespan and closed with it."""

    @asynccontextmanager
    async def connected(app: Litestar) -> AsyncIterator[None]:
        pool = await open_owner_pool(settings, "app")
        bus = Bus(redis_url(settings))
        directory = Directory(pool, remember=settings.gateway.context_cache_size, keep=_CONNECTIONS)
        users = Users(directory)
        services = [
            NetworkService(network, bus.redis, users, clock or SystemClock())
            for network in settings.mobile_network
            if network.mode == "imrn"
        ]
        app.state.update({"pool": pool, "bus": bus, "network_keys": NetworkKeys(services), "draining": False})
        asks_about_emergency(b'{"called": "+31112"}')  # reads the numbering plans: not in the first call
        try:
            yield
        finally:
            await bus.close()
            pool.terminate()

    return Litestar(
        route_handlers=[live, ready, MobileNetworkController],
        lifespan=[connected],
        exception_handlers=EXCEPTION_HANDLERS,
        before_send=[add_security_headers],
        request_max_body_size=LARGEST_BODY,
        logging_config=None,
        openapi_config=_openapi(),
    )


async def add_security_headers(message: Message, _: Scope) -> None:
    """To every answer, errors included (OWASP REST security: nothing of ours is a page)."""
    if message["type"] == "http.response.start":
        present = {name.lower() for name, _ in message["headers"]}
        added = [(name, value) for name, value in SECURITY_HEADERS if name not in present]
        message["headers"] = [*message["headers"], *added]


def _openapi() -> OpenAPIConfig:
    try:
        own_version = version("hipper")
    except PackageNotFoundError:
        own_version = "0"
    scheme = SecurityScheme(type="http", scheme="bearer", description="static key of a mobile network")
    return OpenAPIConfig(
        title="Hipper",
        version=own_version,
        path="/schema",
        render_plugins=[JsonRenderPlugin(path="/openapi.json")],
        components=Components(security_schemes={"networkKey": scheme}),
    )
