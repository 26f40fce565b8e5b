"""Messages out of a byte stream (RFC 3261 §18.3, §7.5) and its keep-alives (RFC 5626 §3.5.1, §4.4.1)."""

from __future__ import annotations

import re

from hipper.telephony.sip.errors import SipParseError
from hipper.telephony.sip.message import parse_message
from hipper.telephony.sip.parser import MAX_BODY_BYTES, MAX_HEADER_BYTES

_END = b"\r\n\r\n"
_CONTENT_LENGTH = re.compile(rb"\r\n(?:content-length|l)[ \t]*+:((?:[^\r]|\r\n[ \t])*+)", re.IGNORECASE)


class StreamFramer:
    """Cuts what arrives on one connection into messages by Content-Length.

    ``answer_pings``: False on a connection that we opened, where the peer sends pongs only. ``pongs_due``:
    pings (CRLF CRLF between messages) not answered yet; the shell sends one CRLF for each and sets it to 0.
    After an error the stream cannot be followed any more: answer if the error says how, then close.
    """

    __slots__ = ("_answer_pings", "_buffer", "_failed", "_line_ends", "_searched", "_wanted", "pongs_due")

    def __init__(self, *, answer_pings: bool = True) -> None:
        self._answer_pings = answer_pings
        self._buffer = bytearray()
        self._searched = 0
        self._wanted = 0
        self._line_ends = 0
        self._failed = False
        self.pongs_due = 0

    def receive_data(self, data: bytes) -> None:
        """Take in what the connection gave. Nothing is kept after an error."""
        if not self._failed:
            self._buffer += data

    def next_message(self) -> bytes | None:
        """The next whole message, or None until more data comes.

        Raises SipParseError on a missing or impossible Content-Length and beyond the limits of ``parser``.
        """
        if self._failed or not (self._wanted or self._find_end()) or len(self._buffer) < self._wanted:
            return None
        message = bytes(self._buffer[: self._wanted])
        del self._buffer[: self._wanted]
        self._wanted = self._searched = 0
        return message

    @property
    def buffered(self) -> int:
        """Bytes waiting for the rest of their message."""
        return len(self._buffer)

    def _find_end(self) -> bool:
        """Whether the header section is whole; then ``_wanted`` is the length of the message."""
        if not self._searched:
            self._take_line_ends()
        buffer = self._buffer
        end = buffer.find(_END, self._searched)
        try:
            if (len(buffer) if end < 0 else end) > MAX_HEADER_BYTES:
                raise SipParseError("Message header is too large", None)
            if end < 0:
                # the empty line may be cut in two by a segment
                self._searched = max(0, len(buffer) - len(_END) + 1)
                return False
            head = bytes(buffer[: end + len(_END)])
            self._wanted = len(head) + _body_length(head)
        except SipParseError:
            self._failed = True
            buffer.clear()
            raise
        return True

    def _take_line_ends(self) -> None:
        """Take empty lines from between messages; two make a ping, however they were segmented."""
        buffer = self._buffer
        if not buffer.startswith((b"\r", b"\n")):
            if buffer:
                self._line_ends = 0
            return
        rest = buffer.lstrip(b"\r\n")
        blank = buffer[: len(buffer) - len(rest)]
        if not rest and blank.endswith(b"\r"):
            blank.pop()
        del buffer[: len(blank)]
        pings, self._line_ends = divmod(self._line_ends + blank.count(b"\n"), 2)
        if self._answer_pings:
            self.pongs_due += pings
        if rest:
            self._line_ends = 0


def _body_length(head: bytes) -> int:
    """The one Content-Length of a header section. Raises SipParseError, with the request when it is one."""
    found = _CONTENT_LENGTH.findall(head)
    if len(found) == 1:
        text: bytes = found[0].strip()
        if text.isdigit() and len(text) <= 10 and int(text) <= MAX_BODY_BYTES:
            return int(text)
    # anything but a long row of zeros raises here, with what is needed for an answer
    return len(parse_message(head, stream=True).body)
