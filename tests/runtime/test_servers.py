"""hipper.runtime.servers, secret, clock and ids."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from hipper.runtime.clock import ManualClock, SystemClock
from hipper.runtime.ids import RandomIds
from hipper.runtime.places import Account, places, reachable_by
from hipper.runtime.secret import (
    SecretError,
    derive_key,
    derive_password,
    installation_secret,
    keep_with_data,
)
from hipper.runtime.servers import (
    administrator_url,
    owner_url,
    redis_url,
    rtpengines,
)
from hipper.runtime.settings_model import (
    DatabaseSection,
    MediaSection,
    RedisSection,
    Rtpengine,
    Settings,
)


def reachable(folder: Path) -> Path:
    """Let everyone walk through the folders of this test."""
    for parent in (folder, *folder.parents):
        if not parent.stat().st_mode & 0o1:
            parent.chmod(parent.stat().st_mode | 0o1)
    return folder


class TestSecret:
    def test_it_is_made_once_and_nobody_else_reads_it(self, tmp_path: Path) -> None:
        settings = Settings(state_dir=str(tmp_path / "state"))
        first = installation_secret(settings)
        assert installation_secret(settings) == first
        assert len(first) == 64
        assert (tmp_path / "state/secret").stat().st_mode & 0o777 == 0o600
        assert os.listdir(tmp_path / "state") == ["secret"]

    def test_it_stays_with_data_outside_the_state_dir_when_that_is_removed(self, tmp_path: Path) -> None:
        state, data = tmp_path / "state", tmp_path / "data"
        settings = Settings(state_dir=str(state))
        data.mkdir()
        first = installation_secret(settings)
        for _ in range(2):
            keep_with_data(state, data)
            assert installation_secret(settings) == first
        assert (data / "secret").stat().st_mode & 0o777 == 0o600
        shutil.rmtree(state)
        state.mkdir()
        keep_with_data(state, data)
        assert installation_secret(settings) == first

    def test_a_named_secret_is_never_made(self, tmp_path: Path) -> None:
        with pytest.raises(SecretError, match="No such file"):
            installation_secret(Settings(secret_file=str(tmp_path / "none")))

    def test_a_short_secret_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "short").write_text("abc\n")
        with pytest.raises(SecretError, match="at least 16 bytes"):
            installation_secret(Settings(secret_file=str(tmp_path / "short")))

    def test_purposes_have_keys_of_their_own(self) -> None:
        assert derive_key(b"s", "a") != derive_key(b"s", "b")
        assert re.fullmatch(r"[0-9a-f]{48}", derive_password(b"s", "a"))


class TestUrls:
    def test_embedded_servers_are_found_from_the_settings_alone(self, tmp_path: Path) -> None:
        settings = Settings(state_dir=str(tmp_path))
        run = places(settings).run
        parts = urlsplit(owner_url(settings, "gateway"))
        assert (parts.username, parts.path) == ("hipper_gateway", "/hipper")
        assert parse_qs(parts.query)["host"] == [str(run)]
        assert urlsplit(administrator_url(settings, "postgres")).path == "/postgres"
        assert redis_url(settings) == f"unix://{run}/redis.sock"
        assert rtpengines(settings) == (Rtpengine(ng="127.0.0.1:22222"),)

    def test_configured_servers_are_used(self) -> None:
        settings = Settings(
            database=DatabaseSection(
                url="postgresql://admin:a%40b@db.example:5433/pbx?sslmode=require", role_password="p@ss"
            ),
            redis=RedisSection(url="redis://r:6379/0"),
            media=MediaSection(rtpengines=(Rtpengine(ng="10.0.0.1:2223"),)),
        )
        assert owner_url(settings, "directory") == (
            "postgresql://hipper_directory:p%40ss@db.example:5433/pbx?sslmode=require"
        )
        assert administrator_url(settings) == settings.database.url
        assert redis_url(settings) == "redis://r:6379/0"
        assert rtpengines(settings) == settings.media.rtpengines

    def test_a_long_state_dir_gets_short_sockets(self, tmp_path: Path) -> None:
        deep = tmp_path / ("d" * 60) / ("e" * 60)
        assert len(str(places(Settings(state_dir=str(deep))).run)) < 85

    def test_a_folder_nobody_else_may_enter_is_not_reachable(self, tmp_path: Path) -> None:
        stranger = Account("stranger", 54321, 54321)
        closed = tmp_path / "closed"
        closed.mkdir(mode=0o700)
        assert not reachable_by(closed / "inside", stranger)
        closed.chmod(0o711)
        reachable(tmp_path)
        assert reachable_by(closed / "inside", stranger)
        own = Account("own", os.geteuid(), os.getegid())
        closed.chmod(0o700)
        assert reachable_by(closed, own)


class TestIdsAndClock:
    def test_ids_have_their_shapes_and_do_not_repeat(self) -> None:
        ids = RandomIds()
        assert re.fullmatch(r"[0-9a-f]{20}", ids.tag())
        assert re.fullmatch(r"z9hG4bK[0-9a-f]{20}", ids.branch())
        assert re.fullmatch(r"[0-9a-f]{28}@h", RandomIds("h").call_id())
        assert [len(ids.token(n)) for n in (1, 8, 9)] == [1, 8, 9]
        assert len({ids.tag() for _ in range(1000)}) == 1000

    def test_clocks(self) -> None:
        system, manual = SystemClock(), ManualClock(5.0, 100.0)
        assert system.monotonic() <= system.monotonic()
        assert system.unix() > 1_700_000_000
        manual.advance(2.5)
        assert (manual.monotonic(), manual.unix()) == (7.5, 102.5)
