"""The user agent as the shell drives it, with one listener more: who else wants to know that a flow died."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hipper.telephony.sip.flow import Flow
from hipper.telephony.sip.useragent import UserAgent


class WatchedCore:
    """``on_flow_lost`` hears of every flow that failed, before the user agent does."""

    def __init__(self, agent: UserAgent, on_flow_lost: Callable[[Flow], Any]) -> None:
        self._agent = agent
        self._on_flow_lost = on_flow_lost
        self.receive_datagram = agent.receive_datagram
        self.receive_message = agent.receive_message
        self.next_event = agent.next_event
        self.messages_to_send = agent.messages_to_send
        self.next_timer = agent.next_timer
        self.handle_timer = agent.handle_timer

    def transport_failed(self, flow: Flow, now: float) -> None:
        self._on_flow_lost(flow)
        self._agent.transport_failed(flow, now)
