"""Tones made and found; thresholds against noise, silence and neighbours."""

from __future__ import annotations

import math
import random
from array import array

import pytest

from hipper.telephony.rtp.g711 import alaw_decode, alaw_encode, ulaw_decode, ulaw_encode
from hipper.telephony.rtp.packet import RtpPacket
from hipper.telephony.rtp.tones import ToneGenerator, detect_tone, goertzel_power, rms, tone_shares
from tests.telephony.rtp.datagrams import read_datagrams

CANDIDATES = (400, 440, 480, 620, 1000)


def tone(hz: int, samples: int = 4000, amplitude: int = 10_000) -> array[int]:
    return ToneGenerator(hz, amplitude=amplitude).next_block(samples)


def noise(samples: int, level: int, seed: int = 1) -> array[int]:
    chance = random.Random(seed)
    return array("h", [max(-32768, min(32767, round(chance.gauss(0, level)))) for _ in range(samples)])


def mix(*parts: array[int]) -> array[int]:
    return array("h", [max(-32768, min(32767, sum(values))) for values in zip(*parts, strict=True)])


@pytest.mark.parametrize("hz", [1, 50, 425, 440, 1004, 3999])
def test_blocks_of_any_size_join_without_a_jump(hz: int) -> None:
    whole = ToneGenerator(hz).next_block(8000 + 777)
    generator = ToneGenerator(hz)
    joined = array("h")
    sizes = [160, 1, 333, 0, 8000]
    for size in sizes:
        joined.extend(generator.next_block(size))
    assert joined == whole[: sum(sizes)]
    assert whole[100] == round(10_000 * math.sin(2 * math.pi * hz * 100 / 8000))


@pytest.mark.parametrize(("hz", "amplitude"), [(0, 1), (4000, 1), (-5, 1), (440, 40_000), (440, -1)])
def test_generator_refuses_what_it_cannot_make(hz: int, amplitude: int) -> None:
    with pytest.raises(ValueError, match="a tone has"):
        ToneGenerator(hz, amplitude=amplitude)


def test_goertzel_power_is_half_the_squared_amplitude() -> None:
    assert goertzel_power(tone(440, 400), 440) == pytest.approx(10_000**2 / 2, rel=0.001)
    assert goertzel_power(tone(440, 400), 1000) < 100
    assert goertzel_power([], 440) == 0.0


def test_rms() -> None:
    assert rms(tone(440, 8000)) == pytest.approx(10_000 / math.sqrt(2), rel=0.001)
    assert rms([]) == 0.0


@pytest.mark.parametrize("hz", CANDIDATES)
@pytest.mark.parametrize("through", ["linear", "alaw", "ulaw"])
def test_each_candidate_is_found_also_after_g711(hz: int, through: str) -> None:
    samples = tone(hz)
    if through == "alaw":
        samples = alaw_decode(alaw_encode(samples))
    elif through == "ulaw":
        samples = ulaw_decode(ulaw_encode(samples))
    assert detect_tone(samples, CANDIDATES) == hz


@pytest.mark.parametrize("hz", [380, 420, 424, 456, 460, 500, 880, 1320, 2000])
def test_neighbours_and_harmonics_are_not_taken_for_it(hz: int) -> None:
    assert detect_tone(tone(hz), [440]) is None


@pytest.mark.parametrize("hz", [437, 440, 443])
def test_three_hertz_off_is_still_it(hz: int) -> None:
    assert detect_tone(tone(hz), CANDIDATES) == 440


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("samples", [400, 8000])
def test_noise_is_no_tone(seed: int, samples: int) -> None:
    assert detect_tone(noise(samples, 8000, seed), CANDIDATES) is None


@pytest.mark.parametrize(
    "samples",
    [
        array("h"),
        array("h", [0] * 8000),
        array("h", [8] * 8000),
        alaw_decode(b"\xd5" * 8000),
        noise(8000, 20),
        tone(440, amplitude=100),
        tone(440, samples=399),
    ],
    ids=["nothing", "zero", "offset", "alaw idle", "faint noise", "faint tone", "too short"],
)
def test_silence_is_no_tone(samples: array[int]) -> None:
    assert detect_tone(samples, CANDIDATES) is None


def test_a_constant_is_no_tone() -> None:
    assert detect_tone(array("h", [12_000] * 4000), CANDIDATES) is None


def test_tone_under_noise_is_found_ten_decibels_up_and_not_as_loud_as_it() -> None:
    assert detect_tone(mix(tone(440, 8000), noise(8000, 2200)), CANDIDATES) == 440
    assert detect_tone(mix(tone(440, 8000), noise(8000, 8000)), CANDIDATES) is None


def test_two_tones_at_once_are_neither() -> None:
    both = mix(tone(440), tone(620))
    assert detect_tone(both, CANDIDATES) is None
    shares = tone_shares(both, CANDIDATES)
    assert shares[440] == pytest.approx(0.5, abs=0.02)
    assert shares[620] == pytest.approx(0.5, abs=0.02)


def test_silence_around_and_lost_packets_within_do_not_hide_it() -> None:
    samples = (
        array("h", [0] * 3000) + tone(440, 1640) + tone(440, 1640) + tone(440, 1640) + array("h", [0] * 3000)
    )
    assert detect_tone(samples, CANDIDATES) == 440


def test_no_candidates_no_answer() -> None:
    assert detect_tone(tone(440), []) is None


def test_the_tone_that_rtpengine_played() -> None:
    packets = [RtpPacket.parse(datagram) for datagram in read_datagrams("rtpengine-440hz-pcma.rtp")]
    samples = alaw_decode(b"".join(packet.payload for packet in packets))
    assert detect_tone(samples, CANDIDATES) == 440
