"""What each announcement says, in Dutch and in English, and the pieces times are said with. Pure."""

from __future__ import annotations

from hipper.pbx.model import Announcement

LANGUAGES = ("nl", "en")

TEXTS: dict[Announcement, tuple[str, str]] = {
    Announcement.NO_CALLS_TAKEN: (
        "Degene die u belt neemt op dit moment geen gesprekken aan.",
        "The person you are calling is not taking calls at the moment.",
    ),
    Announcement.USER_UNAVAILABLE: (
        "Degene die u belt is op dit moment niet bereikbaar.",
        "The person you are calling cannot be reached at the moment.",
    ),
    Announcement.UNKNOWN_NUMBER: (
        "Het nummer dat u belt is niet in gebruik.",
        "The number you have dialled is not in use.",
    ),
    Announcement.CALL_BARRED: (
        "U kunt dit nummer niet bellen. Vraag uw beheerder om dit te wijzigen.",
        "You cannot call this number. Ask your administrator to change this.",
    ),
    Announcement.LIMIT_REACHED: (
        "U kunt nu niet bellen, omdat een limiet is bereikt. Neem contact op met uw beheerder.",
        "You cannot call now, because a limit has been reached. Contact your administrator.",
    ),
    Announcement.NOTHING_TO_PULL: (
        "U heeft op dit moment geen gesprek dat verplaatst kan worden.",
        "You have no call at the moment that can be moved.",
    ),
    Announcement.NOTHING_TO_PICK_UP: (
        "Er is op dit moment geen gesprek dat u kunt overnemen.",
        "There is no call at the moment that you can pick up.",
    ),
    Announcement.NOTHING_PARKED: (
        "Op dit toestelnummer staat geen gesprek geparkeerd.",
        "No call is parked at this extension.",
    ),
    Announcement.CALL_PARKED: ("Het gesprek is geparkeerd.", "The call has been parked."),
    Announcement.NOT_PARKED: (
        "Het gesprek kan hier niet geparkeerd worden.",
        "The call cannot be parked here.",
    ),
    Announcement.SERVICE_ON: ("De dienst is ingeschakeld.", "The service has been switched on."),
    Announcement.SERVICE_OFF: ("De dienst is uitgeschakeld.", "The service has been switched off."),
    Announcement.SERVICE_FAILED: (
        "De instelling is niet gewijzigd. Probeer het later opnieuw.",
        "The setting was not changed. Try again later.",
    ),
    Announcement.NOT_ALLOWED: (
        "Deze dienst hoort niet bij uw abonnement.",
        "This service is not part of your subscription.",
    ),
    Announcement.CALLBACK_SET: (
        "U wordt teruggebeld zodra uw collega vrij is.",
        "You will be called back as soon as your colleague is free.",
    ),
    Announcement.DIAL_DESTINATION: (
        "Kies het nummer, en sluit af met een hekje.",
        "Dial the number, followed by the hash key.",
    ),
    Announcement.NOT_DONE: ("Dat is nu niet mogelijk.", "That is not possible now."),
    Announcement.PRESS_ONE: ("Toets 1 om het gesprek aan te nemen.", "Press 1 to take the call."),
    Announcement.BUSY_IN_MEETING: (
        "Degene die u belt is in vergadering.",
        "The person you are calling is in a meeting.",
    ),
    Announcement.OUT_OF_OFFICE: (
        "Degene die u belt is niet op kantoor.",
        "The person you are calling is out of office.",
    ),
    Announcement.ON_HOLIDAY: (
        "Degene die u belt heeft vakantie.",
        "The person you are calling is on holiday.",
    ),
    Announcement.BACK_AT: ("Weer bereikbaar", "Available again"),
}

_WEEKDAYS = (
    ("maandag", "Monday"),
    ("dinsdag", "Tuesday"),
    ("woensdag", "Wednesday"),
    ("donderdag", "Thursday"),
    ("vrijdag", "Friday"),
    ("zaterdag", "Saturday"),
    ("zondag", "Sunday"),
)
_MONTHS = (
    ("januari", "January"),
    ("februari", "February"),
    ("maart", "March"),
    ("april", "April"),
    ("mei", "May"),
    ("juni", "June"),
    ("juli", "July"),
    ("augustus", "August"),
    ("september", "September"),
    ("oktober", "October"),
    ("november", "November"),
    ("december", "December"),
)


def pieces() -> dict[str, tuple[str, str]]:
    """Name of each recording → its text in Dutch and English."""
    found = {announcement.value: texts for announcement, texts in TEXTS.items()}
    found["tomorrow"] = ("morgen", "tomorrow")
    for number, (nl, en) in enumerate(_WEEKDAYS):
        found[f"weekday_{number}"] = (f"op {nl}", f"on {en}")
    for day in range(1, 32):
        found[f"day_{day}"] = (f"op {day}", f"on the {day}{_ordinal(day)} of")
    for number, (nl, en) in enumerate(_MONTHS, 1):
        found[f"month_{number}"] = (nl, en)
    for hour in range(24):
        found[f"hour_{hour}"] = (f"om {hour} uur", f"at {hour}")
    for minute in range(60):
        found[f"minute_{minute}"] = (str(minute) if minute else "", f"{minute:02d}" if minute else "hours")
    return {name: texts for name, texts in found.items() if any(texts)}


def _ordinal(day: int) -> str:
    if day in (11, 12, 13):
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
