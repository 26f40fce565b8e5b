"""Automatic Callback (seed 9): who waits for whom."""

from __future__ import annotations

from hipper.pbx import rules
from hipper.pbx.callback import LONGEST_WAIT_S, Requested, Waiting, cancel, freed, request
from hipper.pbx.ids import SubscriberId, TenantId
from hipper.pbx.model import SubscriberContext
from hipper.pbx.services.bundles import SubscriberServices
from hipper.pbx.services.calling import AutomaticCallback
from tests.pbx.people import ANNA, BRAM, changed

NOW = 1_800_000_000.0


def ask(
    waiting: tuple[Waiting, ...] = (),
    caller: SubscriberContext = ANNA,
    called: SubscriberContext | None = BRAM,
    dialled: str = "202",
    *,
    busy: bool = True,
    now: float = NOW,
) -> Requested:
    return request(waiting, caller, called, dialled, called_busy=busy, now=now)


def wait(caller: str, called: str = "bram", until: float = NOW + 60) -> Waiting:
    return Waiting(caller=SubscriberId(caller), called=SubscriberId(called), dialled="202", until=until)


def test_waits_for_a_busy_colleague_half_an_hour() -> None:
    asked = ask()
    assert (asked.accepted, asked.rule) == (True, rules.CALLBACK_WAITS)
    assert asked.waiting == (wait("anna", until=NOW + 1800),)


def test_as_long_as_the_user_set_but_not_for_ever() -> None:
    for wait_s, waits in ((60, 60), (10**9, LONGEST_WAIT_S), (-5, 0)):
        services = SubscriberServices(automatic_callback=AutomaticCallback(wait_s=wait_s))
        assert ask(caller=changed(ANNA, services=services)).waiting[-1].until == NOW + waits


def test_refused() -> None:
    other_tenant = changed(BRAM, tenant=TenantId("butcher"))
    off = changed(ANNA, services=SubscriberServices(automatic_callback=AutomaticCallback(active=False)))
    for asked, rule in (
        (ask(busy=False), rules.CALLBACK_NOT_BUSY),
        (ask(called=None), rules.CALLBACK_NO_COLLEAGUE),
        (ask(called=other_tenant), rules.CALLBACK_NO_COLLEAGUE),
        (ask(called=ANNA, dialled="201"), rules.CALLBACK_NO_COLLEAGUE),
        (ask(dialled="0301234567"), rules.CALLBACK_NO_COLLEAGUE),
        (ask(called=changed(BRAM, enabled=False)), rules.CALLBACK_NO_COLLEAGUE),
        (ask(caller=off), rules.CALLBACK_NOT_ALLOWED),
    ):
        assert (asked.accepted, asked.rule, asked.waiting) == (False, rule, ())


def test_limits() -> None:
    by_caller = tuple(wait("anna", f"colleague-{n}") for n in range(5))
    for_called = tuple(wait(f"colleague-{n}") for n in range(5))
    for full in (by_caller, for_called):
        assert ask(full).rule == rules.CALLBACK_TOO_MANY
        assert ask(full).waiting == full
        assert ask(full[1:]).accepted
    assert ask(tuple(wait(f"colleague-{n}", until=NOW) for n in range(5))).accepted, "their time is over"


def test_asked_again_keeps_the_place_and_begins_anew() -> None:
    asked = ask((wait("anna"), wait("carla")))
    assert [(one.caller, one.until) for one in asked.waiting] == [("anna", NOW + 1800), ("carla", NOW + 60)]
    full = (wait("anna"), *(wait(f"colleague-{n}") for n in range(4)))
    assert ask(full).accepted


def test_cancel_takes_all_of_the_caller() -> None:
    waiting = (wait("anna"), wait("carla"), wait("anna", "dirk"))
    assert cancel(waiting, SubscriberId("anna")) == (wait("carla"),)


def test_who_waits_longest_and_is_free_comes_first() -> None:
    waiting = (
        wait("late", until=NOW),
        wait("anna", "dirk"),
        wait("busy"),
        wait("carla"),
        wait("emma"),
    )
    found = freed(waiting, SubscriberId("bram"), {SubscriberId("busy")}, NOW)
    assert found.next == wait("carla")
    assert [one.caller for one in found.waiting] == ["anna", "busy", "emma"]
    assert freed((), SubscriberId("bram"), set(), NOW) == (None, ())
