"""A mobile network in ``imrn`` mode: CAMEL. Before it routes a call of or to a served user, its SCP asks
``POST /v1/mobile-network/imrn`` what to do: route to a number it is given, go on by itself, or release.

It asks for every such call, also for the legs that the gateway originates to a handset: a gateway that does
not answer ``continue`` to those calls itself. No answer in time, or 503, means: go on without the gateway.
"""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass, replace
from typing import Any, Literal

from hipper.telephony.numbers.emergency import is_emergency
from hipper.telephony.sip.events import Invited
from hipper.telephony.sip.flow import Flow
from hipper.telephony.sip.headers import NameAddr
from hipper.telephony.sip.message import Request
from hipper.telephony.sip.uri import SipUri
from simulators.agent import Peer
from simulators.call import Call, HeaderItems
from simulators.faults import Refusal
from simulators.mobile_network import MobileNetwork
from simulators.network.handsets import CELL, Place
from simulators.network.http_client import HttpError, post_json
from simulators.network.session import caller_of, icid_of, international, number_of

Kind = Literal["originating", "terminating"]
INTERNAL = "internal"
"""URI parameter of a call that stays in the network: it goes to ourselves."""
STATUS_OF_CAUSE = {1: 404, 17: 486, 18: 408, 19: 480, 20: 480, 21: 403, 22: 410, 27: 502, 28: 484, 31: 480}
"""RFC 3398 §8.2.6.1; every other cause: 503."""


@dataclass(frozen=True, kw_only=True)
class Instruction:
    """What the SCP told the MSC. ``gateway``: as in :class:`NetworkRecord`."""

    reference: str
    kind: Kind
    served: str
    other: str
    gateway: str = "unavailable"
    imrn: str | None = None
    cause: int | None = None


