"""The voice of a simulated telephone: real RTP every 20 ms, and an ear that knows tones."""

from __future__ import annotations

import asyncio
import random
from array import array
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from hipper.telephony.rtp.errors import RtpError
from hipper.telephony.rtp.g711 import alaw_decode, alaw_encode, ulaw_decode, ulaw_encode
from hipper.telephony.rtp.packet import RtpPacket, RtpSender, is_rtcp
from hipper.telephony.rtp.telephone_event import EventStarted, TelephoneEventReceiver, TelephoneEventSender
from hipper.telephony.rtp.tones import RATE, ToneGenerator, detect_tone, rms
from hipper.telephony.sdp.codec import PCMA, PCMU, Codec
from hipper.telephony.sdp.description import SessionDescription

PACKET_S = 0.02
PACKET_SAMPLES = 160
REMEMBERED_S = 2
"""Seconds of what was heard that are kept."""
JUDGED_S = 0.3
"""Seconds that must hold a tone for it to count as heard."""
SILENCE_RMS = 50.0
_ENCODE = {"PCMA": alaw_encode, "PCMU": ulaw_encode}
_DECODE = {"PCMA": alaw_decode, "PCMU": ulaw_decode}


@dataclass(frozen=True, kw_only=True)
class Stream:
    """What offer and answer settled. ``remote``: where to send, None while the other side wants nothing."""

    remote: tuple[str, int] | None
    codec: Codec
    events: Codec | None = None


def stream_of(remote: SessionDescription, *, sends: bool) -> Stream | None:
    """What a description of the other side lets us do; None when there is no audio we know."""
    audio = remote.audio
    where = None if audio is None else remote.connection_of(audio)
    if audio is None or where is None:
        return None
    known = (codec for codec in audio.codecs if any(codec.same_format(own) for own in (PCMA, PCMU)))
    if (codec := next(known, None)) is None:
        return None
    events = next((codec for codec in audio.codecs if codec.is_telephone_event), None)
    return Stream(remote=(where.address, audio.port) if sends else None, codec=codec, events=events)


