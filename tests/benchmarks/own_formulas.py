# ruff: noqa: N805 - formulas are written as users write them: without self
"""What a user writes: copies of built-in formulas under other names."""

from __future__ import annotations

import math

from neurosim.models.plasticity import plasticity
from neurosim.models.transfer import transfer


@transfer
class own_tanh:
    """f(u) = tanh u."""

    def value(u):
        return math.tanh(u)

    def slope(u, rate):
        return 1.0 - rate * rate


@transfer
class own_logistic:
    """f(u) = 1 / (1 + exp(−u))."""

    def value(u):
        return 0.5 + 0.5 * math.tanh(0.5 * u)

    def slope(u, rate):
        return rate * (1.0 - rate)


@plasticity
def own_delta(pre_rate, post_teaching, eta):
    """Δw = η δ_post x_pre."""
    return eta * post_teaching * pre_rate
