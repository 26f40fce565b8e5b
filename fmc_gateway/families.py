"""Which address family a leg's media needs, so that rtpengine converts between IPv4 and IPv6.

A leg's media follows its signalling: a peer that is reached over IPv6 is offered ``c=IN IP6``. Known from the
flow of a leg that has one, and before its INVITE from where it will go.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from fmc_gateway.call.model import is_room_leg
from fmc_gateway.dns.hop import Family, family_of
from fmc_gateway.sip_port import SipPort
from hipper.pbx.ids import LegId
from hipper.runtime.settings_model import Settings

NetType = Literal["IP4", "IP6"]


class Families:
    """``run_of``: the call a leg belongs to (:class:`fmc_gateway.interpreter.CallRun`), None for none."""

    def __init__(self, settings: Settings, sip: SipPort, run_of: Callable[[LegId], Any]) -> None:
        self._mixed = len({family_of(listener.host) for listener in settings.sip_listener}) > 1
        self._rooms = family_of(settings.conference.rtp_address)
        self._sip = sip
        self._run_of = run_of

    def __call__(self, sender: LegId, receiver: LegId) -> NetType | None:
        """What the description for ``receiver`` must have; None where the sender's does, or nobody knows."""
        if not self._mixed:
            return None
        toward = self._of_leg(receiver) or self._expected(sender, receiver)
        if toward is None or toward == self._of_leg(sender):
            return None
        return "IP6" if toward == 6 else "IP4"

    def _of_leg(self, leg: LegId) -> Family | None:
        if is_room_leg(leg):
            return self._rooms
        found = self._sip.leg(leg)
        return None if found is None or found.flow is None else family_of(found.flow.remote[0])

    def _expected(self, sender: LegId, receiver: LegId) -> int | None:
        """The engine has the leg already, with its target; the INVITE waits for this description."""
        run = self._run_of(sender)
        legs = run.call.called if run is not None and run.call is not None else ()
        target = next((leg.target for leg in legs if leg.id == receiver), None)
        return None if target is None else self._sip.family_toward(target)
