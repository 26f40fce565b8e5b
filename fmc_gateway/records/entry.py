"""One finished call as it is spooled and stored: the record and its trace."""

from __future__ import annotations

import msgspec

from fmc_gateway.call.commands import AnyCommand
from fmc_gateway.call.events import AnyEvent
from hipper.contracts.calls import CallRecord


class TraceStep(msgspec.Struct, frozen=True):
    """One turn of the engine. ``at``: seconds, monotonic, as :func:`fmc_gateway.call.step.step` got it."""

    at: float
    event: AnyEvent
    commands: tuple[AnyCommand, ...]


class SpoolEntry(msgspec.Struct, frozen=True):
    """One line of the spool and the parameter of one INSERT: JSON, newline excluded."""

    record: CallRecord
    trace: tuple[TraceStep, ...]


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(SpoolEntry)
_trace_decoder = msgspec.json.Decoder(tuple[TraceStep, ...])


def encode_entry(entry: SpoolEntry) -> bytes:
    """JSON on one line. PostgreSQL's jsonb cannot hold U+0000, which a peer may put into a header."""
    return _encoder.encode(entry).replace(b"\\u0000", b"\\ufffd")


def decode_entry(line: bytes) -> SpoolEntry:
    """Raises msgspec.MsgspecError on anything else than :func:`encode_entry` wrote."""
    return _decoder.decode(line)


def decode_trace(text: bytes | str) -> tuple[TraceStep, ...]:
    return _trace_decoder.decode(text)
