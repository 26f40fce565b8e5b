"""Which name a peer's certificate must carry: by the address its hop has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fmc_gateway.resolver import Resolver
from fmc_gateway.routing import Routing
from fmc_gateway.tls_names import TlsNames
from hipper.runtime.settings_model import EmergencyRoute, PstnTrunk, Settings, SipListener, TrunkRegistration


def trunk(name: str, target: str, **more: Any) -> PstnTrunk:
    return PstnTrunk(name=name, listener="tls", addresses=(), target=target, **more)


def names(tmp_path: Path, *trunks: PstnTrunk, **more: Any) -> TlsNames:
    listeners = tuple(
        SipListener(name=name, transport=name, port=5061)  # type: ignore[arg-type]
        for name in ("tls", "tcp")
    )
    settings = Settings(state_dir=str(tmp_path), sip_listener=listeners, pstn_trunk=trunks, **more)
    nobody: Any = None
    routing = Routing(settings, nobody, nobody, lambda: 0.0)
    return TlsNames(routing, Resolver.from_settings(settings, routing, lambda: 0.0, lambda: 0.5))


def test_host_of_the_target_unless_the_settings_name_another(tmp_path: Path) -> None:
    found = names(
        tmp_path,
        trunk("a", "sip:192.0.2.1;transport=tls"),
        trunk("b", "sip:192.0.2.2:5071;transport=tls", tls_identity="carrier.test"),
    )
    assert found.expected("tls", ("192.0.2.1", 5061)) == {"192.0.2.1"}
    assert found.expected("tls", ("192.0.2.2", 5071)) == {"carrier.test"}


def test_telephone_is_expected_to_be_nobody(tmp_path: Path) -> None:
    found = names(tmp_path, trunk("a", "sip:192.0.2.1;transport=tls"))
    assert found.expected("tls", ("192.0.2.9", 5061)) is None
    assert found.expected("tls", ("192.0.2.1", 5099)) is None
    assert found.expected("phones", ("192.0.2.1", 5061)) is None


def test_peers_that_share_a_server_may_each_be_it(tmp_path: Path) -> None:
    route = EmergencyRoute(
        name="psap", listener="tls", target="sip:192.0.2.1;transport=tls", tls_identity="psap.test"
    )
    shared = trunk("a", "sip:192.0.2.1;transport=tls", tls_identity="carrier.test")
    found = names(tmp_path, shared, emergency_route=(route,))
    assert found.expected("tls", ("192.0.2.1", 5061)) == {"carrier.test", "psap.test"}


def test_registrar_of_a_trunk_has_the_trunks_name(tmp_path: Path) -> None:
    registration = TrunkRegistration(
        registrar="sip:192.0.2.7;transport=tls", aor="sip:a@carrier.test", username="a", password="b"
    )
    target = "sip:192.0.2.1;transport=tls"
    found = names(tmp_path, trunk("a", target, registration=registration, tls_identity="carrier.test"))
    assert found.expected("tls", ("192.0.2.7", 5061)) == {"carrier.test"}
