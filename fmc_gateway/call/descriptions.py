"""Questions to and changes of peers' session descriptions. What cannot be read is nothing special: it is no
hold, it is like nothing but itself, and it is passed on unchanged."""

from __future__ import annotations

from hipper.telephony.sdp import offer_answer
from hipper.telephony.sdp.description import Direction
from hipper.telephony.sdp.errors import SdpError


def unreadable(sdp: str) -> str | None:
    """Why a description cannot be read, None when it can."""
    try:
        offer_answer.as_description(sdp)
    except SdpError as error:
        return str(error)
    return None


def held(sdp: str) -> bool:
    """Whether the writer puts the other side on hold (RFC 3264 §8.4)."""
    try:
        return offer_answer.held(sdp)
    except SdpError:
        return False


def same_media(one: str, other: str) -> bool:
    try:
        return offer_answer.same_media(one, other)
    except SdpError:
        return one == other


def hold_answer(offer: str, answer: str) -> str:
    """``answer`` with the direction that ``offer`` leaves to it (RFC 3264 §6.1): recvonly to sendonly,
    inactive to inactive, sendrecv to a resume."""
    try:
        direction = offer_answer.answer_direction(offer_answer.direction_of(offer))
        return str(offer_answer.with_direction(answer, direction))
    except SdpError:
        return answer


def talk_offer(sdp: str) -> str:
    """An offer that asks for audio both ways, whatever the one it was made of wanted."""
    try:
        return str(offer_answer.with_direction(sdp, Direction.SENDRECV))
    except SdpError:
        return sdp


def following(given: str | None, sdp: str) -> str:
    """``sdp`` with the origin of ``given``, the description the same party was given last, and a version
    above it (RFC 3264 §8): a peer may take one with the old version for the old one."""
    if given is None or given == sdp:
        return sdp
    try:
        last, new = offer_answer.as_description(given).origin, offer_answer.as_description(sdp).origin
        version = max(int(new.version), int(last.version) + 1)
        wanted = last._replace(version=str(version))
        return sdp if new == wanted else str(offer_answer.with_origin(sdp, wanted))
    except ValueError:  # also SdpError
        return sdp
