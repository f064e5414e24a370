"""Node perturbation in one linear layer, solved on average: how fast it learns, and where it levels off (Werfel et al. 2005).

n inputs x ~ N(0, I), m outputs y = W x, target T x, E = T − W. Exploration ξ ~ N(0, σ²I) of the outputs changes the loss
½|e|² by ΔL, and ΔW = −η ΔL (ξ / σ²) xᵀ. On average over x and ξ

    ⟨|E|²⟩ ← (1 − 2η + η² (n + 2)(m + 2)) ⟨|E|²⟩ + ¼ η² n σ² m (m + 2)(m + 4).

Learning by the error itself is the same without the factor m + 2 and without the last term.
"""

from __future__ import annotations


def best_rate(inputs: int, outputs: int) -> float:
    """The η that shrinks the error fastest, 1 / ((n + 2)(m + 2)); it is also by how much: that fraction in each trial.

    >>> best_rate(10, 4) == 1 / 72
    True
    """
    return 1.0 / ((inputs + 2) * (outputs + 2))


def contraction(inputs: int, outputs: int, eta: float) -> float:
    """The factor of ⟨|E|²⟩ from trial to trial, for small σ: 1 − 2η + η² (n + 2)(m + 2); above 1 it diverges.

    >>> round(contraction(10, 4, best_rate(10, 4)), 6) == round(1 - 1 / 72, 6)
    True
    """
    return 1.0 - 2.0 * eta + eta * eta * (inputs + 2) * (outputs + 2)


def floor(inputs: int, outputs: int, eta: float, sigma: float) -> float:
    """Where ⟨|E|²⟩ = ⟨|e|²⟩ levels off: η n σ² m (m + 2)(m + 4) / (4 (2 − η (n + 2)(m + 2))).

    >>> round(floor(10, 4, best_rate(10, 4), 0.1), 6)
    0.066667
    """
    n, m = inputs, outputs
    return eta * n * sigma**2 * m * (m + 2) * (m + 4) / (4.0 * (2.0 - eta * (n + 2) * (m + 2)))
