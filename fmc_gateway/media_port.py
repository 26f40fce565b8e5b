"""The engine's media commands → rtpengine, in order per pair; its answers → events (call-flows §4)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Literal, Protocol

import structlog

from fmc_gateway.call import commands as c
from fmc_gateway.call.events import (
    AnnouncementEnded,
    AnyEvent,
    MediaAnswered,
    MediaFailed,
    MediaOffered,
    MediaTimedOut,
)
from fmc_gateway.call.model import call_of
from fmc_gateway.codecs import audio_codecs, needs_transcoding, was_transcoded
from hipper.pbx.ids import LegId, PairId
from hipper.runtime.ng_client import MediaUnavailable, NoRtpengine
from hipper.telephony.ng import commands as ng
from hipper.telephony.ng.replies import NgError, play_duration_s, problem_of, sdp_of
from hipper.telephony.sdp.description import SessionDescription
from hipper.telephony.sdp.errors import SdpError
from hipper.telephony.sdp.sanitise import sanitise

LOOPS = 100_000
"""Music on hold plays until it is stopped."""
UNKNOWN_CALL = "unknown call"
"""How rtpengine answers about a call-id it does not (or no longer) have."""
PLAIN = ng.MediaProfile()
FIXED = ng.MediaProfile(fixed_source=True)

MediaCommand = (
    c.OfferMedia
    | c.AnswerMedia
    | c.DeleteMedia
    | c.BlockMedia
    | c.UnblockMedia
    | c.PlayMusic
    | c.StopMusic
    | c.PlayAnnouncement
    | c.StopAnnouncement
)
Find = Callable[[c.PlayAnnouncement], Path | None]
"""The recording of an announcement, readable by rtpengine; None when there is none. May raise OSError."""
MusicOf = Callable[[c.MusicSource], Awaitable[str | None]]
"""Path of somebody's music on hold, readable by rtpengine; None: silence. Never raises."""
TAIL_S = 0.3
"""After the last packet was sent, until the caller has heard it."""
Done = Callable[[AnyEvent], None]

log = structlog.get_logger("fmc_gateway.media")


class Client(Protocol):
    """What is needed of :class:`hipper.runtime.ng_client.MediaClient`."""

    async def request(self, command: Mapping[str, Any]) -> Any: ...


class Observer(Protocol):
    def ng_answered(self, seconds: float) -> None: ...


class _Pair:
    """What is under way for one NG call-id. ``offered``: the last SDP offered, ``extended``:
    codecs were added."""

    __slots__ = ("answered", "extended", "heard", "offered", "queue", "task", "tell")

    def __init__(self, tell: Done) -> None:
        self.tell = tell
        self.queue: list[tuple[MediaCommand, Done]] = []
        self.task: asyncio.Task[None] | None = None
        self.answered = False
        self.offered: SessionDescription | None = None
        self.extended = False
        self.heard: dict[LegId, asyncio.TimerHandle] = {}
        """Whom something is spoken to, until when."""

    def quiet(self, leg: LegId | None = None) -> None:
        """Nobody, or ``leg``, is spoken to any more."""
        for one in tuple(self.heard) if leg is None else (leg,):
            handle = self.heard.pop(one, None)
            if handle is not None:
                handle.cancel()


