"""Who answered, as the caller is told, and who took over later (COLP, COLR; RFC 3325 §5)."""

from __future__ import annotations

from fmc_gateway.call import commands as cmd
from fmc_gateway.call import events as ev
from hipper.contracts.calls import LivePhase
from hipper.pbx.ids import DeviceId
from hipper.pbx.model import CallerIdentity, Device, DeviceKind, Presentation, SubscriberContext
from hipper.pbx.services.bundles import SubscriberServices
from hipper.pbx.services.calling import ConnectedLineIdentificationRestriction
from hipper.pbx.services.forwarding import CallForwardingAlways
from hipper.telephony.numbers.e164 import E164
from tests.fmc_gateway.call.kit import (
    ANNA_FIXED,
    ANNA_MOBILE,
    B1,
    OUTSIDE,
    PIET_FIXED,
    PIET_MOBILE,
    A,
    Ladder,
    anna,
    binding,
    desk_only,
    invite,
    invite_from_pstn,
    piet,
    sdp,
    shown,
    suze,
)

RESTRICTED = SubscriberServices(
    connected_line_identification_restriction=ConnectedLineIdentificationRestriction(active=True)
)


def who_answered(ladder: Ladder) -> CallerIdentity:
    ladder.offers()
    ladder.answer()
    (answer,) = ladder.of(cmd.AnswerLeg)
    assert answer.connected is not None
    return answer.connected


def reached(offered: ev.LegOffered, called: SubscriberContext) -> CallerIdentity:
    ladder = Ladder()
    ladder.tell(offered)
    ladder.load(suze(), called, binding("piet-desk1"))
    return who_answered(ladder)


def test_colleague_sees_extension_and_name() -> None:
    shown = reached(invite("202"), desk_only(piet()))
    assert (shown.presentation, shown.extension, shown.name) == (Presentation.ALLOWED, "202", "Piet")


def test_caller_goes_on_seeing_the_number_it_dialled() -> None:
    assert reached(invite_from_pstn(PIET_FIXED), desk_only(piet())).number == PIET_FIXED
    assert reached(invite_from_pstn(PIET_MOBILE), desk_only(piet())).number == PIET_MOBILE


def test_restricted_line_shows_nothing_but_the_true_number_for_trusted_peers() -> None:
    for offered in (invite("202"), invite_from_pstn()):
        shown = reached(offered, desk_only(piet(services=RESTRICTED)))
        assert shown.presentation is Presentation.RESTRICTED
        assert (shown.number, shown.extension, shown.name) == (None, None, None)
        assert shown.network_number is not None


def diverted(**changes: object) -> CallerIdentity:
    """A call from outside to Piet, who forwards to Anna's mobile number, which the caller never dialled."""
    forward = CallForwardingAlways(active=True, destination=ANNA_MOBILE)
    ladder = Ladder()
    ladder.tell(invite_from_pstn())
    ladder.load(None, desk_only(piet(), call_forwarding_always=forward))
    forwarder = desk_only(piet(), call_forwarding_always=forward)
    ladder.forward(forwarder, desk_only(anna(**changes)), binding("anna-desk1"))
    return who_answered(ladder)


def test_after_a_diversion_the_one_who_answered_is_shown_as_own_rules_say() -> None:
    assert diverted().number == ANNA_FIXED
    assert diverted(withhold=True).presentation is Presentation.RESTRICTED


def test_caller_is_never_told_who_is_where_a_user_sent_the_call_outside() -> None:
    """Neither at the answer nor later."""
    forwarder = desk_only(
        piet(), call_forwarding_always=CallForwardingAlways(active=True, destination=OUTSIDE)
    )
    ladder = Ladder()
    ladder.tell(invite())
    ladder.load(suze(), forwarder)
    ladder.forward(forwarder, None)
    ladder.offers()
    ladder.answer()
    ladder.tell(ev.LegConfirmed(leg=A))
    (answer,) = ladder.of(cmd.AnswerLeg)
    assert answer.connected is None
    ladder.tell(ev.ConnectedChanged(leg=B1, connected=MOVED))
    assert ladder.last == ()


