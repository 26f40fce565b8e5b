"""Rules of what may be called at all, on every leg that is originated for a user: calling plan, diverted
legs, dial from the app (:mod:`hipper.pbx.calling_plan`, :mod:`hipper.pbx.forwarding`,
:mod:`hipper.pbx.dial`)."""

from __future__ import annotations

from hipper.pbx.rules.base import Rule

PLAN_ALLOWED = "plan.allowed"
PLAN_EMERGENCY = "plan.always-allowed"
PLAN_ALLOWED_PREFIX = "plan.allowed-prefix"
PLAN_BARRED_CLASS = "plan.barred-class"
PLAN_BARRED_PREFIX = "plan.barred-prefix"
PLAN_BARRED_DIVERTED = "plan.barred-diverted"
PLAN_INVALID = "plan.invalid-number"
PLAN_CALLS_USER = "plan.calls-of-user"
PLAN_CALLS_GROUP = "plan.calls-of-group"
PLAN_CAPACITY = "plan.capacity-of-group"
PLAN_SPENT_USER_DAY = "plan.spent-user-day"
PLAN_SPENT_USER_MONTH = "plan.spent-user-month"
PLAN_SPENT_GROUP_MONTH = "plan.spent-group-month"

CALLING_RULES: dict[str, Rule] = {
    PLAN_ALLOWED: Rule("De belregels staan dit gesprek toe.", "The calling plan allows this call."),
    PLAN_EMERGENCY: Rule(
        "Dit nummer mag altijd gebeld worden.", "This number may always be called, whatever the calling plan."
    ),
    PLAN_ALLOWED_PREFIX: Rule(
        "De belregels staan nummers met dit begin toe.",
        "The calling plan allows numbers that begin like this one.",
    ),
    PLAN_BARRED_CLASS: Rule(
        "De belregels staan dit soort nummers niet toe.",
        "The calling plan does not allow this class of number.",
    ),
    PLAN_BARRED_PREFIX: Rule(
        "De belregels staan nummers met dit begin niet toe.",
        "The calling plan does not allow numbers that begin like this one.",
    ),
    PLAN_BARRED_DIVERTED: Rule(
        "De belregels staan niet toe dat gesprekken naar dit soort nummers doorgaan.",
        "The calling plan does not allow calls to be diverted to this class of number.",
    ),
    PLAN_INVALID: Rule(
        "De belregels herkennen hierin geen telefoonnummer.",
        "The calling plan finds no telephone number here.",
    ),
    PLAN_CALLS_USER: Rule(
        "De gebruiker voert al zoveel gesprekken als de belregels tegelijk toestaan.",
        "The user already has as many calls as the calling plan allows at once.",
    ),
    PLAN_CALLS_GROUP: Rule(
        "De groep voert al zoveel gesprekken als de belregels tegelijk toestaan.",
        "The group already has as many calls as the calling plan allows at once.",
    ),
    PLAN_CAPACITY: Rule(
        "De groep voert al zoveel gesprekken als zijn gesprekscapaciteit toelaat.",
        "The group already has as many calls as its capacity allows.",
    ),
    PLAN_SPENT_USER_DAY: Rule(
        "De gebruiker heeft het belbudget van vandaag verbruikt.",
        "The user has spent the calling budget of the day.",
    ),
    PLAN_SPENT_USER_MONTH: Rule(
        "De gebruiker heeft het belbudget van deze maand verbruikt.",
        "The user has spent the calling budget of the month.",
    ),
    PLAN_SPENT_GROUP_MONTH: Rule(
        "De groep heeft het belbudget van deze maand verbruikt.",
        "The group has spent the calling budget of the month.",
    ),
}
