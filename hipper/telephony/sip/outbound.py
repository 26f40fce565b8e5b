"""Connections the client opened and the server uses back (RFC 5626): instance, reg-id, recovery."""

from __future__ import annotations

from typing import NamedTuple

from hipper.telephony.sip.headers import NameAddr
from hipper.telephony.sip.ids import IdSource, fraction
from hipper.telephony.sip.message import Request
from hipper.telephony.sip.uri import SipUri

MAX_REG_ID = 2**31 - 1
BASE_TIME_S = 30.0
"""Wait after the first failure of every flow (§4.5, all-flows-failed)."""
MAX_TIME_S = 1800.0


class FlowIdentity(NamedTuple):
    """What identifies one registered flow of one device (§6): its ``+sip.instance`` and ``reg-id``."""

    instance: str
    reg_id: int


def instance_of(contact: NameAddr) -> str | None:
    """``+sip.instance`` without angle brackets, ``urn:uuid:…``; None when absent or empty (§4.1)."""
    value = contact.params.get("+sip.instance")
    if not value:
        return None
    return value.removeprefix("<").removesuffix(">") or None


def flow_identity(request: Request, contact: NameAddr) -> FlowIdentity | None:
    """The flow a REGISTER binds, when its client does outbound; else None and the Contact URI identifies it.

    §6: a reg-id without instance, or without ``outbound`` in Supported, is ignored; so is one out of range.
    """
    instance, text = instance_of(contact), contact.params.get("reg-id")
    if instance is None or text is None or "outbound" not in request.supported:
        return None
    if not text.isdecimal() or len(text) > 10 or not 1 <= int(text) <= MAX_REG_ID:
        return None
    return FlowIdentity(instance, int(text))


def first_hop_lacks_support(request: Request) -> bool:
    """§6: behind an edge proxy the first one (last Path) must say ``ob``; otherwise 439."""
    if len(request.vias) < 2:
        return False
    paths = request.paths
    if not paths:
        return True
    uri = paths[-1].uri
    return not (isinstance(uri, SipUri) and "ob" in uri.params)


def contact_params(instance: str, reg_id: int | None) -> str:
    """Contact parameters of a client: ``;reg-id=1;+sip.instance="<urn:uuid:…>"``."""
    flow = "" if reg_id is None else f";reg-id={reg_id}"
    return f'{flow};+sip.instance="<{instance}>"'


def recovery_wait_s(failures: int, ids: IdSource) -> float:
    """How long to wait before registering anew after ``failures`` in a row (§4.5): 50 to 100 % of a bound."""
    bound: float = min(MAX_TIME_S, BASE_TIME_S * 2.0 ** min(failures, 16))
    return bound * (0.5 + fraction(ids) / 2)
