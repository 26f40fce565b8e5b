"""What is asked of a live call goes to the gateway that holds it, and its answer becomes ours."""

from __future__ import annotations

import hashlib
import re
import secrets
from typing import Any

import msgspec
from litestar import Request

from app.access import Principal, user_of
from app.domain.calls.schemas import Done
from app.domain.calls.showing import asked_key, is_of, live_of
from app.problems import (
    CALL_BARRED,
    CALL_STATE,
    DIRECTORY_UNAVAILABLE,
    EMERGENCY_CALL,
    INVALID_REQUEST,
    KEY_REUSED,
    NO_REPLY,
    NOT_AVAILABLE,
    NOT_FOUND,
    NOT_REACHABLE,
    OVERLOADED,
    RETRY_AFTER_S,
    ProblemError,
    ProblemKind,
)
from app.stores import Stores
from hipper.contracts.bus import (
    NO_MIXER,
    CallCommand,
    CommandEnvelope,
    CommandReply,
    Explain,
    RefusedBecause,
    ReplyStatus,
)
from hipper.contracts.calls import LiveCall
from hipper.directory.accounts import Account, owner_of_device
from hipper.pbx.dial import REMOTE
from hipper.pbx.ids import CallId, DeviceId, GatewayId
from hipper.runtime.bus import outages_named
from hipper.runtime.bus_commands import REPLIES_KEPT_S, CommandChannel
from hipper.runtime.clock import Clock
from hipper.telephony.numbers.emergency import is_emergency

ANSWER_WITHIN_S = 2.0
GATEWAY_WITHIN_S = 1.7
"""Less, so that an answer at its very deadline still reaches us."""
MOST_WAITING = 200
"""Requests that wait for a gateway at once: each has a connection to Redis of its own."""
KEY = re.compile(r"[\x21-\x7e]{1,128}")
OWN_DIALLER = (
    "call 112 with the telephone's own dialler: it tells the emergency centre where you are",
    "bel 112 met de telefoon zelf: die vertelt de meldkamer waar u bent",
)
UNTOUCHED = (
    "calls to 112 and 113 are ended on the telephone itself",
    "gesprekken met 112 en 113 bedient u op de telefoon zelf",
)


class Remembered(msgspec.Struct, frozen=True):
    """What was asked under an Idempotency-Key. ``asked``: a digest of the request."""

    asked: str
    call: CallId
    gateway: GatewayId


_remembered = msgspec.json.Decoder(Remembered).decode


class Commands:
    """One of each worker."""

    def __init__(self, stores: Stores, clock: Clock) -> None:
        self._stores = stores
        self._clock = clock
        self._channel: CommandChannel[CommandEnvelope, CommandReply] = CommandChannel(
            stores.bus, CommandEnvelope, CommandReply
        )
        self._waiting = 0

    async def ask(self, request: Request[Any, Any, Any], command: CallCommand, call: CallId | None) -> Done:
        """``call`` None: one that is to be. Raises ProblemError: 400, 403, 404, 409, 422, 503, 504."""
        principal: Principal = request.state.principal
        account = user_of(principal)
        if is_emergency(getattr(command, "destination", "")):
            raise ProblemError(EMERGENCY_CALL, *OWN_DIALLER)
        if self._waiting >= MOST_WAITING:
            raise ProblemError(OVERLOADED, retry_after_s=1)
        self._waiting += 1
        try:
            return await self._ask(account, command, call, key_of(request))
        finally:
            self._waiting -= 1

    async def _ask(self, account: Account, command: CallCommand, call: CallId | None, key: str) -> Done:
        began = self._clock.unix()
        if not await self._is_repeated(account, key):
            await self._check_own(account, command)
        asked = hashlib.sha256(msgspec.json.encode((call, command))).hexdigest()[:32]
        mine = await self._remember(account, key, Remembered(asked, *await self._where(account, call)))
        if mine.asked != asked:
            raise ProblemError(KEY_REUSED)
        envelope = CommandEnvelope(
            request_id=secrets.token_hex(12),
            idempotency_key=f"{account.subscriber}:{key}",
            call=mine.call,
            deadline=began + GATEWAY_WITHIN_S,
            command=command,
        )
        reply = await self._told(mine.gateway, envelope, began)
        if reply.status is not ReplyStatus.DONE:
            raise problem_of(reply)
        return Done(call=mine.call)

    async def explain(self, account: Account, live: LiveCall) -> bytes | None:
        """An ``ExplainedCall`` as JSON; None: the gateway does not hold the call any more. Raises
        ProblemError: 503, 504."""
        if self._waiting >= MOST_WAITING:
            raise ProblemError(OVERLOADED, retry_after_s=1)
        self._waiting += 1
        try:
            began = self._clock.unix()
            envelope = CommandEnvelope(
                request_id=secrets.token_hex(12),
                idempotency_key=f"{account.subscriber}:{secrets.token_hex(12)}",
                call=live.call,
                deadline=began + GATEWAY_WITHIN_S,
                command=Explain(tenant=account.tenant, user=account.subscriber),
            )
            return (await self._told(live.gateway, envelope, began)).explained
        finally:
            self._waiting -= 1

    async def _told(self, gateway: GatewayId, envelope: CommandEnvelope, began: float) -> CommandReply:
        """Raises ProblemError: 504."""
        sent = await self._channel.post(gateway, envelope)
        reply = await self._channel.wait_for_reply(envelope.request_id, began + ANSWER_WITHIN_S)
        if reply is None:
            withdrawn = await self._channel.withdraw(gateway, sent)
            raise no_reply(may_still_happen=not withdrawn)
        return reply

    async def _is_repeated(self, account: Account, key: str) -> bool:
        """What was asked under this key was looked at then; its telephones and calls may be gone by now."""
        with outages_named():
            return bool(await self._stores.bus.redis.exists(_wish(account, key)))

    async def _check_own(self, account: Account, command: CallCommand) -> None:
        """Telephones and other calls that ``command`` names are the user's. Raises ProblemError: 404, as for
        one that does not exist."""
        for name in ("device", "to"):
            device: DeviceId | None = getattr(command, name, None)
            if device is None or device.startswith(REMOTE):  # whether that number rings along is a setting
                continue
            if await owner_of_device(self._stores.own, device) != account.subscriber:
                raise ProblemError(NOT_FOUND)
        other = getattr(command, "other", None)
        for call in (*getattr(command, "calls", ()), *(() if other is None else (other,))):
            if not is_of(await live_of(self._stores.bus, call), account.subscriber):
                raise ProblemError(NOT_FOUND)

    async def _where(self, account: Account, call: CallId | None) -> tuple[CallId, GatewayId]:
        """A new call goes to the gateway of the enterprise, and one that is over where it would be by now."""
        at_home = GatewayId(self._stores.gateway)
        if call is None:
            return CallId(secrets.token_hex(10)), at_home
        live = await live_of(self._stores.bus, call)
        return call, at_home if live is None else live.gateway

    async def _remember(self, account: Account, key: str, wish: Remembered) -> Remembered:
        """The first wish under this key; which call, so that a repeated tap finds its answer also when the
        call is over. Raises BusUnavailable."""
        name = _wish(account, key)
        with outages_named():
            async with self._stores.bus.redis.pipeline(transaction=True) as pipe:
                pipe.set(name, msgspec.json.encode(wish), nx=True, ex=REPLIES_KEPT_S)
                pipe.get(name)
                pipe.set(asked_key(account.subscriber, wish.call), b"", ex=REPLIES_KEPT_S)
                _, first, _ = await pipe.execute()
        return _remembered(first)


