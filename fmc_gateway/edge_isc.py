"""Legs of a network in ``isc`` mode: we are an IMS application server (3GPP TS 24.229 §5.7, TS 23.218).

The S-CSCF sends both halves of its users' calls to us. Whose call it is stands in P-Served-User (RFC 5502);
the way back is what is left of Route after ours, with the Original Dialog Identifier in it.
"""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import NamedTuple

import msgspec

from fmc_gateway.asserted import asserted_number, is_anonymous
from fmc_gateway.call.emergency import CARRIED
from fmc_gateway.call.events import LegDirection, LegOffered, LegSource, PassOn
from fmc_gateway.dialled import Dialled, e164_of, number_of, read_dialled
from fmc_gateway.edge import Offer, Refusal, kept_headers, offered_leg
from fmc_gateway.loop_guard import LoopGuard
from fmc_gateway.text import clean
from hipper.runtime.settings_model import MobileNetwork, Settings
from hipper.telephony.numbers.e164 import E164
from hipper.telephony.numbers.emergency import is_emergency
from hipper.telephony.sip.errors import SipParseError
from hipper.telephony.sip.headers import NameAddr
from hipper.telephony.sip.message import Request
from hipper.telephony.sip.uri import OpaqueUri, SipUri, TelUri, Uri
from hipper.telephony.sip.validate import check_request

KEPT_IN_SESSION = (
    *CARRIED,
    "P-Served-User",
    "P-Asserted-Identity",
    "P-Charging-Vector",
    "P-Charging-Function-Addresses",
    "P-Asserted-Service",
    "P-Visited-Network-ID",
    "P-Early-Media",
    "Feature-Caps",
    "Reject-Contact",
    "Request-Disposition",
    "Session-ID",
    "User-to-User",
    "History-Info",
    "Diversion",
)
"""What a leg that goes on in the same session carries as it came (TS 24.229 §5.7.5.2). Never logged."""
SESSION_BODIES = ("application/sdp", "multipart/")
LOCAL_DIGITS = 6
"""A local number has at least these; shorter ones are extensions and short numbers in any context."""


class ServedUser(NamedTuple):
    """P-Served-User. ``case``: ``orig``, ``term`` or ``orig-cdiv`` (RFC 8498), None when it does not say."""

    uri: Uri
    case: str | None
    registered: bool


class ServedUserError(ValueError):
    """A P-Served-User nobody can act on; one readable line."""


def offer_from_isc(
    offer: Offer, network: MobileNetwork, guard: LoopGuard, now_unix: float, supported: frozenset[str]
) -> LegOffered | Refusal:
    """One half of a call. The user is P-Served-User; without it the asserted identity of an originating leg
    and the Request-URI of a terminating one, where the asserted identity is the *caller*. ``supported``:
    option tags we can be required to handle; what goes back as it came may require anything."""
    request = offer.request
    try:
        user = read_served_user(request) if network.trusted else None
    except ServedUserError as error:
        return Refusal(400, str(error))
    own, rest = split_route(request, network)
    case = (user and user.case) or _case_by_route(own, rest)
    dialled = dialled_in_ims(request.uri)
    called = e164_of(dialled)
    pass_on = _pass_on(request, network, guard, called or dialled, case, now_unix)
    if pass_on is None and not offer.emergency:
        refusal = _refused(request, supported)
        if refusal is not None:
            return refusal
    originating = case != "term"
    leg = offered_leg(
        offer._replace(dialled=Dialled(clean(dialled), None)),
        source=LegSource.MOBILE_NETWORK,
        direction=LegDirection.ORIGINATING if originating else LegDirection.TERMINATING,
        peer=network.name,
        trusted=network.trusted,
        dialled=clean(dialled),
        served=_served(request, network, user, called, originating=originating),
    )
    in_session = network.trusted and not offer.emergency
    return msgspec.structs.replace(
        leg,
        request_uri=clean(request.request_uri_text),
        return_route=tuple(clean(value) for value in rest),
        pass_on=pass_on,
        passthrough_headers=(
            kept_headers(request, KEPT_IN_SESSION) if in_session else leg.passthrough_headers
        ),
        outgoing_network=network.outgoing == "network",
    )


def let_through(settings: Settings) -> Callable[[Request], bool]:
    """For the transaction layer: INVITEs whose extensions and bodies may be somebody else's, because they go
    back to where they came from. Emergency calls, and everything on ISC: what we take part in is checked
    when that is known."""
    networks = [network for network in settings.mobile_network if network.mode == "isc"]
    hosts = frozenset[str]().union(*(_own_hosts(network) for network in networks))

    def is_let_through(request: Request) -> bool:
        if is_emergency(read_dialled(request.uri).text):
            return True
        first = request.routes[0].uri if hosts and request.routes else None
        return isinstance(first, SipUri) and first.host in hosts

    return is_let_through


