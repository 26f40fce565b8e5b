"""One finished call as it is spooled and stored: the record and its trace."""

from __future__ import annotations

import msgspec

from fmc_gateway.call.replay import Trace
from hipper.contracts.calls import CallRecord
from hipper.pbx.ids import CallId


class SpoolEntry(msgspec.Struct, frozen=True):
    """One line of the spool and the parameter of one INSERT: JSON, newline excluded."""

    record: CallRecord
    trace: Trace


class _Call(msgspec.Struct, frozen=True):
    call: CallId


class _Named(msgspec.Struct, frozen=True):
    """As much of an entry as says whose it is."""

    record: _Call


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(SpoolEntry)
_named_decoder = msgspec.json.Decoder(_Named)


def encode_entry(entry: SpoolEntry) -> bytes:
    """JSON on one line. PostgreSQL's jsonb cannot hold U+0000, which a peer may put into a header."""
    return _encoder.encode(entry).replace(b"\\u0000", b"\\ufffd")


def decode_entry(line: bytes) -> SpoolEntry:
    """Raises msgspec.MsgspecError on anything else than :func:`encode_entry` wrote."""
    return _decoder.decode(line)


def decode_call(line: bytes) -> CallId:
    """Whose entry ``line`` is. Raises msgspec.MsgspecError."""
    return _named_decoder.decode(line).record.call
