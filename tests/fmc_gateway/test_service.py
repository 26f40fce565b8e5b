"""A gateway that cannot start leaves nothing open."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

from fmc_gateway.service import Gateway
from hipper.runtime.ports import ListenError
from hipper.runtime.settings import load
from tests.fmc_gateway.kit import free_port
from tests.fmc_gateway.test_main import settings_file


def assert_free(host: str, port: int, kind: socket.SocketKind) -> None:
    with socket.socket(socket.AF_INET, kind) as sock:
        if kind is socket.SOCK_STREAM:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))


async def test_when_a_sip_port_is_taken_the_ports_opened_before_it_are_closed_again(tmp_path: Path) -> None:
    http, dtmf = free_port(), free_port()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        sip = taken.getsockname()[1]
        gateway = Gateway(load(settings_file(tmp_path, http=http, dtmf=dtmf, sip=sip), {}))
        with pytest.raises(ListenError, match=str(sip)):
            await gateway.start()
    await asyncio.sleep(0)  # transports close in the next turn of the loop
    assert_free("127.0.0.1", http, socket.SOCK_STREAM)
    assert_free("127.0.0.1", dtmf, socket.SOCK_DGRAM)
    assert not [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
