"""The examples in the docstrings run, and come to what they say."""

from __future__ import annotations

import doctest
from collections.abc import Iterator
from importlib import import_module
from pkgutil import walk_packages

import pytest

import neurosim
from neurosim.registry import kinds

MODULES = [found.name for found in walk_packages(neurosim.__path__, "neurosim.") if not found.name.endswith("__main__")]
NEEDS_DASK = ("neurosim.scenario.engines._worker", "neurosim.scenario.engines.dask")


@pytest.fixture
def registered_again() -> Iterator[None]:
    """What an example registers is gone after it."""
    before = {name: dict(registry._things) for name, registry in kinds().items()}
    yield
    for name, registry in list(kinds().items()):
        if name in before:
            registry._things.clear()
            registry._things.update(before[name])
        else:
            del neurosim.registry._KINDS[name]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str, registered_again: None) -> None:
    if name in NEEDS_DASK:
        pytest.importorskip("distributed")
    assert doctest.testmod(import_module(name)).failed == 0
