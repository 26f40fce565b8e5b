"""``/v1/me/availability`` and ``/v1/me/holidays``: when I can be reached, and how."""

from __future__ import annotations

import re
from typing import Any

from litestar import Controller, Request, Response, delete, get, put
from litestar.params import FromPath

from app.access import Principal, user_of
from app.bodies import body_of
from app.domain.availability import holidays, services, wanted
from app.domain.availability.schemas import (
    AvailabilityShown,
    AvailabilityWanted,
    Holidays,
    ProfileChoice,
    Route,
)
from app.domain.me.controllers import versioned
from app.domain.me.services import context_of
from app.etags import check_if_match
from app.operations import Access, Query, declared
from app.problems import INVALID_REQUEST, ProblemError
from app.stores import Stores

_RINGS = {"action": "ring", "devices": None, "destination": None, "announcement": "no_calls_taken"}
_REJECTS = {**_RINGS, "action": "reject"}
_MEETING = {**_REJECTS, "announcement": "busy_in_meeting"}
_SHOWN = {
    "active": {"profile": "meeting", "by": "hand", "until": 1795800600.0, "schedule": None},
    "numbers": [
        {
            "number": "fixed",
            "id": "fixed",
            "kind": "fixed",
            "text": "020 123 4501",
            "chosen": True,
            "schedule": "kantoor",
            "inside": _RINGS,
            "outside": _REJECTS,
            "inside_now": True,
        }
    ],
    "profiles": [
        {
            "name": "meeting",
            "nl": "In vergadering",
            "en": "Meeting",
            "standard": True,
            "business": _MEETING,
            "private": _MEETING,
        }
    ],
    "by_schedule": [],
    "schedules": [{"name": "kantoor", "of_group": False, "holds_now": True}],
}
_WANTED = {
    "numbers": [{"number": "fixed", "outside": {"action": "reject", "announcement": "out_of_office"}}],
    "profiles": [{"name": "Markt", "business": {"action": "forward", "destination": "201"}}],
}
_ROUTE = {"inside": {"action": "ring"}, "outside": {"action": "reject", "announcement": "out_of_office"}}
_HOLIDAYS = {
    "year": 2026,
    "country": "NL",
    "items": [
        {
            "date": "2026-04-27",
            "name": "Koningsdag",
            "english": "King's Day",
            "kind": "public",
            "schedule": None,
        }
    ],
    "schedules": ["feestdagen"],
}
_YEAR = (Query("year", "which one; this year", {"type": "integer", "minimum": 1900, "maximum": 2200}),)
_CHANGED: dict[str, Any] = {"answer": AvailabilityShown, "versioned": True, "shown": _SHOWN}


class AvailabilityController(Controller):
    """When I can be reached."""

    path = "/v1/me/availability"
    tags = ("availability",)

    @get(
        "/",
        operation_id="getAvailability",
        summary="When I can be reached, and how",
        opt=declared(Access.USER, answer=AvailabilityShown, versioned=True, shown=_SHOWN),
    )
    async def availability(self, request: Request[Any, Any, Any]) -> Response[Any]:
        """For each of my numbers its schedule and what happens inside and outside it, my profiles, and the
        one that is active now. A profile narrows what a number lets through."""
        return await _answer(request)

    @put(
        "/",
        operation_id="setAvailability",
        summary="Set numbers, profiles and schedules of profiles",
        opt=declared(Access.USER, body=AvailabilityWanted, example=_WANTED, **_CHANGED),
    )
    async def set_all(self, request: Request[Any, Any, Any]) -> Response[Any]:
        """Holds for the next call. The profile that was chosen by hand stays chosen while it exists."""
        return await _change(request, wanted.whole(await body_of(request, AvailabilityWanted)))

    @put(
        "/profile",
        operation_id="chooseProfile",
        summary="Switch to a profile",
        opt=declared(
            Access.USER,
            body=ProfileChoice,
            example={"profile": "meeting", "until": "2126-11-27T18:30"},
            **_CHANGED,
        ),
    )
    async def choose(self, request: Request[Any, Any, Any]) -> Response[Any]:
        """By hand: until something else is chosen, or until a time; ``null``: by schedule again. Holds for
        the next call."""
        choice = await body_of(request, ProfileChoice)
        return await _change(request, wanted.by_hand(choice, request.app.state.clock.unix()))

    @put(
        "/numbers/{own_number:str}",
        operation_id="setRoute",
        summary="Set what happens to calls to one of my numbers",
        opt=declared(Access.USER, body=Route, example=_ROUTE, **_CHANGED),
    )
    async def set_route(self, request: Request[Any, Any, Any], own_number: FromPath[str]) -> Response[Any]:
        """``mobile``, ``fixed``, ``extension``, or the digits of an alternate number (its ``id``)."""
        route = await body_of(request, Route)
        return await _change(request, wanted.of_number(own_number, route))

    @delete(
        "/numbers/{own_number:str}",
        status_code=200,
        operation_id="forgetRoute",
        summary="Let a number of mine always ring",
        opt=declared(Access.USER, **_CHANGED),
    )
    async def forget_route(self, request: Request[Any, Any, Any], own_number: FromPath[str]) -> Response[Any]:
        """As if nothing had ever been set for it."""
        return await _change(request, wanted.of_number(own_number, None))


class HolidayController(Controller):
    """Days off."""

    path = "/v1/me/holidays"
    tags = ("availability",)

    @get(
        "/",
        operation_id="listHolidays",
        summary="Public holidays, and those of my schedules and my group's",
        opt=declared(Access.USER, answer=Holidays, query=_YEAR, shown=_HOLIDAYS),
    )
    async def holidays(self, request: Request[Any, Any, Any]) -> Holidays:
        """Own days are events of ``/v1/me/services/schedules``. Public holidays count in a schedule that
        says so."""
        stores: Stores = request.app.state.stores
        context = await context_of(stores.own, user_of(request.state.principal))
        year = request.query_params.get("year")
        if year is None:
            return holidays.holidays(context, holidays.this_year(context, request.app.state.clock.unix()))
        if not re.fullmatch(r"[0-9]{4}", year) or not 1900 <= int(year) <= 2200:
            raise ProblemError(INVALID_REQUEST, "year is 1900 to 2200", "year is 1900 tot 2200")
        return holidays.holidays(context, int(year))


async def _answer(request: Request[Any, Any, Any]) -> Response[Any]:
    account = user_of(request.state.principal)
    shown = await services.shown(request.app.state.stores, account, request.app.state.clock)
    return versioned(request, shown, services.version_of(shown))


async def _change(request: Request[Any, Any, Any], make: wanted.Change) -> Response[Any]:
    principal: Principal = request.state.principal
    stores, clock = request.app.state.stores, request.app.state.clock

    def check(version: str) -> None:
        check_if_match(request, version)

    await services.change(stores, user_of(principal), principal.name, make, check, clock)
    return await _answer(request)
