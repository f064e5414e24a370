from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import expm, pinv

from neurosim.errors import InputError, RunError
from neurosim.theory import feedback_alignment_flow as fa

INPUTS, HIDDEN, OUTPUTS = 5, 4, 3


def drawn(seed: int = 1, sizes: tuple[int, int, int] = (INPUTS, HIDDEN, OUTPUTS)) -> tuple[np.ndarray, np.ndarray, fa.Weights]:
    random = np.random.default_rng(seed)
    inputs, hidden, outputs = sizes
    B, T = random.standard_normal((hidden, outputs)), random.standard_normal((outputs, inputs))
    return B, T, fa.Weights(random.standard_normal((hidden, inputs)) / 2, random.standard_normal((outputs, hidden)) / 2)


def looped(weights: fa.Weights, B: np.ndarray, T: np.ndarray) -> fa.Weights:
    """Ȧ = BE and Ẇ = EAᵀ, written out element by element."""
    A, W = weights
    E = np.zeros_like(T)
    for k in range(T.shape[0]):
        for i in range(T.shape[1]):
            E[k, i] = T[k, i] - sum(W[k, j] * A[j, i] for j in range(len(A)))
    dA, dW = np.zeros_like(A), np.zeros_like(W)
    for j in range(len(A)):
        for i in range(T.shape[1]):
            dA[j, i] = sum(B[j, k] * E[k, i] for k in range(T.shape[0]))
        for k in range(T.shape[0]):
            dW[k, j] = sum(E[k, i] * A[j, i] for i in range(T.shape[1]))
    return fa.Weights(dA, dW)


def moved(weights: fa.Weights, change: fa.Weights, by: float) -> fa.Weights:
    return fa.Weights(weights.A + by * change.A, weights.W + by * change.W)


def stepped(weights: fa.Weights, B: np.ndarray, T: np.ndarray, until: float, steps: int) -> fa.Weights:
    """The classical Runge-Kutta method of order 4, over the loops above."""
    h = until / steps
    for _ in range(steps):
        k1 = looped(weights, B, T)
        k2 = looped(moved(weights, k1, h / 2), B, T)
        k3 = looped(moved(weights, k2, h / 2), B, T)
        k4 = looped(moved(weights, k3, h), B, T)
        for k, share in ((k1, 1), (k2, 2), (k3, 2), (k4, 1)):
            weights = moved(weights, k, h * share / 6)
    return weights


def agree(found: fa.Weights, wanted: fa.Weights, tolerance: float) -> None:
    np.testing.assert_allclose(found.A, wanted.A, rtol=0, atol=tolerance)
    np.testing.assert_allclose(found.W, wanted.W, rtol=0, atol=tolerance)


def test_that_rates_are_the_written_out_sums() -> None:
    B, T, weights = drawn()
    agree(fa.rates(weights, B, T), looped(weights, B, T), 1e-14)


def test_that_the_flow_is_what_small_runge_kutta_steps_give() -> None:
    B, T, start = drawn()
    found = fa.flow(start, B, T, 0.5).weights
    agree(fa.Weights(found.A[-1], found.W[-1]), stepped(start, B, T, 0.5, 200), 1e-8)


def test_that_euler_steps_use_the_weights_before() -> None:
    B, T, start = drawn()
    wanted = start
    for found in fa.euler(start, B, T, 0.01, 5):
        agree(found, wanted, 1e-14)
        wanted = moved(wanted, looped(wanted, B, T), 0.01)


def test_that_moments_asked_for_are_those_of_the_same_solution() -> None:
    B, T, start = drawn()
    whole = fa.flow(start, B, T, 0.5, times=np.array([0.0, 0.25, 0.5]))
    assert whole.times.tolist() == [0.0, 0.25, 0.5]
    half = fa.flow(start, B, T, 0.25).weights
    agree(fa.Weights(whole.weights.A[1], whole.weights.W[1]), fa.Weights(half.A[-1], half.W[-1]), 1e-8)


def test_that_frozen_output_weights_leave_a_linear_equation() -> None:
    """Ė = −WBE, so E(t) = exp(−WBt) E(0)."""
    B, T, start = drawn()
    weights = fa.flow(start, B, T, 1.5, frozen="W").weights
    assert (weights.W == start.W).all()
    found = fa.error(fa.Weights(weights.A[-1], start.W), T)
    np.testing.assert_allclose(found, expm(-1.5 * start.W @ B) @ fa.error(start, T), rtol=1e-8, atol=1e-10)


