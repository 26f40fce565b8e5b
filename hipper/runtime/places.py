"""Where an installation keeps its data and its sockets, and which system user its servers run as."""

from __future__ import annotations

import hashlib
import os
import pwd
import tempfile
from pathlib import Path

import msgspec

from hipper.runtime.settings_model import Settings

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
    ``/root``): then ``/var/lib/hipper/<hash of state_dir>``, or below the first folder of ``STATE_DIRECTORY``
    (systemd.exec(5))."""
    state = Path(settings.state_dir)
    account = server_account()
    data = state
    if account and not reachable_by(state, account):
        outside = os.environ.get("STATE_DIRECTORY", "").partition(":")[0] or "/var/lib/hipper"
        data = Path(outside) / _short_hash(state)
    return Places(data, run_folder(data, state), account)


def run_folder(data: Path, state: Path | None = None) -> Path:
    """Where sockets of ``data`` are, under a path short enough for one. ``state``: what names it when
    ``data`` itself would be too long; None: ``data``."""
    run = data / "run"
    if len(os.fsencode(run)) <= _LONGEST_SOCKET_FOLDER:
        return run
    return Path(tempfile.gettempdir()) / f"hipper-{os.geteuid()}-{_short_hash(state or data)}"


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
    """Whether the account may enter every folder down to ``path`` (those that do not exist
    yet will be ours)."""
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
