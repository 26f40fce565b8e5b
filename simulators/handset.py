"""A handset as a process of its own: it attaches to a simulated mobile network and calls and is called
through it.

python -m simulators.handset --network 127.0.0.1:5071 --msisdn +31612345678 --call 201
"""

from __future__ import annotations

import asyncio
from typing import Any

from hipper.telephony.sip.events import RequestAnswered
from hipper.telephony.sip.headers import NameAddr
from hipper.telephony.sip.uri import SipUri, format_host
from simulators.agent import Agent, Peer
from simulators.call import Call, CallError

ATTACHED_S = 3600


class HandsetProcess(Agent):
    """``network``: the handset port of a :mod:`simulators.mobile_network`. ``msisdn``: E.164."""

    def __init__(self, *, network: Peer, msisdn: str, name: str | None = None, **agent: Any) -> None:
        super().__init__(
            name or f"handset {msisdn[-4:]}", contact_user=msisdn, transport=network.transport, **agent
        )
        self.network = network
        self.msisdn = msisdn

    async def attached(self, timeout_s: float = 5.0) -> None:
        """Attach to the network. Raises CallError when it does not answer."""
        host = format_host(self.network.host)
        own = NameAddr(SipUri.parse(f"sip:{self.msisdn}@{host}"))
        attach = self.request(
            method="REGISTER", uri=SipUri.parse(f"sip:{host}"), flow=self.flow_to(self.network),
            from_=own, to=own, headers=(("Expires", str(ATTACHED_S)),), contact=True,
        )  # fmt: skip
        try:
            answer = await asyncio.wait_for(attach, timeout_s)
        except TimeoutError:
            raise CallError(
                f"the mobile network at {self.network.host}:{self.network.port} is silent"
            ) from None
        if not isinstance(answer, RequestAnswered) or answer.response.status != 200:
            raise CallError("the mobile network refused to attach this handset")

    async def call(self, dialled: str, *, privacy: str | None = None) -> Call:
        """Dial. ``privacy``: ``id`` hides the number for this call (#31#), ``none`` shows it (*31#)."""
        host = format_host(self.network.host)
        uri = SipUri.parse(f"sip:{dialled.replace('#', '%23')}@{host}:{self.network.port}")
        from_ = NameAddr(SipUri.parse(f"sip:{self.msisdn}@{format_host(self.network.host)}"))
        headers = () if privacy is None else (("Privacy", privacy),)
        return await self.invite(uri, self.flow_to(self.network), from_, headers=headers)


if __name__ == "__main__":
    from simulators.options import main

    main("handset")
