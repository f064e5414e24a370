"""Learn a fixed random linear map: y* = T x."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from neurosim.seeding import stream, trial_rows
from neurosim.tasks._task import Task, Trials, check, one_of, read_only, weighted, whole


@dataclass(frozen=True)
class LinearMap(Task):
    """Learn a fixed random linear map: y* = T x.

    x ~ N(0, I), T[post, pre] ~ U[-1, 1], no bias. T and the test set are drawn once from the task's own `seed`; the
    trials come from the run's. All numbers are dimensionless, in float64.

    Args:
        inputs, outputs: sizes of x and y*.
        patterns: "normal" draws x; "basis" presents the unit vectors e₁ … e_inputs, over and over, and they are the test
            set. A batch of all of them has Σ x xᵀ = I: the deterministic dynamics of Supp. Note 11, in steps of η.
        seed: draws T and the test set.
        tests: size of the test set where it is drawn.

    Raises InputError for sizes below 1 or other patterns. Source: main text Figs 1d and 2 (30-20-10); Supp. Figs 11
    (30-20-10) and 12 (100-50-20).

    >>> task = LinearMap(30, 10, seed=1)
    >>> x, y = task.trials(seed=7, first=0, count=5)
    >>> x.shape, y.shape, bool(np.allclose(y, x @ task.target_weights.T))
    ((5, 30), (5, 10), True)
    """

    inputs: int = 30
    outputs: int = 10
    patterns: str = "normal"
    seed: int = 0
    tests: int = 1000

    def __post_init__(self) -> None:
        sizes = [whole(name, getattr(self, name), 1) for name in ("inputs", "outputs", "tests")]
        patterns = one_of("patterns", self.patterns, ("normal", "basis"))
        check("linear_map", [*sizes, whole("seed", self.seed, 0), patterns])

    @property
    def trials_per_pass(self) -> int | None:
        """How many unit vectors there are; None for drawn trials, which never repeat themselves."""
        return self.inputs if self.patterns == "basis" else None

    @cached_property
    def target_weights(self) -> np.ndarray:
        """T[post, pre], of shape [outputs, inputs]; T ~ U[-1, 1]."""
        random = stream(self.seed, "linear_map.target_weights")
        return read_only(random.uniform(-1, 1, (self.outputs, self.inputs)))

    def trials(self, seed: int, first: int, count: int) -> Trials:
        """Trials `first` … `first + count - 1`: y* = T x."""
        if self.patterns == "basis":
            return self._unit(np.arange(first, first + count) % self.inputs)
        return self._answered(trial_rows(self._draw, seed, "linear_map.trials", first, count))

    def test(self) -> Trials:
        """The unit vectors, or `tests` patterns drawn like the trials."""
        return self._test

    @cached_property
    def _test(self) -> Trials:
        if self.patterns == "basis":
            return Trials(*(read_only(part) for part in self._unit(np.arange(self.inputs))))
        x, y = self._answered(self._draw(stream(self.seed, "linear_map.test"), self.tests))
        return Trials(read_only(x), read_only(y))

    def _draw(self, random: np.random.Generator, rows: int) -> np.ndarray:
        return random.standard_normal((rows, self.inputs))

    def _unit(self, which: np.ndarray) -> Trials:
        return Trials((which[:, None] == np.arange(self.inputs)).astype(np.float64), self.target_weights.T[which])

    def _answered(self, x: np.ndarray) -> Trials:
        return Trials(x, weighted(x, self.target_weights))


task = LinearMap
