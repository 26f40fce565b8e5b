"""The bounded memory of last reads."""

from __future__ import annotations

from hipper.directory.remembered import RememberedContexts
from hipper.pbx.ids import DeviceId, SubscriberId, TenantId
from hipper.pbx.model import Number, NumberKind, SubscriberContext
from hipper.telephony.numbers.e164 import E164
from tests.pbx.people import ANNA, ANNA_FIXED, ANNA_MOBILE, BRAM, BRAM_FIXED, changed


def remembering(*contexts: SubscriberContext, size: int = 10) -> RememberedContexts:
    memory = RememberedContexts(size)
    for context in contexts:
        memory.remember(context)
    return memory


def test_found_by_every_number_extension_and_device() -> None:
    memory = remembering(ANNA, BRAM)
    assert memory.by_number(ANNA_FIXED) == memory.by_number(ANNA_MOBILE) == ANNA
    assert memory.by_extension(TenantId("bakery"), "202") == BRAM
    assert memory.by_device(DeviceId("bram-oven")) == BRAM
    assert memory.by_extension(TenantId("butcher"), "202") is None


def test_reads_that_say_the_same_are_one() -> None:
    memory = remembering(ANNA)
    again = changed(ANNA)
    assert again is not ANNA
    assert memory.remember(again) is ANNA
    newer = changed(ANNA, display_name="Anna")
    assert memory.remember(newer) is newer


def test_mobile_network_finds_by_mobile_number_only() -> None:
    memory = remembering(ANNA)
    assert memory.by_mobile_number(ANNA_MOBILE) == ANNA
    assert memory.by_mobile_number(ANNA_FIXED) is None


def test_newer_read_takes_old_numbers_away() -> None:
    memory = remembering(ANNA, changed(ANNA, numbers=ANNA.numbers[:1], devices=()))
    assert memory.by_number(ANNA_FIXED) is None
    assert memory.by_device(DeviceId("anna-desk")) is None
    assert memory.by_extension(TenantId("bakery"), "201") is not None


def test_number_that_moved_stays_with_its_new_owner() -> None:
    bram = changed(BRAM, numbers=(Number(kind=NumberKind.FIXED, e164=ANNA_FIXED),))
    memory = remembering(ANNA, bram, changed(ANNA, numbers=ANNA.numbers[2:]))
    assert memory.by_number(ANNA_FIXED) == bram


def test_bounded_and_the_least_recently_read_goes_first() -> None:
    carl = changed(BRAM, subscriber=SubscriberId("carl"), numbers=(), devices=())
    memory = remembering(ANNA, BRAM, ANNA, carl, size=2)
    assert len(memory) == 2
    assert memory.by_number(ANNA_FIXED) == ANNA
    assert memory.by_number(BRAM_FIXED) is None
    assert memory.by_device(DeviceId("bram-desk")) is None


def test_forgotten() -> None:
    memory = remembering(ANNA)
    memory.forget_number(ANNA_FIXED)
    memory.forget_number(E164("+31201234599"))
    memory.forget_extension(TenantId("bakery"), "201")
    memory.forget_device(DeviceId("anna-desk"))
    assert memory.by_number(ANNA_FIXED) is None
    assert memory.by_extension(TenantId("bakery"), "201") is None
    assert memory.by_device(DeviceId("anna-desk")) is None
    assert memory.by_number(ANNA_MOBILE) == ANNA
