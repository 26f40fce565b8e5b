"""Settings of networks in isc mode."""

from __future__ import annotations

from pathlib import Path

import pytest

from hipper.runtime.settings import SettingsError, load

HEAD = (
    '[[sip_listener]]\nname = "ims"\nport = 5060\n'
    '[[mobile_network]]\nname = "mno"\nmode = "isc"\nlistener = "ims"\naddresses = ["10.0.0.1"]\n'
    'target = "sip:10.0.0.1"\n'
)
DOMAIN = 'sip_domain = "ims.example"\n'
OWN = 'own_uri = "sip:fmc.example;lr"\n'


def faults(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "hipper.toml"
    path.write_text(HEAD + text)
    try:
        load(path, {})
    except SettingsError as error:
        return error.lines
    return []


@pytest.mark.parametrize(
    "more",
    [
        "",
        'originating_route = "<sip:scscf.ims.example;lr;orig>"\n',
        'conference_factories = ["mmtel@conf-factory.ims.example", "sip:adhoc*@conf.ims.example"]\n',
    ],
)
def test_a_whole_network_is_taken(tmp_path: Path, more: str) -> None:
    assert faults(tmp_path, DOMAIN + OWN + more) == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (OWN, "needs sip_domain"),
        (DOMAIN, "needs own_uri"),
        (DOMAIN + 'own_uri = "fmc.example"\n', "own_uri 'fmc.example' is not a SIP URI"),
        (DOMAIN + OWN + 'originating_route = "sip:scscf.ims.example;lr"\n', "is not one <sip:…;lr> value"),
        (
            DOMAIN + OWN + 'originating_route = "<sip:scscf.ims.example;orig>"\n',
            "is not one <sip:…;lr> value",
        ),
        (DOMAIN + OWN + 'conference_factories = ["conf-factory.ims.example"]\n', "is not user@host"),
    ],
)
def test_what_cannot_work_is_named(tmp_path: Path, text: str, fault: str) -> None:
    found = faults(tmp_path, text)
    assert any(fault in line for line in found), found


def test_networks_of_other_modes_need_none_of_it(tmp_path: Path) -> None:
    path = tmp_path / "hipper.toml"
    path.write_text(HEAD.replace('mode = "isc"\n', ""))
    assert load(path, {}).mobile_network[0].mode == "trunk"
