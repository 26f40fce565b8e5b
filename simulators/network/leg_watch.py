"""Call data records from what passes on the wire: for networks that are user agents on both sides."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hipper.telephony.sip.errors import SipParseError
from hipper.telephony.sip.flow import Flow
from hipper.telephony.sip.message import Request, Response, parse_message
from simulators.network.charging import Journal, NetworkRecord

Describe = Callable[[Request, Flow, bool], dict[str, Any] | None]
"""What a record says of an INVITE, sent (True) or received; None for one that opens no record."""
CHALLENGES = (401, 407, 422)
"""Refusals that are followed by the same INVITE again."""


class LegWatch:
    """Opens a record at an INVITE, and follows its Call-ID until BYE or refusal."""

    def __init__(self, journal: Journal, describe: Describe) -> None:
        self._journal = journal
        self._describe = describe
        self._legs: dict[str, NetworkRecord] = {}

    def record_of(self, call_id: str) -> NetworkRecord | None:
        """The record of a call that goes on."""
        return self._legs.get(call_id)

    def sent(self, data: bytes, flow: Flow) -> None:
        self._see(data, flow, sent=True)

    def received(self, data: bytes, flow: Flow) -> None:
        self._see(data, flow, sent=False)

    def _see(self, data: bytes, flow: Flow, *, sent: bool) -> None:
        if not data.startswith((b"INVITE ", b"BYE ", b"SIP/2.0 ")):
            return
        try:
            message = parse_message(data, stream=flow.is_stream)
            if isinstance(message, Response):
                self._response(message)
            elif message.method == "BYE":
                self._end(message.call_id, None, message.headers.get("Reason"))
            elif message.to.tag is None and message.call_id not in self._legs:
                self._invite(message, flow, sent)
        except SipParseError:
            return  # the user agent answers that

    def _invite(self, request: Request, flow: Flow, sent: bool) -> None:
        what = self._describe(request, flow, sent)
        if what is not None:
            self._legs[request.call_id] = self._journal.begin(**what)

    def _response(self, response: Response) -> None:
        record = self._legs.get(response.call_id)
        if record is None or response.cseq.method != "INVITE":
            return
        if 200 <= response.status < 300:
            self._journal.answered(record, response.status)
        elif response.status >= 300 and record.answer is None and response.status not in CHALLENGES:
            self._end(response.call_id, response.status, response.headers.get("Reason"))

    def _end(self, call_id: str, status: int | None, cause: str | None) -> None:
        if (record := self._legs.get(call_id)) is not None:
            self._journal.ended(record, status, cause)
            if len(self._legs) > 4096:  # a refused call's Call-ID may still be repeated for a while
                self._legs = {key: leg for key, leg in self._legs.items() if leg.open}
