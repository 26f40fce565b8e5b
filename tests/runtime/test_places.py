"""Where data lies when the servers' account cannot reach ``state_dir``."""

from __future__ import annotations

from pathlib import Path

import pytest

from hipper.runtime import places
from hipper.runtime.settings_model import Settings

NOBODY = places.Account("nobody", 4_000_000, 4_000_000)


def found(folder: Path, monkeypatch: pytest.MonkeyPatch, outside: str | None) -> Path:
    monkeypatch.setattr(places, "server_account", lambda: NOBODY)
    if outside is None:
        monkeypatch.delenv("STATE_DIRECTORY")
    else:
        monkeypatch.setenv("STATE_DIRECTORY", outside)
    return places.places(Settings(state_dir=str(folder))).data


def test_closed_folders_have_their_data_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "closed").mkdir(mode=0o700)
    state = tmp_path / "closed" / "var"
    assert found(state, monkeypatch, None).parent == Path("/var/lib/hipper")
    assert found(state, monkeypatch, "/srv/a:/srv/b").parent == Path("/srv/a")
    other = found(tmp_path / "closed" / "other", monkeypatch, "/srv/a")
    assert other != found(state, monkeypatch, "/srv/a")


def test_open_folders_hold_their_data_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    assert found(Path("/"), monkeypatch, "/srv/a") == Path("/")
