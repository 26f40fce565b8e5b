"""Who is shown: colleagues, those a call is diverted to, callers when it is answered (seed 5.1, 9)."""

from __future__ import annotations

from typing import Any

import pytest

from hipper.pbx import origination, rules
from hipper.pbx.identity import connected_identity, number_to_show, of_diverted, to_colleague, to_outside
from hipper.pbx.model import (
    CallerIdentity,
    CallerList,
    DeviceKind,
    ExternalPlan,
    IdentityChoice,
    Number,
    NumberKind,
    OnNetPlan,
    OriginationFacts,
    Presentation,
    ServicePack,
    SubscriberContext,
)
from hipper.pbx.services.bundles import SubscriberServices
from hipper.pbx.services.calling import (
    ConnectedLineIdentificationRestriction,
    ContactListIdentity,
    InternalCallingLineIdDelivery,
    ShownTo,
)
from hipper.telephony.numbers.e164 import E164
from tests.pbx.people import ANNA, ANNA_FIXED, ANNA_MOBILE, BRAM, BRAM_FIXED, BRAM_MOBILE, MAIN, changed

HIDES_INSIDE = changed(
    ANNA,
    services=SubscriberServices(
        internal_calling_line_id_delivery=InternalCallingLineIdDelivery(active=False)
    ),
)
RESTRICTS = changed(
    ANNA,
    services=SubscriberServices(
        connected_line_identification_restriction=ConnectedLineIdentificationRestriction(active=True)
    ),
)
STRANGER = E164("+31301234567")
NOT_ASKED: dict[str, Any] = {"anonymous": False, "allowed": False}


class TestInternalLine:
    """Hide number, internal (seed 9, Internal Calling Line ID Delivery)."""

    def test_switched_off_colleagues_see_nobody(self) -> None:
        shown = to_colleague(HIDES_INSIDE, DeviceKind.MOBILE, **NOT_ASKED)
        assert shown.rule == rules.IDENTITY_INTERNAL_HIDDEN
        assert shown.identity == CallerIdentity(
            presentation=Presentation.RESTRICTED, network_number=ANNA_MOBILE
        )

    def test_switched_off_the_outside_sees_the_number(self) -> None:
        assert to_outside(HIDES_INSIDE, DeviceKind.MOBILE, **NOT_ASKED).identity.number == ANNA_FIXED

    def test_shown_for_this_call(self) -> None:
        shown = to_colleague(HIDES_INSIDE, DeviceKind.MOBILE, anonymous=False, allowed=True)
        assert (shown.identity.extension, shown.identity.number) == ("201", ANNA_FIXED)
        both = to_colleague(HIDES_INSIDE, DeviceKind.MOBILE, anonymous=True, allowed=True)
        assert both.identity.presentation is Presentation.RESTRICTED

    def test_switched_on_is_as_never_set(self) -> None:
        services = SubscriberServices(internal_calling_line_id_delivery=InternalCallingLineIdDelivery())
        on = to_colleague(changed(ANNA, services=services), DeviceKind.MOBILE, **NOT_ASKED)
        assert on == to_colleague(ANNA, DeviceKind.MOBILE, **NOT_ASKED)


