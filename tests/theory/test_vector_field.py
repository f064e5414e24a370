from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import approx_fprime

from neurosim.errors import InputError
from neurosim.theory import vector_field as vf


def network(B: np.ndarray | None = None, squash: str = "tanh") -> tuple[vf.Network, np.ndarray]:
    random = np.random.default_rng(6)
    made = vf.Network(random.standard_normal((4, 3)), random.standard_normal((4, 2)), hidden=5, B=B, squash=squash)
    return made, random.standard_normal(made.size)


def looped(made: vf.Network, theta: np.ndarray) -> np.ndarray:
    """Eqs 69 to 72 for tanh units, pair by pair and synapse by synapse."""
    W, b, A, c = made.parts(theta)
    dW, db, dA, dc = (np.zeros_like(part) for part in (W, b, A, c))
    assert made.B is not None
    for x, target in zip(made.x, made.targets, strict=True):
        h = np.array([np.tanh(sum(A[j, i] * x[i] for i in range(3)) + c[j]) for j in range(5)])
        e = np.array([target[k] - sum(W[k, j] * h[j] for j in range(5)) - b[k] for k in range(2)])
        for j in range(5):
            delta = sum(made.B[j, k] * e[k] for k in range(2)) * (1 - h[j] ** 2)
            dc[j] += delta
            dW[:, j] += e * h[j]
            dA[j] += delta * x
        db += e
    return np.concatenate([part.ravel() for part in (dW, db, dA, dc)])


def test_that_the_field_is_the_written_out_sums() -> None:
    made, theta = network(B=np.random.default_rng(7).standard_normal((5, 2)))
    np.testing.assert_allclose(made.field(theta), looped(made, theta))


@pytest.mark.parametrize("squash", ["tanh", "identity"])
def test_that_backpropagation_is_the_gradient_and_feedback_alignment_is_not(squash: str) -> None:
    made, theta = network(squash=squash)
    gradient = approx_fprime(theta, made.loss, 1e-7)
    np.testing.assert_allclose(made.field(theta), -gradient, rtol=1e-4, atol=1e-4)
    aligned, _ = network(B=np.ones((5, 2)), squash=squash)
    assert np.linalg.norm(aligned.field(theta) + gradient) > 0.1 * np.linalg.norm(gradient)


def test_that_feedback_through_the_transpose_is_backpropagation() -> None:
    made, theta = network()
    same, _ = network(B=made.parts(theta)[0].T)
    np.testing.assert_allclose(made.field(theta), same.field(theta), rtol=1e-12)


def test_the_derivative_of_three_neurons_by_hand() -> None:
    """W = 2, b = 3, A = 5, c = 7, x = 11, y* = 13, B = 17: h = 62, e = 13 − 124 − 3 = −114."""
    theta = np.array([2.0, 3.0, 5.0, 7.0])
    right, printed = (f(theta, 11.0, 13.0, 17.0) for f in (vf.three_neuron_jacobian, vf.printed_jacobian))
    assert right[0].tolist() == [-(62**2), -62, -2 * 11 * 62 - 114 * 11, -2 * 62 - 114]
    assert right[2].tolist() == [-17 * 62 * 11, -17 * 11, -17 * 2 * 121, -17 * 2 * 11]
    assert (printed[0, 0], printed[0, 3]) == (62**2, -2 - 114)
    different = np.argwhere(right != printed)
    assert [tuple(entry) for entry in different] == list(vf.MISPRINTED)


def test_that_differences_are_exact_for_a_quadratic_field() -> None:
    M = np.array([[1.0, 2.0], [3.0, 4.0]])
    np.testing.assert_allclose(vf.jacobian(lambda theta: M @ theta, np.array([5.0, 6.0])), M, rtol=1e-9)
    assert vf.asymmetry(M) == pytest.approx(np.sqrt(2) / np.sqrt(30))


def test_that_work_is_the_integral_around_the_loop() -> None:
    made, theta = network(B=np.ones((5, 2)))
    random = np.random.default_rng(8)
    first, second = random.standard_normal((2, made.size)) / 3

    def along(phi: float) -> float:
        here = theta + first * np.cos(phi) + second * np.sin(phi)
        return float(made.field(here) @ (second * np.cos(phi) - first * np.sin(phi)))

    found = vf.work(made.field, theta, first, second)
    assert found == pytest.approx(quad(along, 0, 2 * np.pi, limit=200)[0], rel=1e-8)
    assert vf.work(made.field, theta, second, first) == pytest.approx(-found)  # the other way round


def test_that_work_is_the_asymmetry_inside_a_small_loop() -> None:
    """Stokes: ∮ θ̇·dθ = πr² (vᵀJu − uᵀJv) to leading order, around the loop that goes from u to v."""
    made, theta = network(B=np.ones((5, 2)))
    u, v = np.linalg.qr(np.random.default_rng(9).standard_normal((made.size, 2)))[0].T
    J, radius = vf.jacobian(made.field, theta), 1e-3
    wanted = np.pi * radius**2 * (v @ J @ u - u @ J @ v)
    assert vf.work(made.field, theta, radius * u, radius * v) == pytest.approx(wanted, rel=1e-3)


def test_that_what_does_not_fit_is_told() -> None:
    with pytest.raises(InputError, match="2 problems") as caught:
        vf.Network(np.ones((2, 1)), np.ones((3, 1)), hidden=4, B=np.ones((1, 4)))
    assert [problem.address for problem in caught.value.problems] == ["targets", "B"]
    with pytest.raises(InputError, match="no such squashing function"):
        vf.Network(np.ones((2, 1)), np.ones((2, 1)), hidden=4, squash="relu")
