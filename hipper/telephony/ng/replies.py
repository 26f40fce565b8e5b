"""What rtpengine's replies say."""

from __future__ import annotations

from collections.abc import Mapping

from hipper.telephony.ng.bencode import Value


class NgError(Exception):
    """rtpengine answered, and refused. The message is its ``error-reason``, or what is
    missing from the reply."""


def problem_of(reply: Mapping[str, Value]) -> str | None:
    """Why the command was not carried out, or None when it was (``ok``; ``pong`` for a ping)."""
    result = reply.get("result")
    if result in ("ok", "pong"):
        return None
    reason = reply.get("error-reason", reply.get("message"))
    return str(reason) if reason is not None else f"result {result!r}"


def sdp_of(reply: Mapping[str, Value]) -> str:
    """The SDP of a reply to ``offer`` or ``answer``. Raises NgError."""
    problem = problem_of(reply)
    if problem is not None:
        raise NgError(problem)
    sdp = reply.get("sdp")
    if not isinstance(sdp, str):
        raise NgError("the reply has no SDP")
    return sdp


def play_duration_s(reply: Mapping[str, Value]) -> float:
    """Seconds that one playing takes. Raises NgError: also without ``duration``, since then nothing plays."""
    problem = problem_of(reply)
    if problem is not None:
        raise NgError(problem)
    duration = reply.get("duration")
    if not isinstance(duration, int) or duration <= 0:
        raise NgError("the reply has no duration: rtpengine could not read the file")
    return duration / 1000


def packets_by_tag(reply: Mapping[str, Value]) -> dict[str, int]:
    """RTP packets received from each party, of a reply to ``query`` or ``delete``. Parts it cannot
    read count nothing."""
    tags = reply.get("tags")
    if not isinstance(tags, dict):
        return {}
    return {tag: sum(map(_rtp_packets, _medias(party))) for tag, party in tags.items()}


def _medias(party: Value) -> list[Value]:
    medias = party.get("medias") if isinstance(party, dict) else None
    return medias if isinstance(medias, list) else []


def _rtp_packets(media: Value) -> int:
    streams = media.get("streams") if isinstance(media, dict) else None
    if not isinstance(streams, list):
        return 0
    total = 0
    for stream in streams:
        if not isinstance(stream, dict):
            continue
        flags, stats = stream.get("flags"), stream.get("stats")
        if isinstance(flags, list) and "RTP" in flags and isinstance(stats, dict):
            packets = stats.get("packets")
            total += packets if isinstance(packets, int) else 0
    return total
