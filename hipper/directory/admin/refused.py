"""Why a change cannot be, in English (``str``) and Dutch (``uitleg``)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import NamedTuple

import asyncpg

from hipper.directory.errors import DirectoryError


class Refused(DirectoryError):  # noqa: N818
    """``pointer``: JSON Pointer to the member of the request it is about (RFC 6901 §6)."""

    def __init__(self, text: str, uitleg: str, pointer: str = "#") -> None:
        super().__init__(text)
        self.uitleg = uitleg
        self.pointer = pointer


class Unfit(Refused):
    """A value that cannot be."""


class NotThere(Refused):
    """What is asked about does not exist, or is not for who asks."""


class NotAllowed(Refused):
    """Not for the role of who asks."""


class Obstacle(NamedTuple):
    """One thing that stands in the way. ``pointer``: of the request, or ``#/calls`` and the like."""

    pointer: str
    text: str
    tekst: str


class InTheWay(Refused):
    """It would fit, but for what is there now."""

    def __init__(self, *obstacles: Obstacle) -> None:
        super().__init__("; ".join(one.text for one in obstacles), "; ".join(one.tekst for one in obstacles))
        self.obstacles = obstacles


def already(pointer: str, what: str, wat: str) -> InTheWay:
    """``what`` is somebody's already."""
    return InTheWay(Obstacle(pointer, f"{what} is already taken", f"{wat} is al bezet"))


_HELD = {
    "tenants_name_key": ("#/name", "this name", "deze naam"),
    "domains_pkey": ("#/domains", "this domain", "dit domein"),
    "groups_tenant_id_name_key": ("#/name", "this name", "deze naam"),
    "subscribers_domain_user_name_key": ("#/user", "this user name", "deze gebruikersnaam"),
    "numbers_e164_key": ("#/number", "this number", "dit nummer"),
    "numbers_tenant_id_e164_key": ("#/number", "this number", "dit nummer"),
    "numbers_held_once": ("#/number", "this number", "dit nummer"),
    "numbers_tenant_id_extension_key": ("#/extension", "this extension", "dit verkorte nummer"),
    "number_blocks_held_once": ("#/first", "a number of this block", "een nummer van dit blok"),
    "devices_domain_aor_user_key": ("#/aor_user", "this name of a telephone", "deze naam van een toestel"),
    "devices_exchange": ("#/user", "this telephone of the exchange", "dit toestel van de centrale"),
    "subscriptions_pkey": ("#/id", "this subscription", "dit abonnement"),
    "subscriptions_e164_key": ("#/number", "this number", "dit nummer"),
}
"""Constraints of the tables, as what somebody already has."""


@contextlib.contextmanager
def refusals() -> Iterator[None]:
    """Around a transaction: what the tables refuse, because somebody was first, as InTheWay."""
    try:
        yield
    except (asyncpg.UniqueViolationError, asyncpg.ExclusionViolationError) as error:
        held = _HELD.get(str(error.constraint_name))
        if held is None:
            raise
        raise already(*held) from None
