"""The last reads of subscribers, kept only to survive a dead database. Pure; bounded; least
recently read goes first."""

from __future__ import annotations

from collections import OrderedDict

from hipper.pbx.ids import DeviceId, SubscriberId, TenantId
from hipper.pbx.model import NumberKind, SubscriberContext
from hipper.telephony.numbers.e164 import E164


class RememberedContexts:
    """Contexts by subscriber, found by number, extension or device, as the database would find them.

    ``size``: how many subscribers. A newer read replaces the older one with all its numbers; a read that
    found nobody (``forget_number``) takes a number away from whoever had it.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._contexts: OrderedDict[SubscriberId, SubscriberContext] = OrderedDict()
        self._by_e164: dict[E164, SubscriberId] = {}
        self._by_extension: dict[tuple[TenantId, str], SubscriberId] = {}
        self._by_device: dict[DeviceId, SubscriberId] = {}
        self._by_exchange: dict[tuple[str, str], SubscriberId] = {}

    def __len__(self) -> int:
        return len(self._contexts)

    def remember(self, context: SubscriberContext) -> SubscriberContext:
        """``context``, or the one kept when that says the same: calls of one user hold one between them."""
        known = self._contexts.get(context.subscriber)
        if known is not None:
            self._contexts.move_to_end(context.subscriber)
            if known is context or known == context:
                return known
            self._unlink(known)
        self._contexts[context.subscriber] = context
        self._link(context)
        if len(self._contexts) > self._size:
            self._unlink(self._contexts.popitem(last=False)[1])
        return context

    def forget_number(self, number: E164) -> None:
        self._by_e164.pop(number, None)

    def forget_extension(self, tenant: TenantId, extension: str) -> None:
        self._by_extension.pop((tenant, extension), None)

    def forget_device(self, device: DeviceId) -> None:
        self._by_device.pop(device, None)

    def by_mobile_number(self, number: E164) -> SubscriberContext | None:
        """As a mobile network's assertion finds the caller: by a mobile number only."""
        context = self.by_number(number)
        if context is None:
            return None
        is_mobile = any(own.e164 == number and own.kind is NumberKind.MOBILE for own in context.numbers)
        return context if is_mobile else None

    def by_number(self, number: E164) -> SubscriberContext | None:
        return self._get(self._by_e164.get(number))

    def by_extension(self, tenant: TenantId, extension: str) -> SubscriberContext | None:
        return self._get(self._by_extension.get((tenant, extension)))

    def by_device(self, device: DeviceId) -> SubscriberContext | None:
        return self._get(self._by_device.get(device))

    def by_exchange(self, exchange: str, user: str) -> SubscriberContext | None:
        """By the trunk of another exchange and the user part there."""
        return self._get(self._by_exchange.get((exchange, user)))

    def by_subscriber(self, subscriber: SubscriberId) -> SubscriberContext | None:
        return self._contexts.get(subscriber)

    def _get(self, subscriber: SubscriberId | None) -> SubscriberContext | None:
        return None if subscriber is None else self._contexts.get(subscriber)

    def _link(self, context: SubscriberContext) -> None:
        for number in context.numbers:
            if number.e164 is not None:
                self._by_e164[number.e164] = context.subscriber
            if number.extension is not None:
                self._by_extension[(context.tenant, number.extension)] = context.subscriber
        for device in context.devices:
            self._by_device[device.id] = context.subscriber
            if device.exchange is not None and device.aor_user is not None:
                self._by_exchange[(device.exchange, device.aor_user)] = context.subscriber

    def _unlink(self, context: SubscriberContext) -> None:
        """Take the context's entries away, but not those a newer read gave to somebody else."""
        owner = context.subscriber
        for number in context.numbers:
            if number.e164 is not None and self._by_e164.get(number.e164) == owner:
                del self._by_e164[number.e164]
            key = (context.tenant, number.extension or "")
            if self._by_extension.get(key) == owner:
                del self._by_extension[key]
        for device in context.devices:
            if self._by_device.get(device.id) == owner:
                del self._by_device[device.id]
            at_exchange = (device.exchange or "", device.aor_user or "")
            if self._by_exchange.get(at_exchange) == owner:
                del self._by_exchange[at_exchange]
