"""Which digits may be an extension of a tenant (call-flows §5: never 112 or 113)."""

from __future__ import annotations

from hipper.telephony.numbers.emergency import HELPLINE, emergency_number
from hipper.telephony.numbers.short_numbers import ShortKind, short_kind

MIN_DIGITS = 2
MAX_DIGITS = 6


def extension_problem(extension: str, country: str = "NL") -> str | None:
    """Why ``extension`` cannot be one, as a phrase to put after it (``is an emergency number``), or None."""
    if not (extension.isascii() and extension.isdigit()):
        return "has something other than digits"
    if not MIN_DIGITS <= len(extension) <= MAX_DIGITS:
        return f"has {len(extension)} digits; extensions have {MIN_DIGITS} to {MAX_DIGITS}"
    if emergency_number(extension, ("NL", country) if country != "NL" else ("NL",)) is not None:
        return "is an emergency number"
    if extension == HELPLINE or extension == "0" + HELPLINE:
        return "is a helpline that must stay reachable"
    if extension.startswith("0"):
        return "begins with 0, as outside numbers do"
    if short_kind(extension, country) is ShortKind.VOICEMAIL:
        return "is the number of voicemail"
    return None
