"""Busy lamps: desk phones that watch colleagues (seed 9, Busy Lamp Field; RFC 4235 over RFC 6665).

A telephone proves who it is; whom it may watch is decided by the tenant's boundary, the watcher's pack and
the watched user's own *Privacy*. Every change of a user's calls goes to those who watch; several within
:data:`GATHER_S` go as one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, NamedTuple, Protocol

import structlog

from fmc_gateway.dialled import read_dialled
from fmc_gateway.dialog_info import DIALOG_INFO, dialog_info
from fmc_gateway.edge import Phone, Refusal
from fmc_gateway.phone_auth import Challenge
from hipper.contracts.calls import LiveCall
from hipper.directory.directory import Origination
from hipper.directory.errors import DirectoryError
from hipper.pbx.ids import DeviceId, SubscriberId
from hipper.pbx.model import SubscriberContext
from hipper.pbx.service_packs import effective, holds
from hipper.pbx.tenancy import colleague
from hipper.telephony.sip.errors import SipParseError
from hipper.telephony.sip.flow import Flow
from hipper.telephony.sip.message import Request

GATHER_S = 0.1
MIN_EXPIRES_S = 60
MAX_EXPIRES_S = 3600
MAX_WATCHED = 100
"""Colleagues one telephone may watch; the largest key modules have fewer."""

log = structlog.get_logger("fmc_gateway.lamps")


class Agent(Protocol):
    """What is needed of the user agent."""

    def respond(self, transaction: str, response: int, now: float, *, headers: Any = ()) -> None: ...
    def accept_subscription(
        self, transaction: str, request: Request, flow: Flow, now: float, *, expires_s: int
    ) -> str | None: ...
    def refresh_subscription(self, handle: str, transaction: str, request: Request, now: float) -> bool: ...
    def notify(self, handle: str, now: float, body: tuple[str, bytes]) -> None: ...
    def end_subscription(self, handle: str, now: float, reason: str) -> None: ...


class Phones(Protocol):
    def authenticate(
        self, request: Request, flow: Flow, done: Callable[[Phone | Challenge | Refusal], None]
    ) -> None: ...


class Directory(Protocol):
    async def for_origination(self, *, served_device: DeviceId, dialled: str) -> Origination: ...


class Live(Protocol):
    def calls_with(self, subscriber: SubscriberId) -> Iterable[LiveCall]: ...


class _Lamp:
    """One subscription. ``entity``: the URI that was asked for, ``dialled``: the digits in it."""

    __slots__ = ("device", "dialled", "entity", "handle", "user", "version")

    def __init__(self, handle: str, entity: str, dialled: str, user: SubscriberId, device: DeviceId) -> None:
        self.handle = handle
        self.entity = entity
        self.dialled = dialled
        self.user = user
        self.device = device
        self.version = 0


class _Asked(NamedTuple):
    transaction: str
    request: Request
    flow: Flow


class Lamps:
    """``now``: monotonic seconds, the user agent's. ``flush``: sends what the user agent has to say."""

    def __init__(
        self,
        agent: Agent,
        phones: Phones,
        directory: Directory,
        live: Live,
        *,
        now: Callable[[], float],
        flush: Callable[[], None],
    ) -> None:
        self._agent = agent
        self._phones = phones
        self._directory = directory
        self._live = live
        self._now = now
        self._flush = flush
        self._lamps: dict[str, _Lamp] = {}
        self._of_user: dict[SubscriberId, set[str]] = {}
        self._watched: dict[DeviceId, int] = {}
        self._changed: set[SubscriberId] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._lamps)

    def subscribe(self, transaction: str, request: Request, flow: Flow) -> None:
        """A SUBSCRIBE of a telephone."""
        asked = _Asked(transaction, request, flow)
        if (request.headers.get("Event") or "").partition(";")[0].strip().lower() != "dialog":
            self._refuse(asked, 489, (("Allow-Events", "dialog"),))
            return
        if self._is_too_short(asked):
            return
        self._phones.authenticate(request, flow, lambda answer: self._told_who(asked, answer))

    def changed(self, user: SubscriberId) -> None:
        """The calls of ``user`` are no longer what they were."""
        if user not in self._of_user:
            return
        self._changed.add(user)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(GATHER_S, self._tell)

    def refreshed(self, handle: str, transaction: str, request: Request, flow: Flow) -> None:
        """The subscriber asks again, and proves who it is again: the dialog is no secret, and who took it
        over would be told of the colleague's calls."""
        asked = _Asked(transaction, request, flow)
        if not self._is_too_short(asked):
            self._phones.authenticate(
                request, flow, lambda answer: self._told_who_again(asked, handle, answer)
            )

    def ended(self, handle: str) -> None:
        lamp = self._lamps.pop(handle, None)
        if lamp is None:
            return
        handles = self._of_user[lamp.user]
        handles.discard(handle)
        if not handles:
            del self._of_user[lamp.user]
        self._watched[lamp.device] -= 1
        if not self._watched[lamp.device]:
            del self._watched[lamp.device]

    def _is_too_short(self, asked: _Asked) -> bool:
        expires = asked.request.expires
        if expires is None or not 0 < expires < MIN_EXPIRES_S:
            return False
        self._refuse(asked, 423, (("Min-Expires", str(MIN_EXPIRES_S)),))
        return True

    # -- a refresh

    def _told_who_again(self, asked: _Asked, handle: str, answer: Phone | Challenge | Refusal) -> None:
        lamp = self._lamps.get(handle)
        if isinstance(answer, Refusal):
            self._refuse(asked, answer.status)
        elif not isinstance(answer, Phone):
            self._refuse(asked, 401, answer)
        elif lamp is not None and lamp.device != answer.device:
            self._refuse(asked, 403)
        else:
            self._refresh(asked, handle, lamp)
        self._flush()

    def _refresh(self, asked: _Asked, handle: str, lamp: _Lamp | None) -> None:
        """It gets the whole state (RFC 6665 §4.2.1.2), and loses the lamp when it may not watch that user any
        more."""
        goes_on = self._agent.refresh_subscription(handle, asked.transaction, asked.request, self._now())
        if goes_on and lamp is not None:
            self._notify(lamp)
            self._start(self._check(lamp))

    # -- a new subscription

    def _told_who(self, asked: _Asked, answer: Phone | Challenge | Refusal) -> None:
        if isinstance(answer, Phone):
            self._start(self._look_up(asked, answer))
        elif isinstance(answer, Refusal):
            self._refuse(asked, answer.status)
        else:
            self._refuse(asked, 401, answer)
        self._flush()

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _check(self, lamp: _Lamp) -> None:
        try:
            parties = await self._directory.for_origination(served_device=lamp.device, dialled=lamp.dialled)
        except DirectoryError:
            return  # the next refresh asks again
        watcher = parties.caller
        watched = None if watcher is None or not _may_watch(watcher) else visible(watcher, parties.called)
        if (watched is None or watched.subscriber != lamp.user) and lamp.handle in self._lamps:
            self._agent.end_subscription(lamp.handle, self._now(), "rejected")
            self.ended(lamp.handle)
            self._flush()

    async def _look_up(self, asked: _Asked, phone: Phone) -> None:
        try:
            dialled = read_dialled(asked.request.uri).text
            parties = await self._directory.for_origination(served_device=phone.device, dialled=dialled)
        except SipParseError:
            self._refuse(asked, 400)
        except DirectoryError:
            self._refuse(asked, 503, (("Retry-After", "10"),))
        except Exception:
            log.exception("lamps.fault")
            self._refuse(asked, 500)
        else:
            self._decide(asked, phone, parties)
        self._flush()

    def _decide(self, asked: _Asked, phone: Phone, parties: Origination) -> None:
        """403 for whoever may not watch at all; a user nobody may watch looks like one who does not exist."""
        watcher = parties.caller
        if watcher is None or not _may_watch(watcher):
            self._refuse(asked, 403)
            return
        watched = visible(watcher, parties.called)
        if watched is None:
            self._refuse(asked, 404)
        elif self._watched.get(phone.device, 0) >= MAX_WATCHED:
            self._refuse(asked, 403)
        else:
            self._accept(asked, phone, watched)

    def _accept(self, asked: _Asked, phone: Phone, watched: SubscriberContext) -> None:
        wanted = asked.request.expires
        expires_s = MAX_EXPIRES_S if wanted is None else min(wanted, MAX_EXPIRES_S)
        handle = self._agent.accept_subscription(
            asked.transaction, asked.request, asked.flow, self._now(), expires_s=expires_s
        )
        if handle is None:
            return
        uri = asked.request.uri
        lamp = _Lamp(handle, str(uri), read_dialled(uri).text, watched.subscriber, phone.device)
        if expires_s:
            self._lamps[handle] = lamp
            self._of_user.setdefault(lamp.user, set()).add(handle)
            self._watched[phone.device] = self._watched.get(phone.device, 0) + 1
        self._notify(lamp)

    def _refuse(self, asked: _Asked, status: int, headers: Challenge = ()) -> None:
        self._agent.respond(asked.transaction, status, self._now(), headers=headers)

    # -- what changed

    def _tell(self) -> None:
        self._timer = None
        changed, self._changed = self._changed, set()
        for user in changed:
            for handle in tuple(self._of_user.get(user, ())):
                self._notify(self._lamps[handle])
        self._flush()

    def _notify(self, lamp: _Lamp) -> None:
        body = dialog_info(lamp.entity, lamp.user, self._live.calls_with(lamp.user), lamp.version)
        lamp.version += 1
        self._agent.notify(lamp.handle, self._now(), (DIALOG_INFO, body))


def _may_watch(watcher: SubscriberContext) -> bool:
    return holds(watcher.pack, "busy_lamp_field")


def visible(watcher: SubscriberContext, called: SubscriberContext | None) -> SubscriberContext | None:
    """``called`` when ``watcher`` may see whether that user is busy: a colleague, without *Privacy*."""
    watched = colleague(watcher, called)
    if watched is None:
        return None
    private = effective(watched, "privacy")
    if private is not None and private.active and watched.subscriber != watcher.subscriber:
        return None
    return watched
