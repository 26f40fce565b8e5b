"""Whose music is heard, fetched once, and what is heard when the directory is away."""

from __future__ import annotations

import asyncio
from pathlib import Path

import asyncpg
import pytest

from fmc_gateway.call.commands import MusicSource
from fmc_gateway.music import HeldMusic
from hipper.directory.admin.changing import OPERATOR
from hipper.directory.admin.music import MusicChange, change_music, put_music
from hipper.directory.services import set_user_service
from hipper.pbx.ids import SubscriberId, TenantId
from hipper.pbx.services.calling import MusicOnHoldUser
from hipper.runtime.recordings import Recording
from tests.fmc_gateway.kit import provision
from tests.sounds import tone

pytestmark = pytest.mark.servers

OWN = "/exchange.wav"
ACME = TenantId("acme")
ANNA, BRAM = (MusicSource(tenant=ACME, holder=SubscriberId(user)) for user in ("anna", "bram"))
LOW, HIGH = tone(300), tone(600)


@pytest.fixture
async def pool(postgres_url: str) -> asyncpg.Pool:
    await provision(postgres_url)
    async with asyncpg.create_pool(postgres_url, min_size=0, max_size=4) as pool:
        async with pool.acquire() as conn:
            for name, wav in (("laag", LOW), ("hoog", HIGH)):
                await put_music(conn, OPERATOR, "acme", name, Recording(wav, 1500))
        yield pool


async def played(music: HeldMusic, source: MusicSource) -> bytes | str | None:
    path = await music.file_for(source)
    return path if path in (None, OWN) else content(path)


def content(path: str | None) -> bytes:
    return Path(str(path)).read_bytes()


def files(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def test_choice_default_silence_and_the_exchanges_own(pool: asyncpg.Pool, tmp_path: Path) -> None:
    music = HeldMusic(lambda: pool, tmp_path, OWN)
    assert await played(music, MusicSource()) == OWN
    assert await played(music, MusicSource(tenant=TenantId("nobody"))) == OWN
    assert await played(music, ANNA) == LOW, "the first one is the default"
    async with pool.acquire() as conn:
        for settings, heard in (
            (MusicOnHoldUser(recording="hoog"), HIGH),
            (MusicOnHoldUser(active=False, recording="hoog"), None),
            (MusicOnHoldUser(), LOW),
        ):
            await set_user_service(conn, SubscriberId("anna"), "music_on_hold_user", settings, "test")
            assert await played(music, ANNA) == heard, "it holds for the next hold"
        await change_music(conn, OPERATOR, "acme", "hoog", MusicChange(is_default=True))
    assert [await played(music, one) for one in (ANNA, BRAM)] == [HIGH, HIGH]


async def test_pack_without_the_service_hears_the_default(pool: asyncpg.Pool, tmp_path: Path) -> None:
    music = HeldMusic(lambda: pool, tmp_path, OWN)
    async with pool.acquire() as conn:
        off = MusicOnHoldUser(active=False)
        await set_user_service(conn, SubscriberId("anna"), "music_on_hold_user", off, "test")
        assert await played(music, ANNA) is None
        await conn.execute("UPDATE directory.subscribers SET pack = 'base_plus' WHERE subscriber_id = 'anna'")
    assert await played(music, ANNA) == LOW


async def test_fetched_once_however_many_wait_and_another_recording_is_another_file(
    pool: asyncpg.Pool, tmp_path: Path
) -> None:
    music = HeldMusic(lambda: pool, tmp_path, OWN)
    paths = await asyncio.gather(*(music.file_for(one) for one in (ANNA, BRAM) * 5))
    assert len(set(paths)) == 1
    assert len(files(tmp_path)) == 1
    async with pool.acquire() as conn:
        await put_music(conn, OPERATOR, "acme", "laag", Recording(HIGH, 1500))
    assert await played(music, ANNA) == HIGH
    assert content(paths[0]) == LOW, "who hears the old one hears it to the end"


async def test_what_was_heard_last_when_the_directory_is_away(pool: asyncpg.Pool, tmp_path: Path) -> None:
    """A user not heard before has the company's last; a company not heard before the exchange's own."""
    music = HeldMusic(lambda: pool, tmp_path, OWN)
    assert await played(music, ANNA) == LOW
    away = await asyncpg.create_pool("postgresql://nobody@127.0.0.1:1/x", min_size=0)
    music._pool = lambda: away
    assert [await played(music, one) for one in (ANNA, BRAM)] == [LOW, LOW]
    assert await played(music, MusicSource(tenant=TenantId("other"))) == OWN
    for path in files(tmp_path):
        path.unlink()
    assert await played(music, ANNA) == OWN, "it cannot be fetched either"
