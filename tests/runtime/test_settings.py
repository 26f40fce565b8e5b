"""hipper.runtime.settings and settings_checks: what an operator gets to read."""

from __future__ import annotations

from pathlib import Path

import pytest

from hipper.runtime.settings import SettingsError, default_path, load
from hipper.runtime.settings_checks import host_port

LISTENER = '[[sip_listener]]\nname = "mobile"\nport = 5060\n'
NETWORK = LISTENER + (
    '[[mobile_network]]\nname = "kpn"\nlistener = "mobile"\n'
    'addresses = ["10.0.0.0/8"]\ntarget = "sip:10.0.0.1"\n'
)
REGISTERING = NETWORK.replace("mobile_network", "pstn_trunk") + (
    '[pstn_trunk.registration]\nregistrar = "sip:carrier.example"\naor = "sip:hipper@carrier.example"\n'
    'username = "hipper"\npassword = "x"\n'
)


def write(folder: Path, text: str) -> Path:
    path = folder / "hipper.toml"
    path.write_text(text)
    return path


def faults(path: Path | None, **environ: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load(path, environ)
    return caught.value.lines


class TestReading:
    def test_without_a_file_the_defaults_hold(self) -> None:
        settings = load(None, {})
        assert settings.gateway.max_calls == 5000
        assert settings.database.url is None

    def test_the_settings_of_make_run_are_good(self) -> None:
        settings = load(Path("deploy/hipper.toml"), {})
        assert settings.mobile_network[0].name == "demo-mobile"
        assert {listener.transport for listener in settings.sip_listener} == {"udp", "tcp", "tls"}

    def test_settings_are_frozen(self) -> None:
        with pytest.raises(AttributeError):
            load(None, {}).gateway.max_calls = 1  # type: ignore[misc]

    def test_paths_are_relative_to_the_file(self, tmp_path: Path) -> None:
        text = 'state_dir = "../state"\n[media]\nmusic_on_hold = "hold.wav"\n'
        settings = load(write(tmp_path, text), {})
        assert settings.state_dir == str(tmp_path.parent / "state")
        assert settings.media.music_on_hold == str(tmp_path / "hold.wav")

    def test_the_file_is_found_in_the_usual_places(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        assert default_path({"HIPPER_SETTINGS": "/x.toml"}) == Path("/x.toml")
        (tmp_path / "deploy").mkdir()
        (tmp_path / "deploy/hipper.toml").touch()
        assert default_path({}) == Path("deploy/hipper.toml")
        (tmp_path / "hipper.toml").touch()
        assert default_path({}) == Path("hipper.toml")


class TestFaults:
    def test_an_unknown_key_is_named_with_its_line_and_the_nearest_one(self, tmp_path: Path) -> None:
        path = write(tmp_path, '# settings\n[gateway]\nid = "gw1"\nmax_cals = 5\n')
        assert faults(path) == [f"{path}:4: unknown key 'max_cals' in [gateway]; did you mean 'max_calls'?"]

    def test_every_unknown_key_is_named(self, tmp_path: Path) -> None:
        path = write(tmp_path, LISTENER + "prot = 1\n[gatway]\n[[sip_listener]]\nzzz = 2\n")
        assert faults(path) == [
            f"{path}:4: unknown key 'prot' in [sip_listener[0]]; did you mean 'port'?",
            f"{path}:7: unknown key 'zzz' in [sip_listener[1]]; known: advertised_host, certificate, "
            "client_ca, host, name, port, private_key, transport",
            f"{path}:5: unknown key 'gatway'; did you mean 'gateway'?",
        ]

    def test_a_wrong_type_is_named_with_its_line(self, tmp_path: Path) -> None:
        path = write(tmp_path, '[gateway]\n\nmax_calls = "many"\n')
        assert faults(path) == [f"{path}:3: gateway.max_calls: expected 'int', got 'str'"]

    def test_a_missing_key_is_named_with_its_table(self, tmp_path: Path) -> None:
        path = write(tmp_path, LISTENER + '[[sip_listener]]\nname = "x"\n')
        assert faults(path) == [f"{path}:4: sip_listener[1]: missing key 'port'"]

    def test_broken_toml_is_named_with_its_line(self, tmp_path: Path) -> None:
        path = write(tmp_path, "[gateway]\nid = \n")
        assert faults(path) == [f"{path}:2: Invalid value"]

    def test_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        assert faults(tmp_path / "no.toml") == [f"{tmp_path / 'no.toml'}: no such settings file"]

    @pytest.mark.parametrize(
        ("text", "fault"),
        [
            (LISTENER + LISTENER.replace("5060", "5061"), "5: the name 'mobile' is used twice"),
            (LISTENER + LISTENER.replace("mobile", "b"), "6: 127.0.0.1:5060/udp is already 'mobile'"),
            (LISTENER.replace("5060", "70000"), "3: port 70000 is not between 1 and 65535"),
            (LISTENER + 'host = "nowhere"\n', "4: host 'nowhere' is not an IP address to listen on"),
            (NETWORK.replace('r = "mobile"', 'r = "x"'), "6: no [[sip_listener]] is named 'x'"),
            (NETWORK.replace("sip:", "tel:"), "8: target 'tel:10.0.0.1' is not a SIP URI"),
            (NETWORK.replace("/8", "/99"), "7: '10.0.0.0/99' is neither an IP address nor a CIDR range"),
            (
                NETWORK.replace("10.0.0.0/8", "mno.example"),
                "7: 'mno.example' is neither an IP address nor a CIDR range",
            ),
            (
                REGISTERING.replace("10.0.0.0/8", "carrier..example"),
                "7: 'carrier..example' is neither an IP address nor a CIDR range",
            ),
            (
                '[devices]\nlisteners = ["mobile"]\n' + NETWORK,
                "8: listener 'mobile' serves devices; a network needs its own",
            ),
            ('[devices]\nlisteners = ["nope"]\n', "2: no [[sip_listener]] is named 'nope'"),
            ('[media]\nembedded_ng = "2223"\n', "2: '2223' is not host:port"),
            ('[media]\ndtmf_listen = "22230"\n', "2: '22230' is not host:port"),
            (
                "[conference]\nembedded_port_min = 50000\n",
                "2: embedded_port_min must lie below embedded_port_max, both in 1024-65535",
            ),
            ('[conference]\nurl = "http://janus"\n', "2: 'http://janus' is not ws://… or wss://…"),
            ('[conference]\nrtp_address = "here"\n', "2: 'here' is not an IP address"),
            (
                "[media]\nembedded_port_min = 50000\n",
                "2: embedded_port_min must lie below embedded_port_max, both in 1024-65535",
            ),
            ('[[media.rtpengines]]\nng = "h:1"\nweight = 0\n', "3: weight must be at least 1"),
            (LISTENER + 'certificate = "a.pem"\n', "4: certificate and private_key go together"),
            ("[gateway]\nmax_calls = -1\n", "2: max_calls must be at least 1, not -1"),
            ("[gateway]\ndrain_s = -5\n", "2: drain_s must be at least 0, not -5"),
            ("[gateway]\ndrain_s = nan\n", "2: drain_s must be at least 0, not nan"),
            ("[gateway]\ntrace_retention_days = 0\n", "2: trace_retention_days must be at least 1, not 0"),
            ("[database]\npool_size = 0\n", "2: pool_size must be at least 1, not 0"),
            (
                '[gateway]\nid = "a/b"\n',
                "2: id may have letters, digits, '.', '_' and '-': it names keys and a folder",
            ),
            ("[http]\nport = 0\n", "2: port 0 is not between 1 and 65535"),
            ('[dns]\nservers = ["10.0.0.1"]\n', "2: '10.0.0.1' is not host:port"),
            ("[dns]\ntimeout_s = 0\n", "2: timeout_s must be at least 0.1, not 0"),
            (
                LISTENER + 'advertised_host = "[::1]"\n',
                "4: an IPv6 address stands here without its brackets",
            ),
            (
                LISTENER + 'host = "::"\n',
                "4: '::' is every address: advertised_host must say which is ours",
            ),
            (NETWORK + 'other_listeners = ["x"]\n', "9: no [[sip_listener]] is named 'x'"),
            (
                NETWORK + "options_interval_s = -1\n",
                "9: options_interval_s must be 0 (never) or more",
            ),
            (
                REGISTERING.replace("sip:hipper@", "sip:"),
                "4: aor 'sip:carrier.example' names no user: sip:user@carrier.example",
            ),
            (
                REGISTERING.replace("sip:carrier", "carrier"),
                "4: registrar 'carrier.example' is not a SIP URI",
            ),
            (REGISTERING + "expires_s = 5\n", "4: expires_s must lie between 30 and 86400 seconds"),
            ('[http]\nhost = "localhost"\n', "2: host 'localhost' is not an IP address to listen on"),
            (
                "[devices]\nmin_expires_s = 900\ndefault_expires_s = 600\n",
                "3: default_expires_s must lie between min_expires_s and max_expires_s",
            ),
            ("[devices]\nalgorithms = []\n", '2: algorithms must name "SHA-256", "MD5" or both'),
            (
                "[media]\nng_retransmit_s = [0.1, 0]\n",
                "2: ng_retransmit_s needs pauses of more than 0 and at most 10 seconds",
            ),
        ],
    )
    def test_what_does_not_fit_together_is_named_with_its_line(
        self, text: str, fault: str, tmp_path: Path
    ) -> None:
        path = write(tmp_path, text)
        found = faults(path)
        assert f"{path}:{fault}" in found, found

    def test_carrier_may_be_known_by_a_name(self, tmp_path: Path) -> None:
        text = REGISTERING.replace("10.0.0.0/8", "sip-1.carrier.example")
        (trunk,) = load(write(tmp_path, text), {}).pstn_trunk
        assert trunk.addresses == ("sip-1.carrier.example",)


class TestEnvironment:
    def test_variables_override_the_file(self, tmp_path: Path) -> None:
        settings = load(
            write(tmp_path, '[gateway]\nid = "gw1"\n'),
            {
                "HIPPER__GATEWAY__ID": "12",
                "HIPPER__GATEWAY__MAX_CALLS": "7",
                "HIPPER__GATEWAY__DRAIN_S": "1.5",
                "HIPPER__DATABASE__URL": "postgresql://a:b@c/d",
                "HIPPER__MEDIA__RTPENGINES": '[{ng = "10.0.0.1:2223", weight = 2}]',
                "HIPPER__LOGGING__LEVEL": "debug",
                "PATH": "/bin",
            },
        )
        assert (settings.gateway.id, settings.gateway.max_calls, settings.gateway.drain_s) == ("12", 7, 1.5)
        assert settings.database.url == "postgresql://a:b@c/d"
        assert settings.media.rtpengines[0].weight == 2
        assert settings.logging.level == "debug"

    def test_an_unknown_variable_is_named_with_the_nearest_key(self) -> None:
        assert faults(None, HIPPER__REDIS__URI="x") == [
            "environment HIPPER__REDIS__URI: unknown key 'uri'; did you mean 'url'?"
        ]

    def test_a_variable_deeper_than_the_settings(self) -> None:
        assert faults(None, HIPPER__STATE_DIR__X="x") == [
            "environment HIPPER__STATE_DIR__X: 'state_dir' has no keys of its own; set it whole"
        ]

    def test_a_variable_of_the_wrong_type(self) -> None:
        assert faults(None, HIPPER__GATEWAY__MAX_CALLS="many") == [
            "gateway.max_calls: expected 'int', got 'str'"
        ]


@pytest.mark.parametrize(
    ("text", "parts"), [("127.0.0.1:22", ("127.0.0.1", 22)), ("[::1]:65535", ("::1", 65535))]
)
def test_host_and_port_are_taken_apart(text: str, parts: tuple[str, int]) -> None:
    assert host_port(text) == parts


@pytest.mark.parametrize("text", ["", "host", ":22", "host:", "host:0", "host:65536", "host:²"])
def test_what_is_not_host_and_port_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not host:port"):
        host_port(text)
