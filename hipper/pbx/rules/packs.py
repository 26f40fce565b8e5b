"""Rules of services that are set but not in the user's pack (:mod:`hipper.pbx.service_packs`)."""

from __future__ import annotations

from hipper.pbx.rules.base import Rule

PACK_CALL_FORWARDING_SELECTIVE = "pack.call-forwarding-selective"
PACK_VOICEMAIL = "pack.voicemail"
PACK_SELECTIVE_CALL_ACCEPTANCE = "pack.selective-call-acceptance"
PACK_SELECTIVE_CALL_REJECTION = "pack.selective-call-rejection"
PACK_PRIORITY_ALERT = "pack.priority-alert"
PACK_ALTERNATE_NUMBERS = "pack.alternate-numbers"
PACK_BUSY_LAMP_FIELD = "pack.busy-lamp-field"
PACK_ANYWHERE = "pack.anywhere"
PACK_REMOTE_OFFICE = "pack.remote-office"
PACK_SIMULTANEOUS_RING_PERSONAL = "pack.simultaneous-ring-personal"
PACK_PERSONAL_ASSISTANT = "pack.personal-assistant"
PACK_MUSIC_ON_HOLD_USER = "pack.music-on-hold-user"
PACK_DIRECTED_CALL_PICKUP = "pack.directed-call-pickup"
PACK_DIRECTED_CALL_PICKUP_WITH_BARGEIN = "pack.directed-call-pickup-with-bargein"


def _not_held(nl: str, en: str) -> Rule:
    return Rule(
        f"{nl} is ingesteld, maar zit niet in het profiel van de gebruiker en doet dus niets.",
        f"{en} is set, but is not in the user's pack and so does nothing.",
    )


PACK_RULES: dict[str, Rule] = {
    PACK_CALL_FORWARDING_SELECTIVE: _not_held("Selectief doorschakelen", "Call Forwarding Selective"),
    PACK_VOICEMAIL: _not_held("Voicemail", "Voicemail"),
    PACK_SELECTIVE_CALL_ACCEPTANCE: _not_held("Selectief aannemen", "Selective Call Acceptance"),
    PACK_SELECTIVE_CALL_REJECTION: _not_held("Selectief weigeren", "Selective Call Rejection"),
    PACK_PRIORITY_ALERT: _not_held("Afwijkend belsignaal", "Priority Alert"),
    PACK_ALTERNATE_NUMBERS: _not_held("De beltoon per nummer", "A ring per number (Alternate Numbers)"),
    PACK_BUSY_LAMP_FIELD: _not_held("Busy Lamp Field", "Busy Lamp Field"),
    PACK_ANYWHERE: _not_held("Anywhere", "Anywhere"),
    PACK_REMOTE_OFFICE: _not_held("Remote Office", "Remote Office"),
    PACK_SIMULTANEOUS_RING_PERSONAL: _not_held("Gelijktijdig overgaan", "Simultaneous Ring Personal"),
    PACK_PERSONAL_ASSISTANT: _not_held("De persoonlijke assistent", "Personal Assistant"),
    PACK_MUSIC_ON_HOLD_USER: _not_held("Wachtmuziek", "Music On Hold User"),
    PACK_DIRECTED_CALL_PICKUP: _not_held("Gericht gesprek overnemen", "Directed Call Pickup"),
    PACK_DIRECTED_CALL_PICKUP_WITH_BARGEIN: _not_held(
        "Gericht overnemen met inbreken", "Directed Call Pickup with Bargein"
    ),
}
