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
FORWARD_ON_NET = "forward.on-net"
FORWARD_EXTERNAL = "forward.external"
FORWARD_DISABLED = "forward.disabled-user"
FORWARD_EMERGENCY = "forward.emergency"
FORWARD_CODE = "forward.feature-code"
FORWARD_INVALID = "forward.invalid-number"
FORWARD_ONESELF = "forward.oneself"
FORWARD_UNKNOWN = "forward.unknown-extension"
DIAL_EMERGENCY = "dial.emergency"
DIAL_CODE = "dial.feature-code"
DIAL_DEVICE_UNKNOWN = "dial.unknown-device"
DIAL_NO_DEVICE = "dial.no-device"
DIAL_RINGS = "dial.rings"

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
    FORWARD_ON_NET: Rule("Het gesprek gaat door naar een collega.", "The call goes on to a colleague."),
    FORWARD_EXTERNAL: Rule(
        "Het gesprek gaat door naar een nummer buiten het bedrijf.",
        "The call goes on to a number outside the company.",
    ),
    FORWARD_DISABLED: Rule(
        "Deze gebruiker is uitgeschakeld en schakelt niet door.", "This user is disabled and diverts nothing."
    ),
    FORWARD_EMERGENCY: Rule(
        "Een gesprek gaat nooit door naar een noodnummer of hulplijn.",
        "No call is ever diverted to an emergency number or helpline.",
    ),
    FORWARD_CODE: Rule(
        "Een gesprek kan niet doorgaan naar een dienstcode.", "A call cannot be diverted to a feature code."
    ),
    FORWARD_INVALID: Rule(
        "De bestemming van het doorschakelen is geen geldig telefoonnummer.",
        "The destination of the diversion is not a valid telephone number.",
    ),
    FORWARD_ONESELF: Rule(
        "De bestemming van het doorschakelen is de gebruiker zelf.",
        "The destination of the diversion is the user.",
    ),
    FORWARD_UNKNOWN: Rule(
        "Het verkorte nummer waarheen wordt doorgeschakeld, bestaat niet.",
        "The extension calls are diverted to does not exist.",
    ),
    DIAL_EMERGENCY: Rule(
        "Noodnummers belt de app met de telefoon zelf, niet via de centrale.",
        "The app calls emergency numbers with the telephone's own dialler, never through the exchange.",
    ),
    DIAL_CODE: Rule(
        "De app kiest geen dienstcodes: daarvoor heeft zij eigen instellingen.",
        "The app dials no feature codes: it has settings of its own for these.",
    ),
    DIAL_DEVICE_UNKNOWN: Rule(
        "Het gekozen toestel is niet van deze gebruiker of heeft geen adres.",
        "The chosen device is not this user's, or has no address.",
    ),
    DIAL_NO_DEVICE: Rule(
        "Deze gebruiker heeft geen toestel om mee te bellen.", "This user has no device to call with."
    ),
    DIAL_RINGS: Rule(
        "Dit toestel gaat over omdat de gebruiker vanuit de app belt.",
        "This device rings because the user calls from the app.",
    ),
}
