"""What reading costs: CPU of the API process for each request and how long it takes, of every read endpoint,
beside a bare Litestar route that does one asyncpg fetch. Aim: twice the CPU, p99 of 25 ms at 500/s.

The endpoints are those of the description; who asks changes with every request. One worker, PostgreSQL with
100,000 subscribers, Redis.

    python -m tests.bench.api_reads [--subscribers 100000] [--rate 500] [--seconds 4] [--only history]
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import msgspec

from app.description import describe
from app.domain.signing_in.tokens import AccessTokens
from app.main import create_app
from hipper.runtime.clock import SystemClock
from hipper.runtime.secret import installation_secret
from hipper.runtime.settings_model import Settings
from tests.bench import procstat
from tests.bench.api_data import OPERATOR_KEY, User, load
from tests.bench.http_load import Load, drive, quantile_ms, request_of
from tests.bench.own_servers import PASSWORD, OwnServers

CPU_RATIO, P99_MS = 2.0, 25.0
CORES = len(os.sched_getaffinity(0))
PORT, BARE_PORT = 28990, 28991
_ROOT = Path(__file__).parents[2]
_WARM_UP = 300
_NOT_READ = ("text/event-stream",)
_ONE_SERVICE = "do_not_disturb", "call_capacity_management"
"""One stands for all: they are read by the same lines."""
_QUANTILES = ("p50 ms", "p99 ms", "bare p99", "late")
_ALWAYS_NAMED = ("call", "number")


class Endpoint(NamedTuple):
    """``path``: with its parameters still in braces."""

    path: str
    needs_token: bool
    query: str


class Measured(NamedTuple):
    """CPU for each request: of the API process, and of PostgreSQL and Redis. That of the generator is in
    ``load``."""

    path: str
    cpu_ms: float
    servers_ms: float
    load: Load

    @property
    def generator_ms(self) -> float:
        return 1000 * self.load.cpu_s / len(self.load.late_s)

    def cores(self, rate: float) -> float:
        """How many all of them need at that rate; with more than there are, everybody waits for everybody."""
        return rate * (self.cpu_ms + self.servers_ms + self.generator_ms) / 1000

    @property
    def is_well(self) -> bool:
        return set(self.load.statuses) == {200}


def endpoints() -> list[Endpoint]:
    """Every GET of the description but streams and the files of the documentation."""
    described = msgspec.json.decode(msgspec.json.encode(describe(create_app(Settings()), "0")))
    found = []
    for path, operations in described["paths"].items():
        get = operations.get("get")
        if get is None or "description" in get["tags"] or _is_other_service(path):
            continue
        if any(media in _NOT_READ for media in get["responses"].get("200", {}).get("content", {})):
            continue
        queries = [one for one in get["parameters"] if one["in"] == "query"]
        needed = [one["name"] for one in queries if one.get("required") or one["name"] in _ALWAYS_NAMED]
        query = "&".join(f"{name}={{{name}}}" for name in needed)
        found.append(Endpoint(path, get["security"] != [{}], query))
    return found


def _is_other_service(path: str) -> bool:
    service = re.search(r"/services/(\w+)$", path)
    return service is not None and service[1] not in _ONE_SERVICE


def _known(user: User) -> dict[str, str]:
    """What a parameter of that name is for this user."""
    return {
        "user": user.subscriber,
        "group": user.group,
        "tenant": user.tenant,
        "device": f"{user.subscriber}-desk",
        "session": user.session,
        "contact": user.contact,
        "call": user.call,
        "number": user.number.replace("+", "%2B"),
        "q": "mede",
    }


def requests_of(
    endpoint: Endpoint, users: list[User], tokens: AccessTokens, key: str | None = None
) -> list[bytes] | None:
    """One of each user; None when a parameter is of nothing that was loaded. ``key``: who asks instead."""
    found = []
    for user in users:
        known = _known(user)
        if set(re.findall(r"\{(\w+)\}", endpoint.path + endpoint.query)) - set(known):
            return None
        path = endpoint.path.format(**known)
        path += f"?{endpoint.query.format(**known)}" if endpoint.query else ""
        token = (key or tokens.issue(user.session)) if endpoint.needs_token else None
        found.append(request_of("GET", path, token))
    return found


class Site:
    """The API and the bare route, a process each, on one database."""

    def __init__(self, folder: Path, subscribers: int) -> None:
        self._servers = OwnServers(folder / "servers", (28992, 28993), (28994, 28999))
        self.database, self.redis = self._servers.database, self._servers.redis
        for name in ("postgresql", "redis"):
            self._servers.start(name)
        asyncio.run(self._servers._prepare())
        began = time.monotonic()
        self.users = asyncio.run(load(self._servers.database, subscribers))
        self.load_s = time.monotonic() - began
        path = folder / "hipper.toml"
        path.write_text(
            f'state_dir = "{folder}"\n[database]\nurl = "{self._servers.database}"\n'
            f'role_password = "{PASSWORD}"\n[redis]\nurl = "{self._servers.redis}"\n'
            f'[api]\nport = {PORT}\nrequests_per_s = 1000000\n[logging]\nlevel = "warning"\n'
        )
        self.api = self._started("app", "--config", str(path))
        self.bare = self._started("tests.bench.api_bare", str(BARE_PORT), self._servers.database)
        settings = Settings(state_dir=str(folder))
        self.tokens = AccessTokens(installation_secret(settings), SystemClock())

    def servers(self) -> list[int]:
        """PostgreSQL, all its processes, and Redis."""
        running = self._servers.processes()
        return [pid for one in running for pid in procstat.descendants(one)]

    def _started(self, module: str, *arguments: str) -> subprocess.Popen[bytes]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("HIPPER__")}
        return subprocess.Popen([sys.executable, "-m", module, *arguments], cwd=_ROOT, env=environment)

    async def wait(self) -> None:
        async with httpx.AsyncClient() as client, asyncio.timeout(60):
            for port, path in ((PORT, "/health/live"), (BARE_PORT, f"/row/{self.users[0].subscriber}")):
                while True:
                    with contextlib.suppress(httpx.TransportError):
                        if (await client.get(f"http://127.0.0.1:{port}{path}")).status_code == 200:
                            break
                    await asyncio.sleep(0.05)

    def stop(self) -> None:
        for process in (self.api, self.bare):
            process.terminate()
            process.wait(20)
        self._servers.stop_all()


@contextlib.contextmanager
def site(subscribers: int) -> Iterator[Site]:
    with tempfile.TemporaryDirectory(prefix="hipper-bench-") as folder:
        Path(folder).chmod(0o755)
        running = Site(Path(folder), subscribers)
        try:
            asyncio.run(running.wait())
            yield running
        finally:
            running.stop()


def measure(
    running: Site, name: str, process: subprocess.Popen[bytes], requests: list[bytes], rate: float, count: int
) -> Measured:
    port = BARE_PORT if process is running.bare else PORT

    async def driven() -> tuple[float, float, Load]:
        await drive(port, requests, rate, min(count, _WARM_UP))
        servers = running.servers()
        before, around = procstat.cpu_seconds([process.pid]), procstat.cpu_seconds(servers)
        found = await drive(port, requests, rate, count)
        took = procstat.cpu_seconds([process.pid]) - before
        return took, procstat.cpu_seconds(servers) - around, found

    cpu_s, servers_s, found = asyncio.run(driven())
    return Measured(name, 1000 * cpu_s / count, 1000 * servers_s / count, found)


def measure_bare(running: Site, rate: float, count: int) -> Measured:
    rows = [request_of("GET", f"/row/{user.subscriber}") for user in running.users]
    return measure(running, "(bare route, one fetch)", running.bare, rows, rate, count)


def measure_all(running: Site, rate: float, count: int, only: str = "") -> Iterator[Measured]:
    """What was loaded; of the rest it prints the path."""
    for endpoint in endpoints():
        if only not in endpoint.path:
            continue
        requests = _readable(running, endpoint)
        if requests is None:
            print(f"{endpoint.path:48} not measured: nothing of it was loaded")
        else:
            yield measure(running, endpoint.path, running.api, requests, rate, count)


def _readable(running: Site, endpoint: Endpoint) -> list[bytes] | None:
    """By the users, or by an operator where they may not; None where there is nothing."""
    for key in (None, OPERATOR_KEY):
        requests = requests_of(endpoint, running.users, running.tokens, key)
        if requests is None:
            return None
        (status,) = asyncio.run(drive(PORT, requests, 100, 1)).statuses
        if status not in (403, 404):
            return requests
    return None


def told(one: Measured, bare: tuple[Measured, Measured], rate: float) -> str:
    """``bare``: before and after it, since others use the machine too."""
    bare_ms = sum(beside.cpu_ms for beside in bare) / 2
    ratio = one.cpu_ms / bare_ms
    marks = ("" if one.is_well else f"  {dict(one.load.statuses)}") + ("  CPU!" if ratio > CPU_RATIO else "")
    p50, p99 = one.load.quantile_ms(0.5), one.load.quantile_ms(0.99)
    marks += "  p99!" if p99 > P99_MS else ""
    late = quantile_ms(one.load.late_s, 0.99)
    least = max(beside.load.quantile_ms(0.99) for beside in bare)
    figures = (p50, p99, least, late)
    return (
        f"{one.path:48} {one.cpu_ms:7.2f} {bare_ms:6.2f} {ratio:6.2f}"
        + "".join(f" {figure:8.1f}" for figure in figures)
        + f" {one.servers_ms:7.2f} {one.generator_ms:7.2f} {one.cores(rate):6.2f}{marks}"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--subscribers", type=int, default=100_000)
    parser.add_argument("--rate", type=float, default=500.0)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--only", default="", help="endpoints whose path has this in it")
    options = parser.parse_args()
    count = round(options.rate * options.seconds)
    with site(options.subscribers) as running:
        print(f"{options.subscribers} subscribers loaded in {running.load_s:.0f} s; {options.rate:g}/s")
        print("bare: the bare route, before and after each; late: p99 of how late a request was sent")
        print(f"servers, generator: CPU ms of a request; cores: what all of them need, of {CORES}")
        columns = f"{'CPU ms':>7} {'bare':>6} {'×':>6}" + "".join(f" {one:>8}" for one in _QUANTILES)
        print(f"{'GET':48} {columns} {'servers':>7} {'gener.':>7} {'cores':>6}")
        before = measure_bare(running, options.rate, count)
        print(told(before, (before, before), options.rate), flush=True)
        well = True
        for one in measure_all(running, options.rate, count, options.only):
            after = measure_bare(running, options.rate, count)
            print(told(one, (before, after), options.rate), flush=True)
            well, before = well and one.is_well, after
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
