"""Masked traces: nobody's number is left, and they replay all the same."""

from __future__ import annotations

import re
from typing import get_args, get_type_hints

import msgspec
import pytest

from fmc_gateway.call.commands import StartTimer
from fmc_gateway.call.events import TimerFired
from fmc_gateway.call.masking import mask
from fmc_gateway.call.replay import Trace, TraceStep, decode, encode, replay
from hipper.pbx.ids import CallId, GroupId, SubscriberId, SubscriptionId, TenantId
from hipper.telephony.numbers.e164 import E164
from tests.fmc_gateway.call.kit import (
    ANNA_FIXED,
    ANNA_MOBILE,
    OUTSIDE,
    PIET_FIXED,
    PIET_MOBILE,
    SUZE_FIXED,
    SUZE_MOBILE,
    Ladder,
    invite,
    piet,
    shown,
    suze,
)
from tests.fmc_gateway.call.traces import every_trace

OPAQUE = (GroupId, SubscriberId, SubscriptionId, TenantId)
KEY = b"of this installation"
SUBSCRIBERS = [
    number[-9:]
    for number in (SUZE_FIXED, SUZE_MOBILE, PIET_FIXED, PIET_MOBILE, OUTSIDE, ANNA_FIXED, ANNA_MOBILE)
]


def dialled(text: str, *, call: str = "c1", key: bytes = KEY) -> str:
    """How a dialled text looks in a masked trace."""
    trace = Trace(call=CallId(call), steps=(TraceStep(at=0.0, event=invite(text), commands=()),))
    event = mask(trace, key).steps[0].event
    assert hasattr(event, "dialled")
    return str(event.dialled)


@pytest.mark.parametrize("trace", every_trace(), ids=lambda trace: trace.call)
def test_masked_trace_replays_to_the_same_masked_commands(trace: Trace) -> None:
    masked = mask(trace, KEY)
    assert replay(masked) == ()
    assert masked != trace


@pytest.mark.parametrize("trace", every_trace(), ids=lambda trace: trace.call)
def test_no_subscribers_number_is_left_in_any_spelling(trace: Trace) -> None:
    text = encode(mask(trace, KEY)).decode()
    assert re.search("[0-9]{9}", text)
    squeezed = re.sub("[ .-]", "", text)
    for number in SUBSCRIBERS:
        assert number not in squeezed


def test_timer_of_a_leg_whose_id_has_many_digits_keeps_its_name() -> None:
    """Else the trace does not replay: the leg id it is made of is not masked."""
    name = "confirm 264e6fb15f426979db6e-b3"
    steps = (TraceStep(at=0.0, event=TimerFired(name=name), commands=(StartTimer(name=name, after_s=1.0),)),)
    assert mask(Trace(call=CallId("c1"), steps=steps), KEY).steps == steps


def test_location_and_body_are_not_kept() -> None:
    (trace,) = [one for one in every_trace() if one.call == "emergency_on_the_second_route"]
    text = encode(mask(trace, KEY)).decode()
    assert "cid:loc" not in text
    assert "52.1" not in text
    assert text.count("(not kept)") == 6  # header and body, of the INVITE in and of both that went out


def test_spellings_of_one_number_stay_one_number() -> None:
    digits = re.sub(r"\D", "", dialled("+31 20 765-4321"))
    assert digits.startswith("3120765")
    assert not digits.endswith("4321")
    assert dialled("0207654321") == "0" + digits[2:]
    assert dialled("00" + "31207654321") == "00" + digits
    assert dialled("7654321") == digits[4:]
    assert dialled("#31#0207654321") == "#31#0" + digits[2:]


def test_different_numbers_stay_different() -> None:
    spelled = {dialled(f"020765{tail:04d}") for tail in range(10000)}
    assert len(spelled) == 10000


@pytest.mark.parametrize(
    "text",
    [
        "112",
        "0112",
        "+31112",
        "0031112",
        "#31#112",
        "201",
        "1233",
        "14020",
        "116000",
        "urn:service:sos",
        "*11",
    ],
)
def test_short_and_emergency_numbers_stay(text: str) -> None:
    assert dialled(text) == text


def test_no_number_becomes_an_emergency() -> None:
    spelled = {dialled(f"003{tail:04d}") for tail in range(10000)}
    assert len(spelled) == 10000
    assert "0031112" in spelled
    assert dialled("0031112") == "0031112"


