"""SQL of the tiles users chose (schema ``app``)."""

from __future__ import annotations

CHOSEN = "SELECT tiles, version FROM app.overviews WHERE subscriber_id = $1"
LOCKED = f"{CHOSEN} FOR UPDATE"
SET = """
INSERT INTO app.overviews AS known (subscriber_id, tiles) VALUES ($1, $2)
ON CONFLICT (subscriber_id) DO UPDATE
SET tiles = excluded.tiles, version = known.version + 1, changed_at = now()"""
FORGET = "DELETE FROM app.overviews WHERE subscriber_id = $1"
