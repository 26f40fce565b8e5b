"""Delay added to a call: from the INVITE's arrival at the gateway to its own INVITE to the other side.

The whole installation with its look-up in PostgreSQL and its offer to rtpengine, while calls come evenly at a
rate and are answered, talked and hung up. Both ends are two sockets of this process; each call dials a number
of its own, by which its INVITE is known again. Limits at 50 calls/s: median 3 ms, 99th percentile 15 ms.

    python -m tests.bench.delay [--calls 1500] [--rate 50]
"""

from __future__ import annotations

import argparse
import heapq
import select
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

from tests.bench import gateways
from tests.bench.callers import msisdn
from tests.bench.in_process import SDP, lines, value

P50_MS, P99_MS = 3.0, 15.0
PORT, CALLED_PORT, CALLER_PORT = 28901, 28902, 28903
RING_S, TALK_S = 0.2, 2.0
GIVE_UP_S = 10.0
WARM_UP = 100


@dataclass
class Peers:
    """The mobile network and the carrier. ``delays``: seconds by call, of those whose INVITE came out."""

    rate: float
    delays: dict[int, float] = field(default_factory=dict)
    ended: int = 0
    _sent: dict[int, float] = field(default_factory=dict)
    _due: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    _order: count[int] = field(default_factory=count)

    def __post_init__(self) -> None:
        self._caller, self._called = _udp(CALLER_PORT), _udp(CALLED_PORT)

    def close(self) -> None:
        self._caller.close()
        self._called.close()

    def play(self, first: int, calls: int) -> None:
        """Calls number ``first`` onward, until all have ended or nothing comes any more."""
        started = time.perf_counter()
        for number in range(calls):
            self._at(started + number / self.rate, self._invite_of(first + number))
        goal, last = self.ended + calls, time.perf_counter()
        while self.ended < goal:
            self._run_due()
            wait = self._due[0][0] - time.perf_counter() if self._due else 0.5
            ready, _, _ = select.select([self._caller, self._called], [], [], max(wait, 0.0))
            now = time.perf_counter()
            if not ready and not self._due and now - last > GIVE_UP_S:
                return
            for one in ready:
                last = now
                (self._to_caller if one is self._caller else self._to_called)(one.recv(65535).decode(), now)

    def _at(self, due: float, act: Callable[[], None]) -> None:
        heapq.heappush(self._due, (due, next(self._order), act))

    def _run_due(self) -> None:
        while self._due and self._due[0][0] <= time.perf_counter():
            heapq.heappop(self._due)[2]()

    def _invite_of(self, number: int) -> Callable[[], None]:
        def send() -> None:
            more = (
                f"Contact: <sip:{msisdn(number)}@127.0.0.1:{CALLER_PORT}>\r\n"
                f"P-Asserted-Identity: <sip:{msisdn(number)}@127.0.0.1>\r\nContent-Type: application/sdp\r\n"
            )
            uri = f"sip:{_dialled(number)}@127.0.0.1:{PORT}"
            self._sent[number] = time.perf_counter()
            self._request("INVITE", uri, f"<{uri}>", number, 1, more, SDP)

        return send

    def _request(
        self, method: str, uri: str, to: str, number: int, cseq: int, more: str = "", body: str = ""
    ) -> None:
        text = (
            f"{method} {uri} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP 127.0.0.1:{CALLER_PORT};branch=z9hG4bK{number}-{cseq}{method}\r\n"
            f"From: <sip:{msisdn(number)}@127.0.0.1:{CALLER_PORT}>;tag=c{number}\r\nTo: {to}\r\n"
            f"Call-ID: {number}@delay\r\nCSeq: {cseq} {method}\r\nMax-Forwards: 70\r\n"
            f"{more}Content-Length: {len(body)}\r\n\r\n{body}"
        )
        self._caller.sendto(text.encode(), ("127.0.0.1", PORT))

    def _to_caller(self, message: str, now: float) -> None:
        """A 200 to INVITE is acknowledged and hung up later; one to BYE ends the call."""
        if not message.startswith("SIP/2.0 200"):
            if message.startswith("SIP/2.0 1"):
                return
            raise RuntimeError(f"not expected at the caller: {message.splitlines()[0]}")
        number = int(value(message, "Call-ID").partition("@")[0])
        if value(message, "CSeq").endswith("BYE"):
            self.ended += 1
            return
        target, to = value(message, "Contact").strip("<>").partition(">")[0], value(message, "To")
        self._request("ACK", target, to, number, 1)
        self._at(now + TALK_S, lambda: self._request("BYE", target, to, number, 2))

    def _to_called(self, message: str, now: float) -> None:
        source = ("127.0.0.1", PORT + 20)
        copied = lines(message, "Via", "From", "Call-ID", "CSeq")
        tag = f"{value(message, 'To')};tag=s" if message.startswith("INVITE") else value(message, "To")
        answer = f"{copied}To: {tag}\r\nContact: <sip:127.0.0.1:{CALLED_PORT}>\r\n"
        if message.startswith("INVITE"):
            number = _number(message)
            self.delays.setdefault(number, now - self._sent[number])
            ringing = f"SIP/2.0 180 Ringing\r\n{answer}Content-Length: 0\r\n\r\n"
            self._called.sendto(ringing.encode(), source)
            ok = (
                f"SIP/2.0 200 OK\r\n{answer}Content-Type: application/sdp\r\n"
                f"Content-Length: {len(SDP)}\r\n\r\n{SDP}"
            )
            self._at(now + RING_S, lambda: _send(self._called, ok, source))
        elif message.startswith("BYE"):
            _send(self._called, f"SIP/2.0 200 OK\r\n{answer}Content-Length: 0\r\n\r\n", source)


