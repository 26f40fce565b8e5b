"""Whom a user dialled last and who called last, from the records."""

from __future__ import annotations

from collections.abc import Callable

import asyncpg
import msgspec
import pytest

from fmc_gateway.facts import LastCalls
from fmc_gateway.records.entry import SpoolEntry, encode_entry
from fmc_gateway.records.last_calls import last_calls
from fmc_gateway.records.store import insert_entries
from hipper.contracts.calls import CallOutcome, CallRecord
from hipper.pbx.ids import SubscriberId
from hipper.pbx.model import CallerIdentity, Presentation
from tests.fmc_gateway.records_samples import ANNA, STARTED, called_leg, calling_leg, record, trace

pytestmark = pytest.mark.servers


def call(name: str, dialled: str, at: float, **changes: object) -> CallRecord:
    shown = changes.pop("shown", ANNA)
    legs = (
        msgspec.structs.replace(calling_leg(), offered=at, identity_shown=shown),
        msgspec.structs.replace(called_leg(), offered=at),
    )
    return record(name, dialled=dialled, started=at, legs=legs, **changes)


async def test_last_dialled_and_last_caller(owner_postgres_url: Callable[[str], str]) -> None:
    withheld = CallerIdentity(presentation=Presentation.RESTRICTED, number=ANNA.number)
    calls = [
        call("1", "0201234599", STARTED),
        call("2", "202", STARTED + 60),
        call("3", "*66", STARTED + 120, outcome=CallOutcome.SERVICE),
        call("4", "112", STARTED + 180, emergency=True),
    ]
    connection = await asyncpg.connect(owner_postgres_url("gateway"))
    try:
        await insert_entries(connection, [encode_entry(SpoolEntry(one, trace(one.call))) for one in calls])
        anna, bram = SubscriberId("anna"), SubscriberId("bram")
        assert await last_calls(connection, anna) == LastCalls(dialled="202")
        assert await last_calls(connection, bram) == LastCalls(caller=ANNA.number)
        hidden = call("5", "202", STARTED + 240, shown=withheld)
        await insert_entries(connection, [encode_entry(SpoolEntry(hidden, trace("5")))])
        assert await last_calls(connection, bram) == LastCalls(caller_withheld=True)
        assert await last_calls(connection, SubscriberId("nobody")) == LastCalls()
    finally:
        await connection.close()
