from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import expm

from neurosim.theory.convergence_probability import converges, share_converging


def test_that_it_converges_just_where_the_solution_does() -> None:
    """E(t) = exp(−WBt) E(0) goes to zero, or grows."""
    random = np.random.default_rng(1)
    W, B = random.standard_normal((200, 2, 4)), random.standard_normal((200, 4, 2))
    seen = []
    for w, b, found in zip(W, B, converges(W, B), strict=True):
        slowest = np.abs(np.linalg.eigvals(w @ b).real).min()
        with np.errstate(all="ignore"):  # what grows may grow out of all bounds
            seen.append(bool(np.linalg.norm(expm(-30 / slowest * (w @ b))) < 1))
        assert seen[-1] == found
    assert 20 < sum(seen) < 80


def test_that_two_outputs_converge_where_trace_and_determinant_are_positive() -> None:
    random = np.random.default_rng(2)
    W, B = random.standard_normal((500, 2, 3)), random.standard_normal((500, 3, 2))
    product = W @ B
    positive = (np.trace(product, axis1=1, axis2=2) > 0) & (np.linalg.det(product) > 0)
    assert (converges(W, B) == positive).all()


def test_that_the_share_is_a_share_of_draws() -> None:
    assert share_converging(1, 5, 4000, np.random.default_rng(3)) == pytest.approx(0.5, abs=0.03)
    assert share_converging(2, 5, 4000, np.random.default_rng(3)) == pytest.approx(0.25, abs=0.03)
