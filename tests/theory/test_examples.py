"""The examples in the docstrings of the theory run, and come to what they say."""

from __future__ import annotations

import doctest
from importlib import import_module
from pkgutil import walk_packages

import pytest

import neurosim.theory
from neurosim.theory.checks import THEORY_CHECKS

MODULES = [found.name for found in walk_packages(neurosim.theory.__path__, "neurosim.theory.")]


@pytest.mark.parametrize("name", [*MODULES, "neurosim.verdict"])
def test_examples(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(THEORY_CHECKS, "_things", dict(THEORY_CHECKS._things))  # one of them registers a check
    assert doctest.testmod(import_module(name)).failed == 0
