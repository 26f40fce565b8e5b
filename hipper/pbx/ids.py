"""Identifiers as types, so that a leg is never taken for a call. All are opaque strings, at most
64 ASCII characters."""

from typing import NewType

TenantId = NewType("TenantId", str)
"""An enterprise or a stand-alone group: the boundary no caller, list or lookup crosses."""
GroupId = NewType("GroupId", str)
SubscriberId = NewType("SubscriberId", str)
DeviceId = NewType("DeviceId", str)
"""One telephone of one subscriber: a desk phone with its own SIP credentials, or the mobile."""
SubscriptionId = NewType("SubscriptionId", str)
"""The subscription a leg is charged to (seed 5.7): a mobile one, or the fixed one of the user."""
CallId = NewType("CallId", str)
"""Our call, across all its legs. Not the SIP Call-ID."""
LegId = NewType("LegId", str)
"""One party of a call: one SIP dialog (or the early dialogs of one INVITE)."""
PairId = NewType("PairId", str)
"""One talking pair at rtpengine: the NG ``call-id``."""
RoomId = NewType("RoomId", str)
"""One room of a conference: where its parties are mixed."""
GatewayId = NewType("GatewayId", str)
