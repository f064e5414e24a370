from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from neurosim.models.dropout import scale_of, silenced, survivors
from neurosim.seeding import TRIAL_BLOCK, stream, trial_rows

PROBABILITIES = (0.5, 0.2, 1 / 3, 0.999, 1e-5)


def awake(dropout: float, size: int = 400, trials: int = 5000, name: str = "hidden.mask", seed: int = 1) -> np.ndarray:
    return trial_rows(survivors(size, dropout), seed, name, 0, trials)


@pytest.mark.parametrize("dropout", PROBABILITIES)
def test_that_each_neuron_is_silenced_with_the_probability_asked_for(dropout: float) -> None:
    """Two million draws: the share to within four standard errors; per neuron and per trial, χ² of the counts."""
    silent = ~awake(dropout)
    error = math.sqrt(dropout * (1 - dropout) / silent.size)
    assert abs(silent.mean() - dropout) < 4 * error
    if dropout > 1e-3:
        for axis, draws in ((0, 5000), (1, 400)):
            counts = silent.sum(axis=axis)
            squares = ((counts - draws * dropout) ** 2).sum() / (draws * dropout * (1 - dropout))
            assert 1e-4 < stats.chi2.sf(squares, len(counts)) < 1 - 1e-4


@pytest.mark.parametrize("limit", [2.0, 2.5])
def test_that_a_probability_is_meant_to_less_than_one_of_65536(limit: float) -> None:
    """Of the neurons whose sixteen bits lie on the limit itself all survive, or half of them: 26 million draws can tell."""
    silent = ~awake(limit / 2**16, size=1000, trials=100 * TRIAL_BLOCK)
    expected = silent.size * limit / 2**16
    assert abs(silent.sum() - expected) < 4 * math.sqrt(expected)
    assert silent.size * 0.5 / 2**16 > 5 * math.sqrt(expected)


def test_that_neurons_and_trials_are_independent() -> None:
    drawn = awake(0.3).astype(float)
    for a, b in ((drawn[:, 1:], drawn[:, :-1]), (drawn[1:], drawn[:-1]), (drawn[TRIAL_BLOCK:], drawn[:-TRIAL_BLOCK])):
        assert abs(np.corrcoef(a.ravel(), b.ravel())[0, 1]) < 4 / math.sqrt(a.size)
    other = awake(0.3, name="hidden2.mask").astype(float)
    assert abs(np.corrcoef(drawn.ravel(), other.ravel())[0, 1]) < 4 / math.sqrt(drawn.size)


@settings(deadline=None, max_examples=25)
@given(first=st.integers(0, 3 * TRIAL_BLOCK), count=st.integers(1, 2 * TRIAL_BLOCK), size=st.integers(1, 9))
def test_that_masks_do_not_depend_on_calls(first: int, count: int, size: int) -> None:
    draw = survivors(size, 0.2)
    whole = trial_rows(draw, 1, "x", 0, 5 * TRIAL_BLOCK)
    np.testing.assert_array_equal(trial_rows(draw, 1, "x", first, count), whole[first : first + count])


def test_that_any_number_of_neurons_and_rows_can_be_drawn() -> None:
    """Four neurons share a word of random bits."""
    for size in (1, 2, 3, 4, 5, 7):
        for rows in (1, 2, 3):
            drawn = survivors(size, 0.5)(stream(1, "x"), rows)
            assert drawn.shape == (rows, size)
            assert drawn.dtype == bool


@pytest.mark.parametrize("dropout", [5e-324, 1e-9, math.nextafter(1.0, 0.0)])
def test_the_ends(dropout: float) -> None:
    drawn = survivors(1000, dropout)(stream(1, "x"), 100)
    assert drawn.all() if dropout < 0.5 else not drawn.any()


@pytest.mark.parametrize("dropout", PROBABILITIES)
def test_that_the_factor_is_1_on_average(dropout: float) -> None:
    factors = [silenced(1.0, mask, scale_of(dropout)) for mask in (0.0, 1.0)]
    assert factors[0] == 0.0
    assert dropout * factors[0] + (1 - dropout) * factors[1] == pytest.approx(1.0, rel=1e-12)
