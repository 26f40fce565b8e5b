"""A transport flow as text, for bindings in the engine, in traces and in Redis."""

from __future__ import annotations

import ipaddress

from hipper.telephony.sip.flow import Flow

_TRANSPORTS = ("udp", "tcp", "tls")


def flow_name(flow: Flow) -> str:
    """``udp|devices-udp|10.0.0.1|5060|203.0.113.9|40001|0``."""
    return "|".join(
        (
            flow.transport,
            flow.listener,
            flow.local[0],
            str(flow.local[1]),
            flow.remote[0],
            str(flow.remote[1]),
            str(flow.connection),
        )
    )


def parse_flow(name: str) -> Flow | None:
    """None for text that :func:`flow_name` did not make."""
    fields = name.split("|")
    if len(fields) != 7 or fields[0] not in _TRANSPORTS:
        return None
    transport, listener, local, local_port, remote, remote_port, connection = fields
    if not (local_port.isdecimal() and remote_port.isdecimal() and connection.isdecimal()):
        return None
    return Flow(
        transport,  # type: ignore[arg-type]
        listener,
        (local, int(local_port)),
        (remote, int(remote_port)),
        int(connection),
    )


def is_address(host: str) -> bool:
    """False for a name that must be resolved."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
