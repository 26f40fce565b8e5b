"""The feature codes: one table, which a group may spell otherwise, and how what was dialled is read by it.
Pure.

Forwarding, call waiting, callback and showing the number are spelled as on mobiles (3GPP TS 22.030 §6.5.2,
annex B), the others as BroadWorks and Dutch fixed lines have them. A handset keeps the GSM ones for its own
network, so they come from desk phones; from a phone of another exchange they work as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

from hipper.pbx.services.colleagues import FeatureCodes


class Follows(str, Enum):
    """What stands between the code and the closing ``#``."""

    NOTHING = "nothing"
    NUMBER = "number"
    """``*21*0201234567#``; without a number the one that is set already counts."""
    NUMBER_AND_TIME = "number_and_time"
    """``*61*0201234567**20#``: seconds after the basic service group, which is empty or 11 (telephony)."""
    TWO_DIGITS = "two_digits"
    EXTENSION = "extension"
    """``*97201``, also ``*97*201#``."""


class Does(str, Enum):
    FORWARD = "forward"
    """Sets ``active`` and ``destination`` of a forwarding service."""
    SWITCH = "switch"
    """Sets ``active``."""
    NIGHT = "night"
    SHOW_NUMBER = "show_number"
    """On: shown; off: withheld. The code before a number says it of this call only."""
    CALLBACK = "callback"
    REDIAL = "redial"
    CALL_RETURN = "call_return"
    SPEED_DIAL = "speed_dial"
    PULL = "pull"
    PICK_UP = "pick_up"
    PICK_UP_AT = "pick_up_at"
    BARGE_IN = "barge_in"
    PARK = "park"
    RETRIEVE = "retrieve"


class FeatureCode(NamedTuple):
    """``code``: what stands after star or hash. ``service``: a name of the registry of services, which
    the user's pack has to hold; None: every user's."""

    code: str
    does: Does
    service: str | None
    follows: Follows
    nl: str
    en: str

    @property
    def name(self) -> str:
        """As :class:`~hipper.pbx.services.colleagues.FeatureCodes` calls it; others are spelled the same
        everywhere."""
        if self.does is Does.RETRIEVE:
            return "call_park_retrieve"
        return self.service or self.does.value


FEATURE_CODES = (
    FeatureCode(
        "21",
        Does.FORWARD,
        "call_forwarding_always",
        Follows.NUMBER,
        "Altijd doorschakelen",
        "Forward all calls",
    ),
    FeatureCode(
        "67",
        Does.FORWARD,
        "call_forwarding_busy",
        Follows.NUMBER,
        "Doorschakelen bij bezet",
        "Forward calls when busy",
    ),
    FeatureCode(
        "61",
        Does.FORWARD,
        "call_forwarding_no_answer",
        Follows.NUMBER_AND_TIME,
        "Doorschakelen bij geen gehoor",
        "Forward calls that are not answered",
    ),
    FeatureCode(
        "62",
        Does.FORWARD,
        "call_forwarding_not_reachable",
        Follows.NUMBER,
        "Doorschakelen bij niet bereikbaar",
        "Forward calls when not reachable",
    ),
    FeatureCode(
        "31",
        Does.SHOW_NUMBER,
        None,
        Follows.NOTHING,
        "Nummer tonen of afschermen",
        "Show or withhold the number",
    ),
    FeatureCode("26", Does.SWITCH, "do_not_disturb", Follows.NOTHING, "Niet storen", "Do not disturb"),
    FeatureCode("43", Does.SWITCH, "call_waiting", Follows.NOTHING, "Wisselgesprek", "Call waiting"),
    FeatureCode(
        "77",
        Does.SWITCH,
        "anonymous_call_rejection",
        Follows.NOTHING,
        "Anonieme oproepen weigeren",
        "Reject anonymous calls",
    ),
    FeatureCode("64", Does.NIGHT, "night_forwarding", Follows.NUMBER, "Nachtschakeling", "Night forwarding"),
    FeatureCode(
        "37",
        Does.CALLBACK,
        "automatic_callback",
        Follows.NOTHING,
        "Terugbellen als de collega vrij is",
        "Call back when the colleague is free",
    ),
    FeatureCode(
        "66",
        Does.REDIAL,
        "last_number_redial",
        Follows.NOTHING,
        "Laatste nummer herhalen",
        "Redial the last number",
    ),
    FeatureCode(
        "69",
        Does.CALL_RETURN,
        "call_return",
        Follows.NOTHING,
        "De laatste beller terugbellen",
        "Call the last caller",
    ),
    FeatureCode("0", Does.SPEED_DIAL, "speed_dial_100", Follows.TWO_DIGITS, "Verkort kiezen", "Speed dial"),
    FeatureCode(
        "11",
        Does.PULL,
        None,
        Follows.NOTHING,
        "Gesprek naar dit toestel halen",
        "Move the call to this telephone",
    ),
    FeatureCode(
        "98",
        Does.PICK_UP,
        "call_pickup",
        Follows.NOTHING,
        "Gesprek van een collega overnemen",
        "Pick up the call of a colleague",
    ),
    FeatureCode(
        "97",
        Does.PICK_UP_AT,
        "directed_call_pickup",
        Follows.EXTENSION,
        "Gesprek bij een toestelnummer overnemen",
        "Pick up the call at an extension",
    ),
    FeatureCode(
        "33",
        Does.BARGE_IN,
        "directed_call_pickup_with_bargein",
        Follows.EXTENSION,
        "Overnemen of inbreken bij een toestelnummer",
        "Pick up or join the call at an extension",
    ),
    FeatureCode("68", Does.PARK, "call_park", Follows.EXTENSION, "Gesprek parkeren", "Park the call"),
    FeatureCode(
        "88",
        Does.RETRIEVE,
        "call_park",
        Follows.EXTENSION,
        "Geparkeerd gesprek ophalen",
        "Retrieve a parked call",
    ),
)
"""Dialled after star or hash, unless the group spells it otherwise. Besides: 2 to 9 alone (Speed Dial 8) and
1233 (voicemail)."""

