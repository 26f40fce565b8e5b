"""Session timers (RFC 4028): how long, who refreshes, and when to give up.

Pure negotiation; no timers run here.
"""

from __future__ import annotations

from dataclasses import dataclass

from hipper.telephony.sip.errors import SipParseError
from hipper.telephony.sip.headers import MinSE, SessionExpires
from hipper.telephony.sip.message import Request, Response

ABSOLUTE_MIN_SE_S = 90
"""RFC 4028 §5: nobody may ask for less."""


@dataclass(frozen=True, slots=True)
class SessionTimer:
    """A negotiated session interval. ``interval_s`` None: none runs."""

    interval_s: int | None
    we_refresh: bool = False

    @property
    def expires_after_s(self) -> float | None:
        """When the session is over without a refresh (§10): a BYE goes out then."""
        interval = self.interval_s
        return None if interval is None else interval - min(32.0, interval / 3)


NO_TIMER = SessionTimer(None)


class TooSmall(Exception):  # noqa: N818  a verdict, named after 422 Session Interval Too Small
    """The peer asked for less than our minimum: answer 422 with ``min_se_s``."""

    def __init__(self, min_se_s: int) -> None:
        super().__init__(f"session interval below {min_se_s} s")
        self.min_se_s = min_se_s


def session_expires(message: Request | Response) -> SessionExpires | None:
    """Session-Expires; a malformed one counts as absent."""
    text = message.headers.get("Session-Expires")
    try:
        return None if text is None else SessionExpires.parse(text)
    except SipParseError:
        return None


def min_se(message: Request | Response) -> int:
    """Min-SE in seconds; 90 when absent or malformed (§5)."""
    text = message.headers.get("Min-SE")
    try:
        return ABSOLUTE_MIN_SE_S if text is None else max(MinSE.parse(text).seconds, ABSOLUTE_MIN_SE_S)
    except SipParseError:
        return ABSOLUTE_MIN_SE_S


def request_headers(
    wanted_s: int | None, min_se_s: int, refresher: str | None = None
) -> list[tuple[str, str]]:
    """What a UAC adds to INVITE or UPDATE (§7.1). refresher: ``uac`` or ``uas`` to keep a role (§7.4)."""
    if wanted_s is None:
        return []
    headers = [("Session-Expires", str(SessionExpires.of(max(wanted_s, min_se_s), refresher)))]
    if min_se_s > ABSOLUTE_MIN_SE_S:
        headers.append(("Min-SE", str(min_se_s)))
    return headers


def as_uas(
    request: Request, wanted_s: int | None, min_se_s: int
) -> tuple[SessionTimer, list[tuple[str, str]]]:
    """The UAS decides (§9, table 2). Returns the timer and the headers of the 2xx. Raises TooSmall.

    wanted_s: our own interval, used when the request names none; None switches off what only we would want.
    """
    asked = session_expires(request)
    supported = "timer" in request.supported
    if asked is not None and asked.seconds < min_se_s:
        # a peer without support cannot understand a 422 (§9)
        if supported:
            raise TooSmall(min_se_s)
        asked = None
    if asked is None:
        if wanted_s is None or not supported:
            # §9 lets a UAS run one alone; a peer that cannot refresh would lose its call when ours is lost
            return NO_TIMER, []
        interval = max(wanted_s, min_se_s, min_se(request))
    elif wanted_s is None:
        interval = asked.seconds
    else:
        interval = min(asked.seconds, max(wanted_s, min_se_s, min_se(request)))
    refresher = (asked.refresher if asked is not None else None) or "uac"
    if not supported:
        refresher = "uas"
    headers = [("Session-Expires", str(SessionExpires.of(interval, refresher)))]
    if refresher == "uac":
        headers.append(("Require", "timer"))
    return SessionTimer(interval, we_refresh=refresher == "uas"), headers


def as_uac(response: Response, wanted_s: int | None) -> SessionTimer:
    """What the 2xx decided (§7.2, table 1)."""
    answered = session_expires(response)
    if answered is not None:
        return SessionTimer(answered.seconds, we_refresh=answered.refresher != "uas")
    # the peer does not know timers: we may refresh alone, so that a dead peer is noticed (§7.2)
    return NO_TIMER if wanted_s is None else SessionTimer(wanted_s, we_refresh=True)
