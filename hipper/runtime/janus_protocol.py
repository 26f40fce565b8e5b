"""The conversation with a Janus over its WebSocket API, without the socket: requests out, answers in.

Janus answers a request by the ``transaction`` it was given: at once (``success``, ``error``), or, when a
plugin works in the background, first ``ack`` and later an ``event`` of the same transaction. Events without
one tell what happened of its own. Everything is JSON, one object a message.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

MOST_PENDING = 1000
LARGEST_MESSAGE = 256 * 1024

Body = Mapping[str, Any]


class Request(NamedTuple):
    transaction: str
    text: str


class Answered(NamedTuple):
    """``data``: of the plugin, or of Janus itself when no plugin was asked."""

    transaction: str
    data: dict[str, Any]


class Refused(NamedTuple):
    transaction: str
    why: str


class Happened(NamedTuple):
    """A plugin tells ``handle`` something nobody asked for."""

    handle: int
    data: dict[str, Any]


class SessionOver(NamedTuple):
    """Janus has ended the session: it heard nothing for too long, or stops."""


Told = Answered | Refused | Happened | SessionOver


class JanusProtocol:
    """``api_secret``: what Janus wants in each request, None: nothing. One session."""

    def __init__(self, api_secret: str | None = None) -> None:
        self._secret = api_secret
        self._count = 0
        self._pending: dict[str, bool] = {}
        """Transactions that were not answered; whether the answer is the event after the ack."""
        self.session: int | None = None

    def request(self, kind: str, *, later: bool = False, **fields: Any) -> Request:
        """``kind``: ``create``, ``attach``, ``message``… ``later``: the plugin answers in an event. Raises
        OverflowError when too many are unanswered."""
        if len(self._pending) >= MOST_PENDING:
            raise OverflowError(f"{MOST_PENDING} requests to Janus are unanswered")
        self._count += 1
        transaction = str(self._count)
        said: dict[str, Any] = {"janus": kind, "transaction": transaction, **fields}
        if self.session is not None:
            said["session_id"] = self.session
        if self._secret is not None:
            said["apisecret"] = self._secret
        self._pending[transaction] = later
        return Request(transaction, msgspec.json.encode(said).decode())

    def give_up(self, transaction: str) -> None:
        """Nobody waits for the answer any more."""
        self._pending.pop(transaction, None)

    def receive(self, text: str | bytes) -> Told | None:
        """None: nothing of interest. Raises ValueError for what is no message of Janus."""
        if len(text) > LARGEST_MESSAGE:
            raise ValueError("a message of Janus is too large")
        try:
            said = msgspec.json.decode(text, type=dict[str, Any])
        except msgspec.MsgspecError as error:
            raise ValueError(f"no message of Janus: {error}") from None
        kind, transaction = said.get("janus"), str(said.get("transaction", ""))
        if kind == "timeout":
            return SessionOver()
        if kind in ("success", "error", "event") and transaction in self._pending:
            if kind == "success" and self._pending[transaction]:
                return None
            del self._pending[transaction]
            return _answer(transaction, said)
        if kind == "event":
            return Happened(_number(said.get("sender")), _data(said))
        return None


def _answer(transaction: str, said: dict[str, Any]) -> Answered | Refused:
    if said["janus"] == "error":
        return Refused(transaction, _text(said.get("error"), "reason"))
    data = _data(said)
    if "error" in data or "error_code" in data:
        return Refused(transaction, str(data.get("error", data.get("error_code")))[:200])
    return Answered(transaction, data)


def _data(said: dict[str, Any]) -> dict[str, Any]:
    plugin = said.get("plugindata", {})
    found = plugin.get("data") if isinstance(plugin, dict) and "data" in plugin else said.get("data")
    return found if isinstance(found, dict) else {}


def _text(value: Any, key: str) -> str:
    return str(value.get(key, "refused"))[:200] if isinstance(value, dict) else "refused"


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0
