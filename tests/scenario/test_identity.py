"""What decides a run's results counts in its identity, and what does not, does not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from neurosim.parameters import NonNegative
from neurosim.scenario.identity import _text


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
