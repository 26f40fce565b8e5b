"""One call of a simulated agent, as a person with a telephone sees it: it rings, is answered, held, hung
up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from hipper.telephony.sdp.description import Direction
from hipper.telephony.sip.events import (
    Answered,
    Cancelled,
    Confirmed,
    EarlyMedia,
    Ended,
    LateAnswer,
    Rejected,
    ReofferAnswered,
    Reoffered,
    ReofferRejected,
    Ringing,
)
from hipper.telephony.sip.headers import NameAddr
from hipper.telephony.sip.message import Request, SipMessage
from hipper.telephony.sip.uri import SipUri, TelUri
from simulators.descriptions import Described
from simulators.media import AudioPort
from simulators.preconditions import RESERVED_AFTER_S, Resources

if TYPE_CHECKING:
    from simulators.agent import Agent

HeaderItems = tuple[tuple[str, str], ...]


class CallState(StrEnum):
    CALLING = "calling"
    """Our INVITE is out."""
    OFFERED = "offered"
    """Theirs is in; nothing but 100 was said."""
    RINGING = "ringing"
    TALKING = "talking"
    OVER = "over"


class CallError(AssertionError):
    """The call did not do what was waited for; the text says what it did instead."""


class Call(Described):
    """Made by :class:`simulators.agent.Agent`. ``request``: the INVITE that came, None for a call we made."""

    def __init__(
        self,
        agent: Agent,
        session: str,
        media: AudioPort,
        *,
        request: Request | None = None,
        sdp: str | None = None,
        precondition: bool = False,
    ) -> None:
        super().__init__(agent, media, sdp, precondition)
        self.session = session
        self.request = request
        self.state = CallState.OFFERED if request is not None else CallState.CALLING
        self.status: int | None = None
        """Final status of a call that was refused or cancelled."""
        self.cause: str | None = None
        """How it ended: ``refused``, ``cancelled``, ``hung up``, ``bye``, or the user agent's word."""
        self.reason: str | None = None
        """The Reason header that came with the end (RFC 3326)."""
        self.early_media = False
        self.early_dialogs: set[str] = set()
        """To tags of the answers before the final one that had a description."""
        self.response: SipMessage | None = None
        """The last response to our INVITE."""
        self.number = ""
        """Whose telephone it is, in a simulated network."""
        self._offer_pending = False

    # -- who ------------------------------------------------------------------------------------------------

    @property
    def shown(self) -> str:
        """User part of the caller's From: what a display shows. ``anonymous`` when withheld."""
        assert self.request is not None, "a call that came in"
        return user_of(self.request.from_)

    @property
    def display_name(self) -> str | None:
        assert self.request is not None, "a call that came in"
        return self.request.from_.display_name

    @property
    def asserted(self) -> str | None:
        """User part of the caller's P-Asserted-Identity, None without one."""
        return None if self.request is None else next(map(user_of, self.request.asserted_identities), None)

    @property
    def withheld(self) -> bool:
        return self.request is not None and (
            self.shown == "anonymous" or "id" in (self.header("Privacy") or "")
        )

    @property
    def dialled(self) -> str:
        """User part of the Request-URI."""
        assert self.request is not None, "a call that came in"
        uri = self.request.uri
        return (uri.user or "") if isinstance(uri, SipUri) else str(uri)

    def header(self, name: str) -> str | None:
        """A header of the INVITE that came."""
        return None if self.request is None else self.request.headers.get(name)

    # -- actions --------------------------------------------------------------------------------------------

    async def ring(self, status: int = 180) -> None:
        """180, or another provisional response without SDP."""
        self._agent.act(lambda core, now: core.ring(self.session, now, status))
        self._become(CallState.RINGING)

    async def send_early_media(self, status: int = 183) -> None:
        """A provisional response with SDP, and the tone begins."""
        sdp = self._description()
        self._agent.act(lambda core, now: core.ring(self.session, now, status, sdp))
        self._settle()
        self._become(CallState.RINGING)

    async def answer(self, headers: HeaderItems = ()) -> None:
        """200; with the offer when the INVITE had none."""
        sdp = self._description()
        self._agent.act(lambda core, now: core.answer(self.session, now, sdp, headers))
        self._settle()
        self._become(CallState.TALKING)

    async def reject(self, status: int = 486, reason: str | None = None, headers: HeaderItems = ()) -> None:
        """Refuse a call that came in."""
        self._agent.act(lambda core, now: core.reject(self.session, now, status, reason, headers))
        self.status = status
        self._end("refused")

    async def hang_up(self, reason: str | None = None) -> None:
        """BYE; CANCEL of a call not answered yet (which ends when the other side says so)."""
        if self.state in (CallState.CALLING, CallState.RINGING) and self.request is None:
            self._agent.act(lambda core, now: core.cancel(self.session, now, reason))
            return
        self._agent.act(lambda core, now: core.bye(self.session, now, reason))
        self._end("hung up")

    async def hold(self, timeout_s: float = 3.0) -> None:
        """re-INVITE with sendonly (RFC 3264 §8.4), and wait until it is accepted."""
        await self._reoffer(Direction.SENDONLY, timeout_s)

    async def resume(self, timeout_s: float = 3.0) -> None:
        await self._reoffer(Direction.SENDRECV, timeout_s)

    async def _reoffer(self, direction: Direction, timeout_s: float) -> None:
        before, self._direction = self._direction, direction
        sdp = self.offer()
        self._offer_pending = True
        self._agent.act(lambda core, now: core.reoffer(self.session, now, sdp))
        await self._until(lambda: not self._offer_pending, timeout_s, "its new offer answered")
        if self._direction is not direction:
            raise CallError(f"the other side refused to go from {before.value} to {direction.value}")

    async def refresh(self) -> None:
        """UPDATE that changes nothing: a session refresh (RFC 4028 §7.4)."""
        self._agent.act(lambda core, now: core.reoffer(self.session, now, self._said, "UPDATE"))

    async def lose_radio(self) -> None:
        """The handset is out of reach at once: no more media, no BYE, no answer to anything."""
        self._agent.radio_lost(self)
        self._end("radio lost")

    async def reserve(self, timeout_s: float = 5.0) -> None:
        """Called side with preconditions: 183 with them, then wait until both sides have resources."""
        resources = self.resources = self.resources or Resources()
        resources.read(self._remote_sdp or "")
        resources.own = True
        sdp = self._description()
        self._agent.act(lambda core, now: core.ring(self.session, now, 183, sdp, (), True))
        await self._until(lambda: resources.there, timeout_s, "the UPDATE that says resources are there")

    def _tell_resources(self) -> None:
        if self.resources is None or self.state is not CallState.RINGING or self.resources.own:
            return
        self.resources.own = True
        sdp = self.offer()
        self._agent.act(lambda core, now: core.reoffer(self.session, now, sdp, "UPDATE"))

    async def press(self, digits: str) -> None:
        """Keys as telephone-events."""
        self.media.press(digits)

    # -- waiting --------------------------------------------------------------------------------------------

    async def ringing(self, timeout_s: float = 5.0) -> None:
        await self._until(lambda: self.state is not CallState.CALLING, timeout_s, "ringing")

    async def answered(self, timeout_s: float = 10.0) -> None:
        await self._until(lambda: self.state in (CallState.TALKING, CallState.OVER), timeout_s, "an answer")
        if self.state is CallState.OVER:
            raise CallError(f"the call was not answered: {self.outcome}")

    async def over(self, timeout_s: float = 10.0) -> None:
        await self._until(lambda: self.state is CallState.OVER, timeout_s, "its end")

    async def is_held(self, held: bool = True, timeout_s: float = 3.0) -> None:
        await self._until(lambda: self.held is held, timeout_s, "hold" if held else "being resumed")

    async def hears(self, hertz: int, timeout_s: float = 4.0) -> None:
        """Wait until 300 ms of new audio are this tone. Raises CallError."""
        if not await self.media.hears(hertz, timeout_s):
            got = "silence" if self.media.silent else "something else"
            packets = self.media.packets_received
            raise CallError(
                f"{self._agent.name} did not hear {hertz} Hz in {timeout_s} s: {got}, {packets} packets"
            )

    async def hears_keys(self, digits: str, timeout_s: float = 4.0) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout_s
        while digits not in self.media.digits:
            if loop.time() > deadline:
                raise CallError(f"{self._agent.name} heard the keys {self.media.digits!r}, not {digits!r}")
            await asyncio.sleep(0.02)

    @property
    def outcome(self) -> str:
        """One readable line of how it ended."""
        status = "" if self.status is None else f" with {self.status}"
        return f"{self.cause or self.state.value}{status}" + (
            "" if self.reason is None else f" ({self.reason})"
        )

    async def _until(self, holds: Callable[[], bool], timeout_s: float, wanted: str) -> None:
        try:
            async with asyncio.timeout(timeout_s):
                while not holds():
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            where = f"the call of {self._agent.name} is {self.outcome}"
            raise CallError(f"waited {timeout_s} s for {wanted}; {where}") from None

    # -- what happens ---------------------------------------------------------------------------------------

    def handle(self, event: Any) -> None:
        """One event of our session."""
        match event:
            case Ringing():
                self.response = event.response
                if self.resources is not None and event.status == 180:
                    self.resources.alerting()
                self._become(CallState.RINGING)
            case EarlyMedia():
                self.response, self.early_media = event.response, True
                self.early_dialogs.add(event.to_tag)
                self._take_sdp(event.sdp)
                if self.resources is not None and not self.resources.own and self.resources.asked:
                    asyncio.get_running_loop().call_later(RESERVED_AFTER_S, self._tell_resources)
                self._become(CallState.RINGING)
            case Answered():
                self.response = event.response
                self._take_sdp(event.sdp)
                if not self._has_offered:
                    sdp = self._description()
                    self._agent.act(lambda core, now: core.acknowledge(self.session, now, sdp))
                    self._settle()
                self._become(CallState.TALKING)
            case Confirmed():
                self._take_sdp(event.sdp)
            case Rejected():
                self.status, self.response = event.status, event.response
                self._end("refused", event.response)
            case Cancelled():
                self.status, self.reason = 487, event.reason
                self._end("cancelled")
            case Ended():
                self._end(event.cause, event.request)
            case LateAnswer():
                self._end("cancelled")
            case Reoffered():
                self._on_reoffered(event.sdp)
            case ReofferAnswered():
                self._take_sdp(event.sdp)
                self._offer_done()
            case ReofferRejected():
                self._direction = Direction.SENDRECV
                self._offer_done()
            case _:
                pass

    def _on_reoffered(self, sdp: str | None) -> None:
        if sdp is not None:
            self._read(sdp)
        answer = self.offer() if sdp is None else self._description()
        self._agent.act(lambda core, now: core.answer_reoffer(self.session, now, answer))
        self._settle()

    def _offer_done(self) -> None:
        self._offer_pending = False
        self._settle()

    def _become(self, state: CallState) -> None:
        if self.state is not CallState.OVER:
            self.state = state
        self._changed.set()

    def _end(self, cause: str, message: SipMessage | None = None) -> None:
        if self.state is CallState.OVER:
            return
        if message is not None:
            self.reason = message.headers.get("Reason")
        self.cause = cause
        self.state = CallState.OVER
        self.media.close()
        self._changed.set()
        self._agent.call_over(self)


def user_of(name: NameAddr) -> str:
    """User part of a sip URI, number of a tel URI."""
    uri = name.uri
    if isinstance(uri, SipUri):
        return uri.user or ""
    return uri.number if isinstance(uri, TelUri) else str(uri)
