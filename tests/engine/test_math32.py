from __future__ import annotations

import math

import numpy as np
import pytest
from numba import njit

from neurosim.engine import math32


@njit
def _each(x):
    out = np.empty_like(x)
    for i in range(len(x)):
        out[i] = math32.tanh(x[i])
    return out


def test_that_tanh_is_accurate_to_three_parts_in_ten_million() -> None:
    x = np.concatenate(
        [np.linspace(-12, 12, 400_001), np.logspace(-30, 1, 20_000), -np.logspace(-30, 1, 20_000), [0.0, 1e30, -1e30]]
    ).astype(np.float32)
    found = _each(x)
    assert found.dtype == np.float32
    assert np.abs(found - np.tanh(x.astype(np.float64))).max() < 3e-7
    assert np.abs(found).max() < 1.0, "1 − tanh² stays above 0"
    assert (_each(-x) == -found).all()
    small = (np.abs(x) > 1e-30) & (np.abs(x) < 1e-3)
    np.testing.assert_allclose(found[small], np.tanh(x[small].astype(np.float64)), rtol=5e-7)


def test_that_tanh_of_nan_does_not_look_like_a_number() -> None:
    """Else a run whose numbers blew up would go on unseen."""
    assert np.isnan(_each(np.array([np.nan], np.float32)))[0]


@pytest.mark.parametrize(
    "name", ["exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "tan", "atan", "sinh", "cosh", "erf", "fabs"]
)
def test_that_the_others_stay_single(name: str) -> None:
    function = getattr(math32, name)
    result = njit(lambda x: function(x))(np.float32(0.7))
    assert result == pytest.approx(getattr(math, name)(np.float32(0.7)), rel=1e-6)
    assert njit(lambda x: np.array([function(x)]))(np.float32(0.7)).dtype == np.float32
