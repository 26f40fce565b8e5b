"""Rules of feature codes, speed dials, redial and callback (:mod:`hipper.pbx.dialling`)."""

from __future__ import annotations

from hipper.pbx.rules.base import Rule

FEATURE_NOT_AVAILABLE = "feature.not-available"
FEATURE_NOT_IN_PACK = "feature.not-in-pack"
FEATURE_SWITCHED_OFF = "feature.switched-off"
FEATURE_NO_DESTINATION = "feature.no-destination"
FEATURE_ON = "feature.on"
FEATURE_OFF = "feature.off"
FEATURE_PULL = "feature.pull"
TRANSFER_BLIND = "transfer.blind"
TRANSFER_CONSULTED = "transfer.consulted"
FEATURE_CALLBACK = "feature.callback"
FEATURE_CALLBACK_CANCELLED = "feature.callback-cancelled"
FEATURE_VOICEMAIL = "feature.voicemail"
SPEED_DIAL_EMPTY = "speed-dial.empty"
REDIAL_NOBODY = "redial.nobody"
CALL_RETURN_NOBODY = "call-return.nobody"
CALL_RETURN_WITHHELD = "call-return.withheld"
CALLBACK_WAITS = "callback.waits"
CALLBACK_NOT_ALLOWED = "callback.not-allowed"
CALLBACK_NO_COLLEAGUE = "callback.no-colleague"
CALLBACK_NOT_BUSY = "callback.not-busy"
CALLBACK_TOO_MANY = "callback.too-many"

FEATURE_RULES: dict[str, Rule] = {
    FEATURE_NOT_AVAILABLE: Rule("Deze dienstcode bestaat niet.", "This feature code does not exist."),
    FEATURE_NOT_IN_PACK: Rule(
        "Deze dienst hoort niet bij het profiel van de gebruiker.",
        "This service is not part of the user's service pack.",
    ),
    FEATURE_SWITCHED_OFF: Rule(
        "De gebruiker heeft deze dienst uitgezet.", "The user has switched this service off."
    ),
    FEATURE_NO_DESTINATION: Rule(
        "Er is geen nummer ingesteld waarheen doorgeschakeld kan worden.",
        "No number is set that calls could be forwarded to.",
    ),
    FEATURE_ON: Rule(
        "De gebruiker zet een dienst aan met een dienstcode.",
        "The user switches a service on by feature code.",
    ),
    FEATURE_OFF: Rule(
        "De gebruiker zet een dienst uit met een dienstcode.",
        "The user switches a service off by feature code.",
    ),
    FEATURE_PULL: Rule(
        "De gebruiker haalt zijn gesprek naar dit toestel.", "The user moves the running call to this device."
    ),
    TRANSFER_BLIND: Rule(
        "De gebruiker heeft het gesprek zonder ruggespraak doorverbonden.",
        "The user transferred the call without consultation.",
    ),
    TRANSFER_CONSULTED: Rule(
        "De gebruiker heeft het gesprek na ruggespraak doorverbonden.",
        "The user transferred the call after consultation.",
    ),
    FEATURE_CALLBACK: Rule(
        "De gebruiker wil teruggebeld worden zodra de collega vrij is.",
        "The user wants to be called back when the colleague is free.",
    ),
    FEATURE_CALLBACK_CANCELLED: Rule(
        "De gebruiker wil niet meer teruggebeld worden.", "The user no longer wants to be called back."
    ),
    FEATURE_VOICEMAIL: Rule(
        "De gebruiker luistert zijn voicemail af.", "The user listens to the voicemail box."
    ),
    SPEED_DIAL_EMPTY: Rule(
        "Onder deze verkorte kiescode staat geen nummer.", "No number is stored under this speed dial code."
    ),
    REDIAL_NOBODY: Rule(
        "De gebruiker heeft nog geen nummer gekozen.", "The user has not dialled any number yet."
    ),
    CALL_RETURN_NOBODY: Rule("De gebruiker is nog niet gebeld.", "Nobody has called the user yet."),
    CALL_RETURN_WITHHELD: Rule(
        "De laatste beller schermde zijn nummer af.", "The last caller withheld the number."
    ),
    CALLBACK_WAITS: Rule(
        "De gebruiker wordt teruggebeld zodra de collega vrij is.",
        "The user is called back as soon as the colleague is free.",
    ),
    CALLBACK_NOT_ALLOWED: Rule(
        "De gebruiker heeft geen automatisch terugbellen.", "The user does not have automatic callback."
    ),
    CALLBACK_NO_COLLEAGUE: Rule(
        "Automatisch terugbellen werkt alleen bij een collega.", "Automatic callback is for colleagues only."
    ),
    CALLBACK_NOT_BUSY: Rule("De collega is niet in gesprek.", "The colleague is not busy."),
    CALLBACK_TOO_MANY: Rule(
        "Er wachten al te veel oproepen om terug te bellen.", "Too many callbacks are waiting already."
    ),
}
