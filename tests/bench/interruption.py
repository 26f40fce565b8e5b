"""Interruption of audio at the far party when a user pulls the running call to another telephone with
``*11``.

The whole installation, with rtpengine; handset, desk phone and PSTN send a packet every 20 ms. Measured on
the RTP that reaches the far party's port: the longest time without a packet, from before ``*11`` is dialled
until the new telephone has been heard for a while. Every pull is between the same two telephones, there and
back. Limit: the worst within 150 ms, of which 20 ms are the packets' own distance.

    python -m tests.bench.interruption [--pulls 40]
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

from simulators.agent import Peer
from simulators.call import Call
from simulators.desk_phone import DeskPhone
from simulators.mobile_network import MobileNetwork
from simulators.pstn import Pstn
from tests.bench.own_servers import OwnServers
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


def measure(pulls: int) -> list[float]:
    with installation() as (folder, gateway, servers):
        company = Company(folder, servers.database)
        anna = company.person("anna")

        async def run() -> list[float]:
            await company.apply()
            return await pull_about(anna, gateway, pulls)

        return asyncio.run(run())


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--pulls", type=int, default=40)
    found = measure(parser.parse_args().pulls)
    worst = max(found)
    print(
        f"interruption of audio at the far party, {len(found)} pulls with *11: "
        f"median {statistics.median(found):.0f} ms, worst {worst:.0f} ms (limit {LIMIT_MS:.0f} ms)"
    )
    return 0 if worst <= LIMIT_MS else 1


if __name__ == "__main__":
    sys.exit(main())
