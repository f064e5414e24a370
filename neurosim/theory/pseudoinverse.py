"""B acts like the pseudoinverse of W: one input-output pair learned from zero weights (Note 14, Theorem 2)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from neurosim.errors import InputError, Problem

RANK_CUT = 1e-10
"""Singular values below this share of the largest are rounding: under Theorem 2, W has rank 1."""


class Learning(NamedTuple):
    """What happens step by step: h[t, hidden], W[t, outputs, hidden], and the errors e[t, outputs] = y* − W h."""

    h: np.ndarray
    W: np.ndarray
    e: np.ndarray


def learn_pair(
    B: np.ndarray, target: np.ndarray, eta: float, steps: int, *, h: np.ndarray | None = None, W: np.ndarray | None = None
) -> Learning:
    """ΔW = ηehᵀ and Δh = ηBe (eqs 37 and 38): feedback alignment on one pair, with η_A = η / (xᵀx).

    Args:
        B: feedback weights, [hidden, outputs].
        target: y*, [outputs].
        eta: the learning rate.
        steps: how many changes; what comes before each, and after the last, is returned.
        h, W: where to start, [hidden] and [outputs, hidden]; zero, as Theorem 2 asks, unless given.

    Raises:
        InputError: the shapes do not fit together.

    >>> learn_pair(np.ones((2, 1)), np.ones(1), eta=0.5, steps=2).h.tolist()
    [[0.0, 0.0], [0.5, 0.5], [1.0, 1.0]]
    """
    hidden, outputs = B.shape
    h = np.zeros(hidden) if h is None else h
    W = np.zeros((outputs, hidden)) if W is None else W
    wanted = {"target": (target.shape, (outputs,)), "h": (h.shape, (hidden,)), "W": (W.shape, (outputs, hidden))}
    problems = [
        Problem(k, f"expected the shape {right}, found {found}") for k, (found, right) in wanted.items() if found != right
    ]
    if problems:
        raise InputError(problems, "learning one pair")
    past = []
    for _ in range(steps + 1):
        e = target - W @ h
        past.append((h, W, e))
        h, W = h + eta * (B @ e), W + eta * np.outer(e, h)
    return Learning(*(np.stack(column) for column in zip(*past, strict=True)))


def scalars(learning: Learning, B: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The s_h and s_w of Lemma 5 that fit best: h ≈ s_h By*, W ≈ s_w y*(By*)ᵀ (eqs 39 and 40); both of shape [t].

    >>> s_h, s_w = scalars(learn_pair(np.ones((2, 1)), np.ones(1), eta=0.5, steps=2), np.ones((2, 1)), np.ones(1))
    >>> s_h.tolist(), s_w.tolist()
    ([0.0, 0.5, 1.0], [0.0, 0.0, 0.25])
    """
    back = B @ target
    s_h = learning.h @ back / (back @ back)
    s_w = np.einsum("toh,o,h->t", learning.W, target, back) / ((target @ target) * (back @ back))
    return s_h, s_w


def lemma_residuals(learning: Learning, B: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """‖h − s_h By*‖ / ‖h‖ and ‖W − s_w y*(By*)ᵀ‖ / ‖W‖, of shape [t]; 0 where nothing has been learned (Lemma 5)."""
    s_h, s_w = scalars(learning, B, target)
    back = B @ target
    of_h = learning.h - s_h[:, None] * back
    of_W = learning.W - s_w[:, None, None] * np.outer(target, back)
    return _share(of_h, learning.h), _share(of_W, learning.W)


def pseudoinverse(W: np.ndarray) -> np.ndarray:
    """W⁺, the Moore-Penrose pseudoinverse, of a matrix or a stack of them; W⁺ = 0 for W = 0."""
    return np.linalg.pinv(W, rcond=RANK_CUT)


def off_direction(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """1 − cos(u, v) along the last dimension, as ½‖û − v̂‖², which loses no digits near 0.

    >>> float(off_direction(np.array([2.0, 0.0]), np.array([0.0, 3.0])))
    1.0
    """
    return 0.5 * np.sum((_unit(u) - _unit(v)) ** 2, axis=-1)


def hidden_limit(B: np.ndarray, target: np.ndarray) -> float:
    """s_h(∞) = (2 / ‖By*‖²)^⅓ for small η.

    Then ds_w = s_h ds_h, so s_w = s_h²/2, and learning ends at s_y = s_w s_h ‖By*‖² = 1 (eqs 41, 45 and 46).

    >>> round(hidden_limit(np.ones((1, 1)), np.ones(1)), 6)
    1.259921
    """
    return float((2 / np.sum((B @ target) ** 2)) ** (1 / 3))


def _unit(v: np.ndarray) -> np.ndarray:
    return v / np.linalg.norm(v, axis=-1, keepdims=True)


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    axes = tuple(range(1, whole.ndim))
    of, total = np.sqrt(np.sum(part**2, axis=axes)), np.sqrt(np.sum(whole**2, axis=axes))
    return np.divide(of, total, out=np.zeros_like(of), where=total > 0)
