"""Who plays: the demo company's telephones, the mobile network and the carrier, all around one gateway."""

from __future__ import annotations

import contextlib
import tomllib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from hipper.cli.errors import CliError
from hipper.runtime.settings_model import EmergencyRoute, PstnTrunk, Settings, SipListener
from hipper.runtime.settings_model import MobileNetwork as MobileNetworkSettings
from hipper.telephony.sip.uri import SipUri
from simulators.agent import Peer
from simulators.desk_phone import DeskPhone
from simulators.ladder import Write
from simulators.mobile_network import MobileNetwork
from simulators.pstn import Pstn

ANNA_MOBILE, BRAM_MOBILE = "+31612345601", "+31612345602"
ANNA_HZ, BRAM_HZ, OUTSIDE_HZ = 600, 1000, 1400
"""What each of them sounds like; no tone is a multiple of another."""


@dataclass
class Cast:
    """The simulators of the demonstration, registered and listening."""

    network: MobileNetwork
    pstn: Pstn
    emergency: Pstn
    shop: DeskPhone
    bakery: DeskPhone
    domain: str


@dataclass(frozen=True)
class _Script:
    """What is read of the settings and the demo company."""

    network: MobileNetworkSettings
    trunk: PstnTrunk
    route: EmergencyRoute
    devices: SipListener
    domain: str
    passwords: dict[str, str]


def _read(settings: Settings, company: Path) -> _Script:
    try:
        tenant = tomllib.loads(company.read_text())
        phones = [phone for subscriber in tenant["subscriber"] for phone in subscriber.get("desk_phone", ())]
        return _Script(
            network=settings.mobile_network[0],
            trunk=settings.pstn_trunk[0],
            route=settings.emergency_route[0],
            devices=_listener(settings, "devices-udp"),
            domain=tenant["tenant"]["domains"][0],
            passwords={phone["aor_user"]: phone["password"] for phone in phones},
        )
    except (OSError, LookupError) as error:
        raise CliError(
            f"the demonstration plays with deploy/hipper.toml and {company.name} as they came: {error!r}"
        ) from None


@contextlib.asynccontextmanager
async def on_stage(settings: Settings, company: Path, write: Write) -> AsyncIterator[Cast]:
    """Start everybody; ``write``: where their ladders go. Raises CliError when a part has no settings."""
    script = _read(settings, company)

    def phone(user: str, name: str) -> DeskPhone:
        return DeskPhone(
            registrar=Peer(script.devices.host, script.devices.port),
            aor=f"{user}@{script.domain}",
            password=script.passwords[user],
            tone_hz=BRAM_HZ,
            name=name,
            write=write,
        )

    mobile_listener = _listener(settings, script.network.listener)
    pstn_listener = _listener(settings, script.trunk.listener)
    async with (
        MobileNetwork(
            gateway=Peer(mobile_listener.host, mobile_listener.port),
            port=_port(script.network.target),
            loop_guard_header=script.network.loop_guard_header,
            terminating_prefix=script.network.terminating_prefix,
            tone_hz=ANNA_HZ,
            name="mobile network",
            write=write,
        ) as mobile,
        Pstn(
            gateway=Peer(pstn_listener.host, pstn_listener.port),
            port=_port(script.trunk.target),
            tone_hz=OUTSIDE_HZ,
            name="pstn",
            write=write,
        ) as pstn,
        Pstn(
            gateway=Peer(pstn_listener.host, pstn_listener.port),
            port=_port(script.route.target),
            tone_hz=OUTSIDE_HZ,
            name="emergency",
            write=write,
        ) as emergency,
        phone("bram-winkel", "desk, shop") as shop,
        phone("bram-bakkerij", "desk, bakery") as bakery,
    ):
        for agent in (shop, bakery):
            await agent.registered()
        try:
            yield Cast(mobile, pstn, emergency, shop, bakery, script.domain)
        finally:
            # A binding left behind would be rung by the next demonstration, on a port nobody listens on.
            for agent in (shop, bakery):
                await agent.unregister()


def _listener(settings: Settings, name: str) -> SipListener:
    return next(listener for listener in settings.sip_listener if listener.name == name)


def _port(target: str) -> int:
    return SipUri.parse(target).port or 5060
