"""PostgreSQL is restarted under load: 503 with Retry-After while it is away, nothing of the kind after, and
nothing half-written. The server is a real one of this test's own, asked as it is over its socket."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import httpx
import pytest

from hipper.runtime import embedded
from hipper.runtime.migrations import create_database, migrate
from hipper.runtime.servers import ADMINISTRATOR, OWNERS, socket_url
from tests.app.kit import Api, installation, problem
from tests.app.people import ANNA, BRAM, CARL, Client, company, sign_in

pytestmark = pytest.mark.servers

REQUESTS, BEFORE, AWAY = 500, 150, 40
SERVICE = "/v1/me/services/do_not_disturb"
READS = ("/v1/me", SERVICE, "/v1/me/sessions", "/v1/me/identity")


class Cluster:
    """A PostgreSQL that is stopped as an operator would, and started again."""

    def __init__(self, folder: Path) -> None:
        places = embedded.private_places(folder)
        self.url = socket_url(places.run, ADMINISTRATOR, "test", "hipper")
        self._spec = embedded.postgres(places, "test", durable=False)
        self._running = embedded.Running(self._spec)

    def stop(self) -> None:
        self._running.stop()

    def start(self) -> None:
        self._running = embedded.Running(self._spec)


@pytest.fixture
def cluster(server_folder: Path) -> Iterator[Cluster]:
    running = Cluster(server_folder / "restarted")
    yield running
    running.stop()


class Traffic:
    """Users who read and change, one request after the other each. ``phase``: of the database."""

    def __init__(self) -> None:
        self.phase = "up"
        self.answers: list[tuple[str, httpx.Response]] = []
        self.last: dict[str, bool] = {}
        """What was last answered with 200, by user."""
        self._counts: Counter[int] = Counter()
        self._news = asyncio.Condition()

    async def use(self, name: str, client: Client) -> None:
        active = False
        while len(self.answers) < REQUESTS or self.phase != "back":
            for path in READS:
                await self._note(await client.get(path), self.phase)
            active = not active
            asked_in = self.phase
            answer = await client.put(SERVICE, {"active": active})
            if answer.status_code == 200:
                self.last[name] = active
            await self._note(answer, asked_in)

    async def _note(self, answer: httpx.Response, asked_in: str) -> None:
        assert answer.status_code in (200, 503), answer.text
        self.answers.append((asked_in, answer))
        self._counts[answer.status_code] += 1
        async with self._news:
            self._news.notify_all()
        if answer.status_code == 503:
            await asyncio.sleep(0.01)  # what a client does, in short: it does not ask as fast as it can

    async def until(self, count: int, status: int) -> None:
        async with self._news:
            await self._news.wait_for(lambda: self._counts[status] >= count)


async def restart(cluster: Cluster, traffic: Traffic) -> None:
    await traffic.until(BEFORE, 200)
    traffic.phase = "away"
    await asyncio.to_thread(cluster.stop)
    await traffic.until(AWAY, 503)
    await asyncio.to_thread(cluster.start)
    traffic.phase = "back"


async def test_database_is_restarted_under_load(cluster: Cluster, redis_url: str, tmp_path: Path) -> None:
    await create_database(cluster.url)
    await migrate(cluster.url, {f"hipper_{owner}": "test" for owner in OWNERS})
    await company(cluster.url)
    async with Api(installation(tmp_path, cluster.url, redis_url)) as api:
        users = {name.partition("@")[0]: await sign_in(api, name) for name in (ANNA, BRAM, CARL)}
        traffic = Traffic()
        async with asyncio.timeout(120), asyncio.TaskGroup() as group:
            group.create_task(restart(cluster, traffic))
            for one in users.items():
                group.create_task(traffic.use(*one))
        stored = {name: (await client.get(SERVICE)).json()["active"] for name, client in users.items()}
    by_phase = {
        phase: [answer for asked_in, answer in traffic.answers if asked_in == phase]
        for phase in ("up", "away", "back")
    }
    assert len(traffic.answers) >= REQUESTS
    for answer in by_phase["up"] + by_phase["away"]:  # one that was under way when it stopped is refused too
        assert answer.status_code in (200, 503)
    refused = [answer for _, answer in traffic.answers if answer.status_code == 503]
    assert len(refused) >= AWAY
    for answer in refused:
        assert (problem(answer), answer.headers["retry-after"]) == ("directory-unavailable", "10")
    assert {answer.status_code for answer in by_phase["back"]} == {200}
    assert stored == traffic.last
    await every_change_has_its_audit(cluster.url, set(users))


async def every_change_has_its_audit(url: str, users: set[str]) -> None:
    """A version counts the changes of a service; each stands in the audit once."""
    connection = await asyncpg.connect(url)
    try:
        versions = await connection.fetch("SELECT subscriber_id, version FROM directory.subscriber_services")
        assert {row["subscriber_id"] for row in versions} == users
        for row in versions:
            audited = await connection.fetchval(
                "SELECT count(*) FROM directory.audit WHERE by = $1", f"user:{row['subscriber_id']}"
            )
            assert audited == row["version"], row["subscriber_id"]
    finally:
        await connection.close()
