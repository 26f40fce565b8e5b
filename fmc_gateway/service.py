"""The gateway as a process: all parts made and joined, started, drained, stopped.

SIP opens whatever else is away: PostgreSQL, Redis and rtpengine are looked for in the background, and a 112
call needs none of them.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import secrets
from pathlib import Path
from typing import Any

import structlog

from fmc_gateway import loop_load
from fmc_gateway.assets import music_on_hold, ringing_tone
from fmc_gateway.bindings import BindingMirror, Bindings
from fmc_gateway.call.commands import PlayAnnouncement
from fmc_gateway.call.events import DialRequested
from fmc_gateway.call.masking import mask
from fmc_gateway.callbacks import Callbacks
from fmc_gateway.clock import EngineClock
from fmc_gateway.commands_bus import CommandReader
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
from fmc_gateway.peers import PeerTable
from fmc_gateway.phone_auth import PhoneAuthenticator
from fmc_gateway.phones import DeskPhones
from fmc_gateway.prompts.library import Library, folder_of, place_recordings
from fmc_gateway.records.entry import SpoolEntry
from fmc_gateway.records.journal import Journal, bring_back
from fmc_gateway.records.last_calls import last_calls
from fmc_gateway.records.retention import expire_forever
from fmc_gateway.records.spool import Spool
from fmc_gateway.records.store import insert_entries
from fmc_gateway.records.unfinished import GATEWAY_STOPPED, unfinished_entry
from fmc_gateway.records.writer import RecordWriter
from fmc_gateway.registrar import Registrar
from fmc_gateway.resolver import Resolver
from fmc_gateway.routing import Routing
from fmc_gateway.sip_port import SipPort
from fmc_gateway.spending import Spending
from fmc_gateway.trunks import Trunks
from fmc_gateway.watched import WatchedLive, WatchedRecords
from fmc_gateway.watched_core import WatchedCore
from hipper.directory.directory import Directory
from hipper.directory.leases import Leases
from hipper.pbx import schedules
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

METHODS = ("INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "PRACK", "UPDATE", "INFO", "REGISTER", "SUBSCRIBE")
HANG_UP_WITHIN_S = 3.0
"""After the drain's time is over, how long BYEs may take."""
POLL_S = 0.05
CANCEL_AGAIN_S = 0.5
DNS_WITHIN_S = 1.0
"""How long the start waits for names nobody has resolved yet."""
DATABASE_ASKED_S = 1.0
"""How often it is asked whether it is there, and how long it may take to say so."""

log = structlog.get_logger("fmc_gateway")


