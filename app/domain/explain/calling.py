"""Dry runs of calls the user would make."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from app.domain.explain.schemas import Assumed, WouldCall, WouldGo
from app.domain.me.live import live_of
from app.problems import INVALID_SETTINGS, InvalidMember, ProblemError
from app.stores import Stores
from fmc_gateway.records.last_calls import last_calls
from fmc_gateway.records.spent import Up, facts_of_calling
from hipper.contracts.calls import Charge
from hipper.directory.dry_runs import load_callee, time_of
from hipper.directory.people import listed_of
from hipper.pbx.dial import REMOTE
from hipper.pbx.dialling import code_in
from hipper.pbx.explain_calling import device_of, dry_call
from hipper.pbx.explain_calling_shapes import Goes, Wish
from hipper.pbx.explain_dry import Moment
from hipper.pbx.feature_codes import Does
from hipper.pbx.ids import CallId, DeviceId, GroupId
from hipper.pbx.model import DeviceKind, OriginationFacts, SubscriberContext
from hipper.runtime.bus import BusUnavailable, outages_named
from hipper.runtime.clock import Clock

MOST_UP = 2000
"""Calls of the gateway that are looked at for caps."""
_LAST = frozenset({Does.REDIAL, Does.CALL_RETURN, Does.CALLBACK})


class _Live(msgspec.Struct):
    """Of a live call, what it costs; the rest is not read."""

    call: CallId
    charges: tuple[Charge, ...] = ()
    incoming_group: GroupId | None = None


_live = msgspec.json.Decoder(_Live).decode


class _Facts(NamedTuple):
    """``caps``: what was spent and which calls are up is in them."""

    known: OriginationFacts
    caps: bool


async def would_go(
    stores: Stores, context: SubscriberContext, asked: WouldCall, clock: Clock, *, by_others: bool
) -> WouldGo:
    """``by_others``: as for :func:`app.domain.explain.services.would_happen`; whom the user called last is
    not told either. Raises ProblemError: 422; NoTime; what asyncpg raises."""
    _check(context, asked, by_others)
    at = clock.unix() if asked.at is None else time_of(context, asked.at)
    facts = await _facts(stores, context, clock.unix(), now=asked.at is None, by_others=by_others)
    callee = await load_callee(stores.own, context, asked.called, facts.known)
    known_as = None if by_others else callee.known_as
    there, told = await _there(stores, callee.called, at, now=asked.at is None)
    run = dry_call(
        callee.caller,
        callee.called,
        Wish(
            dialled=asked.called,
            device=None if asked.device is None else DeviceId(asked.device),
            anonymous=asked.anonymous,
            from_app=asked.from_app,
        ),
        there,
        msgspec.structs.replace(facts.known, called_list=known_as),
        callee.along,
    )
    on_net = run.goes is Goes.COLLEAGUE
    hidden = on_net and not await _may_know(stores, context, callee.called)
    assumed = (Assumed.REGISTERED, Assumed.FREE) if on_net and not hidden and not told else ()
    return WouldGo(
        at=at,
        now=asked.at is None,
        on_net=on_net,
        there_hidden=hidden,
        assumed=assumed if facts.caps else (*assumed, Assumed.WITHIN_CAPS),
        explained=msgspec.structs.replace(run, there=()) if hidden else run,
    )


def _check(context: SubscriberContext, asked: WouldCall, by_others: bool) -> None:
    """Raises ProblemError: 422."""
    if asked.caller is not None:
        raise invalid("#/caller", "the user is the caller", "de gebruiker is de beller")
    code = code_in(asked.called, context)
    if by_others and code is not None and code.feature.does in _LAST:
        raise invalid(
            "#/called",
            "whom the user called last is the user's business",
            "wie de gebruiker het laatst sprak is van de gebruiker",
        )
    if asked.device is None or (asked.from_app and asked.device.startswith(REMOTE)):
        return
    if device_of(context, DeviceId(asked.device)) is None:
        raise invalid(
            "#/device",
            "this is no telephone of the user whose calls pass the exchange",
            "dit is geen toestel van de gebruiker dat via de centrale belt",
        )


def invalid(pointer: str, detail: str, uitleg: str) -> ProblemError:
    member = InvalidMember(pointer=pointer, detail=detail)
    return ProblemError(INVALID_SETTINGS, detail, uitleg, errors=(member,))


async def _facts(
    stores: Stores, context: SubscriberContext, at: float, *, now: bool, by_others: bool
) -> _Facts:
    """Who was called last is as it is now, whenever the call is. What was spent nobody knows of another
    time."""
    last = await last_calls(stores.records, context.subscriber)
    if not now:
        return _Facts(
            OriginationFacts(
                last_dialled=last.dialled,
                last_caller=last.caller,
                last_caller_withheld=last.caller_withheld,
            ),
            caps=False,
        )
    up = await _calls_up(stores)
    known = await facts_of_calling(
        stores.records, context.subscriber, context.group, at, last=last, up=up or ()
    )
    return _Facts(known, caps=up is not None)


async def _calls_up(stores: Stores) -> Iterable[Up] | None:
    """None: Redis does not answer, or there are too many to look at."""
    name = f"gateway:{stores.gateway}:calls"
    redis = stores.bus.redis
    try:
        with outages_named():
            if await redis.scard(name) > MOST_UP:
                return None
            ids = [f"call:{call.decode()}" for call in await redis.smembers(name)]
            found = await redis.mget(ids) if ids else []
    except BusUnavailable:
        return None
    lives = [_live(data) for data in found if data is not None]
    return [(one.call, one.charges, one.incoming_group) for one in lives]


async def _there(
    stores: Stores, called: SubscriberContext | None, at: float, *, now: bool
) -> tuple[Moment, bool]:
    """How the telephones of who is called are, and whether that is known."""
    if called is None or not now:
        return Moment(at=at), False
    desk_phones = [one.id for one in called.devices if one.kind is DeviceKind.DESK_PHONE]
    live = await live_of(stores.bus, stores.gateway, called.subscriber, desk_phones, at)
    if live is None:
        return Moment(at=at), False
    moment = Moment(
        at=at,
        busy=tuple(live.calls),
        calls=sum(live.calls.values()),
        silent=frozenset(desk_phones) - live.registered,
    )
    return moment, True


async def _may_know(stores: Stores, context: SubscriberContext, called: SubscriberContext | None) -> bool:
    """Who has *Privacy* (seed 9) is not watched over dry runs either: no call is made that would be seen."""
    if called is None or called.subscriber == context.subscriber:
        return True
    return bool(await listed_of(stores.own, context.tenant, (called.subscriber,)))
