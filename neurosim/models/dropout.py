"""Dropout: while a circuit learns, each neuron is silenced in each trial with some probability.

It acts where a neuron answers its drive: the rate and the slope of a silenced neuron are 0, those of the others are scaled up by
1 / (1 − p), so that on average over masks nothing changes and nobody else has to know. What does not learn has no mask. Source:
Srivastava et al. 2014, J. Mach. Learn. Res. 15:1929; here with the scale in training ("inverted"), Supp. Note 5.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

MASK = "mask"
"""The stream of a population that says who is silenced, trial by trial: 0 for a silenced neuron, 1 for another one."""
MASKED = ("activation", "slope")
"""What is silenced and scaled: whatever else a neuron model computes from these follows."""
INPUT_MASKED = ("rate",)
"""The same where the task sets the rates."""


def silenced(unmasked: float, mask: float, scale: float) -> float:
    """φ(u) · m, or φ'(u) · m, with m = mask · scale; on average over masks m is 1."""
    return unmasked * mask * scale


def scale_of(dropout: float) -> float:
    """1 / (1 − p): by how much the neurons that are not silenced are louder.

    >>> scale_of(0.2)
    1.25
    """
    return 1.0 / (1.0 - dropout)


def survivors(size: int, dropout: float) -> Callable[[np.random.Generator, int], np.ndarray]:
    """How to draw which neurons are not silenced: a function of the random stream and of the number of trials.

    Sixteen raw bits decide for each neuron, because that is fast; the few whose bits lie on the limit draw once more, so that p
    is meant as it stands.

    Args:
        size: how many neurons.
        dropout: the probability p that one is silenced.

    >>> from neurosim.seeding import stream
    >>> survivors(3, 0.5)(stream(1, "hidden.mask"), 2)
    array([[ True,  True,  True],
           [False,  True,  True]])
    """
    limit, remainder = divmod(dropout * 2.0**16, 1.0)

    def draw(random: np.random.Generator, rows: int) -> np.ndarray:
        words = random.bit_generator.random_raw(-(-rows * size // 4))
        bits = words.astype("<u8", copy=False).view("<u2")[: rows * size]
        awake = bits >= np.uint16(limit)
        if remainder:
            undecided = np.flatnonzero(bits == np.uint16(limit))
            awake[undecided] = random.random(len(undecided)) >= remainder
        return awake.reshape(rows, size)

    return draw
