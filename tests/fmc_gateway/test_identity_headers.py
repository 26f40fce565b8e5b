"""What each kind of peer sees of a caller (call-flows §2; RFC 3323, RFC 3325)."""

from __future__ import annotations

import pytest

from fmc_gateway.identity_headers import (
    ANONYMOUS,
    Shown,
    connected,
    format_number,
    toward_emergency,
    toward_mobile,
    toward_phone,
    toward_trunk,
)
from hipper.pbx.model import CallerIdentity, Presentation
from hipper.runtime.settings_model import MobileNetwork, PstnTrunk
from hipper.telephony.numbers.e164 import E164

FIXED = E164("+31201234567")
MOBILE = E164("+31612345678")
SHOWN = CallerIdentity(
    presentation=Presentation.ALLOWED, number=FIXED, extension="201", name="Anna", network_number=MOBILE
)
HIDDEN = CallerIdentity(
    presentation=Presentation.RESTRICTED, number=FIXED, extension="201", name="Anna", network_number=MOBILE
)
UNKNOWN = CallerIdentity(presentation=Presentation.ALLOWED)


def trunk(**changes: object) -> PstnTrunk:
    return PstnTrunk(name="carrier", listener="pstn", addresses=(), target="sip:192.0.2.7", **changes)  # type: ignore[arg-type]


def network(**changes: object) -> MobileNetwork:
    return MobileNetwork(name="mno", listener="core", addresses=(), target="sip:10.0.0.1", **changes)  # type: ignore[arg-type]


def text(shown: Shown) -> str:
    return "\n".join([shown.from_, *(f"{name}: {value}" for name, value in shown.headers)])


def test_carrier_sees_the_chosen_number_and_no_name() -> None:
    shown = toward_trunk(SHOWN, trunk(), "gw.example")
    assert shown.from_ == "<sip:+31201234567@gw.example;user=phone>"
    assert dict(shown.headers) == {"P-Asserted-Identity": "<sip:+31201234567@gw.example;user=phone>"}


def test_carrier_that_screens_by_network_number() -> None:
    shown = toward_trunk(SHOWN, trunk(asserted_identity="network", number_format="national"), "gw.example")
    assert shown.from_ == "<sip:0201234567@gw.example;user=phone>"
    assert dict(shown.headers)["P-Asserted-Identity"] == "<sip:0612345678@gw.example;user=phone>"


def test_withheld_number_reaches_only_a_trusted_carrier_and_only_asserted() -> None:
    trusted = toward_trunk(HIDDEN, trunk(), "gw.example")
    assert trusted.from_ == ANONYMOUS
    assert dict(trusted.headers) == {
        "P-Asserted-Identity": "<sip:+31201234567@gw.example;user=phone>",
        "Privacy": "id",
    }
    assert toward_trunk(HIDDEN, trunk(trusted=False), "gw.example") == Shown(ANONYMOUS, (("Privacy", "id"),))


@pytest.mark.parametrize(("policy", "number"), [("presented", "+31207654321"), ("network", "+31612345678")])
def test_withheld_number_is_asserted_as_the_carriers_policy_says(policy: str, number: str) -> None:
    hidden = CallerIdentity(
        presentation=Presentation.RESTRICTED,
        network_number=E164("+31612345678"),
        withheld_number=E164("+31207654321"),
    )
    shown = toward_trunk(hidden, trunk(asserted_identity=policy), "gw.example")
    assert dict(shown.headers)["P-Asserted-Identity"] == f"<sip:{number}@gw.example;user=phone>"


@pytest.mark.parametrize(
    "shown",
    [
        toward_phone(HIDDEN, "acme.example"),
        toward_mobile(HIDDEN, network(trusted=False), "gw.example"),
        toward_trunk(HIDDEN, trunk(trusted=False), "gw.example"),
    ],
)
def test_withheld_caller_leaks_nothing_outside_the_trust_domain(shown: Shown) -> None:
    for secret in ("2012", "6123", "201", "Anna"):
        assert secret not in text(shown)
    assert ("Privacy", "id") in shown.headers


def test_colleague_is_shown_with_name_and_extension() -> None:
    assert toward_phone(SHOWN, "acme.example").from_ == '"Anna" <sip:201@acme.example>'


def test_outside_caller_is_shown_by_number_on_a_desk_phone() -> None:
    outside = CallerIdentity(presentation=Presentation.ALLOWED, number=E164("+4930123456"))
    assert toward_phone(outside, "acme.example").from_ == "<sip:+4930123456@acme.example>"


def test_handset_keeps_number_and_privacy_of_the_caller() -> None:
    assert (
        toward_mobile(SHOWN, network(), "gw.example").from_
        == '"Anna" <sip:+31201234567@gw.example;user=phone>'
    )
    hidden = toward_mobile(HIDDEN, network(), "gw.example")
    assert hidden.from_ == ANONYMOUS
    assert dict(hidden.headers)["P-Asserted-Identity"] == "<sip:+31201234567@gw.example;user=phone>"


def test_colleague_without_a_number_of_his_own_is_shown_by_extension_on_the_handset() -> None:
    colleague = CallerIdentity(presentation=Presentation.ALLOWED, extension="201")
    assert toward_mobile(colleague, network(), "gw.example").from_ == "<sip:201@gw.example>"


def test_unknown_caller_is_anonymous_without_a_claim_to_privacy() -> None:
    for shown in (
        toward_trunk(UNKNOWN, trunk(), "h"),
        toward_mobile(UNKNOWN, network(), "h"),
        toward_phone(UNKNOWN, "h"),
    ):
        assert shown == Shown(ANONYMOUS, ())


def test_emergency_centre_always_sees_the_true_number() -> None:
    shown = toward_emergency(HIDDEN, "gw.example")
    assert shown.from_ == "<sip:+31612345678@gw.example;user=phone>"
    assert "Privacy" not in dict(shown.headers)


def test_display_name_cannot_break_out_of_its_quotes() -> None:
    evil = CallerIdentity(presentation=Presentation.ALLOWED, extension="201", name='A" <sip:x@y>\r\nVia: z')
    from_ = toward_phone(evil, "acme.example").from_
    assert "\r" not in from_
    assert from_ == '"A\\" <sip:x@y>Via: z" <sip:201@acme.example>'


def test_connected_identity_of_who_answered() -> None:
    assert connected(SHOWN, "gw", trusted=False) == (("P-Asserted-Identity", '"Anna" <sip:201@gw>'),)
    assert connected(HIDDEN, "gw", trusted=False) == (("P-Asserted-Identity", ANONYMOUS), ("Privacy", "id"))
    assert ("Privacy", "id") in connected(HIDDEN, "gw", trusted=True)
    assert connected(None, "gw", trusted=True) == ()


@pytest.mark.parametrize(
    ("number", "national"),
    [("+31201234567", "0201234567"), ("+4930123456", "004930123456"), ("14020", "14020")],
)
def test_national_format(number: str, national: str) -> None:
    assert format_number(number, "national") == national
    assert format_number(number, "e164") == number
