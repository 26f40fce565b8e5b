"""Commands to rtpengine as dictionaries ready for :meth:`hipper.telephony.ng.client.NgClient.request`.

Keys and flags are those of rtpengine's NG documentation, seen with Debian's 10.5. Defaults suit an
anchoring B2BUA: our address in ``o=`` and ``c=``, no ICE, plain RTP toward the receiver, RFC 4733 digits
passed on as they are.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from hipper.telephony.ng.bencode import Encodable

Command: TypeAlias = dict[str, Encodable]


class MediaProfile(msgspec.Struct, frozen=True, kw_only=True):
    """How rtpengine treats the two sides of an offer or answer.

    ``fixed_source``: the sender of this SDP sends from the address in it and nowhere else (trunks): a
    stranger who sends first then captures nothing. Not for peers behind NAT. ``address_family``: of the
    addresses toward the receiver; None keeps the sender's. ``transport``: toward the receiver; None keeps the
    sender's. ``transcode``/``strip``: codec names to add, or to take out, toward the receiver (``PCMA``)."""

    fixed_source: bool = False
    address_family: Literal["IP4", "IP6"] | None = None
    transport: str | None = "RTP/AVP"
    transcode: tuple[str, ...] = ()
    strip: tuple[str, ...] = ()
    inject_dtmf: bool = False
    """:func:`play_dtmf` works; the media then takes the way through the codecs. In offer and answer."""


_DEFAULT = MediaProfile()


def offer(
    *, call_id: str, from_tag: str, sdp: str, to_tag: str | None = None, profile: MediaProfile = _DEFAULT
) -> Command:
    """``from_tag`` offers ``sdp``; the reply's ``sdp`` goes to the other party. ``to_tag``: on a re-offer,
    who gets it."""
    command = _with_sdp("offer", call_id, from_tag, sdp, profile)
    if to_tag is not None:
        command["to-tag"] = to_tag
    return command


def answer(
    *, call_id: str, from_tag: str, to_tag: str, sdp: str, profile: MediaProfile = _DEFAULT
) -> Command:
    """``to_tag`` answers the offer of ``from_tag`` with ``sdp``; the reply's ``sdp`` goes to ``from_tag``."""
    command = _with_sdp("answer", call_id, from_tag, sdp, profile)
    command["to-tag"] = to_tag
    return command


def _with_sdp(name: str, call_id: str, from_tag: str, sdp: str, profile: MediaProfile) -> Command:
    flags = ["trust address"]
    if profile.fixed_source:
        flags += ["asymmetric", "strict source"]
    if profile.inject_dtmf:
        flags.append("inject DTMF")
    command: Command = {
        "command": name,
        "call-id": call_id,
        "from-tag": from_tag,
        "sdp": sdp,
        "replace": ["origin", "session connection"],
        "flags": flags,
        "ICE": "remove",
    }
    if profile.transport is not None:
        command["transport-protocol"] = profile.transport
    if profile.address_family is not None:
        command["address-family"] = profile.address_family
    codec: Command = {"transcode": list(profile.transcode), "strip": list(profile.strip)}
    codec = {key: names for key, names in codec.items() if names}
    if codec:
        command["codec"] = codec
    return command


def delete(*, call_id: str, from_tag: str | None = None) -> Command:
    """End the whole pair at once: rtpengine relays for 30 s more without ``delete delay`` 0. ``from_tag``:
    either party; with it the reply holds the statistics of ``query``, without it only its result."""
    command: Command = {"command": "delete", "call-id": call_id, "delete delay": 0}
    if from_tag is not None:
        command["from-tag"] = from_tag
    return command


def block_media(*, call_id: str, from_tag: str | None = None) -> Command:
    """Drop what ``from_tag`` sends (everyone's when None): rtpengine does not enforce SDP direction."""
    return _for_party("block media", call_id, from_tag)


def unblock_media(*, call_id: str, from_tag: str | None = None) -> Command:
    return _for_party("unblock media", call_id, from_tag)


def silence_media(*, call_id: str, from_tag: str) -> Command:
    """Send silence instead of what ``from_tag`` sends."""
    return _for_party("silence media", call_id, from_tag)


def unsilence_media(*, call_id: str, from_tag: str) -> Command:
    return _for_party("unsilence media", call_id, from_tag)


def play_media(
    *,
    call_id: str,
    from_tag: str,
    file: str | None = None,
    blob: bytes | None = None,
    repeat_times: int = 1,
) -> Command:
    """Play to ``from_tag``, from a path that rtpengine can read or the bytes of a file; wav or mp3 (Ogg
    crashes it). A reply without ``duration`` means that nothing plays. Block the other party's media first,
    or the two mix."""
    if (file is None) == (blob is None):
        raise ValueError("play media takes a file or a blob, one of the two")
    command = _for_party("play media", call_id, from_tag)
    if file is not None:
        command["file"] = file
    if blob is not None:
        command["blob"] = blob
    if repeat_times > 1:
        command["repeat-times"] = repeat_times
    return command


def stop_media(*, call_id: str, from_tag: str) -> Command:
    """Stop what :func:`play_media` plays to ``from_tag``; no error when nothing does."""
    return _for_party("stop media", call_id, from_tag)


def play_dtmf(
    *, call_id: str, from_tag: str, code: str, duration_ms: int, pause_ms: int, volume: int
) -> Command:
    """One telephone-event (RFC 4733) as if ``from_tag`` sent it, after those asked for before; it leaves with
    the next packets that party sends. ``volume``: dB below 0 dBm0. Needs ``inject_dtmf``: without it nothing
    is sent, and that is no error. Told of as any press (``--dtmf-log-dest``), at once."""
    return _for_party("play DTMF", call_id, from_tag) | {
        "code": code,
        "duration": duration_ms,
        "pause": pause_ms,
        "volume": volume,
    }


def block_dtmf(*, call_id: str, from_tag: str) -> Command:
    """Drop the telephone-events ``from_tag`` sends; what :func:`play_dtmf` plays for it passes, and it is
    told of all. Stays through re-offers."""
    return _for_party("block DTMF", call_id, from_tag)


def query(*, call_id: str) -> Command:
    return {"command": "query", "call-id": call_id}


def ping() -> Command:
    return {"command": "ping"}


def list_calls(*, limit: int = 1024) -> Command:
    """The reply's ``calls`` has at most ``limit`` call-ids."""
    return {"command": "list", "limit": limit}


def _for_party(name: str, call_id: str, from_tag: str | None) -> Command:
    command: Command = {"command": name, "call-id": call_id}
    if from_tag is not None:
        command["from-tag"] = from_tag
    else:
        command["flags"] = ["all"]
    return command
