"""Errors of the SIP stack, as a tree: whose fault it is, and what a server may answer.

::

    SipError
    ├── LocalProtocolError       our own code asked for something the protocol forbids
    └── RemoteProtocolError      the peer broke the protocol; ``status_hint`` is what to answer
        └── SipParseError        its bytes are not the SIP of RFC 3261 §25
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hipper.telephony.sip.message import PartialRequest


class SipError(Exception):
    """Base of all errors of this package."""


class LocalProtocolError(SipError):
    """We were about to break the protocol: a fault in our own code or configuration."""


class RemoteProtocolError(SipError):
    """The peer broke the protocol.

    ``status_hint``: the status a UAS answers, or None when the message is to be discarded without an answer.
    """

    def __init__(self, reason: str, status_hint: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status_hint = status_hint


class SipParseError(RemoteProtocolError):
    """The bytes are not well-formed SIP.

    ``reason`` is one line of ASCII without quotes or line breaks, fit for a Warning header.
    ``partial`` holds what could be read of a request, when enough was there to answer it.
    """

    def __init__(
        self, reason: str, status_hint: int | None = 400, partial: PartialRequest | None = None
    ) -> None:
        super().__init__(reason, status_hint)
        self.partial = partial
