"""An announcement counts as heard when the loudness of what came is its recording's, and no other's."""

from __future__ import annotations

from array import array
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from fmc_gateway.prompts.library import MADE
from hipper.cli.demo.listening import FITS, hears_recording, likeness, loudness, read_loudness
from hipper.pbx.model import Announcement
from hipper.telephony.rtp.g711 import alaw_decode, alaw_encode
from hipper.telephony.rtp.tones import RATE, ToneGenerator
from simulators.call import CallError

WINDOW = 60
"""Frames of 20 ms in 1.2 s."""
SAID = [
    Announcement.NO_CALLS_TAKEN,
    Announcement.SERVICE_ON,
    Announcement.CALL_BARRED,
    Announcement.PRESS_ONE,
]


def recording(said: Announcement) -> Path:
    return MADE / "nl" / f"{said.value}.wav"


@pytest.mark.parametrize("said", SAID)
def test_every_stretch_of_a_recording_fits_it(said: Announcement) -> None:
    spoken = read_loudness(recording(said))
    for end in range(WINDOW, len(spoken), 10):
        assert likeness(spoken[:end], spoken) > FITS


@pytest.mark.parametrize(("said", "other"), [pair for pair in product(SAID, SAID) if pair[0] is not pair[1]])
def test_no_recording_fits_another(said: Announcement, other: Announcement) -> None:
    heard, spoken = read_loudness(recording(other)), read_loudness(recording(said))
    assert max(likeness(heard[:end], spoken) for end in range(WINDOW, len(heard), 5)) < FITS


def test_tone_silence_and_too_little_fit_nothing() -> None:
    spoken = read_loudness(recording(Announcement.NO_CALLS_TAKEN))
    tone = loudness(ToneGenerator(1000).next_block(2 * RATE), RATE)
    assert likeness(tone, spoken) < FITS
    assert likeness([0.0] * 100, spoken) == 0.0
    assert likeness(spoken[: WINDOW - 1], spoken) == 0.0


async def test_what_a_telephone_heard_through_g711_half_a_frame_late_fits() -> None:
    """The samples of a telephone begin anywhere in those of the recording, at another rate."""
    spoken = array("h", recording(Announcement.NO_CALLS_TAKEN).read_bytes()[44:])
    slow = array("h", (spoken[index * 22050 // RATE + 220] for index in range(2 * RATE)))
    assert await hears_recording(_call(alaw_decode(alaw_encode(slow))), recording(SAID[0]), 5.0) > FITS


async def test_another_announcement_is_named_with_what_came() -> None:
    heard = ToneGenerator(1000).next_block(2 * RATE)
    with pytest.raises(CallError, match=r"no_calls_taken was not heard in 0\.1 s: .* 7 packets"):
        await hears_recording(_call(heard), recording(SAID[0]), 0.1)


def _call(heard: array[int]) -> Any:
    return SimpleNamespace(media=SimpleNamespace(heard=heard, packets_received=7))
