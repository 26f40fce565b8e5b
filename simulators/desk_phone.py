"""A desk phone: it registers with digest over UDP, TCP or TLS, and calls and is called through its registrar.

python -m simulators.desk_phone --registrar 127.0.0.1:5062 --aor 201-desk@demo.example --password secret
"""

from __future__ import annotations

import asyncio
from typing import Any

from hipper.telephony.sip.digest import DigestClient
from hipper.telephony.sip.events import RequestAnswered
from hipper.telephony.sip.headers import NameAddr
from hipper.telephony.sip.uri import SipUri
from simulators.agent import Agent, Peer
from simulators.call import Call, CallError, HeaderItems

REFRESH_SHARE = 0.8
"""Of the granted lifetime, after which the registration is renewed."""


class DeskPhone(Agent):
    """``aor``: ``user@domain``; the user is also the digest username unless ``username`` says otherwise.

    Other arguments are those of :class:`simulators.agent.Agent`; its transport follows the registrar's.
    """

    def __init__(
        self,
        *,
        registrar: Peer,
        aor: str,
        password: str,
        username: str | None = None,
        expires_s: int = 300,
        name: str | None = None,
        **agent: Any,
    ) -> None:
        user, _, self.domain = aor.partition("@")
        super().__init__(name or f"phone {user}", contact_user=user, transport=registrar.transport, **agent)
        self.aor = aor
        self.registrar = registrar
        self.registration_status: int | None = None
        """Of the last answer to REGISTER."""
        self._user = user
        self._auth = DigestClient(username or user, password)
        self._expires_s = expires_s
        self._refresh: asyncio.Task[None] | None = None
        self._series = f"{user}-{id(self):x}"
        self._cseq = 0

    async def registered(self, timeout_s: float = 5.0) -> None:
        """Register, and keep it fresh. Raises CallError when the registrar refuses."""
        granted_s = await self._register(self._expires_s, timeout_s)
        if self._refresh is None:
            self._refresh = asyncio.create_task(self._keep_registered(granted_s))

    async def unregister(self, timeout_s: float = 5.0) -> None:
        if self._refresh is not None:
            self._refresh.cancel()
            self._refresh = None
        await self._register(0, timeout_s)

    async def _keep_registered(self, granted_s: int) -> None:
        while True:
            await asyncio.sleep(max(1.0, granted_s * REFRESH_SHARE))
            try:
                granted_s = await self._register(self._expires_s, 32.0)
            except CallError as error:
                self.note(str(error))
                granted_s = 10

    async def _register(self, expires_s: int, timeout_s: float) -> int:
        """Send one REGISTER (RFC 3261 §10.2); returns the seconds granted."""
        address = NameAddr(SipUri.parse(f"sip:{self.aor}"))
        self._cseq += 10  # the challenge's answer takes the next number
        attempt = self.request(
            method="REGISTER",
            uri=SipUri.parse(f"sip:{self.domain}"),
            flow=self.flow_to(self.registrar),
            from_=address,
            to=address,
            headers=(("Expires", str(expires_s)),),
            contact=True,
            auth=self._auth,
            call_id=self._series,
            cseq=self._cseq,
        )
        try:
            answer = await asyncio.wait_for(attempt, timeout_s)
        except TimeoutError:
            raise CallError(f"{self.name}: the registrar did not answer in {timeout_s} s") from None
        self.registration_status = (
            answer.response.status if isinstance(answer, RequestAnswered) else answer.status
        )
        if not isinstance(answer, RequestAnswered) or answer.response.status != 200:
            raise CallError(f"{self.name}: the registrar said {self.registration_status} to REGISTER")
        response = answer.response
        own = [c.expires for c in response.contacts if isinstance(c.uri, SipUri) and c.uri.user == self._user]
        return next((seconds for seconds in own if seconds is not None), response.expires or expires_s)

    async def call(
        self, dialled: str, *, privacy: str | None = None, headers: HeaderItems = (), late_offer: bool = False
    ) -> Call:
        """Dial. ``privacy``: value of a Privacy header (RFC 3323)."""
        uri = SipUri.parse(f"sip:{dialled.replace('#', '%23')}@{self.domain}")
        if privacy is not None:
            headers = (*headers, ("Privacy", privacy))
        from_ = NameAddr(SipUri.parse(f"sip:{self.aor}"))
        return await self.invite(
            uri, self.flow_to(self.registrar), from_, headers=headers, auth=self._auth, late_offer=late_offer
        )

    async def stop(self) -> None:
        if self._refresh is not None:
            self._refresh.cancel()
        await super().stop()


if __name__ == "__main__":
    from simulators.options import main

    main("desk_phone")
