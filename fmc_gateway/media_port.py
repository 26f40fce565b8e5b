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
from fmc_gateway.call.key_commands import ListenKeys, PlayKeys, WatchKeys
from fmc_gateway.call.model import call_of
from fmc_gateway.codecs import audio_codecs, needs_transcoding, was_transcoded
from fmc_gateway.digits import PLAYED_MS, PLAYED_VOLUME
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
    | PlayKeys
    | WatchKeys
    | ListenKeys
)
Find = Callable[[c.PlayAnnouncement], Path | None]
"""The recording of an announcement, readable by rtpengine; None when there is none. May raise OSError."""
MusicOf = Callable[[c.MusicSource], Awaitable[str | None]]
"""Path of somebody's music on hold, readable by rtpengine; None: silence. Never raises."""
BETWEEN_KEYS_MS = 100
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
    """What is under way for one NG call-id. ``offered``: the last SDP offered, ``extended``: codecs were
    added. ``asked``: the last offer, and the last answer; ``open``: that offer has no answer yet. ``keyed``:
    keys are played in it, ``injects``: rtpengine knows, ``keys_due``: and then does these. ``blocked``: whose
    media is dropped, ``listened``: whose next key is awaited."""

    __slots__ = (
        *("answered", "asked", "blocked", "extended", "heard", "injects", "keyed", "keys_due", "listened"),
        *("offered", "open", "queue", "silenced", "task", "tell"),
    )

    def __init__(self, tell: Done) -> None:
        self.tell = tell
        self.queue: list[tuple[MediaCommand, Done]] = []
        self.task: asyncio.Task[None] | None = None
        self.answered = False
        self.offered: SessionDescription | None = None
        self.extended = False
        self.asked: tuple[c.OfferMedia | None, c.AnswerMedia | None] = (None, None)
        self.open = self.keyed = self.injects = False
        self.keys_due: list[PlayKeys | WatchKeys] = []
        self.blocked: frozenset[LegId] = frozenset()
        self.listened: frozenset[LegId] = frozenset()
        self.silenced: frozenset[LegId] = frozenset()
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
        if pair is None and isinstance(command, PlayKeys | WatchKeys | ListenKeys):
            return  # it was deleted meanwhile
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
            if pair.keys_due:
                await self._try_keys(name, pair)
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
                pair.blocked |= {command.leg}
                await self._mute(pair, command)
            case c.UnblockMedia():
                pair.blocked -= {command.leg}
                await self._mute(pair, command)
            case c.StopMusic():
                await self._checked(ng.stop_media(call_id=command.pair, from_tag=command.leg))
            case c.PlayAnnouncement():
                return await self._speak(pair, command, done)
            case c.StopAnnouncement():
                pair.quiet(command.leg)
                await self._checked(ng.stop_media(call_id=command.pair, from_tag=command.leg))
            case PlayKeys() | WatchKeys():
                pair.keyed = True
                pair.keys_due.append(command)
            case ListenKeys():
                pair.listened = pair.listened - {command.leg} | ({command.leg} if command.on else set())
                if command.leg in pair.blocked:
                    await self._mute(pair, command)
        return None

    async def _offer(self, pair: _Pair, command: c.OfferMedia) -> MediaOffered:
        description = sanitise(command.sdp)
        pair.offered, pair.extended = description, needs_transcoding(description)
        pair.asked, pair.open, pair.injects = (command, pair.asked[1]), True, pair.keyed
        reply = await self._request(self._offered(pair, command))
        return MediaOffered(
            pair=command.pair, from_leg=command.from_leg, to_leg=command.to_leg, sdp=sdp_of(reply)
        )

    async def _answer(self, pair: _Pair, command: c.AnswerMedia) -> MediaAnswered:
        description = sanitise(command.sdp)
        made = sdp_of(await self._request(self._answered(pair, command)))
        pair.asked, pair.open, pair.answered = (pair.asked[0], command), False, True
        offered = pair.offered
        transcoded = pair.extended and offered is not None and was_transcoded(offered, description)
        if transcoded and offered is not None and was_transcoded(offered, SessionDescription.parse(made)):
            names = ", ".join(sorted(audio_codecs(offered)))
            raise NgError(f"this rtpengine cannot transcode to any of {names}")
        return MediaAnswered(pair=command.pair, sdp=made, transcoded=transcoded)

    def _offered(self, pair: _Pair, command: c.OfferMedia) -> ng.Command:
        return ng.offer(
            call_id=command.pair,
            from_tag=command.from_leg,
            to_tag=command.to_leg if pair.answered else None,
            sdp=str(pair.offered),
            profile=self._profile(command.from_leg, command.to_leg, pair.extended, pair.keyed),
        )

    def _answered(self, pair: _Pair, command: c.AnswerMedia) -> ng.Command:
        return ng.answer(
            call_id=command.pair,
            from_tag=command.offering_leg,
            to_tag=command.answering_leg,
            sdp=str(sanitise(command.sdp)),
            profile=self._profile(command.answering_leg, command.offering_leg, False, pair.keyed),
        )

    async def _mute(self, pair: _Pair, command: c.BlockMedia | c.UnblockMedia | ListenKeys) -> None:
        """Of a blocked party nothing reaches the other one; of one that is listened to silence does."""
        call_id, leg = command.pair, command.leg
        blocked = leg in pair.blocked
        silent = blocked and pair.injects and leg in pair.listened
        if silent:
            await self._checked(ng.silence_media(call_id=call_id, from_tag=leg))
            pair.silenced |= {leg}
        change = ng.block_media if blocked and not silent else ng.unblock_media
        await self._checked(change(call_id=call_id, from_tag=leg))
        if leg in pair.silenced and not silent:
            pair.silenced -= {leg}
            await self._checked(ng.unsilence_media(call_id=call_id, from_tag=leg))

    async def _try_keys(self, name: PairId, pair: _Pair) -> None:
        try:
            await self._do_keys(pair)
        except (MediaUnavailable, NgError, SdpError) as error:
            log.warning("media.keys_failed", call_id=call_of(name), pair=name, error=str(error))

    async def _do_keys(self, pair: _Pair) -> None:
        """rtpengine is told once more what both parties said, who hear nothing of it: it plays keys only in
        media that was offered and answered so. While an offer is open the keys wait. Raises NgError."""
        offer, answer = pair.asked
        if not pair.keys_due or pair.open or not pair.answered or offer is None or answer is None:
            return
        due, pair.keys_due = pair.keys_due, []
        if not pair.injects:
            sdp_of(await self._request(self._offered(pair, offer)))
            sdp_of(await self._request(self._answered(pair, answer)))
            pair.injects = True
        for command in due:
            if isinstance(command, WatchKeys):
                await self._checked(ng.block_dtmf(call_id=command.pair, from_tag=command.leg))
                continue
            for key in command.keys:
                await self._checked(_key(command, key))

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

    def _profile(self, sender: LegId, receiver: LegId, extended: bool, keyed: bool) -> ng.MediaProfile:
        family = self._family(sender, receiver) if self._family is not None else None
        if extended or keyed or family is not None:
            transcode = ("PCMA", "PCMU") if extended else ()
            return ng.MediaProfile(
                fixed_source=self._fixed(sender),
                transcode=transcode,
                address_family=family,
                inject_dtmf=keyed,
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


def _key(command: PlayKeys, key: str) -> ng.Command:
    return ng.play_dtmf(
        call_id=command.pair,
        from_tag=command.leg,
        code=key,
        duration_ms=PLAYED_MS,
        pause_ms=BETWEEN_KEYS_MS,
        volume=PLAYED_VOLUME,
    )
