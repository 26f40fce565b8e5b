"""Application servers that tests play before a simulated IMS: one that keeps the rules, and ones that do
not."""

from __future__ import annotations

from typing import Any

from hipper.telephony.sip.events import Invited
from hipper.telephony.sip.headers import NameAddr
from hipper.telephony.sip.message import Request
from hipper.telephony.sip.uri import Uri
from simulators.agent import Agent, Peer

KEPT = (
    "P-Asserted-Identity", "P-Access-Network-Info", "P-Charging-Vector", "Privacy", "Geolocation",
    "Geolocation-Routing", "Accept-Contact",
)  # fmt: skip


class Server(Agent):
    """A back-to-back user agent that gives every call back. ``keep_odi``: with the Route that remains.
    ``taken``: INVITEs as they came."""

    def __init__(self, *, keep_odi: bool = True, **agent: Any) -> None:
        super().__init__("server", **agent)
        self.keep_odi = keep_odi
        self.scscf = Peer("127.0.0.1", 9)
        self.taken: list[Request] = []
        self.drop: tuple[str, ...] = ()
        self.add: tuple[tuple[str, str], ...] = ()
        self.hops_used = 1
        self.changed_sdp: tuple[str, str] = ("", "")
        """What it puts in the place of what."""

    async def on_invite(self, event: Invited) -> None:
        self.taken.append(event.request)
        self.give_back(event)

    def give_back(self, event: Invited) -> None:
        request = event.request
        sdp = None if event.sdp is None else event.sdp.replace(*self.changed_sdp)
        route = [str(route) for route in request.routes[1:]] if self.keep_odi else []
        headers = [
            (name, value) for name in KEPT if name not in self.drop for value in request.headers.get_all(name)
        ]

        def call(core: Any, now: float) -> None:
            called = core.invite(
                uri=request.uri, flow=self.flow_to(self.scscf), from_=request.from_.with_tag(None),
                to=NameAddr(request.uri), now=now, headers=(*headers, *self.add), sdp=sdp, route=route,
                max_forwards=max(0, (request.max_forwards or 0) - self.hops_used),
            )  # fmt: skip
            self.relay(event.session, called)

        self.act(call)

    def originate(
        self,
        uri: Uri,
        *,
        on_behalf: str,
        icid: str | None = "as-1",
        case: str = "sescase=orig",
        orig: str = ";orig",
    ) -> str:
        """A leg out of the blue; returns its session."""
        route = [f"<sip:{self.scscf.host}:{self.scscf.port};lr;orig>"]
        who = NameAddr.parse(f"<sip:{on_behalf}@ims.example>")
        headers = [
            ("P-Served-User", f"<sip:{on_behalf}@ims.example>;{case}"),
            ("P-Asserted-Identity", str(who)),
        ]
        if icid is not None:
            headers.append(("P-Charging-Vector", f"icid-value={icid}"))
        sessions: list[str] = []

        def call(core: Any, now: float) -> None:
            sessions.append(
                core.invite(
                    uri=uri, flow=self.flow_to(self.scscf), from_=who, to=NameAddr(uri), now=now,
                    headers=headers, route=route, sdp=SDP,
                )
            )  # fmt: skip

        self.act(call)
        return sessions[0]


SDP = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio 9 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n"
)
