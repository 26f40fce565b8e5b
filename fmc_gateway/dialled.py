"""From a Request-URI to what was dialled (RFC 3261 §19.1.6, RFC 3966, RFC 4904, RFC 5031)."""

from __future__ import annotations

from typing import NamedTuple

from hipper.telephony.numbers.e164 import E164
from hipper.telephony.numbers.normalise import normalise_e164
from hipper.telephony.sip.uri import OpaqueUri, SipUri, TelUri, Uri

_SEPARATORS = str.maketrans("", "", "-.() ")


class Dialled(NamedTuple):
    """``text``: digits as dialled, percent-decoded, without parameters; a URN
    whole. ``trunk_group``: ``tgrp``."""

    text: str
    trunk_group: str | None


def read_dialled(uri: Uri) -> Dialled:
    """What the caller dialled. Never raises: an odd scheme comes back whole and is nobody's number."""
    if isinstance(uri, SipUri):
        # RFC 4904 and RFC 3966 parameters stand inside the user part: sip:+31...;tgrp=x;trunk-context=y@host
        number, _, rest = (uri.user or "").partition(";")
        return Dialled(_clean(number), _parameter(rest, "tgrp") or uri.params.get("tgrp"))
    if isinstance(uri, TelUri):
        return Dialled(_clean(uri.number), uri.params.get("tgrp"))
    assert isinstance(uri, OpaqueUri)
    return Dialled(str(uri), None)


def e164_of(text: str) -> E164 | None:
    """The E.164 number in ``text``: ``+31…``, ``0031…``, ``020…``, and ``3120…`` as some carriers write it.
    A number a peer writes in full is taken at its word, known to the numbering plan or not."""
    if text.startswith("+") and text[1:].isdecimal() and text.isascii() and 8 <= len(text) <= 16:
        return E164(text)
    return normalise_e164(text) if text else None


def number_of(uri: Uri) -> E164 | None:
    """The E.164 number a tel or sip URI names, None when it names none."""
    return None if isinstance(uri, OpaqueUri) else e164_of(read_dialled(uri).text)


def _clean(number: str) -> str:
    return number.translate(_SEPARATORS) if number[:1] in "+0123456789*#(" else number


def _parameter(parameters: str, name: str) -> str | None:
    for part in parameters.split(";"):
        key, _, value = part.partition("=")
        if key.strip().lower() == name:
            return value
    return None
