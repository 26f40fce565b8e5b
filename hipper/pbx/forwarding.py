"""Legs a call is diverted over: forwards, redirects of telephones (302), numbers that ring along (call-flows
§2, §3, toll fraud). Pure.

Each is an originated call of the forwarder: read as the forwarder dials, held to the forwarder's calling plan
and caps, paid by the forwarder. Only who is shown stays the caller.
"""

from __future__ import annotations

from hipper.pbx import rules
from hipper.pbx.calling_plan import is_always_allowed, permits
from hipper.pbx.dialling_digits import as_dialled_by, dialled_number, is_voicemail
from hipper.pbx.identity import of_diverted
from hipper.pbx.ids import SubscriptionId
from hipper.pbx.model import (
    CallerIdentity,
    ExternalPlan,
    ForwardTo,
    Number,
    OnNetPlan,
    OriginationFacts,
    Payer,
    RefusedPlan,
    SubscriberContext,
)
from hipper.pbx.numbers_of import owned_by_e164, owned_by_extension
from hipper.pbx.origination_refused import refused, refused_by_plan
from hipper.pbx.tenancy import colleague
from hipper.telephony.numbers.normalise import Dialled, DialledForm

NO_FACTS = OriginationFacts()


def decide(
    forwarder: SubscriberContext,
    called: SubscriberContext | None,
    onward: ForwardTo,
    caller: CallerIdentity,
    *,
    now: float,
    facts: OriginationFacts = NO_FACTS,
) -> OnNetPlan | ExternalPlan | RefusedPlan:
    """Decide on the leg over which ``forwarder`` sends a call on.

    ``called``: who owns ``onward.destination``, as the directory found it among the forwarder's colleagues;
    None when no user of ours does. ``caller``: as the forwarder saw who calls. ``facts``: of the forwarder.
    ``now``: Unix seconds; nothing here depends on it. A code that hides or shows the number in the
    destination is passed over: whose number it is decides on that. Whether the call was diverted too often
    is the called user's decision, not this one. Never raises.
    """
    number = as_dialled_by(forwarder, onward.destination)
    problem = destination_problem(forwarder, number)
    if problem is not None:
        return refused(problem, forwarder)
    found = dialled_number(colleague(forwarder, called), number)
    if found is not None:
        return _to_colleague(forwarder, *found, number, caller, facts)
    if number.kind is DialledForm.EXTENSION_CANDIDATE:
        return refused(rules.FORWARD_UNKNOWN, forwarder)
    return _outside(forwarder, number, caller, facts)


def destination_problem(forwarder: SubscriberContext, number: Dialled) -> str | None:
    """The rule by which no call of this user is ever diverted to ``number``, None when one may be, should
    the calling plan allow it."""
    if not forwarder.enabled:
        return rules.FORWARD_DISABLED
    if is_always_allowed(number):
        return rules.FORWARD_EMERGENCY
    if number.kind is DialledForm.FEATURE_CODE or is_voicemail(number, forwarder.country):
        return rules.FORWARD_CODE
    if number.kind is DialledForm.INVALID:
        return rules.FORWARD_INVALID
    if _is_own(forwarder, number):
        return rules.FORWARD_ONESELF
    return None


def exchange_pays(user: SubscriberContext) -> SubscriptionId | None:
    """The subscription of legs that the exchange makes for a user without a telephone of that user calling:
    the fixed one (no mobile network saw a call it could charge), for who has none the mobile one."""
    return user.fixed_subscription or user.mobile_subscription


def _to_colleague(
    forwarder: SubscriberContext,
    called: SubscriberContext,
    reached: Number,
    dialled: Dialled,
    caller: CallerIdentity,
    facts: OriginationFacts,
) -> OnNetPlan | RefusedPlan:
    permission = permits(forwarder, dialled, diverted=True, facts=facts, on_net=True)
    if not permission.allowed:
        return refused_by_plan(permission, forwarder)
    shown = of_diverted(caller, forwarder, on_net=True)
    return OnNetPlan(
        called=called.subscriber,
        called_number=reached,
        identity=shown.identity,
        payer=Payer(subscription=exchange_pays(forwarder), tariff=permission.tariff),
        rule=rules.FORWARD_ON_NET,
        identity_rule=shown.rule,
    )


def _outside(
    forwarder: SubscriberContext, number: Dialled, caller: CallerIdentity, facts: OriginationFacts
) -> ExternalPlan | RefusedPlan:
    permission = permits(forwarder, number, diverted=True, facts=facts)
    if not permission.allowed:
        return refused_by_plan(permission, forwarder)
    shown = of_diverted(caller, forwarder, on_net=False)
    return ExternalPlan(
        number=number.e164,
        dialled=number.digits,
        identity=shown.identity,
        payer=Payer(subscription=exchange_pays(forwarder), tariff=permission.tariff),
        rule=rules.FORWARD_EXTERNAL,
        identity_rule=shown.rule,
        max_duration_s=permission.max_duration_s,
        rate_per_minute=permission.rate_per_minute,
    )


def _is_own(context: SubscriberContext, number: Dialled) -> bool:
    if number.extension is not None and owned_by_extension(context, number.extension) is not None:
        return True
    return number.e164 is not None and owned_by_e164(context, number.e164) is not None
