"""``/v1/me/explain`` and ``/v1/users/<user>/explain``: which rules decided a call, and what would ring."""

from __future__ import annotations

import re
from typing import Any

from litestar import Controller, Request, get, post
from litestar.params import FromPath

from app.access import user_of
from app.bodies import body_of
from app.domain.explain import services
from app.domain.explain.schemas import Would, WouldCall
from app.operations import Access, Query, declared
from app.problems import (
    INVALID_REQUEST,
    NO_REPLY,
    NOT_FOUND,
    OVERLOADED,
    STORE_UNAVAILABLE,
    ProblemError,
)
from fmc_gateway.records.explain import ExplainedCall
from hipper.pbx.ids import SubscriberId

_CALL = re.compile(r"[A-Za-z0-9_.\-]{1,64}")
_QUERY = (
    Query(
        "call",
        "id of the call, as in the history",
        {"type": "string", "pattern": "^[A-Za-z0-9_.-]{1,64}$"},
        required=True,
    ),
)
_RULE = {
    "rule": "profile.reject",
    "nl": "Het actieve profiel neemt geen oproepen van deze beller aan.",
    "en": "The active profile takes no calls of this caller.",
}
_PAST = {
    "call": "c_5f1e",
    "started": 1795800600.0,
    "answered": None,
    "ended": 1795800604.5,
    "outcome": "declined",
    "phase": None,
    "incoming": True,
    "other": "+31301234567",
    "withheld": False,
    "masked": False,
    "decided": _RULE,
    "decisions": [
        {"kind": "called", "decided": _RULE, "identity": None, "considered": [], "list": "business"}
    ],
    "devices": [
        {
            "device": "d_7d1c",
            "label": "Kantoor",
            "outcome": "switched_off",
            "nl": "Ging niet over door een instelling.",
            "en": "A setting kept it silent.",
            "why": _RULE,
            "detail": "The active profile takes no calls of this caller.",
        }
    ],
    "diversions": [],
}
_WOULD = {
    "direction": "incoming",
    "at": 1795800600.0,
    "now": False,
    "on_net": False,
    "withheld": False,
    "treated_as": "business",
    "assumed": ["registered", "free", "within_caps"],
    "explained": {
        "decided": _RULE,
        "considered": [],
        "rings": False,
        "no_answer_s": None,
        "devices": [
            {
                "device": "d_7d1c",
                "label": "Kantoor",
                "kind": "desk_phone",
                "number": None,
                "rings": False,
                "delay_s": 0.0,
                "confirm": False,
                "why": _RULE,
            }
        ],
        "goes_on": [
            {
                "when": "at_once",
                "then": "refused",
                "destination": None,
                "announcements": ["busy_in_meeting"],
                "why": _RULE,
            }
        ],
    },
}
_ASKED = {"called": "0201234501", "caller": "0301234567", "at": "2026-11-27T18:30"}
_GET: dict[str, Any] = {"answer": ExplainedCall, "query": _QUERY, "problems": (NOT_FOUND,), "shown": _PAST}
_GET_OWN = {**_GET, "problems": (NOT_FOUND, STORE_UNAVAILABLE, OVERLOADED, NO_REPLY)}
_POST: dict[str, Any] = {
    "body": WouldCall,
    "answer": Would,
    "example": _ASKED,
    "shown": _WOULD,
    "problems": (NOT_FOUND,),
    "reads": True,
}


class OwnExplainController(Controller):
    """Of my own calls."""

    path = "/v1/me/explain"
    tags = ("explain",)

    @get(
        "/",
        operation_id="explainCall",
        summary="Why a call of mine went as it did",
        opt=declared(Access.USER, **_GET_OWN),
    )
    async def past(self, request: Request[Any, Any, Any]) -> ExplainedCall:
        """Which rules decided, and why each telephone of mine did or did not ring. Of a call that is still
        going on (``phase``), what was decided so far, and what my telephones do now. What a colleague has set
        is that colleague's business, and a number that was withheld stays so."""
        state = request.app.state
        account = user_of(request.state.principal)
        return await services.own_call(state.stores, state.commands, account, call_of(request))

    @post(
        "/",
        status_code=200,
        operation_id="explainDryRun",
        summary="What would ring if somebody called me then, or what would happen if I called",
        opt=declared(Access.USER, **_POST),
    )
    async def dry_run(self, request: Request[Any, Any, Any]) -> Would:
        """The decision a call would get, with the settings of now and the facts of that moment as far as
        they are known: ``assumed`` says what is not. Nothing rings and nothing is stored. With ``direction``
        ``outgoing`` I call: where that goes, what is shown, what the calling plan says, who pays, and what I
        would hear of a colleague."""
        subscriber = user_of(request.state.principal).subscriber
        asked = await body_of(request, WouldCall)
        return await services.would_be(request.app.state.stores, subscriber, asked, request.app.state.clock)


class UserExplainController(Controller):
    """Of the calls of a user, for who administers the user."""

    path = "/v1/users/{user:str}/explain"
    tags = ("explain",)

    @get(
        "/",
        operation_id="explainCallOfUser",
        summary="Why a call of a user went as it did",
        opt=declared(Access.ADMINISTRATOR, **_GET),
    )
    async def past(self, request: Request[Any, Any, Any], user: FromPath[str]) -> ExplainedCall:
        """As the user sees it, but without the numbers of private calls and calls to helplines
        (``masked``), and of calls that are over only."""
        return await services.call_of_user(request.app.state.stores, SubscriberId(user), call_of(request))

    @post(
        "/",
        status_code=200,
        operation_id="explainDryRunOfUser",
        summary="What would ring if somebody called a user then, or what would happen if the user called",
        opt=declared(Access.ADMINISTRATOR, **_POST),
    )
    async def dry_run(self, request: Request[Any, Any, Any], user: FromPath[str]) -> Would:
        """As the user may ask, but who stands in the user's contact lists is not told: everybody counts as
        somebody who is in neither. Nor is told whom the user called last."""
        asked = await body_of(request, WouldCall)
        return await services.would_be(
            request.app.state.stores, SubscriberId(user), asked, request.app.state.clock, by_others=True
        )


def call_of(request: Request[Any, Any, Any]) -> str:
    """Raises ProblemError: 400."""
    call = request.query_params.get("call", "")
    if not _CALL.fullmatch(call):
        raise ProblemError(
            INVALID_REQUEST, "?call= names a call by its id", "?call= noemt een gesprek met zijn id"
        )
    return call
