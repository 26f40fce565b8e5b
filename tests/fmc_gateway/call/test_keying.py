"""Keys in a call that is answered: the app's, codes of services, and what goes to the far party."""

from __future__ import annotations

import msgspec
import pytest

from fmc_gateway.call import commands as cmd
from fmc_gateway.call import events as ev
from fmc_gateway.call.keying import BY_KEYS, ON_HOLD, PRESSED, in_call_of, is_unheard
from fmc_gateway.call.legs import InCall
from hipper.contracts.bus import RefusedBecause
from hipper.pbx.ids import CallId, LegId
from hipper.pbx.model import Announcement
from hipper.pbx.services.bundles import SubscriberServices
from hipper.pbx.services.in_call import InCallService, InCallServices
from tests.fmc_gateway.call.kit import B1, M1, A, Ladder, invite, joined, suze
from tests.fmc_gateway.call.test_parking import J, bridged, comes, park

KEYS = SubscriberServices(in_call_services=InCallServices(active=True))
SUZE = suze().subscriber


def talking(*, active: bool = True, dialled: str = "030 111 2233") -> Ladder:
    """Suze's handset (A) talks to the PSTN (B1)."""
    ladder = Ladder()
    ladder.tell(invite(dialled))
    ladder.load(suze(services=KEYS) if active else suze(), None)
    ladder.offers()
    ladder.answer()
    ladder.tell(ev.LegConfirmed(leg=A))
    return ladder


def keyed(service: InCallService, to: str | None = None, leg: LegId = A) -> ev.ServiceKeyed:
    return ev.ServiceKeyed(leg=leg, service=service, destination=to)


def test_telephone_of_who_switched_it_on_is_watched_and_nobody_elses() -> None:
    ladder = talking()
    assert ladder.of(cmd.WatchKeys) == [cmd.WatchKeys(pair=M1, leg=A)]
    assert in_call_of(ladder.call, A) is not None
    assert in_call_of(ladder.call, B1) is None
    assert talking(active=False).of(cmd.WatchKeys) == []


@pytest.mark.parametrize("dialled", ["113", "0800 0113"])
def test_calls_to_113_are_not_watched(dialled: str) -> None:
    ladder = talking(dialled=dialled)
    assert ladder.of(cmd.AnswerLeg) != []
    assert ladder.of(cmd.WatchKeys) == []
    assert in_call_of(ladder.call, A) is None


def test_keys_that_are_no_code_are_played_to_the_far_party() -> None:
    ladder = talking()
    ladder.tell(ev.KeysPassed(leg=A, keys="*5"))
    assert ladder.last == (cmd.PlayKeys(pair=M1, leg=A, keys="*5"),)


def test_keys_reach_a_party_on_hold_as_little_as_sound_does() -> None:
    ladder = talking()
    ladder.tell(keyed(InCallService.HOLD))
    ladder.tell(ev.KeysPassed(leg=A, keys="5"))
    assert ladder.last == ()


def test_hold_and_resume_with_one_code() -> None:
    ladder = talking()
    ladder.tell(keyed(InCallService.HOLD))
    assert [one.leg for one in ladder.of(cmd.PlayMusic, last=True)] == [B1]
    assert ladder.of(cmd.AnswerRequest, last=True)[0].request == f"{BY_KEYS}{A}"
    ladder.tell(keyed(InCallService.HOLD))
    assert ladder.of(cmd.StopMusic, last=True) == [cmd.StopMusic(pair=M1, leg=B1)]


def test_codes_of_the_far_party_are_none() -> None:
    ladder = talking()
    ladder.tell(keyed(InCallService.HOLD, leg=B1))
    assert ladder.last == ()


@pytest.mark.parametrize(
    ("service", "blind"), [(InCallService.CONSULT, False), (InCallService.TRANSFER, True)]
)
def test_number_is_asked_for_and_the_far_party_not_heard_meanwhile(
    service: InCallService, blind: bool
) -> None:
    ladder = talking()
    ladder.tell(ev.ServiceBegun(leg=A, service=service))
    (said,) = ladder.of(cmd.PlayAnnouncement, last=True)
    assert (said.leg, said.announcements) == (A, (Announcement.DIAL_DESTINATION,))
    assert ladder.of(cmd.BlockMedia, last=True) == [cmd.BlockMedia(pair=M1, leg=B1)]
    ladder.tell(keyed(service, "202"))
    assert ladder.of(cmd.UnblockMedia, last=True) == [cmd.UnblockMedia(pair=M1, leg=B1)]
    (load,) = ladder.of(cmd.LoadContext, last=True)
    assert (load.served_subscriber, load.dialled) == (SUZE, "202")
    assert ladder.call.move.blind is blind  # type: ignore[union-attr]


