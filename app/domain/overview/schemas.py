"""The tiles of the overview screen (seed 4.7.2)."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

MOST_TILES = 60


class TileName(msgspec.Struct, frozen=True, kw_only=True):
    tile: str
    nl: str
    en: str


class Tile(msgspec.Struct, frozen=True, kw_only=True):
    """``active``: switched on; None: it has no switch. ``state``: of a service its settings; of ``identity``,
    ``availability`` and ``devices`` what ``at`` answers, or the part of it that fits a tile. ``at``: where
    to change it."""

    tile: str
    nl: str
    en: str
    active: bool | None
    state: dict[str, Any]
    at: str


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """``chosen`` False: the tiles of the service pack, in its order. ``more``: tiles that may be added."""

    chosen: bool
    tiles: tuple[Tile, ...]
    more: tuple[TileName, ...]


class OverviewWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Names of tiles in their order; null: those of the service pack."""

    tiles: (
        Annotated[
            tuple[Annotated[str, msgspec.Meta(max_length=64)], ...], msgspec.Meta(max_length=MOST_TILES)
        ]
        | None
    )
