"""Learn a fixed random quadratic function: y*_k = (t_k · x)² − |t_k|²."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from neurosim.seeding import stream, trial_rows
from neurosim.tasks._task import Task, Trials, check, read_only, weighted, whole


@dataclass(frozen=True)
class QuadraticMap(Task):
    """Learn a fixed random quadratic function: y*_k = (t_k · x)² − |t_k|².

    x ~ N(0, I), T[post, pre] ~ N(0, 1 / inputs); |t_k|² is the mean of (t_k · x)², so each target has the mean 0. T and the
    test set are drawn once from the task's own `seed`; the trials come from the run's. All numbers are dimensionless, in
    float64. The authors' own quadratic function is not published.

    Args:
        inputs, outputs: sizes of x and y*.
        seed: draws T and the test set.
        tests: size of the test set.

    Raises InputError for sizes below 1. Source: Supp. Figs 9 (20-1000-20) and 14.

    >>> x, y = QuadraticMap(20, 20, seed=1).trials(seed=7, first=0, count=5)
    >>> x.shape, y.shape
    ((5, 20), (5, 20))
    """

    inputs: int = 20
    outputs: int = 20
    seed: int = 0
    tests: int = 2000

    def __post_init__(self) -> None:
        sizes = [whole(name, getattr(self, name), 1) for name in ("inputs", "outputs", "tests")]
        check("quadratic_map", [*sizes, whole("seed", self.seed, 0)])

    @property
    def trials_per_pass(self) -> int | None:
        """None: the task never repeats itself."""
        return None

    @cached_property
    def target_weights(self) -> np.ndarray:
        """T[post, pre], of shape [outputs, inputs]; T ~ N(0, 1 / inputs)."""
        random = stream(self.seed, "quadratic_map.target_weights")
        return read_only(random.standard_normal((self.outputs, self.inputs)) / np.sqrt(self.inputs))

    def trials(self, seed: int, first: int, count: int) -> Trials:
        """Trials `first` … `first + count - 1`: x ~ N(0, I)."""
        return self._answered(trial_rows(self._draw, seed, "quadratic_map.trials", first, count))

    def test(self) -> Trials:
        """The test set of `tests` patterns, drawn like the trials."""
        return self._test

    @cached_property
    def _test(self) -> Trials:
        x, y = self._answered(self._draw(stream(self.seed, "quadratic_map.test"), self.tests))
        return Trials(read_only(x), read_only(y))

    def _draw(self, random: np.random.Generator, rows: int) -> np.ndarray:
        return random.standard_normal((rows, self.inputs))

    def _answered(self, x: np.ndarray) -> Trials:
        T = self.target_weights
        return Trials(x, np.square(weighted(x, T)) - np.square(T).sum(axis=1))


task = QuadraticMap
