"""Which devices of a called user ring, what they show and who pays (seed 5.3, 5.7; call-flows §3). Pure."""

from __future__ import annotations

from hipper.pbx import rules
from hipper.pbx.ids import DeviceId
from hipper.pbx.model import (
    CallerIdentity,
    Device,
    DeviceKind,
    Number,
    NumberKind,
    Payer,
    Presentation,
    RefusedPlan,
    RingPlan,
    RingTarget,
    SkippedDevice,
    SubscriberContext,
    TariffClass,
    TerminationFacts,
    TerminationPlan,
)
from hipper.pbx.numbers_of import first_of, subscription_of

NO_FACTS = TerminationFacts()

RING_RULE = {
    NumberKind.EXTENSION: rules.RING_EXTENSION,
    NumberKind.FIXED: rules.RING_FIXED,
    NumberKind.MOBILE: rules.RING_MOBILE,
    NumberKind.ALTERNATE: rules.RING_ALTERNATE,
}


def decide(
    called: SubscriberContext,
    caller: CallerIdentity,
    *,
    on_net: bool,
    reached: Number,
    exclude_device: DeviceId | None,
    now: float,
    facts: TerminationFacts = NO_FACTS,
) -> TerminationPlan:
    """Decide what rings when ``called`` is called on ``reached``: whichever number it is, all devices (seed
    5.3).

    ``on_net``: the caller is a colleague; only then are extension and name believed. ``exclude_device``: the
    calling device, when users call a number of their own. ``now``: Unix seconds; nothing here depends on it
    until schedules do. Nothing rings: a RefusedPlan 480 whose ``skipped`` says why for each device.
    """
    if not called.enabled:
        return _refused(rules.CALLED_DISABLED, called, ())
    targets: list[RingTarget] = []
    skipped: list[SkippedDevice] = []
    for device in called.devices:
        reason = why_silent(called, device, exclude_device)
        if reason is None:
            targets.append(_target(called, device))
        else:
            skipped.append(SkippedDevice(device=device.id, rule=reason))
    if not targets:
        rule = rules.CALLED_NOTHING_RINGS if skipped else rules.CALLED_NO_DEVICE
        return _refused(rule, called, tuple(skipped))
    return RingPlan(
        targets=tuple(targets),
        skipped=tuple(skipped),
        no_answer_s=called.no_answer_s,
        decline_ends_ringing=called.decline_ends_ringing,
        identity=identity_for_called(caller, on_net=on_net),
        rule=RING_RULE[reached.kind],
    )


def why_silent(called: SubscriberContext, device: Device, exclude_device: DeviceId | None) -> str | None:
    """The rule by which a device does not ring, None when it rings."""
    if device.id == exclude_device:
        return rules.DEVICE_CALLING
    if not device.rings:
        return rules.DEVICE_SWITCHED_OFF
    if device.kind is DeviceKind.DESK_PHONE:
        return None if device.aor_user is not None else rules.DEVICE_NO_ADDRESS
    reachable = device.mobile_network is not None and first_of(called, NumberKind.MOBILE) is not None
    return None if reachable else rules.DEVICE_NO_ADDRESS


def identity_for_called(caller: CallerIdentity, *, on_net: bool) -> CallerIdentity:
    """What the called devices show. Withheld stays withheld; the true number goes along for the mobile
    network, which is trusted with it (call-flows §3). An extension means something among colleagues only."""
    if caller.presentation is Presentation.RESTRICTED:
        return CallerIdentity(
            presentation=Presentation.RESTRICTED, network_number=caller.network_number or caller.number
        )
    if on_net or caller.extension is None:
        return caller
    return CallerIdentity(
        presentation=Presentation.ALLOWED,
        number=caller.number,
        name=caller.name,
        network_number=caller.network_number,
    )


def _target(called: SubscriberContext, device: Device) -> RingTarget:
    """Answering costs nothing on any device; the payer still names whose leg it is, to
    reconcile with the network."""
    mobile = device.kind is DeviceKind.MOBILE
    return RingTarget(
        device=device.id,
        kind=device.kind,
        aor_user=None if mobile else device.aor_user,
        mobile_network=device.mobile_network if mobile else None,
        mobile_number=first_of(called, NumberKind.MOBILE) if mobile else None,
        payer=Payer(subscription=subscription_of(called, device.kind), tariff=TariffClass.FREE),
        rule=rules.DEVICE_RINGS,
    )


def _refused(rule: str, called: SubscriberContext, skipped: tuple[SkippedDevice, ...]) -> RefusedPlan:
    """480 with cause 20, subscriber absent (RFC 3398 §7.2.4.1)."""
    explanation = rules.sentence(rule, called.language)
    return RefusedPlan(status=480, cause=20, explanation=explanation, rule=rule, skipped=skipped)
