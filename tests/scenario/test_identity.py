"""What decides a run's results counts in its identity, and what does not, does not."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from neurosim.parameters import NonNegative
from neurosim.scenario.identity import _text, _whole_text


def written(random, shape, bound: float) -> float:
    """w ~ U[−bound, bound]."""
    return random.uniform(-bound, bound, shape)


def other_words_and_bounds() -> Callable[..., float]:
    def written(random, shape, bound: NonNegative):
        """The same, told in other words."""
        # and with a comment
        return random.uniform(-bound, bound, shape)

    return written


def other_formula() -> Callable[..., float]:
    def written(random, shape, bound: float) -> float:
        return random.uniform(-bound, bound + 1, shape)

    return written


def other_default() -> Callable[..., float]:
    def written(random, shape, bound: float = 1.0) -> float:
        return random.uniform(-bound, bound, shape)

    return written


def test_that_words_and_bounds_do_not_count() -> None:
    assert _text(written) == _text(other_words_and_bounds())


@pytest.mark.parametrize("other", [other_formula, other_default])
def test_that_what_is_computed_counts(other: Callable[[], Callable[..., float]]) -> None:
    assert _text(written) != _text(other())


TASK = """
import math
import numpy as np

GAIN = 1.0
PLACES = [(0, 1), (2, 3)]
TABLE = np.arange(3)
FOUND = {}

def scaled(x):
    return GAIN * x

class Base:
    def trials(self, seed):
        FOUND[seed] = 1
        return scaled(seed)

class Child(Base):
    @property
    def places(self):
        return PLACES, math.pi

    @staticmethod
    def table():
        return TABLE
"""


def whole_text(folder: Path, text: str) -> str:
    path = folder / f"task_{abs(hash(text))}.py"
    path.write_text(text)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module: Any = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, path.stem, module)
        spec.loader.exec_module(module)
        found = _whole_text(module.Child)
        module.Child().trials(5)
        assert _whole_text(module.Child) == found, "what is remembered on the way does not count"
        return found


@pytest.mark.parametrize(
    ("then", "now"),
    [
        ("GAIN = 1.0", "GAIN = 2.0"),
        ("return GAIN * x", "return GAIN + x"),
        ("return scaled(seed)", "return seed"),
        ("(2, 3)", "(2, 4)"),
        ("np.arange(3)", "np.arange(4)"),
        ("FOUND = {}", "FOUND = {0: 3}"),
    ],
)
def test_that_what_a_users_thing_uses_counts(tmp_path: Path, then: str, now: str) -> None:
    assert whole_text(tmp_path, TASK) != whole_text(tmp_path, TASK.replace(then, now))


def test_that_what_it_does_not_use_does_not_count(tmp_path: Path) -> None:
    more = TASK.replace("def scaled(x):", "OTHER = 3\n\ndef scaled(x):\n    # a comment")
    assert whole_text(tmp_path, TASK) == whole_text(tmp_path, more)


def test_that_a_function_which_uses_itself_ends() -> None:
    assert _whole_text(whole_text).count("def whole_text") == 1
