"""Records between the end of a call and PostgreSQL: spool and background writer."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import asyncpg
import pytest
from structlog.testing import capture_logs

from fmc_gateway.records.entry import SpoolEntry, decode_entry, encode_entry
from fmc_gateway.records.spool import Spool
from fmc_gateway.records.writer import RecordWriter
from tests.fmc_gateway.records_samples import entry


class Database:
    """Takes lines unless it is away or dislikes one."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self.away = False
        self.poison: bytes | None = None
        self.trouble: Exception | None = None

    async def insert(self, lines: Sequence[bytes]) -> None:
        if self.away:
            raise ConnectionRefusedError("nobody there")
        if self.trouble is not None:
            raise self.trouble
        if self.poison is not None and any(self.poison in line for line in lines):
            raise ValueError("invalid text")
        self.lines += lines

    def calls(self) -> list[str]:
        return [decode_entry(line).record.call for line in self.lines]


def as_it_is(spooled: SpoolEntry) -> SpoolEntry:
    return spooled


def writer(tmp_path: Path, database: Database) -> RecordWriter:
    made = RecordWriter(Spool(tmp_path), database.insert, prepare=as_it_is)
    made.RETRY_S = (0.0, 0.0, 0.0, 0.0)  # type: ignore[misc]
    return made


def on_disk(tmp_path: Path) -> list[bytes]:
    spool = Spool(tmp_path)
    return [line for segment in spool.segments() for line in spool.read(segment)]


async def test_record_is_on_disk_before_it_is_in_the_database(tmp_path: Path) -> None:
    seen: list[list[bytes]] = []

    async def insert(lines: Sequence[bytes]) -> None:
        seen.append(on_disk(tmp_path))

    records = RecordWriter(Spool(tmp_path), insert, prepare=as_it_is)
    records.write(entry())
    await records.flush()
    assert seen == [[encode_entry(entry())]]
    assert on_disk(tmp_path) == []
    assert records.length == 0


async def test_database_away_then_back(tmp_path: Path) -> None:
    database = Database()
    database.away = True
    records = writer(tmp_path, database)
    for call in ("one", "two", "three"):
        records.write(entry(call))
        await records.flush()
    assert records.length == 3
    assert len(on_disk(tmp_path)) == 3
    database.away = False
    await records.flush()
    assert database.calls() == ["one", "two", "three"]
    assert (records.length, on_disk(tmp_path)) == (0, [])


async def test_after_many_records_the_next_wait_on_disk_for_each_other(tmp_path: Path) -> None:
    database = Database()
    records = writer(tmp_path, database)
    records.BATCH_S, records.BUSY, records.BUSY_S = 0.0, 3, 1000.0  # type: ignore[misc]
    running = asyncio.create_task(records.run())
    for number in range(3):
        records.write(entry(f"first{number}"))
    await until(lambda: records.length == 0)
    records.write(entry("next0"))
    await until(lambda: len(on_disk(tmp_path)) == 1)
    records.write(entry("next1"))
    await until(lambda: len(on_disk(tmp_path)) == 2)
    assert len(database.lines) == 3
    assert records.length == 2
    running.cancel()
    await asyncio.wait([running])
    await records.flush()
    assert database.calls()[3:] == ["next0", "next1"]
    assert on_disk(tmp_path) == []


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.005)


async def test_next_process_writes_what_the_last_one_left(tmp_path: Path) -> None:
    database = Database()
    database.away = True
    dying = writer(tmp_path, database)
    dying.write(entry("left behind"))
    await dying.flush()
    database.away = False
    heir = writer(tmp_path, database)
    assert heir.length == 1
    heir.write(entry("new"))
    await heir.flush()
    assert database.calls() == ["left behind", "new"]
    assert on_disk(tmp_path) == []


async def test_flush_cancelled_between_disk_and_database_loses_nothing(tmp_path: Path) -> None:
    database, reached = Database(), asyncio.Event()

    async def hang(lines: Sequence[bytes]) -> None:
        reached.set()
        await asyncio.sleep(60)

    records = RecordWriter(Spool(tmp_path), hang, prepare=as_it_is)
    records.write(entry("one"))
    flushing = asyncio.create_task(records.flush())
    await reached.wait()
    assert records.length == 1
    flushing.cancel()
    await asyncio.gather(flushing, return_exceptions=True)
    records._insert = database.insert
    await records.flush()
    assert database.calls() == ["one"]
    assert (records.length, on_disk(tmp_path)) == (0, [])


async def test_line_torn_by_a_crash_is_dropped_the_others_stay(tmp_path: Path) -> None:
    whole = encode_entry(entry("whole"))
    (tmp_path / "0000000007.jsonl").write_bytes(whole + b"\n" + whole[:40])
    database = Database()
    records = writer(tmp_path, database)
    await records.flush()
    assert database.calls() == ["whole"]


