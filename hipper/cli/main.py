"""The ``hipper`` command. Sub-commands live in modules of their own and are loaded when asked for."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version

from cyclopts import App, CycloptsError

from hipper.cli.errors import report

SUB_APPS = {
    "up": "hipper.cli.up",
    "migrate": "hipper.cli.migrate",
    "provision": "hipper.cli.provision",
    "tenant": "hipper.cli.tenants",
    "group": "hipper.cli.groups",
    "user": "hipper.cli.users",
    "number": "hipper.cli.numbers",
    "device": "hipper.cli.devices",
    "apikey": "hipper.cli.apikeys",
    "jobs": "hipper.cli.jobs",
    "calls": "hipper.cli.calls",
    "explain": "hipper.cli.explain",
    "trunks": "hipper.cli.trunks",
    "announcements": "hipper.cli.announcements",
    "music": "hipper.cli.music",
}
"""Command -> module, whose ``app`` (an ``App``) is registered under the command's name."""


def build(arguments: Sequence[str]) -> App:
    """The command line with the sub-command that is asked for, or all of them for help."""
    app = App(name="hipper", help="Companion backend of a hosted telephone exchange.", version=_version)
    asked = [name for name in SUB_APPS if name in arguments[:1]] or list(SUB_APPS)
    for name in asked:
        module = importlib.import_module(SUB_APPS[name])
        app.command(module.app, name=name)
    return app


def _version() -> str:
    try:
        return version("hipper")
    except PackageNotFoundError:
        return "0 (not installed)"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        result = build(words)(words, exit_on_error=False, result_action="return_value")
    except CycloptsError:
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # the reader (`| head`) has gone; keep Python from complaining at its own flush
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        return report(error)
    return result if isinstance(result, int) else 0


if __name__ == "__main__":
    sys.exit(main())
