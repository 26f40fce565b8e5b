"""What goes in and out of second factors, e-mail addresses and password resets."""

from __future__ import annotations

from typing import Annotated

import msgspec

from app.domain.signing_in.schemas import Password, UserName

Code = Annotated[str, msgspec.Meta(min_length=6, max_length=20, pattern=r"^[0-9A-Za-z \-]+$")]
MailedCode = Annotated[str, msgspec.Meta(min_length=1, max_length=100, pattern=r"^[0-9A-Za-z\-]+$")]
EmailAddress = Annotated[
    str,
    msgspec.Meta(
        min_length=3,
        max_length=254,
        pattern=r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~\-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.\-]{0,251}[A-Za-z0-9])$",
        description="in ASCII (RFC 5321)",
    ),
]


class PasswordProof(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who has a token alone cannot change how the user signs in."""

    password: Password


class SecondFactorState(msgspec.Struct, frozen=True, kw_only=True):
    """``since``: Unix seconds."""

    enabled: bool
    since: float | None
    recovery_codes_left: int


class Enrolment(msgspec.Struct, frozen=True, kw_only=True):
    """``secret``: base32, to be typed; ``uri``: ``otpauth://totp/…``, ``qr_svg``: the same as a picture.
    Shown once."""

    secret: str
    uri: str
    qr_svg: str


class CodeGiven(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    code: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{3} ?[0-9]{3}(?!\n)$")]


class RecoveryCodes(msgspec.Struct, frozen=True, kw_only=True):
    """Each signs in once in the place of a code. Shown once."""

    codes: tuple[str, ...]


class Email(msgspec.Struct, frozen=True, kw_only=True):
    """``address``: where mail for the user goes. ``wanted``: an address that waits for its code."""

    address: str | None
    wanted: str | None


class EmailWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``address`` None: no mail any more."""

    address: EmailAddress | None
    password: Password


class EmailSet(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``address`` None: no mail any more."""

    address: EmailAddress | None


class MailedCodeGiven(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    code: MailedCode


class ResetWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    user: UserName


class NewPassword(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``code``: of the mail."""

    code: MailedCode
    password: Password


def fits(address: str) -> bool:
    """Whether ``address`` can be an e-mail address."""
    try:
        msgspec.convert(address, EmailAddress)
    except msgspec.ValidationError:
        return False
    return True