class TestContactLists:
    """Business contacts see one number, private ones another (seed 4.7.1, 5.1)."""

    def choosing(self, **lists: ShownTo) -> SubscriberContext:
        services = SubscriberServices(contact_list_identity=ContactListIdentity(**lists))
        return changed(ANNA, services=services)

    def test_each_list_sees_its_own_and_strangers_what_everybody_sees(self) -> None:
        anna = self.choosing(private=ShownTo(choice=IdentityChoice.MOBILE))
        assert number_to_show(anna, CallerList.PRIVATE) == (ANNA_MOBILE, rules.IDENTITY_PRIVATE_LIST)
        for known_as in (CallerList.BUSINESS, None):
            assert number_to_show(anna, known_as) == (ANNA_FIXED, rules.IDENTITY_FIXED)
        anna = self.choosing(business=ShownTo(choice=IdentityChoice.MOBILE))
        assert number_to_show(anna, CallerList.BUSINESS) == (ANNA_MOBILE, rules.IDENTITY_BUSINESS_LIST)

    def test_number_that_is_not_the_users_any_more_is_not_shown(self) -> None:
        gone = ShownTo(choice=IdentityChoice.ALTERNATE, alternate=BRAM_FIXED)
        assert number_to_show(self.choosing(private=gone), CallerList.PRIVATE) == (
            ANNA_FIXED,
            rules.IDENTITY_FIXED,
        )

    def test_one_list_sees_nothing_and_another_sees_it_although_it_is_withheld(self) -> None:
        anna = changed(self.choosing(business=ShownTo(hide=False), private=ShownTo(hide=True)), withhold=True)
        rule = {
            known_as: to_outside(anna, DeviceKind.MOBILE, known_as=known_as, **NOT_ASKED).rule
            for known_as in (CallerList.BUSINESS, CallerList.PRIVATE, None)
        }
        assert rule == {
            CallerList.BUSINESS: rules.IDENTITY_FIXED,
            CallerList.PRIVATE: rules.IDENTITY_WITHHELD_LIST,
            None: rules.IDENTITY_WITHHELD,
        }

    def test_what_this_call_asks_goes_before_the_list(self) -> None:
        anna = self.choosing(business=ShownTo(hide=False), private=ShownTo(hide=True))
        hidden = to_outside(
            anna, DeviceKind.MOBILE, anonymous=True, allowed=False, known_as=CallerList.BUSINESS
        )
        assert hidden.identity.presentation is Presentation.RESTRICTED
        shown = to_outside(
            anna, DeviceKind.MOBILE, anonymous=False, allowed=True, known_as=CallerList.PRIVATE
        )
        assert shown.identity.presentation is Presentation.ALLOWED

    def test_decision_on_a_call_goes_by_the_list_of_whom_is_called(self) -> None:
        anna = self.choosing(private=ShownTo(choice=IdentityChoice.MOBILE))
        for called, known_as in (("0301234567", None), ("202", BRAM)):
            for which, number in ((CallerList.PRIVATE, ANNA_MOBILE), (None, ANNA_FIXED)):
                plan = origination.decide(
                    anna,
                    known_as,
                    called,
                    anonymous_requested=False,
                    identity_allowed_requested=False,
                    device_kind=DeviceKind.MOBILE,
                    now=0.0,
                    facts=OriginationFacts(called_list=which),
                )
                assert isinstance(plan, OnNetPlan | ExternalPlan)
                assert plan.identity.number == number


class TestAlternate:
    ALTERNATES = tuple(E164(f"+312012345{n}") for n in range(60, 71))

    def choosing(self, number: E164) -> SubscriberContext:
        alternates = tuple(Number(kind=NumberKind.ALTERNATE, e164=one) for one in self.ALTERNATES)
        return changed(
            ANNA,
            numbers=(*ANNA.numbers, *alternates),
            identity=IdentityChoice.ALTERNATE,
            identity_alternate=number,
        )

    def test_each_of_ten_may_be_shown_and_no_eleventh(self) -> None:
        for number in self.ALTERNATES[:10]:
            assert number_to_show(self.choosing(number)) == (number, rules.IDENTITY_ALTERNATE)
        assert number_to_show(self.choosing(self.ALTERNATES[10])) == (MAIN, rules.IDENTITY_TENANT_DEFAULT)

    @pytest.mark.parametrize("pack", list(ServicePack))
    def test_only_with_a_pack_that_holds_alternate_numbers(self, pack: ServicePack) -> None:
        shown = number_to_show(changed(self.choosing(self.ALTERNATES[0]), pack=pack))
        if pack is ServicePack.BASE_PLUS:
            assert shown == (MAIN, rules.IDENTITY_NOT_IN_PACK)
        else:
            assert shown == (self.ALTERNATES[0], rules.IDENTITY_ALTERNATE)


