"""``/v1/users/<user>/devices``, ``/v1/devices/<telephone>``: telephones, and what desk phones register
with."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Controller, Response, delete, get, patch, post
from litestar.params import FromPath

from app.bodies import body_of
from app.domain.admin.asking import (
    CHANGED,
    LIVE,
    Asked,
    actor_of,
    changing,
    check_of,
    refusals_told,
    shown,
    stores_of,
)
from app.operations import Access, declared
from app.problems import IN_THE_WAY, INVALID_SETTINGS
from hipper.directory.admin import devices
from hipper.directory.admin.live import live_calls
from hipper.directory.admin.model import NewTelephone, Telephone, TelephoneChange
from hipper.directory.admin.payload import Payload, as_png, as_svg, payload_of
from hipper.runtime.settings_model import Settings

TELEPHONE = {
    "id": "d_7d1c",
    "user": "s_1f0e",
    "kind": "desk_phone",
    "label": "Kantoor",
    "aor": "anna-1@bakkerijdevries.example",
    "mobile_network": None,
    "exchange": None,
    "site": "amsterdam",
    "rings": True,
}
_CREDENTIALS = {
    "device": TELEPHONE,
    "payload": {
        "v": 1,
        "aor": "sip:anna-1@bakkerijdevries.example",
        "username": "anna-1",
        "password": "Zu0v…",
        "realm": "bakkerijdevries.example",
        "registrars": [{"transport": "udp", "host": "sip.operator.example", "port": 5060}],
    },
    "qr_svg": '<svg class="segno" height="180" width="180"></svg>',
    "qr_png": "iVBORw0KGgo=",
}


class Telephones(msgspec.Struct, frozen=True, kw_only=True):
    items: tuple[Telephone, ...]


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """Shown once. ``payload`` is also what the QR code says, as JSON. ``qr_png``: Base64."""

    device: Telephone
    payload: Payload
    qr_svg: str
    qr_png: str

    def __repr__(self) -> str:
        return f"Credentials({self.device.id})"


class UserDevicesController(Controller):
    """Telephones of a user."""

    path = "/v1/users/{user:str}/devices"
    tags = ("telephones",)

    @get(
        "/",
        operation_id="listDevices",
        summary="The telephones of a user",
        opt=declared(Access.ADMINISTRATOR, answer=Telephones, shown={"items": [TELEPHONE]}),
    )
    async def all(self, request: Asked, user: FromPath[str]) -> Telephones:
        return Telephones(items=tuple(await devices.telephones_of(stores_of(request).own, user)))

    @post(
        "/",
        operation_id="createDevice",
        summary="Give a user a desk phone",
        opt=declared(
            Access.ADMINISTRATOR,
            body=NewTelephone,
            answer=Credentials,
            problems=(IN_THE_WAY,),
            example={"label": "Kantoor"},
            shown=_CREDENTIALS,
        ),
    )
    async def create(self, request: Asked, user: FromPath[str]) -> Response[Any]:
        """The answer has what it registers with, as text and as QR code, once: only a hash is kept. `site`
        is an emergency zone of the group: what 112 from this telephone shows and where it goes."""
        wanted = await body_of(request, NewTelephone)
        settings: Settings = request.app.state.settings
        async with changing(request) as conn:
            made, secret = await devices.create_telephone(
                conn, actor_of(request), user, wanted, settings.devices.realm
            )
        return _credentials(made, secret, settings, 201)


class DeviceController(Controller):
    """One telephone, for who administers its user."""

    path = "/v1/devices/{telephone:str}"
    tags = ("telephones",)

    @get(
        "/",
        operation_id="getOneDevice",
        summary="One telephone",
        opt=declared(Access.ADMINISTRATOR, answer=Telephone, versioned=True, shown=TELEPHONE),
    )
    async def one(self, request: Asked, telephone: FromPath[str]) -> Response[Any]:
        with refusals_told(request):
            return shown(request, await devices.get_telephone(stores_of(request).own, telephone))

    @patch(
        "/",
        operation_id="changeOneDevice",
        summary="Change a telephone",
        opt=declared(
            Access.ADMINISTRATOR,
            body=TelephoneChange,
            answer=Telephone,
            example={"label": "Balie", "rings": True},
            shown=TELEPHONE,
            **CHANGED,
        ),
    )
    async def change(self, request: Asked, telephone: FromPath[str]) -> Response[Any]:
        """Holds for the next call."""
        change = await body_of(request, TelephoneChange)
        async with changing(request) as conn:
            now = await devices.change_telephone(
                conn, actor_of(request), telephone, change, check_of(request)
            )
            return shown(request, now)

    @delete(
        "/",
        operation_id="deleteDevice",
        summary="Take a telephone away",
        opt=declared(Access.ADMINISTRATOR, **LIVE),
    )
    async def remove(self, request: Asked, telephone: FromPath[str]) -> None:
        """409 while it is in a call. A mobile goes with its number."""
        live = live_calls(stores_of(request).bus)
        async with changing(request) as conn:
            await devices.delete_telephone(conn, actor_of(request), telephone, live, check_of(request))

    @post(
        "/credentials",
        operation_id="rotateCredentials",
        summary="Make a new password for a desk phone",
        opt=declared(
            Access.ADMINISTRATOR, answer=Credentials, problems=(INVALID_SETTINGS,), shown=_CREDENTIALS
        ),
    )
    async def rotate(self, request: Asked, telephone: FromPath[str]) -> Response[Any]:
        """Shown once. The one before works no more, from the next call or registration on."""
        settings: Settings = request.app.state.settings
        async with changing(request) as conn:
            now, secret = await devices.rotate_secret(
                conn, actor_of(request), telephone, settings.devices.realm
            )
        return _credentials(now, secret, settings, 201)


def _credentials(
    telephone: Telephone, secret: devices.Secret, settings: Settings, status: int
) -> Response[Any]:
    payload = payload_of(secret, settings)
    answer = Credentials(device=telephone, payload=payload, qr_svg=as_svg(payload), qr_png=as_png(payload))
    return Response(answer, status_code=status)
