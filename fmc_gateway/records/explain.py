"""A past call in sentences, as one user may read it: which rules decided, and why each telephone did or did
not ring (from the record alone).

Everybody sees what their own settings decided and their own telephones; what a colleague has set is that
colleague's business. Who withheld the number stays withheld. An administrator sees the same of a user, but of
private calls and calls to helplines no number (call-flows §7).
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from fmc_gateway.records.read import Reader
from hipper.contracts.calls import (
    AttemptOutcome,
    CallOutcome,
    CallRecord,
    DecisionKind,
    LegRecord,
    LegRole,
    LivePhase,
)
from hipper.pbx.explain import Said, said
from hipper.pbx.ids import CallId, DeviceId, SubscriberId
from hipper.pbx.model import CallerList, Presentation
from hipper.telephony.numbers.helplines import is_helpline

_OUTCOMES = {
    AttemptOutcome.ANSWERED: ("Hiermee is opgenomen.", "The call was answered on it."),
    AttemptOutcome.ANSWERED_ELSEWHERE: (
        "Ging over tot elders werd opgenomen.",
        "It rang until the call was answered elsewhere.",
    ),
    AttemptOutcome.RANG: ("Ging over zonder dat er werd opgenomen.", "It rang and nobody answered."),
    AttemptOutcome.BUSY: ("Was in gesprek.", "It was busy."),
    AttemptOutcome.DECLINED: ("De oproep is hierop geweigerd.", "The call was declined on it."),
    AttemptOutcome.NOT_REGISTERED: ("Was niet aangemeld.", "It was not registered."),
    AttemptOutcome.UNREACHABLE: ("Was niet bereikbaar.", "It could not be reached."),
    AttemptOutcome.SWITCHED_OFF: ("Ging niet over door een instelling.", "A setting kept it silent."),
    AttemptOutcome.NOT_YET: ("Was nog niet aan de beurt.", "Its turn had not come."),
    AttemptOutcome.NOT_CONFIRMED: (
        "Werd opgenomen, maar niemand drukte op een toets om het gesprek aan te nemen.",
        "It was answered, but nobody pressed the key that takes the call.",
    ),
    AttemptOutcome.REDIRECTED: ("Stuurde de oproep zelf door.", "It sent the call elsewhere itself."),
    AttemptOutcome.BARRED: ("De belregels laten dit niet toe.", "The calling plan does not allow it."),
    AttemptOutcome.FAILED: ("Er ging iets mis.", "Something went wrong."),
}


KIND = """
SELECT directory.kind_of_call(subscriber, number, own) FROM gateway.history
WHERE call_id = $1 AND subscriber = $2"""


async def kind_of_call(database: Reader, call: str, subscriber: SubscriberId) -> CallerList | None:
    """Whether the call was business or private for this user; None when it stands in no list of calls. Raises
    what asyncpg raises."""
    row = await database.fetchrow(KIND, call, subscriber)
    return None if row is None else CallerList(row[0])


class ExplainedDecision(msgspec.Struct, frozen=True, kw_only=True):
    """``identity``: why that number was shown. ``considered``: what had a say without deciding. ``list``:
    whether the other party was treated as a business or a private one."""

    kind: DecisionKind
    decided: Said
    identity: Said | None
    considered: tuple[Said, ...]
    list: CallerList | None


class ExplainedDevice(msgspec.Struct, frozen=True, kw_only=True):
    """``nl``, ``en``: what became of it, without ``outcome`` what it does now; ``why``: the rule by which it
    rang or not. ``device`` None: a number that rings along, of which only its user is told which."""

    device: DeviceId | None
    label: str | None = None
    outcome: AttemptOutcome | None
    nl: str
    en: str
    why: Said
    detail: str | None
    """As the network or the telephone put it, in English."""


class ExplainedDiversion(msgspec.Struct, frozen=True, kw_only=True):
    """``to`` None: masked."""

    to: str | None
    reason: str
    why: Said
    at: float


class ExplainedCall(msgspec.Struct, frozen=True, kw_only=True):
    """Times: Unix seconds. ``other``: who called, or what was dialled; None when it was withheld, or
    ``masked``. ``decisions`` is empty for calls of before they were kept. ``phase``: of a call that is still
    going on; then ``ended`` and ``outcome`` are None, and ``decisions`` and ``devices`` those so far."""

    call: CallId
    started: float
    answered: float | None
    ended: float | None
    outcome: CallOutcome | None
    phase: LivePhase | None = None
    incoming: bool
    other: str | None
    withheld: bool
    masked: bool
    decided: Said
    decisions: tuple[ExplainedDecision, ...]
    devices: tuple[ExplainedDevice, ...]
    diversions: tuple[ExplainedDiversion, ...]


def explain_call(
    record: CallRecord, subscriber: SubscriberId, *, kind: CallerList | None, masked: bool
) -> ExplainedCall | None:
    """None: the call was not this user's. ``kind``: as the user's list has it (:func:`kind_of_call`).
    ``masked``: an administrator reads it."""
    legs = [leg for leg in record.legs if leg.subscriber == subscriber]
    decisions = [one for one in record.decisions if one.subscriber == subscriber]
    attempts = [one for one in record.attempts if one.subscriber == subscriber]
    diversions = [one for one in record.diversions if one.by == subscriber]
    if not (legs or decisions or attempts or diversions):
        return None
    incoming = not any(leg.role is LegRole.CALLING for leg in legs)
    hides = masked and _is_private(record, [kind, *(one.list for one in decisions)])
    calling = next((leg for leg in record.legs if leg.role is LegRole.CALLING), None)
    other, withheld = _caller(calling) if incoming else (record.dialled, False)
    return ExplainedCall(
        call=record.call,
        started=record.started,
        answered=record.answered,
        ended=record.ended,
        outcome=record.outcome,
        incoming=incoming,
        other=None if hides else other,
        withheld=withheld,
        masked=hides,
        decided=said(decisions[0].rule if decisions else record.rule),
        decisions=tuple(
            ExplainedDecision(
                kind=one.kind,
                decided=said(one.rule),
                identity=None if one.identity_rule is None else said(one.identity_rule),
                considered=tuple(said(rule) for rule in one.considered),
                list=one.list,
            )
            for one in decisions
        ),
        devices=tuple(
            ExplainedDevice(
                device=None if hides and one.device.startswith("remote:") else one.device,
                outcome=one.outcome,
                nl=_OUTCOMES[one.outcome][0],
                en=_OUTCOMES[one.outcome][1],
                why=said(one.rule),
                detail=None if hides else one.explanation,
            )
            for one in attempts
        ),
        diversions=tuple(
            ExplainedDiversion(to=None if hides else one.to, reason=one.reason, why=said(one.rule), at=one.at)
            for one in diversions
        ),
    )


def _caller(calling: LegRecord | None) -> tuple[str | None, bool]:
    """Who called as it was shown, and whether that was withheld."""
    if calling is None:
        return None, False
    shown = calling.identity_shown
    if shown.presentation is Presentation.RESTRICTED:
        return None, True
    return shown.number or shown.extension, False


def _is_private(record: CallRecord, lists: Sequence[CallerList | None]) -> bool:
    if CallerList.PRIVATE in lists:
        return True
    reached = [record.dialled, *(one.to for one in record.diversions)]
    reached += [leg.identity_shown.number for leg in record.legs if leg.identity_shown.number is not None]
    return not record.emergency and any(is_helpline(one) for one in reached)
