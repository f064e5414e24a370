"""What the README, docs/scale.md and docs/exports.md say works as it stands there."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from neurosim.cli import _parser

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
EXPORTS = (Path(__file__).parents[1] / "docs" / "exports.md").read_text(encoding="utf-8")
SCALE = (Path(__file__).parents[1] / "docs" / "scale.md").read_text(encoding="utf-8")


def blocks(language: str, text: str = README) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)


def test_every_python_block_runs_in_turn(tmp_path: Path) -> None:
    script = tmp_path / "readme.py"
    script.write_text("\n\n".join(blocks("python")), encoding="utf-8")
    done = subprocess.run([sys.executable, "-W", "error", script.name], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "('trial', 'post', 'pre')"
    assert (tmp_path / "alignment.png").stat().st_size > 10_000


def commands() -> list[str]:
    shown = [*blocks("console"), *blocks("console", SCALE), *blocks("bash", SCALE), *blocks("console", EXPORTS)]
    lines = [line.partition("#")[0].strip() for block in shown for line in block.splitlines()]
    return [line.replace("$SLURM_ARRAY_TASK_ID", "7") for line in lines if line.startswith("neurosim ")]


@pytest.mark.parametrize("command", commands())
def test_every_command_is_understood(command: str) -> None:
    arguments = _parser().parse_args(shlex.split(command)[1:])
    assert arguments.command == shlex.split(command)[1]


def test_the_two_commands_install_what_they_run() -> None:
    first, second = (line for block in blocks("console") for line in block.splitlines() if line.startswith("python -m venv"))
    assert first.endswith(".venv/bin/neurosim run digits")
    assert second.endswith(".venv/bin/pytest")


@pytest.mark.parametrize("target", re.findall(r"\]\(((?!http)[^)]+)\)", README))
def test_links_lead_somewhere(target: str) -> None:
    assert (Path(__file__).parents[1] / target).exists()
