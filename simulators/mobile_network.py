"""A mobile network. The class here is one in ``trunk`` mode: it hands the calls of its handsets to the
gateway, takes the gateway's legs toward them, and triggers the terminating services of its users as real
networks do. ``simulators.network`` has the modes ``isc`` and ``imrn``.

A leg toward a handset that does not carry the gateway's loop-guard mark is a call like any other to this
network: it goes back to the gateway as a terminating one. A gateway that forgets the mark calls itself
until somebody's Max-Forwards ends it.

python -m simulators.mobile_network --mode trunk --listen 127.0.0.1:5070 --gateway 127.0.0.1:5060 \\
    --handset +31612345678
"""

from __future__ import annotations

import itertools
import time
from pathlib import Path
from typing import Any

from hipper.runtime.settings_model import SipListener
from hipper.telephony.numbers.emergency import is_emergency
from hipper.telephony.sip.events import Invited, OutOfDialogRequest
from hipper.telephony.sip.flow import Flow
from hipper.telephony.sip.headers import NameAddr
from hipper.telephony.sip.message import Request
from hipper.telephony.sip.uri import SipUri, format_host
from simulators.agent import Agent, Peer
from simulators.call import Call, HeaderItems, user_of
from simulators.faults import SWITCHED_OFF
from simulators.network.announcement import announce
from simulators.network.charging import Journal
from simulators.network.handsets import CELL, Handset
from simulators.network.leg_watch import LegWatch
from simulators.network.session import caller_of, icid_of

HANDSETS = "handsets"
"""Name of the listener for handsets that run as processes of their own."""


