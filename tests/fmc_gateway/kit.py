"""A gateway in this process with real PostgreSQL, Redis and rtpengine, and peers that speak our own SIP
stack.

Listeners: ``core`` (mobile network), ``pstn``, ``devices-udp``, ``devices-tcp``; peers have sockets of
their own.
"""

from __future__ import annotations

import asyncio
import atexit
import functools
import itertools
import shutil
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

import asyncpg

from fmc_gateway.prompts.library import MADE, folder_of
from fmc_gateway.service import Gateway
from hipper.directory.credentials import hashed
from hipper.runtime.ids import RandomIds
from hipper.runtime.settings_model import (
    DatabaseSection,
    EmergencyRoute,
    GatewaySection,
    HttpSection,
    MediaSection,
    MobileNetwork,
    PstnTrunk,
    RedisSection,
    Rtpengine,
    Settings,
    SipListener,
)
from hipper.runtime.sip_endpoint import SipShell
from hipper.telephony.sip import events as sip
from hipper.telephony.sip.digest import DigestClient
from hipper.telephony.sip.flow import Flow
from hipper.telephony.sip.headers import NameAddr
from hipper.telephony.sip.uri import SipUri
from hipper.telephony.sip.useragent import UserAgent, UserAgentConfig
from tests.interop.ports import slice_number

FIRST_PORT, PORTS_OF_A_PROCESS = 24100, 200


@functools.cache
def _ports() -> Iterator[int]:
    """Those of this process's slice, so that workers beside each other do not meet."""
    first = FIRST_PORT + slice_number() * PORTS_OF_A_PROCESS
    return itertools.cycle(range(first, first + PORTS_OF_A_PROCESS))


