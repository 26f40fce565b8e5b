"""These tests write the directory only: they share one database per worker, emptied before each test in a
tenth of the time a fresh one takes."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit, urlunsplit

import pytest

from tests.conftest import _execute, _run_apart, _worker


@pytest.fixture(scope="session")
def _directory_database(postgres_template_url: str) -> Iterator[str]:
    parts = urlsplit(postgres_template_url)
    template = parts.path.lstrip("/")
    name = f"directory_{_worker()}"
    server = urlunsplit(parts._replace(path="/postgres"))
    _run_apart(_execute(server, f"CREATE DATABASE {name} TEMPLATE {template}"))
    yield urlunsplit(parts._replace(path=f"/{name}"))
    _run_apart(_execute(server, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))


@pytest.fixture
def postgres_url(_directory_database: str) -> str:
    _run_apart(_execute(_directory_database, "TRUNCATE directory.tenants, directory.audit CASCADE"))
    return _directory_database
