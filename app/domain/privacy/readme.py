"""What an export says of itself, in Dutch and English."""

from __future__ import annotations

from datetime import UTC, datetime

KINDS_SAID = {
    "user": (
        "wie u bent: naam, profiel, gekozen nummer, hoe u aanmeldt",
        "who you are: name, service pack, chosen number, how you sign in",
    ),
    "numbers": ("uw nummers", "your numbers"),
    "telephones": ("uw toestellen", "your telephones"),
    "settings": ("uw instellingen per dienst, en uw tegels", "your settings by service, and your tiles"),
    "contacts": ("uw zakelijke en privécontacten", "your business and private contacts"),
    "sessions": ("waar u bent aangemeld", "where you are signed in"),
    "exports": ("deze export zelf", "this export itself"),
    "calls": (
        "uw gesprekken; nummers die voor u waren afgeschermd staan er niet in",
        "your calls; numbers that were withheld from you are not in it",
    ),
    "changes": (
        "wat er aan uw instellingen is veranderd, wanneer, en door wie",
        "what was changed of your settings, when, and by whom",
    ),
}
"""By kind of thing, whose file is called so."""

_NL = """\
Alles wat over {aor} bekend is
{line}

Gemaakt op {made} (UTC).

Elk bestand is JSON (UTF-8) over een soort gegevens:

{files}

Tijden zijn UTC, of seconden sinds 1 januari 1970. Wachtwoorden, sleutels en codes staan er niet in.
Bewaar deze bestanden zo zorgvuldig als u uw post bewaart: wie ze heeft, weet met wie u belde.
"""
_EN = """\
Everything that is known about {aor}
{line}

Made at {made} (UTC).

Each file is JSON (UTF-8) about one kind of thing:

{files}

Times are UTC, or seconds since 1 January 1970. Passwords, keys and codes are not in it.
Keep these files as carefully as your mail: whoever has them knows whom you called.
"""


def readme(aor: str, language: str, now: float) -> str:
    """``language``: nl or en. ``now``: Unix seconds."""
    which, text = (0, _NL) if language == "nl" else (1, _EN)
    files = "\n".join(f"  {f'{kind}.json':18} {said[which]}" for kind, said in KINDS_SAID.items())
    title = text.partition("\n")[0].format(aor=aor)
    made = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d %H:%M")
    return text.format(aor=aor, line="=" * len(title), made=made, files=files)