def test_key_and_call_decide_the_pseudonym() -> None:
    seen = {
        dialled("0207654321"),
        dialled("0207654321", call="c2"),
        dialled("0207654321", key=b"another"),
    }
    assert len(seen) == 3
    assert dialled("0207654321") == dialled("0207654321")


@pytest.mark.parametrize(
    ("number", "fixed"),
    [("+442079460000", "+44207946"), ("+12125550100", "+1212555"), ("+3221234567", "+322123")],
)
def test_numbers_abroad_stay_abroad(number: str, fixed: str) -> None:
    ladder = Ladder()
    ladder.tell(invite(number))
    ladder.load(suze(), None)
    steps = (TraceStep(at=0.0, event=invite(number), commands=()),)
    masked = mask(Trace(call=CallId("c1"), steps=steps), KEY).steps[0].event
    assert getattr(masked, "dialled").startswith(fixed)  # noqa: B009


def test_number_that_rings_along_is_masked_where_it_names_a_device() -> None:
    (trace,) = [one for one in every_trace() if one.call == "number_that_rings_along_confirms"]
    text = encode(mask(trace, KEY)).decode()
    assert f"remote:{OUTSIDE}" in encode(trace).decode()
    devices = set(re.findall(r"remote:(\+[0-9]+)", text))
    assert len(devices) == 1
    assert OUTSIDE not in devices
    assert '"piet-desk1"' in text


def test_telephone_a_call_moves_to_is_named_alike_everywhere() -> None:
    """Ids of devices may have as many digits in a row as a number."""
    (trace,) = [one for one in every_trace() if one.call == "app_pushes_a_call_to_the_mobile_and_holds_it"]
    text = encode(trace).decode().replace("piet-mobile", "d0198123456")
    masked = mask(decode(text.encode()), KEY)
    assert replay(masked) == ()
    assert "d0198123456" in encode(masked).decode()


def test_beginnings_of_numbers_stay_and_whole_ones_in_their_place_do_not() -> None:
    traces = {one.call: encode(mask(one, KEY)).decode() for one in every_trace()}
    chain = traces["busy_user_forwards_to_one_who_forwards_outside"]  # type: ignore[index]
    assert '"barred_prefixes":["+31900","+31909"]' in chain
    assert f'"allowed_prefixes":["{OUTSIDE}"]' not in chain
    along = traces["number_that_rings_along_confirms"]  # type: ignore[index]
    assert '"+3130*"' in along


def test_no_key_somebody_pressed_is_kept_and_it_replays() -> None:
    trace = next(one for one in every_trace() if one.call == "keys_for_a_bank_and_a_transfer")
    masked = mask(trace, KEY)
    text = encode(masked).decode()
    assert "90817" in encode(trace).decode()
    assert not any(keys in text for keys in ("90817", "0207654321"))
    assert replay(masked) == ()


def test_names_that_are_numbers_are_masked_and_others_kept() -> None:
    caller = shown(E164("+31301112233"), name="030-1112233 of 0301112233", extension="201")
    trace = Trace(call=CallId("c1"), steps=(TraceStep(at=0.0, event=invite(caller=caller), commands=()),))
    event = mask(trace, KEY).steps[0].event
    text = encode(Trace(call=CallId("c1"), steps=(TraceStep(at=0.0, event=event, commands=()),))).decode()
    assert "1112233" not in text
    assert '"extension":"201"' in text
    assert piet().display_name == "Piet"
    assert " of 030111" in text


def test_ids_stay_whatever_digits_they_have() -> None:
    """Every id in every trace gets as many digits in a row as a number: masked, it replays all the same."""
    for trace in every_trace():
        text = encode(trace).decode()
        for index, found in enumerate(sorted(_ids(trace))):
            text = re.sub(f'([":]){re.escape(found)}"', rf'\g<1>u{20_123_450_000 + index}"', text)
        digits = decode(text.encode())
        assert replay(digits) == ()
        assert replay(mask(digits, KEY)) == (), trace.call


def _ids(value: object) -> set[str]:
    """Of users, companies, groups and subscriptions below ``value``; ids of calls and legs are made of each
    other."""
    found: set[str] = set()
    if isinstance(value, tuple):
        return found.union(*map(_ids, value))
    if isinstance(value, msgspec.Struct):
        hints = get_type_hints(type(value))
        for name in value.__struct_fields__:
            held = getattr(value, name)
            if isinstance(held, str) and any(
                kind in (hints[name], *get_args(hints[name])) for kind in OPAQUE
            ):
                found.add(held)
            found |= _ids(held)
    return found
