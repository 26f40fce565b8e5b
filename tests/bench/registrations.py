"""Refreshes of registrations with digest, a second and core: the whole gateway with PostgreSQL and Redis.

Every phone sends its next REGISTER with fresh credentials (one nonce, counting) once the last was answered;
what counts is CPU of the gateway process, PostgreSQL's and Redis' stand beside it. Limit: 3,000 a core.

    python -m tests.bench.registrations [--phones 100] [--refreshes 10000]
"""

from __future__ import annotations

import argparse
import selectors
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

from hipper.telephony.sip.digest import DigestClient
from hipper.telephony.sip.message import Headers, Request, Response, parse_message
from tests.bench import gateways, procstat

LIMIT_PER_CORE_S = 3000
PORT, TRUNK_PORT = 28901, 28902
DEVICES_PORT = PORT + 30
DOMAIN = "bakkerijdevries.example"
PASSWORD = "krentenbol"
WARM_UP = 5
"""Refreshes of each phone before it counts."""


@dataclass(frozen=True)
class Measured:
    """``cpu_s``: CPU seconds by process while ``refreshes`` were answered with 200; ``refused``: others."""

    refreshes: int
    refused: int
    cpu_s: dict[str, float]

    @property
    def per_core_s(self) -> float:
        return self.refreshes / max(self.cpu_s["gateway"], 0.01)


class RegisteringPhone:
    """One desk phone that registers again as soon as it was answered."""

    def __init__(self, number: int) -> None:
        self.user = f"bench{number}"
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.connect(("127.0.0.1", DEVICES_PORT))
        self._port = int(self.socket.getsockname()[1])
        self._digest = DigestClient(self.user, PASSWORD)
        self._cseq = 0
        self.answered = 0
        self.refused = 0

    def _request(self) -> Request:
        self._cseq += 1
        aor = f"<sip:{self.user}@{DOMAIN}>"
        items = [
            ("Via", f"SIP/2.0/UDP 127.0.0.1:{self._port};branch=z9hG4bK{self.user}-{self._cseq};rport"),
            ("Max-Forwards", "70"),
            ("From", f"{aor};tag={self.user}"),
            ("To", aor),
            ("Call-ID", self.user),
            ("CSeq", f"{self._cseq} REGISTER"),
            ("Contact", f"<sip:{self.user}@127.0.0.1:{self._port}>;expires=600"),
        ]
        return Request("REGISTER", f"sip:{DOMAIN}", Headers(items))

    def send(self, challenge: Response | None = None) -> None:
        request = self._request()
        cnonce = f"{self._cseq:08x}"
        if challenge is None:
            answers = self._digest.preempt(request, cnonce)
        else:
            answers = self._digest.authorize(request, challenge, cnonce)
        for name, value in answers:
            request.headers.add(name, value)
        self.socket.send(request.to_bytes())

    def receive(self, again: bool) -> None:
        response = parse_message(self.socket.recv(65535))
        assert isinstance(response, Response)
        if response.status == 200:
            self.answered += 1
            if again:
                self.send()
        elif response.status == 401 and self.refused < WARM_UP:
            self.refused += 1
            self.send(response)
        else:
            raise RuntimeError(f"{self.user}: {response.status} {response.reason}")


def _provision(folder: Path, phones: int) -> None:
    """The demonstration's company with one more subscriber a phone."""
    found = folder / "demo-company.toml"
    more = "".join(
        f'\n[[subscriber]]\nuser = "bench{n}"\ndisplay_name = "Bench {n}"\nextension = "{5000 + n}"\n'
        'group = "amsterdam"\n'
        f'[[subscriber.desk_phone]]\naor_user = "bench{n}"\nlabel = "Bench"\npassword = "{PASSWORD}"\n'
        for n in range(phones)
    )
    found.write_text(found.read_text() + more)


def _play(phones: list[RegisteringPhone], refreshes: int) -> None:
    """Until each phone has had its share of ``refreshes``. Raises TimeoutError when an answer stays out."""
    share = refreshes // len(phones)
    with selectors.DefaultSelector() as selector:
        until = {}
        for phone in phones:
            selector.register(phone.socket, selectors.EVENT_READ, phone)
            until[phone.user] = phone.answered + share
            phone.send()
        waiting = len(phones)
        while waiting:
            ready = selector.select(10)
            if not ready:
                raise TimeoutError("a REGISTER was not answered within 10 s")
            for key, _ in ready:
                phone = key.data
                before = phone.answered
                phone.receive(again=phone.answered + 1 < until[phone.user])
                waiting -= phone.answered > before and phone.answered == until[phone.user]


def measure(*, phones: int, refreshes: int) -> Measured:
    with gateways.installation(PORT, TRUNK_PORT) as installation:
        _provision(installation.settings.parent, phones)
        with installation.running() as processes:
            ours = [RegisteringPhone(number) for number in range(phones)]
            _play(ours, WARM_UP * phones)
            refused = sum(phone.refused for phone in ours)
            before = {name: procstat.cpu_seconds(pids) for name, pids in _all(processes).items()}
            _play(ours, refreshes)
            after = {name: procstat.cpu_seconds(pids) for name, pids in _all(processes).items()}
            for phone in ours:
                phone.socket.close()
    again = sum(phone.refused for phone in ours) - refused
    return Measured(refreshes // phones * phones, again, {name: after[name] - before[name] for name in after})


def _all(processes: gateways.Processes) -> gateways.Processes:
    return {
        name: [pid for root in roots for pid in procstat.descendants(root)]
        for name, roots in processes.items()
    }


def run(*, phones: int, refreshes: int) -> bool:
    """Print the rate beside its limit; True when it holds."""
    found = measure(phones=phones, refreshes=refreshes)
    parts = ", ".join(f"{name} {cpu / found.refreshes * 1e6:.0f} µs" for name, cpu in found.cpu_s.items())
    print(
        f"registration refreshes with digest: {found.per_core_s:.0f} a second and core of the gateway, "
        f"{found.per_core_s / LIMIT_PER_CORE_S:.2f} × the limit of {LIMIT_PER_CORE_S} (at least 1); "
        f"each {parts}; {found.refused} challenged again"
    )
    return found.per_core_s >= LIMIT_PER_CORE_S


def main() -> int:
    parser = argparse.ArgumentParser(description="Registration refreshes with digest, a second and core.")
    parser.add_argument("--phones", type=int, default=100)
    parser.add_argument("--refreshes", type=int, default=10_000)
    options = parser.parse_args()
    return 0 if run(phones=options.phones, refreshes=options.refreshes) else 1


if __name__ == "__main__":
    sys.exit(main())
