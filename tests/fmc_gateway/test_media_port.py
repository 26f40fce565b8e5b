"""Media commands to rtpengine: order, answers, refusals, codecs."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from fmc_gateway import media_port as module
from fmc_gateway.call import commands as c
from fmc_gateway.call.events import (
    AnnouncementEnded,
    AnyEvent,
    MediaAnswered,
    MediaFailed,
    MediaOffered,
    MediaTimedOut,
)
from fmc_gateway.call.key_commands import ListenKeys
from fmc_gateway.codecs import audio_codecs, needs_transcoding, was_transcoded
from fmc_gateway.media_port import MediaPort
from hipper.pbx.ids import LegId, PairId, SubscriberId, TenantId
from hipper.pbx.model import Announcement
from hipper.runtime.ng_client import EngineLost, NoRtpengine
from hipper.telephony.sdp.description import SessionDescription
from tests.fmc_gateway.kit import sdp

PAIR, A, B = PairId("p1"), LegId("a"), LegId("b")
OFFER = c.OfferMedia(pair=PAIR, from_leg=A, to_leg=B, sdp=sdp())
ANSWER = c.AnswerMedia(pair=PAIR, offering_leg=A, answering_leg=B, sdp=sdp())


class Engine:
    """Answers what it is told to, when it is told to."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.replies: dict[str, Any] = {}
        self.gate = asyncio.Event()
        self.gate.set()

    async def request(self, command: Mapping[str, Any]) -> Any:
        self.asked.append(dict(command))
        await self.gate.wait()
        reply = self.replies.get(str(command["command"]), {"result": "ok", "sdp": "v=0", "duration": 24000})
        if isinstance(reply, Exception):
            raise reply
        return reply

    def ng_answered(self, seconds: float) -> None:
        assert seconds >= 0

    @property
    def order(self) -> list[str]:
        return [asked["command"] for asked in self.asked]


def find(command: c.PlayAnnouncement) -> Path | None:
    """There is a recording of everything but of what is barred."""
    return None if Announcement.CALL_BARRED in command.announcements else Path("/said.wav")


def port(engine: Engine, fixed: bool = False) -> MediaPort:
    return MediaPort(engine, "/music.wav", fixed=lambda leg: fixed, observer=engine, find=find)


async def told(media: MediaPort, *commands: Any) -> list[AnyEvent]:
    events: list[AnyEvent] = []
    for command in commands:
        media.run(command, events.append)
    async with asyncio.timeout(2):
        while any(pair.task for pair in media._pairs.values()):  # noqa: ASYNC110
            await asyncio.sleep(0)
    await asyncio.sleep(0)
    return events


async def test_offer_and_answer_come_back_as_events() -> None:
    engine = Engine()
    events = await told(port(engine), OFFER, ANSWER)
    assert [type(event) for event in events] == [MediaOffered, MediaAnswered]
    assert "to-tag" not in engine.asked[0]
    assert (engine.asked[1]["from-tag"], engine.asked[1]["to-tag"]) == ("a", "b")


async def test_offer_on_an_answered_pair_names_who_gets_it() -> None:
    engine = Engine()
    again = c.OfferMedia(pair=PAIR, from_leg=B, to_leg=A, sdp=sdp())
    await told(port(engine), OFFER, ANSWER, again)
    assert (engine.asked[2]["from-tag"], engine.asked[2]["to-tag"]) == ("b", "a")


async def test_delete_waits_for_the_offer_that_is_under_way() -> None:
    engine = Engine()
    engine.gate.clear()
    media = port(engine)
    events: list[AnyEvent] = []
    media.run(OFFER, events.append)
    media.run(c.DeleteMedia(pair=PAIR), events.append)
    await asyncio.sleep(0.01)
    assert engine.order == ["offer"]
    engine.gate.set()
    await told(media)
    assert engine.order == ["offer", "delete"]
    assert engine.asked[1]["delete delay"] == 0
    assert len(media) == 0


