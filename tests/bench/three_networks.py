"""One gateway before three mobile networks, one of each mode, with the API beside it; and a company of users
in each network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import asyncpg

from hipper.directory.provision import apply_file
from tests.interop.api_process import ApiProcess
from tests.interop.company import Person
from tests.interop.gateway import CARRIER, EMERGENCY_ROUTE, GatewayProcess
from tests.interop.ports import Ports

Mode = Literal["trunk", "isc", "imrn"]
MODES: tuple[Mode, ...] = ("trunk", "isc", "imrn")
KEY = "key-of-the-simulated-network"
FORWARDED_TO = "+31301999999"
NO_ANSWER_S = 5
"""The shortest there is."""
_PEERS = (
    """
[[sip_listener]]
name = "isc"
port = {isc}

[[sip_listener]]
name = "imrn"
port = {imrn}

[api]
port = {api}

[[mobile_network]]
name = "mno-trunk"
listener = "mobile"
addresses = ["127.0.0.1"]
target = "sip:127.0.0.1:{trunk_network}"
options_interval_s = 0
terminating_prefix = "99"

[[mobile_network]]
name = "mno-isc"
mode = "isc"
listener = "isc"
addresses = ["127.0.0.1"]
target = "sip:127.0.0.1:{isc_network}"
options_interval_s = 0
sip_domain = "ims.example"
own_uri = "sip:fmc.example;lr"
originating_route = "<sip:127.0.0.1:{isc_network};lr;orig>"
conference_factories = ["mmtel@conf-factory.ims.example"]

[[mobile_network]]
name = "mno-imrn"
mode = "imrn"
listener = "imrn"
addresses = ["127.0.0.1"]
target = "sip:127.0.0.1:{imrn_network}"
options_interval_s = 0
imrn_ranges = ["+31970120000-+31970124999"]
imrn_api_key = "{key}"
"""
    + CARRIER
    + EMERGENCY_ROUTE
)


class ThreeNetworks(GatewayProcess):
    """``asks_at``: the gateway's port for the network of a mode; ``answers_at``: that network's own."""

    def __init__(self, folder: Path, ports: Ports, *, database: str, redis: str, ng: Sequence[str]) -> None:
        super().__init__(folder, ports, database=database, redis=redis, ng=ng[0])
        self.api_port = ports.keep()
        self.asks_at: dict[Mode, int] = {"trunk": self.mobile, "isc": ports.keep(), "imrn": ports.keep()}
        self.answers_at: dict[Mode, int] = {
            "trunk": self.network, "isc": ports.keep(), "imrn": ports.keep()
        }  # fmt: skip
        peers = _PEERS.format(
            isc=self.asks_at["isc"], imrn=self.asks_at["imrn"], api=self.api_port, carrier=self.carrier,
            psap=self.psap, key=KEY, **{f"{mode}_network": port for mode, port in self.answers_at.items()},
        )  # fmt: skip
        text = self.settings.read_text().partition("[[mobile_network]]")[0]
        engines = ", ".join(f'{{ ng = "{engine}" }}' for engine in ng)
        text = text.replace(f'rtpengines = [{{ ng = "{ng[0]}" }}]', f"rtpengines = [{engines}]")
        text = text.replace('level = "debug"', 'level = "info"')
        self.settings.write_text(text + peers)
        self._api = ApiProcess(folder, self.settings, self.api_port)

    @property
    def pid(self) -> int:
        assert self._process is not None, "not started"
        return self._process.pid

    @property
    def imrn_url(self) -> str:
        return f"http://127.0.0.1:{self.api_port}/v1/mobile-network/imrn"

    def start(self, *, servers: bool = True) -> None:
        super().start(servers=servers)
        self._api.start()

    def stop(self) -> None:
        self._api.stop()
        super().stop()


@dataclass
class Staff:
    """Users of one company in one network. ``people`` may be in a call of each other; ``forwarders`` send
    all their calls to FORWARDED_TO; ``silent`` wait the shortest time for an answer."""

    mode: Mode
    tenant: str
    people: list[Person] = field(default_factory=list)
    forwarders: list[Person] = field(default_factory=list)
    silent: list[Person] = field(default_factory=list)

    @property
    def everyone(self) -> list[Person]:
        return [*self.people, *self.forwarders, *self.silent]


async def hire(
    folder: Path, database: str, prefix: str, *, people: int, others: int, first: int = 800_000
) -> dict[Mode, Staff]:
    """A company in each network. ``prefix`` of names and ``first`` number, so that several runs share a
    database."""
    made: dict[Mode, Staff] = {}
    connection = await asyncpg.connect(database)
    try:
        for number, mode in enumerate(MODES):
            made[mode] = staff = _staff(mode, f"{prefix}-{mode}", first + number * 1000, people, others)
            file = folder / f"{staff.tenant}.toml"
            file.write_text(_toml(staff))
            await apply_file(connection, file)
    finally:
        await connection.close()
    return made


def _staff(mode: Mode, tenant: str, first: int, people: int, others: int) -> Staff:
    staff = Staff(mode, tenant)
    for index in range(people + 2 * others):
        count = first + index
        person = Person(
            user=f"user{index}", domain=f"{tenant}.test", extension=str(201 + index),
            fixed=f"+31207{count}", mobile=f"+316{20_000_000 + count}", phones=(),
            identity="fixed" if index % 2 else "mobile", no_answer_s=NO_ANSWER_S,
        )  # fmt: skip
        group = staff.people if index < people else staff.forwarders if index % 2 else staff.silent
        group.append(person)
    return staff


def _toml(staff: Staff) -> str:
    head = f"""[tenant]
name = "{staff.tenant}"
display_name = "{staff.tenant}"
kind = "group"
domains = ["{staff.tenant}.test"]
mobile_network = "mno-{staff.mode}"

[[group]]
name = "office"
display_name = "Office"
country = "NL"
area_code = "20"

[group.services.group_outgoing_calling_plan]
barred = ["service_paid"]

"""
    forward = f'[subscriber.services.call_forwarding_always]\nactive = true\ndestination = "{FORWARDED_TO}"\n'
    lines = [person.toml() + (forward if person in staff.forwarders else "") for person in staff.everyone]
    return head + "\n".join(lines)
