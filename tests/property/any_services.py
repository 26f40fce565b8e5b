"""Any settings somebody could save for the services of a user and a group: sensible, odd and broken ones."""

from __future__ import annotations

import types
import typing
from enum import Enum
from typing import Any

import msgspec
from hypothesis import strategies as st

from hipper.pbx.services.bundles import GroupServices, SubscriberServices

NUMBERS = (
    st.sampled_from(["201", "202", "+31201234510", "0612345699", "+31612345601", "+4930123456"])
    | st.sampled_from(["112", "+31113", "1233", "*11", "", "anna", "+3120*", "*"])
    | st.text(max_size=8)
)
TEXTS = {
    "schedule": st.sampled_from(["office", "night", "nowhere"]),
    "during": st.none() | st.sampled_from(["office", "night", "nowhere"]),
    "not_during": st.none() | st.sampled_from(["office", "night", "nowhere"]),
    "open": st.none() | st.sampled_from(["office", "nowhere"]),
    "profile": st.sampled_from(["meeting", "nobody"]),
    "active_profile": st.none() | st.sampled_from(["meeting", "nobody"]),
    "name": st.sampled_from(["office", "night", "meeting"]),
    "device": st.sampled_from([f"device-{n}" for n in range(6)]),
    "devices": st.none()
    | st.lists(st.sampled_from([f"device-{n}" for n in range(6)]), max_size=3).map(tuple),
    "start": st.sampled_from(["00:00", "09:00", "17:00", "9", ""]),
    "end": st.sampled_from(["24:00", "09:00", "17:00", "25:00"]),
    "starts": st.sampled_from(["2026-11-20", "2026-11-20T12:00", "today"]),
    "ends": st.sampled_from(["2026-11-20", "2026-11-21T12:00", "2026-11-01"]),
    "recurrence": st.none() | st.sampled_from(["FREQ=DAILY", "FREQ=WEEKLY;COUNT=3", "FREQ=NEVER"]),
    "public_holidays": st.sampled_from([None, "NL", "XX"]),
}


def settings_of(struct: type[Any]) -> st.SearchStrategy[Any]:
    """Any value of a settings Struct, every field drawn by its name or its type."""
    hints = typing.get_type_hints(struct)
    fields = {
        name: TEXTS[name] if name in TEXTS and _holds_text(hint) else _of(hint)
        for name, hint in hints.items()
    }
    return st.builds(struct, **fields)


def _holds_text(hint: Any) -> bool:
    return hint is str or any(_holds_text(one) for one in typing.get_args(hint))


def _of(hint: Any) -> st.SearchStrategy[Any]:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return st.one_of(*(_of(one) for one in arguments))
    if origin is tuple:
        return st.lists(_of(arguments[0]), max_size=3).map(tuple)
    if hint is type(None):
        return st.none()
    if hint is str:
        return NUMBERS
    if hint is bool:
        return st.booleans()
    if hint is int:
        return st.integers(-1, 40)
    if hint is float:
        return st.sampled_from([0.0, 0.5, 100.0, 1_700_000_000.0, 2_000_000_000.0])
    if issubclass(hint, Enum):
        return st.sampled_from(hint)
    assert issubclass(hint, msgspec.Struct), hint
    return settings_of(hint)


def _some(struct: type[Any]) -> st.SearchStrategy[Any]:
    """A few services set, the others not: what decides then shows."""
    hints = typing.get_type_hints(struct)
    options = {name: _of(hint).filter(lambda value: value is not None) for name, hint in hints.items()}
    chosen = st.lists(st.sampled_from(sorted(options)), max_size=5, unique=True)
    drawn = chosen.flatmap(lambda names: st.fixed_dictionaries({name: options[name] for name in names}))
    return drawn.map(lambda fields: struct(**fields))


SUBSCRIBER_SERVICES: st.SearchStrategy[SubscriberServices] = _some(SubscriberServices)
GROUP_SERVICES: st.SearchStrategy[GroupServices] = _some(GroupServices)
