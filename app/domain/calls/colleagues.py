"""``/v1/calls``: calls of my group that ring or are parked, and taking one (seed 9, Call Pickup and Park)."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, get, post
from litestar.params import FromPath

from app.access import user_of
from app.bodies import body_of
from app.domain.calls import schemas as s
from app.domain.calls.controllers import ASKED, CALL, DONE, KEY, commands_of, who
from app.domain.calls.showing import open_calls
from app.operations import Access, declared
from app.problems import STORE_UNAVAILABLE
from app.stores import Stores
from hipper.contracts import bus as b
from hipper.pbx.ids import CallId, DeviceId

_NOBODY = {"withheld": True, "number": None, "extension": None, "name": None, "text": ""}
_BRAM = {"withheld": False, "number": None, "extension": "202", "name": "Bram Bakker", "text": "202"}
_OPEN = {
    "items": [
        {
            "id": CALL,
            "state": "ringing",
            "caller": _NOBODY,
            "called": _BRAM,
            "at": None,
            "since": 1795338000.0,
        }
    ]
}
_TAKE: dict[str, Any] = {
    "body": s.TakeWish,
    "answer": s.Done,
    "example": {"device": "d_7d1c"},
    "shown": DONE,
    "headers": (KEY,),
    "problems": ASKED,
}


class ColleagueCallController(Controller):
    """Calls of my group that I may take."""

    path = "/v1/calls"
    tags = ("calls of colleagues",)

    @get(
        "/",
        operation_id="listOpenCalls",
        summary="Calls of my group that ring at somebody, or are parked",
        opt=declared(Access.USER, answer=s.OpenCalls, shown=_OPEN, problems=(STORE_UNAVAILABLE,)),
    )
    async def all(self, request: Request[Any, Any, Any]) -> s.OpenCalls:
        """A number that is withheld is withheld here, and who has Privacy on is not listed."""
        stores: Stores = request.app.state.stores
        account = user_of(request.state.principal)
        return s.OpenCalls(items=await open_calls(stores.bus, account.group))

    @post(
        "/{open_call:str}/pick-up",
        operation_id="pickUp",
        summary="Pick up a call that rings: a telephone of mine rings with the others",
        status_code=200,
        opt=declared(Access.USER, **_TAKE),
    )
    async def pick_up(self, request: Request[Any, Any, Any], open_call: FromPath[str]) -> s.Done:
        """Whichever telephone answers first has the call. What the call's state does not allow is 409
        `call-state`, what the service pack does not hold 403 `call-barred`."""
        wanted = await body_of(request, s.TakeWish)
        command = b.PickUp(**who(request), device=_device(wanted))
        return await commands_of(request).ask(request, command, CallId(open_call))

    @post(
        "/{open_call:str}/retrieve",
        operation_id="retrieve",
        summary="Take a parked call: a telephone of mine rings for it",
        status_code=200,
        opt=declared(Access.USER, **_TAKE),
    )
    async def retrieve(self, request: Request[Any, Any, Any], open_call: FromPath[str]) -> s.Done:
        """What the call's state does not allow is 409 `call-state`."""
        wanted = await body_of(request, s.TakeWish)
        command = b.Retrieve(**who(request), device=_device(wanted))
        return await commands_of(request).ask(request, command, CallId(open_call))


def _device(wanted: s.TakeWish) -> DeviceId | None:
    return None if wanted.device is None else DeviceId(wanted.device)
