"""What a decision means, in sentences: which rules decided a call to a user, and why each telephone would
ring or not. Pure.

The sentences stand in :mod:`hipper.pbx.rules`, one place for all; here are those of the few rules that are no
decision of the exchange. A call that was is explained from its record (:mod:`fmc_gateway.records.explain`);
this explains a plan, so that a dry run is the very decision a call would get.
"""

from __future__ import annotations

from enum import Enum

import msgspec

from hipper.pbx import rules
from hipper.pbx.ids import DeviceId
from hipper.pbx.model import (
    Announcement,
    DeviceKind,
    DivertPlan,
    ForwardTo,
    Onward,
    RefusedPlan,
    RingPlan,
    RingTarget,
    SubscriberContext,
    TerminationPlan,
    ToAnnouncement,
    ToVoicemail,
)
from hipper.pbx.rules.base import Rule

_ELSEWHERE = {
    "app": Rule("Het gesprek is met de app opgezet.", "The call was set up with the app."),
    "emergency": Rule(
        "Een noodoproep gaat meteen naar de alarmcentrale, wat er ook is ingesteld.",
        "An emergency call goes to the emergency centre at once, whatever is set.",
    ),
    "undecided": Rule(
        "Het gesprek was voorbij voordat er iets beslist was.",
        "The call was over before anything was decided.",
    ),
    "passed_on": Rule(
        "Het mobiele netwerk kreeg het gesprek terug zoals het kwam.",
        "The mobile network got the call back as it came.",
    ),
    "device.not-registered": Rule("Dit toestel is niet aangemeld.", "This device is not registered."),
}


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """A rule by name, and what it says."""

    rule: str
    nl: str
    en: str


def said(rule: str) -> Said:
    """A name nobody lists (of another version) says itself."""
    found = rules.RULES.get(rule) or _ELSEWHERE.get(rule.partition(".")[0]) or _ELSEWHERE.get(rule)
    return Said(rule=rule, nl=rule, en=rule) if found is None else Said(rule=rule, nl=found.nl, en=found.en)


NOT_REGISTERED = said("device.not-registered")


class WouldRing(msgspec.Struct, frozen=True, kw_only=True):
    """One telephone, or number that rings along (``number``). ``delay_s``: this long after the first."""

    device: DeviceId
    label: str
    kind: DeviceKind
    number: str | None = None
    rings: bool
    delay_s: float = 0.0
    confirm: bool = False
    """Takes the call only when 1 is pressed."""
    why: Said


class When(str, Enum):
    AT_ONCE = "at_once"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    NOT_REACHABLE = "not_reachable"
    DECLINED = "declined"


class Then(str, Enum):
    FORWARD = "forward"
    VOICEMAIL = "voicemail"
    ANNOUNCEMENT = "announcement"
    REFUSED = "refused"


class GoesOn(msgspec.Struct, frozen=True, kw_only=True):
    """Where the call goes that does not ring, or no longer. ``destination``: of FORWARD, as it was set."""

    when: When
    then: Then
    destination: str | None = None
    announcements: tuple[Announcement, ...] = ()
    why: Said


class Explained(msgspec.Struct, frozen=True, kw_only=True):
    """A plan in sentences. ``considered``: what had a say without deciding, in the order it was asked.
    ``no_answer_s`` None: nothing rings."""

    decided: Said
    considered: tuple[Said, ...]
    rings: bool
    no_answer_s: int | None
    devices: tuple[WouldRing, ...]
    goes_on: tuple[GoesOn, ...]


def explain(
    context: SubscriberContext, plan: TerminationPlan, silent: frozenset[DeviceId] = frozenset()
) -> Explained:
    """``silent``: telephones of ours that are not registered, as far as that is known: they do not ring."""
    ringing = (
        tuple(explained_target(context, one, silent) for one in plan.targets)
        if isinstance(plan, RingPlan)
        else ()
    )
    skipped = tuple(_silent(context, one.device, one.rule) for one in plan.skipped)
    rings = any(one.rings for one in ringing)
    return Explained(
        decided=said(plan.rule),
        considered=tuple(said(rule) for rule in plan.considered),
        rings=rings,
        no_answer_s=plan.no_answer_s if rings and isinstance(plan, RingPlan) else None,
        devices=ringing + skipped,
        goes_on=_goes_on(plan),
    )


def explained_target(
    context: SubscriberContext, target: RingTarget, silent: frozenset[DeviceId] = frozenset()
) -> WouldRing:
    rings = target.device not in silent
    return WouldRing(
        device=target.device,
        label=target.remote_number or _label(context, target.device),
        kind=target.kind,
        number=target.remote_number,
        rings=rings,
        delay_s=target.delay_s,
        confirm=target.confirm,
        why=said(target.rule) if rings else NOT_REGISTERED,
    )


def _silent(context: SubscriberContext, device: DeviceId, rule: str) -> WouldRing:
    kind = next((one.kind for one in context.devices if one.id == device), DeviceKind.REMOTE)
    return WouldRing(device=device, label=_label(context, device), kind=kind, rings=False, why=said(rule))


def _label(context: SubscriberContext, device: DeviceId) -> str:
    return next((one.label for one in context.devices if one.id == device), device.removeprefix("remote:"))


def _goes_on(plan: TerminationPlan) -> tuple[GoesOn, ...]:
    if isinstance(plan, DivertPlan):
        return _onward(When.AT_ONCE, plan.onward)
    if isinstance(plan, RefusedPlan):
        spoken = () if plan.announcement is None else (plan.announcement,)
        return (GoesOn(when=When.AT_ONCE, then=Then.REFUSED, announcements=spoken, why=said(plan.rule)),)
    found: list[GoesOn] = []
    for when, onward in (
        (When.BUSY, plan.on_busy),
        (When.NO_ANSWER, plan.on_no_answer),
        (When.NOT_REACHABLE, plan.on_not_reachable),
        (When.DECLINED, plan.on_decline if plan.decline_ends_ringing else None),
    ):
        if onward is not None:
            found += _onward(when, onward)
    return tuple(found)


def _onward(when: When, onward: Onward) -> tuple[GoesOn, ...]:
    why = said(onward.rule)
    if isinstance(onward, ForwardTo):
        return (GoesOn(when=when, then=Then.FORWARD, destination=onward.destination, why=why),)
    if isinstance(onward, ToVoicemail):
        return (GoesOn(when=when, then=Then.VOICEMAIL, why=why),)
    assert isinstance(onward, ToAnnouncement)
    spoken = GoesOn(when=when, then=Then.ANNOUNCEMENT, announcements=onward.announcements, why=why)
    return (spoken,) if onward.then is None else (spoken, *_onward(when, onward.then))