def _wish(account: Account, key: str) -> str:
    return f"wish:{account.subscriber}:{key}"


def key_of(request: Request[Any, Any, Any]) -> str:
    """Idempotency-Key; without one every request is a wish of its own. Raises ProblemError: 400."""
    key = request.headers.get("idempotency-key")
    if key is None:
        return secrets.token_hex(12)
    if not KEY.fullmatch(key):
        raise ProblemError(
            INVALID_REQUEST,
            "Idempotency-Key is 1 to 128 visible characters",
            "Idempotency-Key is 1 tot 128 zichtbare tekens",
        )
    return key


def no_reply(*, may_still_happen: bool) -> ProblemError:
    if may_still_happen:
        said = ("it may have happened, or happen still", "het kan gebeurd zijn, of nog gebeuren")
    else:
        said = ("it did not happen, and will not", "het is niet gebeurd, en gebeurt niet meer")
    return ProblemError(NO_REPLY, *said, may_still_happen=may_still_happen)


_BECAUSE: dict[RefusedBecause, ProblemKind] = {
    RefusedBecause.STATE: CALL_STATE,
    RefusedBecause.NOT_AVAILABLE: NOT_AVAILABLE,
    RefusedBecause.EMERGENCY: EMERGENCY_CALL,
    RefusedBecause.BARRED: CALL_BARRED,
    RefusedBecause.NOT_REACHABLE: NOT_REACHABLE,
    RefusedBecause.FULL: OVERLOADED,
    RefusedBecause.AWAY: DIRECTORY_UNAVAILABLE,
}
_SAID = {
    RefusedBecause.NOT_AVAILABLE: ("the gateway cannot do this yet", "de centrale kan dit nog niet"),
    RefusedBecause.EMERGENCY: UNTOUCHED,
}


_NO_MIXER = (NO_MIXER, "conferenties kunnen nu niet gemengd worden")


def problem_of(reply: CommandReply) -> ProblemError:
    """Of an answer that is not *done*. Sentences of the gateway's rules are in the user's language."""
    if reply.status is ReplyStatus.UNKNOWN:
        return ProblemError(NOT_FOUND)
    because = reply.because or RefusedBecause.STATE
    kind = _BECAUSE[because]
    detail, uitleg = _SAID.get(because, (reply.explanation or "", ""))
    if reply.explanation == NO_MIXER:
        detail, uitleg = _NO_MIXER
    if because is RefusedBecause.STATE:
        return ProblemError(kind, detail, uitleg, state=reply.state or "")
    return ProblemError(kind, detail, uitleg, retry_after_s=RETRY_AFTER_S if kind.status == 503 else None)
