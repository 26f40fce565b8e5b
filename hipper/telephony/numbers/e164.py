"""E.164 numbers as a type: ``+`` and 2 to 15 digits (ITU-T E.164)."""

from typing import NewType

E164 = NewType("E164", str)
"""Always with the leading ``+``. Made by :mod:`hipper.telephony.numbers.normalise` only."""
