from __future__ import annotations

from tests.app.conftest import site as site
