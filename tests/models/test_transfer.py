from __future__ import annotations

import math

import numpy as np
import pytest
from oracles import SHIPPED_TRANSFERS, slope, value

from neurosim.circuit.layered import layered
from neurosim.errors import InputError
from neurosim.models.transfer import TRANSFERS, transfer
from neurosim.simulator import Simulator

KINKS = (0.0,)
POINTS = np.array([u for u in np.linspace(-6, 6, 241) if min(abs(u - kink) for kink in KINKS) > 1e-3])
WIDE = np.concatenate([np.linspace(-50, 50, 501), [-1e-20, 1e-20]])


@pytest.mark.parametrize("name", SHIPPED_TRANSFERS)
def test_that_the_slope_is_the_central_difference(name: str) -> None:
    step = 1e-6
    wanted = (value(name, POINTS + step) - value(name, POINTS - step)) / (2 * step)
    np.testing.assert_allclose(slope(name, POINTS), wanted, atol=1e-8)


@pytest.mark.parametrize("name", SHIPPED_TRANSFERS)
def test_that_it_is_finite_far_out(name: str) -> None:
    assert np.isfinite(value(name, WIDE)).all()
    assert np.isfinite(slope(name, WIDE)).all()


def computed(name: str, dtype: str) -> dict[str, np.ndarray]:
    circuit = layered([1, 1, 1], feedback="random", transfer=name, bias=False, weights="constant")
    simulator = Simulator(circuit, dtype=dtype)
    return simulator.evaluate(WIDE[:, None], np.zeros((len(WIDE), 1)), ["hidden.activation", "hidden.slope"])


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-6), ("float64", 1e-15)])
@pytest.mark.parametrize("name", SHIPPED_TRANSFERS)
def test_that_kernels_compute_the_formula(name: str, dtype: str, tolerance: float) -> None:
    seen = computed(name, dtype)
    exact = WIDE.astype(dtype).astype(float)
    for found, wanted in (
        (seen["hidden.activation"][:, 0], value(name, exact)),
        (seen["hidden.slope"][:, 0], slope(name, exact)),
    ):
        assert found.dtype == dtype
        np.testing.assert_allclose(found, wanted, rtol=tolerance, atol=tolerance)


def test_the_formulas_of_the_paper() -> None:
    u = np.linspace(-3, 3, 7)
    np.testing.assert_allclose(value("logistic", u), 1 / (1 + np.exp(-u)), rtol=1e-14)
    np.testing.assert_allclose(value("tanh", u), np.tanh(u), rtol=1e-14)
    np.testing.assert_array_equal(value("relu", u), np.maximum(u, 0))
    np.testing.assert_allclose(value("leaky", u), np.where(u > 0, u, u / 20), rtol=1e-15)
    np.testing.assert_array_equal(value("linear", u), u)


def test_that_both_formulas_are_needed() -> None:
    with pytest.raises(InputError, match="'slope'"):

        @transfer
        class without_slope:
            def value(self):
                return self

    assert "without_slope" not in TRANSFERS


@pytest.mark.parametrize("name", SHIPPED_TRANSFERS)
def test_that_it_says_what_it_is(name: str) -> None:
    assert TRANSFERS.summary(name).startswith("f(u) = ")
    assert not math.isnan(TRANSFERS[name].value(0.0))