# Somebody else is there now.

MOVED = shown(E164("+31301119999"), name="Henk")


def talking_to_the_outside() -> Ladder:
    ladder = Ladder()
    ladder.ring_outside()
    ladder.answer()
    return ladder


def test_peer_says_that_somebody_else_is_there_and_the_other_side_is_told() -> None:
    ladder = talking_to_the_outside()
    ladder.tell(ev.ConnectedChanged(leg=B1, connected=MOVED))
    assert ladder.of(cmd.UpdateConnected) == [cmd.UpdateConnected(leg=A, identity=MOVED)]
    live = ladder.live()
    assert live is not None
    assert live.called.identity == MOVED
    assert live.phase is LivePhase.ESTABLISHED


def test_what_is_known_already_is_not_told_again() -> None:
    ladder = talking_to_the_outside()
    ladder.tell(ev.ConnectedChanged(leg=B1, connected=shown(OUTSIDE)))
    assert ladder.last == ()
    ladder.tell(ev.ConnectedChanged(leg=B1, connected=MOVED))
    ladder.tell(ev.ConnectedChanged(leg=B1, connected=MOVED))
    assert len(ladder.of(cmd.UpdateConnected)) == 1


def test_caller_from_outside_who_moved_is_shown_to_the_user() -> None:
    ladder = Ladder()
    ladder.tell(invite_from_pstn())
    ladder.load(None, desk_only(piet()), binding("piet-desk1"))
    ladder.offers()
    ladder.answer()
    ladder.tell(ev.ConnectedChanged(leg=A, connected=MOVED))
    assert ladder.of(cmd.UpdateConnected) == [cmd.UpdateConnected(leg=B1, identity=MOVED)]
    live = ladder.live()
    assert live is not None
    assert live.calling.identity == MOVED
    ladder.tell(ev.LegEnded(leg=A, cause="bye"))
    assert ladder.leg(A).identity_shown.number == OUTSIDE


def test_telephone_of_a_user_stays_that_user() -> None:
    ladder = Ladder()
    ladder.talk()
    for leg in (A, B1):
        ladder.tell(ev.ConnectedChanged(leg=leg, connected=MOVED))
    assert ladder.of(cmd.UpdateConnected) == []


def test_telephone_at_another_exchange_may_have_been_transferred() -> None:
    phone = Device(
        id=DeviceId("piet-there"),
        kind=DeviceKind.EXCHANGE,
        label="there",
        exchange="asterisk",
        aor_user="7001",
    )
    ladder = Ladder()
    ladder.tell(invite("202"))
    ladder.load(suze(), piet(devices=(phone,)))
    ladder.offers()
    ladder.answer()
    ladder.tell(ev.ConnectedChanged(leg=B1, connected=MOVED))
    assert [one.leg for one in ladder.of(cmd.UpdateConnected)] == [A]


def test_withheld_is_told_as_withheld_and_the_live_call_hides_it() -> None:
    hidden = CallerIdentity(presentation=Presentation.RESTRICTED, number=E164("+31301119999"))
    ladder = talking_to_the_outside()
    ladder.tell(ev.ConnectedChanged(leg=B1, connected=hidden))
    assert [one.identity.presentation for one in ladder.of(cmd.UpdateConnected)] == [Presentation.RESTRICTED]
    assert "+31301119999" not in repr(ladder.live())


def test_hold_stays_shown_as_hold() -> None:
    ladder = talking_to_the_outside()
    ladder.tell(ev.LegReoffered(leg=A, sdp=sdp("suze", direction="sendonly"), method="INVITE"))
    ladder.offers()
    ladder.answers()
    ladder.tell(ev.ConnectedChanged(leg=B1, connected=MOVED))
    live = ladder.live()
    assert live is not None
    assert live.phase is LivePhase.HELD


def test_emergency_call_is_left_alone() -> None:
    ladder = Ladder()
    ladder.tell(invite("112"))
    ladder.tell(ev.LegAnswered(leg=B1, sdp=sdp("112"), to_tag="t"))
    assert ladder.tell(ev.ConnectedChanged(leg=B1, connected=MOVED)) == ()