def test_that_frozen_input_weights_end_at_least_squares() -> None:
    B, T, start = drawn(sizes=(5, 2, 3))
    weights = fa.flow(start, B, T, 200.0, frozen="A").weights
    assert (weights.A == start.A).all()
    np.testing.assert_allclose(weights.W[-1], T @ pinv(start.A), atol=1e-8)


def test_that_slopes_are_those_along_the_flow() -> None:
    B, T, start = drawn()
    step = 1e-4
    times = np.array([0.0, 0.3 - step, 0.3, 0.3 + step])
    weights = fa.flow(start, B, T, 0.5, times=times).weights
    for quantity, slope in (
        (fa.lyapunov(weights, B, T), fa.lyapunov_slope(weights, B, T)),
        (fa.output_alignment(weights, B), fa.hidden_alignment(weights, B, T)),
        (fa.size(weights) / 2, fa.hidden_alignment(weights, B, T)),
    ):
        assert (quantity[3] - quantity[1]) / (2 * step) == pytest.approx(slope[2], rel=1e-5)


def test_that_the_curvature_is_the_slope_of_the_slope_and_not_what_is_printed() -> None:
    """With as many inputs as hidden units the printed terms of eq. 22 can be multiplied out; they come to something else."""
    B, T, _ = drawn(sizes=(4, 4, 3))
    step = 1e-4
    times = np.array([0.0, 0.3 - step, 0.3, 0.3 + step])
    weights = fa.flow(fa.zeros(B, T), B, T, 0.5, times=times).weights
    slope, found = fa.lyapunov_slope(weights, B, T), fa.lyapunov_curvature(weights, B, T)[2]
    assert (slope[3] - slope[1]) / (2 * step) == pytest.approx(found, rel=1e-5)
    A, E = weights.A[2], fa.error(weights, T)[2]
    G = B @ E
    put_right = -4 * np.trace(G @ G.T @ A @ G.T) - 2 * np.trace(G.T @ G @ G.T @ A)
    printed = -4 * np.trace(G @ G @ A @ G.T) - 2 * np.trace(G @ G @ E.T @ B.T @ A)
    assert abs((found - put_right + printed) / found - 1) > 0.01


def test_quantities_of_one_neuron_each_by_hand() -> None:
    weights, B, T = fa.Weights(np.array([[2.0]]), np.array([[3.0]])), np.array([[5.0]]), np.array([[7.0]])
    assert fa.error(weights, T).item() == 1.0
    assert fa.conserved(weights, B).item() == 2 * 15 - 4
    assert fa.lyapunov(weights, B, T) == 25
    assert fa.size(weights) == 4
    assert fa.size_bound(B, T) == 35**2 + 2
    assert fa.nse(weights, T) == pytest.approx(1 / 49)
    assert fa.hidden_alignment(weights, B, T) == 10
    assert fa.output_alignment(weights, B) == 15


def test_that_stacked_weights_give_what_each_gives() -> None:
    B, T, _ = drawn()
    several = [drawn(seed)[2] for seed in (2, 3)]
    stacked = fa.Weights(*(np.stack(parts) for parts in zip(*several, strict=True)))
    for quantity in (fa.lyapunov, fa.lyapunov_slope, fa.lyapunov_curvature, fa.hidden_alignment):
        np.testing.assert_allclose(quantity(stacked, B, T), [quantity(w, B, T) for w in several])
    np.testing.assert_allclose(fa.output_alignment(stacked, B), [np.trace(B @ w.W) for w in several])


def test_that_shapes_that_do_not_fit_are_told_at_once() -> None:
    B, T, start = drawn()
    with pytest.raises(InputError) as caught:
        fa.flow(fa.Weights(start.A.T, start.W.T), B, T, 1.0, frozen=("B",))
    assert [problem.address for problem in caught.value.problems] == ["A", "W", "frozen"]
    with pytest.raises(InputError, match=r"A: expected the shape \(4, 5\), found \(5, 4\)"):
        fa.euler(fa.Weights(start.A.T, start.W), B, T, 0.1, 1)


def test_that_a_flow_that_blows_up_says_so() -> None:
    one = np.ones((1, 1))
    with pytest.raises(RunError, match="blew up before t = 2000"):
        fa.flow(fa.Weights(one, -one), one, one, 2000.0, frozen="W")