@pytest.mark.parametrize(
    ("reply", "gone"),
    [
        ({"result": "error", "error-reason": "bad"}, False),
        (EngineLost("silent"), False),
        (NoRtpengine("none"), True),
    ],
)
async def test_refused_offer_is_an_event_and_says_whether_any_engine_is_left(reply: Any, gone: bool) -> None:
    engine = Engine()
    engine.replies["offer"] = reply
    (event,) = await told(port(engine), OFFER)
    assert isinstance(event, MediaFailed)
    assert event.no_rtpengine is gone


async def test_failing_music_is_no_event() -> None:
    engine = Engine()
    engine.replies["play media"] = {"result": "ok"}
    commands = (c.BlockMedia(pair=PAIR, leg=A), c.PlayMusic(pair=PAIR, leg=B), c.StopMusic(pair=PAIR, leg=B))
    assert await told(port(engine), *commands) == []
    assert engine.order == ["block media", "play media", "stop media"]
    assert engine.asked[1]["file"] == "/music.wav"
    assert engine.asked[1]["repeat-times"] > 1000


async def test_media_of_networks_comes_from_the_address_they_named_only() -> None:
    fixed, free = Engine(), Engine()
    await told(port(fixed, fixed=True), OFFER)
    await told(port(free), OFFER)
    assert "strict source" in fixed.asked[0]["flags"]
    assert "strict source" not in free.asked[0]["flags"]


async def test_pair_that_the_engine_gave_up_has_timed_out_once() -> None:
    engine = Engine()
    media = port(engine)
    events = await told(media, OFFER, ANSWER)
    engine.replies["query"] = {"result": "error", "error-reason": "Unknown call-id"}
    watching = asyncio.create_task(media.watch(0.005))
    tellers: list[AnyEvent] = []
    media._pairs[PAIR].tell = tellers.append
    await asyncio.sleep(0.05)
    watching.cancel()
    assert [type(event) for event in tellers] == [MediaTimedOut]
    assert len(events) == 2


@pytest.mark.parametrize("reply", [{"result": "ok"}, EngineLost("silent")])
async def test_silent_or_healthy_engine_says_nothing_of_a_timeout(reply: Any) -> None:
    engine = Engine()
    engine.replies["query"] = reply
    media = port(engine)
    await told(media, OFFER, ANSWER)
    assert not await media._is_forgotten(PAIR)


HEAD = "v=0\r\no=- 7 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
AMR = HEAD + "m=audio 4000 RTP/AVP 96 101\r\na=rtpmap:96 AMR/8000\r\na=rtpmap:101 telephone-event/8000\r\n"


def read(*streams: str) -> SessionDescription:
    return SessionDescription.parse(HEAD + "".join(streams))


async def test_offer_without_g711_is_extended_and_the_record_knows() -> None:
    engine = Engine()
    engine.replies["answer"] = {"result": "ok", "sdp": AMR}
    offer = c.OfferMedia(pair=PAIR, from_leg=A, to_leg=B, sdp=AMR)
    events = await told(port(engine), offer, ANSWER)
    assert engine.asked[0]["codec"]["transcode"] == ["PCMA", "PCMU"]
    assert isinstance(events[1], MediaAnswered)
    assert events[1].transcoded


async def test_rtpengine_that_lacks_the_codec_of_the_offer_is_a_failure_and_no_silence() -> None:
    engine = Engine()
    engine.replies["answer"] = {"result": "ok", "sdp": sdp()}
    offer = c.OfferMedia(pair=PAIR, from_leg=A, to_leg=B, sdp=AMR)
    _, failed = await told(port(engine), offer, ANSWER)
    assert isinstance(failed, MediaFailed)
    assert "AMR" in failed.reason


async def test_rate_that_crashes_rtpengine_never_reaches_it() -> None:
    engine = Engine()
    crash = "m=audio 4000 RTP/AVP 96 8\r\na=rtpmap:96 amr/16000\r\n"
    offer = c.OfferMedia(pair=PAIR, from_leg=A, to_leg=B, sdp=HEAD + crash)
    answer = c.AnswerMedia(pair=PAIR, offering_leg=A, answering_leg=B, sdp=HEAD + crash)
    await told(port(engine), offer, answer)
    assert [asked["sdp"] for asked in engine.asked] == [HEAD + "m=audio 4000 RTP/AVP 8\r\n"] * 2