class TestDiverted:
    CALLER = CallerIdentity(presentation=Presentation.ALLOWED, number=STRANGER, name="Claims a name")
    COLLEAGUE = CallerIdentity(
        presentation=Presentation.ALLOWED,
        number=BRAM_FIXED,
        extension="202",
        name="Bram Jansen",
        network_number=BRAM_MOBILE,
    )
    HIDDEN = CallerIdentity(presentation=Presentation.RESTRICTED, number=STRANGER, network_number=STRANGER)

    def test_outside_sees_the_original_caller_on_the_forwarders_line(self) -> None:
        for caller, number in ((self.CALLER, STRANGER), (self.COLLEAGUE, BRAM_FIXED)):
            shown = of_diverted(caller, ANNA, on_net=False)
            assert shown.identity == CallerIdentity(
                presentation=Presentation.ALLOWED, number=number, network_number=ANNA_FIXED
            )
            assert shown.rule == rules.IDENTITY_ORIGINAL_CALLER

    def test_a_colleague_sees_what_the_forwarder_would_have(self) -> None:
        assert of_diverted(self.COLLEAGUE, ANNA, on_net=True).identity == self.COLLEAGUE

    @pytest.mark.parametrize("on_net", [True, False])
    def test_withheld_stays_withheld(self, on_net: bool) -> None:
        shown = of_diverted(self.HIDDEN, ANNA, on_net=on_net)
        identity = shown.identity
        assert shown.rule == rules.IDENTITY_ORIGINAL_WITHHELD
        assert identity.presentation is Presentation.RESTRICTED
        assert (identity.number, identity.extension, identity.name) == (None, None, None)
        true_number = identity.network_number if on_net else identity.withheld_number
        assert true_number == STRANGER
        assert on_net or identity.network_number == ANNA_FIXED


class TestConnected:
    """COLP and COLR."""

    FIXED = ANNA.numbers[1]
    EXTENSION = ANNA.numbers[0]

    def test_caller_from_outside_sees_the_number_it_dialled_not_the_mobile_behind(self) -> None:
        shown = connected_identity(ANNA, caller_on_net=False, dialled=self.FIXED, device=DeviceKind.MOBILE)
        assert (shown.number, shown.extension, shown.name) == (ANNA_FIXED, None, None)
        by_choice = changed(ANNA, identity=IdentityChoice.MOBILE)
        shown = connected_identity(
            by_choice, caller_on_net=False, dialled=self.FIXED, device=DeviceKind.MOBILE
        )
        assert shown.number == ANNA_FIXED

    def test_colleague_sees_extension_and_name(self) -> None:
        for dialled in (self.FIXED, self.EXTENSION, None):
            shown = connected_identity(ANNA, caller_on_net=True, dialled=dialled, device=DeviceKind.MOBILE)
            assert (shown.number, shown.extension, shown.name) == (ANNA_FIXED, "201", "Anna de Vries")

    def test_colleague_goes_on_seeing_the_number_it_dialled(self) -> None:
        for anna in (ANNA, changed(ANNA, withhold=True)):
            shown = connected_identity(
                anna, caller_on_net=True, dialled=anna.numbers[2], device=DeviceKind.DESK_PHONE
            )
            assert (shown.number, shown.extension) == (ANNA_MOBILE, "201")

    def test_after_a_diversion_the_users_choice_is_shown(self) -> None:
        by_choice = changed(ANNA, identity=IdentityChoice.MOBILE)
        shown = connected_identity(by_choice, caller_on_net=False, dialled=None, device=DeviceKind.MOBILE)
        assert shown.number == ANNA_MOBILE

    @pytest.mark.parametrize("on_net", [True, False])
    @pytest.mark.parametrize("dialled", [FIXED, EXTENSION, None])
    def test_restricted_nobody_sees_anything(self, on_net: bool, dialled: Number | None) -> None:
        shown = connected_identity(
            RESTRICTS, caller_on_net=on_net, dialled=dialled, device=DeviceKind.DESK_PHONE
        )
        assert shown == CallerIdentity(presentation=Presentation.RESTRICTED, network_number=ANNA_FIXED)

    def test_who_withholds_the_number_withholds_it_here_too(self) -> None:
        anna = changed(ANNA, withhold=True)
        outside = connected_identity(anna, caller_on_net=False, dialled=None, device=DeviceKind.MOBILE)
        assert (outside.presentation, outside.number) == (Presentation.RESTRICTED, None)
        inside = connected_identity(
            anna, caller_on_net=True, dialled=self.EXTENSION, device=DeviceKind.MOBILE
        )
        assert (inside.number, inside.extension) == (None, "201")
        hidden = connected_identity(
            HIDES_INSIDE, caller_on_net=True, dialled=self.FIXED, device=DeviceKind.MOBILE
        )
        assert hidden.presentation is Presentation.RESTRICTED

    def test_bram_is_not_anna(self) -> None:
        shown = connected_identity(BRAM, caller_on_net=True, dialled=None, device=DeviceKind.DESK_PHONE)
        assert (shown.extension, shown.name) == ("202", "Bram Jansen")
