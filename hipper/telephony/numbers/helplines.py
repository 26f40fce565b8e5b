"""Helplines: calls to them are nobody's business but the caller's (call-flows §7).

Numbers that Dutch telephone bills leave out too; 112 stands with them.
"""

from __future__ import annotations

from hipper.telephony.numbers.digits import read_dial_string
from hipper.telephony.numbers.emergency import is_never_recorded
from hipper.telephony.numbers.short_numbers import ShortKind, short_kind

FREEPHONES = frozenset({"+318000113", "+318002000", "+318000432", "+31880767000"})
"""113 Zelfmoordpreventie, Veilig Thuis, De Kindertelefoon, De Luisterlijn."""
_SPELLINGS = FREEPHONES | {"0" + number[3:] for number in FREEPHONES} | {"00" + n[1:] for n in FREEPHONES}


def is_helpline(text: str) -> bool:
    """Whether ``text`` (digits as dialled, or E.164) reaches a helpline or an emergency service."""
    if is_never_recorded(text):
        return True
    dial = read_dial_string(text)
    if dial is None:
        return False
    return dial.digits in _SPELLINGS or short_kind(dial.digits) is ShortKind.HELPLINE