@pytest.mark.parametrize("kind", [c.OfferMedia, c.AnswerMedia])
async def test_description_nobody_can_read_is_refused_before_rtpengine(kind: Any) -> None:
    engine = Engine()
    legs = {"to_leg": B, "from_leg": A} if kind is c.OfferMedia else {"offering_leg": A, "answering_leg": B}
    (event,) = await told(port(engine), kind(pair=PAIR, sdp="v=0\r\nm=audio\r\n", **legs))
    assert isinstance(event, MediaFailed)
    assert (event.reason, event.no_rtpengine) == (
        "line 2: m= needs media, port, protocol and a format",
        False,
    )
    assert engine.asked == []


def test_codecs_read_from_static_and_dynamic_payload_types() -> None:
    opus = "m=audio 1 RTP/AVP 0 8 96 13\r\na=rtpmap:96 opus/48000/2\r\n"
    assert audio_codecs(read(opus)) == {"PCMU", "PCMA", "OPUS"}
    assert audio_codecs(read("m=audio 0 RTP/AVP 8\r\n")) == frozenset()
    assert audio_codecs(read("m=video 1 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\n")) == frozenset()
    assert audio_codecs(SessionDescription.parse(AMR)) == {"AMR"}


def test_transcoding_is_needed_without_g711_only() -> None:
    amr, plain = SessionDescription.parse(AMR), SessionDescription.parse(sdp())
    assert needs_transcoding(amr)
    assert not needs_transcoding(plain)
    assert not needs_transcoding(read())
    assert was_transcoded(amr, plain)
    assert not was_transcoded(plain, read("m=audio 1 RTP/AVP 8\r\n"))


def speak(*announcements: Announcement, repeat: bool = False) -> c.PlayAnnouncement:
    return c.PlayAnnouncement(pair=PAIR, leg=A, announcements=announcements, language="nl", repeat=repeat)


