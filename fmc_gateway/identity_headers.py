"""Who the other side sees: From, P-Asserted-Identity and Privacy of the legs we originate (call-flows §2).

Nothing but the number to show leaves the installation: no user names of subscribers, no internal host, and
a withheld number only as P-Asserted-Identity toward a trusted carrier (RFC 3323, RFC 3325).
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import msgspec

from hipper.pbx.model import CallerIdentity, Presentation
from hipper.runtime.settings_model import MobileNetwork, PstnTrunk
from hipper.telephony.numbers.e164 import E164

ANONYMOUS = '"Anonymous" <sip:anonymous@anonymous.invalid>'
"""RFC 3323 §4.1.1.3."""

HeaderList = tuple[tuple[str, str], ...]


class Shown(NamedTuple):
    """``from_``: a From value without tag; ``headers``: what goes beside it."""

    from_: str
    headers: HeaderList


def toward_trunk(identity: CallerIdentity, trunk: PstnTrunk, host: str) -> Shown:
    """To a PSTN carrier. Carriers screen the asserted number, so their policy says which
    one it is. No name."""
    presented = identity.number or identity.withheld_number
    asserted = presented if trunk.asserted_identity == "presented" else identity.network_number
    asserted = asserted or identity.network_number or identity.number
    pai = _asserted(asserted, trunk.number_format, host)
    if _hidden(identity):
        return Shown(ANONYMOUS, (*(pai if trunk.trusted else ()), ("Privacy", "id")))
    if identity.number is None:
        return Shown(ANONYMOUS, pai if trunk.trusted else ())
    return Shown(f"<{number_uri(identity.number, trunk.number_format, host)}>", pai)


def toward_mobile(identity: CallerIdentity, network: MobileNetwork, host: str) -> Shown:
    """To the handset through its network: the caller's number and privacy stay (call-flows §3)."""
    pai = _asserted(identity.number or identity.network_number, "e164", host)
    if _hidden(identity):
        return Shown(ANONYMOUS, (*(pai if network.trusted else ()), ("Privacy", "id")))
    if identity.number is not None:
        return Shown(f"{_quoted(identity.name)}<{number_uri(identity.number, 'e164', host)}>", pai)
    if identity.extension is not None:
        return Shown(f"{_quoted(identity.name)}<sip:{identity.extension}@{host}>", ())
    return Shown(ANONYMOUS, ())


def toward_phone(identity: CallerIdentity, domain: str) -> Shown:
    """To a desk phone of the exchange: name and extension of a colleague, else the number. A phone is
    outside the trust domain: it never learns a withheld number."""
    if _hidden(identity):
        return Shown(ANONYMOUS, (("Privacy", "id"),))
    user = identity.extension or identity.number
    if user is None:
        return Shown(ANONYMOUS, ())
    shown = f"{_quoted(identity.name)}<sip:{user}@{domain}>"
    return Shown(shown, (("P-Asserted-Identity", shown),))


def toward_emergency(identity: CallerIdentity, host: str) -> Shown:
    """To the emergency centre: the true number, never withheld (call-flows §5)."""
    number = identity.network_number or identity.number
    if number is None:
        user = identity.extension or "unknown"
        return Shown(f"{_quoted(identity.name)}<sip:{user}@{host}>", ())
    return Shown(f"<{number_uri(number, 'e164', host)}>", _asserted(number, "e164", host))


def connected(identity: CallerIdentity | None, host: str, *, trusted: bool) -> HeaderList:
    """P-Asserted-Identity of who is at the other end, for the 200 to the caller and for an UPDATE (RFC 3325
    §5, COLP). Restricted (COLR): the true number for trusted peers only, and for others that somebody is
    there who does not want to be shown. None: nothing is known."""
    if identity is None:
        return ()
    if not _hidden(identity):
        user = identity.extension or identity.number
        return () if user is None else (_is(identity, user, host),)
    user = identity.number or identity.network_number
    if not trusted or user is None:
        return (("P-Asserted-Identity", ANONYMOUS), ("Privacy", "id"))
    return (_is(msgspec.structs.replace(identity, name=None), user, host), ("Privacy", "id"))


def _is(identity: CallerIdentity, user: str, host: str) -> tuple[str, str]:
    return "P-Asserted-Identity", f"{_quoted(identity.name)}<sip:{user}@{host}>"


def number_uri(number: E164, number_format: Literal["e164", "national"], host: str) -> str:
    return f"sip:{format_number(number, number_format)}@{host};user=phone"


def format_number(number: str, number_format: Literal["e164", "national"]) -> str:
    """``+31201234567`` as the carrier wants it: as it is, or ``0201234567`` and ``0032…`` for abroad. Short
    numbers (``14020``) have one form only."""
    if number_format == "e164" or not number.startswith("+"):
        return number
    return "0" + number[3:] if number.startswith("+31") else "00" + number[1:]


def _asserted(number: E164 | None, number_format: Literal["e164", "national"], host: str) -> HeaderList:
    return (("P-Asserted-Identity", f"<{number_uri(number, number_format, host)}>"),) if number else ()


def _hidden(identity: CallerIdentity) -> bool:
    return identity.presentation is Presentation.RESTRICTED


def _quoted(name: str | None) -> str:
    """A display name as quoted-string (RFC 3261 §25.1) and a space; control characters never leave."""
    if not name:
        return ""
    clean = "".join(character for character in name if character.isprintable())
    escaped = clean.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}" '
