"""``hipper calls list|export|show|replay`` as an operator uses it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import asyncpg
import msgspec
import pytest

from fmc_gateway.call import replay as engine
from fmc_gateway.call.commands import Ring
from fmc_gateway.call.step import step
from fmc_gateway.records.describe import who
from fmc_gateway.records.entry import encode_entry
from fmc_gateway.records.store import insert_entries
from hipper.cli import calls
from hipper.cli.main import main
from hipper.contracts.calls import CallRecord
from hipper.pbx.ids import LegId, SubscriberId
from hipper.pbx.model import CallerIdentity, Presentation
from tests.fmc_gateway.records_samples import entry, record, trace

pytestmark = pytest.mark.servers


@pytest.fixture
def settings(postgres_url: str, tmp_path: Path) -> Path:
    """A settings file for a database with two calls."""

    async def fill() -> None:
        connection = await asyncpg.connect(postgres_url)
        await insert_entries(
            connection, [encode_entry(entry("abc1")), encode_entry(entry("abd2", dialled="112"))]
        )
        await connection.close()

    asyncio.run(fill())
    file = tmp_path / "hipper.toml"
    file.write_text(f'state_dir = "{tmp_path}"\n[database]\nurl = "{postgres_url}"\nrole_password = "test"\n')
    return file


def test_list_shows_who_called_whom_and_who_pays(settings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["calls", "list", "--settings", str(settings)]) == 0
    out = capsys.readouterr().out
    line = next(line for line in out.splitlines() if line.startswith("abc1"))
    for text in ("Anna 201", "202", "answered", "1:03", "mob-1 (on_net)"):
        assert text in line


def test_list_names_the_user_of_a_call_that_showed_nobody() -> None:
    calling, called = record().legs
    nobody = CallerIdentity(number=None, presentation=Presentation.ALLOWED)
    legs = (msgspec.structs.replace(calling, identity_shown=nobody, subscriber=SubscriberId("u1")), called)
    barred = record(legs=legs, dialled="+31201234502")
    assert calls._row(barred, {"u1": "Chantal Bakker"})[2:4] == ("Chantal Bakker", "020 123 4502")
    assert calls._row(barred, {})[2] == "unknown"
    assert calls._row(record(), {"u1": "Chantal Bakker"})[2] == "Anna 201"


def test_list_of_nothing_and_bad_limit(settings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["calls", "list", "--tenant", "nobody", "--settings", str(settings)]) == 0
    assert capsys.readouterr().out == "no calls\n"
    assert main(["calls", "list", "--limit", "0", "--settings", str(settings)]) == 1
    assert capsys.readouterr().err == "hipper: --limit needs at least 1\n"


def test_export_writes_whole_records_that_read_back_the_same(
    settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["calls", "export", "--since", "2020-01-01", "--settings", str(settings)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [msgspec.json.decode(line, type=CallRecord) for line in lines] == [
        record("abc1"),
        record("abd2", dialled="112"),
    ]


def test_export_of_one_tenant_and_of_a_later_time(settings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for more in (["--since", "2020-01-01", "--tenant", "nobody"], ["--since", "2100-01-01"]):
        assert main(["calls", "export", *more, "--settings", str(settings)]) == 0
        assert capsys.readouterr().out == ""


def test_show_tells_record_devices_and_ladder(settings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["calls", "show", "abc", "--settings", str(settings)]) == 0
    out = capsys.readouterr().out
    for text in (
        "call abc1 on gw1, tenant acme",
        "first INVITE out after 7.5 ms",
        "answered by rule on-net.extension, talked 63.0 s",
        "calling leg over mno, anna on anna-mobile: shown as Anna 201",
        "ICID icid-1",
        "bram-desk-2 of bram: not registered (ring.desk-phone, no registration)",
        "INVITE 202",
        "timer no_answer",
    ):
        assert text in out


@pytest.mark.parametrize(
    ("call", "line"),
    [
        ("zzz", "no call has an id that begins with 'zzz'; 'hipper calls list' shows them"),
        ("ab", "several calls begin with 'ab'; give more of the id"),
        ("", "no call has an id that begins with ''; 'hipper calls list' shows them"),
        ("%", "no call has an id that begins with '%'; 'hipper calls list' shows them"),
    ],
)
def test_id_that_names_no_call_is_one_readable_line(
    settings: Path, capsys: pytest.CaptureFixture[str], call: str, line: str
) -> None:
    assert main(["calls", "show", call, "--settings", str(settings)]) == 1
    assert capsys.readouterr().err == f"hipper: {line}\n"


def test_replay_of_a_file_says_identical_or_the_first_difference(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call, steps = None, []
    for turn in trace().steps:
        call, commands = step(call, turn.event, turn.at)
        steps.append(engine.TraceStep(at=turn.at, event=turn.event, commands=commands))
    true = engine.Trace(call=trace().call, steps=tuple(steps))
    file = tmp_path / "trace.json"
    file.write_bytes(engine.encode(true))
    assert main(["calls", "replay", str(file)]) == 0
    assert "identical: 2 steps" in capsys.readouterr().out

    wrong = msgspec.structs.replace(steps[0], commands=(Ring(leg=LegId("leg-a")),))
    file.write_bytes(engine.encode(msgspec.structs.replace(true, steps=(wrong, steps[1]))))
    assert main(["calls", "replay", str(file)]) == 3
    out = capsys.readouterr().out
    assert "differs at step 1 of 2, LegOffered" in out
    assert "trace: Ring" in out


def test_replay_of_a_spool_file_and_of_garbage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "0000000001.jsonl"
    file.write_bytes(encode_entry(entry()) + b"\n")
    assert main(["calls", "replay", str(file)]) == 3
    capsys.readouterr()
    file.write_bytes(b"not a trace")
    assert main(["calls", "replay", str(file)]) == 1
    assert str(file) in capsys.readouterr().err


def test_replay_of_a_stored_call_without_trace(
    settings: Path, postgres_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async def forget() -> None:
        connection = await asyncpg.connect(postgres_url)
        await connection.execute("DELETE FROM gateway.traces")
        await connection.close()

    asyncio.run(forget())
    assert main(["calls", "replay", "abc1", "--settings", str(settings)]) == 1
    assert "its retention has passed" in capsys.readouterr().err
    assert main(["calls", "show", "abc1", "--settings", str(settings)]) == 0
    assert "the trace is gone" in capsys.readouterr().out


@pytest.mark.parametrize("database", ['[database]\nurl = "postgresql://x:y@127.0.0.1:1/none"\n', ""])
def test_database_that_is_away_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], database: str
) -> None:
    file = tmp_path / "hipper.toml"
    file.write_text(f'state_dir = "{tmp_path}"\n{database}')
    assert main(["calls", "list", "--settings", str(file)]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_record_in_words_shows_numbers_as_people_write_them() -> None:
    shown = record().legs[0].identity_shown
    plain = msgspec.structs.replace(shown, name=None, extension=None)
    assert who(plain) == "020 123 4567"
    hidden = msgspec.structs.replace(plain, presentation=Presentation.RESTRICTED)
    assert who(hidden) == "withheld (020 123 4567)"
    assert who(CallerIdentity(presentation=Presentation.ALLOWED)) == "unknown"
