"""What DNS knows of a next hop, as data: NAPTR (RFC 3403), SRV (RFC 2782), A and AAAA."""

from __future__ import annotations

from typing import Literal, NamedTuple

import msgspec

Kind = Literal["NAPTR", "SRV", "A", "AAAA"]


class Question(NamedTuple):
    """``name``: lower case, without the dot at its end."""

    name: str
    kind: Kind


class Naptr(msgspec.Struct, frozen=True, tag="naptr"):
    """``service``: ``SIP+D2U`` and the like (RFC 3263 §4.1); ``replacement``: the name to ask SRV of."""

    order: int
    preference: int
    flags: str
    service: str
    replacement: str


class Srv(msgspec.Struct, frozen=True, tag="srv"):
    """``target`` ``""``: the service is decidedly not there (RFC 2782)."""

    priority: int
    weight: int
    port: int
    target: str


class Address(msgspec.Struct, frozen=True, tag="address"):
    """An IP literal."""

    address: str


Record = Naptr | Srv | Address


class RecordSet(msgspec.Struct, frozen=True):
    """One answer. No ``records``: the name has none of that kind, for ``ttl_s`` seconds."""

    records: tuple[Record, ...]
    ttl_s: float
