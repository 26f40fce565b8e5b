"""A private Janus for conferences: Debian's own binary with the AudioBridge and nothing else, reached by a
Unix socket under ``state_dir``.

Whoever mixes starts it when the first conference is wanted (:mod:`fmc_gateway.rooms_port`); no port but those
of RTP is opened, on ``conference.rtp_address``.
"""

from __future__ import annotations

import os
import shutil
import socket
from pathlib import Path

from hipper.runtime.embedded import EmbeddedError
from hipper.runtime.places import Account, places, reachable_by, run_folder
from hipper.runtime.processes import ProcessSpec
from hipper.runtime.secret import derive_password, installation_secret
from hipper.runtime.settings_model import Settings

_MODULES = Path("/usr/lib")
_PLUGIN = "libjanus_audiobridge.so"
_TRANSPORT = "libjanus_websockets.so"

MAIN = """\
general: {{
  configs_folder = "{folder}/conf"
  plugins_folder = "{folder}/plugins"
  transports_folder = "{folder}/transports"
  events_folder = "{folder}/none"
  loggers_folder = "{folder}/none"
  debug_level = 3
  debug_timestamps = true
  debug_colors = false
  interface = "{address}"
  api_secret = "{secret}"
  admin_secret = "{secret}"
  session_timeout = 60
  server_name = "hipper"
  hide_dependencies = true
}}
"""
WEBSOCKETS = """\
general: {{
  json = "compact"
  ws = true
  ws_unix = "{socket}"
  wss = false
}}
admin: {{
  admin_ws = false
  admin_wss = false
}}
"""
AUDIOBRIDGE = """\
general: {{
  admin_key = "{secret}"
  lock_rtp_forward = true
  lock_play_file = true
  local_ip = "{address}"
  rtp_port_range = "{first}-{last}"
  events = false
}}
"""


def janus_socket(settings: Settings) -> Path:
    return run_folder(Path(settings.state_dir)) / "janus.sock"


def janus_secret(settings: Settings) -> str:
    """Of the private one: who may ask it anything, and who may make rooms."""
    return derive_password(installation_secret(settings), "janus")


def embedded_janus(settings: Settings) -> ProcessSpec:
    """Its configuration is written anew. Raises EmbeddedError."""
    binary = shutil.which("janus") or shutil.which("janus", path="/usr/bin:/usr/local/bin")
    if binary is None:
        raise EmbeddedError("janus is not installed: run 'make run', or set conference.url")
    state = Path(settings.state_dir)
    found = places(settings)
    account = found.account if found.account and reachable_by(state, found.account) else None
    folder, path = state / "janus", janus_socket(settings)
    try:
        _write(settings, folder, path, account)
    except OSError as error:
        raise EmbeddedError(f"cannot write {error.filename}: {error.strerror}") from None
    return ProcessSpec(
        name="janus",
        argv=(binary, "-F", str(folder / "conf")),
        ready=lambda: _answers(path),
        account=account,
        folder=folder,
        log=state / "log" / "janus.log",
        stop_within_s=3.0,
        ready_within_s=10.0,
    )


def _write(settings: Settings, folder: Path, path: Path, account: Account | None) -> None:
    """Raises EmbeddedError, OSError."""
    conference = settings.conference
    values = {
        "folder": folder,
        "socket": path,
        "secret": janus_secret(settings),
        "address": conference.rtp_address,
        "first": conference.embedded_port_min,
        "last": conference.embedded_port_max,
    }
    for name in ("conf", "plugins", "transports", "none"):
        (folder / name).mkdir(parents=True, exist_ok=True, mode=0o755)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o711)
    path.unlink(missing_ok=True)  # of one that was killed
    if account is not None and path.parent.stat().st_uid != account.uid:
        os.chown(path.parent, account.uid, account.gid)
    for name, text in (
        ("janus.jcfg", MAIN),
        ("janus.transport.websockets.jcfg", WEBSOCKETS),
        ("janus.plugin.audiobridge.jcfg", AUDIOBRIDGE),
    ):
        _put(folder / "conf" / name, text.format(**values), account)
    _link(folder / "plugins" / _PLUGIN, _module("plugins", _PLUGIN))
    _link(folder / "transports" / _TRANSPORT, _module("transports", _TRANSPORT))


def _put(file: Path, text: str, account: Account | None) -> None:
    """It holds a secret."""
    file.unlink(missing_ok=True)
    file.touch(mode=0o600)
    file.write_text(text)
    if account is not None:
        os.chown(file, account.uid, account.gid)


def _module(kind: str, name: str) -> Path:
    """Raises EmbeddedError."""
    found = next(iter(sorted(_MODULES.glob(f"*/janus/{kind}/{name}"))), None)
    if found is None:
        raise EmbeddedError(f"this janus has no {name}: install Debian's package, or set conference.url")
    return found


def _link(link: Path, target: Path) -> None:
    link.unlink(missing_ok=True)
    link.symlink_to(target)


def _answers(path: Path) -> bool:
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(0.5)
            connection.connect(str(path))
            return True
    except OSError:
        return False