class Gateway:
    """``await start()``, then SIP is served; ``await drain(s)``, ``await stop()``."""

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
        self.large = LargeRequests(settings, self.routing, self.resolver, self.clock.monotonic)

        self.agent = UserAgent(self._agent_config(), self.ids)
        core = WatchedCore(self.agent, self._flow_lost)
        self.shell = SipShell(
            core, settings.sip_listener, self._on_event, self.clock, state_dir=Path(settings.state_dir)
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
        self.health = HealthServer(
            settings.http.host,
            settings.http.port,
            metrics,
            {
                "sip": lambda: self._open,
                "database": lambda: self.database_answers,
                "redis": lambda: not self.live.away,
                "rtpengine": lambda: self.media_client.available,
            },
            {"trunks": self.trunks.report},
        )
        self._open = False
        self.database_answers = False
        self._tasks: list[asyncio.Task[None]] = []
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
            supported=("100rel", "timer", "path", "outbound"),
            allow=METHODS,
            match_replaces=False,
        )

    async def start(self) -> None:
        """Open SIP first. Raises ListenError."""
        schedules.prepare()  # no call waits for it then
        settings = self.settings
        self.pool = await open_owner_pool(settings, "gateway")
        directory = Directory(self.pool, remember=settings.gateway.context_cache_size)
        media = MediaPort(
            self.media_client,
            music_on_hold(settings),
            fixed=self.sip.is_fixed,
            observer=self.metrics,
            find=self._recording,
            family=Families(settings, self.sip, lambda leg: self.interpreter.run_of(leg)),
            ringing=ringing_tone(settings),
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
        lines = self.lines = Lines(
            self.bindings,
            directory,
            EmergencyMemory(Path(settings.state_dir) / "emergency.json"),
            [route.name for route in settings.emergency_route],
            self.clock.unix,
        )
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
            lines=lines,
            lamps=self.lamps,
            observer=self.metrics,
            ids=self.ids,
            now=self.clock.monotonic,
            now_unix=self.clock.unix,
        )
        await self.media_client.start()
        try:
            await self.digits.open(settings)
        except OSError as error:
            log.warning("digits.not_heard", address=settings.media.dtmf_listen, error=str(error))
        with contextlib.suppress(TimeoutError):
            # bindings of an earlier process are there before the first call, when Redis is
            await asyncio.wait_for(self.binding_mirror.load(), 1.0)
        if not self.resolver.complete:
            # a name nobody resolved yet; with what an earlier process knew, nobody waits for DNS
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.resolver.refresh(), DNS_WITHIN_S)
        await self.health.start()
        await self.shell.start()
        self._open = True
        settle_memory()
        commands = CommandReader(self._gateway, self.bus, self.interpreter, self.intake, self.clock.unix)
        for work in (
            self._write_records(),
            self.journal.run(),
            self.live.run(),
            self.binding_mirror.run(),
            self.resolver.run(),
            self.trunks.run(),
            lines.run(),
            commands.run(),
            expire_forever(
                self.pool,
                trace_days=settings.gateway.trace_retention_days,
                record_days=settings.gateway.record_retention_days,
            ),
            self._watch_database(),
            self.hooks.run(),
            self._place_recordings(),
            self.spending.load(self.pool, self.clock.unix()),
            self.spending.watch(self.interpreter.hang_up, self.clock.unix),
            media.watch(settings.media.media_timeout_s / 4),
        ):
            self._tasks.append(asyncio.create_task(work))
        log.info("gateway.started", gateway=self._gateway, listeners=len(settings.sip_listener))

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
            observer=self.metrics,
            now_unix=self.clock.unix,
        )

    async def drain(self, within_s: float, until: Any = None) -> None:
        """No new calls; wait for the running ones, then end them.

        An emergency call is left alone whatever the time: its audio does not pass through us, so it goes on
        without us. Its record ends here.
        """
        self.intake.draining = self.health.draining = True
        log.info("gateway.draining", calls=len(self.interpreter))
        if until is not None:
            await until(lambda: len(self.interpreter) == 0, within_s)
        ordinary = [call for call in self.interpreter.calls() if not self.interpreter.is_emergency(call)]
        for call in ordinary:
            self.interpreter.hang_up(call, "drain")
        for _ in range(int(HANG_UP_WITHIN_S / POLL_S)):
            if not any(self.interpreter.holds(call) for call in ordinary):
                break
            await asyncio.sleep(POLL_S)

    async def stop(self) -> None:
        """Close everything; what is still to be written is written or spooled."""
        self._open = False
        # the background writers first: closing connections takes their registrations along, and Redis must
        # keep
        # those, because the next process opens the connections anew
        await cancelled(self._tasks)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.binding_mirror.flush(), 2.0)
        await self.trunks.stop()
        await self.shell.stop()
        self.lines.save()
        self._record_the_rest()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.records.flush(), 5.0)
        if self.records.in_memory == 0:
            self.journal.remove()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.live.flush(), 2.0)
        await self.health.stop()
        self.digits.close()
        await self.media_client.stop()
        await self.bus.close()
        await self.features.close()
        self.pool.terminate()
        log.info("gateway.stopped")

    async def _place_recordings(self) -> None:
        """Announcements where rtpengine finds them. Calls are served without them too."""
        try:
            await asyncio.to_thread(place_recordings, self.settings)
        except OSError as error:
            log.warning("announcements.not_placed", error=str(error))

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

    async def _write_records(self) -> None:
        await bring_back(self.journal, self.records)
        await self.records.run()

    def _record_the_rest(self) -> None:
        """Calls that outlive us, emergency calls as a rule."""
        now = self.clock.unix()
        for call, steps in self.interpreter.traces():
            entry = unfinished_entry(call, steps, now, GATEWAY_STOPPED)
            if entry is not None:
                self.records.write(entry)

    def _masked(self, entry: SpoolEntry) -> SpoolEntry:
        return SpoolEntry(entry.record, mask(entry.trace, self._trace_key))

    async def _insert(self, lines: Any) -> None:
        await insert_entries(self.pool, lines)

    async def _watch_database(self) -> None:
        """For readiness and the log only; calls ask the database themselves."""
        known: bool | None = None
        leases = Leases(self.pool, keep=1)
        while True:
            error = await self._ask_database(leases)
            self.database_answers = error is None
            if error is not None and known is not False:
                log.warning("database.away", error=error)
            elif error is None and known is False:
                log.info("database.back")
            known = self.database_answers
            await asyncio.sleep(DATABASE_ASKED_S)

    async def _ask_database(self, leases: Leases) -> str | None:
        """What is wrong with it. A server that says nothing is broken off, not waited for."""
        try:
            connection = await leases.take(DATABASE_ASKED_S)
        except Exception as error:
            return str(error) or type(error).__name__
        try:
            async with asyncio.timeout(DATABASE_ASKED_S):
                await connection.fetchval("SELECT 1")
        except Exception as error:
            await leases.discard(connection)
            return str(error) or type(error).__name__
        except BaseException:
            await leases.discard(connection)
            raise
        await leases.give_back(connection)
        return None


def settle_memory() -> None:
    """What stands at start is never looked at again by the garbage collector, and young garbage gathers
    longer: most of a call is freed by counting references alone."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


async def cancelled(tasks: list[asyncio.Task[None]]) -> None:
    """Cancel until all are over: a library in between may swallow the first cancellation (redis-py was seen
    to)."""
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=CANCEL_AGAIN_S)
