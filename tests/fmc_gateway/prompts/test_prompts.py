"""Announcements: every text in both languages, times as people say them, recordings found and replaced."""

from __future__ import annotations

import io
import wave
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from fmc_gateway.prompts.library import Library, RecordingError, check, join
from fmc_gateway.prompts.making import make
from fmc_gateway.prompts.texts import LANGUAGES, TEXTS, pieces
from fmc_gateway.prompts.times import spoken_time
from hipper.pbx.ids import TenantId
from hipper.pbx.model import Announcement

ZONE = "Europe/Amsterdam"
SUNDAY_NOON = datetime(2026, 11, 22, 12, 0, tzinfo=ZoneInfo(ZONE)).timestamp()
BAKERY = TenantId("bakery")


def wav(samples: int = 800, rate: int = 8000, channels: int = 1, width: int = 2) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((channels, width, rate, 0, "NONE", "not compressed"))
        file.writeframes(b"\x01" * samples * channels * width)
    return out.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for language in LANGUAGES:
        (tmp_path / language).mkdir()
        for name in pieces():
            (tmp_path / language / f"{name}.wav").write_bytes(wav(len(name) * 10))
    return tmp_path


def frames(path: Path | None) -> int:
    assert path is not None
    with wave.open(str(path)) as file:
        return file.getnframes()


def test_every_announcement_has_a_text_in_both_languages() -> None:
    assert set(TEXTS) == set(Announcement)
    assert all(nl and en and nl != en for nl, en in TEXTS.values())


@pytest.mark.parametrize(
    ("then", "said"),
    [
        (datetime(2026, 11, 22, 14, 30), ("hour_14", "minute_30")),
        (datetime(2026, 11, 23, 9, 0), ("tomorrow", "hour_9", "minute_0")),
        (datetime(2026, 11, 26, 9, 5), ("weekday_3", "hour_9", "minute_5")),
        (datetime(2026, 12, 1, 8, 0), ("day_1", "month_12", "hour_8", "minute_0")),
        (datetime(2026, 11, 22, 11, 0), ("hour_11", "minute_0")),
    ],
)
def test_time_is_said_as_seen_from_now(then: datetime, said: tuple[str, ...]) -> None:
    moment = then.replace(tzinfo=ZoneInfo(ZONE)).timestamp()
    assert spoken_time(moment, SUNDAY_NOON, ZONE) == said
    assert set(said) <= set(pieces())


def test_one_announcement_is_its_file_and_several_are_one_after_the_other(folder: Path) -> None:
    library = Library(folder)
    one = library.file_for([Announcement.SERVICE_ON], "nl", None, now=SUNDAY_NOON)
    assert one == folder / "nl" / "service_on.wav"
    parts = [Announcement.ON_HOLIDAY, Announcement.BACK_AT]
    both = library.file_for(parts, "nl", None, now=SUNDAY_NOON, spoken=SUNDAY_NOON + 86_400, time_zone=ZONE)
    names = ("on_holiday", "back_at", "tomorrow", "hour_12")
    silent = 0 if not (folder / "nl" / "minute_0.wav").exists() else len("minute_0") * 10
    assert frames(both) == sum(len(name) * 10 for name in names) + silent
    again = library.file_for(parts, "nl", None, now=SUNDAY_NOON, spoken=SUNDAY_NOON + 86_400, time_zone=ZONE)
    assert again == both


def test_tenant_hears_its_own_recording_and_others_do_not(folder: Path) -> None:
    library = Library(folder)
    library.replace(BAKERY, "nl", Announcement.NO_CALLS_TAKEN, wav(4321))

    def heard(tenant: TenantId | None, language: str = "nl") -> int:
        return frames(library.file_for([Announcement.NO_CALLS_TAKEN], language, tenant, now=SUNDAY_NOON))

    usual = len("no_calls_taken") * 10
    assert (heard(BAKERY), heard(TenantId("mill")), heard(None), heard(BAKERY, "en")) == (
        4321,
        usual,
        usual,
        usual,
    )
    assert library.replaced(BAKERY) == [("nl", "no_calls_taken")]
    assert library.restore(BAKERY, "nl", Announcement.NO_CALLS_TAKEN)
    assert not library.restore(BAKERY, "nl", Announcement.NO_CALLS_TAKEN)
    assert heard(BAKERY) == usual


def test_language_nobody_recorded_falls_back_to_english_and_nothing_at_all_is_none(folder: Path) -> None:
    library = Library(folder)
    assert (
        library.file_for([Announcement.SERVICE_ON], "fr", None, now=0.0) == folder / "en" / "service_on.wav"
    )
    assert Library(folder / "nowhere").file_for([Announcement.SERVICE_ON], "nl", None, now=0.0) is None


@pytest.mark.parametrize(
    ("recording", "told"),
    [
        (b"RIFF, but no", "not a wav file"),
        (wav(channels=2), "mono"),
        (wav(width=1), "16 bits"),
        (wav(rate=4000), "4000 samples a second"),
        (wav(samples=0), "longer than nothing"),
        (wav(samples=8000 * 121), "at most 120 s"),
        (b"x" * (16 * 2**20 + 1), "larger than 16 MB"),
    ],
)
def test_recording_that_cannot_be_played_is_refused(recording: bytes, told: str) -> None:
    with pytest.raises(RecordingError, match=told):
        check(recording)


def test_joining_takes_the_rate_of_the_first() -> None:
    with wave.open(io.BytesIO(join([wav(800, 8000), wav(1600, 16000)]))) as file:
        assert (file.getframerate(), file.getnframes()) == (8000, 1600)


def test_speech_is_made_once_and_again_when_a_text_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = {"service_on": ("Aan.", "On."), "minute_0": ("", "hours")}
    monkeypatch.setattr("fmc_gateway.prompts.making.pieces", lambda: few)
    assert make(tmp_path) == 3
    assert frames(tmp_path / "nl" / "service_on.wav") > 1000
    assert make(tmp_path) == 0
    few["service_on"] = ("Ingeschakeld.", "On.")
    assert make(tmp_path) == 1
