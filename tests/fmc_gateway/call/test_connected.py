"""Who answered, as the caller is told (COLP, COLR; RFC 3325 §5)."""

from __future__ import annotations

from fmc_gateway.call import commands as cmd
from fmc_gateway.call import events as ev
from hipper.pbx.model import CallerIdentity, Presentation, SubscriberContext
from hipper.pbx.services.bundles import SubscriberServices
from hipper.pbx.services.calling import ConnectedLineIdentificationRestriction
from hipper.pbx.services.forwarding import CallForwardingAlways
from tests.fmc_gateway.call.kit import (
    ANNA_FIXED,
    PIET_FIXED,
    PIET_MOBILE,
    Ladder,
    anna,
    binding,
    desk_only,
    invite,
    invite_from_pstn,
    piet,
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
    """A call from outside to Piet, who forwards to Anna."""
    forward = CallForwardingAlways(active=True, destination="203")
    ladder = Ladder()
    ladder.tell(invite_from_pstn())
    ladder.load(None, desk_only(piet(), call_forwarding_always=forward))
    forwarder = desk_only(piet(), call_forwarding_always=forward)
    ladder.forward(forwarder, desk_only(anna(**changes)), binding("anna-desk1"))
    return who_answered(ladder)


def test_after_a_diversion_the_one_who_answered_is_shown_as_own_rules_say() -> None:
    assert diverted().number == ANNA_FIXED
    assert diverted(withhold=True).presentation is Presentation.RESTRICTED
