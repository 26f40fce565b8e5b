"""A user calls outside: SIPp as mobile network, desk phone and PSTN."""

from __future__ import annotations

import asyncio

import pytest

from tests.interop.conftest import Kit
from tests.interop.sipp import Message

OUTSIDE = "+31301234567"
ANONYMOUS = "sip:anonymous@anonymous.invalid"


def shows(invite: Message, number: str) -> None:
    """Shown and asserted, and nothing hidden."""
    assert f"sip:{number}@" in (invite.header("From") or "")
    assert f"sip:{number}@" in (invite.header("P-Asserted-Identity") or "")
    assert invite.header("Privacy") is None


def hides(invite: Message, number: str) -> None:
    """Anonymous to whoever is called; the carrier, which is trusted, learns the network number (RFC 3325)."""
    assert ANONYMOUS in (invite.header("From") or "")
    assert invite.header("Privacy") == "id"
    assert f"sip:{number}@" in (invite.header("P-Asserted-Identity") or "")
    shown_to_all = invite.raw.replace(invite.header("P-Asserted-Identity") or "", "")
    assert number.removeprefix("+31") not in shown_to_all


class TestIdentity:
    @pytest.mark.parametrize("identity", ["mobile", "fixed"])
    async def test_the_chosen_number_is_shown(self, kit: Kit, identity: str) -> None:
        anna = kit.company.person("anna", identity=identity)
        await kit.company.apply()
        pstn = await kit.carrier()
        icid = f"icid-{kit.company.tenant}"
        caller = await kit.network_calls(
            "uac_call", "0301234567", anna, headers=f"P-Charging-Vector: icid-value={icid}"
        )
        await caller.finished()
        invite = (await pstn.finished()).first("INVITE")
        assert invite.request_uri.startswith(f"sip:{OUTSIDE}@")
        number = anna.mobile if identity == "mobile" else anna.fixed
        shows(invite, number or "")
        record = await kit.record()
        assert (record.call["dialled"], record.call["outcome"]) == ("0301234567", "answered")
        assert (record.call["rule"], record.call["emergency"]) == ("external.number", False)
        calling = record.calling
        assert (calling["user_name"], calling["device_name"], calling["peer"]) == ("anna", "mobile", "mno")
        assert (calling["number"], calling["presentation"]) == (number, "allowed")
        assert (calling["payer_subscription"], calling["tariff"]) == (f"MOB-{anna.mobile}", "national_fixed")
        assert (calling["icid"], calling["status"], calling["ended_by"]) == (icid, 200, "calling")
        (called,) = record.called
        assert (called["number"], called["status"]) == (OUTSIDE, 200)
        assert called["offered"] <= called["ringing"] <= called["answered"] <= called["ended"]
        assert record.call["setup_ms"] < 500

    @pytest.mark.parametrize("identity", ["mobile", "fixed"])
    async def test_withheld_for_this_call(self, kit: Kit, identity: str) -> None:
        anna = kit.company.person("anna", identity=identity)
        await kit.company.apply()
        pstn = await kit.carrier()
        caller = await kit.network_calls("uac_call", "0301234567", anna, headers="Privacy: id")
        await caller.finished()
        # a carrier that screens presented numbers is asserted the one that would be shown
        number = anna.mobile if identity == "mobile" else anna.fixed
        hides((await pstn.finished()).first("INVITE"), number or "")
        assert (await kit.record()).calling["presentation"] == "restricted"

    async def test_withheld_always_but_shown_for_this_call(self, kit: Kit) -> None:
        anna = kit.company.person("anna", identity="fixed", withhold=True)
        await kit.company.apply()
        for privacy, check, number in (("", hides, anna.fixed), ("Privacy: none", shows, anna.fixed)):
            pstn = await kit.carrier()
            caller = await kit.network_calls("uac_call", "0301234567", anna, headers=privacy, talk_ms=50)
            await caller.finished()
            check((await pstn.finished()).first("INVITE"), number or "")
        first, second = await kit.records(2)
        assert (first.calling["presentation"], second.calling["presentation"]) == ("restricted", "allowed")

    async def test_a_change_holds_for_the_next_invite(self, kit: Kit) -> None:
        anna = kit.company.person("anna", identity="mobile")
        await kit.company.apply()
        for identity in ("mobile", "fixed", "mobile", "fixed"):
            kit.company.person("anna", identity=identity)
            await kit.company.apply()
            pstn = await kit.carrier(ring_ms=0)
            caller = await kit.network_calls("uac_call", "0301234567", anna, talk_ms=1)
            await caller.finished()
            number = anna.mobile if identity == "mobile" else anna.fixed
            shows((await pstn.finished()).first("INVITE"), number or "")
        numbers = [record.calling["number"] for record in await kit.records(4)]
        assert numbers == [anna.mobile, anna.fixed] * 2

    async def test_a_desk_phone_shows_the_chosen_number_and_the_fixed_subscription_pays(
        self, kit: Kit
    ) -> None:
        anna = kit.company.person("anna", identity="mobile")
        await kit.company.apply()
        pstn = await kit.carrier()
        phone = await kit.phone_calls("uac_digest_call", anna, "0301234567")
        await phone.finished()
        shows((await pstn.finished()).first("INVITE"), anna.mobile or "")
        calling = (await kit.record()).calling
        assert (calling["device_name"], calling["payer_subscription"]) == (
            anna.phones[0],
            f"FIX-{anna.fixed}",
        )

    @pytest.mark.parametrize("dialled", ["%2331%230301234567", "*31%230301234567"])
    async def test_a_desk_phone_hides_or_shows_by_digits(self, kit: Kit, dialled: str) -> None:
        hidden = dialled.startswith("%23")
        anna = kit.company.person("anna", identity="fixed", withhold=not hidden)
        await kit.company.apply()
        pstn = await kit.carrier()
        phone = await kit.phone_calls("uac_digest_call", anna, dialled)
        await phone.finished()
        invite = (await pstn.finished()).first("INVITE")
        assert invite.request_uri.startswith(f"sip:{OUTSIDE}@")
        (hides if hidden else shows)(invite, anna.fixed)


