"""112 from a cold start with PostgreSQL, Redis and rtpengine away: time from INVITE in to INVITE out.

Limit: 50 ms, median of 20. The route refuses every call right after, so each is handled whole.
"""

from __future__ import annotations

import socket
import statistics
import sys
import time

from tests.bench import gateways

LIMIT_MS = 50.0
PORT = 28901
SDP = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 28810 RTP/AVP 8\r\n"


def _invite(number: int, port: int) -> bytes:
    return (
        f"INVITE sip:112@127.0.0.1:{PORT} SIP/2.0\r\n"
        f"Via: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bKbench{number};rport\r\n"
        f"From: <sip:+31612345601@127.0.0.1>;tag=b{number}\r\nTo: <sip:112@127.0.0.1>\r\n"
        f"Call-ID: bench-112-{number}\r\nCSeq: 1 INVITE\r\nMax-Forwards: 70\r\n"
        f"Contact: <sip:+31612345601@127.0.0.1:{port}>\r\n"
        "P-Asserted-Identity: <sip:+31612345601@127.0.0.1>\r\n"
        f"Content-Type: application/sdp\r\nContent-Length: {len(SDP)}\r\n\r\n{SDP}"
    ).encode()


def _decline(request: bytes) -> bytes:
    """600 to the INVITE of the route: the call ends, no other route is tried by a busy answer."""
    wanted = (b"via", b"from", b"call-id", b"cseq", b"to")
    lines = [line for line in request.split(b"\r\n") if line.split(b":")[0].lower() in wanted]
    lines = [line + b";tag=route" if line.lower().startswith(b"to:") else line for line in lines]
    return b"\r\n".join([b"SIP/2.0 486 Busy Here", *lines, b"Content-Length: 0", b"", b""])


def _acknowledge(number: int, port: int, answer: bytes) -> bytes:
    """ACK of a refusal (RFC 3261 §17.1.1.3): the INVITE's branch, the response's To."""
    to = next(line for line in answer.decode().split("\r\n") if line.lower().startswith("to:"))
    return (
        f"ACK sip:112@127.0.0.1:{PORT} SIP/2.0\r\n"
        f"Via: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bKbench{number};rport\r\n"
        f"From: <sip:+31612345601@127.0.0.1>;tag=b{number}\r\n{to}\r\n"
        f"Call-ID: bench-112-{number}\r\nCSeq: 1 ACK\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
    ).encode()


def measure(calls: int = 20) -> list[float]:
    """Milliseconds from sending each INVITE to the INVITE's arrival at the emergency route."""
    with _udp() as handset, _udp() as route, gateways.nothing_but_the_gateway(PORT, _port(route)):
        return [_one(number, handset, route) for number in range(calls)]


def _one(number: int, handset: socket.socket, route: socket.socket) -> float:
    started = time.perf_counter()
    handset.sendto(_invite(number, _port(handset)), ("127.0.0.1", PORT))
    request, source = route.recvfrom(65535)
    while not request.startswith(b"INVITE"):
        request, source = route.recvfrom(65535)
    took = (time.perf_counter() - started) * 1000
    route.sendto(_decline(request), source)
    handset.settimeout(10)
    answer = handset.recv(65535)
    while not answer.startswith(b"SIP/2.0 486"):
        answer = handset.recv(65535)
    handset.sendto(_acknowledge(number, _port(handset), answer), ("127.0.0.1", PORT))
    return took


def _udp() -> socket.socket:
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    opened.bind(("127.0.0.1", 0))
    opened.settimeout(10)
    return opened


def _port(opened: socket.socket) -> int:
    return int(opened.getsockname()[1])


def run() -> bool:
    """Print the median beside the limit; True when it holds."""
    took = measure()
    median = statistics.median(took)
    print(
        f"112, cold start, PostgreSQL, Redis and rtpengine away: median {median:.2f} ms of {len(took)}, "
        f"worst {max(took):.2f} ms; {median / LIMIT_MS:.3f} × the limit of {LIMIT_MS:g} ms"
    )
    return median <= LIMIT_MS


if __name__ == "__main__":
    sys.exit(0 if run() else 1)
