"""What a file leaves out: kept, moved, or pruned. And, for any two files: settling is idempotent."""

from __future__ import annotations

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from hipper.directory.provision.difference import compare
from hipper.directory.provision.settling import settle
from hipper.directory.provision.state import DeskPhone, Group, MobilePhone, Subscriber, Tenant
from hipper.directory.provision.stored import Credential
from hipper.telephony.numbers.e164 import E164

NUMBERS = [E164(f"+3120123450{n}") for n in range(6)]
SUBSCRIBERS = st.builds(
    Subscriber,
    user=st.sampled_from(["anna", "bram", "carl"]),
    domain=st.just("bakery.example"),
    group=st.just("shop"),
    display_name=st.sampled_from(["One", "Two"]),
    extension=st.none() | st.sampled_from(["201", "202"]),
    fixed=st.none() | st.sampled_from(NUMBERS),
    mobile=st.none() | st.sampled_from(NUMBERS),
    alternates=st.lists(st.sampled_from(NUMBERS), max_size=2, unique=True).map(tuple),
    identity=st.sampled_from([None, "fixed", "mobile"]),
    withhold=st.none() | st.booleans(),
    no_answer_s=st.none() | st.integers(5, 7),
    desk_phones=st.lists(
        st.builds(DeskPhone, aor_user=st.sampled_from(["p1", "p2"]), rings=st.none() | st.booleans()),
        max_size=2,
        unique_by=lambda phone: phone.aor_user,
    ).map(tuple),
    mobile_phone=st.none() | st.builds(MobilePhone, rings=st.none() | st.booleans()),
)
TENANTS = st.builds(
    Tenant,
    name=st.just("bakery"),
    display_name=st.just("The Bakery"),
    kind=st.just("enterprise"),
    main_number=st.none() | st.sampled_from(NUMBERS),
    mobile_network=st.just("mvno"),
    domains=st.sampled_from([("bakery.example",), ("bakery.example", "bread.example")]),
    groups=st.sampled_from([(Group(name="shop"),), (Group(name="shop"), Group(name="mill"))]),
    subscribers=st.lists(SUBSCRIBERS, max_size=3, unique_by=lambda one: one.user).map(tuple),
)
SET = {f"{name}@bakery.example": Credential("bakery.example", "0" * 32, "0" * 64) for name in ("p1", "p2")}


@given(TENANTS, st.none() | TENANTS, st.booleans())
@settings(max_examples=200, deadline=None)
def test_settling_again_changes_nothing(wanted: Tenant, before: Tenant | None, prune: bool) -> None:
    current = None if before is None else settle(before, None, prune=False).tenant
    settled = settle(wanted, current, prune=prune).tenant
    again = settle(wanted, settled, prune=prune)
    assert compare(settled, again.tenant, SET, None).changes == ()
    if prune:
        assert again.kept == ()


@given(TENANTS, TENANTS)
@settings(max_examples=200, deadline=None)
def test_nothing_is_lost_without_pruning(wanted: Tenant, before: Tenant) -> None:
    current = settle(before, None, prune=False).tenant
    settled = settle(wanted, current, prune=False).tenant
    assert {one.aor for one in current.subscribers} <= {one.aor for one in settled.subscribers}
    assert phones(current) <= phones(settled)
    assert numbers(current) <= numbers(settled) | replaced(current, wanted)


def phones(tenant: Tenant) -> set[str]:
    return {phone.aor_user for one in tenant.subscribers for phone in one.desk_phones}


def numbers(tenant: Tenant) -> set[str]:
    return {number for one in tenant.subscribers for number in one.e164s}


def replaced(current: Tenant, wanted: Tenant) -> set[str]:
    """Numbers that gave way to another of the same kind."""
    known = {one.aor: one for one in current.subscribers}
    gone: set[str | None] = set()
    for one in wanted.subscribers:
        before = known.get(one.aor)
        if before is not None:
            gone |= {before.fixed} if one.fixed is not None else set()
            gone |= {before.mobile} if one.mobile is not None else set()
    return {number for number in gone if number is not None}


def test_long_user_names_have_a_short_subscription() -> None:
    user = Subscriber(user="a" * 60, domain="bakery.example", group="shop", display_name="Anna")
    tenant = Tenant(
        name="b", display_name="B", kind="group", groups=(Group(name="shop"),), subscribers=(user,)
    )
    (settled,) = settle(tenant, None, prune=False).tenant.subscribers
    assert settled.fixed_subscription is not None
    assert len(settled.fixed_subscription) <= 64
    other = msgspec.structs.replace(user, user="a" * 59 + "b")
    tenant = msgspec.structs.replace(tenant, subscribers=(other,))
    assert (
        settle(tenant, None, prune=False).tenant.subscribers[0].fixed_subscription
        != settled.fixed_subscription
    )