class MediaPort:
    """``music``, ``ringing``: paths of the music on hold and of the ringing tone, readable by rtpengine.
    ``music_of``: whose music is heard; None: ``music`` for everybody. ``find``: recordings. ``fixed``: legs
    of networks and trunks, which send from the address in their SDP and nowhere else. ``family``: of the
    addresses toward a leg, by sender and receiver; None keeps the sender's. No description reaches rtpengine
    that we cannot read ourselves, nor a codec that cannot exist: some crash it."""

    def __init__(
        self,
        client: Client,
        music: str,
        *,
        fixed: Callable[[LegId], bool],
        observer: Observer,
        find: Find,
        family: Callable[[LegId, LegId], Literal["IP4", "IP6"] | None] | None = None,
        ringing: str | None = None,
        music_of: MusicOf | None = None,
    ) -> None:
        self._client = client
        self._find = find
        self._family = family
        self._observer = observer
        self._music = music
        self._music_of = music_of
        self._ringing = ringing or music
        self._fixed = fixed
        self._pairs: dict[PairId, _Pair] = {}

    def __len__(self) -> int:
        return len(self._pairs)

    def run(self, command: MediaCommand, done: Done) -> None:
        """Carry ``command`` out after the earlier ones of its pair; ``done`` gets the
        event, if there is one."""
        pair = self._pairs.get(command.pair)
        if pair is None:
            pair = self._pairs[command.pair] = _Pair(done)
        pair.queue.append((command, done))
        if pair.task is None:
            pair.task = asyncio.get_running_loop().create_task(self._work(command.pair, pair))

    async def watch(self, every_s: float) -> None:
        """Until cancelled: find pairs that rtpengine has given up because no packets came (its ``timeout``;
        held and blocked streams have a longer one). One-way media never times out."""
        while True:
            await asyncio.sleep(every_s)
            for name, pair in tuple(self._pairs.items()):
                if pair.answered and not pair.queue and await self._is_forgotten(name):
                    log.warning("media.timed_out", call_id=call_of(name), pair=name)
                    pair.answered = False
                    pair.tell(MediaTimedOut(pair=name))

    async def _is_forgotten(self, name: PairId) -> bool:
        """Whether the engine of this pair answers and does not know it; an engine that is
        silent says nothing."""
        try:
            problem = problem_of(await self._client.request(ng.query(call_id=name)))
        except MediaUnavailable:
            return False
        return problem is not None and UNKNOWN_CALL in problem.lower()

    async def _work(self, name: PairId, pair: _Pair) -> None:
        while pair.queue:
            command, done = pair.queue.pop(0)
            try:
                event = await self._carry_out(pair, command, done)
            except (MediaUnavailable, NgError, SdpError) as error:
                event = self._failed(command, error)
            except Exception as fault:
                log.exception("media.fault", call_id=call_of(name), pair=name, command=type(command).__name__)
                event = self._failed(command, fault)
            if event is not None:
                done(event)
            if isinstance(command, c.DeleteMedia):
                self._pairs.pop(name, None)
        pair.task = None

    def _failed(self, command: MediaCommand, error: Exception) -> AnyEvent | None:
        log.warning(
            "media.failed",
            call_id=call_of(command.pair),
            pair=command.pair,
            command=type(command).__name__,
            error=str(error),
        )
        if isinstance(command, c.PlayAnnouncement):
            return AnnouncementEnded(pair=command.pair, leg=command.leg, played=False)
        if isinstance(command, c.OfferMedia | c.AnswerMedia):
            gone = isinstance(error, NoRtpengine)
            return MediaFailed(pair=command.pair, reason=str(error), no_rtpengine=gone)
        return None

    async def _carry_out(self, pair: _Pair, command: MediaCommand, done: Done) -> AnyEvent | None:
        match command:
            case c.OfferMedia():
                return await self._offer(pair, command)
            case c.AnswerMedia():
                return await self._answer(pair, command)
            case c.PlayMusic():
                await self._play(command)
            case c.DeleteMedia():
                pair.quiet()
                await self._checked(ng.delete(call_id=command.pair))
            case c.BlockMedia():
                await self._checked(ng.block_media(call_id=command.pair, from_tag=command.leg))
            case c.UnblockMedia():
                await self._checked(ng.unblock_media(call_id=command.pair, from_tag=command.leg))
            case c.StopMusic():
                await self._checked(ng.stop_media(call_id=command.pair, from_tag=command.leg))
            case c.PlayAnnouncement():
                return await self._speak(pair, command, done)
            case c.StopAnnouncement():
                pair.quiet(command.leg)
                await self._checked(ng.stop_media(call_id=command.pair, from_tag=command.leg))
        return None

    async def _offer(self, pair: _Pair, command: c.OfferMedia) -> MediaOffered:
        description = sanitise(command.sdp)
        pair.offered, pair.extended = description, needs_transcoding(description)
        request = ng.offer(
            call_id=command.pair,
            from_tag=command.from_leg,
            to_tag=command.to_leg if pair.answered else None,
            sdp=str(description),
            profile=self._profile(command.from_leg, command.to_leg, pair.extended),
        )
        reply = await self._request(request)
        return MediaOffered(
            pair=command.pair, from_leg=command.from_leg, to_leg=command.to_leg, sdp=sdp_of(reply)
        )

    async def _answer(self, pair: _Pair, command: c.AnswerMedia) -> MediaAnswered:
        description = sanitise(command.sdp)
        request = ng.answer(
            call_id=command.pair,
            from_tag=command.offering_leg,
            to_tag=command.answering_leg,
            sdp=str(description),
            profile=self._profile(command.answering_leg, command.offering_leg, False),
        )
        made = sdp_of(await self._request(request))
        pair.answered = True
        offered = pair.offered
        transcoded = pair.extended and offered is not None and was_transcoded(offered, description)
        if transcoded and offered is not None and was_transcoded(offered, SessionDescription.parse(made)):
            names = ", ".join(sorted(audio_codecs(offered)))
            raise NgError(f"this rtpengine cannot transcode to any of {names}")
        return MediaAnswered(pair=command.pair, sdp=made, transcoded=transcoded)

    async def _speak(self, pair: _Pair, command: c.PlayAnnouncement, done: Done) -> AnnouncementEnded | None:
        """rtpengine tells how long it will speak, and never that it has."""
        recording = await asyncio.get_running_loop().run_in_executor(None, self._find, command)
        if recording is None:
            log.warning(
                "announcement.missing",
                call_id=call_of(command.pair),
                pair=command.pair,
                announcements=list(command.announcements),
            )
            return AnnouncementEnded(pair=command.pair, leg=command.leg, played=False)
        play = ng.play_media(
            call_id=command.pair,
            from_tag=command.leg,
            file=str(recording),
            repeat_times=LOOPS if command.repeat else 1,
        )
        duration_s = play_duration_s(await self._request(play))
        if not command.repeat:
            pair.quiet(command.leg)
            pair.heard[command.leg] = asyncio.get_running_loop().call_later(
                duration_s + TAIL_S, self._heard, pair, command, done
            )
        return None

    def _heard(self, pair: _Pair, command: c.PlayAnnouncement, done: Done) -> None:
        pair.heard.pop(command.leg, None)
        done(AnnouncementEnded(pair=command.pair, leg=command.leg))

    def _profile(self, sender: LegId, receiver: LegId, extended: bool) -> ng.MediaProfile:
        family = self._family(sender, receiver) if self._family is not None else None
        if extended or family is not None:
            transcode = ("PCMA", "PCMU") if extended else ()
            return ng.MediaProfile(
                fixed_source=self._fixed(sender), transcode=transcode, address_family=family
            )
        return FIXED if self._fixed(sender) else PLAIN

    async def _play(self, command: c.PlayMusic) -> None:
        file: str | None = self._ringing if command.ringing else self._music
        if not command.ringing and self._music_of is not None:
            file = await self._music_of(command.music)
        if file is None:
            return
        play = ng.play_media(call_id=command.pair, from_tag=command.leg, file=file, repeat_times=LOOPS)
        play_duration_s(await self._request(play))

    async def _request(self, command: ng.Command) -> Any:
        loop = asyncio.get_running_loop()
        started = loop.time()
        reply = await self._client.request(command)
        self._observer.ng_answered(loop.time() - started)
        return reply

    async def _checked(self, request: ng.Command) -> None:
        problem = problem_of(await self._request(request))
        if problem is not None:
            raise NgError(problem)
