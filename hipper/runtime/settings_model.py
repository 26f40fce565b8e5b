"""Settings of one installation, read once from one TOML file plus environment, then frozen.

``hipper.runtime.settings.load`` reads and checks; a key it does not know is an error that names the nearest
known key. Everything below a tenant is provisioning, not settings. Defaults here are what ``make run`` uses.
"""

from __future__ import annotations

from typing import Literal

import msgspec


class _Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of all sections."""


class SipListener(_Section, frozen=True, kw_only=True):
    """One listening socket. What arrives here is trusted only for what ``purpose`` names, and, for networks
    and trunks, only from their addresses."""

    name: str
    transport: Literal["udp", "tcp", "tls"] = "udp"
    host: str = "127.0.0.1"
    port: int
    advertised_host: str | None = None
    """Host in Via and Contact when it differs from ``host`` (NAT, wildcard)."""
    certificate: str | None = None
    """TLS: PEM chain; without one, a self-signed certificate is made under ``state_dir``."""
    private_key: str | None = None
    client_ca: str | None = None
    """TLS: peers must present a certificate signed by this CA."""


class MobileNetwork(_Section, frozen=True, kw_only=True):
    """A mobile network that hands us its users' calls (call-flows §1)."""

    name: str
    mode: Literal["trunk", "isc", "imrn"] = "trunk"
    listener: str
    """Name of the listener private to this network."""
    addresses: tuple[str, ...]
    """Source addresses (IP or CIDR) this network sends from."""
    tls_identity: str | None = None
    """Name its certificate must carry, over TLS (RFC 5922); None: the host of ``target``."""
    target: str
    """SIP URI our own legs toward handsets go to, e.g. ``sip:10.0.0.1:5060;transport=udp``."""
    trusted: bool = True
    """False: its identity claims are dropped (RFC 3325 §5); the served user is then the From number."""
    terminating_prefix: str | None = None
    """trunk: digits before the called number that mark a terminating call, e.g. ``99``."""
    terminating_trunk_group: str | None = None
    """trunk: ``tgrp`` value (RFC 4904) that marks a terminating call."""
    loop_guard_header: str = "X-Hipper-Loop-Guard"
    """Header with our signed mark on legs toward the handset; a leg that carries it is our own."""
    loop_guard_prefix: str | None = None
    """Digits put before the number instead, for networks that drop unknown headers."""
    outgoing: Literal["pstn", "network"] = "pstn"
    """Where a mobile user's calls to the outside go: the PSTN trunks, or back into this network."""
    sip_domain: str | None = None
    """isc: home domain of its users, the host of P-Served-User and From (TS 24.229)."""
    own_uri: str | None = None
    """isc: our URI as the network's initial filter criteria name it; a Route with its host is our own."""
    originating_route: str | None = None
    """isc: Route of legs we originate out of the blue, e.g. ``<sip:scscf.ims.example;lr;orig>``."""
    conference_factories: tuple[str, ...] = ()
    """isc: Request-URIs that pass through untouched: ``user@host`` with ``*`` (TS 24.147)."""
    imrn_ranges: tuple[str, ...] = ()
    """imrn: routing numbers we may give out, ``+31970123400-+31970123499`` each."""
    imrn_lifetime_s: int = 10
    imrn_quarantine_s: int = 60
    """imrn: how long a number rests once its call has come, or its lifetime is over, before it is given out
    again."""
    imrn_pool_empty: Literal["continue", "release"] = "continue"
    """imrn: what the network is told when every number is taken."""
    imrn_api_key: str | None = None
    """imrn: what the network proves itself with at ``POST /v1/mobile-network/imrn``."""
    imrn_requests_per_s: int = 200
    """imrn: how many questions a second are answered, and as many at once after a quiet time; beyond, 429.
    Emergency calls do not count."""
    other_listeners: tuple[str, ...] = ()
    """Further listeners this network may use, of another transport or address family. DNS (RFC 3263) chooses
    among all of them; requests above 1300 bytes leave by a TCP one (RFC 3261 §18.1.1)."""
    options_interval_s: float = 30.0
    """How often OPTIONS asks whether the network is there; 0: never."""


class TrunkRegistration(_Section, frozen=True, kw_only=True):
    """A trunk that wants to be registered with (RFC 3261 §10, digest of RFC 7616)."""

    registrar: str
    """SIP URI of the registrar, e.g. ``sip:carrier.example``."""
    aor: str
    """Address-of-record, e.g. ``sip:hipper@carrier.example``."""
    username: str
    password: str
    expires_s: int = 300


