"""Requests to the API: tokens, versions, repeats, streams. What the generated operations stand on."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, Generic, TypeVar
from urllib.parse import quote

import httpx
import msgspec

from hipper_api.enums import OpenEnum
from hipper_api.errors import HipperError, NoAnswer, ProblemError, UnexpectedAnswer, problem_of
from hipper_api.problems import KINDS
from hipper_api.streams import Event, events_of

T = TypeVar("T")
_IDEMPOTENCY_KEY = "Idempotency-Key"
_RECONNECT_AFTER_S = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)


class TokenPair(msgspec.Struct, frozen=True, kw_only=True):
    """What signing in gives. ``session``: its name in the list of sessions."""

    session: str
    access_token: str
    refresh_token: str


class Versioned(msgspec.Struct, Generic[T], frozen=True):
    """``etag``: for ``if_match`` of a change, so that nobody else's is overwritten."""

    value: T
    etag: str | None


TokensKept = Callable[[TokenPair], Awaitable[None]]


class Transport:
    """``key``: an API key, for programs; else :meth:`sign_in` or ``tokens`` of before. ``on_tokens`` is told
    of every new pair before it is used: a refresh token works once. ``language``: of problems, ``nl`` or
    ``en``. ``http``: an httpx client of your own, which stays open."""

    def __init__(
        self,
        address: str,
        *,
        key: str | None = None,
        tokens: TokenPair | None = None,
        on_tokens: TokensKept | None = None,
        language: str = "en",
        http: httpx.AsyncClient | None = None,
    ) -> None:
        self._http = http or httpx.AsyncClient(timeout=15.0)
        self._owned = http is None
        self._address = address.rstrip("/")
        self._key = key
        self._on_tokens = on_tokens
        self._language = language
        self._refreshing = asyncio.Lock()
        self.tokens = tokens

    async def aclose(self) -> None:
        if self._owned:
            await self._http.aclose()

    async def sign_in(self, user: str, password: str, device_name: str = "", code: str = "") -> TokenPair:
        """Raises ProblemError: WrongPassword, CodeNeeded, WrongCode, TooManyRequests."""
        body = {"user": user, "password": password, "device_name": device_name, "code": code}
        answer = await self._send("POST", "/v1/sessions", {}, body, {}, token=None)
        return await self._keep(answer)

    async def _keep(self, answer: httpx.Response) -> TokenPair:
        pair: TokenPair = decoded(answer, TokenPair)
        if self._on_tokens is not None:
            await self._on_tokens(pair)
        self.tokens = pair
        return pair

    # --- one request ------------------------------------------------------------------------------

    async def ask(
        self,
        method: str,
        path: str,
        *,
        open_to_all: bool = False,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        media: str = "application/json",
        headers: Mapping[str, str | None] | None = None,
    ) -> httpx.Response:
        """The answer, of status 2xx or 304. ``path``: below the address, ids already quoted. ``headers``:
        None stands for one that is left out. Raises HipperError."""
        given = {name: value for name, value in (headers or {}).items() if value is not None}
        if _IDEMPOTENCY_KEY in (headers or {}):
            given.setdefault(_IDEMPOTENCY_KEY, str(uuid.uuid4()))
        token = None if open_to_all else self._token()
        try:
            return await self._send(method, path, query or {}, body, given, token=token, media=media)
        except NoAnswer:
            if _IDEMPOTENCY_KEY not in given:
                raise
            return await self._send(method, path, query or {}, body, given, token=token, media=media)
        except ProblemError as problem:
            if problem.kind != "unauthenticated" or token is None or not await self._refreshed(token):
                raise
            return await self._send(method, path, query or {}, body, given, token=self._token(), media=media)

    def _token(self) -> str | None:
        return self._key or (self.tokens.access_token if self.tokens is not None else None)

    async def _send(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any],
        body: Any,
        headers: Mapping[str, str],
        *,
        token: str | None,
        media: str = "application/json",
    ) -> httpx.Response:
        request = self._request(method, path, query, body, headers, token, media)
        try:
            answer = await self._http.send(request)
        except httpx.TransportError as error:
            raise NoAnswer(f"{type(error).__name__}: {error}") from error
        if answer.status_code >= 400:
            raise problem_of(answer, KINDS)
        return answer

    def _request(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any],
        body: Any,
        headers: Mapping[str, str],
        token: str | None,
        media: str,
    ) -> httpx.Request:
        named = {"Accept-Language": self._language, **headers}
        if token is not None:
            named["Authorization"] = f"Bearer {token}"
        content = None
        if body is not None:
            named["Content-Type"] = media
            content = body if isinstance(body, bytes) else msgspec.json.encode(body)
        params = {name: _written(value) for name, value in query.items() if value is not None}
        return self._http.build_request(
            method, self._address + path, params=params, content=content, headers=named
        )

    async def _refreshed(self, refused: str) -> bool:
        """Whether there is another access token than ``refused`` now. Of many requests that are refused at
        once one fetches it. Raises HipperError."""
        async with self._refreshing:
            if self.tokens is None:
                return False
            if self.tokens.access_token != refused:
                return True
            body = {"refresh_token": self.tokens.refresh_token}
            await self._keep(await self._send("POST", "/v1/sessions/refresh", {}, body, {}, token=None))
            return True

    # --- streams ----------------------------------------------------------------------------------

    async def stream(
        self, path: str, *, query: Mapping[str, Any] | None = None, after: str | None = None
    ) -> AsyncIterator[Event]:
        """Events (server-sent), from the one after ``after`` on. Connects again by itself, where it was. Ends
        with what the API refuses."""
        failures = 0
        while True:
            try:
                async for event in self._listen(path, query or {}, after):
                    failures = 0
                    after = event.id or after
                    yield event
            except ProblemError as problem:
                if problem.kind == "unauthenticated" and self.tokens is not None and failures == 0:
                    await self._refreshed(self.tokens.access_token)
                elif problem.status < 500 and problem.status != 429:
                    raise
            except NoAnswer:
                pass
            await asyncio.sleep(_RECONNECT_AFTER_S[min(failures, len(_RECONNECT_AFTER_S) - 1)])
            failures += 1

    async def _listen(self, path: str, query: Mapping[str, Any], after: str | None) -> AsyncIterator[Event]:
        headers = {"Accept": "text/event-stream"}
        if after is not None:
            headers["Last-Event-ID"] = after
        request = self._request("GET", path, query, None, headers, self._token(), "")
        request.extensions["timeout"] = {"connect": 15.0, "read": 90.0, "write": 15.0, "pool": 15.0}
        try:
            answer = await self._http.send(request, stream=True)
            try:
                if answer.status_code >= 400:
                    await answer.aread()
                    raise problem_of(answer, KINDS)
                async for event in events_of(answer.aiter_lines()):
                    yield event
            finally:
                await answer.aclose()
        except httpx.TransportError as error:
            raise NoAnswer(f"{type(error).__name__}: {error}") from error


def decoded(answer: httpx.Response, kind: Any) -> Any:
    """The body as ``kind``. Raises UnexpectedAnswer."""
    try:
        return msgspec.json.decode(answer.content, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnexpectedAnswer(f"{answer.request.method} {answer.request.url.path}: {error}") from error


def versioned(answer: httpx.Response, kind: Any, known: Versioned[T] | None = None) -> Versioned[T]:
    """With its ETag; ``known`` itself when that is what still holds."""
    if answer.status_code == 304 and known is not None:
        return known
    return Versioned(decoded(answer, kind), answer.headers.get("etag"))


def quoted(part: object) -> str:
    """One part of a path."""
    return quote(str(part), safe="")


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value.value if isinstance(value, OpenEnum) else value)


__all__ = ["HipperError", "TokenPair", "Transport", "Versioned", "decoded", "quoted", "versioned"]
