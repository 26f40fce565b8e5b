"""Numbers in traces are masked so that the trace still replays: each becomes another one, the same everywhere
in the call.

The last four digits go through a permutation made of the key and the call's id. It looks at nothing else, so
``0201234567``, ``+31201234567`` and ``1234567`` stay the same number, different ones stay different, and what
a decision reads (country, area, kind of number) is kept. Extensions and short numbers, emergency numbers
among them, have too few digits to be anybody's and stay. Location headers and bodies are left out whole.
"""

from __future__ import annotations

import re
from hashlib import blake2b
from operator import is_not
from typing import Any, TypeVar, get_args, get_type_hints

import msgspec

from fmc_gateway.call.commands import StartTimer, StopTimer
from fmc_gateway.call.events import TimerFired
from fmc_gateway.call.replay import Trace
from hipper.pbx.ids import (
    CallId,
    GatewayId,
    GroupId,
    LegId,
    PairId,
    RoomId,
    SubscriberId,
    SubscriptionId,
    TenantId,
)
from hipper.telephony.numbers.e164 import E164
from hipper.telephony.numbers.emergency import is_emergency

MASKED_DIGITS = 4
MIN_DIGITS = 6
"""Shorter ones are extensions and short numbers: 112, 1233, 14020."""
LONGEST_EMERGENCY = 12
"""Digits in the longest spelling of an emergency number: ``#31#0031…112``."""
NOT_KEPT = "(not kept)"

NUMBERS = frozenset(
    {
        *("dialled", "user", "extension", "destination", "exchange_user", "number", "to"),
        *("served_exchange", "transfer_to", "last_dialled", "alternate"),
    }
)
"""Fields that hold a number as dialled; those typed E164 need no name."""
TEXTS = frozenset(
    {
        "name",
        "display_name",
        "contact",
        "contacts",
        "aor_user",
        "peer",
        "explanation",
        "reason",
        "reason_phrase",
        "request_uri",
        "changes",
        "label",
    }
)
"""Fields in which a number may stand."""
KEYS = frozenset({"keys"})
"""Keys pressed for the far party: what somebody says to a bank."""
PATTERNS = frozenset({"numbers", "exclude", "reached", "barred_prefixes", "allowed_prefixes"})
"""Fields that hold numbers, or beginnings of them. A beginning is nobody's, and only as it is does it fit the
numbers it is for: their last digits alone are masked."""
WHOLE_DIGITS = 10
DEVICES = frozenset(
    {"device", "devices", "busy_devices", "answered_on", "served_device", "from_device", "ringing"}
)
"""Fields that name devices; a number that rings along is one, ``remote:<number>``."""
TIMERS = frozenset({StartTimer, StopTimer, TimerFired})
"""Their names are made of leg ids, which may have as many digits in a row as a number."""
IDS = (TenantId, GroupId, SubscriberId, SubscriptionId, CallId, LegId, PairId, RoomId, GatewayId)
"""Types of ids of ours, which may have as many digits in a row as a number, whatever the field's name."""
REMOTE = "remote:"
HIDDEN = frozenset({"passthrough_headers", "body"})
"""Location of the caller (RFC 6442), cell identities (RFC 7315): never kept (call-flows §7)."""

_LONG_RUN = re.compile(rf"[0-9]{{{MIN_DIGITS},}}")
_NUMBER = re.compile(r"[\d+*# \-.()/]*")
# Cheaper than asking: whatever else is_emergency takes off, these digits in this order stay.
_MAY_BE_EMERGENCY = re.compile(r"1[^0-9]*1[^0-9]*2")

M = TypeVar("M", bound=msgspec.Struct)


def mask(trace: Trace, key: bytes) -> Trace:
    """The trace with its numbers masked. ``key``: the installation's, at most 64 bytes; without it nobody
    tells which numbers they were. The same key gives the same result."""
    return _Masking(key, trace.call).struct(trace)


