"""What deploy/ holds fits the code: examples load, alerts and dashboard name metrics that exist, units name
modules that run."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path

import pytest

from fmc_gateway.service import Gateway
from hipper.runtime.settings import load

DEPLOY = Path(__file__).parents[2] / "deploy"
SETTINGS = sorted([*(DEPLOY / "examples").glob("*.toml"), DEPLOY / "compose" / "hipper.toml"])
OURS = re.compile(r"\bhipper_gateway_[a-z0-9_]+")


@pytest.fixture(scope="module")
def metrics(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Names a gateway of the first example exports."""
    state = str(tmp_path_factory.mktemp("state"))
    gateway = Gateway(load(DEPLOY / "examples" / "trunk.toml", {"HIPPER__STATE_DIR": state}))
    return set(gateway.health._metrics.registry._names_to_collectors)


@pytest.mark.parametrize("path", SETTINGS, ids=lambda path: path.name)
async def test_example_settings_make_a_gateway(path: Path, tmp_path: Path) -> None:
    settings = load(path, {"HIPPER__STATE_DIR": str(tmp_path)})
    gateway = Gateway(settings)
    assert len(list(gateway.routing.hops())) >= 3


def test_alerts_and_dashboard_name_metrics_that_exist(metrics: set[str]) -> None:
    rules = (DEPLOY / "prometheus" / "hipper.rules.yml").read_text()
    board = json.loads((DEPLOY / "grafana" / "hipper.json").read_text())
    expressions = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    alerts = "\n".join(re.findall(r"expr: (.*?)\n +(?:for|labels)", rules, re.DOTALL))
    named = set(OURS.findall(alerts)) | set(OURS.findall("\n".join(expressions)))
    assert len(named) > 10
    assert named - metrics == set()


def test_every_alert_says_what_to_do() -> None:
    rules = (DEPLOY / "prometheus" / "hipper.rules.yml").read_text()
    alerts = rules.split("- alert: ")[1:]
    assert len(alerts) >= 10
    for alert in alerts:
        assert all(word in alert for word in ("expr:", "severity:", "summary:", "description:"))


def test_units_run_modules_that_exist_and_wait_for_the_drain() -> None:
    units = {path.name: path.read_text() for path in (DEPLOY / "systemd").glob("*.service")}
    for text in units.values():
        for module in re.findall(r"^ExecStart=.* -m (\w+)", text, re.MULTILINE):
            assert importlib.util.find_spec(f"{module}.__main__") is not None
    wait = re.search(r"TimeoutStopSec=(\d+)", units["hipper-gateway.service"])
    assert wait is not None
    assert int(wait[1]) > load(None, {}).gateway.drain_s + 3
    target = (DEPLOY / "systemd" / "hipper.target").read_text()
    assert all(name in target for name in units)


def test_containers_run_what_the_image_holds() -> None:
    compose = (DEPLOY / "compose" / "compose.yaml").read_text()
    for module in re.findall(r'"-m", "(\w+)"', compose):
        assert importlib.util.find_spec(f"{module}.__main__") is not None
    for file in re.findall(r"- (\.{1,2}/\S+?):", compose):
        assert (DEPLOY / "compose" / file).resolve().exists(), file


def test_rtpengine_and_gateway_know_each_other() -> None:
    text = (DEPLOY / "systemd" / "rtpengine.conf").read_text()
    told = dict(re.findall(r"^([a-z-]+) = (\S+)$", text, re.MULTILINE))
    media = load(DEPLOY / "examples" / "trunk.toml", {}).media
    assert told["dtmf-log-dest"] == media.dtmf_listen
    assert told["listen-ng"] in {one.ng for one in media.rtpengines}
