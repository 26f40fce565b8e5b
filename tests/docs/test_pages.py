"""What the pages name is there: files, links, ports, modules."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
SETTINGS = (ROOT / "deploy" / "hipper.toml").read_text()
README = (ROOT / "README.md").read_text()
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text()
STATUS = (ROOT / "docs" / "status.md").read_text()
DEMO_PORT = r"\b25\d\d\d\b"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text())
    gone = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert gone == []


def test_readme_and_settings_name_the_same_ports() -> None:
    assert set(re.findall(DEMO_PORT, README)) == set(re.findall(DEMO_PORT, SETTINGS))


def test_passwords_of_the_readme_are_the_companys() -> None:
    company = (ROOT / "deploy" / "demo-company.toml").read_text()
    for aor_user, password in re.findall(r"--aor ([\w-]+)@\S+ --password (\S+)", README):
        assert f'aor_user = "{aor_user}"' in company
        assert f'password = "{password}"' in company
    (key,) = re.findall(r"HIPPER_IMRN_API_KEY=(\S+)", README)
    assert f'imrn_api_key = "{key}"' in SETTINGS


def test_modules_of_the_architecture_exist() -> None:
    section = ARCHITECTURE.partition("## The modules of the gateway")[2].partition("\n## ")[0]
    cells = [row.split("|")[2] for row in section.splitlines() if row.startswith("| ")]
    named = {name for cell in cells for name in re.findall(r"`([\w/]+)`", cell)}
    assert "call/deciding" in named
    gone = {name for name in named if not list((ROOT / "fmc_gateway").glob(f"{name.rstrip('/')}*"))}
    assert gone == set()


def test_tests_of_the_status_exist() -> None:
    named = set(re.findall(r"tests/[\w/]+(?:\.py)?", STATUS))
    assert {path for path in named if not (ROOT / path).exists()} == set()
