"""The secret of an installation: one random file from which every other key is derived."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from hipper.runtime.settings_model import Settings

_SECRET_BYTES = 32


class SecretError(ValueError):
    """The secret cannot be used; one readable line."""


def installation_secret(settings: Settings) -> bytes:
    """Read ``secret_file`` (default ``<state_dir>/secret``); the default one is made when missing, mode 0600.

    Raises SecretError."""
    path = Path(settings.secret_file) if settings.secret_file else Path(settings.state_dir) / "secret"
    try:
        if settings.secret_file is None and not path.exists():
            _make(path)
        secret = path.read_bytes().strip()
    except OSError as error:
        raise SecretError(f"{path}: the secret cannot be read: {error.strerror}") from None
    if len(secret) < 16:
        raise SecretError(f"{path}: the secret needs at least 16 bytes")
    return secret


def derive_key(secret: bytes, purpose: str) -> bytes:
    """32 bytes for one purpose (HKDF-expand with one block, RFC 5869 §2.3)."""
    return hmac.new(secret, purpose.encode() + b"\x01", hashlib.sha256).digest()


def derive_password(secret: bytes, purpose: str) -> str:
    """A password for one purpose: 48 characters of hexadecimal, safe in any URL."""
    return derive_key(secret, purpose).hex()[:48]


def keep_with_data(state: Path, data: Path) -> None:
    """The embedded database knows passwords made from the secret: where its data lies outside ``state_dir``,
    the secret lies there too, and ``state_dir`` has a link. Removing ``state_dir`` then locks nobody out."""
    kept, link = data / "secret", state / "secret"
    if link.is_symlink():
        return
    if not kept.exists():
        if link.exists():
            kept.touch(mode=0o600)
            kept.write_bytes(link.read_bytes())
        else:
            _make(kept)
    link.unlink(missing_ok=True)
    link.symlink_to(kept)


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_hex(_SECRET_BYTES))
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass  # another process of ours was first; its secret counts
    finally:
        draft.unlink()
