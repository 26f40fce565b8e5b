"""The description as a page of our own files, and the list of problems."""

from __future__ import annotations

import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin

import pytest

import app.domain.docs
from app.problems import KINDS
from tests.app.kit import Api

pytestmark = pytest.mark.servers

ASSETS = Path(app.domain.docs.__file__).parent / "assets"


class References(HTMLParser):
    """What a page makes a browser fetch, and the scripts and styles written into it."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.inline: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if tag in ("script", "link", "img", "iframe"):
            self.fetched += [value for name in ("src", "href") if (value := named.get(name))]
        if tag == "style" or (tag == "script" and "src" not in named):
            self.inline.append(tag)
        self.inline += [name for name, _ in attrs if name.startswith("on") or name == "style"]


async def test_page_is_of_our_own_files_only(api: Api) -> None:
    page = await api.client.get("/v1/docs")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    found = References()
    found.feed(page.text)
    assert len(found.fetched) >= 3
    assert found.inline == []  # the policy would not run them
    for reference in found.fetched:
        if reference.startswith("data:"):
            continue
        address = urljoin("http://api.test/v1/docs", reference)
        assert address.startswith("http://api.test/v1/docs/")
        part = await api.client.get(address)
        assert part.status_code == 200
        assert part.headers["content-type"].startswith(("text/css", "text/javascript"))
    started = (await api.client.get("/v1/docs/page.js")).text
    assert "://" not in started
    assert '"openapi.json"' in started


async def test_browser_may_fetch_from_us_only(api: Api) -> None:
    page = await api.client.get("/v1/docs")
    (policy,) = page.headers.get_list("content-security-policy")
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == rules["connect-src"] == "'self'"
    assert not re.search(r"https?:|\*", policy)


def test_files_are_those_that_were_published() -> None:
    sums = re.findall(r"\| `(\S+)` \| `([0-9a-f]{64})` \|", (ASSETS / "ORIGIN.md").read_text())
    assert {name for name, _ in sums} == {"swagger-ui-bundle.js", "swagger-ui.css"}
    for name, known in sums:
        assert hashlib.sha256((ASSETS / name).read_bytes()).hexdigest() == known
    assert not re.search(r"(?:url\(|@import)\s*[\"']?(?:https?:)?//", (ASSETS / "swagger-ui.css").read_text())


async def test_every_kind_of_problem_is_listed(api: Api) -> None:
    listed = (await api.client.get("/v1/problems")).json()["items"]
    assert {one["type"] for one in listed} == {kind.type for kind in KINDS}
    assert all(one["title"] and one["titel"] for one in listed)


async def test_every_route_has_examples_and_words(api: Api) -> None:
    """Of every body that is taken or answered with."""
    described = (await api.client.get("/v1/openapi.json")).json()
    bare = []
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            bodies = [operation.get("requestBody", {})]
            bodies += [one for status, one in operation["responses"].items() if status < "300"]
            for body in bodies:
                for content in body.get("content", {}).values():
                    if not content.get("examples"):
                        bare.append((method, path))
            words = operation["description"]
            if not operation.get("summary") or not operation["tags"] or "Route Decorator" in words:
                bare.append((method, path))
    assert bare == []
