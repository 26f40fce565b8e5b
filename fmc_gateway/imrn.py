"""Routing numbers, the gateway's half: take a reservation back, once, and mark our own legs to handsets.

Keys and fields: :mod:`hipper.contracts.imrn`. A reservation that cannot be read back is a call that cannot be
taken (503); a mark that cannot be written holds no call up, because then ``app`` has no Redis either and the
network goes on without us.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import msgspec
import structlog

from fmc_gateway.call.commands import MobileTarget, Originate
from fmc_gateway.call.events import LegOffered
from fmc_gateway.edge import Offer, Refusal
from fmc_gateway.edge_imrn import (
    NOT_DIALLED,
    NOT_TAKEN,
    Asked,
    RoutingNumbers,
    offer_from_reservation,
    read_imrn,
)
from fmc_gateway.peers import MobilePeer, Peer
from hipper.contracts.imrn import (
    CALLING,
    LEGS,
    OWN_LEG_LIFETIME_S,
    RESERVATION,
    UNTIL_MS,
    USED,
    Reservation,
    Taken,
    number_key,
    own_leg_key,
    rest_key,
)
from hipper.pbx.model import CallerIdentity, Presentation
from hipper.runtime.bus import BusUnavailable, outages_named
from hipper.runtime.settings_model import MobileNetwork, Settings
from hipper.telephony.numbers.e164 import E164

TAKEN_WITHIN_S = 1.0
"""How long a reservation is waited for; the MSC's first INVITE timer fires after 0.5 s (RFC 3261 §17.1.1.2),
and 100 Trying has stopped it."""
MARKED_WITHIN_S = 0.3
"""How long a leg is held for its mark."""
UNMARKED_S = 1.0
"""After a mark could not be written, legs leave without for so long."""
REDIS_AWAY = Refusal(503, "the reservation of this routing number cannot be read now")

_TAKE = f"""
local found = redis.call('HMGET', KEYS[1], '{UNTIL_MS}', '{CALLING}', '{RESERVATION}', '{USED}')
if not found[1] then return {{'{Taken.UNKNOWN.value}'}} end
if found[4] then return {{'{Taken.REPLAY.value}'}} end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if now >= tonumber(found[1]) then return {{'{Taken.EXPIRED.value}'}} end
if found[2] ~= ARGV[2] then return {{'{Taken.OTHER_CALLING.value}'}} end
local rested = now + tonumber(ARGV[3])
redis.call('HSET', KEYS[1], '{USED}', '1')
redis.call('HDEL', KEYS[1], '{RESERVATION}', '{CALLING}')
redis.call('PEXPIREAT', KEYS[1], rested)
redis.call('ZADD', KEYS[2], 'XX', rested, ARGV[1])
return {{'{Taken.TAKEN.value}', found[3]}}
"""
_MARK = f"""
for _, key in ipairs(KEYS) do
    redis.call('HINCRBY', key, '{LEGS}', 1)
    redis.call('EXPIRE', key, {OWN_LEG_LIFETIME_S})
