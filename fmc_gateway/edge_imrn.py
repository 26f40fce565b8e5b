"""Legs of a network in ``imrn`` mode: the Request-URI is a routing number, and who is served stands in its
reservation (call-flows §1).

Nobody dials a routing number. It counts only from the network it was given to, and only with the calling
number that was asked about.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from fmc_gateway.asserted import asserted_number, is_anonymous
from fmc_gateway.call.events import LegDirection, LegOffered, LegSource
from fmc_gateway.dialled import Dialled, e164_of, number_of
from fmc_gateway.edge import Offer, Refusal, offered_leg
from fmc_gateway.text import clean
from hipper.contracts.imrn import ImrnKind, Reservation, Taken
from hipper.runtime.settings_model import MobileNetwork
from hipper.telephony.numbers.e164 import E164
from hipper.telephony.numbers.ranges import NumberRanges
from hipper.telephony.sip.message import Request

NOT_DIALLED = Refusal(404, "nobody is reached by a routing number")
NOT_TAKEN: dict[Taken, Refusal] = {
    Taken.UNKNOWN: Refusal(404, "this routing number was not given out"),
    Taken.EXPIRED: Refusal(404, "the time of this routing number is over"),
    Taken.REPLAY: Refusal(404, "this routing number was used already"),
    Taken.OTHER_CALLING: Refusal(403, "this routing number was given out for another caller"),
}
"""Why the gateway does not take a call that asks for a reservation."""
DIRECTIONS = {
    ImrnKind.ORIGINATING: LegDirection.ORIGINATING,
    ImrnKind.TERMINATING: LegDirection.TERMINATING,
}


class RoutingNumbers:
    """Every routing number of the installation."""

    def __init__(self, networks: Iterable[MobileNetwork]) -> None:
        self._of = {
            network.name: NumberRanges(network.imrn_ranges) for network in networks if network.mode == "imrn"
        }

    def of_network(self, network: str, text: str) -> E164 | None:
        """The number that ``text`` is, when it is one of this network."""
        ranges = self._of.get(network)
        number = _number(text)
        return number if ranges is not None and number in ranges else None

    def __contains__(self, text: object) -> bool:
        if not self._of or not isinstance(text, str):
            return False
        number = _number(text)
        return any(number in ranges for ranges in self._of.values())


def _number(text: str) -> E164 | None:
    """As :func:`e164_of`; and digits without a plus sign, since routing numbers need not be in any numbering
    plan."""
    if text.isascii() and text.isdecimal() and 7 <= len(text) <= 15 and not text.startswith("0"):
        return E164(f"+{text}")
    return e164_of(text)


class Asked(NamedTuple):
    """What an INVITE asks to be taken back. ``calling`` None: it comes without a number."""

    imrn: E164
    calling: E164 | None


def read_imrn(offer: Offer, network: MobileNetwork, numbers: RoutingNumbers) -> Asked | Refusal:
    """The routing number of an INVITE from ``network`` and the number it comes from."""
    imrn = numbers.of_network(network.name, offer.dialled.text)
    if imrn is None:
        return Refusal(404, "not a routing number of this network")
    return Asked(imrn, calling_number(offer.request, network))


def calling_number(request: Request, network: MobileNetwork) -> E164 | None:
    """Asserted, also when it is withheld; else From. Of an untrusted network From only (RFC 3325 §5)."""
    asserted = asserted_number(request) if network.trusted else None
    if asserted is not None or is_anonymous(request.from_):
        return asserted
    return number_of(request.from_.uri)


def offer_from_reservation(offer: Offer, network: MobileNetwork, reservation: Reservation) -> LegOffered:
    """The leg the network asked about: of the reservation's user, to what was dialled there."""
    dialled = clean(reservation.called)
    leg = offered_leg(
        offer._replace(dialled=Dialled(dialled, None)),
        source=LegSource.MOBILE_NETWORK,
        direction=DIRECTIONS[reservation.kind],
        peer=network.name,
        trusted=network.trusted,
        dialled=dialled,
        served=reservation.served_user,
    )
    return msgspec.structs.replace(
        leg,
        network_reference=clean(reservation.call_reference),
        outgoing_network=network.outgoing == "network",
    )
