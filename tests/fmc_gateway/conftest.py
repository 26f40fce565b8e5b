from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.fmc_gateway.kit import Site, World, provision


@pytest.fixture
async def world(postgres_url: str, redis_url: str, rtpengine: Any, tmp_path: Path) -> AsyncIterator[World]:
    """A gateway with everything there, and a provisioned company."""
    await provision(postgres_url)
    site = Site(tmp_path, pg=postgres_url, redis=redis_url, ng=rtpengine.ng)
    async with World(site) as running:
        yield running
