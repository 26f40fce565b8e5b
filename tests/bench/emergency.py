"""112 from a cold start with PostgreSQL, Redis and rtpengine away: time from INVITE in to INVITE out.

Limit (same run): 50 ms, median of 20. Every call is refused by the route right after, so each is handled whole.
"""

from __future__ import annotations

import socket
import statistics
import time

from tests.bench import gateways

LIMIT_MS = 50.0
SDP = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 24810 RTP/AVP 8\r\n"


def _invite(number: int, port: int, gateway_port: int) -> bytes:
    return (
        f"INVITE sip:112@127.0.0.1:{gateway_port} SIP/2.0\r\n"
        f"Via: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bKbench{number};rport\r\n"
        f"From: <sip:+31612345601@127.0.0.1>;tag=b{number}\r\nTo: <sip:112@127.0.0.1>\r\n"
        f"Call-ID: bench-112-{number}\r\nCSeq: 1 INVITE\r\nMax-Forwards: 70\r\n"
        f"Contact: <sip:+31612345601@127.0.0.1:{port}>\r\nP-Asserted-Identity: <sip:+31612345601@127.0.0.1>\r\n"
        f"Content-Type: application/sdp\r\nContent-Length: {len(SDP)}\r\n\r\n{SDP}"
    ).encode()


def _decline(request: bytes) -> bytes:
    """600 to the INVITE of the route: the call ends, no other route is tried by a busy answer."""
    wanted = (b"via", b"from", b"call-id", b"cseq", b"to")
    lines = [line for line in request.split(b"\r\n") if line.split(b":")[0].lower() in wanted]
    lines = [line + b";tag=route" if line.lower().startswith(b"to:") else line for line in lines]
    return b"\r\n".join([b"SIP/2.0 486 Busy Here", *lines, b"Content-Length: 0", b"", b""])


def measure(calls: int = 20) -> list[float]:
    """Milliseconds from sending each INVITE to the INVITE's arrival at the emergency route."""
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handset,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as route,
    ):
        handset.bind(("127.0.0.1", 0))
        route.bind(("127.0.0.1", 0))
        route.settimeout(10)
        took = []
        with gateways.nothing_but_the_gateway(
            24901, handset.getsockname()[1], route.getsockname()[1]
        ) as gateway_port:
            for number in range(calls):
                started = time.perf_counter()
                handset.sendto(_invite(number, handset.getsockname()[1], gateway_port), ("127.0.0.1", gateway_port))
                while True:
                    request, source = route.recvfrom(65535)
                    if request.startswith(b"INVITE"):
                        break
                took.append((time.perf_counter() - started) * 1000)
                route.sendto(_decline(request), source)
                time.sleep(0.05)
        return took


def run() -> bool:
    """Print the median beside the limit; True when it holds."""
    took = measure()
    median = statistics.median(took)
    print(
        f"112, cold start, PostgreSQL, Redis and rtpengine away: median {median:.2f} ms, worst {max(took):.2f} ms "
        f"of {len(took)}; {median / LIMIT_MS:.3f} × the limit of {LIMIT_MS:g} ms"
    )
    return median <= LIMIT_MS
