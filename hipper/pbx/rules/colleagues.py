"""Rules of calls that are picked up, parked and retrieved (:mod:`hipper.pbx.colleagues`)."""

from __future__ import annotations

from hipper.pbx.rules.base import Rule

PICK_UP_GROUP = "pick-up.group"
PICK_UP_DIRECTED = "pick-up.directed"
PICK_UP_BARGE_IN = "pick-up.barge-in"
PICK_UP_NO_COLLEAGUE = "pick-up.no-colleague"
PICK_UP_EXEMPT = "pick-up.exempt"
PARK = "park.parked"
PARK_RETRIEVED = "park.retrieved"
PARK_NOWHERE = "park.nowhere"

COLLEAGUE_RULES: dict[str, Rule] = {
    PICK_UP_GROUP: Rule(
        "De gebruiker neemt een gesprek over dat bij iemand van de groep overgaat.",
        "The user picks up a call that rings at somebody of the group.",
    ),
    PICK_UP_DIRECTED: Rule(
        "De gebruiker neemt een gesprek over dat bij een collega overgaat.",
        "The user picks up a call that rings at a colleague.",
    ),
    PICK_UP_BARGE_IN: Rule(
        "De gebruiker neemt een gesprek van een collega over, of breekt erin in.",
        "The user picks up the call of a colleague, or joins it.",
    ),
    PICK_UP_NO_COLLEAGUE: Rule(
        "Op dit toestelnummer is niemand van de groep van de gebruiker.",
        "Nobody of the user's group has this extension.",
    ),
    PICK_UP_EXEMPT: Rule(
        "In gesprekken van deze collega mag niemand inbreken.", "Nobody may join calls of this colleague."
    ),
    PARK: Rule("De gebruiker parkeert het gesprek.", "The user parks the call."),
    PARK_RETRIEVED: Rule(
        "De gebruiker haalt een geparkeerd gesprek op.", "The user retrieves a parked call."
    ),
    PARK_NOWHERE: Rule(
        "Dit is geen toestelnummer van de groep van de gebruiker.",
        "This is no extension of the user's group.",
    ),
}
