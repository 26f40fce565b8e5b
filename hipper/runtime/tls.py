"""TLS contexts of SIP listeners, and the self-signed certificate of an installation that has none."""

from __future__ import annotations

import datetime
import ipaddress
import os
import ssl
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from hipper.runtime.settings_model import SipListener

_VALID_DAYS = 3650
_RENEW_BEFORE = datetime.timedelta(days=30)


def server_context(listener: SipListener, state_dir: Path | None) -> ssl.SSLContext:
    """For connections that peers open. With ``client_ca`` they must present a certificate of it.

    Raises OSError or ssl.SSLError when the certificate cannot be loaded."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    _load_certificate(context, listener, state_dir)
    if listener.client_ca:
        context.load_verify_locations(listener.client_ca)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def client_context(listener: SipListener, state_dir: Path | None) -> ssl.SSLContext:
    """For connections that we open. The peer's certificate must come from ``client_ca`` or, without one,
    from a CA the system trusts; :func:`identities` are compared by who knows which they must be. A listener
    with our self-signed certificate is a demonstration: it asks no more of its peers than of itself."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = False
    _load_certificate(context, listener, state_dir)
    if listener.client_ca:
        context.load_verify_locations(listener.client_ca)
    elif listener.certificate:
        context.load_default_certs()
    else:
        context.verify_mode = ssl.CERT_NONE
    return context


def identities(certificate: Mapping[str, Any]) -> frozenset[str]:
    """The names a certificate proves (RFC 5922 §7.1), in lower case: hosts of SIP URIs without user part, DNS
    names and addresses of its subjectAltName; only without any of the first two the common name. No
    wildcards: RFC 5922 §7.2 forbids them. ``certificate``: as ``SSLObject.getpeercert()`` gives it."""
    names: set[str] = set()
    addresses: set[str] = set()
    for kind, value in certificate.get("subjectAltName", ()):
        if kind == "URI":
            scheme, _, rest = value.partition(":")
            host = rest.partition(";")[0].partition("?")[0]
            if scheme.lower() in ("sip", "sips") and "@" not in host:
                names.add(host.lower())
        elif kind == "DNS":
            names.add(value.lower())
        elif kind == "IP Address":
            addresses.add(str(ipaddress.ip_address(value)))
    if not names:
        subject = (pair for part in certificate.get("subject", ()) for pair in part)
        names = {value.lower() for key, value in subject if key == "commonName"}
    return frozenset(name for name in names | addresses if "*" not in name)


def _load_certificate(context: ssl.SSLContext, listener: SipListener, state_dir: Path | None) -> None:
    if listener.certificate and listener.private_key:
        context.load_cert_chain(listener.certificate, listener.private_key)
    elif state_dir is not None:
        context.load_cert_chain(self_signed(state_dir / "tls" / f"{listener.name}.pem", listener))
    else:
        with tempfile.TemporaryDirectory() as folder:
            context.load_cert_chain(self_signed(Path(folder) / "listener.pem", listener))


def self_signed(path: Path, listener: SipListener) -> Path:
    """Key and certificate in one PEM file, mode 0600; made when missing or about to expire."""
    if not _is_good(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(_make_pem(listener))
        draft.replace(path)
    return path


def _is_good(path: Path) -> bool:
    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError):
        return False
    return certificate.not_valid_after_utc - _RENEW_BEFORE > datetime.datetime.now(datetime.UTC)


def _make_pem(listener: SipListener) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    hosts = dict.fromkeys((listener.advertised_host or listener.host, listener.host, "localhost"))
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, next(iter(hosts)))])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=_VALID_DAYS))
        .add_extension(x509.SubjectAlternativeName([_general_name(host) for host in hosts]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private + certificate.public_bytes(serialization.Encoding.PEM)


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
