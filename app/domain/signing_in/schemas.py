"""What goes in and out when people sign in."""

from __future__ import annotations

from typing import Annotated

import msgspec

_PLAIN = r"^[^\x00-\x1f\x7f]*$"

UserName = Annotated[
    str,
    msgspec.Meta(
        min_length=3, max_length=254, pattern=_PLAIN, description="user@customer-domain, in any case"
    ),
]
Password = Annotated[str, msgspec.Meta(min_length=1, max_length=128, pattern=_PLAIN)]


class SignIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``device_name``: what the user calls this device in the list of sessions. ``code``: of the second
    factor, or a recovery code; for who has one."""

    user: UserName
    password: Password
    device_name: Annotated[str, msgspec.Meta(max_length=100, pattern=_PLAIN)] = ""
    code: Annotated[str, msgspec.Meta(max_length=20, pattern=r"^[0-9A-Za-z \-]*$")] = ""


class Refresh(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    refresh_token: Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"^[A-Za-z0-9_\-]+$")]


class PasswordChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Ends every other session of the user."""

    current: Password
    new: Password


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    """``refresh_token`` works once, and gives the next. One that comes a second time was stolen, or its
    answer was lost: the session ends, and the user signs in again."""

    session: str
    access_token: str
    expires_in_s: int
    refresh_token: str
    token_type: str = "Bearer"  # noqa: S105 - RFC 6750


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A device that is signed in. Times: Unix seconds. ``current``: the one that asks."""

    id: str
    device_name: str
    address: str
    created: float
    used: float
    expires: float
    current: bool


class Sessions(msgspec.Struct, frozen=True, kw_only=True):
    """The one used last comes first; at most 20."""

    items: tuple[Session, ...]
