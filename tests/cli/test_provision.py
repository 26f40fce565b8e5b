"""``hipper provision`` and ``hipper user`` as an operator runs them."""

from __future__ import annotations

import wave
from pathlib import Path

import pytest

from hipper.cli.main import main
from tests.conftest import ROLE_PASSWORD
from tests.directory.provision.bakery import WITHOUT_BRAM, file_with, line_of

pytestmark = pytest.mark.servers


@pytest.fixture(autouse=True)
def _installation(postgres_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = tmp_path / "hipper.toml"
    settings.write_text(f'[database]\nurl = "{postgres_url}"\nrole_password = "{ROLE_PASSWORD}"\n')
    monkeypatch.setenv("HIPPER_SETTINGS", str(settings))


def hipper(*words: object) -> int:
    try:
        return main([str(word) for word in words])
    except SystemExit as end:
        return int(end.code or 0)


def test_apply_diff_export(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = file_with(tmp_path)
    assert hipper("provision", "diff", path) == 0
    would = capsys.readouterr().out
    assert "+ subscriber anna@bakery.example: " in would
    assert hipper("provision", "apply", path) == 0
    did = capsys.readouterr().out
    assert did.startswith(would)
    assert "password of desk phone bram-desk@bakery.example: " in did
    assert hipper("provision", "apply", path) == 0
    assert capsys.readouterr().out == "nothing changed\n"
    exported = tmp_path / "exported.toml"
    assert hipper("provision", "export", exported) == 0
    assert hipper("provision", "export", "--tenant", "bakery") == 0
    assert capsys.readouterr().out == exported.read_text()
    assert hipper("provision", "diff", exported, "--prune") == 0
    assert capsys.readouterr().out == "nothing changed\n"


def test_prune_must_be_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hipper("provision", "apply", file_with(tmp_path))
    smaller = file_with(tmp_path, (WITHOUT_BRAM, ""))
    capsys.readouterr()
    assert hipper("provision", "apply", smaller) == 0
    assert capsys.readouterr().out == (
        "nothing changed\n  kept, not in the file: subscriber bram@bakery.example (--prune removes it)\n"
    )
    assert hipper("provision", "apply", smaller, "--prune") == 0
    assert capsys.readouterr().out == "- subscriber bram@bakery.example\n"


def test_broken_file_is_one_readable_line_and_status_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = file_with(tmp_path, ('"201"', '"112"'))
    assert hipper("provision", "apply", path) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert f"{path}:{line_of(path, '112')}: subscriber anna: extension" in told.err
    assert len(told.err.splitlines()) == 1


def test_export_that_cannot_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hipper("provision", "apply", file_with(tmp_path))
    assert hipper("provision", "export", tmp_path / "absent" / "file.toml") == 1
    assert "cannot be written: No such file or directory" in capsys.readouterr().err


def test_operator_changes_an_identity(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hipper("provision", "apply", file_with(tmp_path))
    capsys.readouterr()
    assert hipper("user", "identity", "anna@bakery.example", "mobile") == 0
    assert capsys.readouterr().out == "anna@bakery.example shows the mobile number from the next call on\n"
    assert hipper("user", "identity", "anna@bakery.example", "mobile") == 0
    assert capsys.readouterr().out == "nothing changed\n"
    assert hipper("user", "identity", "carl@bakery.example", "mobile") == 1
    assert "there is no user carl@bakery.example" in capsys.readouterr().err
    assert hipper("user", "identity", "anna@bakery.example", "alternate") != 0


def test_services_are_shown_and_changed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hipper("provision", "apply", file_with(tmp_path))
    anna = "anna@bakery.example"
    capsys.readouterr()
    assert hipper("user", "services", anna) == 0
    assert "nothing is set" in capsys.readouterr().out
    change = '{"active": true, "destination": "202"}'
    assert hipper("user", "service", anna, "call_forwarding_always", change) == 0
    assert '"destination": "202"' in capsys.readouterr().out
    assert hipper("user", "services", anna) == 0
    assert capsys.readouterr().out == 'call_forwarding_always {"active":true,"destination":"202"}\n'


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("call_forwarding_alway", "{}"), "no service of a subscriber is named"),
        (("do_not_disturb", "active"), "is no JSON object"),
        (("do_not_disturb", '{"actif": true}'), "unknown field `actif`"),
    ],
)
def test_service_that_cannot_be_set_is_one_readable_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, str], told: str
) -> None:
    hipper("provision", "apply", file_with(tmp_path))
    capsys.readouterr()
    assert hipper("user", "service", "anna@bakery.example", *words) == 1
    error = capsys.readouterr().err
    assert told in error
    assert len(error.splitlines()) == 1


def test_tenant_replaces_an_announcement_and_takes_it_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hipper("provision", "apply", file_with(tmp_path))
    recording = tmp_path / "closed.wav"
    with wave.open(str(recording), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", "not compressed"))
        file.writeframes(bytes(3200))
    words = ("bakery", "no_calls_taken", "nl")
    assert hipper("announcements", "replace", *words, recording) == 0
    capsys.readouterr()
    assert hipper("announcements", "list", "bakery") == 0
    listed = capsys.readouterr().out
    assert "no_calls_taken     nl  own recording" in listed
    assert "no_calls_taken     en  The person" in listed
    assert hipper("announcements", "restore", *words) == 0
    assert hipper("announcements", "restore", *words) == 0
    assert capsys.readouterr().out.endswith("nothing changed\n")
    recording.write_bytes(b"ID3 an mp3")
    assert hipper("announcements", "replace", *words, recording) == 1
    assert "not a wav file" in capsys.readouterr().err
    assert hipper("announcements", "list", "mill") == 1
    assert 'no tenant "mill"' in capsys.readouterr().err
