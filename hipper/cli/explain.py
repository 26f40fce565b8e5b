"""``hipper explain``: why a call went as it did, and what would ring. Reads; changes nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Literal

import asyncpg
from cyclopts import App, Parameter

from fmc_gateway.records.explain import ExplainedCall, explain_call, kind_of_call
from fmc_gateway.records.read import fetch_record, find_call_id
from hipper.cli.database import SettingsFile, on_database
from hipper.cli.errors import CliError
from hipper.directory.contexts import load_subscriber
from hipper.directory.dry_runs import load_and_run, time_of
from hipper.directory.names import names_of
from hipper.directory.settings import find_subscriber
from hipper.pbx.explain import Explained, GoesOn, Said, WouldRing
from hipper.pbx.explain_dry import DryRun, Moment
from hipper.pbx.ids import SubscriberId
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
    called: Annotated[str, Parameter(help="Which number or extension of the user is called.")],
    caller: Annotated[str | None, Parameter(help="Who calls; left out: somebody who withholds it.")] = None,
    at: Annotated[str | None, Parameter(help="2026-11-27T18:30, local to the user; left out: now.")] = None,
    language: Language = "en",
    settings: SettingsFile = None,
) -> None:
    """What would ring if somebody called USER (user@domain) then. All telephones count as registered, and
    free."""

    async def work(conn: asyncpg.Connection, _: Settings) -> tuple[DryRun, str]:
        subscriber: SubscriberId = await find_subscriber(conn, user)
        context = await load_subscriber(conn, subscriber)
        if context is None:
            raise CliError(f"there is no user {user}")
        when = Moment(at=time.time() if at is None else time_of(context, at))
        return await load_and_run(conn, context, called, caller, when), context.time_zone

    found, zone = on_database("gateway", work, settings)
    moment = datetime.fromtimestamp(found.at, zone_of(zone)).strftime("%Y-%m-%d %H:%M %Z")
    print(f"{moment}, {'a colleague' if found.on_net else f'a {found.treated_as.value} caller'}")
    print("\n".join(_explained(found.explained, language)))


def _say(said: Said, language: str) -> str:
    return f"{said.nl if language == 'nl' else said.en} ({said.rule})"


def _past(who: str, one: ExplainedCall, names: dict[str, str], language: str) -> Iterator[str]:
    other = "withheld" if one.withheld else "masked" if one.masked else one.other or "unknown"
    yield f"{who}: {'called by' if one.incoming else 'calls'} {other}, {one.outcome.value.replace('_', ' ')}"
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
