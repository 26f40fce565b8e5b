"""Codes for services in a call that are well-formed and yet cannot be told apart. Asked when they are saved,
not in a call. Pure."""

from __future__ import annotations

from hipper.pbx.services.base import Settings
from hipper.pbx.services.in_call import InCallCodes, codes_of


def problems(settings: Settings) -> list[str]:
    """What is wrong with ``settings``, one sentence each; nothing for those of other services."""
    if not isinstance(settings, InCallCodes):
        return []
    codes = [code for code, _ in codes_of(settings)]
    found = []
    for index, code in enumerate(codes):
        for other in codes[index + 1 :]:
            short, long = sorted((code, other), key=len)
            if long.startswith(short):
                found.append(f"code {short} is the beginning of {long}")
    return found
