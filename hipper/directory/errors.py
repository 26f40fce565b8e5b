"""What can go wrong in the directory.

DirectoryError ├── DirectoryUnavailable   the database did not answer and nothing was remembered ├──
UnknownSubscriber      no such user (of this tenant) ├── UnknownDevice          no such device of this user
└── NotTheUsersNumber      an identity was chosen that is no number of the user
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
