"""Where PostgreSQL, Redis and rtpengine are found: the configured ones, else the embedded ones under
``state_dir``.

The places of embedded servers follow from the settings alone, so that every process finds them without being
told, also before they run.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import tempfile
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import msgspec

from hipper.runtime.secret import derive_password, installation_secret
from hipper.runtime.settings_model import Rtpengine, Settings

ADMINISTRATOR = "hipper"
"""Superuser of the embedded PostgreSQL."""
DATABASE = "hipper"
OWNERS = ("directory", "gateway", "voicemail", "recorder", "push", "app")
"""One schema and one role ``hipper_<owner>`` each."""
_LONGEST_SOCKET_FOLDER = 85
"""``sun_path`` holds 107 bytes; the rest is for names such as ``.s.PGSQL.5432.lock``."""


class Account(msgspec.Struct, frozen=True):
    """A system user that a server runs as."""

    name: str
    uid: int
    gid: int


class Places(msgspec.Struct, frozen=True):
    """Folders of the embedded servers."""

    data: Path
    run: Path
    """Unix sockets; its path is short enough for one."""
    account: Account | None
    """Who PostgreSQL and Redis run as; None: whoever starts them."""


def places(settings: Settings) -> Places:
    """``state_dir`` itself, unless we are root and the server's account cannot reach it (a checkout under
    ``/root``): then ``/var/lib/hipper/<hash of state_dir>``."""
    state = Path(settings.state_dir)
    account = server_account()
    data = state
    if account and not reachable_by(state, account):
        data = Path("/var/lib/hipper") / _short_hash(state)
    run = data / "run"
    if len(os.fsencode(run)) > _LONGEST_SOCKET_FOLDER:
        run = Path(tempfile.gettempdir()) / f"hipper-{os.geteuid()}-{_short_hash(state)}"
    return Places(data, run, account)


def server_account() -> Account | None:
    """PostgreSQL refuses to run as root: ``postgres`` when Debian's package made it, else ``nobody``."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    return None


def reachable_by(path: Path, account: Account) -> bool:
    """Whether the account may enter every folder down to ``path`` (those that do not exist yet will be
    ours)."""
    for folder in (path, *path.parents):
        if not folder.exists():
            continue
        status = folder.stat()
        shift = 6 if status.st_uid == account.uid else 3 if status.st_gid == account.gid else 0
        if not status.st_mode >> shift & 0o1:
            return False
    return True


def _short_hash(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]


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
