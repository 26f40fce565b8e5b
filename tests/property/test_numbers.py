"""Numbers under arbitrary text: nothing raises, and 112 is found however it is spelled."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hipper.telephony.numbers.classify import classify
from hipper.telephony.numbers.e164 import E164
from hipper.telephony.numbers.emergency import is_emergency, is_never_recorded
from hipper.telephony.numbers.extensions import extension_problem
from hipper.telephony.numbers.format import format_international, format_national, format_number
from hipper.telephony.numbers.mask import mask_number, mask_numbers_in
from hipper.telephony.numbers.normalise import DialledForm, parse_dialled

dialable = st.text("0123456789+*#", max_size=20)
anything = st.text(max_size=60) | st.text("0123456789+*#;:@=- ()%.telsiphonecontxurv<>", max_size=60)
separators = st.text(" -.()/\u00a0\u2011\u200b", max_size=3)
prefixes = st.sampled_from(["", "#31#", "*31#", "*31*", "#31##31#"])
national = st.sampled_from(["", "+31", "0031", "0", "+310", "00310"])


@given(anything | dialable)
def test_nothing_raises_and_every_answer_is_consistent(text: str) -> None:
    dialled = parse_dialled(text, area_code="20")
    assert (dialled.e164 is not None) == (dialled.kind is DialledForm.E164)
    assert (dialled.reason is not None) == (dialled.kind is DialledForm.INVALID)
    assert is_emergency(text) == (dialled.kind is DialledForm.EMERGENCY)
    if dialled.extension is not None:
        assert extension_problem(dialled.extension) is None
    if dialled.e164 is not None:
        assert parse_dialled(dialled.e164).e164 == dialled.e164
    classify(E164(text))
    format_number(text)
    mask_numbers_in(text)
    is_never_recorded(text)


@given(prefixes, national, st.lists(separators, min_size=4, max_size=4))
def test_112_is_an_emergency_in_any_spelling(prefix: str, before: str, between: list[str]) -> None:
    digits = "".join(digit + gap for digit, gap in zip("112", between[1:], strict=True))
    text = prefix + before + between[0] + digits
    assert is_emergency(text)
    assert is_emergency(f"tel:{prefix.replace('#', '%23')}{before}112;phone-context=+31")


@given(st.text("0123456789", min_size=1, max_size=9), st.booleans())
def test_112_with_more_digits_is_none(more: str, after: bool) -> None:
    text = "112" + more if after else "0" + more.lstrip("0") + "2112"
    assert not is_emergency(text) or text in ("0112",)


@given(st.integers(201000000, 209999999) | st.integers(610000000, 619999999))
def test_every_spelling_of_a_dutch_number_is_the_same_number(nsn: int) -> None:
    spellings = [f"0{nsn}", f"+31{nsn}", f"0031{nsn}", f"31{nsn}", f"+31 (0){nsn}", f"sip:+31{nsn}@x"]
    assert {parse_dialled(spelling).e164 for spelling in spellings} == {f"+31{nsn}"}
    assert parse_dialled(format_national(f"+31{nsn}")).e164 == f"+31{nsn}"
    assert parse_dialled(format_international(f"+31{nsn}")).e164 == f"+31{nsn}"


@given(st.from_regex(r"\+[1-9][0-9]{7,14}", fullmatch=True))
def test_mask_hides_at_least_three_digits_and_keeps_the_length(number: str) -> None:
    masked = mask_number(number)
    assert len(masked) == len(number)
    assert masked.count("*") >= 3
    assert masked[-2:] == number[-2:]
