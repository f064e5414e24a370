from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import approx_fprime

from neurosim.errors import InputError
from neurosim.theory.gauss_newton import pseudobackprop


@pytest.fixture
def network() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(2)
    sizes = ((4, 5), (3, 4), (5,), (3,))
    A, W, x, direction = (random.standard_normal(size) / 2 for size in sizes)
    return A, W, x, direction


def test_that_the_wanted_change_is_the_gauss_newton_step(network: tuple[np.ndarray, ...]) -> None:
    """Δh solves min |e + e_h Δh| with the smallest |Δh|; e_h by differences (eqs 53 and 55)."""
    A, W, x, direction = network
    h, target = np.tanh(A @ x), W @ np.tanh(A @ x) + direction
    e_h = np.stack([approx_fprime(h, lambda h, k=k: target[k] - W[k] @ h, 1e-7) for k in range(3)])
    wanted, *_ = np.linalg.lstsq(e_h, -direction)
    np.testing.assert_allclose(pseudobackprop(A, W, x, target).gauss_newton, wanted, atol=1e-6)


def test_that_each_synapse_changes_as_written(network: tuple[np.ndarray, ...]) -> None:
    """Eq. 57, with η one for each hidden unit: ΔA_ji = (W⁺e)_j D_j x_i / (D_j² xᵀx)."""
    A, W, x, direction = network
    step = pseudobackprop(A, W, x, W @ np.tanh(A @ x) + direction)
    wanted = W.T @ np.linalg.solve(W @ W.T, direction)
    for j in range(4):
        a = sum(A[j, i] * x[i] for i in range(5))
        D = 1 / np.cosh(a) ** 2
        for i in range(5):
            assert step.dA[j, i] == pytest.approx(wanted[j] * D * x[i] / (D**2 * sum(x**2)))
    np.testing.assert_allclose(step.dh, np.tanh((A + step.dA) @ x) - np.tanh(A @ x))


def test_that_one_step_of_a_linear_network_ends_the_error(network: tuple[np.ndarray, ...]) -> None:
    A, W, x, direction = network
    target = W @ A @ x + direction
    step = pseudobackprop(A, W, x, target, squash="identity")
    np.testing.assert_allclose(W @ (A + step.dA) @ x, target)
    np.testing.assert_allclose(step.dh, step.gauss_newton)


def test_that_an_unknown_squashing_function_is_told_with_what_there_is(network: tuple[np.ndarray, ...]) -> None:
    with pytest.raises(InputError, match="no such squashing function; there are identity, tanh; did you mean 'tanh'"):
        pseudobackprop(*network, squash="tahn")
