"""Descriptions of peers, readable or not."""

from __future__ import annotations

import pytest

from fmc_gateway.call.descriptions import following, held, hold_answer, same_media, talk_offer
from hipper.telephony.sdp.offer_answer import direction_of
from tests.fmc_gateway.call.kit import sdp

GARBAGE = "this is no sdp"


@pytest.mark.parametrize(
    ("description", "holds"),
    [
        (sdp(), False),
        (sdp(direction="sendonly"), True),
        (sdp(direction="inactive"), True),
        (sdp(direction="recvonly"), False),
        (sdp(address="0.0.0.0"), True),
        (GARBAGE, False),
    ],
)
def test_who_holds(description: str, holds: bool) -> None:
    assert held(description) is holds


def test_same_media_looks_past_the_version() -> None:
    assert same_media(sdp(), sdp(version=2))
    assert not same_media(sdp(), sdp("other"))
    assert same_media(GARBAGE, GARBAGE)
    assert not same_media(GARBAGE, sdp())


@pytest.mark.parametrize(
    ("offered", "answered"), [("sendonly", "recvonly"), ("inactive", "inactive"), ("sendrecv", "sendrecv")]
)
def test_answer_takes_what_the_offer_leaves(offered: str, answered: str) -> None:
    assert direction_of(hold_answer(sdp(direction=offered), sdp("answer"))) == answered


def test_offer_asks_for_both_ways() -> None:
    assert direction_of(talk_offer(sdp(direction="sendonly"))) == "sendrecv"


def test_version_rises_with_every_description_that_differs() -> None:
    assert following(None, sdp("new")) == sdp("new")
    assert following(sdp("same"), sdp("same")) == sdp("same")
    assert following(sdp("old", version=3), sdp("new", version=3)) == sdp("new", version=4)
    assert following(sdp("old", version=3), sdp("new", version=7)) == sdp("new", version=7)


def test_all_descriptions_for_one_party_are_of_one_session() -> None:
    other = sdp("new", version=7).replace("o=- 77 7 ", "o=other 55 7 ")
    assert following(sdp("old", version=3), other) == sdp("new", version=7)
    assert following(sdp("old", version=9), other) == sdp("new", version=10)


def test_what_cannot_be_read_is_passed_on() -> None:
    assert hold_answer(GARBAGE, sdp()) == sdp()
    assert talk_offer(GARBAGE) == GARBAGE
    assert following(sdp(), GARBAGE) == GARBAGE
    assert following(GARBAGE, sdp()) == sdp()
    assert following(sdp(), sdp("new").replace(" 1 IN", " x IN")) == sdp("new").replace(" 1 IN", " x IN")
