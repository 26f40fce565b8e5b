"""Where PostgreSQL, Redis and rtpengine are found: the configured ones, else the embedded
ones under ``state_dir``.

The places of embedded servers follow from the settings alone, so that every process finds them without being
told, also before they run.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

from hipper.runtime.places import places
from hipper.runtime.secret import derive_password, installation_secret
from hipper.runtime.settings_model import Rtpengine, Settings

ADMINISTRATOR = "hipper"
"""Superuser of the embedded PostgreSQL."""
DATABASE = "hipper"
OWNERS = ("directory", "gateway", "voicemail", "recorder", "push", "app")
"""One schema and one role ``hipper_<owner>`` each."""


def administrator_url(settings: Settings, database: str | None = None) -> str:
    """Who migrates: the configured URL as it is, or the superuser of the embedded server."""
    if settings.database.url:
        return _with_database(settings.database.url, database) if database else settings.database.url
    password = derive_password(installation_secret(settings), "postgresql administrator")
    return socket_url(places(settings).run, ADMINISTRATOR, password, database or DATABASE)


def owner_url(settings: Settings, owner: str) -> str:
    """The URL with the role of one owner (``hipper_gateway`` …)."""
    password = owner_password(settings, owner)
    if not settings.database.url:
        return socket_url(places(settings).run, f"hipper_{owner}", password, DATABASE)
    parts = urlsplit(settings.database.url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"hipper_{owner}:{quote(password, safe='')}@{host}"))


def owner_password(settings: Settings, owner: str) -> str:
    if settings.database.role_password is not None:
        return settings.database.role_password
    return derive_password(installation_secret(settings), f"postgresql role {owner}")


def socket_url(folder: Path, user: str, password: str, database: str) -> str:
    return f"postgresql://{user}:{password}@/{database}?host={quote(str(folder))}&port=5432"


def _with_database(url: str, database: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


def redis_url(settings: Settings) -> str:
    return settings.redis.url or f"unix://{places(settings).run / 'redis.sock'}"


def rtpengines(settings: Settings) -> tuple[Rtpengine, ...]:
    return settings.media.rtpengines or (Rtpengine(ng=settings.media.embedded_ng),)
