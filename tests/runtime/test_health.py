"""hipper.runtime.health, metrics and drain."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator

import pytest

from hipper.runtime.drain import Drain
from hipper.runtime.health import HealthServer
from hipper.runtime.metrics import Metrics


class Service:
    def __init__(self) -> None:
        self.metrics = Metrics("test")
        self.database = True
        self.server = HealthServer("127.0.0.1", 0, self.metrics, {"database": lambda: self.database})

    async def ask(self, request: str) -> tuple[int, str]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.server.port)
        writer.write(request.encode())
        answer = (await asyncio.wait_for(reader.read(), 5)).decode()
        writer.close()
        head, _, body = answer.partition("\r\n\r\n")
        return int(head.split()[1]), body

    async def get(self, path: str) -> tuple[int, str]:
        return await self.ask(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n")


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    service = Service()
    await service.server.start()
    yield service
    await service.server.stop()


class TestHealth:
    async def test_ready_says_which_part_is_not(self, service: Service) -> None:
        assert await service.get("/health/ready") == (200, '{"status":"ready","parts":{"database":true}}')
        service.database = False
        status, body = await service.get("/health/ready?x=1")
        assert (status, json.loads(body)["parts"]) == (503, {"database": False})

    async def test_a_draining_service_is_live_and_not_ready(self, service: Service) -> None:
        service.server.draining = True
        assert (await service.get("/health/live"))[0] == 200
        assert json.loads((await service.get("/health/ready"))[1])["status"] == "draining"

    async def test_metrics_exist_at_zero(self, service: Service) -> None:
        service.metrics.counter("calls", "Calls.", "outcome", ("answered", "busy")).labels("busy").inc()
        service.metrics.gauge("live", "Live calls.", read=lambda: 7)
        service.metrics.gauge("engines", "Engines.", "ng", ("a",))
        service.metrics.histogram("setup_seconds", "Set-up.").observe(0.03)
        status, body = await service.get("/metrics")
        assert status == 200
        lines = body.splitlines()
        assert 'hipper_test_calls_total{outcome="answered"} 0.0' in lines
        assert 'hipper_test_calls_total{outcome="busy"} 1.0' in lines
        assert "hipper_test_live 7.0" in lines
        assert 'hipper_test_engines{ng="a"} 0.0' in lines
        assert 'hipper_test_setup_seconds_bucket{le="0.05"} 1.0' in lines

    @pytest.mark.parametrize(
        ("request_text", "status"),
        [
            ("POST /metrics HTTP/1.1\r\n\r\n", 405),
            ("GET /elsewhere HTTP/1.1\r\n\r\n", 404),
            ("\x00\xff nonsense\r\n\r\n", 405),
            ("GET /metrics HTTP/1.1\r\nX: " + "x" * 20_000, 431),
        ],
    )
    async def test_other_requests_are_refused(self, service: Service, request_text: str, status: int) -> None:
        assert (await service.ask(request_text))[0] == status

    async def test_head_has_no_body(self, service: Service) -> None:
        assert await service.ask("HEAD /health/live HTTP/1.1\r\n\r\n") == (200, "")


class TestDrain:
    async def test_the_first_sigterm_asks_and_the_second_hurries(self) -> None:
        async with Drain() as drain:
            assert not drain.requested.is_set()
            os.kill(os.getpid(), signal.SIGTERM)
            await asyncio.wait_for(drain.requested.wait(), 5)
            assert not drain.at_once.is_set()
            waiting = asyncio.create_task(drain.until(lambda: False, 60))
            os.kill(os.getpid(), signal.SIGTERM)
            assert await asyncio.wait_for(waiting, 5) is False

    async def test_draining_ends_when_nothing_runs_any_more(self) -> None:
        calls = [3, 2, 1, 0]
        async with Drain() as drain:
            assert await drain.until(lambda: calls.pop(0) == 0, 5, poll_s=0.001) is True

    async def test_draining_ends_when_its_time_is_over(self) -> None:
        async with Drain() as drain:
            assert await drain.until(lambda: False, 0.02, poll_s=0.01) is False
