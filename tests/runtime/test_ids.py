"""Random identifiers: as long as asked for, and never the same chance twice."""

from __future__ import annotations

import string

from hipper.runtime.ids import BRANCH_COOKIE, RandomIds


def test_a_token_is_as_long_as_asked_for_and_hexadecimal() -> None:
    ids = RandomIds()
    for length in (1, 7, 12, 20, 24, 4096, 5001):
        token = ids.token(length)
        assert len(token) == length
        assert set(token) <= set(string.hexdigits.lower())


def test_nothing_is_given_out_twice() -> None:
    """Also where what was made ready runs out."""
    ids = RandomIds()
    given = [ids.tag() for _ in range(500)] + [ids.call_id() for _ in range(500)]
    words = [word[start : start + 8] for word in given for start in (0, 8)]
    assert len(set(words)) == len(words)


def test_ids_are_what_the_rfc_asks_for() -> None:
    ids = RandomIds("gateway.example")
    assert len(ids.tag()) == 20  # RFC 3261 §19.3: at least 32 random bits
    assert ids.branch().startswith(BRANCH_COOKIE)
    assert ids.call_id().endswith("@gateway.example")
