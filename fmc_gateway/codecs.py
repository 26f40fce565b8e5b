"""What codecs mean for rtpengine: offers that need transcoding to reach a desk phone, answers that were."""

from __future__ import annotations

from hipper.telephony.sdp.codec import PCMA, PCMU
from hipper.telephony.sdp.description import SessionDescription

EVERYWHERE = frozenset({PCMA.name, PCMU.name})
"""What every telephone speaks."""


def needs_transcoding(offered: SessionDescription) -> bool:
    """Whether an offer lacks G.711, so that a plain desk phone or carrier would have to refuse it."""
    names = audio_codecs(offered)
    return bool(names) and not names & EVERYWHERE


def was_transcoded(offered: SessionDescription, answered: SessionDescription) -> bool:
    """Whether the answer chose a codec that the offerer never named."""
    names = audio_codecs(answered)
    return bool(names) and not names & audio_codecs(offered)


def audio_codecs(description: SessionDescription) -> frozenset[str]:
    """Names, in capitals, of the codecs of audio streams that are not refused, telephone-event and comfort
    noise left out."""
    return frozenset(
        codec.name.upper()
        for media in description.media
        if media.kind == "audio" and media.port
        for codec in media.codecs
        if codec.carries_media
    )
