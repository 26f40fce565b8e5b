"""Dry runs with what the directory knows: of a call to a user (*what rings on Friday at 18:30?*), and of one
the user would make."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import asyncpg
import msgspec

from hipper.directory.contexts import load_colleagues, load_for_origination
from hipper.directory.errors import DirectoryError, NotTheUsersNumber
from hipper.pbx import dialling
from hipper.pbx.dialling import as_dialled_by, dialled_number
from hipper.pbx.explain_dry import Caller, DryRun, Moment, dry_run
from hipper.pbx.model import CallerList, Number, OriginationFacts, SubscriberContext
from hipper.pbx.reaching_remote import named
from hipper.pbx.schedules_times import moment, zone_of
from hipper.pbx.service_packs import integrated
from hipper.telephony.numbers.normalise import DialledForm


class NoCaller(DirectoryError):  # noqa: N818
    """What stands for the caller is no number."""


class NoTime(DirectoryError):  # noqa: N818
    """What stands for the time is none."""


async def load_and_run(
    conn: asyncpg.Connection | asyncpg.Pool,
    context: SubscriberContext,
    called: str,
    caller: str | None,
    when: Moment,
    *,
    lists: bool = True,
) -> DryRun:
    """``called``: a number or extension of the user, ``caller``: of anybody, both as people write them;
    ``caller`` None: somebody who withholds the number. ``lists`` False: the user's contact lists are not
    looked at, for who may not know what stands in them. Raises NotTheUsersNumber, NoCaller, and what asyncpg
    raises."""
    context = integrated(context)
    who = await _caller(conn, context, caller)
    who = who if lists else msgspec.structs.replace(who, known_as=None)
    along = named(context)
    colleagues = await load_colleagues(conn, context, along) if along else ()
    return dry_run(context, reached_number(context, called), who, when, colleagues)


class Callee(NamedTuple):
    """``caller``: as calls see it. ``called``: the colleague who owns what is dialled, None: nobody of ours.
    ``known_as``: which of the caller's contact lists that stands in. ``along``: whose numbers ring along."""

    caller: SubscriberContext
    called: SubscriberContext | None
    known_as: CallerList | None
    along: tuple[SubscriberContext, ...]


async def load_callee(
    conn: asyncpg.Connection | asyncpg.Pool, user: SubscriberContext, dialled: str, facts: OriginationFacts
) -> Callee:
    """Whom ``user`` calls with ``dialled``, as the gateway looks it up: of a speed dial, redial, call return
    who that stands for, of a code that names a number whose that is. Raises what asyncpg raises."""
    user = integrated(user)
    target = dialling.named(dialled, user) or dialling.resolve(user, dialled, facts)
    asked = target if isinstance(target, str) else dialled
    found = await load_for_origination(conn, served_subscriber=user.subscriber, dialled=asked)
    numbers = () if found.called is None else named(found.called)
    along = await load_colleagues(conn, found.called, numbers) if found.called and numbers else ()
    return Callee(user, found.called, found.called_list, along)


def reached_number(context: SubscriberContext, called: str) -> Number:
    """Raises NotTheUsersNumber."""
    found = dialled_number(context, as_dialled_by(context, called))
    if found is None:
        raise NotTheUsersNumber("this is not a number or extension of the user")
    return found[1]


async def _caller(
    conn: asyncpg.Connection | asyncpg.Pool, context: SubscriberContext, caller: str | None
) -> Caller:
    if caller is None:
        return Caller()
    digits = as_dialled_by(context, caller)
    if digits.extension is None and digits.e164 is None:
        raise NoCaller("this is no telephone number or extension")
    parties = await load_for_origination(conn, served_subscriber=context.subscriber, dialled=caller)
    if parties.called is None and digits.kind is not DialledForm.E164:
        raise NoCaller("no colleague has this extension")
    return Caller(number=digits.e164, colleague=parties.called, known_as=parties.called_list)


def time_of(context: SubscriberContext, text: str) -> float:
    """Unix seconds of an ISO 8601 time; without an offset it is local to the user. Raises NoTime."""
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is None:
            return moment(found, zone_of(context.time_zone))
        return found.timestamp()
    except (ValueError, OverflowError, OSError):
        raise NoTime("a time is written as 2026-11-27T18:30, local, or with an offset") from None
