"""Which neurons of a population no longer take part in learning."""

from __future__ import annotations

import numpy as np

from neurosim.circuit.signals import Signals
from neurosim.metrics.look import Look, metric

STEEP_ENOUGH = 1e-6
"""A slope of at most this counts as none: what reaches such a neuron changes its weights by less than a millionth."""


@metric(of="population")
def dead_fraction(look: Look, population: str) -> float:
    """Fraction of the neurons whose slope is 0, |φ'| ≤ 1e-6, on every trial of the test set.

    Of rectified linear neurons: the dead units of Supp. Note 5, silent on every trial, to which no teaching signal comes through;
    their slope is exactly 0. Neurons that saturate on every trial count as well, though their rates are not 0. Without dropout,
    like all metrics. nan for a population that has no transfer function.
    """
    if not Signals(look.circuit).exists(population, "slope"):
        return float("nan")
    return float((np.abs(look.signal(f"{population}.slope")) <= STEEP_ENOUGH).all(axis=0).mean())
