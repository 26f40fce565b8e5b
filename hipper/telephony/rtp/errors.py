"""What may go wrong with a media packet."""

from __future__ import annotations


class RtpError(ValueError):
    """The datagram is no RTP, RTCP or telephone-event that could be used; the message says why."""
