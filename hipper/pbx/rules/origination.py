"""Rules of where a call of a user goes and what it shows (:mod:`hipper.pbx.origination`)."""

from __future__ import annotations

from hipper.pbx.rules.base import Rule

ON_NET_EXTENSION = "on-net.extension"
ON_NET_FIXED = "on-net.fixed"
ON_NET_MOBILE = "on-net.mobile"
ON_NET_ALTERNATE = "on-net.alternate"
EXTERNAL_NUMBER = "external.number"
EXTERNAL_SHORT = "external.short-number"
CALLER_DISABLED = "caller.disabled"
CALLS_AT_ONCE = "calls.at-once"
EXTENSION_UNKNOWN = "dialled.unknown-extension"
NUMBER_INVALID = "dialled.invalid-number"
EMERGENCY_ELSEWHERE = "emergency.not-decided-here"
IDENTITY_MOBILE = "identity.mobile"
IDENTITY_FIXED = "identity.fixed"
IDENTITY_ALTERNATE = "identity.alternate"
IDENTITY_TENANT_DEFAULT = "identity.tenant-default"
IDENTITY_OTHER_OWN = "identity.other-own-number"
IDENTITY_UNKNOWN = "identity.no-number"
IDENTITY_WITHHELD = "identity.withheld"
IDENTITY_WITHHELD_THIS_CALL = "identity.withheld-this-call"
IDENTITY_INTERNAL_LINE = "identity.internal-line"
IDENTITY_INTERNAL_HIDDEN = "identity.internal-hidden"
IDENTITY_BUSINESS_LIST = "identity.business-list"
IDENTITY_PRIVATE_LIST = "identity.private-list"
IDENTITY_WITHHELD_LIST = "identity.withheld-from-list"
IDENTITY_NOT_IN_PACK = "identity.not-in-pack"
IDENTITY_ORIGINAL_CALLER = "identity.original-caller"
IDENTITY_ORIGINAL_WITHHELD = "identity.original-withheld"

ORIGINATION_RULES: dict[str, Rule] = {
    ON_NET_EXTENSION: Rule(
        "Het gekozen verkorte nummer is van een collega.", "The dialled extension is a colleague's."
    ),
    ON_NET_FIXED: Rule(
        "Het gekozen nummer is het vaste nummer van een collega.",
        "The dialled number is a colleague's fixed number.",
    ),
    ON_NET_MOBILE: Rule(
        "Het gekozen nummer is het mobiele nummer van een collega.",
        "The dialled number is a colleague's mobile number.",
    ),
    ON_NET_ALTERNATE: Rule(
        "Het gekozen nummer is een extra nummer van een collega.",
        "The dialled number is a colleague's alternate number.",
    ),
    EXTERNAL_NUMBER: Rule(
        "Het gekozen nummer is niet van een collega: het gesprek gaat naar buiten.",
        "The dialled number is not a colleague's: the call goes outside.",
    ),
    EXTERNAL_SHORT: Rule(
        "Het gekozen nummer is een kort nationaal nummer: het gesprek gaat naar buiten.",
        "The dialled number is a national short number: the call goes outside.",
    ),
    CALLS_AT_ONCE: Rule(
        "De gebruiker heeft al zoveel gesprekken tegelijk als mag.",
        "The user is in as many calls at once as allowed.",
    ),
    CALLER_DISABLED: Rule(
        "Deze gebruiker is uitgeschakeld en kan niet bellen.", "This user is disabled and cannot call."
    ),
    EXTENSION_UNKNOWN: Rule("Dit verkorte nummer bestaat niet.", "This extension does not exist."),
    NUMBER_INVALID: Rule("Dit is geen geldig telefoonnummer.", "This is not a valid telephone number."),
    EMERGENCY_ELSEWHERE: Rule(
        "Noodnummers gaan naar buiten voordat de centrale beslist.",
        "Emergency numbers are routed before the exchange decides anything.",
    ),
    IDENTITY_MOBILE: Rule(
        "De gebruiker koos zijn mobiele nummer als identiteit.", "The user chose to show the mobile number."
    ),
    IDENTITY_FIXED: Rule(
        "De gebruiker koos zijn vaste nummer als identiteit.", "The user chose to show the fixed number."
    ),
    IDENTITY_ALTERNATE: Rule(
        "De gebruiker koos een extra nummer als identiteit.", "The user chose to show an alternate number."
    ),
    IDENTITY_TENANT_DEFAULT: Rule(
        "Het gekozen nummer is niet van de gebruiker: het hoofdnummer wordt getoond.",
        "The chosen number is not the user's: the main number is shown.",
    ),
    IDENTITY_OTHER_OWN: Rule(
        "Het gekozen nummer is niet van de gebruiker; zonder hoofdnummer toont de centrale een ander nummer.",
        "The chosen number is not the user's; without a main number another number of the user is shown.",
    ),
    IDENTITY_UNKNOWN: Rule(
        "De gebruiker heeft geen nummer dat getoond kan worden.", "The user has no number that can be shown."
    ),
    IDENTITY_WITHHELD: Rule(
        "De gebruiker schermt zijn nummer altijd af.", "The user always withholds the number."
    ),
    IDENTITY_WITHHELD_THIS_CALL: Rule(
        "De gebruiker schermde zijn nummer voor dit gesprek af.",
        "The user withheld the number for this call.",
    ),
    IDENTITY_INTERNAL_HIDDEN: Rule(
        "De gebruiker verbergt zijn nummer en naam ook voor collega's.",
        "The user hides number and name from colleagues as well.",
    ),
    IDENTITY_BUSINESS_LIST: Rule(
        "De gebruiker toont zakelijke contacten een eigen gekozen nummer.",
        "The user shows business contacts a number chosen for them.",
    ),
    IDENTITY_PRIVATE_LIST: Rule(
        "De gebruiker toont privécontacten een eigen gekozen nummer.",
        "The user shows private contacts a number chosen for them.",
    ),
    IDENTITY_WITHHELD_LIST: Rule(
        "De gebruiker schermt het nummer af voor deze telefoonlijst.",
        "The user withholds the number from this contact list.",
    ),
    IDENTITY_NOT_IN_PACK: Rule(
        "Het profiel van de gebruiker heeft geen alternatieve nummers: een ander nummer wordt getoond.",
        "The user's service pack has no alternate numbers: another number is shown.",
    ),
    IDENTITY_ORIGINAL_CALLER: Rule(
        "Wie een doorgeschakeld gesprek krijgt, ziet wie er oorspronkelijk belt.",
        "Whoever gets a diverted call sees who called in the first place.",
    ),
    IDENTITY_ORIGINAL_WITHHELD: Rule(
        "De oorspronkelijke beller schermt het nummer af; dat blijft zo bij doorschakelen.",
        "The original caller withholds the number, and diverting the call does not change that.",
    ),
    IDENTITY_INTERNAL_LINE: Rule(
        "Het nummer is afgeschermd; een collega ziet alleen het verkorte nummer en de naam.",
        "The number is withheld; a colleague sees the extension and the name only.",
    ),
}
