"""The distribution installs and runs without the checkout."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_wheel_holds_the_packages_migrations_and_music(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation",
         "--wheel-dir", str(tmp_path), str(ROOT)],
        check=True,
    )  # fmt: skip
    (wheel,) = tmp_path.glob("hipper-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        entry_points = archive.read(next(name for name in names if name.endswith("entry_points.txt")))
    assert b"hipper = hipper.cli.main:main" in entry_points
    migrations = {path.name for path in (ROOT / "migrations").glob("*.sql")}
    assert migrations == {Path(name).name for name in names if name.endswith(".sql")}
    for service in ("fmc_gateway", "app"):
        assert f"{service}/__main__.py" in names
    for needed in ("hipper/cli/main.py", "simulators/desk_phone.py"):
        assert needed in names
    assert "fmc_gateway/assets/music_on_hold.wav" in names
    assert not any(name.startswith("tests/") for name in names)


def test_installed_command_finds_its_migrations(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation",
         "--target", str(tmp_path), str(ROOT)],
        check=True,
    )  # fmt: skip
    script = (
        "import hipper.runtime.migrations as m; from pathlib import Path; "
        "print(m.__file__); print(*sorted(p.name for p in m.migrations_folder().glob('*.sql')))"
    )
    said = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path, env={"PYTHONPATH": str(tmp_path)}, check=True, capture_output=True, text=True,
    ).stdout.splitlines()  # fmt: skip
    assert said[0].startswith(str(tmp_path))
    assert said[1].split() == sorted(path.name for path in (ROOT / "migrations").glob("*.sql"))
