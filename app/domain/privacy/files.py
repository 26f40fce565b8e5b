"""The files of an export: one of JSON for each kind of thing that is known about a user, and a README in the
user's language. Made piece by piece, so that nobody has the whole of it in memory."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import AsyncIterator
from typing import IO, Any, NamedTuple

import msgspec

from app.domain.history import services as history
from app.domain.privacy.readme import KINDS_SAID, readme
from app.domain.privacy.schemas import AuditLine
from fmc_gateway.records import history as records
from hipper.directory.accounts import Account
from hipper.directory.audit_reading import audit_of

BATCH = 500
PIECE = 256 * 1024
"""Bytes that are handed on at once."""
HIDDEN = ("password_hash", "secret", "code_hash", "token_hash")
"""Columns that open something."""
TABLES = {
    "user": (
        "directory.subscribers",
        "app.accounts",
        "app.second_factors",
        "app.email_changes",
        "app.password_resets",
    ),
    "numbers": ("directory.numbers",),
    "telephones": ("directory.devices",),
    "settings": ("directory.subscriber_services", "app.overviews"),
    "contacts": ("directory.contacts", "directory.contact_numbers"),
    "sessions": ("app.sessions",),
    "exports": ("app.exports",),
}
"""By kind, every table that refers to a user; read by the role that owns it."""
README = {"nl": "LEESMIJ.txt", "en": "README.txt"}
TOTAL = len(KINDS_SAID) + 1
"""Files of an export."""
assert set(KINDS_SAID) == {*TABLES, "calls", "changes"}


class Connections(NamedTuple):
    """Connections or pools of three roles."""

    own: Any
    directory: Any
    records: Any


class Part(NamedTuple):
    """Some of the file ``name``; ``nth`` of :data:`TOTAL`."""

    name: str
    data: bytes
    nth: int


class TooLarge(Exception):  # noqa: N818 - says what it is
    """There is more of it than an export may hold."""


async def files_of(conns: Connections, account: Account, now: float) -> AsyncIterator[Part]:
    """Parts of one file come one after the other. ``now``: Unix seconds. Raises what asyncpg raises."""
    language = "nl" if account.language == "nl" else "en"
    yield Part(README[language], readme(account.aor, language, now).encode(), 1)
    for nth, (kind, tables) in enumerate(TABLES.items(), start=2):
        found = {table.partition(".")[2]: await _rows(conns, table, account) for table in tables}
        yield Part(f"{kind}.json", _indented(found), nth)
    nth = len(TABLES) + 2
    yield Part("calls.json", b"[", nth)
    comma = b""
    async for call in _calls(conns.records, account):
        yield Part("calls.json", comma + b"\n" + _indented(call), nth)
        comma = b","
    yield Part("calls.json", b"\n]\n", nth)
    yield Part("changes.json", _indented(await _changes(conns.directory, account)) + b"\n", nth + 1)


async def _rows(conns: Connections, table: str, account: Account) -> list[Any]:
    conn = conns.directory if table.startswith("directory.") else conns.own
    query = f"SELECT (to_jsonb(t) - $2::text[])::text FROM {table} t WHERE subscriber_id = $1"  # noqa: S608
    rows = await conn.fetch(query, account.subscriber, list(HIDDEN))
    return [msgspec.json.decode(row[0]) for row in rows]


async def _calls(conn: Any, account: Account) -> AsyncIterator[Any]:
    """As in the list of calls; of a number that was withheld from the user there is nothing in it."""
    before = records.NEWEST
    while page := await records.history(conn, account.subscriber, before=before, limit=BATCH):
        for entry in await history.shown(conn, account, page):
            yield entry
        before = records.position_of(page[-1])


async def _changes(conn: Any, account: Account) -> list[AuditLine]:
    return [
        AuditLine(at=row["at"].timestamp(), by=row["by"], subject=row["subject"], change=row["change"])
        for row in await audit_of(conn, account.tenant, account.aor)
    ]


def _indented(value: Any) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=2)


class _Pieces(io.RawIOBase):
    """What a ZIP is written to: no file, so that it is never all there."""

    def __init__(self) -> None:
        super().__init__()
        self._waiting = bytearray()

    def __len__(self) -> int:
        return len(self._waiting)

    def write(self, data: Any, /) -> int:
        before = len(self._waiting)
        self._waiting += data
        return len(self._waiting) - before

    def take(self, most: int) -> bytes:
        taken = bytes(self._waiting[:most])
        del self._waiting[:most]
        return taken


class Piece(NamedTuple):
    """Of the ZIP. ``done``: so many files of it are complete."""

    data: bytes
    done: int


async def zipped(parts: AsyncIterator[Part], now: float, most: int) -> AsyncIterator[Piece]:
    """``now``: Unix seconds, when the files were made; ``most``: bytes before they are compressed. A piece
    that is empty says only how far it is. Raises TooLarge, and what ``parts`` raises."""
    out, size, name = _Pieces(), 0, ""
    entry: IO[bytes] | None = None
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        try:
            async for part in parts:
                if part.name != name:
                    name = part.name
                    if entry is not None:
                        entry.close()
                        yield Piece(b"", part.nth - 1)
                    entry = archive.open(_entry(name, now), "w")
                size += len(part.data)
                if size > most:
                    raise TooLarge
                assert entry is not None
                entry.write(part.data)
                while len(out) >= PIECE:
                    yield Piece(out.take(PIECE), part.nth - 1)
        finally:
            if entry is not None:
                entry.close()
    while len(out):
        yield Piece(out.take(PIECE), TOTAL)


def _entry(name: str, now: float) -> zipfile.ZipInfo:
    """Of a file that its owner alone may read."""
    entry = zipfile.ZipInfo(name, time.gmtime(now)[:6])
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o600 << 16
    return entry
