"""What an S-CSCF sees around it, and the calls that pass it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from hipper.telephony.sip.flow import Flow
from hipper.telephony.sip.uri import SipUri, Uri
from simulators.network.session import FilterCriterion, Session

ISC = "isc"
"""Listener toward the application server."""
ACCESS = "access"
"""Listener toward handsets and everything else of the network."""


@dataclass(eq=False)
class Passage:
    """One INVITE passing: what ends with its dialog. ``token`` stands in the Record-Route."""

    token: str
    transaction: str
    came_over: str
    sessions: list[Session] = field(default_factory=list)


@dataclass(kw_only=True)
class Surroundings:
    """What the S-CSCF knows of the network around it. ``contacts``: where a user can be reached, () for a
    handset that is off, None for a number of elsewhere. ``elsewhere``: who takes all other calls.
    ``flow``: to an address from a listener. ``address``: of a listener. ``uri``: ours there, with this user
    part and ``lr``."""

    domain: str
    criteria: Sequence[FilterCriterion]
    users: Callable[[], frozenset[str]]
    contacts: Callable[[str], Sequence[tuple[SipUri, Flow]] | None]
    elsewhere: Callable[[], Flow]
    gateway: Callable[[], Flow]
    flow: Callable[[str, Uri], Flow]
    address: Callable[[str], tuple[str, int]]
    uri: Callable[[str, str], str]
    absent: Callable[[str], SipUri | None]
    """Where it is said that a handset is off; None: nowhere, 480 does."""
    silent: Callable[[Uri], bool]
    """Whether this contact lost its radio: nothing reaches it."""
