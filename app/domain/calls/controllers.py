"""``/v1/me/calls``: my calls now, and what can be asked of them. Each command is a route of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from litestar import Controller, Request, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from app.access import user_of
from app.bodies import body_of
from app.domain.calls import schemas as s
from app.domain.calls.services import Commands
from app.domain.calls.showing import calls_of
from app.operations import Access, Query, declared
from app.problems import (
    CALL_BARRED,
    CALL_STATE,
    EMERGENCY_CALL,
    INVALID_SETTINGS,
    KEY_REUSED,
    NO_REPLY,
    NOT_AVAILABLE,
    NOT_FOUND,
    NOT_REACHABLE,
    OVERLOADED,
    STORE_UNAVAILABLE,
)
from app.stores import Stores
from hipper.contracts import bus as b
from hipper.pbx.ids import CallId, DeviceId, LegId

CALL = "0f9c2a7d41"
_PARTY = {
    "withheld": False,
    "number": "+31301234567",
    "extension": None,
    "name": None,
    "text": "030 123 4567",
}
_OWN = {**_PARTY, "number": "+31201234501", "extension": "201", "name": "Anna de Vries", "text": "201"}
_CALLS = {
    "items": [
        {
            "id": CALL,
            "direction": "outgoing",
            "phase": "established",
            "other": _PARTY,
            "device": "d_7d1c",
            "ringing": [],
            "started": 1795338000.0,
            "answered": 1795338006.5,
            "held_by_me": False,
            "held_by_other": False,
            "recording": "off",
            "untouchable": False,
            "legs": [
                {
                    "id": f"{CALL}-a",
                    "mine": True,
                    "device": "d_7d1c",
                    "holds": False,
                    "party": _OWN,
                    "muted": False,
                    "moderates": False,
                },
                {
                    "id": f"{CALL}-b1",
                    "mine": False,
                    "device": None,
                    "holds": False,
                    "party": _PARTY,
                    "muted": False,
                    "moderates": False,
                },
            ],
            "conference": False,
        }
    ]
}
DONE = {"call": CALL, "status": "done"}
ASKED = (
    *(CALL_STATE, NOT_AVAILABLE, NOT_REACHABLE, KEY_REUSED, INVALID_SETTINGS, EMERGENCY_CALL, CALL_BARRED),
    *(STORE_UNAVAILABLE, OVERLOADED, NO_REPLY),
)
KEY = Query(
    "Idempotency-Key",
    "of one tap: asked again within ten minutes it is not done again, and the answer is the same",
    {"type": "string", "pattern": "^[!-~]{1,128}$"},
)


class Ask(NamedTuple):
    """A command: where, what it is called, its body and an example, and what it is on the bus."""

    path: str
    name: str
    summary: str
    body: Any
    example: Any
    make: Callable[[dict[str, Any], Any], b.CallCommand]


def _device(wanted: Any) -> DeviceId | None:
    return None if wanted.device is None else DeviceId(wanted.device)


ASKS = (
    Ask("hang-up", "hangUp", "End it", None, None, lambda who, _: b.HangUp(**who)),
    Ask(
        "decline",
        "decline",
        "Do not take it; with `device`, on that telephone",
        s.OnDevice,
        {},
        lambda who, wanted: b.Decline(**who, device=_device(wanted)),
    ),
    Ask(
        "hold",
        "hold",
        "Put the other on hold",
        s.OnDevice,
        {},
        lambda who, w: b.Hold(**who, device=_device(w)),
    ),
    Ask(
        "resume", "resume", "Go on talking", s.OnDevice, {}, lambda who, w: b.Resume(**who, device=_device(w))
    ),
    Ask(
        "alternate",
        "alternate",
        "Hold this call and resume the other",
        s.WithCall,
        {"other": "7be0c61290"},
        lambda who, w: b.Alternate(**who, other=CallId(w.other)),
    ),
    Ask(
        "pull",
        "pull",
        "Take it over on another telephone of mine, as *11 does",
        s.ToDevice,
        {"to": "d_7d1c"},
        lambda who, w: b.Pull(**who, to=DeviceId(w.to)),
    ),
    Ask(
        "push",
        "push",
        "Send it to another telephone of mine",
        s.PushWish,
        {"to": "d_7d1c"},
        lambda who, w: b.Push(**who, to=DeviceId(w.to), device=_device(w)),
    ),
    Ask(
        "transfer",
        "transfer",
        "Transfer it without consultation",
        s.TransferWish,
        {"destination": "202", "return_on_failure": True},
        lambda who, w: b.TransferBlind(
            **who,
            destination=w.destination,
            return_on_failure=w.return_on_failure,
            keep_until=w.keep_until,
            no_answer_s=w.no_answer_s,
        ),
    ),
    Ask(
        "consult",
        "consult",
        "Consult somebody: the other hears music",
        s.ToDestination,
        {"destination": "202"},
        lambda who, w: b.Consult(**who, destination=w.destination),
    ),
    Ask(
        "consult/complete",
        "completeConsultation",
        "Join the two and leave",
        None,
        None,
        lambda who, _: b.ConsultComplete(**who),
    ),
    Ask(
        "consult/cancel",
        "cancelConsultation",
        "Go back to the first",
        None,
        None,
        lambda who, _: b.ConsultCancel(**who),
    ),
    Ask(
        "consult/swap",
        "swapConsultation",
        "Talk to the one who hears music",
        None,
        None,
        lambda who, _: b.ConsultSwap(**who),
    ),
    Ask(
        "join",
        "join",
        "Join the others of two calls of mine, and leave",
        s.WithCall,
        {"other": "7be0c61290"},
        lambda who, w: b.Join(**who, other=CallId(w.other)),
    ),
    Ask(
        "conference",
        "confer",
        "Make a conference of it, with whom I consult and with other calls of mine",
        s.ConferenceWish,
        {"calls": ["7be0c61290"], "goes_on": False},
        lambda who, w: b.Conference(**who, calls=tuple(CallId(one) for one in w.calls), goes_on=w.goes_on),
    ),
    Ask(
        "conference/add",
        "addToConference",
        "Call somebody into the conference",
        s.ToDestination,
        {"destination": "203"},
        lambda who, w: b.ConferenceAdd(**who, destination=w.destination),
    ),
    Ask(
        "conference/remove",
        "removeFromConference",
        "Put somebody out of the conference",
        s.OfLeg,
        {"leg": f"{CALL}-b2"},
        lambda who, w: b.ConferenceRemove(**who, leg=LegId(w.leg)),
    ),
    Ask(
        "conference/mute",
        "muteInConference",
        "Let nobody hear somebody, or again",
        s.MuteWish,
        {"leg": f"{CALL}-b2", "muted": True},
        lambda who, w: b.ConferenceMute(**who, leg=LegId(w.leg), muted=w.muted),
    ),
    Ask(
        "park",
        "park",
        "Let the other wait at an extension for anybody of my group",
        s.ParkWish,
        {"on": "202"},
        lambda who, w: b.Park(**who, on=w.on),
    ),
    Ask(
        "digits",
        "sendDigits",
        "Press keys",
        s.DigitsWish,
        {"digits": "1#"},
        lambda who, w: b.Digits(**who, digits=w.digits, device=_device(w)),
    ),
    Ask(
        "recording",
        "controlRecording",
        "Start, pause, resume or stop recording",
        s.RecordingWish,
        {"action": "start"},
        lambda who, w: b.RecordingControl(**who, action=w.action),
    ),
)


class CallController(Controller):
    """My live calls."""

    path = "/v1/me/calls"
    tags = ("my calls",)

    @get(
        "/",
        operation_id="listMyCalls",
        summary="My calls now",
        opt=declared(Access.USER, answer=s.OwnCalls, shown=_CALLS, problems=(STORE_UNAVAILABLE,)),
    )
    async def all(self, request: Request[Any, Any, Any]) -> s.OwnCalls:
        """Those that ring me too. A number that is withheld is withheld here."""
        stores: Stores = request.app.state.stores
        account = user_of(request.state.principal)
        return s.OwnCalls(items=await calls_of(stores.bus, account.subscriber))

    @post(
        "/",
        operation_id="dial",
        summary="Call somebody: my telephone rings first, then the other side",
        opt=declared(
            Access.USER,
            body=s.DialWish,
            answer=s.Done,
            example={"destination": "030 123 4567"},
            shown=DONE,
            headers=(KEY,),
            problems=(*ASKED, NOT_FOUND),
        ),
    )
    async def dial(self, request: Request[Any, Any, Any]) -> s.Done:
        """Calling plan and caps hold as for every call. 112 is not called this way: `emergency-call`."""
        wanted = await body_of(request, s.DialWish)
        device = _device(wanted)
        command = b.Dial(
            **who(request), destination=wanted.destination, device=device, anonymous=wanted.anonymous
        )
        return await commands_of(request).ask(request, command, None)


def who(request: Request[Any, Any, Any]) -> dict[str, Any]:
    account = user_of(request.state.principal)
    return {"tenant": account.tenant, "user": account.subscriber}


def commands_of(request: Request[Any, Any, Any]) -> Commands:
    found: Commands = request.app.state.commands
    return found


def _route(one: Ask) -> HTTPRouteHandler:
    async def ask(request: Request[Any, Any, Any], call: FromPath[str]) -> s.Done:
        wanted = None if one.body is None else await body_of(request, one.body)
        return await commands_of(request).ask(request, one.make(who(request), wanted), CallId(call))

    ask.__doc__ = "What the call's state does not allow is 409 `call-state`."
    route = post(
        f"/v1/me/calls/{{call:str}}/{one.path}",
        operation_id=one.name,
        summary=one.summary,
        status_code=200,
        tags=["my calls"],
        opt=declared(
            Access.USER,
            body=one.body,
            answer=s.Done,
            example=one.example,
            shown=DONE,
            headers=(KEY,),
            problems=ASKED,
        ),
    )
    return route(ask)


COMMAND_ROUTES = tuple(_route(one) for one in ASKS)
