"""The digest credentials of desk phones (RFC 7616), for the registrar. Passwords are stored
nowhere, only hashed A1."""

from __future__ import annotations

import hashlib

import asyncpg
import msgspec

from hipper.pbx.ids import DeviceId, SubscriberId, TenantId

STATEMENT = """
SELECT d.device_id, d.subscriber_id, d.tenant_id, d.aor_user, d.domain, c.realm, c.ha1_md5, c.ha1_sha256,
s.enabled FROM directory.devices d JOIN directory.device_credentials c USING (device_id) JOIN
directory.subscribers s ON s.subscriber_id = d.subscriber_id WHERE d.domain = $1 AND d.aor_user = $2"""


class DeviceCredentials(msgspec.Struct, frozen=True, kw_only=True):
    """Who a desk phone is and what it must prove. ``ha1_md5``/``ha1_sha256``: hex of
    H(aor_user:realm:password). ``realm``: the one these were made for. ``enabled``: False while its
    user may not call."""

    device: DeviceId
    subscriber: SubscriberId
    tenant: TenantId
    aor_user: str
    domain: str
    realm: str
    ha1_md5: str
    ha1_sha256: str
    enabled: bool

    def __repr__(self) -> str:
        return f"DeviceCredentials({self.aor_user}@{self.domain})"


async def load_device_credentials(
    conn: asyncpg.Connection | asyncpg.Pool, aor_user: str, domain: str, *, within_s: float | None = None
) -> DeviceCredentials | None:
    """The desk phone ``sip:aor_user@domain``, None when there is none. Raises what asyncpg raises."""
    row = await conn.fetchrow(STATEMENT, domain.lower(), aor_user, timeout=within_s)
    if row is None:
        return None
    return DeviceCredentials(
        device=row[0],
        subscriber=row[1],
        tenant=row[2],
        aor_user=row[3],
        domain=row[4],
        realm=row[5],
        ha1_md5=row[6],
        ha1_sha256=row[7],
        enabled=row[8],
    )


def hashed(aor_user: str, realm: str, password: str) -> tuple[str, str]:
    """``(ha1_md5, ha1_sha256)``: RFC 7616 §3.4.2, unq(username) ":" unq(realm) ":"
    passwd, in UTF-8, as hex."""
    a1 = f"{aor_user}:{realm}:{password}".encode()
    return hashlib.md5(a1, usedforsecurity=False).hexdigest(), hashlib.sha256(a1).hexdigest()
