"""Whose certificate it is, when we connect to a peer (RFC 5922 §7)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hipper.runtime.settings_model import SipListener
from hipper.runtime.tls import identities, self_signed
from hipper.telephony.sip.flow import Outgoing
from tests.runtime.test_sip_endpoint import RecordingCore, message, running


@pytest.mark.parametrize(
    ("names", "common_name", "proves"),
    [
        ([("DNS", "Carrier.Test")], "x.test", {"carrier.test"}),
        (
            [("URI", "sip:carrier.test"), ("DNS", "host.carrier.test")],
            "",
            {"carrier.test", "host.carrier.test"},
        ),
        ([("URI", "sips:carrier.test;x=1")], "", {"carrier.test"}),
        ([("URI", "sip:anna@carrier.test")], "", set()),
        ([("URI", "https://carrier.test")], "", set()),
        ([("DNS", "*.carrier.test")], "", set()),
        (
            [("IP Address", "192.0.2.1"), ("IP Address", "2001:DB8:0:0:0:0:0:1")],
            "",
            {"192.0.2.1", "2001:db8::1"},
        ),
        ([], "Carrier.Test", {"carrier.test"}),
        ([("IP Address", "192.0.2.1")], "carrier.test", {"192.0.2.1", "carrier.test"}),
        ([("email", "a@carrier.test")], "", set()),
        ([], "", set()),
    ],
)
def test_names_a_certificate_proves(names: list[tuple[str, str]], common_name: str, proves: set[str]) -> None:
    subject = ((("commonName", common_name),),) if common_name else ()
    assert identities({"subjectAltName": tuple(names), "subject": subject}) == proves


def certificate(folder: Path, name: str, advertised: str) -> dict[str, str]:
    listener = SipListener(name=name, transport="tls", port=0, advertised_host=advertised)
    path = str(self_signed(folder / f"{name}.pem", listener))
    return {"certificate": path, "private_key": path}


@pytest.mark.parametrize(
    ("expected", "connects"),
    [
        (frozenset({"carrier.test"}), True),
        (frozenset({"other.test", "CARRIER.test"}), True),
        (frozenset({"127.0.0.1"}), True),
        (None, True),
        (frozenset({"other.test"}), False),
        (frozenset({"sub.carrier.test"}), False),
    ],
)
async def test_peer_with_the_certificate_of_somebody_else_gets_nothing(
    tmp_path: Path, expected: frozenset[str] | None, connects: bool
) -> None:
    """Its CA is one we trust, and so is its chain: only the name is another."""
    theirs = certificate(tmp_path, "theirs", "carrier.test")
    peer = SipListener(name="peer", transport="tls", port=0, **theirs)
    ours = SipListener(
        name="trunk",
        transport="tls",
        port=0,
        client_ca=theirs["certificate"],
        **certificate(tmp_path, "ours", "exchange.test"),
    )
    asked: list[Any] = []

    def names(listener: str, remote: Any) -> frozenset[str] | None:
        asked.append((listener, remote))
        return expected

    core = RecordingCore(echo=False)
    async with (
        running(peer) as (there, _, arrived),
        running(ours, core=core, tls_names=names) as (shell, _, seen),
    ):
        host, port = there.local_address("peer")
        core.out.append(Outgoing(message(), shell.flow_for("tls", "trunk", host, port)))
        shell.flush()
        if connects:
            await arrived.wait_for("received")
        else:
            await seen.wait_for("failed")
            assert arrived.of("received") == []
            assert shell.connections == 0
        assert asked == [("trunk", (host, port))]
