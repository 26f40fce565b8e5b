"""What a command line says, as one of :mod:`hipper.directory.admin.model`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from hipper.directory.admin.refused import Unfit
from hipper.telephony.numbers.normalise import normalise_e164

T = TypeVar("T")
_NUMBERS = ("first", "number", "main_number", "fixed", "mobile")


def fitting(values: Mapping[str, Any], kind: type[T]) -> T:
    """``values`` as ``kind``, without those that are None (of a change, None is a value). Numbers as people
    write them. Raises Unfit, which names the member."""
    change = kind.__name__.endswith("Change")
    given = {name: _number(name, value) for name, value in values.items() if change or value is not None}
    try:
        return msgspec.convert(given, kind, strict=False)
    except msgspec.ValidationError as error:
        reason = re.sub(r" - at `\$\.?([^`]*)`$", r" (\1)", str(error))
        raise Unfit(reason, reason) from None


def e164(text: str) -> str:
    """A number as people write it. Raises Unfit."""
    found = normalise_e164(text)
    if found is None:
        raise Unfit(f'"{text}" is no telephone number', f'"{text}" is geen telefoonnummer')
    return found


def _number(name: str, value: Any) -> Any:
    if name == "alternates" and isinstance(value, list):
        return [e164(one) for one in value]
    return e164(value) if name in _NUMBERS and isinstance(value, str) else value
