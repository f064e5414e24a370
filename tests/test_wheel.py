"""The wheel holds the circuits and scenarios and works away from the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from neurosim.shelf import names

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return next(folder.glob("*.whl"))


def test_it_holds_every_shipped_file_and_nothing_else(wheel: Path) -> None:
    held = set(zipfile.ZipFile(wheel).namelist())
    for kind in ("circuits", "scenarios"):
        assert {f"neurosim/_shelf/{kind}/{name}.toml" for name in names(kind)} <= held
    assert "neurosim/py.typed" in held
    assert all(name.startswith("neurosim") for name in held)
    assert not any("__pycache__" in name or "tests" in name for name in held)
    assert wheel.stat().st_size < 2_000_000


def test_it_works_when_installed_away_from_the_checkout(wheel: Path, tmp_path: Path) -> None:
    site, elsewhere = tmp_path / "site", tmp_path / "elsewhere"
    elsewhere.mkdir()
    zipfile.ZipFile(wheel).extractall(site)
    environment = {**os.environ, "PYTHONPATH": str(site)}
    script = (
        "import neurosim, sys, pathlib\n"
        f"assert pathlib.Path(neurosim.__file__).is_relative_to({str(site)!r}), neurosim.__file__\n"
        "from neurosim.cli import main\n"
        "assert main(['run', 'xor', '--quiet', '--backend', 'reference', '--seeds', '1', '--set', 'phase.0.passes=10']) == 0\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=elsewhere, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert sorted(path.parent.name for path in elsewhere.rglob("*.h5")) == ["backpropagation", "feedback_alignment"]
