"""``/v1/me``: who I am, the number I show, my telephones."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Controller, Request, Response, get, patch, put
from litestar.params import FromPath

from app.access import Principal, user_of
from app.bodies import body_of
from app.domain.me import services
from app.domain.me.schemas import DeviceChange, IdentityShown, IdentityWanted, Me, OwnDevice
from app.etags import check_if_match, etag, is_known
from app.operations import Access, declared
from app.problems import NOT_FOUND, ProblemError
from app.stores import Stores
from hipper.directory.settings import set_device_rings
from hipper.pbx.ids import DeviceId
from hipper.runtime.clock import Clock

_DEVICE = {
    "id": "d_7d1c",
    "kind": "desk_phone",
    "label": "Kantoor",
    "site": None,
    "rings": True,
    "state": "registered",
    "registered": True,
    "calls": 0,
}
_IDENTITY = {
    "choice": "fixed",
    "alternate": None,
    "hide": False,
    "number": "+31201234501",
    "text": "020 123 4501",
    "business": None,
    "private": {
        "choice": "mobile",
        "alternate": None,
        "hide": None,
        "number": "+31612345601",
        "text": "06 12345601",
    },
    "choices": [
        {"choice": "fixed", "alternate": None, "text": "020 123 4501"},
        {"choice": "mobile", "alternate": None, "text": "06 12345601"},
    ],
}
_ME = {
    "id": "s_1f0e",
    "user": "anna@bakkerijdevries.example",
    "display_name": "Anna de Vries",
    "language": "nl",
    "role": "user",
    "company": "Bakkerij de Vries B.V.",
    "group": "g_0a1b",
    "group_name": "Amsterdam",
    "numbers": [
        {"kind": "extension", "text": "201", "e164": None, "extension": "201"},
        {"kind": "fixed", "text": "020 123 4501", "e164": "+31201234501", "extension": None},
    ],
    "devices": [_DEVICE],
    "live": True,
    "pack": "vast_mobiel_premium_plus",
    "pack_name": "Vast-Mobiel Premium+",
    "services": ["do_not_disturb"],
    "functions": [{"name": "do_not_disturb", "nl": "Niet storen", "en": "Do Not Disturb", "active": False}],
}


class MeController(Controller):
    """What belongs to who signed in."""

    path = "/v1/me"
    tags = ("me",)

    @get("/", operation_id="getMe", summary="Who I am", opt=declared(Access.USER, answer=Me, shown=_ME))
    async def me(self, request: Request[Any, Any, Any]) -> Me:
        """My numbers as people write them, my telephones and their live state, my service pack and what is in
        it."""
        principal: Principal = request.state.principal
        stores: Stores = request.app.state.stores
        return await services.me(stores, user_of(principal), principal.role.value, request.app.state.clock)

    @get(
        "/identity",
        operation_id="getIdentity",
        summary="The number I show",
        opt=declared(Access.USER, answer=IdentityShown, versioned=True, shown=_IDENTITY),
    )
    async def identity(self, request: Request[Any, Any, Any]) -> Response[Any]:
        """Also when it was changed from a telephone."""
        principal: Principal = request.state.principal
        shown, version = await services.identity_shown(request.app.state.stores, user_of(principal))
        return versioned(request, shown, version)

    @put(
        "/identity",
        operation_id="setIdentity",
        summary="Show this number from the next call on",
        opt=declared(
            Access.USER,
            body=IdentityWanted,
            answer=IdentityShown,
            versioned=True,
            example={"choice": "mobile", "hide": False, "private": {"choice": "mobile"}},
            shown=_IDENTITY,
        ),
    )
    async def set_identity(self, request: Request[Any, Any, Any]) -> Response[Any]:
        """Mobile, fixed, or one of my alternate numbers; ``hide`` withholds it on every call. The people of
        my two contact lists may see another one."""
        principal: Principal = request.state.principal
        stores: Stores = request.app.state.stores
        wanted = await body_of(request, IdentityWanted)

        def check(version: str) -> None:
            check_if_match(request, version)

        await services.change_identity(stores, user_of(principal), wanted, principal.name, check)
        shown, version = await services.identity_shown(stores, user_of(principal))
        return versioned(request, shown, version)

    @patch(
        "/devices/{device:str}",
        operation_id="changeDevice",
        summary="Let a telephone of mine ring, or not",
        opt=declared(
            Access.USER, body=DeviceChange, answer=OwnDevice, example={"rings": False}, shown=_DEVICE
        ),
    )
    async def change_device(self, request: Request[Any, Any, Any], device: FromPath[str]) -> OwnDevice:
        """Holds for the next call."""
        principal: Principal = request.state.principal
        stores: Stores = request.app.state.stores
        account = user_of(principal)
        change = await body_of(request, DeviceChange)
        if change.rings is not msgspec.UNSET:
            async with stores.directory.acquire() as conn:
                await set_device_rings(
                    conn, account.subscriber, DeviceId(device), change.rings, principal.name
                )
        clock: Clock = request.app.state.clock
        now = await services.me(stores, account, principal.role.value, clock)
        for one in now.devices:
            if one.id == device:
                return one
        raise ProblemError(NOT_FOUND)


def versioned(request: Request[Any, Any, Any], value: Any, version: object) -> Response[Any]:
    """With its ETag; 304 without content when a reader has it already."""
    headers = {"ETag": etag(version)}
    if request.method == "GET" and is_known(request, version):
        return Response(None, status_code=304, headers=headers)
    return Response(value, headers=headers)
