"""Interruption of audio at the far party when a user pulls the running call to another telephone with
``*11``, and when a user completes a transfer.

The whole installation, with rtpengine; handset, desk phone and PSTN send a packet every 20 ms. Measured on
the RTP that reaches the far party's port: the longest time without a packet, from before ``*11`` is dialled
until the new telephone has been heard for a while. Every pull is between the same two telephones, there and
back. At a transfer music stops and the colleague begins: measured from before the user completes it, at the
far party and at the colleague, whom the user spoke to before. Limit: the worst within 150 ms, of which 20 ms
are the packets' own distance.

    python -m tests.bench.interruption [--pulls 40] [--transfers 20]
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import statistics
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from hipper.contracts.bus import Consult, ConsultComplete, ReplyStatus
from simulators.agent import Peer
from simulators.call import Call
from simulators.desk_phone import DeskPhone
from simulators.mobile_network import MobileNetwork
from simulators.pstn import Pstn
from tests.bench.own_servers import OwnServers
from tests.interop.app import App, Around
from tests.interop.company import PASSWORD, Company, Person
from tests.interop.gateway import GatewayProcess
from tests.interop.ports import Ports
from tests.port_lock import ports_of

LIMIT_MS = 150.0
HANDSET_HZ, DESK_HZ, FAR_HZ = 440, 700, 1000
AROUND_S = 0.3
"""Listened to before and after each pull."""
OUTSIDE = "0301234567"


@dataclass
class Ear:
    """When packets reached one party; put in front of its own ear."""

    call: Call
    arrivals: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._hear = self.call.media.datagram_received
        self.call.media.datagram_received = self._arrived  # type: ignore[method-assign]

    def _arrived(self, data: bytes, addr: tuple[str, int]) -> None:
        self.arrivals.append(asyncio.get_running_loop().time())
        self._hear(data, addr)

    def longest_ms(self) -> float:
        """Since the last question: the longest time in which nothing came."""
        gaps = [after - before for before, after in zip(self.arrivals, self.arrivals[1:], strict=False)]
        self.arrivals.clear()
        return max(gaps) * 1000


@contextlib.contextmanager
def installation() -> Iterator[tuple[Path, GatewayProcess, OwnServers]]:
    with ports_of("interruption"), tempfile.TemporaryDirectory(prefix="hipper-bench-") as name:
        ports, folder = Ports(), Path(name)
        folder.chmod(0o711)
        servers = OwnServers(folder / "servers", (ports.keep(), ports.keep()), (50000, 50999))
        try:
            servers.start_all()
            gateway = GatewayProcess(
                folder / "gateway",
                ports,
                database=servers.database,
                redis=servers.redis,
                ng=servers.engines[0],
            )
            try:
                gateway.start()
                yield folder, gateway, servers
            finally:
                gateway.stop()
        finally:
            servers.stop_all()


async def pull_about(anna: Person, gateway: GatewayProcess, pulls: int) -> list[float]:
    """There and back, ``pulls`` times in all; the interruption of each in milliseconds."""
    network = MobileNetwork(
        gateway=Peer("127.0.0.1", gateway.mobile), port=gateway.network, tone_hz=HANDSET_HZ
    )
    pstn = Pstn(gateway=Peer("127.0.0.1", gateway.pstn), port=gateway.carrier, tone_hz=FAR_HZ)
    phone = DeskPhone(
        registrar=Peer("127.0.0.1", gateway.devices),
        aor=f"{anna.phones[0]}@{anna.domain}",
        password=PASSWORD,
        tone_hz=DESK_HZ,
    )
    async with network, pstn, phone:
        await phone.registered()
        handset = network.handset(anna.mobile or "")
        on = await handset.call(OUTSIDE)
        far = await pstn.next_call()
        await far.answer()
        await on.answered()
        await far.hears(HANDSET_HZ)
        ear, found = Ear(far), []
        for turn in range(pulls):
            to_desk = turn % 2 == 0
            await asyncio.sleep(AROUND_S)
            before, on = on, await (phone.call("*11") if to_desk else handset.call("*11"))
            await on.answered()
            await before.over()
            await asyncio.sleep(AROUND_S)
            found.append(ear.longest_ms())
            await far.hears(DESK_HZ if to_desk else HANDSET_HZ)
            await on.hears(FAR_HZ)
        await on.hang_up()
        await far.over()
    return found


@dataclass
class Transferred:
    """In milliseconds, of each transfer: at the far party, and at the colleague it was given to."""

    far: list[float] = field(default_factory=list)
    colleague: list[float] = field(default_factory=list)


async def transfer_about(around: Around, anna: Person, bram: Person, transfers: int) -> Transferred:
    """Anna's handset calls outside, consults Bram's desk phone, and completes in the app."""
    gateway, found = around.gateway, Transferred()
    network = MobileNetwork(
        gateway=Peer("127.0.0.1", gateway.mobile), port=gateway.network, tone_hz=HANDSET_HZ
    )
    pstn = Pstn(gateway=Peer("127.0.0.1", gateway.pstn), port=gateway.carrier, tone_hz=FAR_HZ)
    phone = DeskPhone(
        registrar=Peer("127.0.0.1", gateway.devices),
        aor=f"{bram.phones[0]}@{bram.domain}",
        password=PASSWORD,
        tone_hz=DESK_HZ,
    )
    async with network, pstn, phone:
        await phone.registered()
        handset = network.handset(anna.mobile or "")
        for _ in range(transfers):
            user = await handset.call(OUTSIDE)
            far = await pstn.next_call()
            await far.answer()
            await user.answered()
            await far.hears(HANDSET_HZ)
            app = await App.of(around, anna)
            assert (await app.asks(Consult(**app.who, destination=bram.extension))).status is ReplyStatus.DONE
            colleague = await phone.next_call()
            await colleague.answer()
            await colleague.hears(HANDSET_HZ)
            ears = Ear(far), Ear(colleague)
            await asyncio.sleep(AROUND_S)
            assert (await app.asks(ConsultComplete(**app.who))).status is ReplyStatus.DONE
            await user.over()
            await asyncio.sleep(AROUND_S)
            found.far.append(ears[0].longest_ms())
            found.colleague.append(ears[1].longest_ms())
            await far.hears(DESK_HZ)
            await colleague.hears(FAR_HZ)
            await far.hang_up()
            await colleague.over()
    return found


@dataclass
class Installed:
    gateway: GatewayProcess
    database: str
    company: Company


def measure(pulls: int, transfers: int) -> tuple[list[float], Transferred]:
    with installation() as (folder, gateway, servers):
        around = Installed(gateway, servers.database, Company(folder, servers.database))
        anna, bram = around.company.person("anna"), around.company.person("bram", mobile=False)

        async def run() -> tuple[list[float], Transferred]:
            await around.company.apply()
            pulled = await pull_about(anna, gateway, pulls)
            return pulled, await transfer_about(around, anna, bram, transfers)

        return asyncio.run(run())


def says(where: str, found: list[float]) -> float:
    """Prints it, and returns the worst."""
    worst = max(found)
    print(
        f"interruption of audio at {where}: "
        f"median {statistics.median(found):.0f} ms, worst {worst:.0f} ms (limit {LIMIT_MS:.0f} ms)"
    )
    return worst


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--pulls", type=int, default=40)
    parser.add_argument("--transfers", type=int, default=20)
    wanted = parser.parse_args()
    pulled, transferred = measure(wanted.pulls, wanted.transfers)
    worst = max(
        says(f"the far party, {len(pulled)} pulls with *11", pulled),
        says(f"the far party, {len(transferred.far)} completed transfers", transferred.far),
        says("the colleague, of the same transfers", transferred.colleague),
    )
    return 0 if worst <= LIMIT_MS else 1


if __name__ == "__main__":
    sys.exit(main())
