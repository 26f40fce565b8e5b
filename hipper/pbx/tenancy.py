"""The boundary no caller, list or look-up crosses: the tenant. Decisions ask here and nowhere else."""

from __future__ import annotations

from hipper.pbx.model import SubscriberContext


def colleague(caller: SubscriberContext, other: SubscriberContext | None) -> SubscriberContext | None:
    """``other`` when it is a user of the caller's enterprise (seed 2.1: on-net across its groups), else None.

    A user of another tenant is an outsider like any number of the PSTN; whether that tenant
    exists shows nowhere.
    """
    if other is None or other.tenant != caller.tenant:
        return None
    return other
