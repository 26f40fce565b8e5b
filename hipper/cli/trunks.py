"""``hipper trunks``: networks, carriers and other exchanges as the running gateway sees them."""

from __future__ import annotations

import os
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from cyclopts import App
from rich.console import Console
from rich.table import Table
from rich.text import Text

from fmc_gateway.trunks_report import TrunkReport
from hipper.cli.database import SettingsFile
from hipper.cli.errors import CliError
from hipper.runtime.settings import default_path, load

app = App(
    name="trunks", help="Networks, carriers and other exchanges: where, whether they answer, registered."
)
COLUMNS = ("name", "kind", "next hop", "servers", "OPTIONS", "registered until", "last error")
WITHIN_S = 3.0


@app.default
def list_trunks(*, settings: SettingsFile = None) -> None:
    """One line for each: next hop and its servers, whether OPTIONS is answered, until when we are registered,
    what went wrong last."""
    reports = fetch(settings)
    if not reports:
        print("the settings name no network, trunk or exchange")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in COLUMNS:
        table.add_column(title, no_wrap=True)
    for report in reports:
        table.add_row(*(Text(cell) for cell in row(report)))
    console = Console(soft_wrap=True, highlight=False, markup=False)
    (console if console.is_terminal else Console(width=200, soft_wrap=True, highlight=False)).print(table)


def fetch(path: Path | None) -> list[TrunkReport]:
    """From the gateway's own port for health. Raises CliError when it does not answer."""
    http = load(path or default_path(os.environ), os.environ).http
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(http.host, http.host)
    url = f"http://{f'[{host}]' if ':' in host else host}:{http.port}/health/trunks"
    try:
        with urllib.request.urlopen(url, timeout=WITHIN_S) as answer:
            return msgspec.json.decode(answer.read(), type=list[TrunkReport])
    except (OSError, msgspec.DecodeError) as error:
        reason = getattr(error, "reason", error)
        raise CliError(f"the gateway does not answer at {url}: {reason}; is it running?") from None


def row(report: TrunkReport) -> tuple[str, ...]:
    """What stands in :data:`COLUMNS`. A server in brackets is tried last."""
    servers = " ".join(one.address if one.well else f"({one.address})" for one in report.servers)
    return (
        report.name,
        report.kind,
        report.next_hop,
        servers or "none known",
        report.options,
        _registered(report),
        report.last_error or "-",
    )


def _registered(report: TrunkReport) -> str:
    if report.registration is None:
        return "-"
    if report.registered_until is None:
        return f"not registered ({report.registration.lower()})"
    return datetime.fromtimestamp(report.registered_until, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")