class TestOutcome:
    async def test_over_tcp(self, kit: Kit) -> None:
        anna = kit.company.person("anna")
        await kit.company.apply()
        pstn = await kit.carrier()
        caller = await kit.network_calls("uac_call", "0301234567", anna, transport="tcp")
        await caller.finished()
        shows((await pstn.finished()).first("INVITE"), anna.mobile or "")
        assert (await kit.record()).calling["peer"] == "mno-tcp"

    async def test_the_pstn_hangs_up(self, kit: Kit) -> None:
        anna = kit.company.person("anna")
        await kit.company.apply()
        pstn = await kit.carrier("uas_answer_then_bye")
        caller = await kit.network_calls("uac_call_until_bye", "0301234567", anna)
        await asyncio.gather(caller.finished(), pstn.finished())
        assert (await kit.record()).calling["ended_by"] == "called"

    async def test_the_caller_gives_up(self, kit: Kit) -> None:
        anna = kit.company.person("anna")
        await kit.company.apply()
        pstn = await kit.carrier("uas_ring_until_cancelled")
        reason = 'Q.850;cause=16;text="Terminated"'
        caller = await kit.network_calls("uac_cancel", "0301234567", anna, headers_cancel=f"Reason: {reason}")
        await caller.finished()
        seen = await pstn.finished()
        assert seen.first("CANCEL").header("Reason") == reason
        record = await kit.record()
        assert (record.call["outcome"], record.calling["status"]) == ("cancelled", 487)

    @pytest.mark.parametrize(
        ("status", "phrase", "q850", "outcome"),
        [
            (486, "Busy Here", 17, "busy"),
            (603, "Decline", 21, "declined"),
            (404, "Not Found", 1, "unreachable"),
        ],
    )
    async def test_the_pstn_refuses(
        self, kit: Kit, status: int, phrase: str, q850: int, outcome: str
    ) -> None:
        anna = kit.company.person("anna")
        await kit.company.apply()
        reason = f"Reason: Q.850;cause={q850}"
        pstn = await kit.carrier(
            "uas_ring_then_refuse", status=status, phrase=phrase, response_headers=reason
        )
        caller = await kit.network_calls("uac_refused", "0301234567", anna, status=status)
        await asyncio.gather(caller.finished(), pstn.finished())
        record = await kit.record()
        (called,) = record.called
        assert (called["status"], called["q850"]) == (status, q850)
        assert record.call["outcome"] == outcome
        assert record.calling["status"] == status
