"""Connections kept between reads."""

from __future__ import annotations

from hipper.directory.leases import Leases


class FakeConnection:
    def __init__(self) -> None:
        self.closed = False

    def is_closed(self) -> bool:
        return self.closed

    def terminate(self) -> None:
        self.closed = True


class FakePool:
    """Counts what is out."""

    def __init__(self) -> None:
        self.out: list[FakeConnection] = []

    async def acquire(self, *, timeout: float) -> FakeConnection:  # noqa: ASYNC109 - as asyncpg's
        assert timeout == 0.5
        self.out.append(FakeConnection())
        return self.out[-1]

    async def release(self, connection: FakeConnection) -> None:
        self.out.remove(connection)


async def test_connection_is_used_again() -> None:
    pool = FakePool()
    leases = Leases(pool, keep=2)
    first = await leases.take(0.5)
    await leases.give_back(first)
    assert await leases.take(0.5) is first
    assert pool.out == [first]


async def test_two_users_never_share_one() -> None:
    leases = Leases(FakePool(), keep=2)
    assert await leases.take(0.5) is not await leases.take(0.5)


async def test_no_more_are_kept_than_asked() -> None:
    pool = FakePool()
    leases = Leases(pool, keep=2)
    for connection in [await leases.take(0.5) for _ in range(5)]:
        await leases.give_back(connection)
    assert len(pool.out) == 2
    await leases.close()
    assert pool.out == []


async def test_connection_that_died_idle_is_replaced() -> None:
    pool = FakePool()
    leases = Leases(pool, keep=2)
    dead = await leases.take(0.5)
    await leases.give_back(dead)
    dead.closed = True
    assert await leases.take(0.5) is not dead
    assert dead not in pool.out


async def test_connection_of_a_failed_read_is_broken_off() -> None:
    pool = FakePool()
    leases = Leases(pool, keep=2)
    failed = await leases.take(0.5)
    await leases.discard(failed)
    assert failed.closed
    assert pool.out == []
    assert await leases.take(0.5) is not failed
