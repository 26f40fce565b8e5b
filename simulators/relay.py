"""Two legs of a simulated network joined: what one says, the other hears. SDP passes through untouched, so
audio flows between the two ends themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hipper.telephony.sip.events import (
    Answered,
    Cancelled,
    Confirmed,
    EarlyMedia,
    Ended,
    InfoReceived,
    LateAnswer,
    Rejected,
    ReofferAnswered,
    Reoffered,
    ReofferRejected,
    Ringing,
)
from hipper.telephony.sip.message import Request, Response
from hipper.telephony.sip.useragent import UserAgent

HeaderItems = tuple[tuple[str, str], ...]


class Relay:
    """``calling``: the session told by Invited. ``called``: the one our INVITE opened. ``now``: the clock."""

    def __init__(self, core: UserAgent, now: Callable[[], float], calling: str, called: str) -> None:
        self._core = core
        self._now = now
        self.calling = calling
        self.called = called
        self.over = False

    def handle(self, event: Any) -> None:
        """Pass on one event of either session."""
        other = self.called if event.session == self.calling else self.calling
        core, now = self._core, self._now()
        match event:
            case Ringing():
                core.ring(self.calling, now, event.status)
            case EarlyMedia():
                core.ring(self.calling, now, event.status, event.sdp)
            case Answered():
                core.answer(
                    self.calling, now, event.sdp, _kept(event.response, "P-Asserted-Identity", "Privacy")
                )
            case Confirmed() if event.sdp is not None:
                core.acknowledge(self.called, now, event.sdp)
            case Rejected():
                self.over = True
                core.reject(
                    self.calling, now, event.status, headers=_kept(event.response, "Reason", "Warning")
                )
            case Cancelled():
                core.cancel(self.called, now, event.reason)
            case LateAnswer():
                self.over = True
            case Ended():
                self.over = True
                core.bye(other, now, _reason(event.request))
            case Reoffered():
                core.reoffer(other, now, event.sdp, "INVITE" if event.sdp is None else event.method)
            case ReofferAnswered():
                core.answer_reoffer(other, now, event.sdp)
            case ReofferRejected():
                core.reject_reoffer(other, now, event.status)
            case InfoReceived():
                core.info(other, now, event.content_type, event.body)
            case _:
                pass


def _kept(response: Response | None, *names: str) -> HeaderItems:
    if response is None:
        return ()
    return tuple((name, value) for name in names for value in response.headers.get_all(name))


def _reason(request: Request | None) -> str | None:
    return None if request is None else request.headers.get("Reason")
