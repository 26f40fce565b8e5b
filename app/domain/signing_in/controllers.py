"""``/v1/sessions``, ``/v1/me/sessions``, ``/v1/me/password``."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, delete, get, post, put
from litestar.params import FromPath

from app.access import Principal, address_of, user_of
from app.bodies import body_of
from app.domain.signing_in.schemas import PasswordChange, Refresh, Sessions, SignIn, Tokens
from app.operations import Access, declared
from app.problems import (
    CODE_NEEDED,
    DIRECTORY_UNAVAILABLE,
    OVERLOADED,
    SESSION_ENDED,
    STORE_UNAVAILABLE,
    TOO_MANY_REQUESTS,
    WRONG_CODE,
    WRONG_PASSWORD,
)
from app.stores import Stores

_TRIED = (WRONG_PASSWORD, TOO_MANY_REQUESTS, STORE_UNAVAILABLE, DIRECTORY_UNAVAILABLE, OVERLOADED)
_TOKENS = {
    "session": "ses_5f0c2f6f9d3e4a1b8c7d6e5f",
    "access_token": "eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl",
    "expires_in_s": 600,
    "refresh_token": "hrt_8Jt2Qm5v",
    "token_type": "Bearer",
}

_SESSIONS = {
    "items": [
        {
            "id": "ses_5f0c2f6f9d3e4a1b8c7d6e5f",
            "device_name": "Anna's telefoon",
            "address": "192.0.2.7",
            "created": 1764000000.0,
            "used": 1764003600.0,
            "expires": 1769187600.0,
            "current": True,
        }
    ]
}


class SessionController(Controller):
    """Signing in."""

    path = "/v1"
    tags = ("signing in",)

    @post(
        "/sessions",
        operation_id="signIn",
        summary="Sign in with user@customer-domain and a password",
        opt=declared(
            Access.OPEN,
            body=SignIn,
            answer=Tokens,
            problems=(*_TRIED, CODE_NEEDED, WRONG_CODE),
            example={
                "user": "anna@bakkerijdevries.example",
                "password": "drie zoete kersen",
                "device_name": "Anna's telefoon",
            },
            shown=_TOKENS,
        ),
    )
    async def sign_in(self, request: Request[Any, Any, Any]) -> Tokens:
        """An unknown user and a wrong password are told alike. Who tries wrong passwords for one account from
        one address waits longer and longer (429, Retry-After)."""
        stores: Stores = request.app.state.stores
        return await stores.signing_in.sign_in(await body_of(request, SignIn), address_of(request))

    @post(
        "/sessions/refresh",
        operation_id="refreshSession",
        summary="Take the next pair of tokens",
        status_code=200,
        opt=declared(
            Access.OPEN,
            body=Refresh,
            answer=Tokens,
            problems=(SESSION_ENDED, TOO_MANY_REQUESTS, DIRECTORY_UNAVAILABLE),
            example={"refresh_token": "hrt_8Jt2Qm5v"},
            shown=_TOKENS,
        ),
    )
    async def refresh(self, request: Request[Any, Any, Any]) -> Tokens:
        """A refresh token works once; used a second time it ends the whole session."""
        stores: Stores = request.app.state.stores
        asked = await body_of(request, Refresh)
        return await stores.signing_in.refresh(asked.refresh_token, address_of(request))

    @get(
        "/me/sessions",
        operation_id="listSessions",
        summary="The devices I am signed in on",
        opt=declared(Access.USER, answer=Sessions, shown=_SESSIONS),
    )
    async def sessions(self, request: Request[Any, Any, Any]) -> Sessions:
        stores: Stores = request.app.state.stores
        principal: Principal = request.state.principal
        return await stores.signing_in.sessions_of(user_of(principal).subscriber, principal.session)

    @delete(
        "/me/sessions/{session:str}",
        operation_id="endSession",
        summary="Sign out a device of mine",
        opt=declared(Access.USER),
    )
    async def end(self, request: Request[Any, Any, Any], session: FromPath[str]) -> None:
        """Its tokens do not work any more from now on."""
        stores: Stores = request.app.state.stores
        await stores.signing_in.end(session)

    @put(
        "/me/password",
        operation_id="changePassword",
        summary="Change my password",
        status_code=204,
        opt=declared(
            Access.USER,
            body=PasswordChange,
            problems=_TRIED,
            example={"current": "drie zoete kersen", "new": "vier zure appels"},
        ),
    )
    async def change_password(self, request: Request[Any, Any, Any]) -> None:
        """Every other session ends."""
        stores: Stores = request.app.state.stores
        principal: Principal = request.state.principal
        change = await body_of(request, PasswordChange)
        await stores.signing_in.change_password(
            user_of(principal), principal.session or "", change, address_of(request)
        )
