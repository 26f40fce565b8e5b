"""What a user dialled: codes that stand for somebody, or ask the exchange for something, resolved. Pure.

The directory's look-up calls :func:`resolve` before it looks for the called user, since a speed dial, a
redial or a call return names nobody by its digits; :func:`hipper.pbx.origination.decide` calls it again with
the same facts and comes to the same.
"""

from __future__ import annotations

from collections.abc import Callable

from hipper.pbx import rules
from hipper.pbx.dialling_colleagues import ASKS
from hipper.pbx.dialling_digits import as_dialled_by, dialled_number, is_voicemail
from hipper.pbx.dialling_features import callback, forward, night, pull, show_number, switch
from hipper.pbx.dialling_packs import may_use, switched_off
from hipper.pbx.dialling_speed import last_dialled, speed_dial_8, speed_dial_100
from hipper.pbx.feature_codes import (
    SPEED_DIAL_KEYS,
    DialledCode,
    Does,
    Operation,
    read_code,
)
from hipper.pbx.model import FeaturePlan, OriginationFacts, RefusedPlan, SubscriberContext
from hipper.pbx.origination_refused import refused
from hipper.telephony.numbers.digits import DialString, PrivacyCode, read_dial_string
from hipper.telephony.numbers.normalise import DialledForm

__all__ = ["as_dialled_by", "code_in", "dialled_number", "is_voicemail", "named", "resolve"]

NO_FACTS = OriginationFacts()
Resolved = str | FeaturePlan | RefusedPlan

_PRIVACY = {PrivacyCode.HIDE: "#31#", PrivacyCode.SHOW: "*31#"}


def resolve(
    caller: SubscriberContext,
    dialled: str,
    facts: OriginationFacts = NO_FACTS,
    called: SubscriberContext | None = None,
) -> Resolved:
    """What ``dialled`` (raw digits, as the leg carried them) comes to for this caller.

    A text: the digits to look up and to decide on; they are ``dialled`` itself unless it was a speed dial, a
    redial or a call return. A FeaturePlan: a service is asked for, nobody is called. A RefusedPlan: the
    code is unknown, not this user's, or stands for nobody. An emergency number always comes back as it is.
    ``called``: the colleague a code names (:func:`named`), whose number is no call outside. Never raises.
    """
    dial = read_dial_string(_spelled(dialled))
    if dial is None or dial.service is not None:
        return dialled
    if not dial.digits:
        return dialled if dial.privacy is None else show_number(caller, dial.privacy is PrivacyCode.SHOW)
    key = dial.digits.removesuffix("#")
    if key in SPEED_DIAL_KEYS:
        return _destination(caller, speed_dial_8(caller, key), rules.SPEED_DIAL_EMPTY, dial)
    if dial.digits[0] not in "*#":
        return dialled
    code = read_code(dial.digits, caller.group_services.feature_codes)
    if code is None:
        return refused(rules.FEATURE_NOT_AVAILABLE, caller)
    return _follow(caller, code, dial, facts, called)


def named(dialled: str, caller: SubscriberContext | None = None) -> str | None:
    """The number a code sets, as ``*21*0201234567#`` does, or whose calls it asks for (``*97201``); None for
    all else. ``caller``: whose codes count. Never raises."""
    code = code_in(dialled, caller)
    return None if code is None or code.feature.does not in _NAMING else code.number


def code_in(dialled: str, caller: SubscriberContext | None = None) -> DialledCode | None:
    """The feature code that was dialled, None when there is none of the table in it. Never raises."""
    dial = read_dial_string(_spelled(dialled))
    if dial is None or dial.digits[:1] not in ("*", "#"):
        return None
    return read_code(dial.digits, None if caller is None else caller.group_services.feature_codes)


def _spelled(dialled: str) -> str:
    """``*21*+31201234567#``: a plus within a code is an international prefix."""
    if dialled[:1] in ("*", "#") and "+" in dialled:
        return dialled.replace("+", "00")
    return dialled


def _follow(
    caller: SubscriberContext,
    code: DialledCode,
    dial: DialString,
    facts: OriginationFacts,
    called: SubscriberContext | None,
) -> Resolved:
    if not may_use(caller, code.feature):
        return refused(rules.FEATURE_NOT_IN_PACK, caller)
    asks = _NAMING.get(code.feature.does)
    if asks is not None:
        return asks(caller, code, facts, called)
    stands_for = _DESTINATIONS.get(code.feature.does)
    if stands_for is None:
        return _FEATURES[code.feature.does](caller, code, facts)
    if code.operation is not Operation.ON:
        return refused(rules.FEATURE_NOT_AVAILABLE, caller)
    if code.feature.service is not None and switched_off(caller, code.feature.service):
        return refused(rules.FEATURE_SWITCHED_OFF, caller)
    destination, missing = stands_for(caller, code, facts)
    return _destination(caller, destination, missing, dial)


def _destination(
    caller: SubscriberContext, destination: str | None, missing: str, dial: DialString
) -> str | RefusedPlan:
    """The destination with the code that hides or shows the number for this call. It is somebody, never
    another code: a speed dial to a speed dial would have no end."""
    if destination is None:
        return refused(missing, caller)
    if as_dialled_by(caller, destination).kind in (DialledForm.FEATURE_CODE, DialledForm.INVALID):
        return refused(rules.NUMBER_INVALID, caller)
    return destination if dial.privacy is None else _PRIVACY[dial.privacy] + destination


def _speed_dial_100(
    caller: SubscriberContext, code: DialledCode, facts: OriginationFacts
) -> tuple[str | None, str]:
    return speed_dial_100(caller, code.number), rules.SPEED_DIAL_EMPTY


def _redial(caller: SubscriberContext, code: DialledCode, facts: OriginationFacts) -> tuple[str | None, str]:
    return last_dialled(caller, facts), rules.REDIAL_NOBODY


def _call_return(
    caller: SubscriberContext, code: DialledCode, facts: OriginationFacts
) -> tuple[str | None, str]:
    withheld = facts.last_caller_withheld
    missing = rules.CALL_RETURN_WITHHELD if withheld else rules.CALL_RETURN_NOBODY
    return None if withheld else facts.last_caller, missing


_DESTINATIONS: dict[
    Does, Callable[[SubscriberContext, DialledCode, OriginationFacts], tuple[str | None, str]]
] = {
    Does.SPEED_DIAL: _speed_dial_100,
    Does.REDIAL: _redial,
    Does.CALL_RETURN: _call_return,
}
"""Codes that stand for somebody: whom, and the rule when it is nobody."""


def _show_number(
    caller: SubscriberContext, code: DialledCode, facts: OriginationFacts
) -> FeaturePlan | RefusedPlan:
    return show_number(caller, code.operation is Operation.ON)


_NAMING: dict[
    Does,
    Callable[
        [SubscriberContext, DialledCode, OriginationFacts, SubscriberContext | None],
        FeaturePlan | RefusedPlan,
    ],
] = {Does.FORWARD: forward, Does.NIGHT: night, **ASKS}
"""Codes that name where calls go, or whose they are: whose number it is counts."""

_FEATURES: dict[
    Does, Callable[[SubscriberContext, DialledCode, OriginationFacts], FeaturePlan | RefusedPlan]
] = {
    Does.SWITCH: switch,
    Does.SHOW_NUMBER: _show_number,
    Does.CALLBACK: callback,
    Does.PULL: pull,
}
"""Codes that ask the exchange for something."""
