"""The gateway of the session, and for each test a kit of agents and a company of its own."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from tests.interop.baresip import Baresip
from tests.interop.company import PASSWORD, Company, Person
from tests.interop.gateway import GatewayProcess, Servers
from tests.interop.ports import Ports
from tests.interop.records import WRITTEN_WITHIN_S, Record, read_records
from tests.interop.sipp import Sipp


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here is an interop test. Each xdist worker has a gateway of its own."""
    for item in items:
        if "tests/interop/" in str(item.path):
            item.add_marker(pytest.mark.interop)


@pytest.fixture(scope="session")
def kit_ports() -> Ports:
    return Ports()


@pytest.fixture(scope="session")
def short_folder() -> Iterator[Path]:
    """A path that is short enough for Unix sockets and that the servers' system user can reach."""
    folder = Path(tempfile.mkdtemp(prefix="hipper-interop-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def database(postgres_template_url: str) -> Iterator[str]:
    """A migrated database for the whole session."""
    with own_database(postgres_template_url, f"interop_{os.getpid()}") as url:
        yield url


@contextmanager
def own_database(template_url: str, name: str) -> Iterator[str]:
    """Copy the template, and drop the copy afterwards."""
    parts = urlsplit(template_url)
    template = parts.path.lstrip("/")
    run_sql(
        template_url, f"DROP DATABASE IF EXISTS {name} (FORCE)", f"CREATE DATABASE {name} TEMPLATE {template}"
    )
    yield urlunsplit(parts._replace(path=f"/{name}"))
    run_sql(template_url, f"DROP DATABASE IF EXISTS {name} (FORCE)")


def run_sql(url: str, *statements: str) -> None:
    """Run statements on the server behind `url`, in its own `postgres` database; also within a running
    loop."""
    server = urlunsplit(urlsplit(url)._replace(path="/postgres"))

    async def run() -> None:
        connection = await asyncpg.connect(server)
        for statement in statements:
            await connection.execute(statement)
        await connection.close()

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    thread.join()


@pytest.fixture(scope="session")
def gateway(short_folder: Path, kit_ports: Ports, database: str) -> Iterator[GatewayProcess]:
    """The session's gateway, with PostgreSQL, Redis and rtpengine."""
    servers = Servers(short_folder, kit_ports)
    running = GatewayProcess(
        short_folder / "gateway", kit_ports, database=database, redis=servers.redis, ng=servers.ng
    )
    running.start()
    yield running
    running.stop()
    servers.stop()


class Kit:
    """Agents around one gateway; all of them end with the test."""

    def __init__(self, gateway: GatewayProcess, folder: Path, ports: Ports, database: str) -> None:
        self.gateway = gateway
        self.folder = folder
        self.ports = ports
        self.database = database
        self.company = Company(folder, database)
        self.stack = AsyncExitStack()
        self._names = 0

    # -- the mobile network, the carrier, the emergency centre

    async def network_calls(self, scenario: str, dialled: str, caller: Person | str, **more: Any) -> Sipp:
        """The mobile network hands us a call of its user: Request-URI as dialled, the MSISDN asserted."""
        msisdn = caller if isinstance(caller, str) else caller.mobile
        more["headers"] = f"P-Asserted-Identity: <sip:{msisdn}@ims.example>\n" + more.get("headers", "")
        remote = ("127.0.0.1", self.gateway.mobile)
        return await self.sipp(
            scenario, remote=remote, to_user=dialled, from_user=msisdn, domain="ims.example", **more
        )

    async def carrier_calls(self, scenario: str, number: str, caller: str, **more: Any) -> Sipp:
        """The PSTN calls one of us."""
        more["headers"] = f"P-Asserted-Identity: <sip:{caller}@pstn.example>\n" + more.get("headers", "")
        remote = ("127.0.0.1", self.gateway.pstn)
        return await self.sipp(
            scenario, remote=remote, to_user=number, from_user=caller, domain="pstn.example", **more
        )

    async def carrier(self, scenario: str = "uas_answer", **more: Any) -> Sipp:
        """What the PSTN does with a call of ours."""
        return await self.sipp(scenario, port=self.gateway.carrier, **more)

    async def network(self, scenario: str = "uas_answer", **more: Any) -> Sipp:
        """What the mobile network does with a leg toward a handset."""
        return await self.sipp(scenario, port=self.gateway.network, **more)

    async def psap(self, scenario: str = "uas_answer", *, spare: bool = False, **more: Any) -> Sipp:
        """What the emergency centre does."""
        return await self.sipp(scenario, port=self.gateway.psap_spare if spare else self.gateway.psap, **more)

    # -- desk phones

    async def phone(
        self, person: Person, scenario: str = "uas_answer", *, which: int = 0, **more: Any
    ) -> Sipp:
        """A desk phone played by SIPp: registered, and doing with a call what `scenario` says."""
        transport = more.get("transport", "udp")
        port = self.ports.sip()
        await self.register(person, port, which=which, transport=transport)
        return await self.sipp(scenario, port=port, **more)

    async def register(
        self,
        person: Person,
        port: int,
        *,
        which: int = 0,
        scenario: str = "register",
        transport: str = "udp",
        password: str = PASSWORD,
        **more: Any,
    ) -> None:
        """REGISTER from `port` with digest."""
        user = person.phones[which]
        sipp = await self.sipp(
            scenario,
            remote=("127.0.0.1", self.gateway.devices),
            port=port,
            transport=transport,
            auth_uri=person.domain,
            user=user,
            password=password,
            domain=person.domain,
            **more,
        )
        await sipp.finished()

    async def phone_calls(self, scenario: str, person: Person, dialled: str, **more: Any) -> Sipp:
        """A desk phone played by SIPp calls: `scenario` answers the challenge."""
        user = person.phones[0]
        return await self.sipp(
            scenario,
            remote=("127.0.0.1", self.gateway.devices),
            auth_uri=f"{dialled}@{person.domain}",
            request_uri=f"sip:{dialled}@{person.domain}",
            user=user,
            password=more.pop("password", PASSWORD),
            from_user=user,
            domain=person.domain,
            **more,
        )

    async def sipp(self, scenario: str, **more: Any) -> Sipp:
        return await self.stack.enter_async_context(Sipp(scenario, self.folder, self.ports, **more))

    # -- baresip

    async def baresip(self, tone_hz: int | None = None, **more: Any) -> Baresip:
        self._names += 1
        return await self.stack.enter_async_context(
            Baresip(str(self._names), self.folder, self.ports, tone_hz, **more)
        )

    async def desk(
        self,
        person: Person,
        tone_hz: int | None = None,
        *,
        which: int = 0,
        transport: str = "udp",
        **more: Any,
    ) -> Baresip:
        """A desk phone played by baresip, registered."""
        agent = await self.baresip(tone_hz)
        port = self.gateway.devices_tls if transport == "tls" else self.gateway.devices
        outbound = f"sip:127.0.0.1:{port};transport={transport}"
        await agent.account(
            person.phones[which],
            person.domain,
            password=PASSWORD,
            transport=transport,
            outbound=outbound,
            register=True,
            **more,
        )
        return agent

    async def handset(self, person: Person, tone_hz: int | None = None) -> Baresip:
        """A handset played by baresip, which is the whole mobile network at once: no PAI, so From counts."""
        agent = await self.baresip(tone_hz, sip_port=self.gateway.network)
        await agent.account(person.mobile or "", f"127.0.0.1:{self.gateway.mobile}")
        return agent

    async def pstn_phone(self, number: str, tone_hz: int | None = None) -> Baresip:
        """A telephone in the PSTN played by baresip, which is the whole carrier at once."""
        agent = await self.baresip(tone_hz, sip_port=self.gateway.carrier)
        await agent.account(number, f"127.0.0.1:{self.gateway.pstn}")
        return agent

    # -- records

    async def record(self) -> Record:
        """The record of the one call of this test's company."""
        return (await self.records(1))[0]

    async def records(self, count: int, *, within_s: float = WRITTEN_WITHIN_S) -> list[Record]:
        condition = "c.tenant = (SELECT tenant_id FROM directory.tenants WHERE name = $1)"
        return await read_records(
            self.database, condition, self.company.tenant, count=count, within_s=within_s
        )

    async def record_of(self, sip_call_id: str) -> Record:
        """The record whose calling leg had this Call-ID: for calls that are no company's."""
        condition = "c.call_id IN (SELECT call_id FROM gateway.legs WHERE sip_call_id = $1)"
        return (await read_records(self.database, condition, sip_call_id))[0]


@pytest.fixture
async def kit(gateway: GatewayProcess, tmp_path: Path, kit_ports: Ports, database: str) -> AsyncIterator[Kit]:
    made = Kit(gateway, tmp_path, kit_ports, database)
    yield made
    await made.stack.aclose()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """A failed test shows what the gateway logged last."""
    outcome: Any = yield
    report = outcome.get_result()
    kit = getattr(item, "funcargs", {}).get("kit")
    if report.when == "call" and report.failed and kit is not None:
        report.sections.append(("gateway log", kit.gateway.log()))
