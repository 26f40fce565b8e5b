"""A real name server for one test: dnsmasq, as Debian's ``dnsmasq-base`` ships it, on a port of its own."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import dns.exception
import dns.message
import dns.query

from tests.interop.ports import Ports
from tests.interop.processes import die_with_us

DNSMASQ = "/usr/sbin/dnsmasq"
TTL_S = 1


class Dnsmasq:
    """``records``: dnsmasq's own options, such as ``srv-host=_sip._udp.carrier.test,a.test,5060,10,1``."""

    def __init__(self, folder: Path, ports: Ports) -> None:
        self.port = ports.keep()
        self.address = f"127.0.0.1:{self.port}"
        self._config = folder / "dnsmasq.conf"
        self._log = folder / "dnsmasq.log"
        self._process: subprocess.Popen[bytes] | None = None

    def serve(self, *records: str) -> None:
        """Serve these records, instead of those before."""
        self.stop()
        lines = [
            "keep-in-foreground", "no-resolv", "no-hosts", "bind-interfaces", "listen-address=127.0.0.1",
            f"port={self.port}", f"local-ttl={TTL_S}", f"neg-ttl={TTL_S}", "local=/test/", "log-facility=-",
            "log-queries", f"pid-file={self._config.with_suffix('.pid')}", "user=root", *records,
        ]  # fmt: skip
        self._config.write_text("\n".join(lines) + "\n")
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [DNSMASQ, f"--conf-file={self._config}"], stdout=log, stderr=log, preexec_fn=die_with_us()
            )
        deadline = time.monotonic() + 5
        while not self._answers():
            assert self._process.poll() is None, self._log.read_text()
            assert time.monotonic() < deadline, self._log.read_text()
            time.sleep(0.02)

    def _answers(self) -> bool:
        try:
            dns.query.udp(dns.message.make_query("ready.test", "A"), "127.0.0.1", port=self.port, timeout=0.2)
        except (dns.exception.DNSException, OSError):
            return False
        return True

    def queries(self) -> list[str]:
        """What was asked, e.g. ``query[SRV] _sip._udp.carrier.test``."""
        lines = self._log.read_text().splitlines()
        return [line[line.index("query[") :].partition(" from ")[0] for line in lines if "query[" in line]

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
