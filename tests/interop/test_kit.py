"""The kit against itself: what it claims to see is there when the gateway is not."""

from __future__ import annotations

import asyncio
import math
import random
from pathlib import Path

import pytest

from tests.interop.baresip import Baresip
from tests.interop.certificates import self_signed
from tests.interop.ports import Ports
from tests.interop.sipp import Sipp, SippError, parse_trace
from tests.interop.tones import SAMPLE_RATE, energy_share, listen, read_samples, sequence, write_tone

pytestmark = pytest.mark.interop


@pytest.fixture(scope="module")
def ports() -> Ports:
    return Ports()


async def ring(caller: Baresip, called: Baresip) -> None:
    """Direct call, no server: `caller` dials, `called` rings."""
    await caller.account("alice", f"127.0.0.1:{caller.sip_port}")
    await called.account("bob", f"127.0.0.1:{called.sip_port}")
    await caller.dial(called.aor)
    await called.incoming()


class TestTones:
    def test_a_tone_is_told_from_another_from_silence_and_from_noise(self, tmp_path: Path) -> None:
        write_tone(tmp_path / "a.wav", 440, seconds=1)
        tone = read_samples(tmp_path / "a.wav")
        chance = random.Random(1)
        noise = [chance.randint(-9000, 9000) for _ in range(SAMPLE_RATE)]
        assert energy_share(tone, 440) > 0.99
        assert {window.tone for window in listen(tone, (400, 440, 450, 1000))} == {440}
        assert all(window.silent for window in listen([3, -3] * 4000, (440,)))
        assert all(window.other for window in listen(noise, (440, 1000)))

    def test_two_tones_at_once_are_neither(self, tmp_path: Path) -> None:
        write_tone(tmp_path / "a.wav", 440, seconds=1)
        write_tone(tmp_path / "b.wav", 1000, seconds=1)
        both = [
            (a + b) // 2
            for a, b in zip(read_samples(tmp_path / "a.wav"), read_samples(tmp_path / "b.wav"), strict=True)
        ]
        assert all(window.other for window in listen(both, (440, 1000)))

    def test_what_was_heard_in_order(self) -> None:
        tone = [int(9000 * math.sin(2 * math.pi * 440 * n / SAMPLE_RATE)) for n in range(SAMPLE_RATE // 2)]
        music = [int(9000 * math.sin(n * n / 991.0)) for n in range(SAMPLE_RATE // 2)]
        pause, blip = [0] * SAMPLE_RATE, music[:800]
        assert sequence(listen(tone + blip + tone + pause + tone + music + tone, (440,))) == [
            440,
            "other",
            440,
        ]

    def test_a_file_still_being_written_is_read(self, tmp_path: Path) -> None:
        write_tone(tmp_path / "a.wav", 440, seconds=1)
        content = (tmp_path / "a.wav").read_bytes()
        (tmp_path / "b.wav").write_bytes(content[:40] + bytes(4) + content[44:4001])
        assert len(read_samples(tmp_path / "b.wav")) == (4001 - 44) // 2


async def test_two_baresips_hear_each_other(tmp_path: Path, ports: Ports) -> None:
    async with Baresip("a", tmp_path, ports, 440) as alice, Baresip("b", tmp_path, ports, 1000) as bob:
        await ring(alice, bob)
        await bob.answer()
        await asyncio.gather(alice.established(), bob.established())
        await asyncio.gather(alice.hears(1000, known=(440,)), bob.hears(440, known=(1000,)))
        assert (alice.heard_tones(440, 1000), bob.heard_tones(440, 1000)) == ({1000}, {440})
        await bob.digits("7")
        await alice.digit_heard("7")
        await alice.hang_up()
        await bob.closed()


@pytest.mark.parametrize("transport", ["tcp", "tls"])
async def test_two_baresips_hear_each_other_over(tmp_path: Path, ports: Ports, transport: str) -> None:
    pem = self_signed(tmp_path / "bob.pem")
    async with (
        Baresip("a", tmp_path, ports, 440) as alice,
        Baresip("b", tmp_path, ports, 1000, certificate=pem) as bob,
    ):
        await alice.account("alice", f"127.0.0.1:{alice.sip_port}", transport=transport)
        await bob.account("bob", f"127.0.0.1:{bob.sip_port}", transport=transport)
        port = bob.sip_port + (transport == "tls")
        await alice.dial(f"sip:bob@127.0.0.1:{port};transport={transport}")
        await bob.incoming()
        await bob.answer()
        await asyncio.gather(alice.established(), bob.established())
        await asyncio.gather(alice.hears(1000), bob.hears(440))


async def test_an_echo_agent_proves_both_directions(tmp_path: Path, ports: Ports) -> None:
    async with Baresip("a", tmp_path, ports, 700) as alice, Baresip("e", tmp_path, ports) as echo:
        await ring(alice, echo)
        await echo.answer()
        await alice.established()
        await alice.hears(700)
        await alice.hang_up()
        await echo.closed()


async def test_a_ringing_call_is_refused_by_baresip_with_486(tmp_path: Path, ports: Ports) -> None:
    async with Baresip("a", tmp_path, ports, 440) as alice, Baresip("b", tmp_path, ports, 1000) as bob:
        await ring(alice, bob)
        await bob.hang_up()
        assert "486" in (await alice.closed())["param"]


async def test_sipp_answers_baresip_and_echoes(tmp_path: Path, ports: Ports) -> None:
    async with (
        Baresip("a", tmp_path, ports, 440) as alice,
        Sipp("uas_answer", tmp_path, ports, echo=True) as sipp,
    ):
        await alice.account("alice", f"127.0.0.1:{alice.sip_port}")
        await alice.dial(f"sip:bob@127.0.0.1:{sipp.port}")
        await alice.established()
        await alice.hears(440)
        await alice.hang_up()
        seen = await sipp.finished()
    invite = seen.first("INVITE")
    assert invite.request_uri.startswith(f"sip:bob@127.0.0.1:{sipp.port}")
    assert "alice" in (invite.header("From") or "")
    assert "m=audio" in invite.body


async def test_sipp_plays_a_tone_of_its_own(tmp_path: Path, ports: Ports) -> None:
    async with (
        Baresip("a", tmp_path, ports, 440) as alice,
        Sipp("uas_answer", tmp_path, ports, tone=1300) as sipp,
    ):
        await alice.account("alice", f"127.0.0.1:{alice.sip_port}")
        await alice.dial(f"sip:bob@127.0.0.1:{sipp.port}")
        await alice.established()
        await alice.hears(1300, known=(440,))
        await alice.hang_up()
        await sipp.finished()


async def test_sipp_calls_baresip(tmp_path: Path, ports: Ports) -> None:
    async with Baresip("b", tmp_path, ports, 440) as bob:
        await bob.account("bob", f"127.0.0.1:{bob.sip_port}")
        headers = "P-Asserted-Identity: <sip:+31612345678@ims.example>\nPrivacy: id"
        where = ("127.0.0.1", bob.sip_port)
        async with Sipp("uac_call", tmp_path, ports, remote=where, to_user="bob", headers=headers) as sipp:
            await bob.incoming()
            await bob.answer()
            seen = await sipp.finished()
    assert seen.sent("INVITE")[0].header("Privacy") == "id"
    assert seen.first(200).body.startswith("v=0")
    assert seen.sent("BYE")


@pytest.mark.parametrize("side", ["uac_hold", "uas_hold"])
async def test_sipp_holds_and_resumes(tmp_path: Path, ports: Ports, side: str) -> None:
    async with Baresip("b", tmp_path, ports, 440) as bob:
        await bob.account("bob", f"127.0.0.1:{bob.sip_port}")
        caller = side == "uac_hold"
        remote = ("127.0.0.1", bob.sip_port) if caller else None
        to = {"to_user": "bob"} if caller else {}
        async with Sipp(side, tmp_path, ports, remote=remote, **to) as sipp:
            if caller:
                await bob.incoming()
                await bob.answer()
            else:
                await bob.dial(f"sip:sipp@127.0.0.1:{sipp.port}")
                await bob.established()
                await sipp.sees(200, count=2)
                await bob.hang_up()
            seen = await sipp.finished()
    held = [message for message in seen.sent("INVITE") if "a=sendonly" in message.body]
    assert len(held) == 1
    assert any("a=recvonly" in message.body for message in seen.received(200))


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_sipp_against_sipp_cancel(tmp_path: Path, ports: Ports, transport: str) -> None:
    async with Sipp("uas_ring_until_cancelled", tmp_path, ports, transport=transport) as called:
        where = ("127.0.0.1", called.port)
        async with Sipp(
            "uac_cancel", tmp_path, ports, remote=where, transport=transport, to_user="x"
        ) as caller:
            await asyncio.gather(caller.finished(), called.finished())


@pytest.mark.parametrize(("scenario", "status"), [("uas_refuse", 486), ("uas_ring_then_refuse", 603)])
async def test_sipp_against_sipp_refusal(tmp_path: Path, ports: Ports, scenario: str, status: int) -> None:
    async with Sipp(scenario, tmp_path, ports, status=status, phrase="No") as called:
        where = ("127.0.0.1", called.port)
        async with Sipp("uac_refused", tmp_path, ports, remote=where, status=status, to_user="x") as caller:
            seen, _ = await asyncio.gather(caller.finished(), called.finished())
    assert seen.first(status).start_line == f"SIP/2.0 {status} No"


@pytest.mark.parametrize("scenario", ["uas_answer_then_bye", "uas_early_media"])
async def test_sipp_against_sipp_other_answers(tmp_path: Path, ports: Ports, scenario: str) -> None:
    caller_scenario = "uac_call_until_bye" if scenario == "uas_answer_then_bye" else "uac_call"
    async with Sipp(scenario, tmp_path, ports) as called:
        where = ("127.0.0.1", called.port)
        async with Sipp(caller_scenario, tmp_path, ports, remote=where, to_user="x") as caller:
            await asyncio.gather(caller.finished(), called.finished())


async def test_sipp_late_offer(tmp_path: Path, ports: Ports) -> None:
    async with Sipp("uas_answer", tmp_path, ports) as called:
        where = ("127.0.0.1", called.port)
        async with Sipp("uac_late_offer", tmp_path, ports, remote=where, to_user="x") as caller:
            _, seen = await asyncio.gather(caller.finished(), called.finished())
    assert seen.first("INVITE").body == ""
    assert seen.first("ACK").body.startswith("v=0")


async def test_a_scenario_that_goes_otherwise_fails_with_the_trace(tmp_path: Path, ports: Ports) -> None:
    async with Sipp("uas_refuse", tmp_path, ports, status=486) as called:
        where = ("127.0.0.1", called.port)
        async with Sipp("uac_call", tmp_path, ports, remote=where, to_user="x") as caller:
            with pytest.raises(SippError, match="486 Busy Here"):
                await caller.finished()


def test_a_trace_is_read_message_by_message() -> None:
    rule = f"{'-' * 47} 2026-11-22 17:30:00.123456"
    bye = "BYE sip:a@b SIP/2.0\nRoute: <sip:p>\nRoute: <sip:q>\nContent-Length: 0\n\n"
    trace = (
        f"{rule}\nUDP message sent (60 bytes):\n\n{bye}"
        f"{rule}\nUDP message received [40] bytes :\n\nSIP/2.0 200 OK\nContent-Length: 5\n\nv=0\n\n"
    )
    sent, received = parse_trace(trace)
    assert (sent.sent, sent.method, sent.headers["route"]) == (True, "BYE", ["<sip:p>", "<sip:q>"])
    assert (received.sent, received.status, received.body) == (False, 200, "v=0")
    assert received.at % 60 == pytest.approx(0.123456)
