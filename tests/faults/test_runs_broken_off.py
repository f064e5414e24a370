"""A small part of what `python -m tests.faults` does, in a process of its own, because it forks."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("part", ["boundaries", "broken_off"])
def test_that_no_fault_is_found(part: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "faults", "--only", part, "--quick"], cwd=TESTS, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("\nno faults\n")
