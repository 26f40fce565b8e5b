"""Make the recordings with Debian's speech synthesiser: ``python -m fmc_gateway.prompts.making [FOLDER]``.

Plain, but there; an operator or a tenant replaces what they like (``hipper announcements``).
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from fmc_gateway.prompts.texts import LANGUAGES, pieces

ENGINE = "espeak-ng"
WORDS_A_MINUTE = 150
STAMP = "made.json"


class SpeechError(RuntimeError):
    """The recordings cannot be made; one readable line."""


def make(folder: Path, tell: Callable[[str], None] = lambda text: None) -> int:
    """Make what is missing or says another text than today. Returns how many were made. Raises SpeechError,
    OSError."""
    wanted = {
        f"{language}/{name}": texts[index]
        for name, texts in pieces().items()
        for index, language in enumerate(LANGUAGES)
        if texts[index]
    }
    made = _read_stamp(folder)
    due = {
        name: text
        for name, text in wanted.items()
        if made.get(name) != _mark(text) or not (folder / f"{name}.wav").exists()
    }
    if not due:
        return 0
    if shutil.which(ENGINE) is None:
        raise SpeechError(
            f"{ENGINE} is not installed: callers hear no announcements (apt-get install {ENGINE})"
        )
    tell(f"speaking {len(due)} announcements")
    for name, text in due.items():
        _speak(folder / f"{name}.wav", name.partition("/")[0], text)
    (folder / STAMP).write_text(json.dumps({name: _mark(text) for name, text in sorted(wanted.items())}))
    return len(due)


def _speak(path: Path, language: str, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    command = [ENGINE, "-v", language, "-s", str(WORDS_A_MINUTE), "-w", str(fresh), "--", text]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    if done.returncode or not fresh.exists():
        raise SpeechError(f"{ENGINE} cannot say {path.name}: {done.stderr.strip() or done.returncode}")
    fresh.chmod(0o644)
    fresh.replace(path)


def _mark(text: str) -> str:
    return hashlib.sha256(f"{WORDS_A_MINUTE} {text}".encode()).hexdigest()[:16]


def _read_stamp(folder: Path) -> dict[str, str]:
    try:
        found = json.loads((folder / STAMP).read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


if __name__ == "__main__":
    if len(sys.argv) > 2:
        sys.exit("usage: python -m fmc_gateway.prompts.making [FOLDER]")
    try:
        make(Path(sys.argv[1]) if len(sys.argv) == 2 else Path(__file__).with_name("recordings"), print)
    except (SpeechError, OSError) as error:
        sys.exit(str(error))
