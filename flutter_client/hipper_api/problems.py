"""Kinds of problems, an exception each. Written by hipper_api_generator: change the API instead."""

from __future__ import annotations

from hipper_api.errors import ProblemError


class BodyTooLarge(ProblemError):
    """413: The body is too large."""

    KIND = "body-too-large"


class CallBarred(ProblemError):
    """403: This call may not be made."""

    KIND = "call-barred"


class CallState(ProblemError):
    """409: The call does not allow this now."""

    KIND = "call-state"


class ChangedMeanwhile(ProblemError):
    """412: It was changed since it was read."""

    KIND = "changed-meanwhile"


class CodeNeeded(ProblemError):
    """401: A code of the second factor is needed."""

    KIND = "code-needed"


class DirectoryUnavailable(ProblemError):
    """503: The directory does not answer."""

    KIND = "directory-unavailable"


class EmergencyCall(ProblemError):
    """403: Calls to 112 and 113 are made and ended on the telephone itself."""

    KIND = "emergency-call"


class Forbidden(ProblemError):
    """403: This is not for who asks."""

    KIND = "forbidden"


class IdempotencyKeyReused(ProblemError):
    """422: Something else was asked under this Idempotency-Key."""

    KIND = "idempotency-key-reused"


class InTheWay(ProblemError):
    """409: Something stands in the way."""

    KIND = "in-the-way"


class InvalidRequest(ProblemError):
    """400: The request cannot be read or does not fit."""

    KIND = "invalid-request"


class InvalidSettings(ProblemError):
    """422: These settings cannot be."""

    KIND = "invalid-settings"


class NoMail(ProblemError):
    """409: No mail is sent here."""

    KIND = "no-mail"


class NoReply(ProblemError):
    """504: The gateway did not reply in time."""

    KIND = "no-reply"


class NotAvailable(ProblemError):
    """409: This is not available yet."""

    KIND = "not-available"


class NotFound(ProblemError):
    """404: There is nothing here."""

    KIND = "not-found"


class NotInPack(ProblemError):
    """403: The service pack does not hold this service."""

    KIND = "not-in-pack"


class NotReachable(ProblemError):
    """409: Nobody can be reached."""

    KIND = "not-reachable"


class Overloaded(ProblemError):
    """503: Too much is going on."""

    KIND = "overloaded"


class SecondFactorState(ProblemError):
    """409: The second factor does not allow this now."""

    KIND = "second-factor-state"


class SessionEnded(ProblemError):
    """401: The session is over."""

    KIND = "session-ended"


class StoreUnavailable(ProblemError):
    """503: Redis does not answer."""

    KIND = "store-unavailable"


class TooManyRequests(ProblemError):
    """429: Too many requests."""

    KIND = "too-many-requests"


class TooManyStreams(ProblemError):
    """429: This session listens often enough."""

    KIND = "too-many-streams"


class Unauthenticated(ProblemError):
    """401: Who asks is not known."""

    KIND = "unauthenticated"


class UnsupportedMediaType(ProblemError):
    """415: The body is not JSON."""

    KIND = "unsupported-media-type"


class WrongCode(ProblemError):
    """401: The code is wrong, used or too old."""

    KIND = "wrong-code"


class WrongPassword(ProblemError):
    """401: The user name or the password is wrong."""

    KIND = "wrong-password"


KINDS: dict[str, type[ProblemError]] = {
    one.KIND: one
    for one in (
        BodyTooLarge,
        CallBarred,
        CallState,
        ChangedMeanwhile,
        CodeNeeded,
        DirectoryUnavailable,
        EmergencyCall,
        Forbidden,
        IdempotencyKeyReused,
        InTheWay,
        InvalidRequest,
        InvalidSettings,
        NoMail,
        NoReply,
        NotAvailable,
        NotFound,
        NotInPack,
        NotReachable,
        Overloaded,
        SecondFactorState,
        SessionEnded,
        StoreUnavailable,
        TooManyRequests,
        TooManyStreams,
        Unauthenticated,
        UnsupportedMediaType,
        WrongCode,
        WrongPassword,
    )
}
