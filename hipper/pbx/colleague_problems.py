"""Settings of parking and of codes that are well-formed and yet mean nothing. Asked when they are saved, not
on a call. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hipper.pbx.feature_codes import FEATURE_CODES, Follows
from hipper.pbx.services.base import Settings
from hipper.pbx.services.colleagues import CallPark, FeatureCodes

_CODE = re.compile(r"[1-9][0-9]{1,2}")
TAKEN = frozenset({"31", "112", "113"})
"""The code that shows or hides the number is every network's (TS 22.030), and emergency numbers are none."""
RECALL_S = range(15, 1801)
MOST_PARKED = range(1, 101)


def problems(settings: Settings) -> tuple[str, ...]:
    """What is wrong, as phrases; empty when nothing is, and for services of other areas."""
    if isinstance(settings, CallPark):
        return tuple(_of_park(settings))
    return tuple(_of_codes(settings)) if isinstance(settings, FeatureCodes) else ()


def _of_park(settings: CallPark) -> Iterator[str]:
    if settings.recall_s not in RECALL_S:
        yield f"recall_s is {settings.recall_s}, and has to be {RECALL_S.start} to {RECALL_S.stop - 1}"
    if settings.most not in MOST_PARKED:
        yield f"most is {settings.most}, and has to be {MOST_PARKED.start} to {MOST_PARKED.stop - 1}"


def _of_codes(settings: FeatureCodes) -> Iterator[str]:
    changed = {name: getattr(settings, name) for name in settings.__struct_fields__}
    for name, code in changed.items():
        if code is not None and (not _CODE.fullmatch(code) or code in TAKEN):
            yield f'{name} is "{code}"; a code is two or three digits, the first no 0, and not 31, 112 or 113'
    used: dict[str, str] = {}
    for one in FEATURE_CODES:
        code = changed.get(one.name) or one.code
        if code in used:
            yield f"*{code} would be both {used[code]} and {one.name}"
        used[code] = one.name
    yield from _hidden(changed, used)


def _hidden(changed: dict[str, str | None], used: dict[str, str]) -> Iterator[str]:
    """An extension follows ``*97`` at once, so that ``*972`` could be either."""
    for one in FEATURE_CODES:
        code = changed.get(one.name) or one.code
        if one.follows is not Follows.EXTENSION:
            continue
        for other, name in used.items():
            if other != code and other.startswith(code):
                yield f"*{other} ({name}) begins as *{code} ({one.name}), which an extension follows"
