"""What types cannot say about settings: references, addresses, ports, and sockets that must be private."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Sequence
from email.utils import parseaddr
from typing import Any

from hipper.runtime.settings_imrn import imrn_faults
from hipper.runtime.settings_isc import isc_faults
from hipper.runtime.settings_model import DevicesSection, Settings

PEER_SECTIONS = ("mobile_network", "pstn_trunk", "exchange_trunk", "emergency_route")
Fault = tuple[str, str]
"""Where (``sip_listener[1].port``) and what, in words."""


def inconsistencies(settings: Settings) -> list[Fault]:
    """Every fault that the settings as a whole have."""
    faults: list[Fault] = []
    for section in ("sip_listener", *PEER_SECTIONS):
        faults += _repeated_names(section, getattr(settings, section))
    faults += _listener_faults(settings)
    faults += _peer_faults(settings)
    faults += imrn_faults(settings)
    faults += isc_faults(settings)
    faults += _media_faults(settings)
    faults += _conference_faults(settings)
    faults += _range_faults(settings)
    return faults


_HOST_NAME = re.compile(r"(?=.{1,253}$)([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z][A-Za-z0-9-]*")


def host_port(text: str) -> tuple[str, int]:
    """``host:port`` or ``[v6]:port`` taken apart. Raises ValueError."""
    host, separator, port = text.rpartition(":")
    if not separator or not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        raise ValueError(f"'{text}' is not host:port")
    return host.strip("[]"), int(port)


def _repeated_names(section: str, items: Sequence[Any]) -> Iterator[Fault]:
    seen: set[str] = set()
    for index, item in enumerate(items):
        if item.name in seen:
            yield f"{section}[{index}].name", f"the name '{item.name}' is used twice"
        seen.add(item.name)


def _listener_faults(settings: Settings) -> Iterator[Fault]:
    taken: dict[tuple[str, str, int], str] = {}
    for index, listener in enumerate(settings.sip_listener):
        where = f"sip_listener[{index}]"
        if not 0 < listener.port < 65536:
            yield f"{where}.port", f"port {listener.port} is not between 1 and 65535"
        if not _is_address(listener.host):
            yield f"{where}.host", f"host '{listener.host}' is not an IP address to listen on"
        family = "udp" if listener.transport == "udp" else "tcp"
        socket = (family, listener.host, listener.port)
        if socket in taken:
            yield f"{where}.port", f"{listener.host}:{listener.port}/{family} is already '{taken[socket]}'"
        taken[socket] = listener.name
        if listener.advertised_host is None and listener.host in ("0.0.0.0", "::"):
            yield (
                f"{where}.host",
                f"'{listener.host}' is every address: advertised_host must say which is ours",
            )
        if (listener.advertised_host or "").startswith("["):
            yield f"{where}.advertised_host", "an IPv6 address stands here without its brackets"
        if (listener.certificate is None) != (listener.private_key is None):
            yield f"{where}.certificate", "certificate and private_key go together"


def _peer_faults(settings: Settings) -> Iterator[Fault]:
    known = {listener.name for listener in settings.sip_listener}
    device_listeners = set(settings.devices.listeners) & known
    for section in PEER_SECTIONS:
        for index, peer in enumerate(getattr(settings, section)):
            where = f"{section}[{index}]"
            named = [("listener", peer.listener), *(("other_listeners", x) for x in peer.other_listeners)]
            for key, listener in named:
                if listener not in known:
                    yield f"{where}.{key}", f"no [[sip_listener]] is named '{listener}'"
                elif section != "emergency_route" and listener in device_listeners:
                    yield (
                        f"{where}.{key}",
                        f"listener '{listener}' serves devices; a network needs its own",
                    )
            if not getattr(peer, "options_interval_s", 0.0) >= 0:
                yield f"{where}.options_interval_s", "options_interval_s must be 0 (never) or more"
            if not peer.target.lower().startswith(("sip:", "sips:")):
                yield f"{where}.target", f"target '{peer.target}' is not a SIP URI"
            for address in getattr(peer, "addresses", ()):
                if section == "pstn_trunk" and is_host_name(address):
                    continue
                if not _is_network(address):
                    yield f"{where}.addresses", f"'{address}' is neither an IP address nor a CIDR range"
    yield from _registration_faults(settings)
    for server in settings.dns.servers:
        try:
            host_port(server)
        except ValueError as error:
            yield "dns.servers", str(error)
    if settings.devices.listeners != DevicesSection().listeners:
        for name in settings.devices.listeners:
            if name not in known:
                yield "devices.listeners", f"no [[sip_listener]] is named '{name}'"


def is_host_name(address: str) -> bool:
    """A name that DNS may know: one whose last label begins with a letter, as no address does."""
    return _HOST_NAME.fullmatch(address) is not None


def _registration_faults(settings: Settings) -> Iterator[Fault]:
    for index, trunk in enumerate(settings.pstn_trunk):
        registration, where = trunk.registration, f"pstn_trunk[{index}].registration"
        if registration is None:
            continue
        for key in ("registrar", "aor"):
            if not getattr(registration, key).lower().startswith(("sip:", "sips:")):
                yield f"{where}.{key}", f"{key} '{getattr(registration, key)}' is not a SIP URI"
        if "@" not in registration.aor:
            yield f"{where}.aor", f"aor '{registration.aor}' names no user: sip:user@carrier.example"
        if not 30 <= registration.expires_s <= 86_400:
            yield f"{where}.expires_s", "expires_s must lie between 30 and 86400 seconds"


def _media_faults(settings: Settings) -> Iterator[Fault]:
    media = settings.media
    named = [(f"media.rtpengines[{index}].ng", engine.ng) for index, engine in enumerate(media.rtpengines)]
    own = [("media.embedded_ng", media.embedded_ng), ("media.dtmf_listen", media.dtmf_listen)]
    for where, address in [*named, *own]:
        try:
            host_port(address)
        except ValueError as error:
            yield where, str(error)
    for index, engine in enumerate(media.rtpengines):
        if engine.weight < 1:
            yield f"media.rtpengines[{index}].weight", "weight must be at least 1"
    if not 1024 <= media.embedded_port_min < media.embedded_port_max < 65536:
        yield (
            "media.embedded_port_min",
            "embedded_port_min must lie below embedded_port_max, both in 1024-65535",
        )


AT_LEAST: tuple[tuple[str, str, float], ...] = (
    ("gateway", "max_calls", 1),
    ("gateway", "drain_s", 0),
    ("gateway", "trace_retention_days", 1),
    ("gateway", "record_retention_days", 1),
    ("gateway", "context_cache_size", 1),
    ("database", "pool_size", 1),
    ("devices", "min_expires_s", 1),
    ("devices", "max_bindings_per_device", 1),
    ("devices", "nonce_lifetime_s", 10),
    ("media", "health_interval_s", 0.1),
    ("media", "media_timeout_s", 10),
    ("dns", "timeout_s", 0.1),
)
"""Section, key and the least that works. Less was seen to start and then to serve nobody."""


def _conference_faults(settings: Settings) -> Iterator[Fault]:
    conference = settings.conference
    if conference.url is not None and not conference.url.startswith(("ws://", "wss://")):
        yield "conference.url", f"'{conference.url}' is not ws://… or wss://…"
    if not 1024 <= conference.embedded_port_min < conference.embedded_port_max <= 65535:
        yield (
            "conference.embedded_port_min",
            "embedded_port_min must lie below embedded_port_max, both in 1024-65535",
        )
    if not _is_address(conference.rtp_address):
        yield "conference.rtp_address", f"'{conference.rtp_address}' is not an IP address"


def _range_faults(settings: Settings) -> Iterator[Fault]:
    for section, key, least in AT_LEAST:
        value = getattr(getattr(settings, section), key)
        if not value >= least:
            yield f"{section}.{key}", f"{key} must be at least {least:g}, not {value:g}"
    if not 0 < settings.http.port < 65536:
        yield "http.port", f"port {settings.http.port} is not between 1 and 65535"
    yield from _mail_faults(settings)
    if not _is_address(settings.http.host):
        yield "http.host", f"host '{settings.http.host}' is not an IP address to listen on"
    if not re.fullmatch(r"[A-Za-z0-9._-]+", settings.gateway.id) or settings.gateway.id.startswith("."):
        yield "gateway.id", "id may have letters, digits, '.', '_' and '-': it names keys and a folder"
    devices = settings.devices
    if not devices.min_expires_s <= devices.default_expires_s <= devices.max_expires_s:
        yield (
            "devices.default_expires_s",
            "default_expires_s must lie between min_expires_s and max_expires_s",
        )
    if not devices.algorithms:
        yield "devices.algorithms", 'algorithms must name "SHA-256", "MD5" or both'
    retransmit = settings.media.ng_retransmit_s
    if not retransmit or any(not 0 < pause <= 10 for pause in retransmit):
        yield "media.ng_retransmit_s", "ng_retransmit_s needs pauses of more than 0 and at most 10 seconds"


def _mail_faults(settings: Settings) -> Iterator[Fault]:
    mail = settings.mail
    if not 0 < mail.port < 65536:
        yield "mail.port", f"port {mail.port} is not between 1 and 65535"
    if not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+", parseaddr(mail.sender)[1]):
        yield "mail.sender", f"'{mail.sender}' is no address: Name <name@host>"
    if mail.reset_url is not None and "{code}" not in mail.reset_url:
        yield "mail.reset_url", "reset_url has no {code}, which the page needs"
    if (mail.username is None) != (mail.password is None):
        yield "mail.username", "username and password go together"


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True
