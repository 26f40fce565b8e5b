"""The job queue: with the caller's transaction or not at all, at least once, and never for ever."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any, cast

import asyncpg
import pytest

from hipper.runtime.database import open_pool
from hipper.runtime.jobs import DEAD, LEASE_S, RETRY_AFTER_S, REVIVE, TAKE, JobImpossible, Jobs, enqueue

pytestmark = pytest.mark.servers


@pytest.fixture
async def pool(owner_postgres_url: Callable[[str], str]) -> AsyncIterator[asyncpg.Pool]:
    pool = await open_pool(owner_postgres_url("app"))
    yield pool
    await pool.close()


async def put(pool: asyncpg.Pool, kind: str = "greet", **payload: Any) -> None:
    async with pool.acquire() as conn:
        await enqueue(conn, "app", kind, payload)


async def as_if_later(url: str, seconds: float) -> None:
    """As if time had passed: due times lie so much nearer."""
    connection = await asyncpg.connect(url)
    await connection.execute("UPDATE jobs.queue SET due_at = due_at - make_interval(secs => $1)", seconds)
    await connection.close()


async def rows(url: str, table: str) -> list[dict[str, Any]]:
    connection = await asyncpg.connect(url)
    found = [dict(row) for row in await connection.fetch(f"SELECT * FROM jobs.{table}")]
    await connection.close()
    return found


async def test_it_is_done_once_and_gone(pool: asyncpg.Pool, postgres_url: str) -> None:
    seen: list[Any] = []

    async def greet(payload: dict[str, Any]) -> None:
        seen.append(payload)

    for number in range(10):
        await put(pool, number=number)
    workers = [Jobs(pool, "app", {"greet": greet}) for _ in range(3)]
    while any(await asyncio.gather(*(one.work_off() for one in workers))):
        pass
    assert sorted(one["number"] for one in seen) == list(range(10))
    assert await rows(postgres_url, "queue") == []


async def test_no_commit_no_job(pool: asyncpg.Pool, postgres_url: str) -> None:
    async with pool.acquire() as conn:
        transaction = conn.transaction()
        await transaction.start()
        await enqueue(conn, "app", "greet", {})
        await transaction.rollback()
    assert await rows(postgres_url, "queue") == []


async def test_what_fails_is_tried_later_and_later_and_then_given_up(
    pool: asyncpg.Pool, postgres_url: str
) -> None:
    tried = 0

    async def fail(_: dict[str, Any]) -> None:
        nonlocal tried
        tried += 1
        raise ConnectionError("no route")

    await put(pool)
    jobs = Jobs(pool, "app", {"greet": fail})
    for wait_s in RETRY_AFTER_S:
        assert await jobs.work_off() == 1
        await as_if_later(postgres_url, wait_s - 1)
        assert await jobs.work_off() == 0  # not before its time
        await as_if_later(postgres_url, 1)
    assert await jobs.work_off() == 1
    assert tried == len(RETRY_AFTER_S) + 1
    assert await rows(postgres_url, "queue") == []
    (dead,) = await pool.fetch(DEAD, "app", 10)
    assert (dead["starts"], dead["last_error"]) == (tried, "ConnectionError: no route")
    await pool.execute(REVIVE, dead["job_id"])
    (again,) = await rows(postgres_url, "queue")
    assert again["starts"] == 0
    assert await rows(postgres_url, "dead") == []


async def test_what_cannot_be_done_is_given_up_at_once(pool: asyncpg.Pool, postgres_url: str) -> None:
    async def refuse(_: dict[str, Any]) -> None:
        raise JobImpossible("nobody there")

    await put(pool)
    await Jobs(pool, "app", {"greet": refuse}).work_off()
    (dead,) = await rows(postgres_url, "dead")
    assert (dead["starts"], dead["last_error"]) == (1, "nobody there")


async def test_job_of_a_worker_that_died_is_taken_by_another_and_ends_some_day(
    pool: asyncpg.Pool, postgres_url: str
) -> None:
    done: list[Any] = []

    async def greet(payload: dict[str, Any]) -> None:
        done.append(payload)

    await put(pool, name="poison")
    jobs = Jobs(pool, "app", {"greet": greet})
    for _ in range(len(RETRY_AFTER_S) + 1):  # each dies with the job in its hands
        assert len(await pool.fetch(TAKE, "app", ["greet"], LEASE_S, 1)) == 1
        assert await jobs.work_off() == 0
        await as_if_later(postgres_url, LEASE_S)
    assert await jobs.work_off() == 1
    assert done == []
    (dead,) = await rows(postgres_url, "dead")
    assert dead["last_error"] == "the worker died of it"


async def test_kinds_nobody_knows_yet_wait_for_who_does(pool: asyncpg.Pool, postgres_url: str) -> None:
    await put(pool, kind="of_the_next_version")
    assert await Jobs(pool, "app", {"greet": None}).work_off() == 0  # type: ignore[dict-item]
    assert len(await rows(postgres_url, "queue")) == 1


async def test_every_owner_enqueues_and_sees_its_own_jobs_only(
    owner_postgres_url: Callable[[str], str], pool: asyncpg.Pool
) -> None:
    await put(pool, secret="of the app")
    connection = await asyncpg.connect(owner_postgres_url("push"))
    try:
        await enqueue(connection, "push", "ring", {})
        await enqueue(connection, "app", "greet", {})
        assert await connection.fetchval("SELECT array_agg(kind) FROM jobs.queue") == ["ring"]
        assert await connection.fetch(TAKE, "app", ["greet"], LEASE_S, 10) == []
        assert await connection.execute("DELETE FROM jobs.queue WHERE worker = 'app'") == "DELETE 0"
    finally:
        await connection.close()
    assert await pool.fetchval("SELECT count(*) FROM jobs.queue") == 2


async def test_a_running_worker_is_woken(pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hipper.runtime.jobs._LOOK_EVERY_S", 3600.0)
    done, looked = asyncio.Event(), asyncio.Event()

    async def greet(_: dict[str, Any]) -> None:
        done.set()

    jobs = Jobs(pool, "app", {"greet": greet})
    pause = jobs._pause

    async def pausing() -> None:
        looked.set()
        await pause()

    monkeypatch.setattr(jobs, "_pause", pausing)
    running = asyncio.create_task(jobs.run())
    try:
        async with asyncio.timeout(30):
            await looked.wait()
            await put(pool)
            jobs.wake()
            await done.wait()
    finally:
        running.cancel()


class LosesCancellation:
    """A pool whose first answer meets the cancellation, which is lost."""

    def __init__(self) -> None:
        self.asked, self.turns = asyncio.Event(), 0

    async def fetch(self, *_: object) -> list[Any]:
        self.turns += 1
        self.asked.set()
        if self.turns == 1:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.Event().wait()
        return []


async def test_a_cancellation_that_a_library_loses_ends_the_work() -> None:
    pool = LosesCancellation()
    running = asyncio.create_task(Jobs(cast(Any, pool), "app", {}).run())
    async with asyncio.timeout(30):
        await pool.asked.wait()
        running.cancel()
        await asyncio.wait([running])
    assert (running.cancelled(), pool.turns) == (True, 1)
