"""Whether we take a call a mobile network asks about, and the routing number it comes by (call-flows §1, §5).

An emergency call is told from the body alone, before anything is counted or asked.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import structlog

from app.domain.mobile_network.pool import ImrnPool
from app.domain.mobile_network.schemas import Answer, Continue, ImrnRequest, Release, Route
from app.problems import (
    DIRECTORY_UNAVAILABLE,
    OVERLOADED,
    RETRY_AFTER_S,
    STORE_UNAVAILABLE,
    TOO_MANY_REQUESTS,
    ProblemError,
)
from app.rate_limit import TokenBucket
from hipper.contracts.imrn import ImrnKind, Reservation
from hipper.directory.directory import Directory
from hipper.directory.errors import DirectoryError
from hipper.pbx.model import NumberKind
from hipper.runtime.bus import BusUnavailable
from hipper.runtime.clock import Clock
from hipper.runtime.settings_model import MobileNetwork
from hipper.telephony.numbers.e164 import E164
from hipper.telephony.numbers.emergency import is_emergency

MOST_WAITING = 128
"""Questions of one network that wait for Redis or PostgreSQL at a time."""
NO_CIRCUIT = 34
"""ITU-T Q.850: no circuit/channel available."""
WARN_EVERY_S = 10.0

log = structlog.get_logger("app.imrn")


class _Called(msgspec.Struct):
    called: str = ""


_peek = msgspec.json.Decoder(_Called).decode


def asks_about_emergency(body: bytes) -> bool:
    """Whether the call of this body goes to an emergency service, whatever else is wrong with it."""
    try:
        return is_emergency(_peek(body).called)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False


def is_nested_too_deeply(body: bytes) -> bool:
    """What msgspec gives up on with RecursionError, which nobody after us takes for the sender's fault."""
    try:
        msgspec.json.decode(body)
    except RecursionError:
        return True
    except (msgspec.MsgspecError, UnicodeDecodeError):
        pass  # said with more words when the body is read
    return False


class Users:
    """Which numbers are mobiles of ours. The last answers are kept for when the database is away."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def has_mobile(self, number: E164) -> bool:
        """Raises DirectoryError."""
        called = (await self._directory.for_termination(number)).called
        if called is None:
            return False
        return any(own.kind is NumberKind.MOBILE and own.e164 == number for own in called.numbers)


class NetworkService:
    """Answers one network."""

    def __init__(self, network: MobileNetwork, redis: Any, users: Users, clock: Clock) -> None:
        self.network = network
        self._pool = ImrnPool(redis, network)
        self._users = users
        self._unix: Callable[[], float] = clock.unix
        self._now = clock.monotonic
        rate = network.imrn_requests_per_s
        self._bucket = TokenBucket(rate, rate, clock.monotonic)
        self.waiting = 0
        """Questions that are being answered."""
        self._warned = -WARN_EVERY_S

    def admit(self) -> None:
        """Count a request that is no emergency. Raises ProblemError: 429 or 503."""
        wait_s = self._bucket.take()
        if wait_s is not None:
            raise ProblemError(
                TOO_MANY_REQUESTS,
                f"more than {self.network.imrn_requests_per_s} a second",
                retry_after_s=wait_s,
            )
        if self.waiting >= MOST_WAITING:
            raise ProblemError(OVERLOADED, retry_after_s=1)

    async def answer(self, asked: ImrnRequest) -> Answer:
        """Raises ProblemError: 503, when what has to be asked is away."""
        with self._counted(), _named_outages():
            return await self._decide(asked)

    async def _decide(self, asked: ImrnRequest) -> Answer:
        served, calling = E164(asked.served_user), None if asked.calling is None else E164(asked.calling)
        if asked.kind is ImrnKind.TERMINATING and await self._pool.is_own_leg(
            served, calling, asked.call_reference
        ):
            return Continue()
        if not await self._users.has_mobile(served):
            return Continue()
        reservation = Reservation(
            network=self.network.name,
            served_user=served,
            called=asked.called,
            calling=calling,
            kind=asked.kind,
            call_reference=asked.call_reference,
            created=self._unix(),
        )
        imrn = await self._pool.allocate(reservation)
        if imrn is None:
            return self._pool_is_empty()
        return Route(imrn=imrn, expires_in_s=self.network.imrn_lifetime_s)

    def _pool_is_empty(self) -> Answer:
        if self._now() - self._warned >= WARN_EVERY_S:
            self._warned = self._now()
            log.warning("imrn.pool_empty", network=self.network.name)
        return Release(cause=NO_CIRCUIT) if self.network.imrn_pool_empty == "release" else Continue()

    @contextlib.contextmanager
    def _counted(self) -> Iterator[None]:
        self.waiting += 1
        try:
            yield
        finally:
            self.waiting -= 1


@contextlib.contextmanager
def _named_outages() -> Iterator[None]:
    try:
        yield
    except BusUnavailable:
        raise ProblemError(STORE_UNAVAILABLE, retry_after_s=RETRY_AFTER_S) from None
    except DirectoryError:
        raise ProblemError(DIRECTORY_UNAVAILABLE, retry_after_s=RETRY_AFTER_S) from None