def read_served_user(request: Request) -> ServedUser | None:
    """P-Served-User (RFC 5502 §6, RFC 8498 §6); None when there is none. Raises ServedUserError."""
    values = request.headers.get_all("P-Served-User")
    if not values:
        return None
    if len(values) > 1:
        raise ServedUserError("P-Served-User stands more than once")
    try:
        value = NameAddr.parse(values[0])
    except SipParseError as error:
        raise ServedUserError(f"P-Served-User: {error.reason}") from error
    if isinstance(value.uri, OpaqueUri):
        raise ServedUserError("P-Served-User is neither a sip nor a tel URI")
    parameters = {name.lower(): (text or "").lower() for name, text in value.params.items()}
    case = "orig-cdiv" if "orig-cdiv" in parameters else parameters.get("sescase")
    if case not in (None, "orig", "term", "orig-cdiv"):
        raise ServedUserError("P-Served-User: sescase is neither orig nor term")
    state = parameters.get("regstate", "reg")
    if state not in ("reg", "unreg"):
        raise ServedUserError("P-Served-User: regstate is neither reg nor unreg")
    return ServedUser(value.uri, case, state == "reg")


def split_route(request: Request, network: MobileNetwork) -> tuple[SipUri | None, list[str]]:
    """Our own URI, when it stands first in Route, and the values that are left, as they came."""
    values = request.headers.values("Route")
    if not values:
        return None, []
    first = NameAddr.parse(values[0]).uri
    if isinstance(first, SipUri) and first.host in _own_hosts(network):
        return first, values[1:]
    return None, values


def _own_hosts(network: MobileNetwork) -> frozenset[str]:
    return frozenset() if network.own_uri is None else frozenset({SipUri.parse(network.own_uri).host})


def _case_by_route(own: SipUri | None, rest: list[str]) -> str:
    """Without P-Served-User: what the filter criterion wrote into our URI (``sip:orig@…`` or a parameter
    ``orig``, ``term``), else the S-CSCF's own ``orig`` parameter."""
    for word in ("orig", "term"):
        if own is not None and (word in own.params or own.user == word):
            return word
    uri = NameAddr.parse(rest[0]).uri if rest else None
    return "orig" if isinstance(uri, SipUri) and "orig" in uri.params else "term"


def _served(
    request: Request,
    network: MobileNetwork,
    user: ServedUser | None,
    called: E164 | None,
    *,
    originating: bool,
) -> E164 | None:
    number = None if user is None else number_of(user.uri)
    if number is not None:
        return number
    if not originating:
        return called
    if network.trusted:
        # P-Served-User may be an alias; the asserted identities are the same user's, one with the number
        number = asserted_number(request)
        if number is not None or user is not None:
            return number
    return None if is_anonymous(request.from_) else number_of(request.from_.uri)


def dialled_in_ims(uri: Uri) -> str:
    """What was dialled. A local number with a global ``phone-context`` is completed (RFC 3966 §5.1.5) unless
    it is dialled with a trunk prefix, or so short that it is an extension or a service."""
    text = read_dialled(uri).text
    context = _phone_context(uri)
    is_local = text.isascii() and text.isdecimal() and not text.startswith("0") and len(text) >= LOCAL_DIGITS
    if context is not None and is_local and context[:1] == "+" and context[1:].isdecimal():
        return context + text
    return text


def _phone_context(uri: Uri) -> str | None:
    if isinstance(uri, TelUri):
        return uri.phone_context
    if isinstance(uri, SipUri):
        for part in (uri.user or "").split(";")[1:]:
            name, _, value = part.partition("=")
            if name.strip().lower() == "phone-context":
                return value
    return None


def _pass_on(
    request: Request, network: MobileNetwork, guard: LoopGuard, called: str, case: str, now_unix: float
) -> PassOn | None:
    """Why this leg goes back as it came. A call that another server of the network diverted is that server's:
    our user did not dial it."""
    if guard.is_own(request, network, called, now_unix):
        return PassOn.OWN_LEG
    if case == "orig-cdiv" or _is_conference(request.uri, network) or _is_other_service(request):
        return PassOn.NETWORK_SERVICE
    return None


def _is_conference(uri: Uri, network: MobileNetwork) -> bool:
    if not isinstance(uri, SipUri):
        return False
    address = f"{uri.user or ''}@{uri.host}".lower()
    return any(
        fnmatchcase(address, pattern.lower().removeprefix("sip:")) for pattern in network.conference_factories
    )


def _is_other_service(request: Request) -> bool:
    """A body that describes no session is for a service we know nothing of."""
    content_type = request.headers.get("Content-Type")
    return (
        bool(request.body)
        and content_type is not None
        and not content_type.lower().startswith(SESSION_BODIES)
    )


def _refused(request: Request, supported: frozenset[str]) -> Refusal | None:
    rejection = check_request(request, supported=supported)
    if rejection is None:
        return None
    return Refusal(rejection.status, rejection.warning or rejection.reason, rejection.headers)
