"""Take out of a description what harms rtpengine: a leg with ``AMR/16000`` can crash it (seen with 10.5)."""

from __future__ import annotations

from hipper.telephony.sdp.codec import STATIC_CODECS, Codec, parse_rtpmap
from hipper.telephony.sdp.description import Line, MediaDescription, SessionDescription
from hipper.telephony.sdp.offer_answer import Sdp, as_description

_ONLY_RATE = {
    "amr": 8000,
    "amr-wb": 16000,
    "amr-wb+": 72000,
    "evs": 16000,
    "g723": 8000,
    "g726-16": 8000,
    "g726-24": 8000,
    "g726-32": 8000,
    "g726-40": 8000,
    "g728": 8000,
    "g729": 8000,
    "g729a": 8000,
    "g729e": 8000,
    "g722": 8000,
    "gsm": 8000,
    "gsm-efr": 8000,
    "gsm-hr-08": 8000,
    "ilbc": 8000,
    "opus": 48000,
}
"""Encodings whose RTP clock has one rate, whatever they sample at (RFC 3551 §4.5, 3267, 4867, 7587, 3952, TS
26.445)."""
_MAX_RATE = 192_000
_MAX_CHANNELS = 8
_PER_PAYLOAD = ("rtpmap:", "fmtp:", "rtcp-fb:")


def sanitise(sdp: Sdp) -> SessionDescription:
    """The same without payload types that cannot exist (a wrong clock rate, above 127, mapped by a line that
    cannot be read). A stream of which nothing is left is rejected (port 0). Raises SdpError for text that
    cannot be read."""
    description = as_description(sdp)
    media = tuple(map(_sane_stream, description.media))
    if all(new is old for new, old in zip(media, description.media, strict=True)):
        return description
    return description.replace(media=media)


def _sane_stream(media: MediaDescription) -> MediaDescription:
    if not media.is_rtp or not media.port:
        return media
    bad = _bad_formats(media)
    if not bad:
        return media
    formats = [format_ for format_ in media.formats if format_ not in bad]
    if not formats:
        return media.replace(port=0)
    lines = [line for line in media.lines if _payload_of(line) not in bad]
    return media.replace(formats=formats, lines=lines)


def _bad_formats(media: MediaDescription) -> set[str]:
    mapped: dict[str, list[Codec | None]] = {}
    for value in media.attributes("rtpmap"):
        mapped.setdefault(value.partition(" ")[0], []).append(parse_rtpmap(value))
    return {format_ for format_ in media.formats if _is_bad(format_, mapped.get(format_))}


def _is_bad(format_: str, mappings: list[Codec | None] | None) -> bool:
    if not (format_.isascii() and format_.isdigit() and len(format_) <= 3 and int(format_) <= 127):
        return True
    if mappings is None:
        return False
    return not all(codec is not None and _can_exist(codec) for codec in mappings)


def _can_exist(codec: Codec) -> bool:
    if not (0 < codec.rate <= _MAX_RATE and 0 < codec.channels <= _MAX_CHANNELS):
        return False
    static = STATIC_CODECS.get(codec.payload_type)
    if static is not None and static.same_format(codec):
        return True
    return _ONLY_RATE.get(codec.name.lower(), codec.rate) == codec.rate


def _payload_of(line: Line) -> str | None:
    if line.type == "a" and line.value.startswith(_PER_PAYLOAD):
        return line.value.partition(":")[2].partition(" ")[0]
    return None
