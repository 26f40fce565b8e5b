from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.app.kit import Api, installation
from tests.app.people import company
from tests.fmc_gateway.kit import provision


@pytest.fixture
async def api(postgres_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Api]:
    """The API with one network, of whose users Anna and Bram are ours."""
    await provision(postgres_url)
    async with Api(installation(tmp_path, postgres_url, redis_url)) as running:
        yield running


@pytest.fixture
async def site(postgres_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Api]:
    """The API with people who can sign in: Bram administers group g1, Dora her enterprise."""
    await company(postgres_url, bram="group_administrator", dora="enterprise_administrator")
    async with Api(installation(tmp_path, postgres_url, redis_url)) as running:
        yield running
