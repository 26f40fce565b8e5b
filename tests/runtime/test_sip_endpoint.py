"""hipper.runtime.sip_endpoint, sip_udp and sip_stream: real sockets around a core that records and
repeats."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from hipper.runtime.ports import ListenError
from hipper.runtime.settings_model import SipListener
from hipper.runtime.sip_endpoint import SipShell
from hipper.runtime.sip_stream import StreamLimits
from hipper.runtime.sip_udp import Lateness
from hipper.telephony.sip.flow import Flow, Outgoing

UDP = SipListener(name="udp", transport="udp", port=0)
TCP = SipListener(name="tcp", transport="tcp", port=0)
TLS = SipListener(name="tls", transport="tls", port=0)


def message(text: str = "", body: str = "") -> bytes:
    return (
        f"MESSAGE sip:a@127.0.0.1 SIP/2.0\r\nSubject: {text}\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


class RecordingCore:
    """Repeats every message to its sender (``echo``) and turns what happens into events."""

    def __init__(self, echo: bool = True) -> None:
        self.echo = echo
        self.events: deque[tuple[str, Any, Flow | None]] = deque()
        self.out: list[Outgoing] = []
        self.timers: list[float] = []
        self.timers_fired: list[float] = []

    def receive_datagram(self, data: bytes, flow: Flow, now: float) -> None:
        self.events.append(("received", data, flow))
        if self.echo:
            self.out.append(Outgoing(data, flow))

    receive_message = receive_datagram

    def next_event(self) -> Any:
        return self.events.popleft() if self.events else None

    def messages_to_send(self) -> list[Outgoing]:
        out, self.out = self.out, []
        return out

    def next_timer(self) -> float | None:
        return min(self.timers, default=None)

    def handle_timer(self, now: float) -> None:
        self.timers_fired += [due for due in self.timers if due <= now]
        self.timers = [due for due in self.timers if due > now]
        self.events.append(("timer", now, None))

    def transport_failed(self, flow: Flow, now: float) -> None:
        self.events.append(("failed", None, flow))


class SteppingClock:
    """A clock that stands still until somebody moves it."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now

    def unix(self) -> float:
        return self.now


class Seen:
    """Events of a shell, to be waited for."""

    def __init__(self) -> None:
        self.all: list[tuple[str, Any, Flow]] = []
        self._changed = asyncio.Event()

    def __call__(self, event: tuple[str, Any, Flow]) -> None:
        self.all.append(event)
        self._changed.set()

    def of(self, kind: str) -> list[tuple[str, Any, Flow]]:
        return [event for event in self.all if event[0] == kind]

    async def wait_for(self, kind: str, count: int = 1) -> list[tuple[str, Any, Flow]]:
        async with asyncio.timeout(5):
            while len(self.of(kind)) < count:
                self._changed.clear()
                await self._changed.wait()
        return self.of(kind)


@asynccontextmanager
async def running(
    *listeners: SipListener, core: RecordingCore | None = None, **options: Any
) -> AsyncIterator[tuple[SipShell, RecordingCore, Seen]]:
    core, seen = core or RecordingCore(), Seen()
    shell = SipShell(core, listeners, seen, **options)
    await shell.start()
    try:
        yield shell, core, seen
    finally:
        await shell.stop()


async def connect(shell: SipShell, listener: str = "tcp", **options: Any) -> Any:
    return await asyncio.open_connection(*shell.local_address(listener), **options)


class TestLateness:
    """(at, waited) of batches, and at which of them new work is refused."""

    @pytest.mark.parametrize(
        ("batches", "refusing"),
        [
            ([(at / 2, 0.3) for at in range(20)], []),
            ([(at / 100, 0.3) for at in range(20)], []),
            ([(at / 10, 0.05) for at in range(7)] + [(0.65, 0.01), (0.75, 0.01)], [0.5, 0.6, 0.65]),
            ([(at / 10, 0.05) for at in range(6)] + [(0.85, 0.05), (1.4, 0.05), (1.5, 0.05)], [0.5, 0.85]),
            ([(at / 10, 0.04) for at in range(20)], []),
        ],
        ids=["hiccups", "a burst", "again and again", "a calm while", "in time"],
    )
    def test_refuses(self, batches: list[tuple[float, float]], refusing: list[float]) -> None:
        lateness, found = Lateness(), []
        for at, waited_s in batches:
            lateness.note(waited_s, 100 + at)
            if 100 + at < lateness.behind_until:
                found.append(at)
        assert found == refusing


