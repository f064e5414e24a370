"""How often A alone reaches zero error while random W is frozen (Note 12, case 1)."""

from __future__ import annotations

import numpy as np


def converges(W: np.ndarray, B: np.ndarray) -> np.ndarray:
    """Whether Ȧ = BE ends at E = 0: Ė = −WBE, so all eigenvalues of WB need a positive real part.

    Args:
        W, B: [..., outputs, hidden] and [..., hidden, outputs]; several pairs are stacked along leading dimensions.

    >>> converges(np.array([[1.0]]), np.array([[2.0]])), converges(np.array([[1.0]]), np.array([[-2.0]]))
    (np.True_, np.False_)
    """
    return np.min(np.linalg.eigvals(W @ B).real, axis=-1) > 0


def share_converging(outputs: int, hidden: int, draws: int, random: np.random.Generator) -> float:
    """The share of draws with W, B ~ N(0, 1) from which A alone converges.

    For one output it is ½ (the sign of WB), and for two ¼: the determinant of WB is positive in half of all draws, and
    turning W round then turns the sign of the trace.

    >>> share_converging(1, 20, draws=4, random=np.random.default_rng(0))
    0.25
    """
    W = random.standard_normal((draws, outputs, hidden))
    B = random.standard_normal((draws, hidden, outputs))
    return float(np.mean(converges(W, B)))
