"""What a desk phone or softphone needs to register, as text for a QR code."""

from __future__ import annotations

import base64
import io
from typing import Any

import msgspec
import segno

from hipper.directory.admin.devices import Secret
from hipper.runtime.settings_model import Settings


class Registrar(msgspec.Struct, frozen=True, kw_only=True):
    transport: str
    host: str
    port: int


class Payload(msgspec.Struct, frozen=True, kw_only=True):
    """``v``: of this format."""

    v: int
    aor: str
    username: str
    password: str
    realm: str
    registrars: tuple[Registrar, ...]


def payload_of(secret: Secret, settings: Settings) -> Payload:
    """``settings``: where the registrar listens."""
    return Payload(
        v=1,
        aor=f"sip:{secret.username}@{secret.domain}",
        username=secret.username,
        password=secret.password,
        realm=secret.realm,
        registrars=tuple(
            Registrar(
                transport=one.transport,
                host=one.advertised_host or one.host,
                port=one.port,
            )
            for one in settings.sip_listener
            if one.name in settings.devices.listeners
        ),
    )


def qr_code(payload: Payload) -> Any:
    """ISO/IEC 18004, correction level M."""
    return segno.make(msgspec.json.encode(payload), error="m", micro=False)


def as_svg(payload: Payload) -> str:
    return str(qr_code(payload).svg_inline(scale=4, border=4))


def as_png(payload: Payload) -> str:
    """In Base64."""
    file = io.BytesIO()
    qr_code(payload).save(file, kind="png", scale=4, border=4)
    return base64.b64encode(file.getvalue()).decode()


def for_terminal(payload: Payload) -> str:
    text = io.StringIO()
    qr_code(payload).terminal(out=text, compact=True, border=2)
    return text.getvalue()
