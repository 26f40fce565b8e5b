"""Records of both sides, matched by ICID or call reference."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from simulators.reconcile import main


def cdr(icid: str | None = "i1", **more: Any) -> dict[str, Any]:
    record = {
        "direction": "originating", "served_user": "+31612345601", "other_party": "201", "icid": icid,
        "call_reference": None, "gateway": "anchored", "offered_by": "network", "start": 100.0,
        "answer": 105.0, "end": 160.0,
    }  # fmt: skip
    return record | more


def call(icid: str | None = "i1", **more: Any) -> dict[str, Any]:
    leg = {
        "leg": "l1", "peer": "mobile", "role": "calling", "icid": icid, "offered": 100.01, "answered": 105.02,
        "ended": 160.0,
    }  # fmt: skip
    desk = {"leg": "l2", "peer": "201-desk", "offered": 100.1, "answered": 105.0, "ended": 160.0}
    return {"call": "c1", "legs": [leg | more, desk]}


def run(
    folder: Path, capsys: pytest.CaptureFixture[str], network: list[Any], gateway: list[Any], *options: str
) -> tuple[int, list[str]]:
    files = []
    for name, lines in (("network", network), ("gateway", gateway)):
        path = folder / f"{name}.jsonl"
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        files += [f"--{name}", str(path)]
    code = main([*files, *options])
    return code, capsys.readouterr().out.splitlines()


def test_records_that_fit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, lines = run(tmp_path, capsys, [cdr()], [call()], "--name", "mobile")
    assert (code, lines) == (0, ["1 legs of the network, 1 of the gateway, 0 do not fit"])


def test_call_that_was_given_back_fits_up_to_its_answer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    network = [cdr(gateway="proxied")]
    assert run(tmp_path, capsys, network, [call(ended=105.02)])[0] == 0
    assert run(tmp_path, capsys, network, [call(answered=109.0)])[0] == 1


@pytest.mark.parametrize(
    ("network", "gateway", "says"),
    [
        (
            [cdr(), cdr("i2")],
            [call()],
            "i2: originating call of +31612345601 with 201 is in no record of the g",
        ),
        ([cdr()], [call(), call("i9")], "i9: leg l1 of call c1 is in no record of the network"),
        ([cdr()], [call(offered=103.0)], "i1: leg l1 of call c1: start differs by 3.000 s"),
        ([cdr()], [call(answered=None)], "no answer at the gateway"),
        ([cdr(answer=None)], [call()], "no answer at the network"),
        ([cdr()], [call(ended=170.0)], "end differs by 10.000 s"),
        ([cdr()], [call(), call(None)], "has neither ICID nor call reference"),
        ([cdr(None)], [], "has neither ICID nor call reference"),
        ([cdr(), cdr(start=300.0, answer=305.0, end=306.0)], [call()], "in no record of the gateway"),
    ],
)
def test_what_does_not_fit_is_one_line_each(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], network: list[Any], gateway: list[Any], says: str
) -> None:
    code, lines = run(tmp_path, capsys, network, gateway, "--name", "mobile")
    assert code == 1
    assert len(lines) == 2
    assert says in lines[0]


def test_an_imrn_call_is_matched_by_its_reference(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    network = [cdr("i1", call_reference="r1"), cdr("i2", call_reference="r2", offered_by="gateway")]
    gateway = [call("i1", network_reference="r1"), call("i2", role="called")]
    assert run(tmp_path, capsys, network, gateway)[0] == 0
    code, lines = run(
        tmp_path, capsys, network, [call(None, network_reference="r3"), call("i2", role="called")]
    )
    assert (code, len(lines)) == (1, 3)


def test_two_legs_with_one_icid_are_told_apart_by_who_opened_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    network = [cdr(), cdr(offered_by="gateway", served_user="+31612345602", start=103.0, answer=104.9)]
    gateway = [call(), call(role="called", offered=103.0, answered=104.9)]
    assert run(tmp_path, capsys, network, gateway)[0] == 0
    for kept, user in ((1, "+31612345601"), (0, "+31612345602")):
        code, lines = run(tmp_path, capsys, network, [gateway[kept]])
        assert code == 1
        assert lines[0] == f"i1: originating call of {user} with 201 is in no record of the gateway"


def test_what_the_gateway_gave_back_or_let_go_may_be_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    network = [cdr("i1", gateway="proxied"), cdr("i2", gateway="continued"), cdr("i3", gateway="none")]
    assert run(tmp_path, capsys, network, [])[0] == 0


def test_one_icid_may_serve_both_users_of_a_call(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    network = [cdr(offered_by="gateway"), cdr(direction="terminating", gateway="proxied", start=100.2)]
    assert run(tmp_path, capsys, network, [call(role="called")])[0] == 0


def test_an_answer_that_crossed_the_cancel_fits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, capsys, [cdr(answer=159.9)], [call(answered=None)])[0] == 0


def test_a_broken_line_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = tmp_path / "broken.jsonl"
    broken.write_text('{"a": 1}\nnonsense\n')
    assert main(["--network", str(broken), "--gateway", str(broken)]) == 2
    broken.write_text("nonsense\n")
    assert main(["--network", str(broken), "--gateway", str(broken)]) == 2
    assert "broken.jsonl:1:" in capsys.readouterr().err
