"""What is wrong with a provisioning file: every problem names its line and what would be right."""

from __future__ import annotations

from typing import NamedTuple

from hipper.directory.errors import DirectoryError
from hipper.directory.provision.lines import LineIndex, Path


class Problem(NamedTuple):
    line: int
    text: str


class ProvisioningError(DirectoryError):
    """The file cannot be applied; nothing was changed. ``problems``: all that was found, in the
    order of the file."""

    def __init__(self, file: str, problems: list[Problem]) -> None:
        self.file = file
        self.problems = sorted(set(problems))
        super().__init__("\n".join(f"{_place(file, problem)}: {problem.text}" for problem in self.problems))


def _place(file: str, problem: Problem) -> str:
    """Line 0 is the file as a whole."""
    return f"{file}:{problem.line}" if problem.line else file


class Problems:
    """Collects problems by the path of the key they are about."""

    def __init__(self, file: str, lines: LineIndex) -> None:
        self._file = file
        self._lines = lines
        self._found: list[Problem] = []

    def add(self, path: Path, text: str) -> None:
        self._found.append(Problem(self._lines.at(path), text))

    def raise_if_any(self) -> None:
        """Raises ProvisioningError with everything found so far."""
        if self._found:
            raise ProvisioningError(self._file, self._found)
