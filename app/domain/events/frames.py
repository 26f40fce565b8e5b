"""One event on its way to a listener: as a server-sent event, or as a message of a WebSocket.

| event | data | id |
|---|---|---|
| ``snapshot`` | :class:`Snapshot`: everything as it is | yes |
| ``call`` | a call of mine, as in ``GET /v1/me/calls`` | yes |
| ``call_over`` | :class:`CallEnded` | yes |
| ``settings`` | :class:`Changed` | yes |
| ``voicemail``, ``playback`` | as their services tell | yes |
| ``presence`` | :class:`Presence`: of my telephones, and of the colleagues asked for | no |
| ``reset`` | nothing: forget everything, a snapshot follows or a new connection gets one | no |
| ``end`` | :class:`End`: why no more comes | no |
"""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from app.domain.calls.schemas import OwnCall
from app.domain.calls.showing import own_call
from app.domain.me.schemas import DeviceState
from hipper.contracts import bus as b
from hipper.pbx.ids import CallId, DeviceId, SubscriberId

HEARTBEAT = b": \n\n"
"""A comment (HTML, server-sent events): for whatever stands between that closes silent connections."""
_encode = msgspec.json.Encoder().encode
EntryId = tuple[int, int]
"""Of a Redis stream."""


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    calls: tuple[OwnCall, ...]


class CallEnded(msgspec.Struct, frozen=True, kw_only=True):
    id: CallId
    outcome: str
    at: float


class Changed(msgspec.Struct, frozen=True, kw_only=True):
    """``what``: the path below ``/v1/me`` to read again. ``by``: who did it, as the audit says."""

    what: str
    by: str
    at: float


class Presence(msgspec.Struct, frozen=True, kw_only=True):
    """``busy``: of colleagues; those who may not be seen are absent."""

    devices: dict[DeviceId, DeviceState]
    busy: dict[SubscriberId, bool]


class End(msgspec.Struct, frozen=True, kw_only=True):
    """``token`` (get another one), ``session`` (sign in), ``slow`` (come again without cursor)."""

    because: str


class Frame(NamedTuple):
    """``id`` None: what is not in the stream."""

    id: EntryId | None
    event: str
    data: bytes

    def sse(self) -> bytes:
        head = b"" if self.id is None else b"id: %d-%d\n" % self.id
        return b"%sevent: %s\ndata: %s\n\n" % (head, self.event.encode(), self.data)

    def text(self) -> str:
        """``{"id": …, "event": …, "data": …}``."""
        name = "null" if self.id is None else f'"{self.id[0]}-{self.id[1]}"'
        return f'{{"id":{name},"event":"{self.event}","data":{self.data.decode()}}}'


RESET = Frame(None, "reset", b"{}")


def frame(event: str, data: Any, entry: EntryId | None = None) -> Frame:
    return Frame(entry, event, _encode(data))


def end(because: str) -> Frame:
    return frame("end", End(because=because))


def frame_of(entry: EntryId, event: b.UserEvent) -> Frame | None:
    """None: nothing the app is told of."""
    body = event.body
    if isinstance(body, b.CallChanged):
        if body.live is None:
            return None
        return frame("call", own_call(body.live, incoming=body.incoming), entry)
    if isinstance(body, b.CallOver):
        return frame("call_over", CallEnded(id=body.call, outcome=body.outcome, at=body.at), entry)
    if isinstance(body, b.SettingsChanged):
        return frame("settings", Changed(what=body.what, by=body.by, at=body.at), entry)
    if isinstance(body, b.VoicemailChanged):
        return frame("voicemail", _plain(body), entry)
    return frame("playback", _plain(body), entry)


def _plain(body: b.VoicemailChanged | b.PlaybackChanged) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(body)
    told.pop("type", None)
    return told


def parse_entry(text: str) -> EntryId:
    """Raises ValueError."""
    milliseconds, separator, number = text.partition("-")
    if not (separator and milliseconds.isascii() and milliseconds.isdigit() and number.isdigit()):
        raise ValueError("not a cursor")
    return int(milliseconds), int(number)
