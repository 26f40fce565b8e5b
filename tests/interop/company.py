"""A company for one test: numbers nobody else has, provisioned as an operator would, from a file."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from hipper.directory.provision import apply_file
from tests.interop.ports import slice_number

PASSWORD = "krentenbol"
_companies = itertools.count(1)
_people = itertools.count(slice_number() * 10_000 + 1)


@dataclass(frozen=True)
class Person:
    """A subscriber. ``phones``: AOR users of the desk phones. Numbers are E.164; ``domain``: of the AORs."""

    user: str
    domain: str
    extension: str
    fixed: str
    mobile: str | None
    phones: tuple[str, ...]
    identity: str
    withhold: bool = False
    no_answer_s: int = 30

    def toml(self) -> str:
        lines = [
            "[[subscriber]]",
            f'user = "{self.user}"',
            f'display_name = "{self.user.title()}"',
            f'extension = "{self.extension}"',
            f'fixed = "{self.fixed}"',
            f'identity = "{self.identity}"',
            f"withhold = {str(self.withhold).lower()}",
            f"no_answer_s = {self.no_answer_s}",
            f'fixed_subscription = "FIX-{self.fixed}"',
        ]
        if self.mobile is not None:
            lines += [f'mobile = "{self.mobile}"', f'mobile_subscription = "MOB-{self.mobile}"']
        for phone in self.phones:
            lines += ["[[subscriber.desk_phone]]", f'aor_user = "{phone}"', f'label = "{phone}"']
            lines.append(f'password = "{PASSWORD}"')
        return "\n".join(lines) + "\n"


class Company:
    """One tenant. People are added, then :meth:`apply` makes it so; again after a change."""

    def __init__(self, folder: Path, database: str) -> None:
        self.number = next(_companies)
        self.tenant = f"interop-{slice_number()}-{self.number}"
        self.domain = f"{self.tenant}.test"
        self.people: dict[str, Person] = {}
        self._file = folder / f"{self.tenant}.toml"
        self._database = database

    def person(
        self,
        user: str,
        *,
        phones: int = 1,
        mobile: bool = True,
        identity: str | None = None,
        withhold: bool = False,
        no_answer_s: int = 30,
    ) -> Person:
        """Add somebody, or change what was said before; numbers stay."""
        before = self.people.get(user)
        count = next(_people)
        fixed = before.fixed if before else f"+31207{count:06d}"
        number = (before.mobile if before else f"+316{20_000_000 + count}") if mobile else None
        extension = before.extension if before else str(201 + len(self.people))
        names = tuple(f"{user}-{fixed[-5:]}-{n}" for n in range(1, phones + 1))
        shown = identity or ("mobile" if mobile else "fixed")
        person = Person(user, self.domain, extension, fixed, number, names, shown, withhold, no_answer_s)
        self.people[user] = person
        return person

    async def apply(self) -> None:
        """Provision."""
        head = (
            f'[tenant]\nname = "{self.tenant}"\ndisplay_name = "Interop"\nkind = "group"\n'
            f'domains = ["{self.domain}"]\nmobile_network = "mno"\n\n'
            '[[group]]\nname = "office"\ndisplay_name = "Office"\ncountry = "NL"\narea_code = "20"\n\n'
        )
        self._file.write_text(head + "\n".join(person.toml() for person in self.people.values()))
        connection = await asyncpg.connect(self._database)
        try:
            await apply_file(connection, self._file)
        finally:
            await connection.close()


def national(number: str) -> str:
    """`+31201234567` as people dial it: `0201234567`."""
    return "0" + number.removeprefix("+31")
