"""One pattern, over and over: every input is 1, every target the same number."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neurosim.tasks._task import Task, Trials, check, finite, whole


@dataclass(frozen=True)
class ConstantPattern(Task):
    """One pattern, over and over: x = 1 and y* = target, in each of so many inputs and outputs.

    With projections one to one, `size` networks of three neurons learn beside each other, each the map y* = target · x. The
    test set is the one pattern. All numbers are dimensionless, in float64.

    Args:
        size: how many inputs, and outputs.
        target: what each output should be.

    Raises InputError for a size below 1 or a target that is not finite. Source: Supp. Fig. 10 (T = 1).

    >>> ConstantPattern(2, target=3.0).trials(seed=1, first=0, count=1)
    Trials(inputs=array([[1., 1.]]), targets=array([[3., 3.]]))
    """

    size: int = 1
    target: float = 1.0

    trials_per_pass = 1

    def __post_init__(self) -> None:
        check("constant_pattern", [whole("size", self.size, 1), finite("target", self.target)])

    @property
    def inputs(self) -> int:
        """`size`."""
        return self.size

    @property
    def outputs(self) -> int:
        """`size`."""
        return self.size

    def trials(self, seed: int, first: int, count: int) -> Trials:
        """The pattern, `count` times."""
        return Trials(np.ones((count, self.size)), np.full((count, self.size), float(self.target)))

    def test(self) -> Trials:
        """The pattern, once."""
        return self.trials(0, 0, 1)


task = ConstantPattern
