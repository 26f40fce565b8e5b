"""Pages of a list: one entry more than is shown says that there is a next one."""

from __future__ import annotations

import msgspec
import pytest

from app.main import create_app
from app.operations import handlers, operation_of
from app.pages import Listed, Page
from hipper.runtime.settings_model import Settings


class Letters(Listed[str], frozen=True): ...


@pytest.mark.parametrize(
    ("found", "items", "more"),
    [("", "", None), ("a", "a", None), ("ab", "ab", None), ("abc", "ab", "B"), ("abcd", "ab", "B")],
)
def test_next_page_begins_after_the_last_entry_that_is_shown(
    found: str, items: str, more: str | None
) -> None:
    page = Page(after="", limit=2)
    assert page.reach == 3
    assert page.cut(found, str.upper) == (tuple(items), more)
    assert Letters.of(found, page, str.upper) == Letters(items=tuple(items), next=more)


def test_every_list_by_cursor_is_one_and_says_what_next_is() -> None:
    """Whoever writes such an answer anew forgets the page that is exactly full."""
    answers = {operation_of(handler).answer for _, _, handler in handlers(create_app(Settings()))}
    kinds = [one for one in answers if isinstance(one, type) and issubclass(one, msgspec.Struct)]
    listed = [one for one in kinds if {"items", "next"} <= set(one.__struct_fields__)]
    assert len(listed) > 10
    for one in listed:
        assert issubclass(one, Listed), one
        assert one.__doc__, one