async def test_announcement_ends_when_rtpengine_has_spoken_it(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Engine()
    engine.replies["play media"] = {"result": "ok", "duration": 20}
    monkeypatch.setattr(module, "TAIL_S", 0.0)
    media, events = port(engine), list[AnyEvent]()
    media.run(speak(Announcement.NO_CALLS_TAKEN), events.append)
    async with asyncio.timeout(2):
        while not events:  # noqa: ASYNC110
            await asyncio.sleep(0.005)
    assert events == [AnnouncementEnded(pair=PAIR, leg=A)]
    assert (engine.asked[0]["file"], engine.asked[0]["from-tag"]) == ("/said.wav", "a")
    assert "repeat-times" not in engine.asked[0]


@pytest.mark.parametrize("stop", [c.StopAnnouncement(pair=PAIR, leg=A), c.DeleteMedia(pair=PAIR)])
async def test_announcement_that_was_stopped_does_not_end_later(
    monkeypatch: pytest.MonkeyPatch, stop: Any
) -> None:
    engine = Engine()
    engine.replies["play media"] = {"result": "ok", "duration": 20}
    monkeypatch.setattr(module, "TAIL_S", 0.0)
    media = port(engine)
    events = await told(media, speak(Announcement.NO_CALLS_TAKEN), stop)
    await asyncio.sleep(0.1)
    assert events == []


async def test_announcement_nobody_recorded_or_rtpengine_cannot_play_ends_at_once() -> None:
    engine = Engine()
    unheard = AnnouncementEnded(pair=PAIR, leg=A, played=False)
    assert await told(port(engine), speak(Announcement.CALL_BARRED)) == [unheard]
    assert engine.asked == []
    engine.replies["play media"] = {"result": "ok"}
    assert await told(port(engine), speak(Announcement.NO_CALLS_TAKEN)) == [unheard]


async def test_repeated_announcement_never_ends_by_itself() -> None:
    engine = Engine()
    assert await told(port(engine), speak(Announcement.PRESS_ONE, repeat=True)) == []
    assert engine.asked[0]["repeat-times"] == module.LOOPS


# Keys.


async def test_keys_are_played_in_media_that_was_offered_for_it_without_a_word_to_anybody() -> None:
    """The same offer and answer once more, with the flag; then key after key, and again without."""
    engine = Engine()
    media = port(engine)
    play = c.PlayKeys(pair=PAIR, leg=A, keys="1#")
    events = await told(media, OFFER, ANSWER, c.WatchKeys(pair=PAIR, leg=A), play, play)
    assert len(events) == 2, "the parties hear of the first two alone"
    assert engine.order == ["offer", "answer", "offer", "answer", "block DTMF", *["play DTMF"] * 4]
    assert ["inject DTMF" in one["flags"] for one in engine.asked[:4]] == [False, False, True, True]
    assert engine.asked[2]["sdp"] == engine.asked[0]["sdp"]
    assert engine.asked[2]["to-tag"] == B
    assert [(one["from-tag"], one["code"]) for one in engine.asked[5:]] == [(A, "1"), (A, "#")] * 2


async def test_keys_wait_for_the_answer_and_later_offers_have_the_flag() -> None:
    engine = Engine()
    media = port(engine)
    play = c.PlayKeys(pair=PAIR, leg=A, keys="5")
    await told(media, OFFER, play)
    assert engine.order == ["offer"]
    await told(media, ANSWER)
    assert engine.order == ["offer", "answer", "offer", "answer", "play DTMF"]
    await told(media, OFFER, ANSWER, play)
    assert engine.order[5:] == ["offer", "answer", "play DTMF"], "it knows already"
    assert all("inject DTMF" in one["flags"] for one in engine.asked[5:7])


async def test_keys_for_media_that_is_gone_are_nothing_and_refused_ones_no_event() -> None:
    engine = Engine()
    media = port(engine)
    assert await told(media, c.PlayKeys(pair=PAIR, leg=A, keys="5")) == []
    assert (len(media), engine.order) == (0, [])
    engine.replies["play DTMF"] = {"result": "error", "error-reason": "no"}
    assert len(await told(media, OFFER, ANSWER, c.PlayKeys(pair=PAIR, leg=A, keys="5"))) == 2


async def test_blocked_party_whose_next_key_is_awaited_is_silenced_instead() -> None:
    """Only where keys are played, and until no key is awaited any more."""
    engine = Engine()
    media = port(engine)
    listen, done = (ListenKeys(pair=PAIR, leg=A, on=on) for on in (True, False))
    block, unblock = c.BlockMedia(pair=PAIR, leg=A), c.UnblockMedia(pair=PAIR, leg=A)
    await told(media, OFFER, ANSWER, block, listen, done)
    assert engine.order[2:] == ["block media"] * 3
    await told(media, c.WatchKeys(pair=PAIR, leg=A))
    engine.asked.clear()
    await told(media, listen, done, listen, unblock)
    assert engine.order == [
        *("silence media", "unblock media"),
        *("block media", "unsilence media"),
        *("silence media", "unblock media"),
        *("unblock media", "unsilence media"),
    ]


async def test_music_is_whose_it_is_said_to_be_and_silence_is_none() -> None:
    engine = Engine()
    whose: dict[c.MusicSource, str | None] = {}

    async def music_of(source: c.MusicSource) -> str | None:
        return whose.get(source, "/companys.wav")

    media = MediaPort(
        engine,
        "/own.wav",
        fixed=lambda leg: False,
        observer=engine,
        find=find,
        music_of=music_of,
        ringing="/r.wav",
    )
    anna = c.MusicSource(tenant=TenantId("acme"), holder=SubscriberId("anna"))
    whose[anna] = None
    await told(media, c.PlayMusic(pair=PAIR, leg=A, music=anna))
    assert engine.order == []
    await told(media, c.PlayMusic(pair=PAIR, leg=A), c.PlayMusic(pair=PAIR, leg=B, ringing=True))
    assert [one["file"] for one in engine.asked] == ["/companys.wav", "/r.wav"]
