"""What users ask of calls they are not in, in the app: events with what the directory and the registrar knew
of who asks."""

from __future__ import annotations

from fmc_gateway.call.legs import Binding
from fmc_gateway.call.offered import Event
from hipper.pbx.ids import DeviceId, SubscriberId
from hipper.pbx.model import OriginationFacts, SubscriberContext


class PickUpRequested(Event, frozen=True, kw_only=True, tag="pick_up_requested"):
    """The call that rings is taken on ``device`` of ``subscriber``, who is ``user``; None: on the usual one.
    ``owner``: who was called, where Directed Call Pickup is meant; None: Call Pickup."""

    request: str
    subscriber: SubscriberId
    user: SubscriberContext
    device: DeviceId | None = None
    owner: SubscriberContext | None = None
    bindings: tuple[Binding, ...] = ()
    facts: OriginationFacts = OriginationFacts()
