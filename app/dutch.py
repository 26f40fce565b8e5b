"""What the libraries say of settings that cannot be, in Dutch: they say it in English, as phrases with a
value or two. Every phrase of theirs has its line here (tests/app/test_dutch.py reads them from the
source)."""

from __future__ import annotations

import re
from re import Match

_NAMES = {"schedules": "schema's", "numbers": "nummers", "criteria": "criteria", "profiles": "profielen"}


def _name(found: Match[str], group: int) -> str:
    return _NAMES.get(found[group], found[group])


_V = r"('.*?'|\".*?\")"
"""A value as Python shows it."""
_PHRASES: tuple[tuple[str, str], ...] = (
    # msgspec
    (r"Expected (.+), got (.+)", r"verwacht \1, kreeg \2"),
    (r"Object contains unknown field (.+)", r"onbekend veld \1"),
    (r"Object missing required field (.+)", r"veld \1 ontbreekt"),
    (r"Invalid enum value (.+)", r"\1 is geen keuze"),
    (r"Expected (.+)", r"verwacht \1"),
    # hipper.pbx.calling_plan_problems
    (r"a plan has at most (\d+) prefixes", r"een belplan heeft ten hoogste \1 beginnummers"),
    (
        rf"{_V} is no prefix: \+49 for numbers, 18 for national short numbers",
        r"\1 is geen begin van nummers: +49, of 18 bij korte nummers",
    ),
    (r"amounts are 0 to (\d+) euros", r"bedragen zijn 0 tot \1 euro"),
    (r"rates are for at most (\d+) countries", r"er zijn tarieven voor ten hoogste \1 landen"),
    (rf"{_V} is no calling code such as 49", r"\1 is geen landnummer zoals 49"),
    (r"there cannot be fewer than 0 calls", "minder dan 0 gesprekken bestaat niet"),
    (rf"{_V} is no code: they are (.+)", r"\1 is geen code: die zijn \2"),
    (r"code (.+) stands there twice", r"code \1 staat er twee keer"),
    (r"code (.+) is the beginning of (.+)", r"code \1 is het begin van \2"),
    (rf"code {_V} stands for no number", r"code \1 staat voor geen nummer"),
    (r"a group has at most (\d+) zones", r"een groep heeft ten hoogste \1 zones"),
    (r"two zones have the same name", "twee zones heten hetzelfde"),
    (r"a zone needs a name", "een zone heeft een naam nodig"),
    (
        rf"the number of zone {_V} is no E\.164 number such as (\S+)",
        r"het nummer van zone \1 is geen E.164-nummer zoals \2",
    ),
    (r"wait_s is 1 to (\d+) seconds", r"wait_s is 1 tot \1 seconden"),
    # hipper.pbx.termination_problems
    (r"there is no destination to forward to", "er is geen nummer om naar door te schakelen"),
    (r"there is no ring (.+): there are 2 and 3", r"beltoon \1 bestaat niet: er zijn 2 en 3"),
    (
        r"no call is ever forwarded to an emergency number or 113",
        "naar een noodnummer of 113 wordt nooit doorgeschakeld",
    ),
    (rf"{_V} is no number or extension", r"\1 is geen nummer of verkort nummer"),
    (r"no emergency number, nor 113, rings along", "een noodnummer of 113 belt nooit mee"),
    (rf"{_V} is no telephone number", r"\1 is geen telefoonnummer"),
    (rf"the delay of {_V} is (\d+) to (\d+) seconds", r"de vertraging van \1 is \2 tot \3 seconden"),
    (r"(\w+) is (\d+) to (\d+) seconds", r"\1 is \2 tot \3 seconden"),
    (rf"there is no profile {_V}", r"profiel \1 bestaat niet"),
    (rf"criterion {_V} has at most (\d+) numbers", r"criterium \1 heeft ten hoogste \2 nummers"),
    (rf"criterion {_V} names no numbers", r"criterium \1 noemt geen nummers"),
    (rf"{_V} is no number as (\S+)", r"\1 is geen nummer zoals \2"),
    (
        r"an alternate number goes with the choice of one, and with no other",
        "een alternatief nummer hoort bij die keuze, en bij geen andere",
    ),
    # hipper.pbx.schedules
    (
        r"a schedule has at most (\d+) weekly periods and (\d+) events",
        r"een schema heeft ten hoogste \1 weekperioden en \2 gebeurtenissen",
    ),
    (rf"no public holidays are known of country {_V}", r"van land \1 zijn geen feestdagen bekend"),
    (r"it never ends", "het eindigt nooit"),
    (r"it ends before it begins", "het eindigt voor het begint"),
    (r"what recurs may last a year at most", "wat terugkeert duurt ten hoogste een jaar"),
    (r"FREQ must be (.+)", r"FREQ is \1"),
    (r"COUNT and UNTIL exclude each other", "COUNT en UNTIL gaan niet samen"),
    (r"BYDAY with a number needs (.+)", r"BYDAY met een getal hoort bij \1"),
    (rf"{_V} is not supported in a recurrence", r"\1 kan niet in een herhaling"),
    (r"(\S+) must stand once, with a value", r"\1 staat er één keer, met een waarde"),
    (r"(\S+) must be a number from (\S+) to (\S+)", r"\1 is een getal van \2 tot \3"),
    (rf"{_V} is not a weekday such as (.+)", r"\1 is geen weekdag zoals \2"),
    (r"UNTIL must be a day (\(\w+\)) or a time (\(\w+\))", r"UNTIL is een dag \1 of een tijd \2"),
    (rf"{_V} is not a time from (\S+) to (\S+)", r"\1 is geen tijd van \2 tot \3"),
    (rf"{_V} is neither a day (\(\S+\)) nor a time (\(\S+\))", r"\1 is geen dag \2 en geen tijd \3"),
    (r"no text may hold the character U\+0000", "geen tekst mag het teken U+0000 bevatten"),
    # hipper.directory
    (r"these are settings of another service", "dit zijn instellingen van een andere dienst"),
)
_COMPILED = tuple((re.compile(pattern, re.DOTALL), text) for pattern, text in _PHRASES)
_AT_MOST = re.compile(r"there are at most (\d+) (\w+)")
_TWICE = re.compile(rf"two (\w+) have the name {_V}")
_INSIDE = re.compile(rf"(schedule {_V}|[^:']{{1,60}}): (.+)", re.DOTALL)


def in_dutch(text: str) -> str:
    """Phrases with semicolons between them, each in Dutch; one nobody foresaw stays as it is."""
    return "; ".join(_phrase(one) for one in text.split("; "))


def _phrase(text: str) -> str:
    for pattern, dutch in _COMPILED:
        found = pattern.fullmatch(text)
        if found:
            return found.expand(dutch)
    if found := _AT_MOST.fullmatch(text):
        return f"er zijn ten hoogste {found[1]} {_name(found, 2)}"
    if found := _TWICE.fullmatch(text):
        return f"twee {_name(found, 1)} heten {found[2]}"
    if found := _INSIDE.fullmatch(text):
        where = f"schema {found[2]}" if found[2] else found[1]
        return f"{where}: {_phrase(found[3])}"
    return text
