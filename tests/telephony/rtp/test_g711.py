"""ITU-T G.711 against CPython's ``audioop``, which Sun wrote."""

from __future__ import annotations

import warnings
from array import array

import pytest

from hipper.telephony.rtp import g711

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import audioop

ALL_SAMPLES = array("h", range(-32768, 32768))
ALL_CODES = bytes(range(256))


def test_alaw_encodes_every_sample_as_audioop() -> None:
    assert g711.alaw_encode(ALL_SAMPLES) == audioop.lin2alaw(ALL_SAMPLES.tobytes(), 2)


def test_ulaw_encodes_every_sample_as_audioop() -> None:
    assert g711.ulaw_encode(ALL_SAMPLES) == audioop.lin2ulaw(ALL_SAMPLES.tobytes(), 2)


def test_alaw_decodes_every_code_as_audioop() -> None:
    assert g711.alaw_decode(ALL_CODES).tobytes() == audioop.alaw2lin(ALL_CODES, 2)


def test_ulaw_decodes_every_code_as_audioop() -> None:
    assert g711.ulaw_decode(ALL_CODES).tobytes() == audioop.ulaw2lin(ALL_CODES, 2)


def test_silence_codes_are_silence() -> None:
    assert g711.alaw_encode([0]) == b"\xd5"
    assert g711.ulaw_encode([0]) == b"\xff"


@pytest.mark.parametrize("encode", [g711.alaw_encode, g711.ulaw_encode])
@pytest.mark.parametrize("sample", [-32769 - 32768, 65536])
def test_sample_far_outside_16_bits_is_refused(encode: object, sample: int) -> None:
    with pytest.raises(IndexError):
        encode([sample])  # type: ignore[operator]