class MobileNetwork(Agent):
    """``gateway``: where its users' calls go. The loop guard and how terminating calls are marked are
    agreed with the gateway: the settings ``loop_guard_header``, ``loop_guard_prefix``,
    ``terminating_prefix`` and ``terminating_trunk_group`` of its ``[[mobile_network]]``. ``records``: file
    for call data records."""

    MODE = "trunk"

    def __init__(
        self,
        *,
        gateway: Peer,
        domain: str = "ims.example",
        loop_guard_header: str = "X-Hipper-Loop-Guard",
        loop_guard_prefix: str | None = None,
        terminating_prefix: str | None = "99",
        terminating_trunk_group: str | None = None,
        handset_port: int | None = None,
        records: Path | None = None,
        name: str = "mobile network",
        host: str = "127.0.0.1",
        **agent: Any,
    ) -> None:
        more = () if handset_port is None else (SipListener(name=HANDSETS, host=host, port=handset_port),)
        super().__init__(name, host=host, transport=gateway.transport, more_listeners=more, **agent)
        self.gateway = gateway
        self.domain = domain
        self.returned = 0
        """Legs toward a handset that came without mark and went back as terminating calls."""
        self._guard_header = loop_guard_header
        self._guard_prefix = loop_guard_prefix
        self._prefix = terminating_prefix
        self._trunk_group = terminating_trunk_group
        self._handsets: dict[str, Handset] = {}
        self._attached: dict[str, tuple[SipUri, Flow]] = {}
        self._icids = itertools.count(1)
        self._run = f"{time.time_ns() // 1_000_000:x}"
        self.journal = Journal(name, self.MODE, records)
        self.watch = LegWatch(self.journal, self._describe)
        self._watched.watch(self.watch)

    async def stop(self) -> None:
        await super().stop()
        self.journal.close()

    def serves(self, number: str) -> bool:
        """Whether a number is a handset of this network."""
        return number in self._handsets or number in self._attached

    def handset(self, msisdn: str) -> Handset:
        """A handset of this process; the same one each time."""
        return self._handsets.setdefault(msisdn, Handset(self, msisdn))

    @property
    def attached(self) -> list[str]:
        """Numbers of the handsets that run as processes of their own."""
        return list(self._attached)

    # -- toward the gateway -----------------------------------------------------------------

    async def originate(
        self, msisdn: str, dialled: str, *, privacy: str | None = None, headers: HeaderItems = (), **more: Any
    ) -> Call:
        """A user of ours calls: Request-URI as dialled, the MSISDN asserted."""
        return await self.invite(
            self._to_gateway(dialled),
            self.flow_to(self.gateway),
            NameAddr.parse(f"<sip:{msisdn}@{self.domain}>"),
            headers=(*self._identity(msisdn, privacy), ("P-Access-Network-Info", CELL), *headers),
            **more,
        )

    async def terminate(
        self, msisdn: str, *, caller: str, withheld: bool = False, headers: HeaderItems = (), **more: Any
    ) -> Call:
        """Somebody outside calls a user of ours: the terminating services are the gateway's, so it gets the
        call."""
        return await self.invite(
            self._terminating(msisdn),
            self.flow_to(self.gateway),
            self._shown(caller, withheld),
            headers=(*self._identity(caller, "id" if withheld else None), *headers),
            **more,
        )

    def _shown(self, caller: str, withheld: bool) -> NameAddr:
        hidden = "Anonymous <sip:anonymous@anonymous.invalid>"
        return NameAddr.parse(hidden if withheld else f"<sip:{caller}@{self.domain}>")

    def _to_gateway(self, dialled: str) -> SipUri:
        return SipUri.parse(
            f"sip:{dialled.replace('#', '%23')}@{format_host(self.gateway.host)}:{self.gateway.port}"
        )

    def _terminating(self, msisdn: str) -> SipUri:
        if self._trunk_group is not None:
            return self._to_gateway(f"{msisdn};tgrp={self._trunk_group};trunk-context={self.domain}")
        return self._to_gateway((self._prefix or "") + msisdn.removeprefix("+"))

    def _identity(self, msisdn: str, privacy: str | None) -> HeaderItems:
        made_at = format_host(self.address[0])
        icid = f"icid-value={self.domain}-{self._run}-{next(self._icids)};icid-generated-at={made_at}"
        identity = (("P-Asserted-Identity", f"<sip:{msisdn}@{self.domain}>"), ("P-Charging-Vector", icid))
        return identity if privacy is None else (*identity, ("Privacy", privacy))

    # -- from the gateway and from handsets -----------------------------------------------------------------

    async def on_invite(self, event: Invited) -> None:
        if event.flow.listener == HANDSETS:
            await self.from_handset(event, user_of(event.request.from_), _number(event.request))
        else:
            await self.from_gateway(event)

    async def from_handset(self, event: Invited, msisdn: str, dialled: str) -> None:
        """A handset that is a process of its own calls."""
        privacy = event.request.headers.get("Privacy")
        headers = (*self._identity(msisdn, privacy), ("P-Access-Network-Info", CELL))
        from_ = NameAddr.parse(f"<sip:{msisdn}@{self.domain}>")
        self._pass_on(event, self._to_gateway(dialled), self.flow_to(self.gateway), from_, headers)

    async def from_gateway(self, event: Invited) -> None:
        """A leg of the gateway: to the handset when it is marked, else a call like any other."""
        number, guarded = self._called(event.request)
        if guarded:
            await self._deliver(event, number)
        else:
            self.returned += 1
            self.note(
                f"{number}: no loop guard, so the terminating services of this user are triggered again"
            )
            kept = _kept(event.request, "P-Asserted-Identity", "Privacy", "P-Charging-Vector")
            from_ = event.request.from_.with_tag(None)
            self._pass_on(event, self._terminating(number), self.flow_to(self.gateway), from_, kept)

    def _called(self, request: Request) -> tuple[str, bool]:
        """The number a leg is for, and whether the gateway marked it as its own."""
        number = _number(request)
        if self._guard_prefix is not None and number.removeprefix("+").startswith(self._guard_prefix):
            return "+" + number.removeprefix("+").removeprefix(self._guard_prefix), True
        return number, self._guard_prefix is None and request.headers.get(self._guard_header) is not None

    async def _deliver(self, event: Invited, number: str) -> None:
        if attached := self._attached.get(number):
            uri, flow = attached
            kept = _kept(event.request, "P-Asserted-Identity", "Privacy")
            self._pass_on(event, uri, flow, event.request.from_.with_tag(None), kept)
            return
        handset = self._handsets.get(number)
        if handset is not None and handset.on:
            call = await self.take(event)
            call.number = number
            await handset.ring(call)
        elif self.fate.meets("announce"):
            await announce(self, await self.take(event), SWITCHED_OFF)
        else:
            # Q.850 cause 20 "subscriber absent" is what an MSC says of a handset without coverage
            absent = (("Reason", 'Q.850;cause=20;text="Subscriber absent"'),)
            self.act(lambda core, now: core.reject(event.session, now, 480, headers=absent))

    def _pass_on(
        self, event: Invited, uri: SipUri, flow: Flow, from_: NameAddr, headers: HeaderItems
    ) -> None:
        """Call on, and join both legs."""
        hops = event.request.max_forwards

        def call(core: Any, now: float) -> None:
            called = core.invite(
                uri=uri, flow=flow, from_=from_, to=NameAddr(uri), now=now, headers=headers, sdp=event.sdp,
                max_forwards=max(0, (70 if hops is None else hops) - 1),
            )  # fmt: skip
            self.relay(event.session, called)

        self.act(call)

    def _describe(self, request: Request, flow: Flow, sent: bool) -> dict[str, Any] | None:
        """The call data record of a leg between us and the gateway."""
        if flow.listener == HANDSETS or (sent and flow.remote != (self.gateway.host, self.gateway.port)):
            return None
        caller, called = caller_of(request), _number(request)
        if sent:
            marked = called.removeprefix(self._prefix or "") if called.startswith(self._prefix or " ") else ""
            grouped = f"tgrp={self._trunk_group}" in request.request_uri_text
            terminating = self.serves(f"+{marked}") or grouped
            called = f"+{marked}" if self.serves(f"+{marked}") else called
        else:
            called, _ = self._called(request)
            terminating = self.serves(called)
        return {
            "direction": "terminating" if terminating else "originating",
            "served_user": called if terminating else caller,
            "other_party": caller if terminating else called,
            "icid": icid_of(request), "offered_by": "network" if sent else "gateway",
            "emergency": is_emergency(called),
        }  # fmt: skip

    def on_request(self, event: OutOfDialogRequest) -> None:
        """A handset attaches with REGISTER; its SIM is taken at its word."""
        request = event.request
        if request.method != "REGISTER" or event.flow.listener != HANDSETS:
            super().on_request(event)
            return
        number = user_of(request.to)
        contact = next(iter(request.contacts), None)
        if contact is None or not isinstance(contact.uri, SipUri) or request.expires == 0:
            self._attached.pop(number, None)
        else:
            self._attached[number] = (contact.uri, event.flow)
        self.act(lambda core, now: core.respond(event.transaction, 200, now))


def _number(request: Request) -> str:
    uri = request.uri
    return (uri.user or "").partition(";")[0] if isinstance(uri, SipUri) else str(uri).removeprefix("tel:")


def _kept(request: Request, *names: str) -> HeaderItems:
    return tuple((name, value) for name in names for value in request.headers.get_all(name))


if __name__ == "__main__":
    from simulators.options import main

    main("mobile_network")
