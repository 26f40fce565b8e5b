"""What types cannot say about mobile networks in ``isc`` mode."""

from __future__ import annotations

from collections.abc import Iterator

from hipper.runtime.settings_model import MobileNetwork, Settings
from hipper.telephony.sip.errors import SipParseError
from hipper.telephony.sip.headers import NameAddr
from hipper.telephony.sip.uri import SipUri


def isc_faults(settings: Settings) -> Iterator[tuple[str, str]]:
    """Where and what."""
    for index, network in enumerate(settings.mobile_network):
        if network.mode == "isc":
            yield from _faults(f"mobile_network[{index}]", network)


def _faults(where: str, network: MobileNetwork) -> Iterator[tuple[str, str]]:
    if not network.sip_domain:
        yield f"{where}.sip_domain", "a network in isc mode needs sip_domain: the home domain of its users"
    if network.own_uri is None:
        yield f"{where}.own_uri", "a network in isc mode needs own_uri: we as its filter criteria name us"
    elif not _is_sip(network.own_uri):
        yield f"{where}.own_uri", f"own_uri '{network.own_uri}' is not a SIP URI"
    if network.originating_route is not None and not _is_route(network.originating_route):
        yield (
            f"{where}.originating_route",
            f"originating_route '{network.originating_route}' is not one <sip:…;lr> value",
        )
    for pattern in network.conference_factories:
        if "@" not in pattern:
            yield f"{where}.conference_factories", f"'{pattern}' is not user@host"


def _is_sip(text: str) -> bool:
    try:
        SipUri.parse(text)
    except SipParseError:
        return False
    return True


def _is_route(text: str) -> bool:
    """A loose router in angle brackets: without ``lr`` the next hop would rewrite the Request-URI."""
    try:
        value = NameAddr.parse(text)
    except SipParseError:
        return False
    return text.lstrip().startswith("<") and isinstance(value.uri, SipUri) and value.uri.lr
