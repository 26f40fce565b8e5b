"""Text that is written between quotes."""

from __future__ import annotations


class Quoted(str):
    """A parameter value or display name that is written as a quoted string; holds it unquoted."""

    __slots__ = ()
