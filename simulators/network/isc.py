"""A mobile network in ``isc`` mode: handsets registered with an S-CSCF whose initial filter criteria name the
gateway as application server."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from hipper.runtime.ids import RandomIds
from hipper.runtime.settings_model import SipListener
from hipper.runtime.sip_endpoint import SipShell
from hipper.telephony.numbers.emergency import is_emergency
from hipper.telephony.sip.endpoint import AckReceived, RequestReceived
from hipper.telephony.sip.events import Invited
from hipper.telephony.sip.flow import DEFAULT_PORT, Flow
from hipper.telephony.sip.headers import NameAddr
from hipper.telephony.sip.message import Request
from hipper.telephony.sip.uri import SipUri, Uri, format_host, parse_uri
from simulators.agent import Agent, Peer
from simulators.call import Call, CallError, HeaderItems, user_of
from simulators.core import WatchedCore
from simulators.faults import NO_FAULTS, SWITCHED_OFF, Fate, Faults
from simulators.ladder import Ladder, Write
from simulators.network.announcement import announce
from simulators.network.charging import Journal
from simulators.network.handsets import CELL, Handset, Place
from simulators.network.judge import Judge
from simulators.network.proxy import Proxy, ProxyCore
from simulators.network.scscf import Scscf
from simulators.network.session import FilterCriterion, number_of
from simulators.network.surroundings import ACCESS, ISC, Surroundings

ANNOUNCER = "announcement"
"""User part of the network's own announcement machine (MRF)."""
ANONYMOUS = '"Anonymous" <sip:anonymous@anonymous.invalid>'
SECOND_DEVICE_RINGS_S = 3.0
RADIO_BACK_S = 5.0
"""Until a handset that lost its cell has another one."""


async def _ring_unheard(call: Call) -> None:
    """A telephone in another room. The S-CSCF waits for its answer too (RFC 3261 §16.7)."""
    await call.send_early_media()
    with suppress(CallError):
        await call.over(SECOND_DEVICE_RINGS_S)
        return
    await call.reject(480)


