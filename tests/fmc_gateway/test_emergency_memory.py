"""What is kept of desk phones and 112 calls: bounded, whole or not at all, never a hindrance."""

from __future__ import annotations

from pathlib import Path

import pytest

from fmc_gateway import emergency_memory
from fmc_gateway.emergency_memory import EmergencyMemory, KnownLine
from hipper.pbx.ids import DeviceId
from hipper.telephony.numbers.e164 import E164

NOW = 1_700_000_000.0


def line(number: int, **changes: object) -> KnownLine:
    fields: dict[str, object] = {
        "device": DeviceId(f"d{number}"),
        "aor": f"u{number}@acme.test",
        "host": "192.0.2.1",
        "port": 5060 + number,
        "number": E164("+31201234567"),
    }
    return KnownLine(**(fields | changes))  # type: ignore[arg-type]


def test_what_was_learned_longest_ago_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(emergency_memory, "MAX_LINES", 2)
    memory = EmergencyMemory()
    memory.learn(line(1))
    memory.learn(line(2))
    memory.learn(line(1))
    memory.learn(line(3))
    assert (memory.line(DeviceId("d2")), len(memory)) == (None, 2)
    assert memory.line_at("192.0.2.1", 5062, "u2@acme.test") is None


def test_callbacks_are_bounded_and_expire(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(emergency_memory, "MAX_CALLBACKS", 2)
    memory = EmergencyMemory(tmp_path / "m.json")
    numbers = [E164(f"+3161234560{n}") for n in range(3)]
    for index, number in enumerate(numbers):
        memory.called_emergency([number], NOW + index)
    assert [memory.is_called_back(number, NOW + 5) for number in numbers] == [False, True, True]
    memory.save(NOW + 901.5)
    kept = EmergencyMemory(tmp_path / "m.json")
    assert [kept.is_called_back(number, NOW) for number in numbers] == [False, False, True]


def test_nothing_new_is_nothing_to_write(tmp_path: Path) -> None:
    memory = EmergencyMemory(tmp_path / "m.json")
    memory.learn(line(1))
    memory.save(NOW)
    memory.learn(line(1))
    memory.forget(DeviceId("d9"))
    assert not memory.changed
    memory.learn(line(1, port=7000))
    assert memory.changed


def test_phone_that_moved_is_found_where_it_is(tmp_path: Path) -> None:
    memory = EmergencyMemory()
    memory.learn(line(1))
    memory.learn(line(1, host="192.0.2.2"))
    assert memory.line_at("192.0.2.1", 5061, "u1@acme.test") is None
    assert memory.line_at("192.0.2.2", 5061, None) == line(1, host="192.0.2.2")


def test_several_phones_of_one_place_without_a_name_are_nobody() -> None:
    memory = EmergencyMemory()
    memory.learn(line(1, port=5060))
    memory.learn(line(2, port=5060))
    assert memory.line_at("192.0.2.1", 5060, None) is None
    found = memory.line_at("192.0.2.1", 5060, "U2@acme.test")
    assert found is not None
    assert found.device == "d2"


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"version":2,"lines":[],"callbacks":{}}', b"\xff" * 50]
)
def test_file_that_is_not_ours_to_read_is_made_anew(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "m.json"
    path.write_bytes(content)
    memory = EmergencyMemory(path)
    assert len(memory) == 0
    memory.learn(line(1))
    memory.save(NOW)
    assert EmergencyMemory(path).line(DeviceId("d1")) == line(1)


def test_file_that_is_too_large_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "m.json"
    memory = EmergencyMemory(path)
    memory.learn(line(1))
    memory.save(NOW)
    monkeypatch.setattr(emergency_memory, "MAX_BYTES", 10)
    assert len(EmergencyMemory(path)) == 0


def test_write_that_fails_leaves_the_old_file_and_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "m.json"
    memory = EmergencyMemory(path)
    memory.learn(line(1))
    memory.save(NOW)
    before = path.read_bytes()
    memory.learn(line(2))

    def full(descriptor: int) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="no space"):
        memory.save(NOW)
    assert path.read_bytes() == before
    assert memory.changed
    monkeypatch.undo()
    memory.save(NOW)
    assert len(EmergencyMemory(path)) == 2
