"""What codecs mean for rtpengine: rates that crash it, offers that need transcoding to reach a desk phone."""

from __future__ import annotations

EVERYWHERE = frozenset({"PCMA", "PCMU"})
"""What every telephone speaks."""
_STATIC = {"0": "PCMU", "8": "PCMA", "9": "G722", "3": "GSM", "18": "G729"}
"""Payload types that need no rtpmap (RFC 3551 §6)."""
_BAD_RATES = (("AMR/16000", "AMR/8000"), ("AMR-WB/8000", "AMR-WB/16000"))
"""AMR is 8 kHz (RFC 4867 §8.1), AMR-WB 16 kHz; a leg with ``AMR/16000`` was seen to crash rtpengine 10.5."""


def sanitised(sdp: str) -> str:
    """``sdp`` with clock rates as the codecs' RFCs have them."""
    if "AMR" not in sdp:
        return sdp
    for wrong, right in _BAD_RATES:
        sdp = sdp.replace(f" {wrong}", f" {right}")
    return sdp


def needs_transcoding(sdp: str) -> bool:
    """Whether an offer lacks G.711, so that a plain desk phone or carrier would have to refuse it."""
    names = audio_codecs(sdp)
    return bool(names) and not names & EVERYWHERE


def was_transcoded(offered: str, answered: str) -> bool:
    """Whether the answer chose a codec that the offerer never named."""
    names = audio_codecs(answered)
    return bool(names) and not names & audio_codecs(offered)


def audio_codecs(sdp: str) -> frozenset[str]:
    """Names of the codecs of audio streams that are not refused, telephone-event and comfort noise left
    out."""
    names: set[str] = set()
    formats: set[str] = set()
    in_audio = False
    for line in sdp.splitlines():
        if line.startswith("m="):
            fields = line.split()
            in_audio = fields[0] == "m=audio" and len(fields) > 3 and fields[1] != "0"
            formats = set(fields[3:]) if in_audio else set()
            names |= {_STATIC[number] for number in formats if number in _STATIC}
        elif in_audio and line.startswith("a=rtpmap:"):
            number, _, encoding = line[9:].partition(" ")
            if number in formats:
                names.add(encoding.partition("/")[0].strip().upper())
    return frozenset(names - {"TELEPHONE-EVENT", "CN"})
