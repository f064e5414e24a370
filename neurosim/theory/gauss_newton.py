"""Pseudobackprop: backpropagation with W⁺ for Wᵀ is the Gauss-Newton step of the hidden units (Note 15)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from neurosim.theory.pseudoinverse import pseudoinverse
from neurosim.theory.squash import squashing


class Step(NamedTuple):
    """One step: ΔA[hidden, inputs], the change Δh[hidden] that it makes, and δ_GN[hidden] = W⁺e."""

    dA: np.ndarray  # noqa: N815 - ΔA, as in eq. 57
    dh: np.ndarray
    gauss_newton: np.ndarray


def pseudobackprop(A: np.ndarray, W: np.ndarray, x: np.ndarray, target: np.ndarray, *, squash: str = "tanh") -> Step:
    """ΔA = η ((W⁺e) ⊙ D) xᵀ with η = 1 / (D² xᵀx), one for each hidden unit (eqs 57 and 59); W stays.

    D is σ' at the pre-activation a = Ax (the text under eq. 56 says: at h).

    Args:
        A, W: weights, [hidden, inputs] and [outputs, hidden].
        x, target: one pair, [inputs] and [outputs]; y = Wσ(Ax).
        squash: σ: identity or tanh.

    Raises:
        InputError: there is no such squashing function.

    >>> step = pseudobackprop(np.ones((1, 1)), np.array([[2.0]]), np.ones(1), np.array([3.0]), squash="identity")
    >>> step.dh.tolist(), step.gauss_newton.tolist()  # h = 1, y = 2, e = 1: half a unit more of h
    ([0.5], [0.5])
    """
    sigma = squashing(squash)
    a = A @ x
    wanted = pseudoinverse(W) @ (target - W @ sigma.value(a))
    D = sigma.slope(a)
    eta = 1 / (D**2 * (x @ x))
    dA = np.outer(eta * D * wanted, x)
    return Step(dA, sigma.value((A + dA) @ x) - sigma.value(a), wanted)
