"""TTLs, stale answers, and the snapshot on disk."""

from __future__ import annotations

from pathlib import Path

from fmc_gateway.dns.memory import Memory, load, save
from fmc_gateway.dns.records import Address, Naptr, Question, RecordSet, Srv

Q = Question("a.example", "A")
ONE = RecordSet((Address("192.0.2.1"),), 100.0)


def test_asked_again_ahead_of_its_ttl() -> None:
    memory = Memory()
    assert memory.due([Q], 0.0) == [Q]
    memory.learned(Q, ONE, 1000.0)
    assert memory.due([Q], 1079.0) == []
    assert memory.due([Q], 1080.0) == [Q]
    assert memory.next_due([Q]) == 1080.0


def test_an_answer_past_its_ttl_is_kept_while_nobody_answers() -> None:
    memory = Memory()
    memory.learned(Q, ONE, 0.0)
    memory.failed(Q, 90.0)
    assert memory.stale(99.0) == 0
    assert memory.known(Q) == ONE.records
    assert memory.due([Q], 90.5) == []
    assert memory.due([Q], 91.0) == [Q]
    memory.failed(Q, 91.0)
    assert memory.next_due([Q]) == 93.0
    assert memory.stale(101.0) == 1
    assert memory.known(Q) == ONE.records


def test_a_new_answer_replaces_the_old_one_and_its_order_is_no_change() -> None:
    memory = Memory()
    both = (Address("192.0.2.1"), Address("192.0.2.2"))
    assert memory.learned(Q, RecordSet(both, 5.0), 0.0)
    assert not memory.learned(Q, RecordSet(both[::-1], 5.0), 1.0)
    assert memory.learned(Q, RecordSet((), 5.0), 2.0)
    assert memory.known(Q) == ()


def test_over_a_restart_answers_are_there_and_due_at_once(tmp_path: Path) -> None:
    path = tmp_path / "state" / "dns.json"
    memory = Memory()
    naptr = Question("c.example", "NAPTR")
    srv = Question("_sip._udp.c.example", "SRV")
    memory.learned(Q, ONE, 0.0)
    memory.learned(naptr, RecordSet((Naptr(1, 2, "s", "SIP+D2U", srv.name),), 60.0), 0.0)
    memory.learned(srv, RecordSet((Srv(1, 2, 5060, "a.example"),), 60.0), 0.0)
    save(path, memory.kept())
    again = Memory(load(path))
    assert [again.known(question) for question in (Q, naptr, srv)] == [
        memory.known(question) for question in (Q, naptr, srv)
    ]
    assert again.due([Q], 0.0) == [Q]


def test_a_snapshot_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    assert load(tmp_path / "none.json") == []
    (tmp_path / "half.json").write_bytes(b'[{"question":["a.example","A"],"rec')
    assert load(tmp_path / "half.json") == []


def test_what_no_hop_leads_to_is_forgotten() -> None:
    memory = Memory()
    memory.learned(Q, ONE, 0.0)
    memory.learned(Question("old.example", "A"), ONE, 0.0)
    memory.keep_only(frozenset({Q}))
    assert len(memory) == 1
