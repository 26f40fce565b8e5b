"""The parts of a gateway, made and joined; nothing is open yet. :mod:`fmc_gateway.service` opens them."""

from __future__ import annotations

import asyncio
import secrets
from pathlib import Path
from typing import Any

from fmc_gateway import loop_load
from fmc_gateway.assets import music_on_hold, ringing_tone
from fmc_gateway.bindings import BindingMirror, Bindings
from fmc_gateway.call.commands import PlayAnnouncement
from fmc_gateway.call.events import DialRequested
from fmc_gateway.call.masking import mask
from fmc_gateway.call.model import is_room_leg
from fmc_gateway.callbacks import Callbacks
from fmc_gateway.clock import EngineClock
from fmc_gateway.database_watch import DatabaseWatch
from fmc_gateway.digits import DigitListener
from fmc_gateway.directory_port import DirectoryPort
from fmc_gateway.edge_isc import let_through
from fmc_gateway.emergency_memory import EmergencyMemory
from fmc_gateway.facts import Facts
from fmc_gateway.families import Families
from fmc_gateway.features import Features
from fmc_gateway.hooks import Hooks
from fmc_gateway.imrn import OwnLegs, Reservations
from fmc_gateway.intake import Intake, is_emergency_request
from fmc_gateway.interpreter import Interpreter
from fmc_gateway.lamps import Lamps
from fmc_gateway.large import LargeRequests
from fmc_gateway.lines import Lines
from fmc_gateway.live import LiveCalls
from fmc_gateway.loop_guard import LoopGuard
from fmc_gateway.media_port import MediaPort
from fmc_gateway.metrics import GatewayMetrics
from fmc_gateway.mixer import Mixer
from fmc_gateway.music import HeldMusic
from fmc_gateway.music import folder_of as music_folder
from fmc_gateway.peers import PeerTable
from fmc_gateway.phone_auth import PhoneAuthenticator
from fmc_gateway.phones import DeskPhones
from fmc_gateway.prompts.library import Library, folder_of
from fmc_gateway.records.entry import SpoolEntry
from fmc_gateway.records.journal import Journal
from fmc_gateway.records.last_calls import last_calls
from fmc_gateway.records.spool import Spool
from fmc_gateway.records.store import insert_entries
from fmc_gateway.records.writer import RecordWriter
from fmc_gateway.registrar import Registrar
from fmc_gateway.resolver import Resolver
from fmc_gateway.rooms_port import RoomsPort
from fmc_gateway.routing import Routing
from fmc_gateway.sip_port import SipPort
from fmc_gateway.spending import Spending
from fmc_gateway.tls_names import TlsNames
from fmc_gateway.trunks import Trunks
from fmc_gateway.watched import WatchedLive, WatchedRecords
from fmc_gateway.watched_core import WatchedCore
from hipper.directory.directory import Directory
from hipper.pbx.callback import Waiting
from hipper.pbx.ids import CallId, GatewayId, LegId, SubscriberId
from hipper.runtime.bus import Bus
from hipper.runtime.clock import Clock, SystemClock
from hipper.runtime.database import open_owner_pool
from hipper.runtime.health import HealthServer
from hipper.runtime.ids import RandomIds
from hipper.runtime.metrics import Metrics
from hipper.runtime.ng_client import MediaClient
from hipper.runtime.secret import derive_key, installation_secret
from hipper.runtime.servers import redis_url
from hipper.runtime.settings_model import Settings
from hipper.runtime.sip_endpoint import SipShell
from hipper.telephony.sip.endpoint import EndpointConfig
from hipper.telephony.sip.flow import Flow
from hipper.telephony.sip.useragent import UserAgent, UserAgentConfig

