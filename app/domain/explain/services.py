"""Explain for a user, and for who administers the user."""

from __future__ import annotations

import msgspec

from app.domain.calls.schemas import Direction
from app.domain.explain.calling import invalid, would_go
from app.domain.explain.schemas import Assumed, Would, WouldCall, WouldHappen
from app.domain.me.live import live_of
from app.problems import NOT_FOUND, ProblemError
from app.stores import Stores
from fmc_gateway.records.explain import ExplainedCall, explain_call, kind_of_call
from fmc_gateway.records.read import fetch_record
from hipper.directory.contexts import load_subscriber
from hipper.directory.dry_runs import NoCaller, NoTime, load_and_run, time_of
from hipper.directory.errors import NotTheUsersNumber
from hipper.pbx.explain_dry import Moment
from hipper.pbx.ids import DeviceId, SubscriberId
from hipper.pbx.model import DeviceKind, SubscriberContext
from hipper.runtime.clock import Clock


async def past_call(stores: Stores, subscriber: SubscriberId, call: str, *, masked: bool) -> ExplainedCall:
    """Raises ProblemError: 404 also for a call of somebody else, and for one that is not over."""
    context, record = await load_subscriber(stores.own, subscriber), await fetch_record(stores.own, call)
    if context is None or record is None:
        raise ProblemError(NOT_FOUND)
    kind = await kind_of_call(stores.own, call, subscriber)
    found = explain_call(record, subscriber, kind=kind, masked=masked)
    if found is None:
        raise ProblemError(NOT_FOUND)
    labels = {device.id: device.label for device in context.devices}
    named = tuple(
        msgspec.structs.replace(one, label=None if one.device is None else labels.get(one.device))
        for one in found.devices
    )
    return msgspec.structs.replace(found, devices=named)


async def would_be(
    stores: Stores, subscriber: SubscriberId, asked: WouldCall, clock: Clock, *, by_others: bool = False
) -> Would:
    """``by_others``: an administrator asks, who is not told which list of the user another party stands in:
    then everybody is in neither. Raises ProblemError: 404 when the user went away, 422."""
    context = await load_subscriber(stores.own, subscriber)
    if context is None:
        raise ProblemError(NOT_FOUND)
    would = would_go if asked.direction is Direction.OUTGOING else _would_happen
    try:
        return await would(stores, context, asked, clock, by_others=by_others)
    except NotTheUsersNumber as error:
        raise invalid("#/called", str(error), "dit is geen nummer van de gebruiker") from None
    except NoCaller as error:
        raise invalid("#/caller", str(error), "dit is geen nummer, en geen collega heeft het") from None
    except NoTime as error:
        raise invalid("#/at", str(error), "een tijd is als 2026-11-27T18:30, of met een offset") from None


async def _would_happen(
    stores: Stores, context: SubscriberContext, asked: WouldCall, clock: Clock, *, by_others: bool
) -> WouldHappen:
    for member in ("device", "anonymous", "from_app"):
        if getattr(asked, member):
            raise invalid(
                f"#/{member}", "this is of a call the user makes", "dit hoort bij een oproep van de gebruiker"
            )
    when, assumed = await _moment(stores, context, asked.at, clock)
    found = await load_and_run(stores.own, context, asked.called, asked.caller, when, lists=not by_others)
    return WouldHappen(
        at=found.at,
        now=asked.at is None,
        on_net=found.on_net,
        withheld=asked.caller is None,
        treated_as=found.treated_as,
        assumed=assumed,
        explained=found.explained,
    )


async def _moment(
    stores: Stores, context: SubscriberContext, at: str | None, clock: Clock
) -> tuple[Moment, tuple[Assumed, ...]]:
    """Now: with what Redis shows. Another time: nobody knows."""
    unknown = (Assumed.REGISTERED, Assumed.FREE, Assumed.WITHIN_CAPS)
    if at is not None:
        return Moment(at=time_of(context, at)), unknown
    desk_phones = [one.id for one in context.devices if one.kind is DeviceKind.DESK_PHONE]
    live = await live_of(stores.bus, stores.gateway, context.subscriber, desk_phones, clock.unix())
    if live is None:
        return Moment(at=clock.unix()), unknown
    now = Moment(
        at=clock.unix(),
        busy=tuple(DeviceId(device) for device in live.calls),
        calls=sum(live.calls.values()),
        silent=frozenset(desk_phones) - live.registered,
    )
    return now, (Assumed.WITHIN_CAPS,)