def _dialled(number: int) -> str:
    return f"0209{number:06d}"


def _number(invite: str) -> int:
    """The call's number out of the Request-URI of its INVITE, however that writes the number dialled."""
    user = invite.partition("@")[0].rpartition(":")[2]
    return int(user[-6:])


def _send(own: socket.socket, text: str, to: tuple[str, int]) -> None:
    own.sendto(text.encode(), to)


def _udp(port: int) -> socket.socket:
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 * 1024 * 1024)
    opened.bind(("127.0.0.1", port))
    return opened


@dataclass(frozen=True)
class Measured:
    """Milliseconds; ``failed``: calls that did not end as they should."""

    p50: float
    p99: float
    worst: float
    calls: int
    failed: int


def measure(*, calls: int, rate: float, warm_up: int = WARM_UP) -> Measured:
    with gateways.installation(PORT, CALLED_PORT) as installation, installation.running():
        peers = Peers(rate)
        try:
            peers.play(0, warm_up)
            peers.play(warm_up, calls)
        finally:
            peers.close()
    took = sorted(delay * 1000 for number, delay in peers.delays.items() if number >= warm_up)
    if not took:
        raise RuntimeError("no call came through")
    p99 = took[min(len(took) - 1, len(took) * 99 // 100)]
    return Measured(took[len(took) // 2], p99, took[-1], len(took), warm_up + calls - peers.ended)


def run(*, calls: int, rate: float) -> bool:
    """Print both percentiles beside their limits; True when they hold."""
    found = measure(calls=calls, rate=rate)
    print(
        f"delay from INVITE in to INVITE out, complete, {found.calls} calls at {rate:g}/s: "
        f"median {found.p50:.2f} ms ({found.p50 / P50_MS:.2f} × the limit of {P50_MS:g}), "
        f"99th percentile {found.p99:.2f} ms ({found.p99 / P99_MS:.2f} × the limit of {P99_MS:g}), "
        f"worst {found.worst:.2f} ms, {found.failed} failed"
    )
    return found.p50 <= P50_MS and found.p99 <= P99_MS and found.failed == 0


def main() -> int:
    parser = argparse.ArgumentParser(description="Delay added to a call by the complete gateway.")
    parser.add_argument("--calls", type=int, default=1500)
    parser.add_argument("--rate", type=float, default=50)
    options = parser.parse_args()
    return 0 if run(calls=options.calls, rate=options.rate) else 1


if __name__ == "__main__":
    sys.exit(main())
