"""Another process finds the modules that this one finds."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from neurosim.sibling import sibling


def told(statement: str) -> str:
    with sibling(statement) as process:
        assert process.stdout is not None
        return process.stdout.read().decode().strip()


def test_modules_in_a_folder_that_was_added(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "some_neighbour.py").write_text("RATE = 0.5\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    assert told("import some_neighbour; print(some_neighbour.RATE)") == "0.5"


@pytest.mark.parametrize("notebook", [True, False])
def test_modules_in_the_folder_where_a_notebook_stands(notebook: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There, "" stands for it; nothing in it hides a library."""
    (tmp_path / "some_neighbour.py").write_text("RATE = 0.5\n", encoding="utf-8")
    (tmp_path / "json.py").write_text("raise ImportError\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*([""] if notebook else []), *filter(None, sys.path)])
    looked = "import importlib.util, json; print(importlib.util.find_spec('some_neighbour') is not None)"
    assert told(looked) == str(notebook)