class PstnTrunk(_Section, frozen=True, kw_only=True):
    """A carrier. Outgoing calls try trunks in the order of the file."""

    name: str
    listener: str
    addresses: tuple[str, ...]
    """Source addresses (IP or CIDR) it sends from, or names whose servers it sends from (``carrier.example``:
    all that NAPTR, SRV and addresses of that name lead to)."""
    target: str
    trusted: bool = True
    tls_identity: str | None = None
    """Name its certificate must carry, over TLS (RFC 5922); None: the host of ``target``."""
    asserted_identity: Literal["presented", "network"] = "presented"
    """What P-Asserted-Identity carries: the presented number or the caller's network number."""
    number_format: Literal["e164", "national"] = "e164"
    registration: TrunkRegistration | None = None
    """None: the carrier knows us by address."""
    options_interval_s: float = 30.0
    """How often OPTIONS asks whether the trunk is there; 0: never. A trunk that does not answer is tried
    last."""
    other_listeners: tuple[str, ...] = ()
    """As of a mobile network."""


class ExchangeTrunk(_Section, frozen=True, kw_only=True):
    """Another exchange (Asterisk, BroadWorks…) at which devices of our users live (seed 2.1)."""

    name: str
    listener: str
    addresses: tuple[str, ...]
    target: str
    trusted: bool = True
    options_interval_s: float = 30.0
    other_listeners: tuple[str, ...] = ()
    """As of a mobile network."""
    tls_identity: str | None = None
    """Name its certificate must carry, over TLS (RFC 5922); None: the host of ``target``."""


class EmergencyRoute(_Section, frozen=True, kw_only=True):
    """Where 112 goes; a route that fails is followed by the next."""

    name: str
    listener: str
    target: str
    tls_identity: str | None = None
    """Name its certificate must carry, over TLS (RFC 5922); None: the host of ``target``."""
    dialled: str | None = None
    """What the route wants to see in the Request-URI; None: as dialled (``112``)."""
    other_listeners: tuple[str, ...] = ()
    """As of a mobile network."""


class DnsSection(_Section, frozen=True, kw_only=True):
    """Names of next hops (RFC 3263). Last answers are kept under ``state_dir``, for a start without DNS."""

    servers: tuple[str, ...] = ()
    """``host:port`` of each name server, asked in this order; empty: those of ``/etc/resolv.conf``."""
    timeout_s: float = 2.0
    """How long one question may take. Calls never wait for it."""


class VoicemailPeer(_Section, frozen=True, kw_only=True):
    """Where voicemail listens. It is asked for ``sip:<mailbox>@<host of target>;cause=…`` (RFC 4458)."""

    listener: str
    other_listeners: tuple[str, ...] = ()
    target: str
    """SIP URI, e.g. ``sip:127.0.0.1:5090;transport=udp``."""
    tls_identity: str | None = None
    """Name its certificate must carry, over TLS (RFC 5922); None: the host of ``target``."""
    username: str | None = None
    password: str | None = None
    """Answers its challenge; it trusts us by address and by these."""

    @property
    def name(self) -> str:
        return "voicemail"


class ApiSection(_Section, frozen=True, kw_only=True):
    """The HTTP API (``app``)."""

    host: str = "127.0.0.1"
    port: int = 8080
    drain_s: float = 10.0
    """After SIGTERM: no connection is taken any more, what was asked is answered within this."""
    cors_origins: tuple[str, ...] = ()
    """Web pages that may use the API from a browser, e.g. ``https://app.example``; empty: none."""
    requests_per_s: int = 50
    """Of one session or key, and as many at once after a quiet time; beyond, 429. The mobile networks have
    limits of their own."""
    password_memory_mib: int = 64
    password_passes: int = 3
    """What trying one password costs (argon2id, RFC 9106 §4); hashes of other costs are renewed as their
    users sign in."""


class MailSection(_Section, frozen=True, kw_only=True):
    """The server that takes our mail (password resets)."""

    host: str | None = None
    """None: no mail is sent, and nobody resets a password by mail."""
    port: int = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    """``tls``: from the first byte on, usually port 465."""
    ca: str | None = None
    """PEM of who signed its certificate; None: whom the system trusts."""
    username: str | None = None
    password: str | None = None
    sender: str = "Hipper <hipper@localhost>"
    reset_url: str | None = None
    """Page of the app where a new password is chosen, with ``{code}``: ``https://app.example/reset#{code}``;
    None: the mail has the code alone, to be typed."""


class DevicesSection(_Section, frozen=True, kw_only=True):
    """The registrar for desk phones."""

    listeners: tuple[str, ...] = ("devices-udp", "devices-tcp", "devices-tls")
    realm: str | None = None
    """Digest realm; None: the domain of the subscriber."""
    min_expires_s: int = 60
    max_expires_s: int = 3600
    default_expires_s: int = 600
    max_bindings_per_device: int = 5
    nonce_lifetime_s: int = 300
    algorithms: tuple[Literal["SHA-256", "MD5"], ...] = ("SHA-256", "MD5")


