"""The state of a user's calls as dialog-info XML (RFC 4235), for busy lamps. Pure.

Lamps tell that somebody rings or talks, not with whom: whose number it is, is nobody's business at another
desk (call-flows §7).
"""

from __future__ import annotations

from collections.abc import Iterable
from xml.sax.saxutils import quoteattr

from hipper.contracts.calls import LiveCall, LivePhase
from hipper.pbx.ids import SubscriberId

DIALOG_INFO = "application/dialog-info+xml"
MOST_DIALOGS = 20
"""Told of one user; a lamp has no use for more."""

STATES = {
    LivePhase.SETTING_UP: "trying",
    LivePhase.RINGING: "early",
    LivePhase.ESTABLISHED: "confirmed",
    LivePhase.HELD: "confirmed",
}


def dialog_info(entity: str, user: SubscriberId, calls: Iterable[LiveCall], version: int) -> bytes:
    """The full state of ``user``, who is ``entity`` (a SIP URI) to the watcher. ``version`` goes up by one
    with each document of a subscription (§4.1.1)."""
    dialogs = "".join(_dialog(call, user) for call in list(calls)[:MOST_DIALOGS])
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" '
        f'version="{version}" state="full" entity={quoteattr(entity)}>{dialogs}</dialog-info>\n'
    ).encode()


def _dialog(call: LiveCall, user: SubscriberId) -> str:
    """``direction``: seen from the user. The id is the call's, which is the same in every document."""
    direction = "initiator" if call.calling.subscriber == user else "recipient"
    held = '<param pname="+sip.rendering" pval="no"/>' if call.phase is LivePhase.HELD else ""
    local = f'<local><target uri="sip:held.invalid">{held}</target></local>' if held else ""
    state = STATES[call.phase]
    return f'<dialog id={quoteattr(call.call)} direction="{direction}"><state>{state}</state>{local}</dialog>'
