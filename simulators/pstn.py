"""The PSTN behind a SIP trunk: one carrier with any number of subscribers, who all answer in the same way.

python -m simulators.pstn --listen 127.0.0.1:5090 --gateway 127.0.0.1:5080
"""

from __future__ import annotations

from typing import Any

from hipper.telephony.sip.headers import NameAddr
from hipper.telephony.sip.uri import SipUri, format_host
from simulators.agent import Agent, Peer
from simulators.call import Call, HeaderItems


class Pstn(Agent):
    """``gateway``: where calls inward go. Other arguments are those of :class:`simulators.agent.Agent`."""

    def __init__(
        self, *, gateway: Peer, domain: str = "pstn.example", name: str = "pstn", **agent: Any
    ) -> None:
        super().__init__(name, transport=gateway.transport, **agent)
        self.gateway = gateway
        self.domain = domain

    async def call(
        self,
        called: str,
        *,
        caller: str,
        withheld: bool = False,
        headers: HeaderItems = (),
        late_offer: bool = False,
    ) -> Call:
        """A subscriber of the PSTN calls one of ours. ``caller``, ``called``: E.164. ``withheld``: RFC 3325
        privacy."""
        target = SipUri.parse(f"sip:{called}@{format_host(self.gateway.host)}:{self.gateway.port}")
        shown = "Anonymous <sip:anonymous@anonymous.invalid>" if withheld else f"<sip:{caller}@{self.domain}>"
        identity: HeaderItems = (("P-Asserted-Identity", f"<sip:{caller}@{self.domain}>"),)
        if withheld:
            identity += (("Privacy", "id"),)
        return await self.invite(
            target,
            self.flow_to(self.gateway),
            NameAddr.parse(shown),
            headers=(*identity, *headers),
            late_offer=late_offer,
        )


if __name__ == "__main__":
    from simulators.options import main

    main("pstn")