_BY_CODE = {one.code: one for one in FEATURE_CODES}
_SHORTEST, _LONGEST = 2, 3
"""Digits of a code that an extension follows."""
SPEED_DIAL_KEYS = frozenset("23456789")
"""Speed Dial 8: one key alone."""


SHORTEST_S = 5
LONGEST_S = 180
"""How long a user may let everything ring, in seconds; as in provisioning."""


class Operation(str, Enum):
    ON = "on"
    OFF = "off"
    ERASE = "erase"
    """Off, and the number forgotten."""


_OPERATIONS = (
    ("**", Operation.ON),
    ("##", Operation.ERASE),
    ("*", Operation.ON),
    ("#", Operation.OFF),
)


class DialledCode(NamedTuple):
    """``number``: what followed, for SPEED_DIAL its two digits. ``after_s``: the time that followed."""

    feature: FeatureCode
    operation: Operation
    number: str | None = None
    after_s: int | None = None


@lru_cache(maxsize=1024)
def codes_of(spelled: FeatureCodes | None) -> Mapping[str, FeatureCode]:
    """The table of a group: what each code is called by what is dialled."""
    if spelled is None:
        return _BY_CODE
    codes = (one._replace(code=getattr(spelled, one.name, None) or one.code) for one in FEATURE_CODES)
    return {one.code: one for one in codes}


def read_code(digits: str, spelled: FeatureCodes | None = None) -> DialledCode | None:
    """``digits``: ``0-9 * #`` as dialled, star or hash first; the closing ``#`` may be left out.
    ``spelled``: by the group of who dials. None when no code is spelled so. Never raises."""
    for prefix, operation in _OPERATIONS:
        if digits.startswith(prefix):
            code, *rest = digits[len(prefix) :].removesuffix("#").split("*")
            return _read(codes_of(spelled), operation, code, rest)
    return None


def _read(
    codes: Mapping[str, FeatureCode], operation: Operation, code: str, rest: list[str]
) -> DialledCode | None:
    if operation is Operation.ON and len(code) == 3 and code[0] == "0" and not rest:
        return DialledCode(codes["0"], operation, number=code[1:]) if _digits(code) else None
    feature = codes.get(code)
    if feature is None and not rest:
        return _with_extension(codes, operation, code)
    if feature is None or feature.follows is Follows.TWO_DIGITS:
        return None
    if not rest:
        return DialledCode(feature, operation)
    if operation is not Operation.ON or feature.follows is Follows.NOTHING or not _digits(rest[0]):
        return None
    if len(rest) == 1:
        return DialledCode(feature, operation, number=rest[0])
    if feature.follows is not Follows.NUMBER_AND_TIME:
        return None
    return _with_time(DialledCode(feature, operation, number=rest[0]), rest[1:])


def _with_extension(
    codes: Mapping[str, FeatureCode], operation: Operation, digits: str
) -> DialledCode | None:
    """Code and extension in one, as people dial them."""
    for length in (_LONGEST, _SHORTEST):
        feature, extension = codes.get(digits[:length]), digits[length:]
        if feature is not None and feature.follows is Follows.EXTENSION and _digits(extension):
            return DialledCode(feature, operation, number=extension) if operation is Operation.ON else None
    return None


def _with_time(code: DialledCode, rest: list[str]) -> DialledCode | None:
    """The basic service group, and the seconds (TS 22.030 §6.5.2: SIB and SIC)."""
    if rest[0] not in ("", "11") or len(rest) > 2:
        return None
    if len(rest) == 1:
        return code
    seconds = rest[1]
    if not (_digits(seconds) and len(seconds) <= 3 and SHORTEST_S <= int(seconds) <= LONGEST_S):
        return None
    return code._replace(after_s=int(seconds))


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit()
