"""``python -m fmc_gateway --config hipper.toml``: run the gateway until SIGTERM or Ctrl-C."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from pathlib import Path

from hipper.runtime.compiled import use_compiled

use_compiled()  # before anything imports the SIP stack

from fmc_gateway.peers import PeerConfigError  # noqa: E402
from fmc_gateway.routing import RoutingConfigError  # noqa: E402
from fmc_gateway.service import Gateway  # noqa: E402
from hipper.runtime.drain import Drain  # noqa: E402
from hipper.runtime.logging import configure  # noqa: E402
from hipper.runtime.ports import ListenError  # noqa: E402
from hipper.runtime.settings import SettingsError, load  # noqa: E402
from hipper.runtime.settings_model import Settings  # noqa: E402


async def serve(settings: Settings) -> None:
    gateway = Gateway(settings)
    async with Drain() as drain:
        await gateway.start()
        try:
            await drain.requested.wait()
            await gateway.drain(settings.gateway.drain_s, drain.until)
        finally:
            await gateway.stop()


def main(arguments: list[str] | None = None) -> int:
    """Exit status: 0 after a drain, 1 when the gateway cannot start; then one line on stderr says why."""
    parser = argparse.ArgumentParser(prog="fmc_gateway", description=__doc__)
    parser.add_argument("--config", type=Path, help="settings of the installation (TOML)")
    options = parser.parse_args(arguments)
    try:
        settings = load(options.config, os.environ)
        configure(settings.logging, "fmc_gateway")
        asyncio.run(serve(settings))
    except (SettingsError, ListenError, PeerConfigError, RoutingConfigError, ValueError, OSError) as error:
        print(f"fmc_gateway: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
