"""Settings of networks in imrn mode, and of the API they ask."""

from __future__ import annotations

from pathlib import Path

import pytest

from hipper.runtime.settings import SettingsError, load

LISTENER = '[[sip_listener]]\nname = "msc"\nport = 5060\n'
NETWORK = (
    '[[mobile_network]]\nname = "{name}"\nmode = "imrn"\nlistener = "msc"\naddresses = ["10.0.0.1"]\n'
    'target = "sip:10.0.0.1"\n'
)
RANGES = 'imrn_ranges = ["+31970123400-+31970123499"]\n'
KEY = 'imrn_api_key = "0123456789abcdef"\n'


def faults(tmp_path: Path, *networks: str, api: str = "") -> list[str]:
    path = tmp_path / "hipper.toml"
    texts = [NETWORK.format(name=f"mno{n}") + text for n, text in enumerate(networks)]
    path.write_text(api + LISTENER + "".join(texts))
    try:
        load(path, {})
    except SettingsError as error:
        return error.lines
    return []


def test_a_whole_network_is_taken(tmp_path: Path) -> None:
    assert faults(tmp_path, RANGES + KEY) == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (KEY, "needs imrn_ranges"),
        (RANGES, "needs imrn_api_key"),
        (RANGES + 'imrn_api_key = "short"\n', "at least 16 printable ASCII characters"),
        (RANGES + 'imrn_api_key = "with spaces inside of it"\n', "without spaces"),
        (KEY + 'imrn_ranges = ["0970123400"]\n', "'0970123400' is not a range of numbers"),
        (KEY + 'imrn_ranges = ["+31970120000-+31970139999"]\n', "20000 numbers are more than the 10000"),
        (KEY + 'imrn_ranges = ["+31970123400-+31970123410", "+31970123405"]\n', "overlaps with numbers of"),
        (RANGES + KEY + "imrn_lifetime_s = 0\n", "imrn_lifetime_s must be at least 1, not 0"),
        (RANGES + KEY + "imrn_quarantine_s = 0\n", "imrn_quarantine_s must be at least 1"),
        (RANGES + KEY + "imrn_requests_per_s = 0\n", "imrn_requests_per_s must be at least 1"),
    ],
)
def test_what_cannot_work_is_named(tmp_path: Path, text: str, fault: str) -> None:
    found = faults(tmp_path, text)
    assert any(fault in line for line in found), found


def test_two_networks_share_neither_numbers_nor_key(tmp_path: Path) -> None:
    found = faults(tmp_path, RANGES + KEY, RANGES + KEY)
    assert any("overlaps with numbers of 'mno0'" in line for line in found)
    assert any("imrn_api_key is that of 'mno0' too" in line for line in found)


def test_no_fault_shows_a_key(tmp_path: Path) -> None:
    secret = "swordfish swordfish"
    key = f'imrn_api_key = "{secret}"\n'
    assert not any("swordfish" in line for line in faults(tmp_path, key, key))


@pytest.mark.parametrize(
    ("api", "fault"),
    [
        ("port = 0", "port 0 is not between 1 and 65535"),
        ('host = "localhost"', "host 'localhost' is not an IP address"),
        ("drain_s = -1", "drain_s must be at least 0, not -1"),
        ("port = 9464", "port 9464 is that of health and metrics"),
        ("password_memory_mib = 18", "password_memory_mib is 19 to 2048, not 18"),
        ("password_passes = 1", "password_passes is 2 to 64, not 1"),
    ],
)
def test_an_address_of_the_api_that_cannot_be_is_named(tmp_path: Path, api: str, fault: str) -> None:
    found = faults(tmp_path, api=f"[api]\n{api}\n")
    assert any(fault in line for line in found), found