class TestUdp:
    async def test_a_datagram_comes_in_and_its_answer_goes_back(self) -> None:
        async with running(UDP) as (shell, _, seen):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
                peer.bind(("127.0.0.1", 0))
                peer.setblocking(False)
                peer.sendto(b"hello", shell.local_address("udp"))
                loop = asyncio.get_running_loop()
                assert await asyncio.wait_for(loop.sock_recv(peer, 100), 5) == b"hello"
                (event,) = seen.of("received")
                assert event[2] == Flow("udp", "udp", shell.local_address("udp"), peer.getsockname())

    async def test_one_wake_up_drains_no_more_than_64_datagrams(self) -> None:
        core = RecordingCore(echo=False)
        async with running(UDP, core=core) as (shell, _, seen):
            batches: list[int] = []
            original = shell.flush
            shell._udp["udp"]._on_batch = lambda: (batches.append(len(core.events)), original())  # type: ignore[assignment]
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
                for number in range(150):
                    peer.sendto(b"%d" % number, shell.local_address("udp"))
            await seen.wait_for("received", 150)
            assert [event[1] for event in seen.all] == [b"%d" % number for number in range(150)]
            assert batches[:3] == [64, 64, 22]

    async def test_behind_is_who_reads_datagrams_late_again_and_again(self) -> None:
        clock = SteppingClock()
        async with running(UDP, clock=clock) as (shell, _, seen):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
                for number, late in enumerate([True] * 6 + [False]):
                    clock.now += 0.15
                    peer.sendto(b"hello", shell.local_address("udp"))
                    time.sleep(0.05 if late else 0.0)  # noqa: ASYNC251  the loop is what is late
                    await seen.wait_for("received", number + 1)
                    assert shell.is_behind() == (number == 5)

    async def test_icmp_port_unreachable_fails_the_flow(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as gone:
            gone.bind(("127.0.0.1", 0))
            closed_port = gone.getsockname()[1]
        async with running(UDP) as (shell, core, seen):
            flow = shell.flow_for("udp", "udp", "127.0.0.1", closed_port)
            core.out.append(Outgoing(b"anyone?", flow))
            shell.flush()
            assert (await seen.wait_for("failed"))[0][2] == flow

    async def test_an_earlier_icmp_error_does_not_swallow_the_next_datagram(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as gone:
            gone.bind(("127.0.0.1", 0))
            closed_port = gone.getsockname()[1]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
            peer.bind(("127.0.0.1", 0))
            peer.settimeout(5)
            async with running(UDP) as (shell, core, seen):
                core.out.append(Outgoing(b"anyone?", shell.flow_for("udp", "udp", "127.0.0.1", closed_port)))
                core.out.append(Outgoing(b"you", shell.flow_for("udp", "udp", *peer.getsockname())))
                shell.flush()
                assert peer.recv(100) == b"you"
                await seen.wait_for("failed")

    async def test_a_port_in_use_is_named_with_its_holder_and_nothing_stays_open(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as holder:
            holder.bind(("127.0.0.1", 0))
            port = holder.getsockname()[1]
            shell = SipShell(RecordingCore(), [UDP, SipListener(name="taken", port=port)], Seen())
            with pytest.raises(
                ListenError, match=rf"127.0.0.1:{port}/udp \(listener 'taken'\) is in use by py"
            ):
                await shell.start()
            with pytest.raises(KeyError):
                shell.local_address("udp")


class TestTimer:
    async def test_the_timer_fires_when_due_and_not_before(self) -> None:
        async with running(UDP) as (shell, core, seen):
            now = asyncio.get_running_loop().time()
            core.timers = [now + 0.15]
            shell.flush()
            await seen.wait_for("timer")
            assert 0 <= asyncio.get_running_loop().time() - core.timers_fired[0] < 1

    async def test_an_earlier_timer_replaces_a_later_one(self) -> None:
        async with running(UDP) as (shell, core, seen):
            now = asyncio.get_running_loop().time()
            core.timers = [now + 3600]
            shell.flush()
            core.timers.append(now + 0.05)
            shell.flush()
            await seen.wait_for("timer")
            assert core.timers == [now + 3600]

    async def test_timers_close_together_fire_together(self) -> None:
        """A hundred within 20 ms: two or three turns, not a hundred."""
        async with running(UDP) as (shell, core, seen):
            now = asyncio.get_running_loop().time()
            core.timers = [now + 0.1 + number * 0.0002 for number in range(100)]
            shell.flush()
            async with asyncio.timeout(5):
                while core.timers:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
            assert len(core.timers_fired) == 100
            assert len(seen.of("timer")) <= 3

    async def test_an_event_handler_that_raises_stops_nobody(self) -> None:
        core = RecordingCore()
        delivered: list[Any] = []

        def fail_at_first(event: Any) -> None:
            delivered.append(event)
            if len(delivered) == 1:
                raise ValueError

        shell = SipShell(core, [UDP], fail_at_first)
        await shell.start()
        core.events.extend([("one", None, None), ("two", None, None)])
        shell.flush()
        assert [event[0] for event in delivered] == ["one", "two"]
        assert shell.failures == 1
        await shell.stop()


class TestStreams:
    async def test_a_message_in_two_segments_and_two_messages_in_one(self) -> None:
        async with running(TCP) as (shell, _, seen):
            reader, writer = await connect(shell)
            whole = message("first", "body") + message("second")
            writer.write(whole[:40])
            await writer.drain()
            await asyncio.sleep(0.05)
            writer.write(whole[40:])
            assert await asyncio.wait_for(reader.readexactly(len(whole)), 5) == whole
            assert [event[1] for event in seen.of("received")] == [
                message("first", "body"),
                message("second"),
            ]
            writer.close()

    async def test_keep_alives_get_their_pong(self) -> None:
        async with running(TCP) as (shell, _, seen):
            reader, writer = await connect(shell)
            writer.write(b"\r\n\r\n")
            assert await asyncio.wait_for(reader.readexactly(2), 5) == b"\r\n"
            assert seen.of("received") == []
            writer.close()

    async def test_an_answer_uses_the_connection_of_its_request_though_the_port_differs(self) -> None:
        async with running(TCP) as (shell, _, seen):
            reader, writer = await connect(shell)
            writer.write(message("x"))
            await reader.readexactly(len(message("x")))
            flow = seen.of("received")[0][2]
            assert flow.connection > 0
            assert flow.remote == writer.get_extra_info("sockname")
            assert shell.connections == 1
            writer.close()

    @pytest.mark.parametrize("listener", [TCP, TLS], ids=["tcp", "tls"])
    async def test_requests_to_one_address_share_one_new_connection(
        self, listener: SipListener, tmp_path: Path
    ) -> None:
        async with (
            running(listener, state_dir=tmp_path) as (ours, core, seen),
            running(listener, state_dir=tmp_path) as (theirs, _, their_seen),
        ):
            flow = ours.flow_for(listener.transport, listener.name, *theirs.local_address(listener.name))
            core.echo = False
            core.out += [Outgoing(message("one"), flow), Outgoing(message("two"), flow)]
            ours.flush()
            answers = await seen.wait_for("received", 2)
            core.out.append(Outgoing(message("three"), flow))
            ours.flush()
            answers = await seen.wait_for("received", 3)
            assert [event[1] for event in answers] == [message("one"), message("two"), message("three")]
            assert len({event[2].connection for event in their_seen.of("received")}) == 1
            assert (ours.connections, theirs.connections) == (1, 1)

    async def test_nobody_listens_there_so_the_flow_fails(self) -> None:
        async with running(TCP) as (shell, core, seen):
            with socket.socket() as gone:
                gone.bind(("127.0.0.1", 0))
                flow = shell.flow_for("tcp", "tcp", *gone.getsockname())
            core.out += [Outgoing(message(), flow), Outgoing(message(), flow)]
            shell.flush()
            assert [event[2] for event in await seen.wait_for("failed")] == [flow]

    async def test_a_connection_that_breaks_fails_every_flow_that_used_it(self) -> None:
        mute = RecordingCore(echo=False)
        async with running(TCP) as (shell, core, seen):
            async with running(TCP, core=mute) as (theirs, _, their_seen):
                flow = shell.flow_for("tcp", "tcp", *theirs.local_address("tcp"))
                core.out.append(Outgoing(message(), flow))
                shell.flush()
                await their_seen.wait_for("received")
            failed = await seen.wait_for("failed", 2)
            assert {event[2].connection == 0 for event in failed} == {True, False}
            assert flow in [event[2] for event in failed]

    async def test_an_answer_for_a_connection_that_is_gone_fails_its_flow(self) -> None:
        async with running(TCP, core=RecordingCore(echo=False)) as (shell, core, seen):
            _, writer = await connect(shell)
            writer.write(message())
            flow = (await seen.wait_for("received"))[0][2]
            writer.close()
            await seen.wait_for("failed")
            core.out.append(Outgoing(message(), flow))
            shell.flush()
            assert [event[2] for event in await seen.wait_for("failed", 2)] == [flow, flow]

    async def test_bytes_that_are_no_sip_close_the_connection(self) -> None:
        async with running(TCP) as (shell, _, _):
            reader, writer = await connect(shell)
            writer.write(b"x" * 200_000)
            with suppress(ConnectionResetError):  # we close without reading the rest
                assert await asyncio.wait_for(reader.read(), 5) == b""
            writer.close()

    async def test_an_impossible_content_length_reaches_the_core_that_answers_and_then_closes(self) -> None:
        broken = (
            b"OPTIONS sip:a@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1;branch=z9hG4bKx\r\n"
            b"From: <sip:b@127.0.0.1>;tag=1\r\nTo: <sip:a@127.0.0.1>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\n"
            b"Content-Length: -5\r\n\r\n"
        )
        async with running(TCP) as (shell, _, _):
            reader, writer = await connect(shell)
            writer.write(broken)
            assert await asyncio.wait_for(reader.read(), 5) == broken
            writer.close()

    async def test_a_peer_that_stops_reading_loses_its_connection_and_our_memory_is_bounded(self) -> None:
        limits = StreamLimits(max_unsent_bytes=64 * 1024)
        core = RecordingCore(echo=False)
        async with running(TCP, core=core, limits=limits) as (shell, _, seen):
            reader, writer = await connect(shell, limit=1024)
            writer.write(message())
            flow = (await seen.wait_for("received"))[0][2]
            for _ in range(400):
                core.out.append(Outgoing(message(body="x" * 60_000), flow))
                shell.flush()
                await asyncio.sleep(0)
                if seen.of("failed"):
                    break
            await seen.wait_for("failed")
            assert shell.connections == 0
            writer.transport.abort()
            del reader

    async def test_connections_above_the_limit_are_closed(self) -> None:
        async with running(TCP, limits=StreamLimits(max_connections_per_address=2)) as (shell, _, _):
            first, second, third = [await connect(shell) for _ in range(3)]
            assert await asyncio.wait_for(third[0].read(), 5) == b""
            first[1].write(message())
            assert await asyncio.wait_for(first[0].readexactly(len(message())), 5) == message()
            for _, writer in (first, second, third):
                writer.close()

    async def test_a_connection_that_says_nothing_is_closed_and_one_that_talks_is_kept(self) -> None:
        async with running(TCP, limits=StreamLimits(first_message_s=0.2)) as (shell, _, seen):
            mute, talking = await connect(shell), await connect(shell)
            talking[1].write(message())
            mute[1].write(b"MESS")
            assert await asyncio.wait_for(mute[0].read(), 5) == b""
            talking[1].write(message())
            await seen.wait_for("received", 2)
            mute[1].close()
            talking[1].close()

    async def test_an_idle_connection_is_closed(self) -> None:
        async with running(TCP, limits=StreamLimits(idle_s=0.2)) as (shell, _, _):
            reader, writer = await connect(shell)
            writer.write(message())
            assert await asyncio.wait_for(reader.read(), 5) == message()
            writer.close()


class TestTls:
    async def test_a_self_signed_certificate_is_made_once_and_kept_private(self, tmp_path: Path) -> None:
        for _ in range(2):
            async with running(TLS, state_dir=tmp_path) as (shell, _, _):
                context = ssl.create_default_context(cafile=str(tmp_path / "tls" / "tls.pem"))
                reader, writer = await connect(shell, "tls", ssl=context, server_hostname="127.0.0.1")
                writer.write(message())
                assert await asyncio.wait_for(reader.readexactly(len(message())), 5) == message()
                writer.close()
        assert [path.name for path in (tmp_path / "tls").iterdir()] == ["tls.pem"]
        assert (tmp_path / "tls" / "tls.pem").stat().st_mode & 0o777 == 0o600

    async def test_a_peer_without_a_certificate_of_the_configured_ca_is_refused(self, tmp_path: Path) -> None:
        async with running(TLS, state_dir=tmp_path):
            pass
        ca = str(tmp_path / "tls" / "tls.pem")
        demanding = SipListener(
            name="trunk", transport="tls", port=0, certificate=ca, private_key=ca, client_ca=ca
        )
        async with running(demanding, state_dir=tmp_path) as (shell, _, seen):
            context = ssl.create_default_context(cafile=ca)
            await refused(lambda: connect(shell, "trunk", ssl=context, server_hostname="127.0.0.1"))
            context.load_cert_chain(ca)
            reader, writer = await connect(shell, "trunk", ssl=context, server_hostname="127.0.0.1")
            writer.write(message())
            assert await asyncio.wait_for(reader.readexactly(len(message())), 5) == message()
            assert len(seen.of("received")) == 1
            writer.close()


async def refused(open_connection: Callable[[], Any]) -> None:
    """With TLS 1.3 the client learns of the refusal at its first read."""
    try:
        reader, writer = await open_connection()
        writer.write(message())
        assert await asyncio.wait_for(reader.read(), 5) == b""
        writer.close()
    except (ssl.SSLError, ConnectionError):
        pass
