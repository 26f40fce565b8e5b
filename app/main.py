"""The API as an ASGI application: ``create_app(settings)``.

It starts whatever else is away; PostgreSQL and Redis are asked when they are needed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import msgspec
from litestar import Litestar, Request, Response, get
from litestar.config.cors import CORSConfig
from litestar.datastructures import State
from litestar.types import Message, Scope

from app.access import check_routes, isolate
from app.askers import Askers
from app.description import describe
from app.domain.admin.controllers import ADMINISTRATION
from app.domain.availability.controllers import AvailabilityController, HolidayController
from app.domain.calls.colleagues import ColleagueCallController
from app.domain.calls.controllers import COMMAND_ROUTES, CallController
from app.domain.calls.services import Commands
from app.domain.contacts.controllers import ContactController
from app.domain.directory.controllers import DirectoryController, LookupController
from app.domain.docs.controllers import DocsController
from app.domain.events.controllers import listen, listen_on_socket
from app.domain.events.services import Events
from app.domain.explain.controllers import OwnExplainController, UserExplainController
from app.domain.history.controllers import HistoryController, UserHistoryController
from app.domain.me.controllers import MeController
from app.domain.mobile_network.controllers import MobileNetworkController
from app.domain.mobile_network.guards import NetworkKeys
from app.domain.mobile_network.services import NetworkService, Users, asks_about_emergency
from app.domain.overview.controllers import OverviewController
from app.domain.privacy.controllers import EraseController, ExportController
from app.domain.privacy.exports import Exports
from app.domain.services.controllers import (
    GroupController,
    OwnServiceController,
    UserServiceController,
)
from app.domain.signing_in.account_controllers import (
    MailedController,
    SecondFactorController,
    UserAccountController,
)
from app.domain.signing_in.controllers import SessionController
from app.domain.signing_in.services import SigningIn
from app.domain.signing_in.throttle import Throttle
from app.domain.signing_in.tokens import AccessTokens
from app.operations import Access, declared, operation_of
from app.problems import EXCEPTION_HANDLERS
from app.rate_limit import Buckets
from app.reads import Reads
from app.stores import Stores
from hipper.directory.directory import Directory
from hipper.runtime.bus import Bus
from hipper.runtime.clock import Clock, SystemClock
from hipper.runtime.database import open_listener, open_owner_pool
from hipper.runtime.secret import installation_secret
from hipper.runtime.servers import redis_url
from hipper.runtime.settings_model import Settings

LARGEST_BODY = 64 * 1024
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing (RFC 9110 §9.2.1)."""
SECURITY_HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cache-control", b"no-store"),
)
_STAY_ON_TLS = (b"strict-transport-security", b"max-age=31536000")
_CONNECTIONS = 4
"""To PostgreSQL: one question each, a millisecond long."""


class Health(msgspec.Struct, frozen=True):
    """``status``: ``live``, ``ready``, ``not ready`` or ``draining``. ``parts``: what is there."""

    status: str
    parts: dict[str, bool] = {}


@get(
    "/health/live",
    operation_id="isLive",
    summary="Whether the process turns",
    tags=["health"],
    opt=declared(Access.OPEN, answer=Health, shown={"status": "live", "parts": {}}),
)
async def live() -> dict[str, str]:
    return {"status": "live"}


@get(
    "/health/ready",
    operation_id="isReady",
    summary="Whether everything is there",
    tags=["health"],
    opt=declared(
        Access.OPEN,
        answer=Health,
        also=(503,),
        shown={"status": "ready", "parts": {"redis": True, "database": True}},
    ),
)
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


@get(
    "/v1/openapi.json",
    operation_id="describe",
    summary="This description",
    tags=["description"],
    opt=declared(Access.OPEN, answer=dict[str, Any], shown={"openapi": "3.1.0", "paths": {}}),
)
async def description(state: State) -> Response[bytes]:
    """OpenAPI 3.1."""
    if state.get("description") is None:
        state.description = msgspec.json.encode(describe(state.app, own_version()))
    return Response(state.description, media_type="application/json")


