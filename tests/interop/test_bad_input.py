"""Who is not who it should be, and what is not what it should be."""

from __future__ import annotations

import pytest

from tests.interop.conftest import Kit
from tests.interop.gateway import STRANGER, UNTRUSTED
from tests.interop.raw import RawPeer

INVITE = """\
INVITE sip:0301234567@127.0.0.1 SIP/2.0
Via: SIP/2.0/UDP HOST:PORT;branch=z9hG4bK-{branch}
{lines}
Content-Length: 0

"""
LINES = {
    "From": "From: <sip:+31612345678@ims.example>;tag=1",
    "To": "To: <sip:0301234567@127.0.0.1>",
    "Call-ID": "Call-ID: {branch}@HOST",
    "CSeq": "CSeq: 1 INVITE",
    "Contact": "Contact: <sip:HOST:PORT>",
    "Max-Forwards": "Max-Forwards: 70",
}
CALLER = "+31301234567"


def invite(branch: str, **changed: str) -> str:
    lines = LINES | {name.replace("_", "-"): line for name, line in changed.items()}
    return INVITE.format(branch=branch, lines="\n".join(filter(None, lines.values())).format(branch=branch))


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"CSeq": "CSeq: 1 BYE"}, "CSeq"),
        ({"CSeq": "CSeq: many INVITE"}, "CSeq"),
        ({"From": "From: <sip:a@b;tag=1"}, "angle"),
        ({"Max_Forwards": "Max-Forwards: seventy"}, "Max-Forwards"),
        ({"Contact": "Contact: <sip:HOST:notaport>"}, "port"),
    ],
    ids=["method in CSeq", "number in CSeq", "open bracket", "Max-Forwards", "port"],
)
async def test_malformed_sip_gets_400_with_the_reason(kit: Kit, changed: dict[str, str], word: str) -> None:
    with RawPeer(("127.0.0.1", kit.gateway.mobile)) as peer:
        peer.send(invite(f"{kit.company.tenant}", **changed))
        answer = await peer.answer()
    assert answer.startswith("SIP/2.0 400 ")
    warning = next(line for line in answer.split("\r\n") if line.startswith("Warning: "))
    assert "399" in warning
    assert word.lower() in warning.lower()


async def test_what_cannot_be_answered_is_dropped(kit: Kit) -> None:
    with RawPeer(("127.0.0.1", kit.gateway.mobile)) as peer:
        peer.send("complete nonsense\n\n")
        peer.send(invite("z", CSeq="CSeq: many ACK").replace("INVITE", "ACK"))
        peer.send("SIP/2.0 200 OK\nVia: SIP/2.0/UDP HOST:PORT;branch=z9hG4bK-x\n\n")
        assert await peer.answer(0.5) == ""


async def test_a_user_nobody_knows_is_not_served(kit: Kit) -> None:
    caller = await kit.network_calls("uac_refused", "0301234567", "+31699999999", status=404)
    seen = await caller.finished()
    assert seen.first(404).header("Warning")
    call_id = seen.first(404).header("Call-ID") or ""
    record = await kit.record_of(call_id)
    assert (record.call["outcome"], record.call["tenant"]) == ("refused", None)


async def test_a_number_nobody_has_is_not_found(kit: Kit) -> None:
    caller = await kit.carrier_calls("uac_refused", "+31209999999", CALLER, status=404)
    seen = await caller.finished()
    record = await kit.record_of(seen.first(404).header("Call-ID") or "")
    assert (record.call["outcome"], record.calling["number"]) == ("refused", CALLER)


@pytest.mark.parametrize("listener", ["mobile", "pstn"])
async def test_a_peer_that_is_not_configured_is_refused(kit: Kit, listener: str) -> None:
    anna = kit.company.person("anna")
    await kit.company.apply()
    caller = await kit.sipp(
        "uac_refused",
        remote=("127.0.0.1", getattr(kit.gateway, listener)),
        host=STRANGER,
        to_user=anna.fixed,
        from_user=anna.mobile,
        headers=f"P-Asserted-Identity: <sip:{anna.mobile}@ims.example>",
        status=403,
    )
    await caller.finished()


async def test_an_untrusted_network_is_served_by_from_and_its_claims_are_dropped(kit: Kit) -> None:
    anna, bram = kit.company.person("anna", identity="mobile"), kit.company.person("bram")
    await kit.company.apply()
    pstn = await kit.carrier()
    caller = await kit.sipp(
        "uac_call",
        remote=("127.0.0.1", kit.gateway.mobile),
        host=UNTRUSTED,
        to_user="0301234567",
        from_user=anna.mobile,
        headers=f"P-Asserted-Identity: <sip:{bram.mobile}@ims.example>\nP-Charging-Vector: icid-value=forged",
    )
    await caller.finished()
    raw = (await pstn.finished()).first("INVITE").raw
    assert f"sip:{anna.mobile}@" in raw
    assert (bram.mobile or "").removeprefix("+") not in raw
    record = await kit.record()
    assert (record.calling["user_name"], record.calling["icid"]) == ("anna", None)


async def test_an_untrusted_carrier_shows_its_from_and_its_assertion_is_dropped(kit: Kit) -> None:
    bram = kit.company.person("bram", mobile=False)
    await kit.company.apply()
    phone = await kit.phone(bram)
    caller = await kit.sipp(
        "uac_call",
        remote=("127.0.0.1", kit.gateway.pstn),
        host=UNTRUSTED,
        to_user=bram.fixed,
        from_user=CALLER,
        headers="P-Asserted-Identity: <sip:+31201112233@pstn.example>\nDiversion: <sip:+31204445566@x>",
    )
    await caller.finished()
    raw = (await phone.finished()).first("INVITE").raw
    assert f"sip:{CALLER}@" in raw
    assert "201112233" not in raw
    assert "204445566" not in raw
    assert (await kit.record()).calling["network_number"] is None
