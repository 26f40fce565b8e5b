"""Via (RFC 3261 §20.42, §18.2; RFC 3581): the way a response takes back."""

from __future__ import annotations

import re

from hipper.telephony.sip.errors import SipParseError
from hipper.telephony.sip.grammar import Params, format_params, is_token, parse_params
from hipper.telephony.sip.host import HOST_RULE, format_host, parse_host_port

# What nearly all values look like: no blanks around slashes and colons, no IPv6.
_PLAIN_VIA = re.compile(rf"SIP/2\.0/([A-Z]++) ({HOST_RULE})(?::([1-5]?[0-9]{{1,4}}))?+(?:;(.++))?+")


class Via:
    """One Via value (RFC 3261 §20.42). ``host`` is lower case, IPv6 without brackets."""

    __slots__ = ("host", "params", "port", "protocol", "transport")

    def __init__(
        self,
        transport: str,
        host: str,
        port: int | None = None,
        params: Params | None = None,
        protocol: str = "SIP/2.0",
    ) -> None:
        self.protocol = protocol
        self.transport = transport
        self.host = host
        self.port = port
        self.params: Params = params if params is not None else {}

    @classmethod
    def parse(cls, text: str) -> Via:
        """Read one value. Raises SipParseError."""
        plain = _PLAIN_VIA.fullmatch(text)
        if plain is not None:
            transport, host, port_digits, tail = plain.groups()
            number = int(port_digits) if port_digits else None
            return cls(transport, host.lower(), number, parse_params(tail) if tail else None)
        head, semicolon, tail = text.partition(";")
        name, version, transport, sent_by = _split_sent_protocol(head)
        if not (is_token(name) and is_token(version) and is_token(transport)):
            raise SipParseError("Malformed Via protocol")
        sent_by = sent_by.strip(" \t")
        if " " in sent_by or "\t" in sent_by:
            before, colon, port_text = sent_by.rpartition(":")
            sent_by = before.rstrip(" \t") + colon + port_text.lstrip(" \t")
        host, port = parse_host_port(sent_by)
        params = parse_params(tail) if semicolon else {}
        return cls(transport.upper(), host, port, params, f"{name}/{version}")

    def __str__(self) -> str:
        port = "" if self.port is None else f":{self.port}"
        return f"{self.protocol}/{self.transport} {format_host(self.host)}{port}{format_params(self.params)}"

    def __repr__(self) -> str:
        return f"Via({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Via) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))

    @property
    def branch(self) -> str | None:
        return self.params.get("branch")

    @property
    def received(self) -> str | None:
        """The source address the next hop saw; IPv6 without brackets, as RFC 3261 §25.1 writes it."""
        value = self.params.get("received")
        return value[1:-1] if value is not None and value[:1] == "[" else value

    @property
    def has_rport(self) -> bool:
        """Whether the sender asks for symmetric response routing (RFC 3581)."""
        return "rport" in self.params

    @property
    def rport(self) -> int | None:
        """The port filled in; None when absent, empty or no port."""
        value = self.params.get("rport")
        if not value or not value.isdecimal() or len(value) > 5 or int(value) > 65535:
            return None
        return int(value)

    @property
    def sent_by(self) -> tuple[str, int | None]:
        return self.host, self.port


def _split_sent_protocol(head: str) -> tuple[str, str, str, str]:
    """``SIP  / 2.0 / UDP  host``: there may be blanks around the slashes (RFC 4475 §3.1.1.1)."""
    parts = [part.strip(" ") for part in head.replace("\t", " ").split("/", 2)]
    if len(parts) != 3:
        raise SipParseError("Malformed Via protocol")
    transport, blank, sent_by = parts[2].partition(" ")
    if not blank:
        raise SipParseError("Via without sent-by")
    return parts[0], parts[1], transport, sent_by