class ImrnNetwork(MobileNetwork):
    """``imrn_url``, ``imrn_key``: where and with which key the SCP asks. ``ask_timeout_s``: after which the
    call goes on without the gateway. ``with_icid``: INVITEs to an IMRN carry an ICID. Other arguments are
    those of :class:`simulators.mobile_network.MobileNetwork`."""

    MODE = "imrn"

    def __init__(
        self,
        *,
        imrn_url: str,
        imrn_key: str,
        ask_timeout_s: float = 1.0,
        with_icid: bool = True,
        **network: Any,
    ) -> None:
        super().__init__(**network)
        self.findings: list[str] = []
        """What the gateway did that no SCP expects. A run with findings has failed."""
        self.asked_ms: list[float] = []
        """How long each answer took."""
        self.pstn = Place("the PSTN", self)
        self.emergency_centre = Place("the emergency centre", self)
        self._url = imrn_url
        self._key = imrn_key
        self._ask_timeout_s = ask_timeout_s
        self._with_icid = with_icid
        self._references = itertools.count(1)
        self._instructions: dict[str, Instruction] = {}
        """By the user part and the host the INVITE that follows goes to."""

    # -- the SCP --------------------------------------------------------------------------------------------

    async def ask(self, kind: Kind, served: str, called: str, calling: str | None) -> Instruction:
        """What to do with this call."""
        reference = f"{self.domain}-{self._run}-r{next(self._references)}"
        body = {
            "served_user": served, "called": called, "kind": kind, "call_reference": reference,
            "calling": calling if calling is not None and calling.startswith("+") else None,
        }  # fmt: skip
        told = Instruction(
            reference=reference, kind=kind, served=served,
            other=called if kind == "originating" else calling or "anonymous",
        )  # fmt: skip
        began = time.perf_counter()
        try:
            headers = {"Authorization": f"Bearer {self._key}"}
            status, answer = await post_json(self._url, body, headers, self._ask_timeout_s)
        except HttpError as error:
            self.note(f"the SCP goes on alone: {error}")
            return told
        self.asked_ms.append((time.perf_counter() - began) * 1000)
        return self._read(told, status, answer, called)

    def _read(self, told: Instruction, status: int, answer: Any, called: str) -> Instruction:
        self.note(f"the SCP asked for {called} and was told {status} {answer}")
        action = answer.get("action") if isinstance(answer, dict) else None
        if status != 200:
            if status != 503:
                self.findings.append(f"{called}: the gateway answered {status} to a good question")
            return told
        if is_emergency(called) and action != "continue":
            self.findings.append(f"{called}: an emergency call was told to {action}, not to continue")
        if action == "route" and isinstance(answer.get("imrn"), str):
            return replace(told, gateway="anchored", imrn=answer["imrn"])
        if action == "release" and isinstance(answer.get("cause"), int):
            return replace(told, gateway="released", cause=answer["cause"])
        if action != "continue":
            self.findings.append(f"{called}: the gateway answered {answer}, which no SCP understands")
        return replace(told, gateway="continued")

    # -- the MSC --------------------------------------------------------------------------------------------

    async def originate(
        self, msisdn: str, dialled: str, *, privacy: str | None = None, headers: HeaderItems = (), **more: Any
    ) -> Call:
        """A handset calls: ask, then do as told."""
        told = await self.ask("originating", msisdn, dialled, msisdn)
        own = (*self._identity_in(told, msisdn, privacy), ("P-Access-Network-Info", CELL), *headers)
        return await self._as_told(
            told, dialled, NameAddr.parse(f"<sip:{msisdn}@{self.domain}>"), own, **more
        )

    async def terminate(
        self, msisdn: str, *, caller: str, withheld: bool = False, headers: HeaderItems = (), **more: Any
    ) -> Call:
        """Somebody outside calls a user of ours: ask, then do as told."""
        told = await self.ask("terminating", msisdn, msisdn, caller)
        own = (*self._identity_in(told, caller, "id" if withheld else None), *headers)
        return await self._as_told(told, msisdn, self._shown(caller, withheld), own, **more)

    async def dial_imrn(self, imrn: str, *, caller: str) -> Call:
        """Somebody dials a routing number, as anybody can: it is but digits to this network."""
        own = self._identity(caller, None)
        return await self.invite(
            self._to_gateway(imrn), self.flow_to(self.gateway), self._shown(caller, False), headers=own
        )

    async def _as_told(
        self, told: Instruction, number: str, from_: NameAddr, headers: HeaderItems, **more: Any
    ) -> Call:
        uri, flow = self._way(told, number)
        return await self.invite(uri, flow, from_, headers=headers, **more)

    def _way(self, told: Instruction, number: str) -> tuple[SipUri, Flow]:
        """Request-URI and next hop. What stays in the network goes to ourselves."""
        if told.imrn is not None:
            uri, flow = self._to_gateway(told.imrn), self.flow_to(self.gateway)
        else:
            host, port = self.address
            user = f"release-{told.cause}" if told.cause is not None else number
            uri = SipUri(user=user, host=host, port=port, params={INTERNAL: told.reference})
            flow = self.flow_to(Peer(host, port, self.gateway.transport))
        self._instructions[str(uri)] = told
        return uri, flow

    def _identity_in(self, told: Instruction, msisdn: str, privacy: str | None) -> HeaderItems:
        identity = self._identity(msisdn, privacy)
        return identity if self._with_icid else tuple(i for i in identity if i[0] != "P-Charging-Vector")

    # -- calls that come in ---------------------------------------------------------------------------------

    async def from_handset(self, event: Invited, msisdn: str, dialled: str) -> None:
        told = await self.ask("originating", msisdn, dialled, msisdn)
        privacy = event.request.headers.get("Privacy")
        headers = (*self._identity_in(told, msisdn, privacy), ("P-Access-Network-Info", CELL))
        uri, flow = self._way(told, dialled)
        self._pass_on(event, uri, flow, self._shown(msisdn, False), headers)

    async def from_gateway(self, event: Invited) -> None:
        """A leg of the gateway, or one of our own that stays here."""
        uri = event.request.uri
        if isinstance(uri, SipUri) and INTERNAL in uri.params:
            await self._internal(event, number_of(uri))
            return
        number = international(number_of(uri))
        if not self.serves(number):
            await self._arrive(event, number)
            return
        caller = caller_of(event.request)
        told = await self.ask("terminating", number, number, caller)
        if (record := self.watch.record_of(event.request.call_id)) is not None:
            record.call_reference = record.call_reference or told.reference
        if told.imrn is None:
            await self._deliver(event, number)
            return
        self.returned += 1
        self.findings.append(f"{number}: the gateway's own leg to the handset was told to come back to it")
        way, flow = self._way(told, number)
        self._pass_on(event, way, flow, event.request.from_.with_tag(None), self._identity(caller, None))

    async def _internal(self, event: Invited, number: str) -> None:
        word, _, cause = number.partition("-")
        if word == "release":
            q850 = int(cause)
            await self.refuse(event.session, Refusal(STATUS_OF_CAUSE.get(q850, 503), q850))
        elif self.serves(international(number)):
            await self._deliver(event, international(number))
        else:
            await self._arrive(event, number)

    async def _arrive(self, event: Invited, number: str) -> None:
        place = self.emergency_centre if is_emergency(number) else self.pstn
        await place.ring(await self.take(event))

    # -- records --------------------------------------------------------------------------------------------

    def _describe(self, request: Request, flow: Flow, sent: bool) -> dict[str, Any] | None:
        told = self._instructions.pop(request.request_uri_text, None) if sent else None
        if told is None:
            return super()._describe(request, flow, sent)
        return {
            "direction": told.kind, "served_user": told.served, "other_party": told.other,
            "icid": icid_of(request), "call_reference": told.reference, "imrn": told.imrn,
            "gateway": told.gateway, "emergency": is_emergency(told.other),
        }  # fmt: skip