@functools.cache
def _spoken() -> Path:
    """Announcements where rtpengine can read them, once for all gateways of this process: each would copy its
    own while calls begin already."""
    folder = Path(tempfile.mkdtemp(prefix="hipper-prompts-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    shutil.copytree(MADE, folder, dirs_exist_ok=True)
    folder.chmod(0o755)
    return folder


def _place_announcements(settings: Settings) -> None:
    prompts = folder_of(settings)
    prompts.parent.mkdir(parents=True, exist_ok=True)
    if not prompts.exists():
        prompts.symlink_to(_spoken())


PASSWORD = "correct horse"
DOMAIN = "acme.test"
WAIT_S = 5.0


def free_port() -> int:
    """A port of this test suite's range that nobody has."""
    for port in _ports():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
            try:
                udp.bind(("127.0.0.1", port))
                tcp.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("unreachable: cycle never ends")


def sdp(port: int = 25000, codecs: str = "8 0 101", direction: str = "sendrecv", version: int = 1) -> str:
    return (
        f"v=0\r\no=- 7 {version} IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
        f"m=audio {port} RTP/AVP {codecs}\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n"
        f"a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na={direction}\r\n"
    )


class Peer:
    """A user agent on a socket of its own. What :meth:`expect` does not ask for stays for later."""

    def __init__(self, transport: str = "udp") -> None:
        self.port = free_port()
        self.transport = transport
        self.agent = UserAgent(UserAgentConfig(user_agent="Peer", session_expires_s=None), RandomIds())
        self.events: list[Any] = []
        self._arrived = asyncio.Event()
        listener = SipListener(name="peer", transport=transport, host="127.0.0.1", port=self.port)  # type: ignore[arg-type]
        self.shell = SipShell(self.agent, [listener], self._on_event)

    async def start(self) -> Peer:
        await self.shell.start()
        return self

    async def stop(self) -> None:
        await self.shell.stop()

    def flow(self, port: int) -> Flow:
        return self.shell.flow_for(self.transport, "peer", "127.0.0.1", port)  # type: ignore[arg-type]

    def call(
        self,
        to_port: int,
        dialled: str,
        from_: str,
        *,
        headers: tuple[tuple[str, str], ...] = (),
        offer: str | None = None,
        late: bool = False,
        auth: DigestClient | None = None,
        host: str = "127.0.0.1",
    ) -> str:
        """``late``: no SDP; the other side offers, and ``acknowledge`` answers."""
        uri = SipUri.parse(f"sip:{dialled}@{host}")
        session = self.agent.invite(
            uri=uri,
            flow=self.flow(to_port),
            from_=NameAddr.parse(from_),
            to=NameAddr(uri),
            now=time.monotonic(),
            headers=headers,
            sdp=None if late else offer or sdp(),
            auth=auth,
        )
        self.shell.flush()
        return session

    def do(self, method: str, *arguments: Any, **named: Any) -> Any:
        """An action of the user agent on a session, now: ``peer.do("answer", session, sdp())``."""
        session, *rest = arguments
        result = getattr(self.agent, method)(session, time.monotonic(), *rest, **named)
        self.shell.flush()
        return result

    async def expect(self, *kinds: type, within_s: float = WAIT_S) -> Any:
        """The oldest event of one of these kinds that was not taken yet."""
        async with asyncio.timeout(within_s):
            while True:
                for index, event in enumerate(self.events):
                    if isinstance(event, kinds):
                        return self.events.pop(index)
                self._arrived.clear()
                await self._arrived.wait()

    def _on_event(self, event: Any) -> None:
        self.events.append(event)
        self._arrived.set()

    async def register(
        self, gateway_port: int, user: str, password: str = PASSWORD, expires: int = 300
    ) -> int:
        """Register this socket as ``user``; the final status."""
        aor = SipUri.parse(f"sip:{user}@{DOMAIN}")
        transport = "" if self.transport == "udp" else f";transport={self.transport}"
        self.agent.request(
            method="REGISTER",
            uri=SipUri.parse(f"sip:{DOMAIN}"),
            flow=self.flow(gateway_port),
            from_=NameAddr(aor),
            to=NameAddr(aor),
            now=time.monotonic(),
            headers=(
                ("Contact", f"<sip:{user}@127.0.0.1:{self.port}{transport}>"),
                ("Expires", str(expires)),
            ),
            body=None,
            auth=DigestClient(user, password),
        )
        self.shell.flush()
        event = await self.expect(sip.RequestAnswered, sip.RequestFailed)
        return int(event.response.status) if isinstance(event, sip.RequestAnswered) else int(event.status)


class Site:
    """Ports of one gateway under test and its settings."""

    def __init__(self, state_dir: Path, *, pg: str, redis: str, ng: str, **gateway: Any) -> None:
        self.core, self.pstn, self.udp, self.tcp, self.http = (free_port() for _ in range(5))
        self.mobile_peer = Peer()
        self.carrier = Peer()
        self.psap = Peer()
        self.settings = Settings(
            state_dir=str(state_dir),
            gateway=GatewaySection(**{"drain_s": 2.0, **gateway}),
            database=DatabaseSection(url=pg, role_password="test"),
            redis=RedisSection(url=redis),
            media=MediaSection(
                rtpengines=(Rtpengine(ng=ng),),
                health_interval_s=0.2,
                dtmf_listen=f"127.0.0.1:{free_port()}",
            ),
            http=HttpSection(port=self.http),
            sip_listener=(
                SipListener(name="core", port=self.core),
                SipListener(name="pstn", port=self.pstn),
                SipListener(name="devices-udp", port=self.udp),
                SipListener(name="devices-tcp", transport="tcp", port=self.tcp),
            ),
            mobile_network=(
                MobileNetwork(
                    name="mno",
                    listener="core",
                    addresses=("127.0.0.1",),
                    target=f"sip:127.0.0.1:{self.mobile_peer.port}",
                    terminating_prefix="99",
                    options_interval_s=0,
                ),
            ),
            pstn_trunk=(
                PstnTrunk(
                    name="carrier",
                    listener="pstn",
                    addresses=("127.0.0.1",),
                    target=f"sip:127.0.0.1:{self.carrier.port}",
                    options_interval_s=0,
                ),
            ),
            emergency_route=(
                EmergencyRoute(name="psap", listener="pstn", target=f"sip:127.0.0.1:{self.psap.port}"),
            ),
        )


_COMPANY = f"""
INSERT INTO directory.tenants (tenant_id, name, display_name, kind)
    VALUES ('acme', 'acme', 'Acme', 'enterprise');
INSERT INTO directory.groups (group_id, tenant_id, name, display_name, country, area_code)
    VALUES ('g1', 'acme', 'hq', 'HQ', 'NL', '20');
INSERT INTO directory.domains VALUES ('{DOMAIN}', 'acme');
INSERT INTO directory.subscriptions VALUES ('acme', 'mob-anna', 'mobile'), ('acme', 'fix-anna', 'fixed'),
    ('acme', 'mob-bram', 'mobile'), ('acme', 'fix-bram', 'fixed');
"""
_SUBSCRIBER = """
INSERT INTO directory.subscribers (subscriber_id, tenant_id, group_id, user_name, domain, display_name,
identity,
    withhold, no_answer_s, decline_ends_ringing, mobile_subscription, fixed_subscription, language, enabled)
VALUES ($1, 'acme', 'g1', $1, $2, $3, 'fixed', false, 20, true, $4, $5, 'nl', true)
"""


async def provision(url: str) -> None:
    """Anna (201, two desk phones) and Bram (202, one) of one company."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(_COMPANY)
        for user, name, extension in (("anna", "Anna", "201"), ("bram", "Bram", "202")):
            await _subscriber(connection, user, name, extension)
        for device, user in (("anna-1", "anna"), ("anna-2", "anna"), ("bram-1", "bram")):
            md5, sha256 = hashed(device, DOMAIN, PASSWORD)
            await connection.execute(
                "INSERT INTO directory.devices VALUES ($1,'acme',$2,'desk_phone',$1,$1,$3,NULL,true)",
                device,
                user,
                DOMAIN,
            )
            await connection.execute(
                "INSERT INTO directory.device_credentials VALUES ($1,$2,$3,$4)", device, DOMAIN, md5, sha256
            )
    finally:
        await connection.close()


async def _subscriber(connection: Any, user: str, name: str, extension: str) -> None:
    await connection.execute(_SUBSCRIBER, user, DOMAIN, name, f"mob-{user}", f"fix-{user}")
    await connection.execute(
        "INSERT INTO directory.numbers (tenant_id, subscriber_id, kind, e164, extension) VALUES"
        " ('acme',$1,'extension',NULL,$2),('acme',$1,'fixed',$3,NULL),('acme',$1,'mobile',$4,NULL)",
        user,
        extension,
        f"+3120123{extension}0",
        f"+316123{extension}00",
    )
    await connection.execute(
        "INSERT INTO directory.devices VALUES ($1,'acme',$2,'mobile','mobile',NULL,NULL,'mno',true)",
        f"{user}-mobile",
        user,
    )


async def wait_for(condition: Callable[[], Any], within_s: float = WAIT_S) -> Any:
    async with asyncio.timeout(within_s):
        while not (result := condition()):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        return result


class World:
    """A running gateway and its peers."""

    def __init__(self, site: Site) -> None:
        self.site = site
        _place_announcements(site.settings)
        self.gateway = Gateway(site.settings)
        self.peers: list[Peer] = [site.mobile_peer, site.carrier, site.psap]

    async def __aenter__(self) -> Self:
        for peer in self.peers:
            await peer.start()
        await self.gateway.start()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.gateway.stop()
        for peer in self.peers:
            await peer.stop()

    async def phone(self, user: str, transport: str = "udp") -> Peer:
        """A registered desk phone."""
        peer = await Peer(transport).start()
        self.peers.append(peer)
        port = self.site.udp if transport == "udp" else self.site.tcp
        assert await peer.register(port, user) == 200
        return peer

    async def at_rest(self) -> None:
        """No call, session or media pair is left."""
        await wait_for(lambda: len(self.gateway.interpreter) == 0)
        await wait_for(lambda: self.gateway.agent.session_count() == 0)
        await wait_for(lambda: self.gateway.media_client.calls == 0)
