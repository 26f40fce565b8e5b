"""What all simulated agents are: a user agent, its sockets, its calls, its ladder and its faults."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple, Self

from hipper.runtime.clock import SystemClock
from hipper.runtime.ids import RandomIds
from hipper.runtime.settings_model import SipListener
from hipper.runtime.sip_endpoint import SipShell
from hipper.telephony.numbers.emergency import is_emergency
from hipper.telephony.sdp.codec import PCMA, PCMU, TELEPHONE_EVENT, Codec
from hipper.telephony.sip.digest import DigestClient
from hipper.telephony.sip.events import Invited, OutOfDialogRequest, RequestAnswered, RequestFailed
from hipper.telephony.sip.flow import Flow, Transport
from hipper.telephony.sip.headers import NameAddr
from hipper.telephony.sip.uri import Uri, format_host
from hipper.telephony.sip.useragent import UserAgent, UserAgentConfig
from simulators.call import Call, CallError, CallState, HeaderItems
from simulators.core import WatchedCore
from simulators.faults import NO_FAULTS, Fate, Faults, Refusal
from simulators.ladder import Ladder, Write
from simulators.media import AudioPort
from simulators.network.session import number_of
from simulators.relay import Relay

LISTENER = "main"
LATE_CANCEL_S = 0.3
RUNG_S = 0.2
"""Until the reject button is pressed."""


class Peer(NamedTuple):
    """A next hop: IP address, port and transport."""

    host: str
    port: int
    transport: Transport = "udp"

    @classmethod
    def parse(cls, text: str) -> Peer:
        """Read ``127.0.0.1:5060`` or ``127.0.0.1:5061/tls``. Raises ValueError."""
        address, _, transport = text.partition("/")
        host, _, port = address.rpartition(":")
        if transport not in ("", "udp", "tcp", "tls") or not host or not port.isdecimal():
            raise ValueError(f"{text!r}: expected ADDRESS:PORT or ADDRESS:PORT/udp|tcp|tls")
        return cls(host.strip("[]"), int(port), transport or "udp")  # type: ignore[arg-type]


class Agent:
    """Use as an async context manager. ``tone_hz``: what its calls say; ``echo``: they send back what they
    hear.

    ``write``: where the ladder goes, None for nowhere. ``rtp_ports``: first and last; None for any.
    ``voice`` False: ports for RTP are opened, but nothing is said: for many calls at once. ``supported``:
    option tags (RFC 3261 §20.37).
    """

    def __init__(
        self,
        name: str,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        transport: Transport = "udp",
        more_listeners: Sequence[SipListener] = (),
        contact_user: str = "",
        tone_hz: int | None = None,
        echo: bool = False,
        codecs: tuple[Codec, ...] = (PCMA, PCMU, TELEPHONE_EVENT),
        rtp_ports: tuple[int, int] | None = None,
        faults: Faults = NO_FAULTS,
        seed: int = 0,
        write: Write | None = None,
        voice: bool = True,
        supported: tuple[str, ...] = ("100rel", "timer", "replaces"),
    ) -> None:
        self.name = name
        self.media_host = host
        self.tone_hz = tone_hz
        self.echo = echo
        self.voice = voice
        self.codecs = codecs
        self.calls: dict[str, Call] = {}
        self.fate = Fate(faults, seed)
        self.ladder = Ladder(name, write) if write is not None else None
        self.behaviour: Callable[[Call], Awaitable[None]] | None = None
        """What it does with a call that comes in; None leaves it to :meth:`next_call`."""
        self._rtp_ports = rtp_ports
        self._clock = SystemClock()
        self._core = UserAgent(
            UserAgentConfig(user_agent=f"simulator {name}", contact_user=contact_user, supported=supported),
            RandomIds(),
        )
        self._core.endpoint.supported |= frozenset(supported)
        self._watched = WatchedCore(self._core, self._clock, self.fate, self.ladder)
        self._watched.hold_back = self._hold_back
        main = SipListener(name=LISTENER, transport=transport, host=host, port=port)
        self._transport = transport
        self._shell = SipShell(self._watched, (main, *more_listeners), self._on_event, self._clock)
        self._relays: dict[str, Relay] = {}
        self._requests: dict[str, asyncio.Future[RequestAnswered | RequestFailed]] = {}
        self._waiting: asyncio.Queue[Call] = asyncio.Queue()
        self._tasks: set[asyncio.Task[None]] = set()

    # -- life -----------------------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        await self._shell.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def stop(self) -> None:
        """Hang up what is left and close every socket."""
        for call in list(self.calls.values()):
            await call.hang_up()
        for task in list(self._tasks):
            task.cancel()
        await self._shell.stop()
        for call in list(self.calls.values()):
            call.media.close()

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens."""
        return self._shell.local_address(LISTENER)

    def flow_to(self, peer: Peer) -> Flow:
        return self._shell.flow_for(peer.transport, LISTENER, peer.host, peer.port)

    # -- calls ----------------------------------------------------------------------------------------------

    async def next_call(self, timeout_s: float = 5.0) -> Call:
        """The next call that came in and that no behaviour took. Raises CallError when none comes."""
        try:
            return await asyncio.wait_for(self._waiting.get(), timeout_s)
        except TimeoutError:
            raise CallError(f"no call reached {self.name} in {timeout_s} s") from None

    async def invite(
        self,
        uri: Uri,
        flow: Flow,
        from_: NameAddr,
        *,
        headers: HeaderItems = (),
        auth: DigestClient | None = None,
        late_offer: bool = False,
        max_forwards: int = 70,
        contact: Uri | None = None,
        precondition: bool = False,
    ) -> Call:
        """Call somebody. The call is returned while it is being set up. ``precondition``: our resources are
        not there yet (RFC 3312); they come once the other side has answered the offer."""
        media = await self._open_media()
        call = Call(self, "", media, precondition=precondition)
        sdp = None if late_offer else call.offer()
        now = self._clock.monotonic()
        call.session = self._core.invite(
            uri=uri, flow=flow, from_=from_, to=NameAddr(uri), now=now, headers=headers, sdp=sdp, auth=auth,
            max_forwards=max_forwards, contact=contact,
        )  # fmt: skip
        self.calls[call.session] = call
        self._shell.flush()
        return call

    async def _open_media(self) -> AudioPort:
        media = AudioPort(self.tone_hz, echo=self.echo)
        await media.open(self.media_host, self._rtp_ports)
        return media

    async def request(self, **arguments: Any) -> RequestAnswered | RequestFailed:
        """Send a request outside any dialog (the arguments of ``UserAgent.request``) and wait for its end."""
        handle = self._core.request(now=self._clock.monotonic(), **arguments)
        future = self._requests[handle] = asyncio.get_running_loop().create_future()
        self._shell.flush()
        outcome: RequestAnswered | RequestFailed = await future
        return outcome

    def act(self, action: Callable[[UserAgent, float], None]) -> None:
        """Let the user agent do something, and send what comes of it."""
        action(self._core, self._clock.monotonic())
        self._shell.flush()

    def _hold_back(self, data: bytes) -> float:
        """A CANCEL that the seed lets cross with the answer: who rings answers now, and hears of it later."""
        if not data.startswith(b"CANCEL ") or not self.fate.meets("late_cancel"):
            return 0.0
        for call in self.calls.values():
            ringing = call.request is not None and call.state is CallState.RINGING
            if ringing and call.request is not None and call.request.call_id.encode() in data:
                self._spawn(call.answer())
        return LATE_CANCEL_S

    def radio_lost(self, call: Call) -> None:
        """One end of this call is gone without a word; who plays its network has to be as silent."""

    def call_over(self, call: Call) -> None:
        self.calls.pop(call.session, None)

    # -- events ---------------------------------------------------------------------------------------------

    def _on_event(self, event: Any) -> None:
        match event:
            case Invited():
                self._spawn(self._invited(event))
            case OutOfDialogRequest():
                self.on_request(event)
            case RequestAnswered() | RequestFailed():
                if (waiting := self._requests.pop(event.handle, None)) and not waiting.done():
                    waiting.set_result(event)
            case _:
                self._in_session(event)

    def _in_session(self, event: Any) -> None:
        if call := self.calls.get(event.session):
            call.handle(event)
        elif relay := self._relays.get(event.session):
            relay.handle(event)
            if relay.over:
                self._relays.pop(relay.calling, None)
                self._relays.pop(relay.called, None)

    def _spawn(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.note(f"failed: {error}")

    async def _invited(self, event: Invited) -> None:
        exempt = is_emergency(number_of(event.request.uri))  # emergency centres do not refuse
        if not exempt and (refusal := self.fate.of_call()) is not None:
            self.note(f"refuses this call with {refusal.status}, by its seed")
            await self.refuse(event.session, refusal)
            return
        await self.on_invite(event)

    async def refuse(self, session: str, refusal: Refusal) -> None:
        """Refuse a call that came in, after a moment of ringing where a person does it."""
        if refusal.rings:
            self.act(lambda core, now: core.ring(session, now))
            await asyncio.sleep(RUNG_S)
        self.act(lambda core, now: core.reject(session, now, refusal.status, headers=refusal.headers))

    async def on_invite(self, event: Invited) -> None:
        """A call comes in: it waits for :meth:`next_call`, or the behaviour takes it."""
        await self.deliver(await self.take(event))

    async def take(self, event: Invited) -> Call:
        """Make a call of an INVITE, with a voice of its own."""
        media = await self._open_media()
        call = Call(self, event.session, media, request=event.request, sdp=event.sdp)
        self.calls[event.session] = call
        return call

    def named_contact(self, session: str, user: str) -> None:
        """Let the Contact of a call that came in say whose telephone it is, as registered ones do."""
        found = self._core._sessions.get(session)
        if found is not None and found.dialog is not None:
            host, port = self._shell.local_address(LISTENER)
            found.contact = found.dialog.contact = f"<sip:{user}@{format_host(host)}:{port}>"

    async def deliver(self, call: Call) -> None:
        if self.behaviour is None:
            self._waiting.put_nowait(call)
        else:
            await self.behaviour(call)

    def on_request(self, event: OutOfDialogRequest) -> None:
        """OPTIONS is answered; anything else is not for a telephone."""
        status = 200 if event.request.method == "OPTIONS" else 405
        self._core.respond(event.transaction, status, self._clock.monotonic())

    def relay(self, calling: str, called: str) -> None:
        """Join two sessions from now on."""
        relay = Relay(self._core, self._clock.monotonic, calling, called)
        self._relays[calling] = self._relays[called] = relay

    def note(self, text: str) -> None:
        if self.ladder is not None:
            self.ladder.note(text)
