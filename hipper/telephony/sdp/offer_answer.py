"""The offer/answer model (RFC 3264): what a description says about hold and codecs, and how to
change or answer one.

Functions that read take text or a parsed description; those that change give a description, whose ``str()``
is the text. Text that cannot be read raises SdpError.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from hipper.telephony.sdp.codec import PCMA, PCMU, TELEPHONE_EVENT, Codec
from hipper.telephony.sdp.description import (
    DIRECTIONS,
    Direction,
    Line,
    MediaDescription,
    Origin,
    SessionDescription,
)

Sdp = SessionDescription | str


class Capabilities(msgspec.Struct, frozen=True, kw_only=True):
    """What one end offers or answers with: one audio stream. ``address``: IPv4 or IPv6 literal.
    ``session_id``: a number (RFC 8866 §5.2); ``version``: one more for each description that differs (RFC
    3264 §8). ``ptime_ms``: per packet."""

    address: str
    port: int
    session_id: int
    version: int = 1
    username: str = "-"
    codecs: tuple[Codec, ...] = (PCMA, PCMU, TELEPHONE_EVENT)
    direction: Direction = Direction.SENDRECV
    ptime_ms: int = 20

    @property
    def address_type(self) -> str:
        return "IP6" if ":" in self.address else "IP4"


def as_description(sdp: Sdp) -> SessionDescription:
    """Parsed, if it was not. Raises SdpError."""
    return sdp if isinstance(sdp, SessionDescription) else SessionDescription.parse(sdp)


def direction_of(sdp: Sdp) -> Direction:
    """Of the first audio stream, seen from the writer; an RFC 2543 null address means that it does not want
    to receive. INACTIVE when there is no audio."""
    description = as_description(sdp)
    audio = description.audio
    return Direction.INACTIVE if audio is None else stream_direction(description, audio)


def stream_direction(description: SessionDescription, media: MediaDescription) -> Direction:
    """Direction of one stream with the null address of RFC 2543 read as RFC 3264 §8.4
    says: no media to it."""
    direction = description.direction_of(media)
    connection = description.connection_of(media)
    if connection is not None and connection.is_null:
        return Direction.of(sends=direction.sends, receives=False)
    return direction


def held(sdp: Sdp) -> bool:
    """Whether the writer puts the other party on hold (RFC 3264 §8.4): it wants to receive no audio.

    False when no audio stream is left: that is no hold but a stream removed."""
    description = as_description(sdp)
    streams = [media for media in description.media if media.kind == "audio" and media.port]
    return bool(streams) and not any(stream_direction(description, media).receives for media in streams)


def with_direction(sdp: Sdp, direction: Direction) -> SessionDescription:
    """The same with ``direction`` on every stream that is not rejected. A null address
    stays: see :func:`held`."""
    description = as_description(sdp).without_session_direction()
    media = [stream.with_direction(direction) if stream.port else stream for stream in description.media]
    return description.replace(media=media)


def with_version(sdp: Sdp, version: int) -> SessionDescription:
    """The same with another ``o=`` version: each description that differs from the last has one
    more (RFC 3264 §8)."""
    description = as_description(sdp)
    return with_origin(description, description.origin._replace(version=str(version)))


def with_origin(sdp: Sdp, origin: Origin) -> SessionDescription:
    """The same with that ``o=`` line: all descriptions of one session share it but for the version (RFC 3264
    §8)."""
    description = as_description(sdp)
    lines = [Line("o", str(origin)) if line.type == "o" else line for line in description.lines]
    return description.replace(lines=lines)


def answer_direction(offered: Direction, wanted: Direction = Direction.SENDRECV) -> Direction:
    """RFC 3264 §6.1: we send what they receive, and the other way round, as far as we want to."""
    return Direction.of(sends=offered.receives and wanted.sends, receives=offered.sends and wanted.receives)


def same_media(one: Sdp, other: Sdp) -> bool:
    """Whether both describe the same media: a session timer refresh, not a change.

    ``o=`` (with its version), the name, the times and the order of attributes do not count."""
    if isinstance(one, str) and one == other:
        return True
    return _media_of(as_description(one)) == _media_of(as_description(other))


def _media_of(description: SessionDescription) -> list[object]:
    parts: list[object] = [_compared_lines(description.lines)]
    for media in description.media:
        head = (media.kind, media.port, media.port_count, media.protocol, media.formats)
        where = description.connection_of(media)
        parts.append((head, where, description.direction_of(media), _compared_lines(media.lines)))
    return parts


def _compared_lines(lines: Iterable[Line]) -> list[Line]:
    """Attributes, bandwidths and keys; directions are compared apart, since they may stand at two levels."""
    return sorted(line for line in lines if line.type in "abk" and line.value not in DIRECTIONS)


def codecs_in_common(offered: Iterable[Codec], ours: Iterable[Codec]) -> tuple[Codec, ...]:
    """The offered codecs that we have, with the offer's payload types and in its order (RFC 3264 §6.1).

    A telephone-event stays only at the clock rate of a codec that stays (RFC 4733 §2.1). Empty when nothing
    that carries media is common."""
    mine = tuple(ours)
    common = [codec for codec in offered if any(codec.same_format(own) for own in mine)]
    rates = {codec.rate for codec in common if codec.carries_media}
    if not rates:
        return ()
    return tuple(codec for codec in common if not codec.is_telephone_event or codec.rate in rates)


def make_offer(capabilities: Capabilities) -> SessionDescription:
    """An offer of one audio stream (RFC 3264 §5)."""
    audio = _audio(capabilities, "RTP/AVP", capabilities.codecs, capabilities.direction)
    return SessionDescription(_session_lines(capabilities), [audio])


def make_answer(offer: Sdp, capabilities: Capabilities) -> SessionDescription:
    """The answer to ``offer`` (RFC 3264 §6): its streams in its order; the first audio stream with a codec
    in common is taken, every other is rejected with port 0. :attr:`SessionDescription.audio` is None when
    none could be taken."""
    offered = as_description(offer)
    answered: list[MediaDescription] = []
    taken = False
    for media in offered.media:
        common = () if taken else _acceptable(media, capabilities.codecs)
        if common:
            taken = True
            direction = answer_direction(stream_direction(offered, media), capabilities.direction)
            answered.append(_audio(capabilities, media.protocol, common, direction))
        else:
            answered.append(MediaDescription(media.kind, 0, media.protocol, media.formats))
    return SessionDescription(_session_lines(capabilities), answered)


def _acceptable(media: MediaDescription, ours: Sequence[Codec]) -> tuple[Codec, ...]:
    if media.kind != "audio" or not media.port or media.protocol != "RTP/AVP":
        return ()
    return codecs_in_common(media.codecs, ours)


def _session_lines(capabilities: Capabilities) -> list[Line]:
    where = f"IN {capabilities.address_type} {capabilities.address}"
    origin = f"{capabilities.username} {capabilities.session_id} {capabilities.version} {where}"
    return [Line("v", "0"), Line("o", origin), Line("s", "-"), Line("c", where), Line("t", "0 0")]


def _audio(
    capabilities: Capabilities, protocol: str, codecs: Sequence[Codec], direction: Direction
) -> MediaDescription:
    lines = []
    for codec in codecs:
        lines.append(Line("a", f"rtpmap:{codec.rtpmap}"))
        if codec.fmtp is not None:
            lines.append(Line("a", f"fmtp:{codec.payload_type} {codec.fmtp}"))
    lines += [Line("a", f"ptime:{capabilities.ptime_ms}"), Line("a", direction.value)]
    formats = [str(codec.payload_type) for codec in codecs]
    return MediaDescription("audio", capabilities.port, protocol, formats, lines)
