"""What the user agent tells, sorted: new calls through the edge, events of calls to the interpreter, the
rest answered.

Order of a new INVITE: known peer (else 403), emergency (never refused, never challenged), room for a call
(else 503), for a desk phone who it is (else 401), then the engine.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import msgspec
import structlog

from fmc_gateway.call.events import AnyEvent, DigitPressed, LegOffered
from fmc_gateway.dialled import read_dialled
from fmc_gateway.edge import (
    Offer,
    Phone,
    Refusal,
    cleaned,
    may_stand_for_another,
    offer_from_network,
    offer_from_phone,
    offer_from_trunk,
)
from fmc_gateway.edge_exchange import offer_from_exchange
from fmc_gateway.edge_isc import offer_from_isc
from fmc_gateway.imrn import Reservations
from fmc_gateway.interpreter import Interpreter
from fmc_gateway.lines import Lines
from fmc_gateway.loop_guard import LoopGuard
from fmc_gateway.peers import DevicePeer, ExchangePeer, MobilePeer, Peer, PeerTable, TrunkPeer
from fmc_gateway.referred import Referrals
from fmc_gateway.sip_events import to_engine
from fmc_gateway.sip_port import SipPort, warning
from fmc_gateway.trunks_called import with_called_number
from hipper.pbx.ids import CallId, GatewayId, LegId
from hipper.telephony.numbers.emergency import is_emergency
from hipper.telephony.sip import events as sip
from hipper.telephony.sip.errors import SipParseError
from hipper.telephony.sip.flow import Flow
from hipper.telephony.sip.ids import IdSource
from hipper.telephony.sip.message import Request

RETRY_AFTER_S = 10
"""What a caller is told to wait when there is no room or the gateway drains."""
NO_SUCH_DIALOG = "no such dialog"
NOT_REPLACED = "dialogs are taken over by REFER or *11"
NOT_CONFIGURED = "address not configured on this listener"

Challenge = tuple[tuple[str, str], ...]
"""Headers of a 401."""
Answered = Callable[[Phone | Challenge | Refusal], None]

log = structlog.get_logger("fmc_gateway.intake")


class Phones(Protocol):
    """Desk phones: who they are, and their registrations."""

    def authenticate(self, request: Request, flow: Flow, done: Answered) -> None: ...
    def register(self, transaction: str, request: Request, flow: Flow) -> None: ...


class Lamps(Protocol):
    """As :class:`fmc_gateway.lamps.Lamps`."""

    def subscribe(self, transaction: str, request: Request, flow: Flow) -> None: ...
    def refreshed(self, handle: str, transaction: str, request: Request, flow: Flow) -> None: ...
    def ended(self, handle: str) -> None: ...


class Observer(Protocol):
    def call_refused(self, why: str) -> None: ...


class Intake:
    """``agent``: the UserAgent. ``draining``: set once the gateway takes no new calls."""

    def __init__(
        self,
        *,
        gateway: GatewayId,
        max_calls: int,
        emergency_routes: int,
        agent: Any,
        sip: SipPort,
        interpreter: Interpreter,
        peers: PeerTable,
        guard: LoopGuard,
        reservations: Reservations,
        phones: Phones,
        lines: Lines,
        lamps: Lamps,
        observer: Observer,
        ids: IdSource,
        now: Callable[[], float],
        now_unix: Callable[[], float],
    ) -> None:
        self.draining = False
        self._gateway = gateway
        self._max_calls = max_calls
        self._emergency_routes = emergency_routes
        self._agent = agent
        self._sip = sip
        self._interpreter = interpreter
        self._peers = peers
        self._guard = guard
        self._reservations = reservations
        self._phones = phones
        self._lines = lines
        self._lamps = lamps
        self._observer = observer
        self._ids = ids
        self._now = now
        self._now_unix = now_unix
        self._referrals = Referrals(agent, interpreter, sip, now)
        sip.tell = self._moved_on
        sip.call_of = self._call_of
        self._asked: set[str] = set()
        """Sessions of desk phones that are being authenticated, and those whose reservation is being read."""

    def on_event(self, event: Any) -> None:
        """Everything the user agent tells comes here."""
        if isinstance(event, sip.Invited):
            self._invited(event)
        elif isinstance(event, sip.OutOfDialogRequest):
            self._out_of_dialog(event)
        elif isinstance(event, sip.SubscriptionRefreshed):
            self._lamps.refreshed(event.handle, event.transaction, event.request, event.flow)
        elif isinstance(event, sip.SubscriptionEnded):
            self._lamps.ended(event.handle)
        elif isinstance(event, sip.Referred):
            self._referrals.asked(event)
        elif isinstance(event, sip.InDialogRequest):
            # messages within a call are not taken yet: the call goes on as it is
            self._agent.respond(event.transaction, 405, self._now())
        elif (session := getattr(event, "session", None)) is not None:
            self._in_call(event, session)

    # -- calls that go on
    # ---------------------------------------------------------------------------------------

    def _in_call(self, event: Any, session: str) -> None:
        run = self._interpreter.run_of(session)
        if run is None:
            self._asked.discard(session)
            return
        leg = self._sip.leg(session)
        if leg is not None:
            if isinstance(event, sip.Rejected):
                again = self._sip.try_next(LegId(session), event)
                if again is not None:
                    self._interpreter.tell(run, again)
                    return
            else:
                leg.hear()
            translated = to_engine(event, rang=leg.rang, trusted=leg.trusted)
            if isinstance(event, sip.Ringing | sip.EarlyMedia):
                leg.rang = True
            if isinstance(translated, DigitPressed):
                self._interpreter.digit(translated.leg, translated.digit, by_info=True)
            elif translated is not None:
                self._interpreter.tell(run, translated)

    def _moved_on(self, leg: LegId, event: AnyEvent) -> None:
        """A leg of ours went on to another server, or could not."""
        run = self._interpreter.run_of(leg)
        if run is not None:
            self._interpreter.tell(run, event)
        self._sip.flush()

    def _call_of(self, leg: str) -> CallId | None:
        run = self._interpreter.run_of(leg)
        return None if run is None else run.id

    # -- new calls
    # ----------------------------------------------------------------------------------------------

    def _invited(self, event: sip.Invited) -> None:
        peer = self._peers.find(event.flow.listener, event.flow.remote[0])
        if peer is None:
            self._observer.call_refused("unconfigured_peer")
            log.warning("peer.unconfigured", listener=event.flow.listener, address=event.flow.remote[0])
            self._refuse(event, Refusal(403, NOT_CONFIGURED))
            return
        offer = self._offer(event)
        if event.replaces is not None and not offer.emergency:
            # who transfers here asks us, by REFER; *11 takes a call over (call-flows §4)
            self._observer.call_refused("bad_offer")
            there = event.replaces_session is not None
            self._refuse(event, Refusal(603, NOT_REPLACED) if there else Refusal(481, NO_SUCH_DIALOG))
            return
        if not offer.emergency and self._is_full():
            self._observer.call_refused("draining" if self.draining else "call_limit")
            self._refuse(event, Refusal(503, "no room for a new call"))
            return
        if isinstance(peer, DevicePeer) and not offer.emergency:
            self._ask_who(event, offer)
            return
        self._begin(event, offer, peer, None)

    def _offer(self, event: sip.Invited) -> Offer:
        return Offer(
            gateway=self._gateway,
            emergency_routes=self._emergency_routes,
            call=CallId(self._ids.token(20)),
            leg=LegId(event.session),
            request=event.request,
            sdp=event.sdp,
            dialled=cleaned(read_dialled(event.request.uri)),
        )

    @property
    def has_room(self) -> bool:
        """Whether a new call is taken."""
        return not self._is_full()

    def _is_full(self) -> bool:
        return self.draining or len(self._interpreter) + len(self._asked) >= self._max_calls

    def _ask_who(self, event: sip.Invited, offer: Offer) -> None:
        self._asked.add(event.session)
        self._phones.authenticate(
            event.request, event.flow, lambda answer: self._told_who(event, offer, answer)
        )

    def _told_who(self, event: sip.Invited, offer: Offer, answer: Phone | Challenge | Refusal) -> None:
        if event.session not in self._asked:
            return  # cancelled meanwhile
        self._asked.discard(event.session)
        if isinstance(answer, Phone):
            self._begin(event, offer, DevicePeer(event.flow.listener), answer)
        elif isinstance(answer, Refusal):
            self._observer.call_refused("forbidden")
            self._refuse(event, answer)
        else:
            self._agent.reject(event.session, self._now(), 401, headers=answer)
        self._sip.flush()

    def _begin(self, event: sip.Invited, offer: Offer, peer: Peer, phone: Phone | None) -> None:
        try:
            if self._reservations.concern(peer) and not offer.emergency:
                self._asked.add(event.session)
                self._reservations.take(offer, peer, lambda found: self._told_leg(event, peer, found))
                return
            offered = self._read(offer, peer, phone)
        except SipParseError as error:
            self._asked.discard(event.session)
            offered = Refusal(400, error.reason)
        if isinstance(offered, LegOffered):
            offered = self._reservations.refuse(offered) or offered
        self._admit(event, peer, phone, offered)

    def _told_leg(self, event: sip.Invited, peer: Peer, found: LegOffered | Refusal) -> None:
        """What the reservation of a routing number says."""
        if event.session not in self._asked:
            return  # cancelled meanwhile
        self._asked.discard(event.session)
        self._admit(event, peer, None, found)
        self._sip.flush()

    def _admit(
        self, event: sip.Invited, peer: Peer, phone: Phone | None, offered: LegOffered | Refusal
    ) -> None:
        if isinstance(offered, Refusal):
            self._observer.call_refused("bad_offer")
            self._refuse(event, offered)
            return
        fixed = not isinstance(peer, DevicePeer)
        if not fixed and phone is None:
            line = self._lines.find(event.request, event.flow)
            offered = msgspec.structs.replace(
                offered,
                device=line.device,
                caller=line.caller,
                emergency_number=line.shown,
                emergency_route=line.route,
            )
        elif phone is not None and may_stand_for_another(offered.dialled):
            offered = self._lines.at_site(offered, phone.device)
        offered = self._lines.called_back(offered)
        self._sip.offered(
            offered.leg,
            event.flow.listener,
            trusted=fixed and offered.trusted,
            fixed=fixed,
            flow=event.flow,
        )
        self._interpreter.begin(offered)

    def _read(self, offer: Offer, peer: Peer, phone: Phone | None) -> LegOffered | Refusal:
        match peer:
            case MobilePeer(network) if network.mode == "isc":
                supported = self._agent.endpoint.supported
                return offer_from_isc(offer, network, self._guard, self._now_unix(), supported)
            case MobilePeer():
                return offer_from_network(offer, peer, self._guard, self._now_unix())
            case TrunkPeer():
                return offer_from_trunk(with_called_number(offer, peer.trunk), peer)
            case ExchangePeer():
                return offer_from_exchange(offer, peer)
            case DevicePeer():
                return offer_from_phone(offer, phone)

    def _refuse(self, event: sip.Invited, refusal: Refusal) -> None:
        host = self._sip.host(event.flow.listener)
        headers: Challenge = (("Warning", warning(host, refusal.explanation)), *refusal.headers)
        if refusal.status == 503:
            headers += (("Retry-After", str(RETRY_AFTER_S)),)
        self._agent.reject(event.session, self._now(), refusal.status, headers=headers)

    # -- other requests
    # -----------------------------------------------------------------------------------------

    def _out_of_dialog(self, event: sip.OutOfDialogRequest) -> None:
        peer = self._peers.find(event.flow.listener, event.flow.remote[0])
        method = event.request.method
        if peer is None:
            host = self._sip.host(event.flow.listener)
            self._respond(event, 403, (("Warning", warning(host, NOT_CONFIGURED)),))
        elif method == "REGISTER" and isinstance(peer, DevicePeer):
            self._phones.register(event.transaction, event.request, event.flow)
        elif method == "OPTIONS":
            self._respond(event, 503 if self.draining else 200, (("Accept", "application/sdp"),))
        elif method == "REGISTER":
            self._respond(event, 403)
        elif method == "SUBSCRIBE" and isinstance(peer, DevicePeer):
            self._lamps.subscribe(event.transaction, event.request, event.flow)
        elif method == "SUBSCRIBE":
            self._respond(event, 489)
        else:
            self._respond(event, 481 if method == "NOTIFY" else 405)

    def _respond(self, event: sip.OutOfDialogRequest, status: int, headers: Challenge = ()) -> None:
        self._agent.respond(event.transaction, status, self._now(), headers=headers)


def is_emergency_request(request: Request) -> bool:
    """For the transaction layer: an INVITE that is never refused for want of room."""
    try:
        return request.method == "INVITE" and is_emergency(read_dialled(request.uri).text)
    except SipParseError:
        return False
