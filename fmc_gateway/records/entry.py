"""One finished call as it is spooled and stored: the record and its trace."""

from __future__ import annotations

import msgspec

from fmc_gateway.call.replay import Trace
from hipper.contracts.calls import CallRecord


class SpoolEntry(msgspec.Struct, frozen=True):
    """One line of the spool and the parameter of one INSERT: JSON, newline excluded."""

    record: CallRecord
    trace: Trace


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(SpoolEntry)


def encode_entry(entry: SpoolEntry) -> bytes:
    """JSON on one line. PostgreSQL's jsonb cannot hold U+0000, which a peer may put into a header."""
    return _encoder.encode(entry).replace(b"\\u0000", b"\\ufffd")


def decode_entry(line: bytes) -> SpoolEntry:
    """Raises msgspec.MsgspecError on anything else than :func:`encode_entry` wrote."""
    return _decoder.decode(line)
