"""The app: it signs in over the HTTP API, hears what happens, and hangs up."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import asyncpg

from app.domain.signing_in import statements
from app.domain.signing_in.passwords import hashed_password, made_up
from hipper.cli.demo import scenes_transfer
from hipper.cli.demo.app_client import AppClient
from hipper.cli.demo.cast import ANNA_HZ, ANNA_MOBILE, OUTSIDE_HZ, Cast
from hipper.cli.demo.stage import PATIENCE_S, Stage
from hipper.directory.settings import find_subscriber
from hipper.runtime.servers import owner_url

OUTSIDE = "0207654324"


async def play(stage: Stage, cast: Cast) -> None:
    since = stage.title("Anna's app signs in, sees her call on the mobile as it happens, and hangs up")
    api = AppClient(stage.settings.api.host, stage.settings.api.port)
    async with _password(stage, f"anna@{cast.domain}") as password:
        await api.sign_in(f"anna@{cast.domain}", password)
    async with api.events() as events:
        snapshot = await events.next("snapshot")
        stage.demand(not snapshot["calls"], f"the app begins with calls: {snapshot}")
        anna = await cast.network.handset(ANNA_MOBILE).call(OUTSIDE)
        called = await cast.pstn.next_call(PATIENCE_S)
        await called.ring()
        await called.answer()
        await anna.answered(PATIENCE_S)
        told = await events.next("call", phase="established")
        stage.see(f"an event tells the app: in a call with {told['other']['text']}")
        await stage.both_hear(anna, ANNA_HZ, called, OUTSIDE_HZ)
        _, now = await api.ask("GET", "/v1/me/calls")
        stage.demand([one["id"] for one in now["items"]] == [told["id"]], f"the app shows {now}")
        answers = [await _hang_up(api, told["id"]) for _ in range(2)]
        stage.demand(answers[0] == answers[1] == (200, {"call": told["id"], "status": "done"}), f"{answers}")
        stage.see("the app hangs up; a second tap does nothing more")
        await asyncio.gather(anna.over(PATIENCE_S), called.over(PATIENCE_S))
        over = await events.next("call_over", id=told["id"])
        stage.see(f"an event tells the app that it is over: {over['outcome']}")
    await stage.show_record(since, OUTSIDE)
    await scenes_transfer.play(stage, cast, api)


async def _hang_up(api: AppClient, call: str) -> tuple[int, Any]:
    return await api.ask("POST", f"/v1/me/calls/{call}/hang-up", key=f"tap-{call}")


@contextlib.asynccontextmanager
async def _password(stage: Stage, user: str) -> AsyncIterator[str]:
    """One for the moment: what the user has stays the user's."""
    password = made_up()
    connection = await asyncpg.connect(owner_url(stage.settings, "app"))
    try:
        subscriber = await find_subscriber(connection, user)
        own = await connection.fetchval(statements.KNOWN_HASH, subscriber)
        known = hashed_password(password, stage.settings.api)
        await connection.execute(statements.SET_HASH, subscriber, known)
        try:
            yield password
        finally:
            await connection.execute(RESTORE_HASH, subscriber, own)
    finally:
        await connection.close()


RESTORE_HASH = "UPDATE app.accounts SET password_hash = $2 WHERE subscriber_id = $1"