end
"""

log = structlog.get_logger("fmc_gateway.imrn")
_decode = msgspec.json.Decoder(Reservation).decode


class _Tasks:
    """Keeps tasks alive until they are done."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class Reservations:
    """What INVITEs of networks in imrn mode ask for. ``redis``: a ``redis.asyncio.Redis``."""

    def __init__(self, settings: Settings, redis: Any) -> None:
        self._numbers = RoutingNumbers(settings.mobile_network)
        self._take_script = redis.register_script(_TAKE)
        self._tasks = _Tasks()

    def concern(self, peer: Peer) -> bool:
        """Whether calls of ``peer`` come by routing number."""
        return isinstance(peer, MobilePeer) and peer.network.mode == "imrn"

    def refuse(self, offered: LegOffered) -> Refusal | None:
        """A call from anywhere else to a routing number: nobody is reached, and its reservation stays."""
        return NOT_DIALLED if offered.dialled in self._numbers else None

    def take(self, offer: Offer, peer: Peer, done: Callable[[LegOffered | Refusal], None]) -> None:
        """The leg that the reservation describes, or why there is none. ``done`` is called once, perhaps at
        once. Raises SipParseError for a header nobody can read."""
        assert isinstance(peer, MobilePeer)
        asked = read_imrn(offer, peer.network, self._numbers)
        if isinstance(asked, Refusal):
            done(asked)
        else:
            self._tasks.start(self._take(offer, peer.network, asked, done))

    async def _take(
        self,
        offer: Offer,
        network: MobileNetwork,
        asked: Asked,
        done: Callable[[LegOffered | Refusal], None],
    ) -> None:
        try:
            found = await self.take_back(network, asked)
        except BusUnavailable as error:
            log.warning("imrn.redis_away", network=network.name, reason=str(error))
            done(REDIS_AWAY)
            return
        except Exception:
            log.exception("imrn.fault", network=network.name)
            done(REDIS_AWAY)
            return
        if isinstance(found, Taken):
            log.warning("imrn.refused", network=network.name, number=asked.imrn, reason=found.value)
            done(NOT_TAKEN[found])
            return
        done(offer_from_reservation(offer, network, found))

    async def take_back(self, network: MobileNetwork, asked: Asked) -> Reservation | Taken:
        """The reservation, whose number rests from now on, or why it is not to be had. Raises
        BusUnavailable."""
        keys = [number_key(network.name, asked.imrn), rest_key(network.name)]
        arguments = [asked.imrn, asked.calling or "", network.imrn_quarantine_s * 1000]
        with outages_named():
            async with asyncio.timeout(TAKEN_WITHIN_S):
                answer = await self._take_script(keys=keys, args=arguments)
        taken = Taken(answer[0].decode())
        return _decode(answer[1]) if taken is Taken.TAKEN else taken


class OwnLegs:
    """Our legs to handsets of networks in imrn mode: marked before they leave, so that ``app`` lets them pass
    when the network asks about them. ``now``: monotonic seconds."""

    def __init__(self, settings: Settings, redis: Any, now: Callable[[], float]) -> None:
        self._networks = {
            network.name: network for network in settings.mobile_network if network.mode == "imrn"
        }
        self._mark_script = redis.register_script(_MARK)
        self._now = now
        self._unmarked_until = now()
        self._tasks = _Tasks()

    def hold(self, command: Originate, go_on: Callable[[], None]) -> bool:
        """Whether the INVITE has to wait; then ``go_on`` is called when it may leave, never at once."""
        target = command.target
        network = self._networks.get(target.network) if isinstance(target, MobileTarget) else None
        if network is None or self._now() < self._unmarked_until:
            return False
        assert isinstance(target, MobileTarget)
        asserted = asserted_toward(command.identity, network)
        keys = [own_leg_key(network.name, target.number, calling) for calling in asserted]
        self._tasks.start(self._mark(keys, go_on))
        return True

    async def _mark(self, keys: list[str], go_on: Callable[[], None]) -> None:
        try:
            with outages_named():
                async with asyncio.timeout(MARKED_WITHIN_S):
                    await self._mark_script(keys=keys)
        except BusUnavailable as error:
            self._unmarked_until = self._now() + UNMARKED_S
            log.warning("imrn.leg_unmarked", reason=str(error))
        except Exception:
            log.exception("imrn.mark_fault")
        go_on()


def asserted_toward(identity: CallerIdentity, network: MobileNetwork) -> list[E164 | None]:
    """The calling numbers the network may ask about: the one it is told
    (:func:`~fmc_gateway.identity_headers.toward_mobile`), and of a withheld one also none, since some
    networks keep it from the service they ask."""
    number = identity.number or identity.network_number
    if identity.presentation is not Presentation.RESTRICTED:
        return [number]
    return [number, None] if network.trusted and number is not None else [None]