class Rtpengine(_Section, frozen=True, kw_only=True):
    """One rtpengine. ``ng``: ``host:port`` of its NG listener."""

    ng: str
    weight: int = 1


class MediaSection(_Section, frozen=True, kw_only=True):
    rtpengines: tuple[Rtpengine, ...] = ()
    """Empty: an embedded one is started."""
    music_on_hold: str | None = None
    """wav file, 8 kHz mono; None: the one that comes with the package."""
    dtmf_listen: str = "127.0.0.1:22230"
    """Where rtpengine tells of digits (its ``--dtmf-log-dest``), UDP."""
    ng_retransmit_s: tuple[float, ...] = (0.15, 0.3, 0.6)
    health_interval_s: float = 2.0
    media_timeout_s: int = 60
    embedded_ng: str = "127.0.0.1:22222"
    """Where the embedded rtpengine listens for NG, and its range of RTP ports."""
    embedded_port_min: int = 22300
    embedded_port_max: int = 22999


class ConferenceSection(_Section, frozen=True, kw_only=True):
    """Conferences are mixed by Janus (AudioBridge, plain RTP). Without one everything else works."""

    start: Literal["lazily", "at_start", "never"] = "lazily"
    """When the private Janus is started: for the first conference, with the gateway, or not at all."""
    url: str | None = None
    """``ws://host:8188`` or ``wss://…`` of a Janus of your own, whose AudioBridge has no ``string_ids``;
    None: a private one under ``state_dir``."""
    api_secret: str | None = None
    """Its ``api_secret``."""
    admin_key: str | None = None
    """The ``admin_key`` of its AudioBridge: who may make rooms."""
    rtp_address: str = "127.0.0.1"
    """Of the private one: where it sends and hears RTP; rtpengine must reach it."""
    embedded_port_min: int = 23000
    embedded_port_max: int = 23499
    """UDP ports for RTP: two for each party of each conference."""


class GatewaySection(_Section, frozen=True, kw_only=True):
    id: str = "gw1"
    max_calls: int = 5000
    drain_s: float = 30.0
    """After SIGTERM: new calls are refused (503), running ones get this long."""
    trace_retention_days: int = 30
    record_retention_days: int = 365
    context_cache_size: int = 200_000
    """How many subscribers' last reads are kept to survive a dead database."""


class DatabaseSection(_Section, frozen=True, kw_only=True):
    url: str | None = None
    """``postgresql://…``; None: an embedded server under ``state_dir``. Each service connects with the
    role of its owner (``hipper_gateway`` …) with ``role_password``. The user of the URL migrates and
    makes those roles."""
    role_password: str | None = None
    """Password of the owners' roles; None: derived from the secret of the installation."""
    pool_size: int = 8


class RedisSection(_Section, frozen=True, kw_only=True):
    url: str | None = None
    """``redis://…`` or ``unix://…``; None: an embedded server under ``state_dir``."""


class LoggingSection(_Section, frozen=True, kw_only=True):
    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["json", "console"] = "json"


class HttpSection(_Section, frozen=True, kw_only=True):
    """Health and metrics of the gateway: ``/health/live``, ``/health/ready``, ``/metrics``."""

    host: str = "127.0.0.1"
    port: int = 9464


class Settings(_Section, frozen=True, kw_only=True):
    """The whole file."""

    state_dir: str = "var"
    """Where embedded servers, spools, snapshots and certificates live."""
    secret_file: str | None = None
    """Key of loop guards and nonces; None: made once under ``state_dir``."""
    gateway: GatewaySection = GatewaySection()
    database: DatabaseSection = DatabaseSection()
    redis: RedisSection = RedisSection()
    media: MediaSection = MediaSection()
    conference: ConferenceSection = ConferenceSection()
    devices: DevicesSection = DevicesSection()
    logging: LoggingSection = LoggingSection()
    http: HttpSection = HttpSection()
    api: ApiSection = ApiSection()
    mail: MailSection = MailSection()
    dns: DnsSection = DnsSection()
    sip_listener: tuple[SipListener, ...] = ()
    mobile_network: tuple[MobileNetwork, ...] = ()
    pstn_trunk: tuple[PstnTrunk, ...] = ()
    exchange_trunk: tuple[ExchangeTrunk, ...] = ()
    emergency_route: tuple[EmergencyRoute, ...] = ()
    voicemail: VoicemailPeer | None = None
    """None: callers hear that the user cannot be reached."""
