"""Which telephones of a called user ring, and how (seed 5.3, 5.7, 9; call-flows §3). Pure."""

from __future__ import annotations

import msgspec

from hipper.pbx import rules
from hipper.pbx.ids import DeviceId
from hipper.pbx.model import (
    Device,
    DeviceKind,
    NumberKind,
    Payer,
    RingTarget,
    SkippedDevice,
    SubscriberContext,
    TariffClass,
)
from hipper.pbx.numbers_of import first_of, subscription_of
from hipper.pbx.reaching_remote import Along, remote_numbers
from hipper.pbx.screening import Asked, meets, note
from hipper.pbx.service_packs import MOBILE_PACKS

PRIORITY_RING = "<urn:alert:priority:high>"
"""RFC 7462 §8.2.3."""
DISTINCTIVE_RING = {2: "<http://127.0.0.1/Bellcore-dr2>", 3: "<http://127.0.0.1/Bellcore-dr3>"}
"""RFC 7462 has no name for the ring of a second line; this is the one every desk phone knows."""

# Looked up once: a member of an Enum costs several times what a global does, and this runs for every call.
_DESK_PHONE, _MOBILE, _EXCHANGE = DeviceKind.DESK_PHONE, DeviceKind.MOBILE, DeviceKind.EXCHANGE
_MOBILE_NUMBER, _FREE = NumberKind.MOBILE, TariffClass.FREE

Reached = tuple[tuple[RingTarget, ...], tuple[SkippedDevice, ...]]


def everything(asked: Asked) -> Reached:
    """An emergency centre calls back: every device that has an address, whatever is set. Also those that are
    switched off for incoming calls: who called for help waits beside one of them, and nobody knows which."""
    targets: list[RingTarget] = []
    skipped: list[SkippedDevice] = []
    for device in asked.called.devices:
        if has_address(asked.called, device):
            targets.append(target_of(asked.called, device, rules.DEVICE_RINGS_EMERGENCY))
        else:
            skipped.append(SkippedDevice(device=device.id, rule=rules.DEVICE_NO_ADDRESS))
    return tuple(targets), tuple(skipped)


def chosen(
    asked: Asked, exclude_device: DeviceId | None, devices: frozenset[str] | None, within_s: int
) -> Reached:
    """The user's devices and the numbers that ring along.

    ``devices``: ids that availability lets ring, None for all. ``within_s``: how long it rings in all; who
    would begin later is skipped.
    """
    along = remote_numbers(asked, devices)
    targets, skipped = own_devices(asked.called, exclude_device, devices, instead=along.instead)
    return _ordered(asked, targets, skipped, along, within_s)


def own_devices(
    called: SubscriberContext,
    exclude_device: DeviceId | None,
    devices: frozenset[str] | None = None,
    *,
    instead: bool = False,
) -> tuple[list[RingTarget], list[SkippedDevice]]:
    """``instead``: a Remote Office number rings instead of them."""
    targets: list[RingTarget] = []
    skipped: list[SkippedDevice] = []
    for device in called.devices:
        reason = why_silent(called, device, exclude_device)
        if reason is None:
            if devices is not None and device.id not in devices:
                reason = rules.DEVICE_NOT_CHOSEN
            elif instead:
                reason = rules.DEVICE_REMOTE_OFFICE
            else:
                targets.append(target_of(called, device))
                continue
        skipped.append(SkippedDevice(device=device.id, rule=reason))
    return targets, skipped


def why_silent(called: SubscriberContext, device: Device, exclude_device: DeviceId | None) -> str | None:
    """The rule by which a device does not ring, None when it rings."""
    if device.id == exclude_device:
        return rules.DEVICE_CALLING
    if device.kind is _MOBILE and called.pack not in MOBILE_PACKS:
        return rules.DEVICE_NOT_IN_PACK
    if not device.rings:
        return rules.DEVICE_SWITCHED_OFF
    if device.kind is _DESK_PHONE and device.aor_user is not None:
        return None
    return None if has_address(called, device) else rules.DEVICE_NO_ADDRESS


def has_address(called: SubscriberContext, device: Device) -> bool:
    if device.kind is _DESK_PHONE:
        return device.aor_user is not None
    if device.kind is _MOBILE:
        if called.pack not in MOBILE_PACKS:
            return False
        return device.mobile_network is not None and first_of(called, _MOBILE_NUMBER) is not None
    if device.kind is _EXCHANGE:
        return device.exchange is not None and device.aor_user is not None
    return False


def target_of(called: SubscriberContext, device: Device, rule: str = rules.DEVICE_RINGS) -> RingTarget:
    """Answering costs nothing on any device; the payer still names whose leg it is, to reconcile with the
    network (seed 5.7)."""
    payer = Payer(subscription=subscription_of(called, device.kind), tariff=_FREE)
    if device.kind is _MOBILE:
        return RingTarget(
            device=device.id,
            kind=device.kind,
            mobile_network=device.mobile_network,
            mobile_number=first_of(called, _MOBILE_NUMBER),
            payer=payer,
            rule=rule,
        )
    return RingTarget(
        device=device.id,
        kind=device.kind,
        aor_user=device.aor_user,
        exchange=device.exchange if device.kind is _EXCHANGE else None,
        payer=payer,
        rule=rule,
    )


def alert_of(asked: Asked) -> str | None:
    """How desk phones ring: with priority, else as the called number does (seed 9, Priority Alert and
    Alternate Numbers). None: as always."""
    priority, numbers = asked.services.priority_alert, asked.services.alternate_numbers
    if priority is not None and priority.active and any(meets(asked, one) for one in priority.criteria):
        note(asked, rules.ALERT_PRIORITY)
        return PRIORITY_RING
    if numbers is not None and numbers.active:
        for one in numbers.distinctive:
            if one.number in (asked.reached.e164, asked.reached.extension) and one.ring in DISTINCTIVE_RING:
                note(asked, rules.ALERT_DISTINCTIVE)
                return DISTINCTIVE_RING[one.ring]
    return None


def _ordered(
    asked: Asked, own: list[RingTarget], skipped: list[SkippedDevice], along: Along, within_s: int
) -> Reached:
    skipped += along.skipped
    delayed = _delayed(asked, own) + list(along.targets)
    if not any(target.delay_s for target in delayed):
        return _with_alert(asked, delayed), tuple(skipped)
    first = min(target.delay_s for target in delayed)
    targets = [msgspec.structs.replace(one, delay_s=one.delay_s - first) for one in delayed]
    for target in targets:
        if target.delay_s >= within_s:
            skipped.append(SkippedDevice(device=target.device, rule=rules.DEVICE_TOO_LATE))
    return _with_alert(asked, [one for one in targets if one.delay_s < within_s]), tuple(skipped)


def _delayed(asked: Asked, targets: list[RingTarget]) -> list[RingTarget]:
    order = asked.services.ring_order
    if order is None or not order.delays:
        return targets
    delays = {one.device: max(0.0, float(one.delay_s)) for one in order.delays}
    return [msgspec.structs.replace(one, delay_s=delays.get(one.device, 0.0)) for one in targets]


def _with_alert(asked: Asked, targets: list[RingTarget]) -> tuple[RingTarget, ...]:
    """Mobile networks and remote numbers ring as they do."""
    alert = alert_of(asked)
    if alert is None:
        return tuple(targets)
    at_desk = (_DESK_PHONE, _EXCHANGE)
    return tuple(msgspec.structs.replace(one, alert=alert) if one.kind in at_desk else one for one in targets)
