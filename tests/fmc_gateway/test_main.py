"""``python -m fmc_gateway`` as a process: one readable line when it cannot start, a drain when it is told
to stop."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import wave
from pathlib import Path

import pytest

from fmc_gateway.assets import PACKAGED, music_on_hold
from fmc_gateway.assets.make_music_on_hold import PEAK, compose, write
from hipper.runtime.settings_model import MediaSection, Settings
from tests.fmc_gateway.kit import free_port

AWAY = """
state_dir = "{state}"
[database]
url = "postgresql://x:y@127.0.0.1:1/none"
[redis]
url = "redis://127.0.0.1:1"
[media]
rtpengines = [{{ ng = "127.0.0.1:2" }}]
dtmf_listen = "127.0.0.1:{dtmf}"
[http]
port = {http}
[devices]
listeners = ["phones"]
[gateway]
drain_s = 1.0
[[sip_listener]]
name = "phones"
port = {sip}
"""


def settings_file(tmp_path: Path, more: str = "", **ports: int) -> Path:
    values = {"http": free_port(), "sip": free_port(), "dtmf": free_port(), **ports}
    file = tmp_path / "hipper.toml"
    file.write_text(AWAY.format(state=tmp_path / "state", **values) + more)
    return file


def started(file: Path) -> tuple[int, str]:
    """Exit status and stderr of a gateway that cannot start. A process of its own: it sets up logging."""
    command = [sys.executable, "-m", "fmc_gateway", "--config", str(file)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    return ended.returncode, ended.stderr


NOWHERE = '[[pstn_trunk]]\nname="t"\nlistener="nowhere"\naddresses=[]\ntarget="sip:a"\n'


@pytest.mark.parametrize(("more", "named"), [("[nonsense]\n", "nonsense"), (NOWHERE, "nowhere")])
def test_settings_that_cannot_work_are_named(tmp_path: Path, more: str, named: str) -> None:
    status, err = started(settings_file(tmp_path, more))
    assert status == 1
    assert err.startswith("fmc_gateway: ")
    assert "Traceback" not in err
    assert named in err


def test_port_in_use_is_one_line(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        status, err = started(settings_file(tmp_path, sip=port))
    lines = [line for line in err.splitlines() if line.startswith("fmc_gateway: ")]
    assert status == 1
    assert len(lines) == 1
    assert str(port) in lines[0]


@pytest.mark.servers
def test_sigterm_drains_and_ends_with_status_0(tmp_path: Path) -> None:
    sip, http = free_port(), free_port()
    file = settings_file(tmp_path, sip=sip, http=http)
    process = subprocess.Popen([sys.executable, "-m", "fmc_gateway", "--config", str(file)], cwd=os.getcwd())
    try:
        assert b"SIP/2.0 200" in options(sip)
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0
    finally:
        process.kill()
        process.wait()


def options(port: int) -> bytes:
    """Asks until the gateway answers."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
        phone.bind(("127.0.0.1", 0))
        phone.settimeout(0.3)
        own = phone.getsockname()[1]
        text = (
            f"OPTIONS sip:gw@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{own};branch=z9hG4bKo\r\n"
            "From: <sip:a@b>;tag=1\r\nTo: <sip:gw@127.0.0.1>\r\nCall-ID: o\r\nCSeq: 1 OPTIONS\r\n"
            "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
        )
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            phone.sendto(text.encode(), ("127.0.0.1", port))
            try:
                return phone.recv(4096)
            except (TimeoutError, ConnectionRefusedError):
                time.sleep(0.1)
    return b""


def test_music_on_hold_is_small_8_khz_mono_and_the_computed_one(tmp_path: Path) -> None:
    with wave.open(str(PACKAGED)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (8000, 1, 2)
        assert 5 < file.getnframes() / 8000 < 30
    write(tmp_path / "again.wav")
    assert (tmp_path / "again.wav").read_bytes() == PACKAGED.read_bytes()
    assert max(map(abs, compose())) == PEAK


def test_configured_music_is_taken_as_it_is_and_ours_is_copied_where_rtpengine_can_read(
    tmp_path: Path,
) -> None:
    own = Settings(state_dir=str(tmp_path), media=MediaSection(music_on_hold="/srv/music.wav"))
    assert music_on_hold(own) == "/srv/music.wav"
    copy = Path(music_on_hold(Settings(state_dir=str(tmp_path))))
    assert copy.read_bytes() == PACKAGED.read_bytes()
    assert copy.stat().st_mode & 0o044 == 0o044
