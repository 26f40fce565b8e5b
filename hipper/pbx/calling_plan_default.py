"""Which outgoing calling plan holds for a user, and the one that holds when nobody set any."""

from __future__ import annotations

import msgspec

from hipper.pbx.model import SubscriberContext
from hipper.pbx.services.calling import CallClass, OutgoingCallingPlan

DEFAULT_PLAN = OutgoingCallingPlan(
    barred=(CallClass.SERVICE_PAID,),
    allowed_prefixes=("+31900", "18"),
    forward_barred=(CallClass.SERVICE_PAID, CallClass.INTERNATIONAL),
    max_calls_user=8,
    spend_cap_user_day=50.0,
    spend_cap_user_month=250.0,
    spend_cap_group_month=2500.0,
)
"""What holds until an administrator decides. Premium numbers, satellites among them, are barred but for Dutch
information numbers (0900, 18xx); no call is diverted to a premium number or abroad, which is what a stolen
password is used for; and whatever slips through stays small."""


def effective_plan(context: SubscriberContext) -> OutgoingCallingPlan:
    """The user's plan when one is set, else the group's, else the default.

    What counts for the whole group (``max_calls_group``, ``spend_cap_group_month``) and the rates are always
    the group's: a user's plan cannot raise them. The user's service pack is not asked: every pack holds the
    calling plan (seed 9), and a bar must not fall away with a change of pack.
    """
    group = context.group_services.group_outgoing_calling_plan or DEFAULT_PLAN
    user = context.services.outgoing_calling_plan
    if user is None:
        return group
    return msgspec.structs.replace(
        user,
        max_calls_group=group.max_calls_group,
        spend_cap_group_month=group.spend_cap_group_month,
        rates=group.rates,
    )