class IscNetwork(Agent):
    """``gateway``: the application server; ``server``: its URI as the filter criteria name it.
    ``criteria``: more or other filter criteria. ``conference_factories``: Request-URIs the network's own
    conference server answers. ``records``: file for call data records. Other arguments are those of
    :class:`simulators.agent.Agent`; ``host`` and ``port`` are the S-CSCF's.

    The agent itself plays the handsets and everything elsewhere: PSTN, emergency centre, conferences.
    """

    def __init__(
        self,
        *,
        gateway: Peer,
        server: str = "sip:fmc.example;lr",
        domain: str = "ims.example",
        criteria: Sequence[FilterCriterion] = (),
        conference_factories: tuple[str, ...] = ("sip:mmtel@conf-factory.ims.example",),
        handset_port: int | None = None,
        max_loops: int = 30,
        record_route: bool = True,
        records: Path | None = None,
        name: str = "mobile network",
        host: str = "127.0.0.1",
        port: int = 0,
        faults: Faults = NO_FAULTS,
        seed: int = 0,
        write: Write | None = None,
        **agent: Any,
    ) -> None:
        own = replace(faults, lose=0.0, delay=0.0, repeat=0.0, strip=0.0)
        super().__init__(
            name, host=host, faults=own, seed=seed,
            supported=("100rel", "timer", "replaces", "precondition"), **agent,
        )  # fmt: skip
        self.ladder = None if write is None else Ladder(name, write)
        self.gateway = gateway
        self.domain = domain
        self.journal = Journal(name, "isc", records)
        self.judge = Judge(conference_factories)
        self.pstn = Place("the PSTN", self)
        self.emergency_centre = Place("the emergency centre", self)
        self.conference = Place("a conference", self)
        self._handsets: dict[str, Handset] = {}
        self._attached: dict[str, tuple[SipUri, Flow]] = {}
        self._second_device = Agent(f"{name}, second device", host=host, tone_hz=self.tone_hz)
        """Of any user whose call forks: it rings with early media, and nobody answers."""
        self._second_device.behaviour = _ring_unheard
        self._server_host = SipUri.parse(server).host
        core = ProxyCore(RandomIds())
        self._proxy = Proxy(core.endpoint)
        self.scscf = Scscf(
            self._proxy, self._surroundings(criteria or (FilterCriterion(server=server),)),
            self.journal, self.judge, self.note, max_loops=max_loops, record_route=record_route,
        )  # fmt: skip
        self.scscf_core = WatchedCore(core, self._clock, Fate(faults, seed + 1), self.ladder)
        listeners = (
            SipListener(name=ISC, transport=gateway.transport, host=host, port=port),
            SipListener(name=ACCESS, host=host, port=handset_port or 0),
        )
        self._scscf_shell = SipShell(self.scscf_core, listeners, self._on_scscf_event, self._clock)

    def _surroundings(self, criteria: Sequence[FilterCriterion]) -> Surroundings:
        return Surroundings(
            domain=self.domain,
            criteria=criteria,
            users=lambda: frozenset((*self._handsets, *self._attached)),
            contacts=self._contacts,
            elsewhere=lambda: self._access_flow(*super(IscNetwork, self).address),
            gateway=self._gateway_flow,
            flow=self._flow,
            address=self._scscf_address,
            uri=self._scscf_uri,
            absent=self._absent,
            silent=lambda uri: self._is_silent(number_of(uri)),
        )

    # -- life -----------------------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        await self._second_device.__aenter__()
        await self._scscf_shell.start()
        return self

    async def stop(self) -> None:
        await super().stop()
        await asyncio.sleep(0)  # let the last BYEs pass the S-CSCF
        await self._second_device.stop()
        await self._scscf_shell.stop()
        self.journal.close()

    @property
    def address(self) -> tuple[str, int]:
        """Where the application server finds the S-CSCF."""
        return self._scscf_address(ISC)

    @property
    def access_address(self) -> tuple[str, int]:
        """Where handsets attach that run as processes of their own."""
        return self._scscf_address(ACCESS)

    @property
    def findings(self) -> list[str]:
        """What the gateway did that 3GPP forbids, loops included. A run with findings has failed."""
        return self.judge.findings

    @property
    def attached(self) -> list[str]:
        return list(self._attached)

    # -- users ----------------------------------------------------------------------------------------------

    def handset(self, msisdn: str) -> Handset:
        """A handset of this process; the same one each time."""
        return self._handsets.setdefault(msisdn, Handset(self, msisdn))

    async def originate(
        self,
        msisdn: str,
        dialled: str,
        *,
        privacy: str | None = None,
        headers: HeaderItems = (),
        precondition: bool | None = None,
        **more: Any,
    ) -> Call:
        """A handset calls. ``dialled``: digits, or a URI as it is. ``precondition``: None lets the seed
        decide."""
        user = f"<sip:{msisdn}@{self.domain}>"
        hidden = privacy is not None and "id" in privacy
        shown = ANONYMOUS if hidden else user
        own: HeaderItems = (("P-Preferred-Identity", user), ("P-Access-Network-Info", CELL))
        if privacy is not None:
            own += (("Privacy", privacy),)
        call = await self.invite(
            self._dialled(dialled),
            self.flow_to(Peer(*self.access_address)),
            NameAddr.parse(shown),
            headers=(*own, *headers),
            contact=SipUri(user=msisdn, host=self.media_host, port=super().address[1]),
            precondition=self.fate.meets("precondition") if precondition is None else precondition,
            **more,
        )
        call.number = msisdn
        return call

    async def terminate(
        self, msisdn: str, *, caller: str, withheld: bool = False, headers: HeaderItems = (), **more: Any
    ) -> Call:
        """Somebody outside calls a user of ours, through the MGCF."""
        shown = (
            '"Anonymous" <sip:anonymous@anonymous.invalid>' if withheld else f"<sip:{caller}@{self.domain}>"
        )
        own: HeaderItems = (("P-Asserted-Identity", f"<tel:{caller}>"),)
        if withheld:
            own += (("Privacy", "id"),)
        called = SipUri.parse(f"sip:{msisdn}@{self.domain};user=phone")
        flow = self.flow_to(Peer(*self.access_address))
        return await self.invite(called, flow, NameAddr.parse(shown), headers=(*own, *headers), **more)

    def _dialled(self, dialled: str) -> Uri:
        """TS 24.229 §5.1.2A.1.3: digits that are not global carry their context."""
        if ":" in dialled:
            return parse_uri(dialled)
        digits = dialled.replace("#", "%23")
        context = "" if digits.startswith("+") else f";phone-context={self.domain}"
        return SipUri.parse(f"sip:{digits}{context}@{self.domain};user=phone")

    async def on_invite(self, event: Invited) -> None:
        """A call has reached its end: a handset or a place elsewhere."""
        uri = event.request.uri
        number = number_of(uri)
        if number == ANNOUNCER:
            await announce(self, await self.take(event), SWITCHED_OFF)
        else:
            if number in self._handsets:
                self.named_contact(event.session, number)
            call = await self.take(event)
            call.number = number
            await self._place(event.request, number).ring(call)

    def _place(self, request: Request, number: str) -> Place:
        if is_emergency(number):
            return self.emergency_centre
        if self.judge.is_conference(request):
            return self.conference
        return self._handsets.get(number) or self.pstn

    # -- radio ----------------------------------------------------------------------------------------------

    def radio_lost(self, call: Call) -> None:
        if handset := self._handsets.get(call.number):
            handset.out_of_radio = True
            asyncio.get_running_loop().call_later(RADIO_BACK_S, setattr, handset, "out_of_radio", False)

    def _is_silent(self, number: str) -> bool:
        handset = self._handsets.get(number)
        return handset is not None and handset.out_of_radio

    def _contacts(self, number: str) -> Sequence[tuple[SipUri, Flow]] | None:
        if number in self._attached:
            return (self._attached[number],)
        handset = self._handsets.get(number)
        if handset is None:
            return None
        if not handset.on or handset.out_of_radio:
            return ()
        host, port = super().address
        contact = SipUri(user=number, host=host, port=port)
        flow = self._access_flow(host, port)
        if not self.fate.meets("fork"):
            return ((contact, flow),)
        other = self._second_device.address
        return ((contact, flow), (contact.replace(port=other[1]), self._access_flow(*other)))

    def _absent(self, number: str) -> SipUri | None:
        host, port = super().address
        return SipUri(user=ANNOUNCER, host=host, port=port) if self.fate.meets("announce") else None

    # -- the S-CSCF's sockets -------------------------------------------------------------------------------

    def _on_scscf_event(self, event: Any) -> None:
        now = self._clock.monotonic()
        if self._proxy.on_event(event, now):
            return
        if isinstance(event, AckReceived):
            self.scscf.on_ack(event, now)
        elif isinstance(event, RequestReceived) and event.request.method == "REGISTER":
            self._register(event, now)
        elif isinstance(event, RequestReceived):
            self.scscf.on_request(event, now)

    def _register(self, event: RequestReceived, now: float) -> None:
        """A handset attaches; its SIM is taken at its word."""
        request, endpoint = event.request, self._proxy.endpoint
        number = user_of(request.to)
        contact = next(iter(request.contacts), None)
        if contact is None or not isinstance(contact.uri, SipUri) or request.expires == 0:
            self._attached.pop(number, None)
        elif event.flow.listener == ACCESS:
            self._attached[number] = (contact.uri, event.flow)
        status = 200 if event.flow.listener == ACCESS else 403
        response = request.create_response(status, to_tag=endpoint.to_tag(event.transaction))
        endpoint.respond(event.transaction, response, now)

    def _scscf_address(self, listener: str) -> tuple[str, int]:
        return self._scscf_shell.local_address(listener)

    def _scscf_uri(self, listener: str, user: str) -> str:
        host, port = self._scscf_address(listener)
        over = self.gateway.transport if listener == ISC else "udp"
        transport = "" if over == "udp" else f";transport={over}"
        return f"sip:{user}@{format_host(host)}:{port}{transport};lr"

    def _access_flow(self, host: str, port: int) -> Flow:
        return self._scscf_shell.flow_for("udp", ACCESS, host, port)

    def _gateway_flow(self) -> Flow:
        gateway = self.gateway
        return self._scscf_shell.flow_for(gateway.transport, ISC, gateway.host, gateway.port)

    def _flow(self, listener: str, uri: Uri) -> Flow:
        """Where a URI is; a name can only be the application server's."""
        if not isinstance(uri, SipUri) or uri.host == self._server_host:
            return self._gateway_flow()
        if listener == ACCESS:
            return self._access_flow(uri.host, uri.port or DEFAULT_PORT["udp"])
        transport = self.gateway.transport
        return self._scscf_shell.flow_for(transport, ISC, uri.host, uri.port or DEFAULT_PORT[transport])
