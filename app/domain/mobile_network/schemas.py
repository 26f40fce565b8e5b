"""What a mobile network asks about a call, and what it is told (call-flows §1, "imrn")."""

from __future__ import annotations

from typing import Annotated

import msgspec

from hipper.contracts.imrn import LONGEST_CALL_REFERENCE, ImrnKind

_E164 = r"^\+[1-9][0-9]{6,14}(?!\n)$"
_PRINTABLE = r"^[ -~]+(?!\n)$"

Number = Annotated[
    str, msgspec.Meta(pattern=_E164, description="E.164 with its plus sign", examples=["+31612345678"])
]


class ImrnRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A call for which the network met one of our users' CAMEL services."""

    served_user: Annotated[
        Number, msgspec.Meta(description="MSISDN of the user whose services are asked for")
    ]
    called: Annotated[
        str,
        msgspec.Meta(
            pattern=_PRINTABLE, max_length=128, description="digits as dialled, or the number that is called"
        ),
    ]
    calling: Annotated[
        Number | None,
        msgspec.Meta(description="who calls, also when withheld; null when the network knows no number"),
    ] = None
    kind: Annotated[ImrnKind, msgspec.Meta(description="whose services: the caller's or the called user's")]
    call_reference: Annotated[
        str,
        msgspec.Meta(
            pattern=_PRINTABLE,
            max_length=LONGEST_CALL_REFERENCE,
            description="what the network calls this call; it stands in our call records",
        ),
    ]


class Route(msgspec.Struct, frozen=True, kw_only=True, tag_field="action", tag="route"):
    """Send the call to ``imrn`` on the SIP trunk, within ``expires_in_s`` seconds, once."""

    imrn: Number
    expires_in_s: int


class Continue(msgspec.Struct, frozen=True, kw_only=True, tag_field="action", tag="continue"):
    """Go on without us."""


class Release(msgspec.Struct, frozen=True, kw_only=True, tag_field="action", tag="release"):
    """End the call. ``cause``: ITU-T Q.850."""

    cause: int


Answer = Route | Continue | Release
