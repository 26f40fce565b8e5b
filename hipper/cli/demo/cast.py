"""Who plays: the demo company's telephones, three mobile networks and the carrier, all around one gateway."""

from __future__ import annotations

import contextlib
import tomllib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

from hipper.cli.errors import CliError
from hipper.runtime.settings_model import EmergencyRoute, PstnTrunk, Settings, SipListener
from hipper.runtime.settings_model import MobileNetwork as MobileNetworkSettings
from hipper.telephony.sip.uri import SipUri, format_host
from simulators.agent import Agent, Peer
from simulators.desk_phone import DeskPhone
from simulators.ladder import Write
from simulators.mobile_network import MobileNetwork
from simulators.network.imrn import ImrnNetwork
from simulators.network.isc import IscNetwork
from simulators.pstn import Pstn

ANNA_MOBILE, BRAM_MOBILE = "+31612345601", "+31612345602"
EVA_MOBILE, FARID_MOBILE = "+31612345605", "+31612345606"
ANNA_HZ, BRAM_HZ, OUTSIDE_HZ = 600, 1000, 1400
CHANTAL_HZ, EVA_HZ, FARID_HZ, HOME_HZ, OFFICE_HZ = 1120, 740, 860, 1640, 1260
"""What each of them sounds like; no tone is a multiple of another."""
IMRN_PATH = "/v1/mobile-network/imrn"
PHONES = {
    "shop": ("bram-winkel", "desk, shop", BRAM_HZ),
    "bakery": ("bram-bakkerij", "desk, bakery", BRAM_HZ),
    "office": ("anna-kantoor", "desk, Anna", OFFICE_HZ),
    "counter": ("chantal-balie", "desk, Chantal", CHANTAL_HZ),
    "eva": ("eva-toonbank", "desk, Eva", EVA_HZ),
}
"""Field of the cast: AOR user, name in the ladder, tone."""


@dataclass
class Cast:
    """The simulators of the demonstration, registered and listening. ``network``: in trunk mode; ``ims`` in
    isc, ``camel`` in imrn mode."""

    network: MobileNetwork
    ims: IscNetwork
    camel: ImrnNetwork
    pstn: Pstn
    emergency: Pstn
    shop: DeskPhone
    bakery: DeskPhone
    office: DeskPhone
    counter: DeskPhone
    eva: DeskPhone
    domain: str


@dataclass(frozen=True)
class _Script:
    """What is read of the settings and the demo company. ``networks``: by mode."""

    networks: dict[str, MobileNetworkSettings]
    trunk: PstnTrunk
    route: EmergencyRoute
    devices: SipListener
    domain: str
    passwords: dict[str, str]


def _read(settings: Settings, company: Path) -> _Script:
    try:
        tenant = tomllib.loads(company.read_text())
        phones = [phone for subscriber in tenant["subscriber"] for phone in subscriber.get("desk_phone", ())]
        networks = {str(network.mode): network for network in settings.mobile_network}
        if set(networks) != {"trunk", "isc", "imrn"}:
            raise LookupError("a mobile network of each mode")
        return _Script(
            networks=networks,
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
    async with contextlib.AsyncExitStack() as stack:
        enter = stack.enter_async_context
        network = await enter(_trunk_network(settings, script, write))
        ims = await enter(_isc_network(settings, script, write))
        camel = await enter(_imrn_network(settings, script, write))
        pstn = await enter(_carrier(settings, script, script.trunk.target, "pstn", write))
        emergency = await enter(_carrier(settings, script, script.route.target, "emergency", write))
        phones = {field: await enter(_phone(script, field, write)) for field in PHONES}
        for agent in phones.values():
            await agent.registered()
        cast = Cast(network, ims, camel, pstn, emergency, **phones, domain=script.domain)
        # handsets have to be there before somebody calls them
        network.handset(BRAM_MOBILE), ims.handset(EVA_MOBILE)
        try:
            yield cast
        finally:
            # A binding left behind would be rung by the next demonstration, on a port nobody listens on.
            for agent in phones.values():
                await agent.unregister()


def _phone(script: _Script, field: str, write: Write) -> DeskPhone:
    user, name, hertz = PHONES[field]
    return DeskPhone(
        registrar=Peer(script.devices.host, script.devices.port),
        aor=f"{user}@{script.domain}",
        password=script.passwords[user],
        tone_hz=hertz,
        name=name,
        write=write,
    )


def _trunk_network(settings: Settings, script: _Script, write: Write) -> MobileNetwork:
    own = script.networks["trunk"]
    return MobileNetwork(
        gateway=_gateway(settings, own.listener),
        port=_port(own.target),
        loop_guard_header=own.loop_guard_header,
        terminating_prefix=own.terminating_prefix,
        tone_hz=ANNA_HZ,
        name="mobile network",
        write=write,
    )


def _isc_network(settings: Settings, script: _Script, write: Write) -> IscNetwork:
    own = script.networks["isc"]
    return IscNetwork(
        gateway=_gateway(settings, own.listener),
        port=_port(own.target),
        server=own.own_uri or "",
        domain=own.sip_domain or "",
        tone_hz=EVA_HZ,
        name="S-CSCF",
        write=write,
    )


def _imrn_network(settings: Settings, script: _Script, write: Write) -> ImrnNetwork:
    own, api = script.networks["imrn"], settings.api
    return ImrnNetwork(
        gateway=_gateway(settings, own.listener),
        port=_port(own.target),
        imrn_url=f"http://{format_host(api.host)}:{api.port}{IMRN_PATH}",
        imrn_key=own.imrn_api_key or "",
        loop_guard_header=own.loop_guard_header,
        tone_hz=FARID_HZ,
        name="MSC and SCP",
        write=write,
    )


def _carrier(settings: Settings, script: _Script, target: str, name: str, write: Write) -> Pstn:
    gateway = _gateway(settings, script.trunk.listener)
    return Pstn(gateway=gateway, port=_port(target), tone_hz=OUTSIDE_HZ, name=name, write=write)


@contextlib.contextmanager
def sounding(agent: Agent, hertz: int) -> Iterator[None]:
    """Let calls that come to ``agent`` have another voice than the one it makes: it plays both ends."""
    before, agent.tone_hz = agent.tone_hz, hertz
    try:
        yield
    finally:
        agent.tone_hz = before


def _gateway(settings: Settings, name: str) -> Peer:
    listener = _listener(settings, name)
    return Peer(listener.host, listener.port)


def _listener(settings: Settings, name: str) -> SipListener:
    return next(listener for listener in settings.sip_listener if listener.name == name)


def _port(target: str) -> int:
    return SipUri.parse(target).port or 5060
