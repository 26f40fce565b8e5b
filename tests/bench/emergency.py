"""112 from a cold start with PostgreSQL, Redis and rtpengine away: time from INVITE in to INVITE out.

From a handset over a trunk, from a handset of an IMS (back to the S-CSCF with its ODI), and from a desk phone
whose site, known from the disk, gives number and route; each alone, and while the gateway has no room for
anything else: its calls are at the limit and its table of transactions is at twice its own. imrn has no
INVITE: :mod:`tests.bench.emergency_imrn`.

Limit: 50 ms, median of 20. The other side refuses every call right after, so each is handled whole.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import select
import socket
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from tests.bench import gateways

LIMIT_MS = 50.0
PORT = 28901
IMS_PORT, DEVICES_PORT = PORT + 10, PORT + 30
TRANSACTIONS = 20_000
"""``EndpointConfig.max_transactions``; requests within dialogs may fill the table to twice that."""
WINDOW = 64
"""Requests under way at a time while the table is filled: no socket buffer overflows."""
CALLS = 10
"""``[gateway] max_calls`` here."""
SDP = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 28810 RTP/AVP 8\r\n"
SETTINGS = """
[gateway]
max_calls = {calls}
drain_s = 0.2
[[sip_listener]]
name = "ims"
port = {ims}
[[mobile_network]]
name = "ims"
mode = "isc"
listener = "ims"
addresses = ["127.0.0.1"]
target = "sip:127.0.0.1:{scscf}"
sip_domain = "ims.example"
own_uri = "sip:fmc.example;lr"
originating_route = "<sip:127.0.0.1:{scscf};lr;orig>"
options_interval_s = 0
"""
USUAL_ROUTE = """
[[emergency_route]]
name = "usual"
listener = "pstn"
target = "sip:127.0.0.1:{port}"
"""
SITE_NUMBER = "+31201110000"


class Way(NamedTuple):
    """One way to call 112. ``headers``: beside what every INVITE has; ``wanted``: in the one that leaves."""

    name: str
    port: int
    user: str
    headers: str
    caller: socket.socket
    other: socket.socket
    routes: tuple[socket.socket, ...]
    wanted: bytes


_numbers = itertools.count(1)


def invite(way: Way, number: int, dialled: str = "112") -> bytes:
    port = _port(way.caller)
    return (
        f"INVITE sip:{dialled}@127.0.0.1:{way.port} SIP/2.0\r\n"
        f"Via: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bKbench{number};rport\r\n"
        f"From: <sip:{way.user}@127.0.0.1>;tag=b{number}\r\nTo: <sip:{dialled}@127.0.0.1>\r\n"
        f"Call-ID: bench-112-{number}\r\nCSeq: 1 INVITE\r\nMax-Forwards: 70\r\n"
        f"Contact: <sip:{way.user}@127.0.0.1:{port}>\r\n{way.headers}"
        f"Content-Type: application/sdp\r\nContent-Length: {len(SDP)}\r\n\r\n{SDP}"
    ).encode()


def answer(request: bytes, status: str) -> bytes:
    wanted = (b"via", b"from", b"call-id", b"cseq", b"to")
    lines = [line for line in request.split(b"\r\n") if line.split(b":")[0].lower() in wanted]
    lines = [line + b";tag=route" if line.lower().startswith(b"to:") else line for line in lines]
    return b"\r\n".join([f"SIP/2.0 {status}".encode(), *lines, b"Content-Length: 0", b"", b""])


def _acknowledge(way: Way, number: int, refusal: bytes) -> bytes:
    """ACK of a refusal (RFC 3261 §17.1.1.3): the INVITE's branch, the response's To."""
    to = next(line for line in refusal.decode().split("\r\n") if line.lower().startswith("to:"))
    return (
        f"ACK sip:112@127.0.0.1:{way.port} SIP/2.0\r\n"
        f"Via: SIP/2.0/UDP 127.0.0.1:{_port(way.caller)};branch=z9hG4bKbench{number};rport\r\n"
        f"From: <sip:{way.user}@127.0.0.1>;tag=b{number}\r\n{to}\r\n"
        f"Call-ID: bench-112-{number}\r\nCSeq: 1 ACK\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
    ).encode()


def call_112(way: Way) -> float:
    """One call; milliseconds until its INVITE is at the other side."""
    number = next(_numbers)
    started = time.perf_counter()
    way.caller.sendto(invite(way, number), ("127.0.0.1", way.port))
    request, source = _receive(way.other, b"INVITE")
    took = (time.perf_counter() - started) * 1000
    assert way.wanted in request, f"{way.name}: {request!r} does not have {way.wanted!r}"
    way.other.sendto(answer(request, "486 Busy Here"), source)
    way.caller.sendto(_acknowledge(way, number, _refused_by_all(way)), ("127.0.0.1", way.port))
    return took


def _refused_by_all(way: Way) -> bytes:
    """What the caller hears at last: the next route of the settings refuses too."""
    while True:
        ready, _, _ = select.select([way.caller, *way.routes], [], [], 10)
        assert ready, f"{way.name}: the call does not end"
        for opened in ready:
            data, source = opened.recvfrom(65535)
            if data.startswith(b"INVITE"):
                opened.sendto(answer(data, "486 Busy Here"), source)
            elif data.startswith(b"SIP/2.0 486"):
                return bytes(data)


@contextlib.contextmanager
def ways() -> Iterator[list[Way]]:
    """A gateway that started cold, and all ways to call 112 through it."""
    with contextlib.ExitStack() as stack:
        handset, ue, phone, route, scscf, site = (stack.enter_context(_udp()) for _ in range(6))
        more = SETTINGS.format(calls=CALLS, ims=IMS_PORT, scscf=_port(scscf))
        more += USUAL_ROUTE.format(port=_port(route))
        process = gateways.nothing_but_the_gateway(
            PORT, _port(site), more=more, prepare=lambda state: _known_phone(state, _port(phone))
        )
        stack.enter_context(process)
        odi = f"<sip:odi_1@127.0.0.1:{_port(scscf)};lr;orig>"
        msisdn = "P-Asserted-Identity: <sip:+31612345601@127.0.0.1>\r\n"
        served = "P-Served-User: <sip:+31612345601@ims.example>;sescase=orig\r\n"
        ims = f"Route: <sip:fmc.example;lr>, {odi}\r\n{served}"
        asserted = f"P-Asserted-Identity: <sip:{SITE_NUMBER}@"
        routes = (route, site)
        yield [
            Way("trunk", PORT, "+31612345601", msisdn, handset, route, routes, b"+31612345601@"),
            Way("isc", IMS_PORT, "+31612345601", ims + msisdn, ue, scscf, routes, f"Route: {odi}".encode()),
            Way("desk phone", DEVICES_PORT, "desk", "", phone, site, routes, asserted.encode()),
        ]


def _known_phone(state: Path, port: int) -> None:
    """What an earlier process left on the disk of a telephone and its site."""
    line = {
        "device": "desk",
        "aor": "desk@127.0.0.1",
        "host": "127.0.0.1",
        "port": port,
        "number": "+31201234567",
        "shown": SITE_NUMBER,
        "name": "Front desk",
        "zone": "shop",
        "route": "emergency",
    }
    state.mkdir(parents=True)
    (state / "emergency.json").write_text(json.dumps({"version": 1, "lines": [line], "callbacks": {}}))


# -- overload


@contextlib.contextmanager
def overload(way: Way, transactions: int = TRANSACTIONS) -> Iterator[None]:
    """The gateway holds as many calls as it may, and nothing but an emergency call finds room among its
    transactions. The calls are 112 calls that nobody answers: with the database away no others last."""
    ringing = [next(_numbers) for _ in range(CALLS)]
    for number in ringing:
        way.caller.sendto(invite(way, number), ("127.0.0.1", way.port))
        request, source = _receive(way.other, b"INVITE")
        way.other.sendto(answer(request, "180 Ringing"), source)
    with _udp() as crowd:
        _fill(crowd, way.port, 2 * transactions)
        assert not _finds_room(crowd, way.port), "the table of transactions is not full"
        yield
        assert not _finds_room(crowd, way.port), "the table of transactions was not full any more"


def _bye(port: int, number: int) -> bytes:
    return (
        f"BYE sip:x@127.0.0.1:{port} SIP/2.0\r\n"
        f"Via: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKfill{number};rport\r\n"
        f"From: <sip:a@x>;tag=a\r\nTo: <sip:b@x>;tag=b\r\nCall-ID: fill-{number}\r\nCSeq: 2 BYE\r\n"
        "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
    ).encode()


def _fill(crowd: socket.socket, port: int, count: int) -> None:
    """Requests within dialogs that nobody knows: each leaves a transaction of 32 s (timer J). The last ones
    are not answered any more."""
    crowd.settimeout(0.2)
    under_way = 0
    for number in range(count + WINDOW):
        crowd.sendto(_bye(port, number), ("127.0.0.1", port))
        under_way += 1
        if under_way < WINDOW:
            continue
        try:
            crowd.recv(2048)
            under_way -= 1
        except TimeoutError:
            under_way = 0  # a datagram was lost, or the table is full


def _finds_room(crowd: socket.socket, port: int) -> bool:
    """Whether a request that is no emergency call is taken: dropped means that the table is full."""
    crowd.settimeout(0.3)
    with contextlib.suppress(TimeoutError):
        while True:
            crowd.recv(2048)
    number = next(_numbers) + 10_000_000
    crowd.sendto(_bye(port, number), ("127.0.0.1", port))
    try:
        return f"fill-{number}".encode() in crowd.recv(2048)
    except TimeoutError:
        return False


def measure(
    name: str, calls: int = 20, *, loaded: bool = False, transactions: int = TRANSACTIONS
) -> list[float]:
    """Milliseconds of each call, after a cold start."""
    with ways() as all_ways:
        way = next(one for one in all_ways if one.name == name)
        with overload(way, transactions) if loaded else contextlib.nullcontext():
            return [call_112(way) for _ in range(calls)]


# -- small things


def _receive(opened: socket.socket, beginning: bytes) -> tuple[bytes, tuple[str, int]]:
    while True:
        data, source = opened.recvfrom(65535)
        if data.startswith(beginning):
            return data, source


def _udp() -> socket.socket:
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    opened.bind(("127.0.0.1", 0))
    opened.settimeout(10)
    return opened


def _port(opened: socket.socket) -> int:
    return int(opened.getsockname()[1])


WAYS = ("trunk", "isc", "desk phone")


def run(say: Callable[[str], None] = print) -> bool:
    """Say each median beside the limit; True when all hold."""
    well = True
    for name, loaded in itertools.product(WAYS, (False, True)):
        took = measure(name, loaded=loaded)
        median = statistics.median(took)
        state = "cold start, everything away" + (", no room for others" if loaded else "")
        say(
            f"112, {name}, {state}: median {median:.2f} ms of {len(took)}, worst {max(took):.2f} ms; "
            f"{median / LIMIT_MS:.3f} × the limit of {LIMIT_MS:g} ms"
        )
        well &= median <= LIMIT_MS
    return well


if __name__ == "__main__":
    sys.exit(0 if run() else 1)
