"""REFER as it came (RFC 3515, RFC 3891): what it asks for, in the engine's words.

Where it may come from, and whether the user may call there, is the engine's to say
(:mod:`fmc_gateway.call.referring`). A dialog that is not the user's own is one that does not exist.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import msgspec
import structlog

from fmc_gateway.call.events import ReferRequested
from fmc_gateway.call.model import LegPhase, any_leg
from fmc_gateway.call_run import CallRun
from fmc_gateway.dialled import read_dialled
from fmc_gateway.edge import cleaned
from fmc_gateway.interpreter import Interpreter
from fmc_gateway.sip_port import SipPort, warning
from hipper.pbx.ids import LegId
from hipper.telephony.sip import events as sip
from hipper.telephony.sip.errors import SipParseError
from hipper.telephony.sip.headers import Replaces
from hipper.telephony.sip.message import Request
from hipper.telephony.sip.refer import ReferTarget, refer_target
from hipper.telephony.sip.uri import SipUri, TelUri
from hipper.telephony.sip.useragent import UserAgent

NO_SUCH_DIALOG = 481
ANSWERED_ALREADY = 486
"""``early-only``, and it is not (RFC 3891 §3)."""
UNKNOWN_SCHEME = "only sip, sips and tel numbers can be called"
ELSEWHERE = "only numbers and extensions of this exchange can be called"
ONLY_INVITE = "only an INVITE can be asked for"

log = structlog.get_logger("fmc_gateway.referred")


class NotThere(NamedTuple):
    """Why a REFER is refused before a call hears of it."""

    status: int
    explanation: str


class Referrals:
    """``agent``: the UserAgent; ``now``: its clock."""

    def __init__(self, agent: UserAgent, calls: Interpreter, sip: SipPort, now: Callable[[], float]) -> None:
        self._agent = agent
        self._calls = calls
        self._sip = sip
        self._now = now

    def asked(self, event: sip.Referred) -> None:
        """The call hears of it, or it is refused."""
        run = self._calls.run_of(event.session)
        if run is None:
            self._agent.reject_refer(event.transaction, self._now(), NO_SUCH_DIALOG)
            return
        try:
            found = self._read(event, run) if _is_a_users(run, event.session) else _nobodys(event)
        except SipParseError as error:
            found = NotThere(400, error.reason)
        if isinstance(found, ReferRequested):
            self._calls.tell(run, found)
            return
        log.info("refer.refused", call_id=run.id, leg=event.session, status=found.status)
        leg = self._sip.leg(event.session)
        told = ("Warning", warning(leg.host if leg else "", found.explanation))
        self._agent.reject_refer(event.transaction, self._now(), found.status, headers=(told,))

    def _read(self, event: sip.Referred, run: CallRun) -> ReferRequested | NotThere:
        target = refer_target(event.refer_to)
        if target.method != "INVITE":
            return NotThere(603, ONLY_INVITE)
        asked = ReferRequested(request=event.transaction, leg=LegId(event.session))
        if target.replaces is not None:
            return self._dialog(asked, target.replaces, run)
        where = destination(target, event.request)
        if isinstance(where, NotThere):
            return where
        return msgspec.structs.replace(asked, destination=where)

    def _dialog(self, asked: ReferRequested, replaces: Replaces, run: CallRun) -> ReferRequested:
        """The user's leg in another call of this gateway, on whatever telephone."""
        session = self._agent.session_of(replaces)
        other = None if session is None else self._calls.run_of(session)
        if session is None or other is None or other is run or not _same_user(run, asked.leg, other, session):
            return asked
        theirs = any_leg(other.call, LegId(session))
        if replaces.early_only and theirs is not None and theirs.phase is LegPhase.ANSWERED:
            return msgspec.structs.replace(asked, status=ANSWERED_ALREADY)
        return msgspec.structs.replace(asked, other=other.id)


def _is_a_users(run: CallRun, leg: str) -> bool:
    found = None if run.call is None else any_leg(run.call, LegId(leg))
    return found is not None and found.subscriber is not None


def _nobodys(event: sip.Referred) -> ReferRequested:
    """Whatever it wants, the engine says that it may not."""
    return ReferRequested(request=event.transaction, leg=LegId(event.session))


def _same_user(run: CallRun, leg: str, other: CallRun, session: str) -> bool:
    if run.call is None or other.call is None:
        return False
    mine, theirs = any_leg(run.call, LegId(leg)), any_leg(other.call, LegId(session))
    if mine is None or theirs is None or theirs.subscriber is None:
        return False
    return theirs.subscriber == mine.subscriber


def destination(target: ReferTarget, request: Request) -> str | NotThere:
    """As the user would dial it. A host is ours when the telephone itself uses it for us or for the user;
    of a number (``user=phone``, tel) it says nothing (RFC 3261 §19.1.6)."""
    uri = target.uri
    if isinstance(uri, TelUri):
        return cleaned(read_dialled(uri)).text
    if not isinstance(uri, SipUri):
        return NotThere(416, UNKNOWN_SCHEME)
    here = {one.host.lower() for one in _ours(request)}
    is_number = (uri.params.get("user") or "").lower() == "phone"
    if not is_number and uri.host.lower() not in here:
        return NotThere(404, ELSEWHERE)
    found = cleaned(read_dialled(uri)).text
    return found or NotThere(404, ELSEWHERE)


def _ours(request: Request) -> list[SipUri]:
    named = (request.uri, request.from_.uri, request.to.uri)
    return [uri for uri in named if isinstance(uri, SipUri)]
