"""The record is true, the live call shows no more than it may."""

from __future__ import annotations

import msgspec
import pytest

from fmc_gateway.call import commands as cmd
from fmc_gateway.call import events as ev
from hipper.contracts.calls import AttemptOutcome, LegRole, LivePhase
from hipper.pbx.model import CallerIdentity, Presentation, TariffClass
from tests.fmc_gateway.call.kit import (
    B1,
    B2,
    OUTSIDE,
    PIET_FIXED,
    START,
    SUZE_MOBILE,
    A,
    Ladder,
    binding,
    invite_from_pstn,
    piet,
)


def test_times_of_every_leg_are_those_of_the_events() -> None:
    ladder = Ladder()
    ladder.talk()
    ladder.tell(ev.LegEnded(leg=A, cause="bye"), after_s=60)
    seconds = {
        leg.leg: tuple(
            round(at - START, 1)
            for at in (leg.offered, leg.ringing, leg.answered, leg.ended)
            if at is not None
        )
        for leg in ladder.record.legs
    }
    # invite .1, context .2, offer .3 (INVITE out), 180 at .4, 200 at .5, answer made .6, ACK .7
    assert seconds == {A: (0.1, 0.4, 0.6, 60.7), B1: (0.3, 0.4, 0.5, 60.7)}
    assert ladder.record.setup_ms == pytest.approx(200)
    assert ladder.record.answered == pytest.approx(START + 0.6)
    assert (ladder.record.gateway, ladder.record.tenant) == ("gw1", "acme")


def test_leg_names_role_peer_user_device_and_payer() -> None:
    ladder = Ladder()
    ladder.talk()
    ladder.tell(ev.LegEnded(leg=A, cause="bye"))
    called = ladder.leg(B1)
    assert (called.role, called.peer, called.subscriber, called.device) == (
        LegRole.CALLED,
        "piet1",
        "piet",
        "piet-desk1",
    )
    assert called.payer is not None
    assert (called.payer.subscription, called.payer.tariff) == ("piet-line", TariffClass.FREE)
    assert (called.identity_shown.extension, called.identity_shown.name) == ("202", "Piet")
    assert called.icid == "icid-1"


def test_skipped_device_stands_beside_those_that_rang() -> None:
    devices = tuple(
        msgspec.structs.replace(device, rings=device.id != "piet-desk1") for device in piet().devices
    )
    ladder = Ladder()
    ladder.ring_colleague(binding("piet-desk1"), devices=devices)
    ladder.answer()
    ladder.tell(ev.LegEnded(leg=A, cause="bye"))
    skipped = ladder.attempts()["piet-desk1"]
    assert (skipped.outcome, skipped.rule, skipped.leg) == (
        AttemptOutcome.SWITCHED_OFF,
        "device.switched-off",
        None,
    )
    assert skipped.explanation == "The user switched this device off for incoming calls."
    assert ladder.attempts()["piet-mobile"].outcome is AttemptOutcome.ANSWERED


def test_withheld_caller_is_hidden_live_and_kept_in_the_record() -> None:
    hidden = CallerIdentity(presentation=Presentation.RESTRICTED, network_number=OUTSIDE)
    ladder = Ladder()
    ladder.tell(invite_from_pstn(caller=hidden))
    ladder.load(None, piet(), binding("piet-desk1"))
    ladder.offers()
    shown = [one.live for one in ladder.of(cmd.PublishLive) if one.live]
    assert shown
    assert all(OUTSIDE not in msgspec.json.encode(live).decode() for live in shown)
    assert shown[0].called.identity.number == PIET_FIXED
    ladder.answer()
    ladder.tell(ev.LegRejected(leg=B2, status=487))
    ladder.tell(ev.LegEnded(leg=A, cause="bye"))
    assert ladder.leg(A).identity_shown.network_number == OUTSIDE
    assert ladder.leg(A).subscriber is None


def test_live_call_says_since_when_and_on_which_device() -> None:
    ladder = Ladder()
    ladder.talk()
    live = ladder.live()
    assert live is not None
    assert (live.phase, live.calling.device, live.called.device) == (
        LivePhase.ESTABLISHED,
        "suze-mobile",
        "piet-desk1",
    )
    assert (live.started, live.answered) == (pytest.approx(START + 0.1), pytest.approx(START + 0.6))
    assert SUZE_MOBILE not in msgspec.json.encode(live).decode()


def test_leg_that_never_left_is_no_leg_of_the_record_but_an_attempt() -> None:
    ladder = Ladder()
    ladder.ring_colleague(binding("piet-desk1"))
    other = Ladder()
    other.tell(invite_from_pstn())
    other.load(None, piet(), binding("piet-desk1"))
    other.tell(ev.LegCancelled(leg=A))
    assert [leg.leg for leg in other.record.legs] == [A]
    assert len(other.record.attempts) == 2
    assert other.record.setup_ms is None
