"""Where messages go: received and rport (RFC 3261 §18.2.1, RFC 3581), responses (§18.2.2),
requests in dialogs.
"""

from __future__ import annotations

from ipaddress import ip_address

from hipper.telephony.sip.flow import DEFAULT_PORT, Flow
from hipper.telephony.sip.grammar import split_list
from hipper.telephony.sip.headers import Via
from hipper.telephony.sip.message import Headers, Request
from hipper.telephony.sip.uri import SipUri, Uri


def is_ip(host: str) -> bool:
    """An address, not a name."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def response_flow(via: Via, flow: Flow, *, reconnect: bool = False) -> Flow:
    """Where responses go (§18.2.2). via: the top Via with received and rport filled in.

    reconnect: the connection the request came on is gone; a new one goes to the address in Via.
    """
    if flow.is_stream and not reconnect:
        return flow
    port = via.port or DEFAULT_PORT[flow.transport]
    if flow.is_stream:
        return flow._replace(remote=(via.received or via.host, port), connection=0)
    maddr = via.params.get("maddr")
    if maddr and is_ip(maddr):
        return flow._replace(remote=(maddr, port))
    port = flow.remote[1] if via.has_rport else port
    return flow if port == flow.remote[1] else flow._replace(remote=(flow.remote[0], port))


def fill_received(request: Request, flow: Flow) -> Via:
    """Write source address and port into the top Via (§18.2.1, RFC 3581 §4). Returns that Via.

    A sender's own ``received`` or filled ``rport`` is overwritten: it would send our responses elsewhere.
    """
    via = request.top_via
    host, port = flow.remote
    asked = "rport" in via.params
    if not asked and via.host == host and "received" not in via.params:
        return via
    if asked:
        via.params["rport"] = str(port)
    if asked or via.host != host:
        via.params["received"] = host
    else:
        del via.params["received"]
    if replace_top_via(request, str(via)):
        request.headers.cache["Via"] = [via]
    request.headers.cache["top Via"] = via
    return via


def replace_top_via(request: Request, value: str) -> bool:
    """Put ``value`` in the place of the first Via value. Returns whether it is the only one."""
    lines = request.headers.get_all("Via")
    rest = split_list(lines[0])[1:]
    lines[:1] = [value, *rest]
    request.headers.set_all("Via", lines)
    return len(lines) == 1


def make_follow_up(request: Request, method: str, to: str | None) -> Request:
    """ACK of a failure (§17.1.1.3) or CANCEL (§9.1): the INVITE's Via, Request-URI, From,
    Call-ID, number, Route.

    to: the To of the response an ACK is for; None keeps the request's.
    """
    headers = request.headers
    items = [("Via", str(request.top_via))]
    items += [("Route", route) for route in headers.get_all("Route")]
    items += [
        ("Max-Forwards", "70"),
        ("From", headers.get("From") or ""),
        ("To", to or headers.get("To") or ""),
        ("Call-ID", headers.get("Call-ID") or ""),
        ("CSeq", f"{request.cseq.number} {method}"),
    ]
    return Request(method, request.request_uri_text, Headers.of_canonical(items))


def is_private(host: str) -> bool:
    """An address that only its own network reaches (RFC 1918, 4193, loopback); a name is not."""
    return is_ip(host) and ip_address(host).is_private


def next_hop(uri: Uri, flow: Flow, *, keep: bool) -> Flow:
    """The flow of a request within a dialog: to the address in the first Route or the remote target.

    keep: the peer sits behind a NAT or is reached over a registered flow (RFC 5626 §5.3), so its own flow
    it is. A name needs DNS, which this layer has not: then the dialog's flow too, as with a contact that
    is private while the peer is not (a NAT that nobody told us about).
    """
    if keep or not isinstance(uri, SipUri):
        return flow
    transport = uri.transport or flow.transport
    if uri.scheme == "sips" and transport == "tcp":
        transport = "tls"
    host, port = uri.host, uri.port or DEFAULT_PORT.get(transport, 5060)
    if transport != flow.transport or (host, port) == flow.remote or not is_ip(host):
        return flow
    if is_private(host) and not is_private(flow.remote[0]):
        return flow
    if flow.is_stream and host == flow.remote[0] and flow.connection:
        return flow
    return flow._replace(remote=(host, port), connection=0)
