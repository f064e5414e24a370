"""Dropout: while a circuit learns, each neuron is silenced in each trial with some probability.

It acts where a neuron answers its drive: the rate and the slope of a silenced neuron are 0, those of the others are scaled up by
1 / (1 − p), so that on average over masks nothing changes and nobody else has to know. What does not learn has no mask. Source:
Srivastava et al. 2014, J. Mach. Learn. Res. 15:1929; here with the scale in training ("inverted"), Supp. Note 5.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

MASK = "mask"
"""The variable of a population that holds m, trial by trial: 0 for a silenced neuron, 1 / (1 − p) for another one."""
MASKED = ("activation", "slope")
"""What is multiplied by m: whatever else a neuron model computes from these follows."""
INPUT_MASKED = ("rate",)
"""The same where the task sets the rates."""


def silenced(unmasked: float, mask: float) -> float:
    """φ(u) · m, or φ'(u) · m."""
    return unmasked * mask


def survivors(size: int, dropout: float) -> Callable[[np.random.Generator, int], np.ndarray]:
    """How to draw which neurons are not silenced: a function of the random stream and of the number of trials.

    32 random bits decide for each neuron, so p is meant to within 2⁻³²; they are taken raw, which no version of NumPy changes.

    Args:
        size: how many neurons.
        dropout: the probability p that one is silenced.

    >>> from neurosim.seeding import stream
    >>> survivors(3, 0.5)(stream(1, "hidden.mask"), 2)
    array([[ True, False,  True],
           [False,  True,  True]])
    """
    least = np.uint32(min(round(dropout * 2.0**32), 2**32 - 1))

    def draw(random: np.random.Generator, rows: int) -> np.ndarray:
        pairs = random.bit_generator.random_raw(-(-rows * size // 2))
        bits = pairs.astype("<u8", copy=False).view("<u4")[: rows * size]
        return bits.reshape(rows, size) >= least

    return draw
