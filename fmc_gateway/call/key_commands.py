"""Keys and rtpengine: commands of :mod:`.commands`."""

from __future__ import annotations

from fmc_gateway.call.command_base import Command
from hipper.pbx.ids import LegId, PairId


class PlayKeys(Command, frozen=True, kw_only=True, tag="play_keys"):
    """Telephone-events (RFC 4733) as if ``leg`` had pressed them, to the other party of ``pair``, in order
    and after those before. ``keys``: ``0``–``9``, ``*``, ``#``, ``A``–``D``."""

    pair: PairId
    leg: LegId
    keys: str


class WatchKeys(Command, frozen=True, kw_only=True, tag="watch_keys"):
    """Keep the telephone-events of ``leg`` from the other party of ``pair``, as long as the pair is there:
    KeysPassed and ServiceKeyed say what became of them. The sound is left alone. Before its first key:
    rtpengine plays none for a party that has pressed one in media in which it did not mean to."""

    pair: PairId
    leg: LegId


class ListenKeys(Command, frozen=True, kw_only=True, tag="listen_keys"):
    """While ``on``, the next key of ``leg`` is awaited. No command of the engine: :mod:`fmc_gateway.keyed`
    gives it. In media in which it plays keys rtpengine tells of the last key of a party that is blocked only
    with the next one; such a party is silenced instead."""

    pair: PairId
    leg: LegId
    on: bool
