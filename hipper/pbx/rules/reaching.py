"""Rules of where and how a call rings (:mod:`hipper.pbx.reaching`)."""

from __future__ import annotations

from hipper.pbx.rules.base import Rule

DEVICE_RINGS_EMERGENCY = "device.rings-for-emergency"
DEVICE_NOT_CHOSEN = "device.not-chosen"
DEVICE_TOO_LATE = "device.too-late"
DEVICE_REMOTE_OFFICE = "device.remote-office"
DEVICE_NOT_IN_PACK = "device.not-in-pack"
REMOTE_OFFICE_RINGS = "remote.office-rings"
ANYWHERE_RINGS = "remote.anywhere-rings"
SIMULTANEOUS_RINGS = "remote.simultaneous-rings"
REMOTE_SWITCHED_OFF = "remote.switched-off"
REMOTE_OUTSIDE_SCHEDULE = "remote.outside-schedule"
REMOTE_NO_CRITERION = "remote.no-criterion"
REMOTE_IN_CALL = "remote.in-call"
REMOTE_INVALID = "remote.invalid-number"
REMOTE_OWN = "remote.own-number"
REMOTE_CALLING = "remote.calling"
REMOTE_TOO_MANY = "remote.too-many"
ALERT_PRIORITY = "alert.priority"
ALERT_DISTINCTIVE = "alert.distinctive"
CALLER_HIDDEN = "caller.hidden"

REACHING_RULES: dict[str, Rule] = {
    DEVICE_RINGS_EMERGENCY: Rule(
        "Dit toestel gaat over omdat de alarmcentrale terugbelt.",
        "This device rings because the emergency centre calls back.",
    ),
    DEVICE_NOT_CHOSEN: Rule(
        "De bereikbaarheid laat nu andere toestellen overgaan.",
        "Availability lets other devices ring at this time.",
    ),
    DEVICE_TOO_LATE: Rule(
        "Dit toestel zou pas overgaan nadat het bellen is opgehouden.",
        "This device would begin to ring after the ringing has ended.",
    ),
    DEVICE_REMOTE_OFFICE: Rule(
        "In plaats van dit toestel gaat het nummer van Remote Office over.",
        "The Remote Office number rings instead of this device.",
    ),
    DEVICE_NOT_IN_PACK: Rule(
        "Een mobiel toestel hoort alleen bij de centrale met een Vast-Mobiel profiel.",
        "A mobile belongs to the exchange with a Vast-Mobiel profile only.",
    ),
    REMOTE_OFFICE_RINGS: Rule("Het nummer van Remote Office gaat over.", "The Remote Office number rings."),
    ANYWHERE_RINGS: Rule("Deze locatie van Anywhere gaat mee over.", "This Anywhere location rings along."),
    SIMULTANEOUS_RINGS: Rule(
        "Dit nummer gaat gelijktijdig mee over.", "This number rings along (Simultaneous Ring)."
    ),
    REMOTE_SWITCHED_OFF: Rule("Deze locatie staat uit.", "This location is switched off."),
    REMOTE_OUTSIDE_SCHEDULE: Rule(
        "Het tijdschema van deze locatie geldt nu niet.", "The schedule of this location does not hold now."
    ),
    REMOTE_NO_CRITERION: Rule(
        "De oproep voldoet aan geen regel voor gelijktijdig overgaan.",
        "The call meets no rule of Simultaneous Ring.",
    ),
    REMOTE_IN_CALL: Rule(
        "Dit nummer gaat niet mee over terwijl de gebruiker in gesprek is.",
        "This number does not ring along while the user is in a call.",
    ),
    REMOTE_INVALID: Rule(
        "Dit is geen telefoonnummer dat mee kan overgaan.", "No number that can ring along."
    ),
    REMOTE_OWN: Rule(
        "Dit nummer is van de gebruiker zelf; de eigen toestellen gaan al over.",
        "This number is the user's own, whose devices ring already.",
    ),
    REMOTE_CALLING: Rule("Met dit nummer wordt op dit moment gebeld.", "The call is made from this number."),
    REMOTE_TOO_MANY: Rule(
        "Er gaan al zoveel nummers mee over als mag.", "As many numbers as may ring along do so already."
    ),
    ALERT_PRIORITY: Rule(
        "Deze oproep heeft voorrang en klinkt anders.", "This call has priority and rings differently."
    ),
    ALERT_DISTINCTIVE: Rule(
        "Oproepen op dit nummer hebben een eigen beltoon.", "Calls to this number have a ring of their own."
    ),
    CALLER_HIDDEN: Rule(
        "De toestellen van de gebruiker tonen geen bellers van buiten.",
        "The user's devices do not show callers from outside.",
    ),
}
