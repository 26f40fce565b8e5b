"""Errors as ``application/problem+json`` (RFC 9457): every kind has a ``type`` of its own that stays.

The type is a URN and not an address, because nothing is served there; ``docs/api.md`` lists them. Titles and
details are in English or Dutch, as Accept-Language says.
"""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from typing import Any

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, SerializationException, ValidationException
from litestar.types import Send

from app.language import Language, language_of
from hipper.directory.errors import DirectoryUnavailable
from hipper.pbx.model import ServicePack
from hipper.runtime.bus import OUTAGE as REDIS_OUTAGE
from hipper.runtime.bus import BusUnavailable
from hipper.runtime.database import OUTAGE as DATABASE_OUTAGE

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = 10
"""What a client is told to wait when a server behind us is away."""

log = structlog.get_logger("app")


class InvalidMember(msgspec.Struct, frozen=True, kw_only=True):
    """One fault of a body. ``pointer``: JSON Pointer as URI fragment (RFC 6901 §6); never the value."""

    pointer: str
    detail: str


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The body of every error."""

    type: str
    title: str
    status: int
    detail: str = ""
    errors: tuple[InvalidMember, ...] = ()
    packs: tuple[ServicePack, ...] = ()
    """Of ``not-in-pack``: the service packs that hold the service."""
    state: str = ""
    """Of ``call-state``: the state of the call."""
    may_still_happen: bool | None = None
    """Of ``no-reply``: whether what was asked may have happened, or happen still."""


class ProblemKind(msgspec.Struct, frozen=True):
    """``name`` ends the type; ``title`` is the same for every problem of this kind (RFC 9457 §3.1.4), and
    ``titel`` says it in Dutch."""

    name: str
    status: int
    title: str
    titel: str

    @property
    def type(self) -> str:
        return f"urn:hipper:problem:{self.name}"


INVALID_REQUEST = ProblemKind(
    "invalid-request",
    400,
    "The request cannot be read or does not fit",
    "De aanvraag is niet te lezen of past niet",
)
UNAUTHENTICATED = ProblemKind("unauthenticated", 401, "Who asks is not known", "Onbekend wie dit vraagt")
WRONG_PASSWORD = ProblemKind(
    "wrong-password",
    401,
    "The user name or the password is wrong",
    "De gebruikersnaam of het wachtwoord klopt niet",
)
CODE_NEEDED = ProblemKind(
    "code-needed",
    401,
    "A code of the second factor is needed",
    "Een code van de tweede factor is nodig",
)
WRONG_CODE = ProblemKind(
    "wrong-code", 401, "The code is wrong, used or too old", "De code is fout, gebruikt of te oud"
)
SESSION_ENDED = ProblemKind("session-ended", 401, "The session is over", "De sessie is voorbij")
FORBIDDEN = ProblemKind("forbidden", 403, "This is not for who asks", "Dit is niet voor wie het vraagt")
NOT_IN_PACK = ProblemKind(
    "not-in-pack", 403, "The service pack does not hold this service", "Deze dienst zit niet in het profiel"
)
NOT_FOUND = ProblemKind("not-found", 404, "There is nothing here", "Hier is niets")
METHOD_NOT_ALLOWED = ProblemKind("method-not-allowed", 405, "This cannot be asked here", "Dit kan hier niet")
SECOND_FACTOR_STATE = ProblemKind(
    "second-factor-state",
    409,
    "The second factor does not allow this now",
    "De tweede factor laat dit nu niet toe",
)
NO_MAIL = ProblemKind("no-mail", 409, "No mail is sent here", "Hier wordt geen mail verstuurd")
IN_THE_WAY = ProblemKind("in-the-way", 409, "Something stands in the way", "Er staat iets in de weg")
CHANGED_MEANWHILE = ProblemKind(
    "changed-meanwhile", 412, "It was changed since it was read", "Het is gewijzigd sinds het gelezen werd"
)
BODY_TOO_LARGE = ProblemKind("body-too-large", 413, "The body is too large", "De inhoud is te groot")
UNSUPPORTED_MEDIA_TYPE = ProblemKind(
    "unsupported-media-type", 415, "The body is not JSON", "De inhoud is geen JSON"
)
INVALID_SETTINGS = ProblemKind(
    "invalid-settings", 422, "These settings cannot be", "Deze instellingen kunnen niet"
)
EMERGENCY_CALL = ProblemKind(
    "emergency-call",
    403,
    "Calls to 112 and 113 are made and ended on the telephone itself",
    "112 en 113 belt u met de telefoon zelf",
)
CALL_BARRED = ProblemKind("call-barred", 403, "This call may not be made", "Dit gesprek is niet toegestaan")
CALL_STATE = ProblemKind(
    "call-state", 409, "The call does not allow this now", "Het gesprek laat dit nu niet toe"
)
NOT_AVAILABLE = ProblemKind("not-available", 409, "This is not available yet", "Dit is er nog niet")
NOT_REACHABLE = ProblemKind("not-reachable", 409, "Nobody can be reached", "Er is niemand te bereiken")
KEY_REUSED = ProblemKind(
    "idempotency-key-reused",
    422,
    "Something else was asked under this Idempotency-Key",
    "Onder deze Idempotency-Key is iets anders gevraagd",
)
NO_REPLY = ProblemKind(
    "no-reply", 504, "The gateway did not reply in time", "De centrale antwoordde niet op tijd"
)
TOO_MANY_REQUESTS = ProblemKind("too-many-requests", 429, "Too many requests", "Te veel aanvragen")
TOO_MANY_STREAMS = ProblemKind(
    "too-many-streams", 429, "This session listens often enough", "Deze sessie luistert al vaak genoeg"
)
INTERNAL_ERROR = ProblemKind("internal-error", 500, "A fault of ours", "Een fout van ons")
STORE_UNAVAILABLE = ProblemKind("store-unavailable", 503, "Redis does not answer", "Redis antwoordt niet")
DIRECTORY_UNAVAILABLE = ProblemKind(
    "directory-unavailable", 503, "The directory does not answer", "De directory antwoordt niet"
)
OVERLOADED = ProblemKind("overloaded", 503, "Too much is going on", "Het is te druk")

KINDS = (
    INVALID_REQUEST,
    UNAUTHENTICATED,
    WRONG_PASSWORD,
    CODE_NEEDED,
    WRONG_CODE,
    SESSION_ENDED,
    FORBIDDEN,
    NOT_IN_PACK,
    NOT_FOUND,
    METHOD_NOT_ALLOWED,
    IN_THE_WAY,
    SECOND_FACTOR_STATE,
    NO_MAIL,
    CHANGED_MEANWHILE,
    BODY_TOO_LARGE,
    UNSUPPORTED_MEDIA_TYPE,
    INVALID_SETTINGS,
    TOO_MANY_REQUESTS,
    INTERNAL_ERROR,
    STORE_UNAVAILABLE,
    DIRECTORY_UNAVAILABLE,
    OVERLOADED,
    EMERGENCY_CALL,
    CALL_BARRED,
    CALL_STATE,
    NOT_AVAILABLE,
    NOT_REACHABLE,
    KEY_REUSED,
    NO_REPLY,
    TOO_MANY_STREAMS,
)
_OF_STATUS = {400: INVALID_REQUEST, 404: NOT_FOUND, 405: METHOD_NOT_ALLOWED, 413: BODY_TOO_LARGE}
"""What Litestar itself raises."""
_REDIS = tuple(kind for kind in REDIS_OUTAGE if kind not in DATABASE_OUTAGE)


class ProblemError(Exception):
    """Ends a request with a problem. ``uitleg``: ``detail`` in Dutch. ``retry_after_s``: whole seconds for
    Retry-After."""

    def __init__(
        self,
        kind: ProblemKind,
        detail: str = "",
        uitleg: str = "",
        *,
        retry_after_s: int | None = None,
        headers: Mapping[str, str] | None = None,
        errors: tuple[InvalidMember, ...] = (),
        packs: tuple[ServicePack, ...] = (),
        state: str = "",
        may_still_happen: bool | None = None,
    ) -> None:
        super().__init__(kind.name)
        self.kind = kind
        self.detail = detail
        self.uitleg = uitleg
        self.errors = errors
        self.packs = packs
        self.state = state
        self.may_still_happen = may_still_happen
        self.headers = dict(headers or {})
        if retry_after_s is not None:
            self.headers["Retry-After"] = str(retry_after_s)

    def body(self, language: Language) -> Problem:
        dutch = language == "nl"
        return Problem(
            type=self.kind.type,
            title=self.kind.titel if dutch else self.kind.title,
            status=self.kind.status,
            detail=self.uitleg if dutch and self.uitleg else self.detail,
            errors=self._errors_in_dutch() if dutch and self.uitleg else self.errors,
            packs=self.packs,
            state=self.state,
            may_still_happen=self.may_still_happen,
        )

    def _errors_in_dutch(self) -> tuple[InvalidMember, ...]:
        """One fault is what ``detail`` says, which has its Dutch beside it; several are told in the language
        of the request by whoever found them."""
        if len(self.errors) != 1:
            return self.errors
        (one,) = self.errors
        where = f"{one.pointer}: "
        if one.detail != self.detail.removeprefix(where):
            return self.errors
        return (InvalidMember(pointer=one.pointer, detail=self.uitleg.removeprefix(where)),)


async def send_json(
    send: Send, status: int, body: bytes, media_type: str = "application/json", **headers: str
) -> None:
    """An answer without Litestar. ``headers``: underscores for hyphens."""
    named = {"content-type": media_type, "content-length": str(len(body))}
    named |= {name.replace("_", "-").lower(): value for name, value in headers.items()}
    pairs = [(name.encode(), value.encode("latin-1")) for name, value in named.items()]
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def send_problem(send: Send, error: ProblemError, language: Language) -> None:
    """The same as :func:`on_problem`, without Litestar."""
    headers = {name.replace("-", "_"): value for name, value in error.headers.items()}
    body = msgspec.json.encode(error.body(language))
    await send_json(send, error.kind.status, body, MEDIA_TYPE, Content_Language=language, **headers)


def on_problem(request: Request[Any, Any, Any], error: ProblemError) -> Response[Problem]:
    language = language_of(request.scope)
    return Response(
        error.body(language),
        status_code=error.kind.status,
        media_type=MEDIA_TYPE,
        headers={**error.headers, "Content-Language": language},
    )


def on_http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[Problem]:
    """What Litestar raises: no such route, wrong method, a body that does not fit."""
    kind = _OF_STATUS.get(error.status_code)
    if kind is None:
        return on_fault(request, error)
    headers = {name.title(): value for name, value in (error.headers or {}).items()}
    detail, uitleg = "", ""
    errors: tuple[InvalidMember, ...] = ()
    if isinstance(error, ValidationException):
        detail, uitleg, errors = "the body does not fit", "de inhoud past niet", _faults(error.extra)
    elif isinstance(error.__cause__, SerializationException):
        detail, uitleg = "the body is not JSON", "de inhoud is geen JSON"
    return on_problem(request, ProblemError(kind, detail, uitleg, headers=headers, errors=errors))


def on_fault(request: Request[Any, Any, Any], error: Exception) -> Response[Problem]:
    """A server behind us that is away is no fault of ours; anything else is. The log tells where, and neither
    the message nor the body: both may hold what somebody sent."""
    if isinstance(error, (BusUnavailable, *_REDIS)):
        return on_problem(request, ProblemError(STORE_UNAVAILABLE, retry_after_s=RETRY_AFTER_S))
    if isinstance(error, (DirectoryUnavailable, *DATABASE_OUTAGE)) and not isinstance(error, ValueError):
        return on_problem(request, ProblemError(DIRECTORY_UNAVAILABLE, retry_after_s=RETRY_AFTER_S))
    frames = traceback.extract_tb(error.__traceback__)
    log.error(
        "request.fault",
        method=request.method,
        path=request.scope["path"][:200],
        error=type(error).__name__,
        where=[f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames[-8:]],
    )
    return on_problem(request, ProblemError(INTERNAL_ERROR, "it was logged", "het is vastgelegd"))


def _faults(extra: Any) -> tuple[InvalidMember, ...]:
    """From Litestar's list of ``{"message", "key"}``."""
    found = []
    for fault in extra if isinstance(extra, list) else ():
        key = str(fault.get("key") or "")
        pointer = "#/" + key.replace(".", "/") if key else "#"
        found.append(InvalidMember(pointer=pointer, detail=str(fault.get("message", ""))))
    return tuple(found)


EXCEPTION_HANDLERS: dict[Any, Any] = {
    ProblemError: on_problem,
    HTTPException: on_http_error,
    Exception: on_fault,
}
