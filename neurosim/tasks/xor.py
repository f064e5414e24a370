"""Exclusive or of two inputs: y* = x₁ ⊕ x₂."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neurosim.seeding import trial_rows
from neurosim.tasks._task import Task, Trials, check, one_of

_PATTERNS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
_ANSWERS = np.array([[0.0], [1.0], [1.0], [0.0]])


@dataclass(frozen=True)
class Xor(Task):
    """Exclusive or of two inputs: y* = x₁ ⊕ x₂.

    The four patterns 00, 01, 10, 11 have the targets 0, 1, 1, 0. A batch of 4 is one pass through all of them. The test
    set is the four patterns. All numbers are dimensionless, in float64.

    Args:
        coding: what an input's 0 and 1 are written as: "binary" 0 and 1, or "bipolar" -1 and +1; targets stay 0 and 1.
        order: "cycle" presents the patterns in the order above, over and over, for every seed; "random" presents them
            in a fresh order in each pass of four, drawn from the run's seed.

    Raises InputError for another coding or order. Source: Supp. Fig. 7, Supp. Note 4.

    >>> x, y = Xor(coding="bipolar").trials(seed=1, first=0, count=4)
    >>> x.tolist(), y.ravel().tolist()
    ([[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]], [0.0, 1.0, 1.0, 0.0])
    """

    coding: str = "binary"
    order: str = "cycle"

    inputs = 2
    outputs = 1
    trials_per_pass = 4

    def __post_init__(self) -> None:
        coding = one_of("coding", self.coding, ("binary", "bipolar"))
        check("xor", [coding, one_of("order", self.order, ("cycle", "random"))])

    def trials(self, seed: int, first: int, count: int) -> Trials:
        """Trials `first` … `first + count - 1`; each four from a multiple of 4 on are the four patterns."""
        if self.order == "cycle":
            return self._patterns(np.arange(first, first + count) % 4)
        return self._patterns(trial_rows(_passes, seed, "xor.trials", first, count))

    def test(self) -> Trials:
        """The four patterns, in the order 00, 01, 10, 11."""
        return self._patterns(np.arange(4))

    def _patterns(self, which: np.ndarray) -> Trials:
        inputs = _PATTERNS[which]
        return Trials(inputs if self.coding == "binary" else 2 * inputs - 1, _ANSWERS[which])


def _passes(random: np.random.Generator, rows: int) -> np.ndarray:
    """Which pattern each of `rows` trials shows, every four of them a permutation."""
    return random.permuted(np.tile(np.arange(4), (rows // 4, 1)), axis=1).ravel()


task = Xor
