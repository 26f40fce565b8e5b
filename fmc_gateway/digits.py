"""Digits that parties press: rtpengine tells of telephone-events by UDP (``--dtmf-log-dest``), telephones
without them by INFO."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
import structlog

from hipper.pbx.ids import LegId
from hipper.runtime.settings_model import Settings

DIGITS = "0123456789*#ABCD"
"""By event code (RFC 4733 §3.2)."""
MAX_DATAGRAM = 2048
PLAYED_MS, PLAYED_VOLUME = 113, 9
"""Length and level (dB below 0 dBm0) of the keys we have rtpengine play. It tells of those as well, and no
telephone presses for so many milliseconds: theirs are multiples of 10."""

log = structlog.get_logger("fmc_gateway.digits")

Pressed = Callable[[LegId, str], None]


class _Told(msgspec.Struct):
    """What rtpengine 10.5 writes; other keys are left alone."""

    source_tag: str
    event: int
    type: str = "DTMF"
    duration: int = 0
    volume: int = 0


_decode = msgspec.json.Decoder(_Told).decode


def read_dtmf_log(data: bytes) -> tuple[LegId, str] | None:
    """``(leg, digit)`` of one datagram, ``digit`` empty for what we had it play; None for what is none.
    rtpengine tells each press once."""
    try:
        told = _decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    if not 0 <= told.event < len(DIGITS):
        return None
    played = (told.duration, told.volume) == (PLAYED_MS, PLAYED_VOLUME)
    return LegId(told.source_tag), "" if played else DIGITS[told.event]


def read_info(content_type: str, body: bytes) -> str | None:
    """The digit of an INFO: ``application/dtmf-relay`` (``Signal=5``) or ``application/dtmf`` (``5``)."""
    kind = content_type.partition(";")[0].strip().lower()
    text = body[:200].decode("latin-1")
    if kind == "application/dtmf":
        signal = text.strip()
    elif kind == "application/dtmf-relay":
        values = dict(line.partition("=")[::2] for line in text.replace(" ", "").splitlines())
        signal = {key.lower(): value for key, value in values.items()}.get("signal", "")
    else:
        return None
    signal = {"10": "*", "11": "#"}.get(signal, signal.upper())
    return signal if len(signal) == 1 and signal in DIGITS else None


class DigitListener(asyncio.DatagramProtocol):
    """``await open(settings)``, then ``pressed`` is told of every digit."""

    def __init__(self, pressed: Pressed) -> None:
        self._pressed = pressed
        self._transport: asyncio.DatagramTransport | None = None

    async def open(self, settings: Settings) -> None:
        """Raises OSError when the address is in use."""
        host, _, port = settings.media.dtmf_listen.rpartition(":")
        loop = asyncio.get_running_loop()
        address: Any = (host.strip("[]"), int(port))
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=address)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def datagram_received(self, data: bytes, addr: Any) -> None:
        told = read_dtmf_log(data[:MAX_DATAGRAM])
        if told is None:
            log.info("digits.unreadable", length=len(data))
            return
        if told[1]:
            self._pressed(*told)
