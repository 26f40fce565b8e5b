"""What types cannot say about mobile networks in ``imrn`` mode, and about the API they ask."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from hipper.runtime.settings_model import MobileNetwork, Settings
from hipper.telephony.numbers.ranges import NumberRange, parse_range

MOST_NUMBERS = 10_000
"""Of one network. Each rests a minute or so after a call: enough for more than a hundred calls a second."""
SHORTEST_KEY = 16
_ORIGIN = re.compile(r"https?://[a-z0-9.\-]+(:[0-9]{1,5})?")
_PLAIN = frozenset(map(chr, range(0x21, 0x7F)))


def imrn_faults(settings: Settings) -> Iterator[tuple[str, str]]:
    """Where and what, as in :mod:`hipper.runtime.settings_checks`."""
    yield from _api_faults(settings)
    known: list[tuple[NumberRange, str]] = []
    keys: dict[str, str] = {}
    for index, network in enumerate(settings.mobile_network):
        if network.mode != "imrn":
            continue
        where = f"mobile_network[{index}]"
        yield from _pool_faults(where, network, known)
        yield from _key_faults(where, network, keys)
        for key in ("imrn_lifetime_s", "imrn_quarantine_s", "imrn_requests_per_s"):
            if getattr(network, key) < 1:
                yield f"{where}.{key}", f"{key} must be at least 1, not {getattr(network, key)}"


def _pool_faults(
    where: str, network: MobileNetwork, known: list[tuple[NumberRange, str]]
) -> Iterator[tuple[str, str]]:
    """``known``: the ranges read so far and whose they are."""
    at = f"{where}.imrn_ranges"
    if not network.imrn_ranges:
        yield at, "a network in imrn mode needs imrn_ranges: the numbers we may give out"
    size = 0
    for text in network.imrn_ranges:
        try:
            found = parse_range(text)
        except ValueError as error:
            yield at, str(error)
            continue
        for other, name in known:
            if found.overlaps(other):
                yield at, f"'{text}' overlaps with numbers of '{name}'"
        known.append((found, network.name))
        size += found.size
    if size > MOST_NUMBERS:
        yield at, f"{size} numbers are more than the {MOST_NUMBERS} a network may have"


def _key_faults(where: str, network: MobileNetwork, keys: dict[str, str]) -> Iterator[tuple[str, str]]:
    """``keys``: the keys read so far and whose they are. No key is ever named."""
    at, key = f"{where}.imrn_api_key", network.imrn_api_key
    if key is None:
        yield at, "a network in imrn mode needs imrn_api_key: what it proves itself with"
        return
    if len(key) < SHORTEST_KEY or not _PLAIN.issuperset(key):
        yield at, f"imrn_api_key needs at least {SHORTEST_KEY} printable ASCII characters without spaces"
    if key in keys:
        yield at, f"imrn_api_key is that of '{keys[key]}' too: it must tell networks apart"
    keys.setdefault(key, network.name)


def _api_faults(settings: Settings) -> Iterator[tuple[str, str]]:
    api = settings.api
    if not 0 < api.port < 65536:
        yield "api.port", f"port {api.port} is not between 1 and 65535"
    elif (api.host, api.port) == (settings.http.host, settings.http.port):
        yield "api.port", f"port {api.port} is that of health and metrics, [http]"
    if not api.drain_s >= 0:
        yield "api.drain_s", f"drain_s must be at least 0, not {api.drain_s:g}"
    if api.requests_per_s < 1:
        yield "api.requests_per_s", f"requests_per_s must be at least 1, not {api.requests_per_s}"
    for key, least, most in (("password_memory_mib", 19, 2048), ("password_passes", 2, 64)):
        # the least that OWASP's Password Storage Cheat Sheet still calls safe
        if not least <= getattr(api, key) <= most:
            yield f"api.{key}", f"{key} is {least} to {most}, not {getattr(api, key)}"
    for origin in api.cors_origins:
        if not _ORIGIN.fullmatch(origin):
            yield "api.cors_origins", f"{origin!r} is no origin; write https://host or https://host:port"
    try:
        ipaddress.ip_address(api.host)
    except ValueError:
        yield "api.host", f"host '{api.host}' is not an IP address to listen on"
