"""Explain for a user, and for who administers the user."""

from __future__ import annotations

import msgspec

from app.domain.calls.schemas import Direction
from app.domain.calls.services import Commands
from app.domain.calls.showing import is_of
from app.domain.calls.showing import live_of as live_call_of
from app.domain.explain.calling import invalid, would_go
from app.domain.explain.schemas import Assumed, Would, WouldCall, WouldHappen
from app.domain.me.live import live_of
from app.problems import NOT_FOUND, ProblemError
from app.stores import Stores
from fmc_gateway.records.explain import ExplainedCall, explain_call, kind_of_call
from fmc_gateway.records.read import fetch_record
from hipper.directory.accounts import Account
from hipper.directory.contexts import load_subscriber
from hipper.directory.dry_runs import NoCaller, NoTime, load_and_run, time_of
from hipper.directory.errors import NotTheUsersNumber
from hipper.pbx.explain_dry import Moment
from hipper.pbx.ids import DeviceId, SubscriberId
from hipper.pbx.model import DeviceKind, SubscriberContext
from hipper.runtime.clock import Clock

_explained = msgspec.json.Decoder(ExplainedCall).decode


async def own_call(stores: Stores, commands: Commands, account: Account, call: str) -> ExplainedCall:
    """A call of the user, over or not. Raises ProblemError: 404 also for one of somebody else; 503, 504."""
    found = await _past(stores, account.subscriber, call, masked=False)
    if found is None:
        found = await _live(stores, commands, account, call)
    if found is None:  # it may have ended meanwhile
        found = await _past(stores, account.subscriber, call, masked=False)
    return await _with_labels(stores, account.subscriber, found)


async def call_of_user(stores: Stores, subscriber: SubscriberId, call: str) -> ExplainedCall:
    """For who administers the user. Raises ProblemError: 404 also for a call of somebody else, and for one
    that is not over."""
    return await _with_labels(stores, subscriber, await _past(stores, subscriber, call, masked=True))


async def _past(stores: Stores, subscriber: SubscriberId, call: str, *, masked: bool) -> ExplainedCall | None:
    record = await fetch_record(stores.own, call)
    if record is None:
        return None
    kind = await kind_of_call(stores.own, call, subscriber)
    return explain_call(record, subscriber, kind=kind, masked=masked)


async def _live(stores: Stores, commands: Commands, account: Account, call: str) -> ExplainedCall | None:
    """The gateway that holds it says what it has decided so far."""
    live = await live_call_of(stores.bus, call)
    if live is None or not is_of(live, account.subscriber):
        return None
    told = await commands.explain(account, live)
    return None if told is None else _explained(told)


async def _with_labels(
    stores: Stores, subscriber: SubscriberId, found: ExplainedCall | None
) -> ExplainedCall:
    context = None if found is None else await load_subscriber(stores.own, subscriber)
    if context is None or found is None:
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
