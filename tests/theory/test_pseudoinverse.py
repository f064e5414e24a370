from __future__ import annotations

import numpy as np
import pytest

from neurosim.errors import InputError
from neurosim.theory import pseudoinverse as single


@pytest.fixture
def pair() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(3)
    return random.standard_normal((4, 3)) / 2, random.standard_normal(3)


def test_that_learning_is_that_of_the_whole_network(pair: tuple[np.ndarray, np.ndarray]) -> None:
    """With η_A = η / xᵀx, h = Ax moves as in eq. 34."""
    B, target = pair
    random = np.random.default_rng(4)
    A, W, x = random.standard_normal((4, 5)), random.standard_normal((3, 4)) / 2, random.standard_normal(5)
    found = single.learn_pair(B, target, 0.05, 6, h=A @ x, W=W)
    for t in range(7):
        np.testing.assert_allclose(found.h[t], A @ x)
        np.testing.assert_allclose(found.W[t], W)
        np.testing.assert_allclose(found.e[t], target - W @ A @ x)
        e, h = target - W @ A @ x, A @ x
        A, W = A + 0.05 / (x @ x) * np.outer(B @ e, x), W + 0.05 * np.outer(e, h)


def test_that_the_scalars_follow_their_recursion(pair: tuple[np.ndarray, np.ndarray]) -> None:
    B, target = pair
    found = single.learn_pair(B, target, 0.05, 50)
    s_h, s_w, back = 0.0, 0.0, B @ target
    for t, (measured_h, measured_w) in enumerate(zip(*single.scalars(found, B, target), strict=True)):
        assert (measured_h, measured_w) == (pytest.approx(s_h), pytest.approx(s_w)), t
        s_y = s_w * s_h * (back @ back)
        s_h, s_w = s_h + 0.05 * (1 - s_y), s_w + 0.05 * (1 - s_y) * s_h


def test_that_residuals_are_those_of_the_best_multiples(pair: tuple[np.ndarray, np.ndarray]) -> None:
    B, target = pair
    random = np.random.default_rng(5)
    found = single.learn_pair(B, target, 0.05, 3, h=random.standard_normal(4), W=random.standard_normal((3, 4)))
    back = B @ target
    of_h, of_W = single.lemma_residuals(found, B, target)
    for t in range(4):
        for basis, value, residual in (
            (back, found.h[t], of_h[t]),
            (np.outer(target, back).ravel(), found.W[t].ravel(), of_W[t]),
        ):
            _, squares, *_ = np.linalg.lstsq(basis[:, None], value)
            assert residual == pytest.approx(np.sqrt(squares[0]) / np.linalg.norm(value))
    assert single.lemma_residuals(single.learn_pair(B, target, 0.05, 0), B, target)[0].tolist() == [0.0]


def test_that_the_pseudoinverse_is_that_of_moore_and_penrose() -> None:
    W = np.outer([1.0, 2.0], [3.0, 4.0, 5.0])
    found = single.pseudoinverse(W)
    np.testing.assert_allclose(found, W.T / (5 * 50))
    for product, wanted in ((W @ found @ W, W), (found @ W @ found, found), ((W @ found).T, W @ found)):
        np.testing.assert_allclose(product, wanted, atol=1e-15)
    noise = 1e-15 * np.random.default_rng(0).standard_normal(W.shape)
    np.testing.assert_allclose(single.pseudoinverse(W + noise), found, rtol=1e-9)  # rounding is no second direction
    assert not single.pseudoinverse(np.zeros((2, 3))).any()


def test_that_directions_are_compared_without_losing_digits() -> None:
    u = np.array([1.0, 0.0])
    for angle in (1e-6, 0.3, 2.0):
        v = 7 * np.array([np.cos(angle), np.sin(angle)])
        assert single.off_direction(u, v) == pytest.approx(2 * np.sin(angle / 2) ** 2, rel=1e-9)
    assert single.off_direction(np.stack([u, u]), np.stack([u, -u])).tolist() == [0.0, 2.0]


def test_that_the_limit_is_where_small_steps_end(pair: tuple[np.ndarray, np.ndarray]) -> None:
    B, target = pair
    limit = single.hidden_limit(B, target)
    assert 0.5 * limit**3 * np.sum((B @ target) ** 2) == pytest.approx(1)
    end = single.scalars(single.learn_pair(B, target, 1e-3, 20_000), B, target)[0][-1]
    assert end == pytest.approx(limit, rel=2e-3)


def test_that_shapes_that_do_not_fit_are_told() -> None:
    with pytest.raises(InputError, match="2 problems") as caught:
        single.learn_pair(np.ones((4, 3)), np.ones(4), 0.1, 1, h=np.ones(3))
    assert [problem.address for problem in caught.value.problems] == ["target", "h"]


def test_that_one_pair_does_not_tell_the_pseudoinverse_from_the_transpose(pair: tuple[np.ndarray, np.ndarray]) -> None:
    B, target = pair
    found = single.learn_pair(B, target, 0.05, 20)
    for e, W in zip(found.e[2:], found.W[2:], strict=True):
        assert max(single.off_direction(B @ e, W.T @ e), single.off_direction(B @ e, single.pseudoinverse(W) @ e)) < 1e-12
