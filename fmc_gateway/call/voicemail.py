"""The voicemail box of a user as one more target, whose early media passes (seed 5.4; architecture,
"Hooks")."""

from __future__ import annotations

import msgspec

from fmc_gateway.call import announcing, rounds, targets
from fmc_gateway.call.commands import AnyCommand, VoicemailTarget
from fmc_gateway.call.ending import broken
from fmc_gateway.call.model import CallState, Step, Verdict
from hipper.contracts.calls import CallOutcome
from hipper.pbx import rules
from hipper.pbx.model import (
    Announcement,
    DivertReason,
    Payer,
    SubscriberContext,
    TariffClass,
    ToVoicemail,
)
from hipper.pbx.service_packs import effective

VOICEMAIL = "voicemail"
NO_ANSWER_S = 15.0
CAUSE = {
    DivertReason.USER_BUSY: 486,
    DivertReason.DO_NOT_DISTURB: 486,
    DivertReason.NO_ANSWER: 408,
    DivertReason.UNAVAILABLE: 503,
    DivertReason.DEFLECTION: 480,
}
"""RFC 4458 §5; any other reason is 302, unconditional."""
UNCONDITIONAL_CAUSE = 302
UNAVAILABLE = Verdict(480, 20, "the voicemail box cannot be reached", CallOutcome.UNREACHABLE)


def to_voicemail(call: CallState, onward: ToVoicemail, now: float, out: list[AnyCommand]) -> Step:
    """``listen``: the user calls the own box, and nobody diverts anything."""
    call = msgspec.structs.replace(call, resort=None)
    if onward.listen:
        call = msgspec.structs.replace(call, service=True, rule=onward.rule)
    else:
        call = targets.divert(call, call.served, onward.reason, onward.rule, VOICEMAIL, now)
    return rounds.begin_round(call, (goal(onward, call),), NO_ANSWER_S, now, out)


def goal(onward: ToVoicemail, call: CallState) -> targets.Goal:
    """``call``: as it is diverted there."""
    cause = CAUSE.get(onward.reason, UNCONDITIONAL_CAUSE)
    return targets.Goal(
        VoicemailTarget(mailbox=onward.mailbox, cause=cause, listen=onward.listen),
        VOICEMAIL,
        Payer(subscription=None, tariff=TariffClass.VOICEMAIL),
        onward.rule,
        diverted=call.diverted,
        diverted_by=None if onward.listen else onward.mailbox,
    )


def box_of(user: SubscriberContext, reason: DivertReason) -> ToVoicemail | None:
    """The user's voicemail box as the last resort of a forward for ``reason``, when the user's pack holds one
    and it takes such calls."""
    box = effective(user, VOICEMAIL)
    if box is None or not box.active:
        return None
    takes, rule = box.not_reachable, rules.VOICEMAIL_NOT_REACHABLE
    if reason in (DivertReason.USER_BUSY, DivertReason.DO_NOT_DISTURB):
        takes, rule = box.busy, rules.VOICEMAIL_BUSY
    elif reason is DivertReason.NO_ANSWER:
        takes, rule = box.no_answer, rules.VOICEMAIL_NO_ANSWER
    return ToVoicemail(mailbox=user.subscriber, reason=reason, rule=rule) if takes else None


def no_voicemail(call: CallState, now: float, out: list[AnyCommand]) -> Step:
    """The box does not take the call: never silence."""
    said, verdict = Announcement.USER_UNAVAILABLE, UNAVAILABLE
    if call.service:
        said, verdict = Announcement.SERVICE_FAILED, verdict._replace(outcome=CallOutcome.SERVICE)
    language = "nl" if call.served is None else call.served.language
    stop = broken(None, verdict.explanation)
    return announcing.refuse_aloud(call, said, verdict, now, out, language=language, stop=stop)
