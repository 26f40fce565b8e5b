"""SQL of the tiles users chose (schema ``app``)."""

from __future__ import annotations

CHOSEN = "SELECT tiles FROM app.overviews WHERE subscriber_id = $1"
LOCKED = f"{CHOSEN} FOR UPDATE"
FIRST = "INSERT INTO app.overviews (subscriber_id, tiles) VALUES ($1, '{}') ON CONFLICT DO NOTHING"
"""So that there is a row to lock."""
SET = """
UPDATE app.overviews SET tiles = $2, version = version + 1, changed_at = now() WHERE subscriber_id = $1"""
FORGET = "DELETE FROM app.overviews WHERE subscriber_id = $1"
