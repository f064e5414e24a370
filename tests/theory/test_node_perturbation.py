"""The averages of node perturbation against a plain loop over many networks at once."""

from __future__ import annotations

import numpy as np
import pytest

from neurosim.theory.node_perturbation import best_rate, contraction, floor


def step(E: np.ndarray, eta: float, sigma: float, random: np.random.Generator) -> np.ndarray:
    """One trial of each of many networks: E[network, output, input]."""
    networks, m, n = E.shape
    x, xi = random.standard_normal((networks, n)), sigma * random.standard_normal((networks, m))
    e = np.einsum("koi,ki->ko", E, x)
    change = 0.5 * np.square(e - xi).sum(axis=1) - 0.5 * np.square(e).sum(axis=1)
    return E + eta * change[:, None, None] * (xi / sigma**2)[:, :, None] * x[:, None, :]


@pytest.mark.parametrize(("n", "m"), [(10, 1), (10, 4), (3, 6)])
def test_the_contraction(n: int, m: int) -> None:
    random = np.random.default_rng(1)
    E = random.standard_normal((400_000, m, n))
    after = step(E, best_rate(n, m), 1e-6, random)
    found = np.square(after).sum() / np.square(E).sum()
    assert 1 - found == pytest.approx(1 - contraction(n, m, best_rate(n, m)), rel=0.1)
    assert 1 - contraction(n, m, best_rate(n, m)) == pytest.approx(best_rate(n, m), rel=1e-12)


@pytest.mark.parametrize(("n", "m", "sigma"), [(10, 4, 0.1), (5, 2, 0.5)])
def test_the_floor(n: int, m: int, sigma: float) -> None:
    random = np.random.default_rng(2)
    eta = best_rate(n, m)
    E = np.zeros((20_000, m, n))
    seen = []
    for trial in range(900):
        E = step(E, eta, sigma, random)
        if trial >= 600 and trial % 50 == 0:
            seen.append(np.square(E).sum(axis=(1, 2)).mean())
    assert np.mean(seen) == pytest.approx(floor(n, m, eta, sigma), rel=0.05)


def test_that_it_grows_with_sigma_squared() -> None:
    assert floor(10, 4, 0.01, 0.2) == pytest.approx(4 * floor(10, 4, 0.01, 0.1))
