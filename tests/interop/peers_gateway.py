"""A gateway of its own with other peers than the session's, on the session's servers."""

from __future__ import annotations

import json
import time
import tomllib
import urllib.request
from pathlib import Path
from typing import Any

from tests.interop.gateway import GatewayProcess
from tests.interop.ports import Ports

WAIT_S = 10.0


class PeersGateway(GatewayProcess):
    """``peers``: everything of the settings from the first peer on; ``{mobile}`` and the like are filled in.
    ``phones``: names of the listeners for desk phones, when they are not the usual ones."""

    def __init__(
        self, folder: Path, ports: Ports, like: GatewayProcess, peers: str, *, phones: str = "", **values: Any
    ) -> None:
        model = tomllib.loads(like.settings.read_text())
        super().__init__(
            folder,
            ports,
            database=model["database"]["url"],
            redis=model["redis"]["url"],
            ng=model["media"]["rtpengines"][0]["ng"],
        )
        names = ("mobile", "pstn", "devices", "network", "carrier", "psap", "psap_spare")
        text = self.settings.read_text().partition("[[mobile_network]]")[0]
        text = text.replace('id = "interop"', f'id = "{folder.name}"')
        if phones:
            text = text.replace("[devices]\n", f"[devices]\nlisteners = {phones}\n")
        filled = peers.format(**{name: getattr(self, name) for name in names}, **values)
        self.settings.write_text(text + filled)

    def trunks(self) -> dict[str, dict[str, Any]]:
        """What `/health/trunks` says, by name."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.http}/health/trunks", timeout=2) as answer:
            return {one["name"]: one for one in json.load(answer)}

    def wait_for_trunk(self, name: str, **wanted: Any) -> dict[str, Any]:
        """Wait until the trunk's report has these values."""
        deadline = time.monotonic() + WAIT_S
        while True:
            found = self.trunks()[name]
            if all(found[key] == value for key, value in wanted.items()):
                return found
            assert time.monotonic() < deadline, f"{name} is {found}, not {wanted}"
            time.sleep(0.05)

    def metric(self, line: str) -> float:
        """The value of one series, named whole: ``hipper_gateway_trunk_up{trunk="carrier"}``."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.http}/metrics", timeout=2) as answer:
            text = answer.read().decode()
        return float(next(x for x in text.splitlines() if x.startswith(line + " ")).rpartition(" ")[2])
