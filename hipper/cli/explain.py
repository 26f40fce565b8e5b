"""``hipper explain``: why a call went as it did, and what would ring. Reads; changes nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Literal

import asyncpg
import msgspec
from cyclopts import App, Parameter

from fmc_gateway.records.explain import ExplainedCall, explain_call, kind_of_call
from fmc_gateway.records.last_calls import last_calls
from fmc_gateway.records.read import fetch_record, find_call_id
from fmc_gateway.records.spent import facts_of_calling
from hipper.cli.database import SettingsFile, on_database
from hipper.cli.errors import CliError
from hipper.directory.contexts import load_subscriber
from hipper.directory.dry_runs import load_and_run, load_callee, time_of
from hipper.directory.names import names_of
from hipper.directory.settings import find_subscriber
from hipper.pbx.explain import Explained, GoesOn, Said, WouldRing
from hipper.pbx.explain_calling import device_of, dry_call
from hipper.pbx.explain_calling_shapes import CallRun, Wish, WouldCost, WouldMean
from hipper.pbx.explain_dry import DryRun, Moment
from hipper.pbx.explain_heard import Heard
from hipper.pbx.ids import DeviceId, SubscriberId
from hipper.pbx.schedules_times import zone_of
from hipper.runtime.settings_model import Settings

app = App(name="explain", help="Why a call went as it did, and what would ring if somebody called.")

_Of = tuple[SubscriberId, ExplainedCall]
Language = Annotated[Literal["nl", "en"], Parameter(help="Of the sentences.")]


@app.command
def call(call: str, *, language: Language = "en", settings: SettingsFile = None) -> None:
    """What decided CALL (its id or the beginning of it), for each user of ours who had a part in it."""

    async def work(conn: asyncpg.Connection, _: Settings) -> tuple[list[_Of], dict[str, str]]:
        found = await find_call_id(conn, call)
        record = await fetch_record(conn, found[0]) if len(found) == 1 or call in found else None
        if record is None:
            raise CliError(f"{'several calls begin' if found else 'no call begins'} with {call}")
        people = [one.subscriber for one in record.decisions] + [one.subscriber for one in record.attempts]
        people += [leg.subscriber for leg in record.legs if leg.subscriber is not None]
        explained: list[_Of] = []
        for who in dict.fromkeys(people):
            kind = await kind_of_call(conn, record.call, who)
            one = explain_call(record, who, kind=kind, masked=True)
            if one is not None:
                explained.append((who, one))
        devices = {one.device for _, found in explained for one in found.devices if one.device is not None}
        return explained, await names_of(conn, {*(who for who, _ in explained), *devices})

    explained, names = on_database("gateway", work, settings)
    for who, one in explained:
        print("\n".join(_past(names.get(who, who), one, names, language)))


@app.command
def would(
    user: str,
    *,
    called: Annotated[str | None, Parameter(help="Which number or extension of the user is called.")] = None,
    caller: Annotated[str | None, Parameter(help="Who calls; left out: somebody who withholds it.")] = None,
    calls: Annotated[str | None, Parameter(help="What the user dials, instead of --called.")] = None,
    on: Annotated[str | None, Parameter(help="With --calls: id of the telephone it is dialled on.")] = None,
    anonymous: Annotated[bool, Parameter(negative=(), help="With --calls: without the number.")] = False,
    from_app: Annotated[bool, Parameter(negative=(), help="With --calls: dialled in the app.")] = False,
    at: Annotated[str | None, Parameter(help="2026-11-27T18:30, local to the user; left out: now.")] = None,
    language: Language = "en",
    settings: SettingsFile = None,
) -> None:
    """What would ring if somebody called USER (user@domain) then, or what would happen if USER called. All
    telephones count as registered, and free; of what was spent, calls that are up do not count."""
    if (called is None) == (calls is None):
        raise CliError("say --called (somebody calls the user) or --calls (the user calls)")
    if calls is not None:
        wish = Wish(
            dialled=calls,
            device=None if on is None else DeviceId(on),
            anonymous=anonymous,
            from_app=from_app,
        )
        print("\n".join(_going(*_would_go(user, wish, at, settings), language)))
        return

    async def work(conn: asyncpg.Connection, _: Settings) -> tuple[DryRun, str]:
        subscriber: SubscriberId = await find_subscriber(conn, user)
        context = await load_subscriber(conn, subscriber)
        if context is None:
            raise CliError(f"there is no user {user}")
        when = Moment(at=time.time() if at is None else time_of(context, at))
        return await load_and_run(conn, context, called or "", caller, when), context.time_zone

    found, zone = on_database("gateway", work, settings)
    whom = "a colleague" if found.on_net else f"a {found.treated_as.value} caller"
    print(f"{_moment(found.at, zone)}, {whom}")
    print("\n".join(_explained(found.explained, language)))


def _would_go(user: str, wish: Wish, at: str | None, settings: SettingsFile) -> tuple[CallRun, str]:
    async def work(conn: asyncpg.Connection, _: Settings) -> tuple[CallRun, str]:
        subscriber: SubscriberId = await find_subscriber(conn, user)
        context = await load_subscriber(conn, subscriber)
        if context is None:
            raise CliError(f"there is no user {user}")
        if wish.device is not None and not wish.from_app and device_of(context, wish.device) is None:
            raise CliError(f"{user} has no telephone {wish.device} whose calls pass the exchange")
        now = time.time()
        last = await last_calls(conn, subscriber)
        facts = await facts_of_calling(conn, subscriber, context.group, now, last=last)
        found = await load_callee(conn, context, wish.dialled, facts)
        there = Moment(at=now if at is None else time_of(context, at))
        facts = msgspec.structs.replace(facts, called_list=found.known_as)
        run = dry_call(found.caller, found.called, wish, there, facts, found.along)
        return run, context.time_zone

    return on_database("gateway", work, settings)


def _moment(at: float, zone: str) -> str:
    return datetime.fromtimestamp(at, zone_of(zone)).strftime("%Y-%m-%d %H:%M %Z")


def _say(said: Said, language: str) -> str:
    return f"{said.nl if language == 'nl' else said.en} ({said.rule})"


def _past(who: str, one: ExplainedCall, names: dict[str, str], language: str) -> Iterator[str]:
    other = "withheld" if one.withheld else "masked" if one.masked else one.other or "unknown"
    outcome = "still going on" if one.outcome is None else one.outcome.value.replace("_", " ")
    yield f"{who}: {'called by' if one.incoming else 'calls'} {other}, {outcome}"
    if not one.decisions:
        yield f"  {_say(one.decided, language)}"
    for decision in one.decisions:
        yield f"  {decision.kind.value}: {_say(decision.decided, language)}"
        if decision.identity is not None:
            yield f"    shown: {_say(decision.identity, language)}"
        for rule in decision.considered:
            yield f"    also asked: {_say(rule, language)}"
    for device in one.devices:
        text = device.nl if language == "nl" else device.en
        name = names.get(device.device or "", device.device or "a number that rings along")
        yield f"  {name}: {text} {_say(device.why, language)}"
    for diversion in one.diversions:
        yield f"  went on to {diversion.to or 'a masked number'}: {_say(diversion.why, language)}"


def _explained(found: Explained, language: str) -> Iterator[str]:
    yield _say(found.decided, language)
    for rule in found.considered:
        yield f"  also asked: {_say(rule, language)}"
    for device in found.devices:
        yield f"  {_device(device)}: {_say(device.why, language)}"
    for onward in found.goes_on:
        yield f"  {_onward(onward)}: {_say(onward.why, language)}"


def _device(device: WouldRing) -> str:
    if not device.rings:
        return f"{device.label} stays silent"
    later = f" after {device.delay_s:g} s" if device.delay_s else ""
    return f"{device.label} rings{later}{', answered with 1' if device.confirm else ''}"


def _onward(onward: GoesOn) -> str:
    to = f" to {onward.destination}" if onward.destination else ""
    spoken = ", ".join(one.value for one in onward.announcements)
    return f"{onward.when.value.replace('_', ' ')}: {onward.then.value}{to}{f' ({spoken})' if spoken else ''}"


def _going(run: CallRun, zone: str, language: str) -> Iterator[str]:
    yield f"{_moment(run.at, zone)}, {run.goes.value}: {run.dialled}"
    yield _say(run.decided, language)
    if run.meaning is not None:
        yield f"  {_meaning(run.meaning, language)}"
    if run.shown is not None:
        parts = (run.shown.number, run.shown.extension, run.shown.name)
        shown = " ".join(one for one in parts if one)
        why = "" if run.shown.why is None else f": {_say(run.shown.why, language)}"
        yield f"  shows {run.shown.shows.value} {shown}".rstrip() + why
    if run.calling_plan is not None:
        yield f"  calling plan: {_plan(run.calling_plan)}: {_say(run.calling_plan.why, language)}"
    if run.payer is not None:
        yield f"  paid by {run.payer.subscription or 'nobody'} ({run.payer.tariff.value})"
    if run.emergency is not None:
        site, route = run.emergency.site or "no site", run.emergency.route or "the usual routes"
        yield f"  from {site} over {route}"
    for device in run.first:
        yield f"  {_device(device)}: {_say(device.why, language)}"
    if run.announcements:
        yield f"  the user hears {', '.join(one.value for one in run.announcements)}"
    if run.there:
        yield f"  the user hears {', then '.join(_heard(one) for one in run.there)}"


def _meaning(meaning: WouldMean, language: str) -> str:
    text = f"{meaning.nl if language == 'nl' else meaning.en} ({meaning.code}, {meaning.operation.value})"
    if meaning.changes is not None:
        text += f": {meaning.service} {msgspec.json.encode(meaning.changes).decode()}"
    return text if meaning.stands_for is None else f"{text}: {meaning.stands_for}"


def _plan(cost: WouldCost) -> str:
    if not cost.allowed:
        return "barred"
    most = "" if cost.max_duration_s is None else f", {cost.max_duration_s:.0f} s at most"
    return f"allowed, {cost.rate_per_minute:g} euro a minute{most}"


def _heard(heard: Heard) -> str:
    spoken = ", ".join(one.value for one in heard.announcements)
    seconds = "" if heard.for_s is None else f" for {heard.for_s} s"
    return f"{heard.hears.value}{seconds}{f' ({spoken})' if spoken else ''}"
