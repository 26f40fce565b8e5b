"""The generated client is that of the API as it is."""

from __future__ import annotations

from typing import Any

import msgspec

from app.description import describe
from app.main import create_app
from hipper.runtime.settings_model import Settings
from hipper_api_generator.__main__ import differences
from hipper_api_generator.writing import files_of


def test_client_is_up_to_date() -> None:
    """`make client` writes it anew."""
    described: dict[str, Any] = msgspec.json.decode(
        msgspec.json.encode(describe(create_app(Settings()), "0"))
    )
    assert differences(files_of(described)) == []