class AudioPort(asyncio.DatagramProtocol):
    """One RTP socket. Opened before the SDP is written, since its port stands there.

    ``tone_hz``: what it says, None for silence. ``echo``: it sends back what it hears instead.
    """

    def __init__(self, tone_hz: int | None = None, *, echo: bool = False) -> None:
        self.port = 0
        self.digits = ""
        """Keys heard as telephone-events."""
        self.packets_received = 0
        self.packets_sent = 0
        self._tone = ToneGenerator(tone_hz) if tone_hz else None
        self._echo = echo
        self._stream: Stream | None = None
        self._transport: asyncio.DatagramTransport | None = None
        self._pacer: asyncio.Task[None] | None = None
        self._heard: array[int] = array("h")
        self._heard_total = 0
        self._keys: list[str] = []
        self._pressed: TelephoneEventSender | None = None
        self._receiver = TelephoneEventReceiver()
        start = random.SystemRandom()
        self._sender = RtpSender(
            ssrc=start.getrandbits(32), sequence=start.getrandbits(16), timestamp=start.getrandbits(32)
        )

    async def open(self, host: str, ports: tuple[int, int] | None = None) -> None:
        """Bind: any port, or the first free even one of ``ports`` (both ends included). Raises OSError."""
        loop = asyncio.get_running_loop()
        candidates: Sequence[int] = (0,) if ports is None else range(ports[0] + ports[0] % 2, ports[1] + 1, 2)
        for port in candidates:
            with suppress(OSError):
                self._transport, _ = await loop.create_datagram_endpoint(
                    lambda: self, local_addr=(host, port)
                )
                self.port = self._transport.get_extra_info("sockname")[1]
                return
        raise OSError(f"no free RTP port on {host}" + ("" if ports is None else f" in {ports[0]}-{ports[1]}"))

    def close(self) -> None:
        if self._pacer is not None:
            self._pacer.cancel()
            self._pacer = None
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    def run(self, stream: Stream) -> None:
        """Talk and listen as settled; again with each new settlement."""
        self._stream = stream
        if self._pacer is None and self._transport is not None:
            self._pacer = asyncio.get_running_loop().create_task(self._pace())

    def press(self, digits: str) -> None:
        """Queue keys: they go out as telephone-events (RFC 4733), one after the other."""
        self._keys += digits

    # -- out ------------------------------------------------------------------------------------------------

    async def _pace(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            self._send_next()
            due += PACKET_S
            if due < loop.time() - 10 * PACKET_S:
                due = loop.time()  # the machine slept: do not send what nobody waits for any more
            await asyncio.sleep(max(0.0, due - loop.time()))

    def _send_next(self) -> None:
        stream = self._stream
        if stream is None or stream.remote is None:
            return
        if self._send_key(stream) or self._echo:
            return
        samples = (
            self._tone.next_block(PACKET_SAMPLES)
            if self._tone is not None
            else array("h", [0]) * PACKET_SAMPLES
        )
        payload = _ENCODE[stream.codec.name.upper()](samples)
        self._send(payload, stream.codec.payload_type, stream.remote)

    def _send(self, payload: bytes, payload_type: int, remote: tuple[str, int]) -> None:
        packet = self._sender.packet(payload, payload_type=payload_type, duration=PACKET_SAMPLES)
        self._transmit(packet, remote)

    def _send_key(self, stream: Stream) -> bool:
        """Send the next packet of a key that is pressed; False when none is."""
        if stream.events is None or stream.remote is None:
            return False
        if self._pressed is None and self._keys:
            self._pressed = TelephoneEventSender(self._keys.pop(0), timestamp=self._sender.timestamp)
        if self._pressed is None:
            return False
        due = self._pressed.next_payload()
        if due is None:
            self._pressed = None
            return False
        payload, marker = due
        packet = self._sender.packet(
            payload, payload_type=stream.events.payload_type, duration=PACKET_SAMPLES, marker=marker,
            timestamp=self._pressed.timestamp,
        )  # fmt: skip
        self._transmit(packet, stream.remote)
        return True

    def _transmit(self, packet: bytes, remote: tuple[str, int]) -> None:
        if self._transport is not None:
            self._transport.sendto(packet, remote)
            self.packets_sent += 1

    # -- in -------------------------------------------------------------------------------------------------

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        stream = self._stream
        if stream is None or is_rtcp(data):
            return
        with suppress(RtpError):
            packet = RtpPacket.parse(data)
            self.packets_received += 1
            if packet.payload_type == stream.codec.payload_type:
                self._hear(packet.payload, stream)
            elif stream.events is not None and packet.payload_type == stream.events.payload_type:
                happened = self._receiver.receive(packet.timestamp, packet.payload)
                self.digits += "".join(e.digit or "" for e in happened if isinstance(e, EventStarted))

    def error_received(self, exc: Exception) -> None:
        """The other side's port is closed, as it is at the end of a call."""

    def _hear(self, payload: bytes, stream: Stream) -> None:
        samples = _DECODE[stream.codec.name.upper()](payload)
        self._heard_total += len(samples)
        self._heard = (self._heard + samples)[-REMEMBERED_S * RATE :]
        if self._echo and stream.remote is not None:
            self._send(payload, stream.codec.payload_type, stream.remote)

    def listen(self, *candidates_hz: int) -> int | None:
        """The tone that filled the last 300 ms, if it is one of these."""
        return detect_tone(self._last(), candidates_hz)

    @property
    def heard(self) -> array[int]:
        """The last two seconds of audio that came, packet after packet: samples of 16 bits at 8 kHz."""
        return self._heard

    @property
    def silent(self) -> bool:
        """Nothing was to be heard in the last 300 ms of audio that came."""
        return rms(self._last()) < SILENCE_RMS

    def _last(self) -> array[int]:
        return self._heard[-int(JUDGED_S * RATE) :]

    async def hears(self, hertz: int, timeout_s: float) -> bool:
        """Wait until 300 ms of new audio hold the tone; False when the time is over."""
        loop = asyncio.get_running_loop()
        deadline, fresh_from = loop.time() + timeout_s, self._heard_total + int(JUDGED_S * RATE)
        while loop.time() < deadline:
            if self._heard_total >= fresh_from and self.listen(hertz) == hertz:
                return True
            await asyncio.sleep(PACKET_S)
        return False
