"""What legs into an isc network carry (3GPP TS 24.229 §5.7): the way back into a session that came from
there, or a session of our own, out of the blue on behalf of a user.
"""

from __future__ import annotations

from typing import NamedTuple

from fmc_gateway.call.commands import MobileTarget, NetworkTarget
from fmc_gateway.dialled import e164_of
from fmc_gateway.edge_isc import dialled_in_ims
from fmc_gateway.identity_headers import HeaderList, toward_mobile
from fmc_gateway.loop_guard import LoopGuard
from hipper.pbx.model import CallerIdentity
from hipper.runtime.settings_model import MobileNetwork
from hipper.telephony.sip.uri import OpaqueUri, SipUri, TelUri, Uri, parse_uri


class IscLeg(NamedTuple):
    """``from_``: without tag. ``icid``: a new one, of a session of our own; None: that of the session it
    goes on in."""

    uri: Uri
    from_: str
    headers: HeaderList
    route: tuple[str, ...]
    icid: str | None


def isc_leg(
    target: MobileTarget | NetworkTarget,
    network: MobileNetwork,
    identity: CallerIdentity,
    host: str,
    guard: LoopGuard,
    now_unix: float,
) -> IscLeg:
    """``host``: we, as the network knows us. Raises SipParseError for a Request-URI that cannot be read."""
    user = target.number if isinstance(target, MobileTarget) else target.user
    if target.route:
        return _same_session(target, user, network, identity)
    served = target.number if isinstance(target, MobileTarget) else target.served
    diverted = isinstance(target, NetworkTarget) and target.diverted
    shown = toward_mobile(identity, network, network.sip_domain or host)
    icid = guard.icid(network.name, user, now_unix)
    headers = [*shown.headers, (network.loop_guard_header, guard.mark(network.name, user, now_unix))]
    if network.trusted:
        ioi = f";orig-ioi={network.sip_domain}" if network.sip_domain else ""
        headers.append(("P-Charging-Vector", f"icid-value={icid};icid-generated-at={host}{ioi}"))
    if network.trusted and network.originating_route is not None and served is not None:
        case = "orig-cdiv" if diverted else "sescase=orig"
        headers.append(("P-Served-User", f"<sip:{served}@{network.sip_domain or host}>;{case}"))
    route = () if network.originating_route is None else (network.originating_route,)
    return IscLeg(_number_uri(user, network, host), shown.from_, tuple(headers), route, icid)


def _same_session(
    target: MobileTarget | NetworkTarget, user: str, network: MobileNetwork, identity: CallerIdentity
) -> IscLeg:
    """The caller is shown as we decided; what the network asserts of it stays (it goes along untouched)."""
    host = network.sip_domain or "localhost"
    shown = toward_mobile(identity, network, host)
    headers = tuple(item for item in shown.headers if item[0] == "Privacy")
    uri: Uri = _number_uri(user, network, host)
    if target.request_uri is not None:
        uri = in_same_form(parse_uri(target.request_uri), user, network)
    return IscLeg(uri, shown.from_, headers, target.route, None)


def in_same_form(uri: Uri, user: str, network: MobileNetwork) -> Uri:
    """``user`` as ``uri`` is written; ``uri`` itself when it says the same."""
    dialled = dialled_in_ims(uri)
    if isinstance(uri, OpaqueUri) or user in (dialled, e164_of(dialled)):
        return uri
    if isinstance(uri, TelUri):
        context = None if user.startswith("+") else uri.phone_context or network.sip_domain
        return TelUri(user, {"phone-context": context} if context else None)
    return uri.replace(user=user)


def _number_uri(user: str, network: MobileNetwork, host: str) -> SipUri:
    """A number as the network's own users are named (TS 23.003 §13.4); a short one with the home domain as
    its context (RFC 3966 §5.1.5)."""
    domain = network.sip_domain or host
    text = user if user.startswith("+") else f"{user};phone-context={domain}"
    return SipUri(user=text, host=domain, params={"user": "phone"})
