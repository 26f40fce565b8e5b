"""Keys pressed in a call that is answered: events of :mod:`.events`.

Those of a telephone that :class:`~fmc_gateway.call.key_commands.WatchKeys` watches are told apart outside of
the engine, by :mod:`.digit_services`, so that no trace holds key after key what somebody said to a bank.
"""

from __future__ import annotations

from fmc_gateway.call.offered import Event
from hipper.pbx.ids import DeviceId, LegId, SubscriberId
from hipper.pbx.services.in_call import InCallService


class DigitsRequested(Event, frozen=True, kw_only=True, tag="digits_requested"):
    """The app presses keys for ``subscriber``; the far party hears them. ``device``: on which telephone,
    where the user has two in the call."""

    request: str
    subscriber: SubscriberId
    keys: str
    device: DeviceId | None = None


class KeyHeard(Event, frozen=True, kw_only=True, tag="key_heard"):
    """``leg`` pressed a key that went to the far party by itself; told once."""

    leg: LegId


class KeysPassed(Event, frozen=True, kw_only=True, tag="keys_passed"):
    """What ``leg`` pressed is none of our codes: the far party is to have it."""

    leg: LegId
    keys: str


class ServiceBegun(Event, frozen=True, kw_only=True, tag="service_begun"):
    """``leg`` pressed the code of a service that needs to know whom to call."""

    leg: LegId
    service: InCallService


class ServiceKeyed(Event, frozen=True, kw_only=True, tag="service_keyed"):
    """``leg`` pressed a code and all that belongs to it. ``destination``: as the user dials it; None: the
    service needs none."""

    leg: LegId
    service: InCallService
    destination: str | None = None


class ServiceGivenUp(Event, frozen=True, kw_only=True, tag="service_given_up"):
    """Nobody was said to be called, in time or at all."""

    leg: LegId


class ServiceAnswered(Event, frozen=True, kw_only=True, tag="service_answered"):
    """What the engine answered to the wish that a code stood for (its AnswerRequest)."""

    leg: LegId
    done: bool