async def test_line_the_database_refuses_is_set_aside_and_holds_up_nothing(tmp_path: Path) -> None:
    database = Database()
    database.poison = b"bad-call"
    records = writer(tmp_path, database)
    for call in ("good", "bad-call", "also good"):
        records.write(entry(call))
    await records.flush()
    assert database.calls() == ["good", "also good"]
    assert b"bad-call" in (tmp_path / "refused.txt").read_bytes()
    assert records.length == 0


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.ReadOnlySQLTransactionError("cannot execute INSERT in a read-only transaction"),
        asyncpg.DiskFullError("could not extend file"),
        asyncpg.InvalidPasswordError("password authentication failed"),
        asyncpg.ObjectNotInPrerequisiteStateError("database is not currently accepting connections"),
        asyncpg.UndefinedTableError("relation gateway.calls does not exist"),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_trouble_of_the_server_costs_no_record(tmp_path: Path, error: Exception) -> None:
    """Seen with a database closed to connections: its records were set aside as if they were bad."""
    database = Database()
    database.trouble = error
    records = writer(tmp_path, database)
    records.write(entry("kept"))
    await records.flush()
    assert records.length == 1
    database.trouble = None
    await records.flush()
    assert database.calls() == ["kept"]


@pytest.mark.parametrize(
    "error",
    [asyncpg.UniqueViolationError("twice"), asyncpg.exceptions._base.DataError("no number")],
    ids=["integrity", "data"],
)
async def test_what_a_line_says_is_its_own_fault(tmp_path: Path, error: Exception) -> None:
    database = Database()
    database.trouble = error
    records = writer(tmp_path, database)
    records.write(entry("bad"))
    await records.flush()
    assert records.length == 0
    assert b"bad" in (tmp_path / "refused.txt").read_bytes()


async def test_full_disk_writes_straight_to_the_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Spool, lines: Sequence[bytes]) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Spool, "append", full)
    database = Database()
    records = writer(tmp_path, database)
    records.write(entry("kept"))
    await records.flush()
    assert database.calls() == ["kept"]
    database.away = True
    records.write(entry("held in memory"))
    await records.flush()
    assert records.length == 1
    database.away = False
    await records.flush()
    assert database.calls() == ["kept", "held in memory"]


async def test_half_a_line_on_a_full_disk_spoils_no_later_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = Spool(tmp_path)
    spool.append([b'{"whole": 1}'])
    real = os.write

    def full(file: int, data: bytes) -> int:
        if len(data) < 4:
            raise OSError(28, "No space left on device")
        return real(file, data[:-3])

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match="No space"):
        spool.append([b'{"torn": 2}'])
    monkeypatch.undo()
    spool.append([b'{"whole": 3}'])
    assert on_disk(tmp_path) == [b'{"whole": 1}', b'{"whole": 3}']


@pytest.mark.parametrize("fault", [RuntimeError("masking"), UnicodeEncodeError("utf-8", "x", 0, 1, "lone")])
async def test_trace_that_cannot_be_written_down_costs_no_record(tmp_path: Path, fault: Exception) -> None:
    database = Database()

    def prepare(spooled: SpoolEntry) -> SpoolEntry:
        if spooled.record.call == "odd":
            raise fault
        return spooled

    records = RecordWriter(Spool(tmp_path), database.insert, prepare=prepare)
    for call in ("one", "odd", "two"):
        records.write(entry(call))
    await records.flush()
    assert database.calls() == ["one", "odd", "two"]
    steps = {str(one.record.call): len(one.trace.steps) for one in map(decode_entry, database.lines)}
    assert steps["odd"] == 0
    assert steps["one"] > 0
    assert records.length == 0


def test_segments_are_rotated_by_size_and_numbered_onward(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.MAX_SEGMENT_BYTES = 10  # type: ignore[misc]
    for text in (b"a" * 11, b"b" * 11, b"c"):
        spool.append([text])
    assert [path.name for path in spool.closed_segments()] == ["0000000001.jsonl", "0000000002.jsonl"]
    assert Spool(tmp_path)._number == 3


def test_entry_survives_json_and_loses_only_what_jsonb_cannot_hold() -> None:
    spooled = entry(dialled="20\x001")
    assert b"\\u0000" not in encode_entry(spooled)
    again = decode_entry(encode_entry(entry()))
    assert again == entry()


async def test_every_call_is_one_line_in_the_log_once_whatever_the_database_does(tmp_path: Path) -> None:
    database = Database()
    database.away = True
    records = writer(tmp_path, database)
    with capture_logs() as logs:
        records.write(entry("one"))
        await records.flush()
        database.away = False
        await records.flush()
    (line,) = [line for line in logs if line["event"] == "call.over"]
    assert (line["call_id"], line["outcome"], line["talked_s"]) == ("one", "answered", 63.0)
    assert [line["event"] for line in logs if "database" in line["event"]] == [
        "records.database_away",
        "records.database_back",
    ]
