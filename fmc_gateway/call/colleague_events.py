"""What users ask of calls they are not in, in the app: events with what the directory and the registrar knew
of who asks."""

from __future__ import annotations

from fmc_gateway.call.legs import Binding
from fmc_gateway.call.offered import Event
from hipper.pbx.ids import DeviceId, SubscriberId
from hipper.pbx.model import OriginationFacts, ParkCall, SubscriberContext


class PickUpRequested(Event, frozen=True, kw_only=True, tag="pick_up_requested"):
    """The call that rings is taken on ``device`` of ``subscriber``, who is ``user``; None: on the usual
    one."""

    request: str
    subscriber: SubscriberId
    user: SubscriberContext
    device: DeviceId | None = None
    bindings: tuple[Binding, ...] = ()
    facts: OriginationFacts = OriginationFacts()


class RetrieveRequested(Event, frozen=True, kw_only=True, tag="retrieve_requested"):
    """The parked call is taken on ``device`` of ``subscriber``, who is ``user``; None: on the usual one."""

    request: str
    subscriber: SubscriberId
    user: SubscriberContext
    device: DeviceId | None = None
    bindings: tuple[Binding, ...] = ()
    facts: OriginationFacts = OriginationFacts()


class ParkRequested(Event, frozen=True, kw_only=True, tag="park_requested"):
    """``subscriber`` leaves the call where ``wanted`` says. ``device``: on which telephone, where the user
    has two in the call. ``parked``: where calls of the group wait already."""

    request: str
    subscriber: SubscriberId
    wanted: ParkCall
    device: DeviceId | None = None
    parked: tuple[str, ...] = ()
