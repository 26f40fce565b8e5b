"""What an API can cost at least: a bare Litestar route that answers with one row fetched by asyncpg.

python -m tests.bench.api_bare PORT URL
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from litestar import Litestar, Request, get
from litestar.datastructures import State
from msgspec import Struct

from hipper.runtime.database import open_pool


class Row(Struct):
    id: str
    name: str
    domain: str


@get("/row/{user:str}")
async def row(request: Request[None, None, State], user: str) -> Row:
    found = await request.app.state.pool.fetchrow(
        "SELECT subscriber_id, display_name, domain FROM directory.subscribers WHERE subscriber_id = $1", user
    )
    return Row(*found)


def bare(url: str) -> Litestar:
    @asynccontextmanager
    async def connected(app: Litestar) -> AsyncIterator[None]:
        app.state.pool = await open_pool(url)
        yield
        app.state.pool.terminate()

    return Litestar([row], lifespan=[connected], openapi_config=None, logging_config=None)


if __name__ == "__main__":
    uvicorn.run(
        bare(sys.argv[2]),
        port=int(sys.argv[1]),
        http="httptools",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
    )
