"""CPU of the signalling path alone: the signalling-only gateway of the benchmarks with both peers scripted in
the same process, without sockets. Only our side is timed.

``--gap-ms`` waits between calls: what the same work costs when the processor did something else meanwhile.

    python -m tests.bench.in_process [--calls 1000] [--gap-ms 0] [--profile 25]
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import pstats
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from hipper.runtime.compiled import use_compiled

use_compiled()  # before anything imports the SIP stack

from hipper.runtime.logging import configure  # noqa: E402
from hipper.runtime.settings import load  # noqa: E402
from hipper.runtime.sip_endpoint import SipCore  # noqa: E402
from hipper.telephony.sip.flow import Flow, Outgoing  # noqa: E402
from tests.bench import gateways  # noqa: E402
from tests.bench.signalling_gateway import SignallingGateway  # noqa: E402

PORT, CALLED, CALLER, HTTP_PORT = 28941, 28942, 28943, 28944
SDP = (
    "v=0\r\no=bench 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio 28800 RTP/AVP 8 101\r\n"
    "a=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=ptime:20\r\n"
)
MSISDN, DIALLED = "+31612345601", "0201239999"


def lines(message: str, *names: str) -> str:
    """The header lines of these names, each with its line end."""
    head = message.partition("\r\n\r\n")[0].split("\r\n")[1:]
    return "".join(f"{line}\r\n" for line in head if line.partition(":")[0] in names)


def value(message: str, name: str) -> str:
    return lines(message, name).partition(": ")[2].strip()


class Tapped:
    """A core whose messages go to a list in place of the sockets."""

    def __init__(self, core: SipCore, sent: list[str]) -> None:
        self._core = core
        self._sent = sent

    def messages_to_send(self) -> list[Outgoing]:
        self._sent += [data.decode() for data, _ in self._core.messages_to_send()]
        return []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._core, name)


class Peers:
    """The caller and the called side of one call after the other."""

    def __init__(self, gateway: SignallingGateway) -> None:
        self._shell = gateway.shell
        self._caller = self._shell.flow_for("udp", "mobile", "127.0.0.1", CALLER)
        self._called = self._shell.flow_for("udp", "pstn", "127.0.0.1", CALLED)
        self._sent: list[str] = []
        self._shell._core = Tapped(self._shell._core, self._sent)
        self._spent = 0.0
        self._count = 0

    def _feed(self, text: str, flow: Flow) -> None:
        data, started = text.encode(), time.perf_counter()
        self._shell._received_datagram(data, flow)
        self._shell.flush()
        self._spent += time.perf_counter() - started

    def _last(self, start: str) -> str:
        return next(message for message in reversed(self._sent) if message.startswith(start))

    def _request(self, method: str, uri: str, to: str, cseq: int, more: str = "", body: str = "") -> str:
        return (
            f"{method} {uri} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP 127.0.0.1:{CALLER};branch=z9hG4bK-{self._count}-{cseq}{method}\r\n"
            f"From: <sip:{MSISDN}@127.0.0.1:{CALLER}>;tag=c{self._count}\r\nTo: {to}\r\n"
            f"Call-ID: {self._count}@127.0.0.1\r\nCSeq: {cseq} {method}\r\nMax-Forwards: 70\r\n"
            f"{more}Content-Length: {len(body)}\r\n\r\n{body}"
        )

    def call(self) -> float:
        """INVITE, 180, 200, ACK, BYE, 200. Returns the seconds our side worked."""
        self._count += 1
        self._spent = 0.0
        self._sent.clear()
        uri = f"sip:{DIALLED}@127.0.0.1:{PORT}"
        more = (
            f"Contact: <sip:{MSISDN}@127.0.0.1:{CALLER}>\r\nP-Asserted-Identity: <sip:{MSISDN}@127.0.0.1>\r\n"
            f"P-Charging-Vector: icid-value={self._count}\r\nContent-Type: application/sdp\r\n"
        )
        self._feed(self._request("INVITE", uri, f"<{uri}>", 1, more, SDP), self._caller)
        invite = self._last("INVITE")
        answer = (
            f"{lines(invite, 'Via', 'From', 'Call-ID', 'CSeq')}"
            f"To: {value(invite, 'To')};tag=s{self._count}\r\n"
            f"Contact: <sip:127.0.0.1:{CALLED};transport=UDP>\r\n"
        )
        self._feed(f"SIP/2.0 180 Ringing\r\n{answer}Content-Length: 0\r\n\r\n", self._called)
        with_sdp = f"{answer}Content-Type: application/sdp\r\nContent-Length: {len(SDP)}\r\n\r\n{SDP}"
        self._feed(f"SIP/2.0 200 OK\r\n{with_sdp}", self._called)
        ok = self._last("SIP/2.0 200")
        target, to = value(ok, "Contact")[1:-1], value(ok, "To")
        self._feed(self._request("ACK", target, to, 1), self._caller)
        self._feed(self._request("BYE", target, to, 2), self._caller)
        copied = lines(self._last("BYE"), "Via", "From", "To", "Call-ID", "CSeq")
        self._feed(f"SIP/2.0 200 OK\r\n{copied}Content-Length: 0\r\n\r\n", self._called)
        return self._spent


async def run(calls: int, gap_s: float, profile: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "hipper.toml"
        text = gateways.settings_text(Path(folder) / "state", PORT, CALLED, CALLED, gateways._AWAY)
        path.write_text(text.replace(str(gateways.HTTP_PORT), str(HTTP_PORT)))
        settings = load(path, {})
        configure(settings.logging, "in_process")
        gateway = SignallingGateway(settings)
        await gateway.start()
        peers = Peers(gateway)
        for _ in range(200):
            peers.call()
        if len(gateway.interpreter):
            raise RuntimeError("calls are left over: the script does not end them")
        if profile:
            _print_profile(peers, calls, profile)
        else:
            _print_times(peers, calls, gap_s)
        await gateway.stop()


def _print_times(peers: Peers, calls: int, gap_s: float) -> None:
    spent: list[float] = []
    for _ in range(calls):
        time.sleep(gap_s)
        spent.append(peers.call())
    spent.sort()
    tenth, median = spent[calls // 10], spent[calls // 2]
    print(f"{calls} calls, {gap_s * 1000:g} ms apart: median {median * 1000:.2f} ms, "
          f"a tenth below {tenth * 1000:.2f} ms")  # fmt: skip


def _print_profile(peers: Peers, calls: int, rows: int) -> None:
    profiler = cProfile.Profile()
    profiler.enable()
    for _ in range(calls):
        peers.call()
    profiler.disable()
    pstats.Stats(profiler, stream=sys.stdout).sort_stats("tottime").print_stats(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description="CPU of the signalling path, without sockets.")
    parser.add_argument("--calls", type=int, default=1000)
    parser.add_argument("--gap-ms", type=float, default=0.0)
    parser.add_argument("--profile", type=int, default=0, metavar="ROWS", help="print a profile instead")
    options = parser.parse_args()
    asyncio.run(run(options.calls, options.gap_ms / 1000, options.profile))


if __name__ == "__main__":
    main()