METHODS = (
    *("INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "PRACK", "UPDATE", "INFO", "REFER"),
    *("REGISTER", "SUBSCRIBE"),
)


class GatewayParts:
    """Every part by name. What needs PostgreSQL's pool is made by :meth:`make_parts`."""

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        """Raises PeerConfigError, RoutingConfigError, OSError (secret, spool)."""
        self.settings = settings
        self.clock = EngineClock(clock or SystemClock())
        self.ids = RandomIds()
        secret = installation_secret(settings)
        metrics = Metrics("gateway")
        self.metrics = GatewayMetrics(metrics)
        gateway = GatewayId(settings.gateway.id)

        self.bus = Bus(redis_url(settings))
        self.media_client = MediaClient.from_settings(settings)
        self.bindings = Bindings(self.clock.unix)
        self.binding_mirror = BindingMirror(self.bindings, self.bus.redis, gateway)
        self.live = LiveCalls(gateway, self.bus.redis)
        self.spending = Spending()
        self.recordings = Library(folder_of(settings))
        self.digits = DigitListener(self._digit)
        self.callbacks = Callbacks(self.live, self._call_back, self.clock.unix)
        self.hooks = Hooks(self.bus, self.media_client.engine_of, self.clock.unix)
        self.features: Features
        guard = LoopGuard(secret)
        self.routing = Routing(settings, guard, self.bindings, self.clock.unix)
        chance = secrets.SystemRandom().random
        self.resolver = Resolver.from_settings(settings, self.routing, self.clock.monotonic, chance)
        self.peers = PeerTable(settings)
        self.peers.know_senders(self.routing.senders(), self.resolver.all_servers)
        self.large = LargeRequests(settings, self.routing, self.resolver, self.clock.monotonic)

        self.agent = UserAgent(self._agent_config(), self.ids)
        core = WatchedCore(self.agent, self._flow_lost)
        self.shell = SipShell(
            core,
            settings.sip_listener,
            self._on_event,
            self.clock,
            state_dir=Path(settings.state_dir),
            tls_names=TlsNames(self.routing, self.resolver).expected,
        )
        self.large.flow_for = self.shell.flow_for
        self.sip = SipPort(
            self.agent, self.shell, self.routing, self.resolver, self.ids, self.clock.monotonic
        )
        self.sip.hold = OwnLegs(settings, self.bus.redis, self.clock.monotonic).hold
        self.trunks = Trunks(
            settings,
            routing=self.routing,
            resolver=self.resolver,
            agent=self.agent,
            ids=self.ids,
            shell=self.shell,
            chance=chance,
            metrics=metrics,
            now=self.clock.monotonic,
            now_unix=self.clock.unix,
        )
        self.pool: Any = None
        self.database = DatabaseWatch()
        self._guard = guard
        self._gateway = gateway
        self._nonce_key = derive_key(secret, "digest nonces")
        spool = Path(settings.state_dir) / "spool" / gateway
        self.records = RecordWriter(Spool(spool), self._insert, prepare=self._masked)
        self.journal = Journal(spool, lambda: self.interpreter.traces(), self.clock.unix)
        self._trace_key = derive_key(secret, "trace masking")
        self.interpreter: Interpreter
        self.lamps: Lamps
        self.intake: Intake
        self.lines: Lines
        self.mixer = Mixer(settings, lambda why: self.rooms.lost(why))
        self.rooms = RoomsPort(self.mixer, lambda: self.ids.token(24))
        self.health = HealthServer(
            settings.http.host,
            settings.http.port,
            metrics,
            {
                "sip": lambda: self._open,
                "database": lambda: self.database.answers,
                "redis": lambda: not self.live.away,
                "rtpengine": lambda: self.media_client.available,
            },
            {
                "trunks": self.trunks.report,
                "timers": loop_load.timers_by_callback,
                "conferences": self.mixer.report,
            },
        )
        self._open = False
        self._tasks: list[asyncio.Task[None]] = []
        self._measure(metrics)

    def _measure(self, metrics: Metrics) -> None:
        metrics.gauge("active_calls", "Calls the gateway holds.", read=lambda: len(self.interpreter))
        metrics.gauge("registrations", "Contacts of desk phones.", read=lambda: len(self.bindings))
        metrics.gauge("spool_records", "Records not yet in PostgreSQL.", read=lambda: self.records.length)
        metrics.gauge(
            "dns_stale_answers", "Answers of DNS used past their TTL.", read=lambda: self.resolver.stale
        )
        metrics.gauge("lamps", "Subscriptions of desk phones to colleagues.", read=self._lamp_count)
        metrics.gauge(
            "overload_refusals",
            "New requests answered 503 because we were behind or full.",
            read=lambda: self.agent.endpoint.refused,
        )
        metrics.gauge("tasks", "Tasks of the event loop.", read=loop_load.tasks)
        metrics.gauge("timers", "Timers of the event loop.", read=loop_load.timers)
        metrics.gauge(
            "journal_failures",
            "Times the journal of live calls, or one call in it, could not be written.",
            read=lambda: self.journal.failures,
        )
        metrics.gauge("conference_rooms", "Rooms of conferences.", read=lambda: len(self.rooms))
        metrics.gauge("media_pairs", "Talking pairs at rtpengine.", read=lambda: self.media_client.calls)

    def _agent_config(self) -> UserAgentConfig:
        advertised = {
            listener.name: (listener.advertised_host, listener.port)
            for listener in self.settings.sip_listener
            if listener.advertised_host is not None
        }
        return UserAgentConfig(
            endpoint=EndpointConfig(
                advertised=advertised,
                never_refuse=is_emergency_request,
                overloaded=lambda: self.shell.is_behind(),
                let_through=let_through(self.settings),
                flow_for_large=self.large,
            ),
            supported=("100rel", "timer", "path", "outbound", "replaces"),
            allow=METHODS,
            match_replaces=False,
        )

    def make_parts(self) -> MediaPort:
        """What needs the pool, and what needs that."""
        settings = self.settings
        directory = Directory(self.pool, remember=settings.gateway.context_cache_size)
        own_music = music_on_hold(settings)
        media = MediaPort(
            self.media_client,
            own_music,
            fixed=lambda leg: is_room_leg(leg) or self.sip.is_fixed(leg),
            observer=self.metrics,
            find=self._recording,
            family=Families(settings, self.sip, lambda leg: self.interpreter.run_of(leg)),
            ringing=ringing_tone(settings),
            music_of=HeldMusic(lambda: self.pool, music_folder(settings), own_music).file_for,
        )
        self.features = Features(self._directory_pool, directory, self.callbacks)
        self.interpreter = self.make_interpreter(directory, media)
        authenticator = PhoneAuthenticator(
            settings.devices, directory, self._nonce_key, self.clock.unix, self.metrics
        )
        registrar = Registrar(
            settings.devices,
            self.bindings,
            agent=self.agent,
            flush=self.shell.flush,
            host=self.routing.advertised_host,
            observer=self.metrics,
            now=self.clock.monotonic,
            now_unix=self.clock.unix,
        )
        self.lines = Lines(
            self.bindings,
            directory,
            EmergencyMemory(Path(settings.state_dir) / "emergency.json"),
            [route.name for route in settings.emergency_route],
            self.clock.unix,
        )
        self.interpreter.on_emergency = self.lines.called_emergency
        phones = DeskPhones(authenticator, registrar)
        self.lamps = Lamps(
            self.agent,
            phones,
            directory,
            self.live,
            now=self.clock.monotonic,
            flush=self.shell.flush,
        )
        self.intake = Intake(
            gateway=self._gateway,
            max_calls=settings.gateway.max_calls,
            emergency_routes=self.routing.emergency_routes,
            agent=self.agent,
            sip=self.sip,
            interpreter=self.interpreter,
            peers=self.peers,
            guard=self._guard,
            reservations=Reservations(settings, self.bus.redis),
            phones=phones,
            lines=self.lines,
            lamps=self.lamps,
            observer=self.metrics,
            ids=self.ids,
            now=self.clock.monotonic,
            now_unix=self.clock.unix,
        )
        return media

    def make_interpreter(self, directory: Directory, media: MediaPort) -> Interpreter:
        """The engine with the ports of a real gateway; the benchmark of signalling alone has others."""
        return Interpreter(
            sip=self.sip,
            media=media,
            directory=DirectoryPort(
                directory,
                self.bindings,
                Facts(self.live, self.spending),
                lambda user: last_calls(self.pool, user),
                self.clock.unix,
            ),
            live=WatchedLive(self.live, self.spending, (self._user_changed,)),
            records=WatchedRecords(self.records, self.spending),
            features=self.features,
            hooks=self.hooks,
            rooms=self.rooms,
            observer=self.metrics,
            now_unix=self.clock.unix,
        )

    def _recording(self, command: PlayAnnouncement) -> Path | None:
        return self.recordings.file_for(
            command.announcements,
            command.language,
            command.tenant,
            now=self.clock.unix(),
            spoken=command.spoken_time,
            time_zone=command.time_zone,
        )

    def _digit(self, leg: LegId, digit: str) -> None:
        self.interpreter.digit(leg, digit)

    async def _directory_pool(self) -> Any:
        """What users set by code is written as the directory's own role, by its library."""
        return await open_owner_pool(self.settings, "directory")

    def _lamp_count(self) -> int:
        return self.agent.subscription_count()

    def _user_changed(self, subscriber: SubscriberId) -> None:
        self.lamps.changed(subscriber)
        if len(self.callbacks) and self.live.calls_of(subscriber) == 0:
            # after the engine's turn, in which the call that ended is still being wound up
            asyncio.get_running_loop().call_soon(self.callbacks.freed, subscriber)

    def _call_back(self, due: Waiting) -> None:
        self.interpreter.dial(
            DialRequested(
                call=CallId(self.ids.token(20)),
                leg=LegId(self.ids.token(20)),
                subscriber=due.caller,
                destination=due.dialled,
                gateway=self._gateway,
            )
        )

    def _on_event(self, event: Any) -> None:
        if not self.trunks.on_event(event):
            self.intake.on_event(event)

    def _flow_lost(self, flow: Flow) -> None:
        self.bindings.flow_lost(flow)
        self.large.flow_lost(flow)

    def _masked(self, entry: SpoolEntry) -> SpoolEntry:
        return SpoolEntry(entry.record, mask(entry.trace, self._trace_key))

    async def _insert(self, lines: Any) -> None:
        await insert_entries(self.pool, lines)