class _Masking:
    """One call's pseudonyms. Numbers and structs are few and repeat: each is worked out once."""

    def __init__(self, key: bytes, call: str) -> None:
        self._key = blake2b(call.encode(), key=key).digest()
        self._known: dict[str, str] = {}
        self._structs: dict[int, Any] = {}
        """By identity: the trace holds them all while we work."""

    def struct(self, value: M) -> M:
        """A struct with every field masked as its name and type ask for; the same one when nothing is to be
        masked."""
        done: M | None = self._structs.get(id(value))
        if done is not None:
            return done
        plan = _PLANS.get(type(value))
        changes: dict[str, Any] = {}
        for name, how in _plan(type(value)) if plan is None else plan:
            old = getattr(value, name)
            if old is not None and old != ():
                new = self._field(old, how)
                if new is not old:
                    changes[name] = new
        done = msgspec.structs.replace(value, **changes) if changes else value
        self._structs[id(value)] = done
        return done

    def _field(self, value: Any, how: str) -> Any:
        if how == "hidden":
            return tuple((name, NOT_KEPT) for name, _ in value) if isinstance(value, tuple) else NOT_KEPT
        if isinstance(value, tuple):
            masked = tuple([self._field(one, how) for one in value])
            return masked if any(map(is_not, masked, value)) else value
        if isinstance(value, msgspec.Struct):
            return self.struct(value)
        if not isinstance(value, str) or how == "inner":
            return value
        if how == "device":
            return self.text(value) if value.startswith(REMOTE) else value
        if how == "pattern":
            return self.number(value) if _is_whole(value) else value
        if how == "keys":
            return self.keys(value)
        return self.number(value) if how == "number" else self.text(value)

    def number(self, text: str) -> str:
        """One number, however it is written: its last digits change where they stand."""
        known = self._known.get(text)
        if known is None:
            known = self._known[text] = self._number(text)
        return known

    def _number(self, text: str) -> str:
        if _NUMBER.fullmatch(text) is None:
            return self.text(text)
        places = [index for index, char in enumerate(text) if "0" <= char <= "9"]
        if _is_nobodys(text, len(places)):
            return text
        tail = places[-MASKED_DIGITS:]
        digits = int("".join([text[index] for index in tail]))
        while True:
            digits = self._permute(digits)
            masked = list(text)
            for index, digit in zip(tail, f"{digits:0{MASKED_DIGITS}d}", strict=True):
                masked[index] = digit
            found = "".join(masked)
            if not _is_nobodys(found, len(places)):
                return found

    def keys(self, text: str) -> str:
        """As many keys, the same for the same ones; no digit is kept."""
        noise = blake2b(text.encode(), key=self._key, digest_size=min(len(text), 64)).digest()
        return "".join([str(noise[n % 64] % 10) if "0" <= key <= "9" else key for n, key in enumerate(text)])

    def text(self, text: str) -> str:
        """A text, with the numbers in it masked."""
        return _LONG_RUN.sub(lambda run: self.number(run.group()), text)

    def _permute(self, digits: int) -> int:
        """A keyed permutation of 0…9999: a Feistel network of four rounds over its two halves."""
        left, right = divmod(digits, 100)
        for turn in range(4):
            noise = blake2b(bytes((turn, right)), key=self._key, digest_size=8).digest()
            left, right = right, (left + int.from_bytes(noise, "big")) % 100
        return left * 100 + right


def _is_nobodys(text: str, digits: int) -> bool:
    """Whether a number is short, of a service (116xxx) or for emergencies; none of them
    says who somebody is."""
    if digits < MIN_DIGITS or (digits == MIN_DIGITS and text.startswith("116")):
        return True
    return digits <= LONGEST_EMERGENCY and _MAY_BE_EMERGENCY.search(text) is not None and is_emergency(text)


def _is_whole(pattern: str) -> bool:
    return not pattern.endswith("*") and sum(char.isdigit() for char in pattern) >= WHOLE_DIGITS


_PLANS: dict[type, tuple[tuple[str, str], ...]] = {}


def _plan(struct: type[msgspec.Struct]) -> tuple[tuple[str, str], ...]:
    """What to do with each field of a struct type that may hold something to mask; remembered."""
    hints = get_type_hints(struct)
    fields = () if struct in TIMERS else msgspec.structs.fields(struct)
    plan = ((field.name, _how(field.name, hints[field.name])) for field in fields)
    found = _PLANS[struct] = tuple((name, how) for name, how in plan if how)
    return found


def _how(name: str, hint: Any) -> str:
    if any(part in IDS for part in _parts(hint)):
        return "inner"
    if name in HIDDEN:
        return "hidden"
    if name in PATTERNS:
        return "pattern"
    if name in KEYS:
        return "keys"
    if name in DEVICES:
        return "device"
    if name in NUMBERS or E164 in _parts(hint):
        return "number"
    if name in TEXTS:
        return "text"
    return "inner" if any(_holds_structs(part) for part in _parts(hint)) else ""


def _parts(hint: Any) -> list[Any]:
    parts = [hint]
    for arg in get_args(hint):
        parts += _parts(arg)
    return parts


def _holds_structs(part: Any) -> bool:
    return isinstance(part, type) and issubclass(part, msgspec.Struct)
