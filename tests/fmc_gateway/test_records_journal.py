"""Calls whose gateway is killed under them: journal, and the records the next process makes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fmc_gateway.call import events as e
from fmc_gateway.call.replay import Trace, TraceStep, replay
from fmc_gateway.records import journal as module
from fmc_gateway.records.entry import SpoolEntry, decode_entry, encode_entry
from fmc_gateway.records.journal import Journal, bring_back, left_calls
from fmc_gateway.records.spool import Spool
from fmc_gateway.records.unfinished import GATEWAY_STOPPED, unfinished_entry
from fmc_gateway.records.writer import RecordWriter
from hipper.contracts.calls import AttemptOutcome, CallOutcome
from hipper.pbx.ids import CallId
from tests.fmc_gateway.call import traces
from tests.fmc_gateway.call.kit import invite

NOW = 1_800_000_500.0


def steps_of(play: Any) -> list[TraceStep]:
    with traces.recording() as steps:
        play()
    return steps


THREE_RING = steps_of(traces.three_ring_and_one_answers)
TALKING = THREE_RING[:-1]


class Calls:
    """The live calls a gateway would tell of."""

    def __init__(self) -> None:
        self.live: dict[CallId, list[TraceStep]] = {}
        self.now = NOW

    def traces(self) -> list[tuple[CallId, Sequence[TraceStep]]]:
        return list(self.live.items())


def journal(tmp_path: Path, calls: Calls) -> Journal:
    return Journal(tmp_path, calls.traces, lambda: calls.now)


def files(tmp_path: Path) -> list[Path]:
    return sorted(tmp_path.glob("*.journal"))


async def writer(tmp_path: Path) -> tuple[RecordWriter, list[SpoolEntry]]:
    stored: list[SpoolEntry] = []

    async def insert(lines: Sequence[bytes]) -> None:
        stored.extend(decode_entry(line) for line in lines)

    return RecordWriter(Spool(tmp_path), insert, prepare=lambda entry: entry), stored


async def test_killed_while_talking_leaves_a_failed_call_with_its_trace(tmp_path: Path) -> None:
    calls = Calls()
    killed = journal(tmp_path, calls)
    for known in (2, 5, len(TALKING)):
        calls.live[CallId("one")] = TALKING[:known]
        calls.now += 1
        await killed.write()
    calls.now += 30
    await killed.write()

    records, stored = await writer(tmp_path)
    await bring_back(journal(tmp_path, Calls()), records)
    (entry,) = stored
    record = entry.record
    assert (record.outcome, record.ended) == (CallOutcome.FAILED, NOW + 33)
    assert record.answered is not None
    assert [leg.ended_by for leg in record.legs] == [GATEWAY_STOPPED, "gateway", GATEWAY_STOPPED, "gateway"]
    assert AttemptOutcome.ANSWERED in {attempt.outcome for attempt in record.attempts}
    assert list(entry.trace.steps) == TALKING
    assert replay(entry.trace) == ()
    assert files(tmp_path) == []


def test_killed_while_ringing_says_why_at_every_device() -> None:
    answered = next(i for i, one in enumerate(THREE_RING) if isinstance(one.event, e.LegAnswered))
    rings = THREE_RING[:answered]
    entry = unfinished_entry(CallId("one"), rings, NOW, GATEWAY_STOPPED)
    assert entry is not None
    assert {attempt.explanation for attempt in entry.record.attempts} == {GATEWAY_STOPPED}
    assert {attempt.outcome for attempt in entry.record.attempts} == {AttemptOutcome.FAILED}
    assert entry.record.answered is None


def test_parties_who_had_gone_keep_their_true_outcome() -> None:
    steps = steps_of(traces.pstn_calls_and_gives_up)
    ending = next(i for i, one in enumerate(steps) if isinstance(one.event, e.LegCancelled))
    entry = unfinished_entry(CallId("one"), steps[: ending + 1], NOW, GATEWAY_STOPPED)
    assert entry is not None
    assert entry.record.outcome is CallOutcome.CANCELLED
    assert entry.record.ended == steps[ending].at


async def test_call_that_is_over_leaves_nothing(tmp_path: Path) -> None:
    calls = Calls()
    killed = journal(tmp_path, calls)
    calls.live = {CallId("short"): TALKING, CallId("long"): TALKING}
    await killed.write()
    del calls.live[CallId("short")]
    await killed.write()
    assert [left.call for left in left_calls(files(tmp_path))] == ["long"]


async def test_idle_gateway_makes_no_file_and_an_orderly_stop_leaves_none(tmp_path: Path) -> None:
    calls = Calls()
    made = journal(tmp_path, calls)
    await made.write()
    assert files(tmp_path) == []
    calls.live[CallId("one")] = TALKING
    await made.write()
    assert [file.stat().st_mode & 0o777 for file in files(tmp_path)] == [0o600]
    made.remove()
    assert files(tmp_path) == []


async def test_file_that_grew_is_replaced_by_the_live_calls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MIN_ROTATE_BYTES", 1)
    monkeypatch.setattr(module, "GROWTH", 2)
    calls = Calls()
    made = journal(tmp_path, calls)
    calls.live[CallId("stays")] = TALKING
    for number in range(20):
        calls.live[CallId(f"passes-{number}")] = TALKING
        await made.write()
        del calls.live[CallId(f"passes-{number}")]
    await made.write()
    (file,) = files(tmp_path)
    whole = sum(len(encode_entry(entry)) for entry in [_entry()])
    assert file.stat().st_size < 6 * whole
    (left,) = left_calls([file])
    assert [one.event for one in left.events] == [step.event for step in TALKING]


def _entry() -> SpoolEntry:
    found = unfinished_entry(CallId("one"), TALKING, NOW, GATEWAY_STOPPED)
    assert found is not None
    return found


async def test_torn_line_costs_what_it_says_and_no_more(tmp_path: Path) -> None:
    calls = Calls()
    killed = journal(tmp_path, calls)
    calls.live[CallId("one")] = TALKING[:3]
    await killed.write()
    (file,) = files(tmp_path)
    whole = file.read_bytes()
    file.write_bytes(whole + b"not json\n" + whole[:50])
    (left,) = left_calls([file])
    assert len(left.events) == 3


async def test_record_that_reached_the_spool_is_the_true_one(tmp_path: Path) -> None:
    calls = Calls()
    killed = journal(tmp_path, calls)
    calls.live[CallId("one")] = TALKING
    await killed.write()
    entry = _entry()
    true = SpoolEntry(
        msgspec.structs.replace(entry.record, call=CallId("one"), outcome=CallOutcome.ANSWERED), entry.trace
    )
    (tmp_path / "0000000001.jsonl").write_bytes(encode_entry(true) + b"\n")
    records, stored = await writer(tmp_path)
    await bring_back(journal(tmp_path, Calls()), records)
    await records.flush()
    assert [one.record.outcome for one in stored] == [CallOutcome.ANSWERED]


async def test_leftovers_stay_until_their_records_are_safe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = Calls()
    killed = journal(tmp_path, calls)
    calls.live[CallId("one")] = TALKING
    await killed.write()

    async def away(lines: Sequence[bytes]) -> None:
        raise ConnectionRefusedError

    def full(self: Spool, lines: Sequence[bytes]) -> None:
        raise OSError(28, "No space left on device")

    records = RecordWriter(Spool(tmp_path), away, prepare=lambda entry: entry)
    with monkeypatch.context() as patch:
        patch.setattr(Spool, "append", full)
        await bring_back(journal(tmp_path, Calls()), records)
    assert len(files(tmp_path)) == 1
    records, stored = await writer(tmp_path)
    await bring_back(journal(tmp_path, Calls()), records)
    assert len(stored) == 1
    assert files(tmp_path) == []


async def test_full_disk_costs_the_journal_only_and_it_is_whole_again_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = Calls()
    made = journal(tmp_path, calls)
    calls.live[CallId("one")] = TALKING[:2]
    await made.write()

    def full(file: int, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    calls.live[CallId("one")] = TALKING
    with monkeypatch.context() as patch:
        patch.setattr(module, "_write_all", full)
        patch.setattr(module, "EVERY_S", 0.0)
        with pytest.raises(OSError, match="No space"):
            await made.write()
        made._close()
    await made.write()
    (left,) = left_calls(files(tmp_path))
    assert len(left.events) == len(TALKING)


async def test_location_of_an_emergency_caller_never_reaches_the_disk(tmp_path: Path) -> None:
    offered = invite(
        "112",
        emergency_routes=1,
        passthrough_headers=(("P-Access-Network-Info", "3GPP-E-UTRAN-FDD; utran-cell-id-3gpp=204040001"),),
        body_type="multipart/mixed",
        body="<gml:pos>52.37 4.89</gml:pos>",
    )
    calls = Calls()
    calls.live[CallId("one")] = [TraceStep(at=NOW, event=offered, commands=())]
    await journal(tmp_path, calls).write()
    (file,) = files(tmp_path)
    text = file.read_text()
    assert "204040001" not in text
    assert "52.37" not in text
    (left,) = left_calls([file])
    entry = unfinished_entry(
        left.call, [TraceStep(at=at, event=event, commands=()) for at, event in left.events], NOW, "x"
    )
    assert entry is not None
    assert entry.record.emergency
    assert isinstance(entry.trace, Trace)


class Unwritable(msgspec.Struct):
    """What no encoder takes."""

    at: float = NOW
    event: object = object()


async def test_call_that_cannot_be_written_costs_the_others_nothing(tmp_path: Path) -> None:
    calls = Calls()
    made = journal(tmp_path, calls)
    bad: Any = Unwritable()
    calls.live = {CallId("bad"): [bad], CallId("good"): TALKING[:2]}
    await made.write()
    calls.live = {CallId("bad"): [bad, bad], CallId("good"): TALKING}
    await made.write()
    (left,) = left_calls(files(tmp_path))
    assert (left.call, len(left.events)) == ("good", len(TALKING))
    assert made.failures == 1, "it is not tried again"


async def test_any_fault_is_counted_and_the_journal_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = Calls()
    calls.live[CallId("one")] = TALKING
    broken = [True, True]

    def traces_() -> list[tuple[CallId, Sequence[TraceStep]]]:
        if broken:
            broken.pop()
            raise RuntimeError("a fault of ours")
        return calls.traces()

    monkeypatch.setattr(module, "EVERY_S", 0.0)
    made = Journal(tmp_path, traces_, lambda: NOW)
    running = asyncio.create_task(made.run())
    async with asyncio.timeout(5):
        while not left_calls(files(tmp_path)):  # noqa: ASYNC110
            await asyncio.sleep(0.001)
    running.cancel()
    assert made.failures == 2