def create_app(settings: Settings, clock: Clock | None = None) -> Litestar:
    """Everything of the API. Connections are opened by its lifespan and closed with it."""

    time = clock or SystemClock()

    @asynccontextmanager
    async def connected(app: Litestar) -> AsyncIterator[None]:
        pool = await open_owner_pool(settings, "app")
        bus = Bus(redis_url(settings))
        directory = Directory(pool, remember=settings.gateway.context_cache_size, keep=_CONNECTIONS)
        users = Users(directory)
        services = [
            NetworkService(network, bus.redis, users, time)
            for network in settings.mobile_network
            if network.mode == "imrn"
        ]
        directory_pool = await open_owner_pool(settings, "directory")
        records_pool = await open_owner_pool(settings, "gateway")
        app.state.update(
            {"pool": pool, "bus": bus, "network_keys": NetworkKeys(services, pool), "draining": False}
        )
        tokens = AccessTokens(installation_secret(settings), time)
        app.state.update(
            {
                "app": app,
                "clock": time,
                "settings": settings,
                "stores": Stores(
                    own=Reads(pool),
                    directory=directory_pool,
                    records=Reads(records_pool),
                    bus=bus,
                    gateway=settings.gateway.id,
                    tokens=tokens,
                    signing_in=SigningIn(
                        pool,
                        tokens,
                        Throttle(bus.redis),
                        secret=installation_secret(settings),
                        clock=time,
                        settings=settings,
                    ),
                    buckets=Buckets(settings.api.requests_per_s, time.monotonic),
                    askers=Askers(partial(open_listener, settings, "app"), pool, time),
                ),
            }
        )
        app.state.commands = Commands(app.state.stores, time)
        app.state.events = Events(app.state.stores, time)
        app.state.exports = Exports(app.state.stores, time)
        await app.state.network_keys.remember()
        asks_about_emergency(b'{"called": "+31112"}')  # reads the numbering plans: not in the first call
        try:
            stores: Stores = app.state.stores
            async with (
                stores.signing_in.at_work(),
                stores.askers.at_work(),
                app.state.events.at_work(),
                app.state.exports.at_work(),
            ):
                yield
        finally:
            await bus.close()
            pool.terminate()
            directory_pool.terminate()
            records_pool.terminate()

    app = Litestar(
        route_handlers=[
            live,
            ready,
            description,
            DocsController,
            MobileNetworkController,
            SessionController,
            SecondFactorController,
            MailedController,
            UserAccountController,
            MeController,
            AvailabilityController,
            HolidayController,
            OverviewController,
            CallController,
            ColleagueCallController,
            *COMMAND_ROUTES,
            listen,
            listen_on_socket,
            OwnExplainController,
            UserExplainController,
            ContactController,
            HistoryController,
            LookupController,
            DirectoryController,
            UserHistoryController,
            ExportController,
            EraseController,
            OwnServiceController,
            UserServiceController,
            GroupController,
            *ADMINISTRATION,
        ],
        guards=[isolate],
        lifespan=[connected],
        exception_handlers=EXCEPTION_HANDLERS,
        before_send=[before_answer],
        after_response=look_for_changes,
        request_max_body_size=LARGEST_BODY,
        logging_config=None,
        openapi_config=None,
        cors_config=_cors(settings),
    )
    check_routes(app)
    return app


def _cors(settings: Settings) -> CORSConfig | None:
    if not settings.api.cors_origins:
        return None
    return CORSConfig(
        allow_origins=list(settings.api.cors_origins),
        allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=[
            "Authorization",
            "Content-Type",
            "If-Match",
            "If-None-Match",
            "Accept-Language",
            "Idempotency-Key",
        ],
        expose_headers=["ETag", "Retry-After"],
        max_age=3600,
    )


def _is_of_network(scope: Scope) -> bool:
    """It changes nothing of who asks, and a call waits for it."""
    handler = scope.get("route_handler")
    return handler is not None and operation_of(handler).access is Access.NETWORK


async def look_for_changes(request: Request[Any, Any, Any]) -> None:
    """What was changed over this worker is told to who listens there at once."""
    if request.method not in SAFE:
        request.app.state.events.look()


async def before_answer(message: Message, scope: Scope) -> None:
    """What is changed holds for every request after the answer; and every answer, errors included, has the
    security headers (OWASP REST security: nothing of ours is a page)."""
    if message["type"] == "http.response.start":
        if scope.get("method", "GET") not in SAFE and not _is_of_network(scope):
            await scope["litestar_app"].state.stores.askers.caught_up()
        present = {name.lower() for name, _ in message["headers"]}
        added = [(name, value) for name, value in SECURITY_HEADERS if name not in present]
        if scope.get("scheme") == "https":  # of the proxy before us, which says so
            added.append(_STAY_ON_TLS)
        message["headers"] = [*message["headers"], *added]


def own_version() -> str:
    try:
        return version("hipper")
    except PackageNotFoundError:
        return "0"
