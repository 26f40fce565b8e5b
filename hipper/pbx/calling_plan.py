"""What may be called: the outgoing calling plan, on every leg that is originated for a user (seed 9, Outgoing
Calling Plan, Call Capacity Management; call-flows §2, toll fraud). Pure.

Handset, desk phone, dial from the app, forwards, redirects and numbers that ring along all ask
:func:`permits` before a leg leaves, and nothing else decides this.
"""

from __future__ import annotations

import msgspec

from hipper.pbx import rules
from hipper.pbx.calling_plan_caps import budget, rate_of, too_many_calls
from hipper.pbx.calling_plan_default import effective_plan
from hipper.pbx.dialling_digits import as_dialled_by
from hipper.pbx.model import Announcement, OriginationFacts, SubscriberContext, TariffClass
from hipper.pbx.services.calling import CallClass, OutgoingCallingPlan
from hipper.pbx.tariffs import tariff_of_number, tariff_of_short_number
from hipper.telephony.numbers.emergency import is_never_recorded
from hipper.telephony.numbers.normalise import Dialled, DialledForm

NO_FACTS = OriginationFacts()

# RFC 3398 §8.2.6.1: causes 21 (call rejected) and 52 (outgoing call barred) are 403, 28 is 484, which asks
# for more digits and so is answered 404 here.
_BARRED = (403, 52)
_LIMIT = (403, 21)
_INVALID = (404, 28)

_CLASS = {
    TariffClass.ON_NET: CallClass.INTERNAL,
    TariffClass.NATIONAL_FIXED: CallClass.NATIONAL_FIXED,
    TariffClass.NATIONAL_MOBILE: CallClass.NATIONAL_MOBILE,
    TariffClass.SERVICE_FREE: CallClass.SERVICE_FREE,
    TariffClass.SERVICE_PAID: CallClass.SERVICE_PAID,
    TariffClass.INTERNATIONAL: CallClass.INTERNATIONAL,
}


class Permission(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a leg may leave. Not ``allowed``: with what it is refused. Allowed: what it costs, and when it
    has to end because a budget is gone (``max_duration_s``, None: never). ``tariff``: for the payer."""

    allowed: bool
    rule: str
    tariff: TariffClass
    status: int = 0
    cause: int = 0
    announcement: Announcement | None = None
    max_duration_s: float | None = None
    rate_per_minute: float = 0.0


def permits(
    context: SubscriberContext,
    destination: str | Dialled,
    *,
    diverted: bool,
    facts: OriginationFacts = NO_FACTS,
    on_net: bool = False,
) -> Permission:
    """Whether ``context`` may have a leg to ``destination`` (digits as this user dials them, E.164 among
    them).

    ``diverted``: the leg is not dialled by the user at this moment: forwards, redirects, numbers that ring
    along. ``on_net``: the destination is a colleague. 112 and 113 are always allowed, except for a diverted
    leg, which may never reach them. Never raises.
    """
    number = as_dialled_by(context, destination) if isinstance(destination, str) else destination
    if is_always_allowed(number):
        if diverted:
            return _no(rules.PLAN_BARRED_DIVERTED, TariffClass.SERVICE_FREE)
        return Permission(allowed=True, rule=rules.PLAN_EMERGENCY, tariff=TariffClass.SERVICE_FREE)
    tariff = TariffClass.ON_NET if on_net else tariff_of(number, context.country)
    if tariff is None:
        return _no(rules.PLAN_INVALID, TariffClass.FREE, _INVALID, Announcement.UNKNOWN_NUMBER)
    plan = effective_plan(context)
    barred, rule = _judge(plan, number, _CLASS[tariff], diverted=diverted)
    if barred:
        return _no(rule, tariff)
    return _within_caps(context, plan, number, tariff, rule, facts)


def is_always_allowed(number: Dialled) -> bool:
    """112, 113 and 0800-0113, in any spelling."""
    return number.kind is DialledForm.EMERGENCY or is_never_recorded(number.digits)


def tariff_of(number: Dialled, country: str) -> TariffClass | None:
    """None when the digits name nobody outside: an extension, a feature code, the voicemail number."""
    if number.kind is DialledForm.E164 and number.e164 is not None:
        return tariff_of_number(number.e164, country)
    if number.kind is not DialledForm.SHORT:
        return None
    tariff = tariff_of_short_number(number.digits, country)
    return None if tariff is TariffClass.VOICEMAIL else tariff


def _judge(
    plan: OutgoingCallingPlan, number: Dialled, call_class: CallClass, *, diverted: bool
) -> tuple[bool, str]:
    """Whether it is barred, and by which rule. What is barred for diverted legs is so besides everything
    else: no prefix lifts it."""
    if diverted and call_class in plan.forward_barred:
        return True, rules.PLAN_BARRED_DIVERTED
    if call_class is not CallClass.INTERNAL:
        barring = _longest(plan.barred_prefixes, number)
        allowing = _longest(plan.allowed_prefixes, number)
        if barring and barring >= allowing:
            return True, rules.PLAN_BARRED_PREFIX
        if allowing:
            return False, rules.PLAN_ALLOWED_PREFIX
    if call_class in plan.barred:
        return True, rules.PLAN_BARRED_CLASS
    return False, rules.PLAN_ALLOWED


def _longest(prefixes: tuple[str, ...], number: Dialled) -> int:
    """Length of the longest prefix that fits, 0 when none does. ``+49`` fits E.164 numbers, ``18`` national
    short numbers: the latter have no E.164 form, and 0182 is not 1820."""
    digits = number.e164 or number.digits
    return max((len(prefix) for prefix in prefixes if prefix and digits.startswith(prefix)), default=0)


def _within_caps(
    context: SubscriberContext,
    plan: OutgoingCallingPlan,
    number: Dialled,
    tariff: TariffClass,
    rule: str,
    facts: OriginationFacts,
) -> Permission:
    limit = too_many_calls(context, plan, tariff, facts)
    rate = rate_of(plan.rates, tariff, number.e164)
    money = budget(plan, rate, facts)
    limit = limit or money.rule
    if limit is not None:
        return _no(limit, tariff, _LIMIT, Announcement.LIMIT_REACHED)
    return Permission(
        allowed=True, rule=rule, tariff=tariff, max_duration_s=money.max_duration_s, rate_per_minute=rate
    )


def _no(
    rule: str,
    tariff: TariffClass,
    answer: tuple[int, int] = _BARRED,
    announcement: Announcement = Announcement.CALL_BARRED,
) -> Permission:
    status, cause = answer
    return Permission(
        allowed=False, rule=rule, tariff=tariff, status=status, cause=cause, announcement=announcement
    )
