"""Keys pressed during a call, told apart: codes of services, the numbers that belong to them, and what is for
the far party (call-flows §4, "In-call digits").

A key that may begin a code is withheld until it is clear whose it is, for two seconds at most. Each key is
either part of one code, or of the number after it, or passed on, once and in order. Pure: what is to be done
comes back as outcomes, and :func:`waits_s` says how long the next key is awaited.
"""

from __future__ import annotations

from typing import NamedTuple

from hipper.pbx.services.in_call import NEEDS_DESTINATION, InCallService

CODE_WITHIN_S = 2.0
NUMBER_WITHIN_S = 4.0
"""After each key of the number; the first one is awaited longer, for somebody has to be listened to."""
FIRST_WITHIN_S = 10.0
LONGEST_NUMBER = 32
END, AGAIN = "#", "*"
"""``#`` ends the number; ``*`` gives up."""

Codes = tuple[tuple[str, InCallService], ...]
"""None is the beginning of another."""


class Typed(NamedTuple):
    """What one telephone has pressed and nobody has yet. ``withheld``: the beginning of a code. ``service``:
    it awaits the rest of ``number``."""

    withheld: str = ""
    service: InCallService | None = None
    number: str = ""


NOTHING = Typed()


class Passed(NamedTuple):
    """For the far party."""

    keys: str


class Begun(NamedTuple):
    """The number comes."""

    service: InCallService


class Keyed(NamedTuple):
    """``number`` None: the service needs none."""

    service: InCallService
    number: str | None


class GivenUp(NamedTuple):
    """No number came."""


Outcome = Passed | Begun | Keyed | GivenUp
Outcomes = tuple[Outcome, ...]


def pressed(typed: Typed, codes: Codes, key: str) -> tuple[Typed, Outcomes]:
    """``key``: one of ``0``–``9``, ``*``, ``#``, ``A``–``D``."""
    if typed.service is not None:
        return _of_number(typed, typed.service, key)
    return _read(typed.withheld + key, codes)


def timed_out(typed: Typed) -> tuple[Typed, Outcomes]:
    """No key came in time."""
    if typed.service is not None:
        return NOTHING, (_ended(typed.service, typed.number),)
    return NOTHING, (Passed(typed.withheld),) if typed.withheld else ()


def waits_s(typed: Typed) -> float | None:
    """How long for the next key; None: for ever."""
    if typed.service is not None:
        return NUMBER_WITHIN_S if typed.number else FIRST_WITHIN_S
    return CODE_WITHIN_S if typed.withheld else None


def _read(keys: str, codes: Codes) -> tuple[Typed, Outcomes]:
    """What cannot begin a code any more is passed on from the left."""
    passed = 0
    while passed < len(keys):
        rest = keys[passed:]
        service = next((service for code, service in codes if code == rest), None)
        before: Outcomes = (Passed(keys[:passed]),) if passed else ()
        if service in NEEDS_DESTINATION:
            assert service is not None
            return Typed(service=service), (*before, Begun(service))
        if service is not None:
            return NOTHING, (*before, Keyed(service, None))
        if any(code.startswith(rest) for code, _ in codes):
            return Typed(withheld=rest), before
        passed += 1
    return NOTHING, (Passed(keys),)


def _of_number(typed: Typed, service: InCallService, key: str) -> tuple[Typed, Outcomes]:
    if key == AGAIN:
        return NOTHING, (GivenUp(),)
    number = typed.number if key == END else typed.number + key
    if key == END or len(number) >= LONGEST_NUMBER:
        return NOTHING, (_ended(service, number),)
    return typed._replace(number=number), ()


def _ended(service: InCallService, number: str) -> Outcome:
    return Keyed(service, number) if number else GivenUp()
