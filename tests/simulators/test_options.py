"""Each simulator runs alone."""

from __future__ import annotations

import asyncio
import sys

import pytest

from simulators.ladder import describe
from simulators.options import parser
from tests.interop.processes import die_with_us
from tests.simulators.test_desk_phone import Registrar


async def run(name: str, *arguments: str) -> tuple[asyncio.subprocess.Process, asyncio.StreamReader]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", f"simulators.{name}", *arguments, stdout=asyncio.subprocess.PIPE,
        preexec_fn=die_with_us(),
    )  # fmt: skip
    assert process.stdout is not None
    return process, process.stdout


async def until(lines: asyncio.StreamReader, word: str) -> str:
    async with asyncio.timeout(10):
        while line := (await lines.readline()).decode():
            if word in line:
                return line
    raise AssertionError(f"{word!r} was never printed")


async def exits(*processes: asyncio.subprocess.Process) -> list[int]:
    async with asyncio.timeout(15):
        return [await process.wait() for process in processes]


@pytest.mark.parametrize("name", ["desk_phone", "pstn", "mobile_network", "handset"])
def test_help_names_every_group(name: str) -> None:
    text = parser(name).format_help()
    assert all(word in text for word in ("where:", "who:", "what it does with a call:", "voice:", "faults:"))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--gateway", "nowhere", "--listen", "127.0.0.1:0"], "ADDRESS:PORT"),
        (
            ["--gateway", "1.2.3.4:5060", "--listen", "127.0.0.1:0", "--faults", "explode=1"],
            "no fault is called",
        ),
    ],
)
def test_a_mistake_in_an_option_is_explained(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        parser("pstn").parse_args(arguments)
    assert says in capsys.readouterr().err


async def test_two_processes_call_each_other_and_hear_the_tones() -> None:
    called, lines = await run(
        "pstn", "--gateway", "127.0.0.1:9", "--listen", "127.0.0.1:0", "--answer-after", "0.1",
        "--tone", "1000", "--expect-tone", "440", "--calls", "1",
    )  # fmt: skip
    port = (await until(lines, "is ready on")).rpartition(":")[2].strip()
    caller, ladder = await run(
        "pstn", "--gateway", f"127.0.0.1:{port}", "--listen", "127.0.0.1:0", "--tone", "440",
        "--expect-tone", "1000", "--call", "+31201234567", "--from", "+31612345678",
        "--hang-up-after", "0.1", "--calls", "1",
    )  # fmt: skip
    assert "→" in await until(ladder, "INVITE sip:+31201234567@")
    assert "←" in await until(ladder, "200 OK (INVITE)")
    assert "RTP packets in" in await until(ladder, "over: hung up")
    assert "RTP packets in" in await until(lines, "over: bye")
    assert await exits(caller, called) == [0, 0]


async def test_a_tone_that_is_not_heard_fails_the_run() -> None:
    called, lines = await run(
        "pstn", "--gateway", "127.0.0.1:9", "--listen", "127.0.0.1:0", "--answer-after", "0", "--calls", "1"
    )
    port = (await until(lines, "is ready on")).rpartition(":")[2].strip()
    caller, output = await run(
        "pstn", "--gateway", f"127.0.0.1:{port}", "--listen", "127.0.0.1:0", "--expect-tone", "1000",
        "--call", "+31201234567", "--from", "+31612345678", "--hang-up-after", "0", "--calls", "1", "--quiet",
    )  # fmt: skip
    await until(output, "did not hear 1000 Hz")
    assert await exits(caller, called) == [1, 0]


async def test_a_refused_call_fails_a_run_that_expects_a_tone() -> None:
    called, lines = await run(
        "pstn", "--gateway", "127.0.0.1:9", "--listen", "127.0.0.1:0", "--reject", "486", "--calls", "1"
    )
    port = (await until(lines, "is ready on")).rpartition(":")[2].strip()
    caller, output = await run(
        "pstn", "--gateway", f"127.0.0.1:{port}", "--listen", "127.0.0.1:0", "--expect-tone", "1000",
        "--call", "+31201234567", "--from", "+31612345678", "--calls", "1", "--quiet",
    )  # fmt: skip
    await until(output, "could not hear 1000 Hz: nobody answered")
    assert await exits(caller, called) == [1, 0]


async def test_a_desk_phone_process_registers_and_says_when_it_may_not() -> None:
    async with Registrar() as registrar:
        where = f"127.0.0.1:{registrar.address[1]}"
        arguments = ("--registrar", where, "--aor", "desk201@demo.example", "--for", "0.1", "--password")
        process, lines = await run("desk_phone", *arguments, "right")
        await until(lines, "phone desk201 is ready")
        assert await exits(process) == [0]
        process, _ = await run("desk_phone", *arguments, "wrong")
        assert await exits(process) == [1]


class TestDescribe:
    def test_a_request_with_an_offer(self) -> None:
        data = b"INVITE sip:201@demo.example SIP/2.0\r\nCSeq: 1 INVITE\r\n\r\nv=0\r\na=sendonly\r\n"
        assert describe(data) == "INVITE sip:201@demo.example  [sdp sendonly]"

    def test_a_response_names_its_method_and_reason(self) -> None:
        data = b"SIP/2.0 486 Busy Here\r\nCSeq: 1 INVITE\r\nReason: Q.850;cause=17\r\n\r\n"
        assert describe(data) == "486 Busy Here (INVITE)  Reason: Q.850;cause=17"


async def test_an_ims_alone_calls_through_a_server_and_fails_for_what_that_did() -> None:
    """The gateway is a PSTN here: it answers calls itself, and sends an INVITE of no session."""
    network, lines = await run(
        "mobile_network", "--mode", "isc", "--gateway", "127.0.0.1:9", "--listen", "127.0.0.1:0",
        "--handset", "+31612345601", "--answer-after", "0", "--calls", "1",
    )  # fmt: skip
    port = (await until(lines, "is ready on")).rpartition(":")[2].strip()
    caller, _ = await run(
        "pstn", "--gateway", f"127.0.0.1:{port}", "--listen", "127.0.0.1:0", "--call", "+31301234567",
        "--from", "+31201234567", "--hang-up-after", "0.1", "--calls", "1", "--quiet",
    )  # fmt: skip
    await until(lines, "the gateway failed: INVITE sip:+31301234567@")
    assert await exits(caller, network) == [0, 1]


async def test_a_camel_network_alone_goes_on_when_nobody_answers_its_question() -> None:
    network, lines = await run(
        "mobile_network", "--mode", "imrn", "--gateway", "127.0.0.1:9", "--listen", "127.0.0.1:0",
        "--imrn-url", "http://127.0.0.1:9/v1/mobile-network/imrn", "--imrn-key", "k",
        "--handset", "+31612345601", "--call", "0201234567", "--from", "+31612345601",
        "--answer-after", "0", "--hang-up-after", "0.1", "--calls", "2",
    )  # fmt: skip
    await until(lines, "the SCP goes on alone")
    await until(lines, "over: hung up")
    assert await exits(network) == [0]


async def test_a_camel_network_needs_to_know_whom_to_ask() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "simulators.mobile_network", "--mode", "imrn", "--gateway", "127.0.0.1:9",
        "--listen", "127.0.0.1:0", stderr=asyncio.subprocess.PIPE, preexec_fn=die_with_us(),
    )  # fmt: skip
    _, errors = await process.communicate()
    assert b"--mode imrn needs --imrn-url" in errors
    assert process.returncode == 1