def test_nobody_keyed_leaves_the_two_as_they_were() -> None:
    ladder = talking()
    ladder.tell(ev.ServiceBegun(leg=A, service=InCallService.CONSULT))
    ladder.tell(ev.ServiceGivenUp(leg=A))
    assert ladder.last == (cmd.StopAnnouncement(pair=M1, leg=A), cmd.UnblockMedia(pair=M1, leg=B1))


@pytest.mark.parametrize("service", [InCallService.SWAP, InCallService.COMPLETE, InCallService.CANCEL])
def test_what_cannot_be_done_is_said(service: InCallService) -> None:
    ladder = talking()
    ladder.tell(keyed(service))
    (no,) = ladder.of(cmd.AnswerRequest, last=True)
    assert not no.done
    ladder.tell(ev.ServiceAnswered(leg=A, done=False))
    assert ladder.of(cmd.PlayAnnouncement, last=True)[0].announcements == (Announcement.NOT_DONE,)
    ladder.tell(ev.ServiceAnswered(leg=A, done=True))
    assert ladder.last == ()


def test_code_of_a_conference_makes_one() -> None:
    ladder = talking()
    ladder.tell(keyed(InCallService.CONFERENCE))
    assert len(ladder.of(cmd.CreateRoom, last=True)) == 1
    assert in_call_of(ladder.call, A) is None, "keys mean nothing there"


# From the app.


def press(ladder: Ladder, keys: str = "12#") -> cmd.AnswerRequest:
    ladder.tell(ev.DigitsRequested(request="r", subscriber=SUZE, keys=keys))
    return ladder.of(cmd.AnswerRequest, last=True)[0]


def test_keys_of_the_app_are_played_and_the_telephones_own_from_then_on() -> None:
    ladder = talking(active=False)
    assert press(ladder).done
    play = cmd.PlayKeys(pair=M1, leg=A, keys="12#")
    assert ladder.last[:2] == (cmd.WatchKeys(pair=M1, leg=A), play)
    assert press(ladder).done
    assert ladder.last[:1] == (play,), "watched once"
    codes = in_call_of(ladder.call, A)
    assert codes is not None
    assert codes.codes == ()


def test_keys_of_the_app_are_refused_when_they_would_not_be_heard() -> None:
    """On hold; after a key of the telephone itself; in a call to 113."""
    ladder = talking()
    ladder.tell(keyed(InCallService.HOLD))
    assert press(ladder).explanation == ON_HOLD
    other = talking(active=False)
    assert is_unheard(other.call, A)
    other.tell(ev.KeyHeard(leg=A))
    assert not is_unheard(other.call, A)
    assert press(other).explanation == PRESSED
    assert other.of(cmd.PlayKeys) == []
    assert press(talking(dialled="113")).because is RefusedBecause.EMERGENCY


# Who comes by a code has the own services, not those of whoever was there.


@pytest.mark.parametrize("active", [True, False])
def test_telephone_that_takes_a_call_over_brings_the_services_of_its_user(active: bool) -> None:
    asks = Ladder()
    asks.tell(invite("*11"))
    asks.load(suze(services=KEYS) if active else suze(), None)
    asks.tell(ev.CallChosen(call=CallId("c9")))
    (over,) = asks.of(cmd.HandOver)
    assert (over.joined.in_call is not None) is active
    ladder = talking(active=not active)
    desk = LegId("j1")
    ladder.tell(joined(desk, "suze", "suze-desk1", in_call=over.joined.in_call))
    bridged(ladder, desk)
    assert any(one.leg == desk for one in ladder.of(cmd.WatchKeys)) is active


@pytest.mark.parametrize("active", [True, False])
def test_colleague_who_retrieves_has_not_the_services_of_who_parked(active: bool) -> None:
    ladder = talking(active=not active)
    park(ladder)
    keys = InCall(codes=()) if active else None
    ladder.tell(msgspec.structs.replace(comes(), in_call=keys))
    bridged(ladder, J)
    assert any(one.leg == J for one in ladder.of(cmd.WatchKeys)) is active
