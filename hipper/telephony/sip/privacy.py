"""Privacy (RFC 3323, 3325)."""

from __future__ import annotations

from hipper.telephony.sip.errors import SipParseError
from hipper.telephony.sip.grammar import is_token


class Privacy(frozenset[str]):
    """Privacy (RFC 3323, 3325): values in lower case: id, user, header, session, none, critical."""

    @classmethod
    def parse(cls, text: str) -> Privacy:
        """Values are separated by semicolons; peers use commas too."""
        values = [value.strip(" \t").lower() for value in text.replace(",", ";").split(";")]
        if not all(is_token(value) for value in values):
            raise SipParseError("Malformed Privacy header field")
        return cls(values)

    def __str__(self) -> str:
        return ";".join(sorted(self, key=lambda value: (value == "critical", value)))
