"""What feature codes ask of the exchange: the change of a service, a callback, a call pulled over. Pure.

Who may use the code is decided before (:mod:`hipper.pbx.dialling`).
"""

from __future__ import annotations

from typing import Any

import msgspec

from hipper.pbx import rules
from hipper.pbx.calling_plan import permits
from hipper.pbx.dialling_digits import as_dialled_by, dialled_number
from hipper.pbx.dialling_packs import switched_off
from hipper.pbx.dialling_speed import last_dialled
from hipper.pbx.feature_codes import DialledCode, Operation
from hipper.pbx.forwarding import destination_problem
from hipper.pbx.model import (
    Announcement,
    ChangeService,
    FeatureAction,
    FeaturePlan,
    OriginationFacts,
    Payer,
    PullCall,
    RefusedPlan,
    RequestCallback,
    SubscriberContext,
    TariffClass,
)
from hipper.pbx.origination_refused import refused, refused_by_plan
from hipper.pbx.service_packs import effective
from hipper.pbx.services.base import Settings
from hipper.pbx.services.registry import SERVICES
from hipper.pbx.tenancy import colleague
from hipper.telephony.numbers.normalise import DialledForm

WITHHOLD_SERVICE = "calling_line_id_delivery_blocking"
"""Not a row of the registry of services: the setting is ``withhold`` of the user itself."""


class Withhold(Settings, frozen=True, kw_only=True):
    """Calling Line ID Delivery Blocking (seed 9): ``active`` is ``withhold`` of the context."""

    active: bool = False


def change(service: str, fields: dict[str, Any]) -> ChangeService:
    """The fields a code sets. Raises msgspec.ValidationError when the service has no such fields."""
    shape = Withhold if service == WITHHOLD_SERVICE else SERVICES[service].settings
    msgspec.convert(fields, shape)
    return ChangeService(service=service, changes=msgspec.json.encode(fields).decode())


def forward(
    caller: SubscriberContext,
    code: DialledCode,
    facts: OriginationFacts,
    called: SubscriberContext | None = None,
) -> FeaturePlan | RefusedPlan:
    """``*21*number#`` sets and switches on, ``*21#`` switches on what is set, ``#21#`` off, ``##21#`` forgets
    the number. A number calls may never be diverted to is refused here, so that the user hears it now and
    not the next caller. ``called``: who owns the number."""
    service = code.feature.service or ""
    if code.operation is not Operation.ON:
        return _changed(service, _off(code), on=False)
    if code.number is None:
        settings = effective(caller, service)
        if settings is None or settings.destination is None:
            return refused(rules.FEATURE_NO_DESTINATION, caller)
        return _changed(service, {"active": True}, on=True)
    problem = _unfit(caller, code.number, called)
    if problem is not None:
        return problem
    fields: dict[str, Any] = {"active": True, "destination": code.number}
    if code.after_s is not None:
        fields["after_s"] = code.after_s
    return _changed(service, fields, on=True)


def _off(code: DialledCode) -> dict[str, Any]:
    return {"active": False} | ({"destination": None} if code.operation is Operation.ERASE else {})


def _unfit(
    caller: SubscriberContext, destination: str, called: SubscriberContext | None
) -> RefusedPlan | None:
    """Why no call can go there. ``called``: who owns it. An extension counts as a colleague's even when it is
    nobody's: it may become somebody's."""
    number = as_dialled_by(caller, destination)
    problem = destination_problem(caller, number)
    if problem is not None:
        return msgspec.structs.replace(refused(problem, caller), announcement=Announcement.SERVICE_FAILED)
    owned = dialled_number(colleague(caller, called), number) is not None
    on_net = owned or number.kind is DialledForm.EXTENSION_CANDIDATE
    permission = permits(caller, number, diverted=True, on_net=on_net)
    return None if permission.allowed else refused_by_plan(permission, caller)


def switch(
    caller: SubscriberContext, code: DialledCode, facts: OriginationFacts
) -> FeaturePlan | RefusedPlan:
    on = code.operation is Operation.ON
    return _changed(code.feature.service or "", {"active": on}, on=on)


def night(
    caller: SubscriberContext,
    code: DialledCode,
    facts: OriginationFacts,
    called: SubscriberContext | None = None,
) -> FeaturePlan | RefusedPlan:
    """``*64#`` and ``#64#``: the user decides, on or off; ``##64#``: the group's hours count again (seed 9,
    "de gebruiker kan zelf het moment van doorschakeling activeren")."""
    service = code.feature.service or ""
    if code.operation is Operation.ERASE:
        return _changed(service, {"follow_group": True, "mode": "off", "destination": None}, on=False)
    if code.operation is Operation.OFF:
        return _changed(service, {"follow_group": False, "mode": "off"}, on=False)
    fields: dict[str, Any] = {"follow_group": False, "mode": "on"}
    if code.number is None:
        own, group = effective(caller, service), caller.group_services.group_night_forwarding
        if not ((own and own.destination) or (group and group.destination)):
            return refused(rules.FEATURE_NO_DESTINATION, caller)
        return _changed(service, fields, on=True)
    problem = _unfit(caller, code.number, called)
    return problem or _changed(service, fields | {"destination": code.number}, on=True)


def show_number(caller: SubscriberContext, shown: bool) -> FeaturePlan:
    """``*31#`` alone shows the number from now on, ``#31#`` alone withholds it."""
    return _changed(WITHHOLD_SERVICE, {"active": not shown}, on=shown)


def callback(
    caller: SubscriberContext, code: DialledCode, facts: OriginationFacts
) -> FeaturePlan | RefusedPlan:
    """``*37#`` after a busy colleague was called; ``#37#`` gives up every callback. Whether the last number
    dialled is a busy colleague's is decided when it is looked up (:mod:`hipper.pbx.callback`)."""
    if code.operation is not Operation.ON:
        return _plan(RequestCallback(cancel=True), Announcement.SERVICE_OFF, rules.FEATURE_CALLBACK_CANCELLED)
    if switched_off(caller, "automatic_callback"):
        return refused(rules.FEATURE_SWITCHED_OFF, caller)
    dialled = last_dialled(caller, facts)
    if dialled is None:
        return refused(rules.REDIAL_NOBODY, caller)
    action = RequestCallback(dialled=dialled)
    return _plan(action, Announcement.CALLBACK_SET, rules.FEATURE_CALLBACK)


def pull(caller: SubscriberContext, code: DialledCode, facts: OriginationFacts) -> FeaturePlan | RefusedPlan:
    """``*11`` (seed 5.5). Nothing is said when it is done: the call is there. ``done`` is never heard."""
    if code.operation is not Operation.ON:
        return refused(rules.FEATURE_NOT_AVAILABLE, caller)
    return _plan(PullCall(), Announcement.SERVICE_ON, rules.FEATURE_PULL, Announcement.NOTHING_TO_PULL)


def _changed(service: str, fields: dict[str, Any], *, on: bool) -> FeaturePlan:
    done, rule = (
        (Announcement.SERVICE_ON, rules.FEATURE_ON) if on else (Announcement.SERVICE_OFF, rules.FEATURE_OFF)
    )
    return _plan(change(service, fields), done, rule)


def _plan(
    action: FeatureAction,
    done: Announcement,
    rule: str,
    failed: Announcement = Announcement.SERVICE_FAILED,
) -> FeaturePlan:
    """Nobody is called, so nothing is charged; whose call it was the decision on the call adds."""
    return FeaturePlan(
        action=action,
        done=done,
        failed=failed,
        payer=Payer(subscription=None, tariff=TariffClass.FREE),
        rule=rule,
    )
