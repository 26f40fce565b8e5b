"""What can go wrong in the directory.

Every one is a DirectoryError with one readable sentence.
"""

from __future__ import annotations


class DirectoryError(Exception):
    """One readable sentence that says what to do."""


class DirectoryUnavailable(DirectoryError):  # noqa: N818
    """PostgreSQL is away and this subscriber was not seen before: calls get 503 or their static route."""


class UnknownSubscriber(DirectoryError):  # noqa: N818
    pass


class UnknownDevice(DirectoryError):  # noqa: N818
    pass


class NotTheUsersNumber(DirectoryError):  # noqa: N818
    pass


class UnknownService(DirectoryError):  # noqa: N818
    """No service has this name, or it is not one of a user (or of a group)."""


class InvalidSettings(DirectoryError):  # noqa: N818
    """Settings a service cannot have; the text names the field."""


class NotInPack(DirectoryError):  # noqa: N818
    """The user's pack does not hold the service."""


class ChangedMeanwhile(DirectoryError):  # noqa: N818
    """Somebody else changed it since it was read."""
