"""The session descriptions of one call: what it offers and answers, and what its audio makes of them."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

from hipper.telephony.sdp.description import Direction
from hipper.telephony.sdp.offer_answer import (
    Capabilities,
    as_description,
    direction_of,
    make_answer,
    make_offer,
)
from simulators.media import AudioPort, stream_of
from simulators.preconditions import Resources, speaks_of_resources

if TYPE_CHECKING:
    from simulators.agent import Agent


class Described:
    """``sdp``: the offer that came. ``precondition``: our resources are not there yet (RFC 3312)."""

    def __init__(self, agent: Agent, media: AudioPort, sdp: str | None, precondition: bool) -> None:
        self.media = media
        self.held = False
        """The other side holds us."""
        self.resources = Resources() if precondition else None
        """Preconditions of this call (RFC 3312), None without any."""
        self._agent = agent
        self._remote_sdp = sdp
        self._direction = Direction.SENDRECV
        self._sdp_id = random.SystemRandom().getrandbits(31)
        self._sdp_version = 0
        self._said: str | None = None
        """Our last description."""
        self._changed = asyncio.Event()

    @property
    def wants_resources(self) -> bool:
        """The INVITE that came has preconditions."""
        return speaks_of_resources(self._remote_sdp)

    @property
    def _has_offered(self) -> bool:
        return self._sdp_version > 0

    def offer(self) -> str:
        """An offer of ours."""
        return self._dressed(str(make_offer(self._capabilities())))

    def _dressed(self, sdp: str) -> str:
        self._said = sdp if self.resources is None else self.resources.dress(sdp)
        return self._said

    def _capabilities(self) -> Capabilities:
        self._sdp_version += 1
        return Capabilities(
            address=self._agent.media_host,
            port=self.media.port,
            session_id=self._sdp_id,
            version=self._sdp_version,
            username="simulator",
            codecs=self._agent.codecs,
            direction=self._direction,
        )

    def _description(self) -> str:
        """Our answer to the offer that came, or our offer when none did."""
        if self._remote_sdp is None:
            return self.offer()
        return self._dressed(str(make_answer(self._remote_sdp, self._capabilities())))

    def _take_sdp(self, sdp: str | None) -> None:
        if sdp is not None:
            self._read(sdp)
            self._settle()

    def _read(self, sdp: str) -> None:
        self._remote_sdp = sdp
        if self.resources is not None:
            self.resources.read(sdp)

    def _settle(self) -> None:
        """Let the audio follow what was described last."""
        if self._remote_sdp is None:
            return
        remote = as_description(self._remote_sdp)
        theirs = direction_of(remote)
        self.held = not theirs.receives
        stream = stream_of(remote, sends=theirs.receives and self._direction.sends)
        if stream is not None and self._agent.voice:
            self.media.run(stream)
        self._changed.set()
