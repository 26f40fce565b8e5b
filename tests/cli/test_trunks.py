"""``hipper trunks``: what stands in a line."""

from __future__ import annotations

from datetime import datetime

from fmc_gateway.trunks_report import ServerReport, TrunkReport
from hipper.cli.trunks import COLUMNS, row

UNTIL = 1_800_000_000.0


def line(**changes: object) -> dict[str, str]:
    values: dict[str, object] = {
        "name": "carrier",
        "kind": "pstn",
        "next_hop": "carrier.example",
        "servers": (ServerReport(address="udp:192.0.2.1:5060", well=True),),
        "options": "answers",
    }
    return dict(zip(COLUMNS, row(TrunkReport(**(values | changes))), strict=True))  # type: ignore[arg-type]


def test_a_trunk_known_by_address() -> None:
    assert line() == {
        "name": "carrier",
        "kind": "pstn",
        "next hop": "carrier.example",
        "servers": "udp:192.0.2.1:5060",
        "OPTIONS": "answers",
        "registered until": "-",
        "last error": "-",
    }


def test_until_when_it_is_registered_in_local_time() -> None:
    shown = line(registration="Registered", registered_until=UNTIL)["registered until"]
    assert datetime.strptime(shown, "%Y-%m-%d %H:%M:%S").timestamp() == UNTIL


def test_why_it_is_not_registered() -> None:
    shown = line(registration="Waiting", last_error="REGISTER: 403 Forbidden")
    assert shown["registered until"] == "not registered (waiting)"
    assert shown["last error"] == "REGISTER: 403 Forbidden"


def test_servers_that_rest_stand_in_brackets_and_none_is_said() -> None:
    servers = (
        ServerReport(address="udp:192.0.2.1:5060", well=False),
        ServerReport(address="tcp:[2001:db8::1]:5060", well=True),
    )
    assert line(servers=servers)["servers"] == "(udp:192.0.2.1:5060) tcp:[2001:db8::1]:5060"
    assert line(servers=())["servers"] == "none known"
