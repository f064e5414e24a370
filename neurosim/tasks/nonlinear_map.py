"""Learn the function of a fixed random network: y* = W₂ tanh(W₁ tanh(W₀ x + b₀) + b₁) + b₂."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from neurosim.seeding import stream, trial_rows
from neurosim.tasks._task import Task, Trials, check, finite, read_only, weighted, whole


@dataclass(frozen=True)
class NonlinearMap(Task):
    """Learn the function of a fixed random network: y* = W₂ tanh(W₁ tanh(W₀ x + b₀) + b₁) + b₂.

    x ~ N(0, I); all target weights W[post, pre] and biases b ~ U[-scale, scale], drawn once from the task's own `seed`,
    as is the test set; the trials come from the run's seed. All numbers are dimensionless, in float64.

    Args:
        inputs, hidden1, hidden2, outputs: sizes of the target network.
        scale: bound of its weights and biases. The authors chose theirs so that one more layer pays, and did not
            publish it; at 0.5 backpropagation gains from the layer and feedback alignment still learns.
        seed: draws the target network and the test set.
        tests: size of the test set.

    Raises InputError for sizes below 1 or a scale that is not above 0. Source: main text Fig. 3d (30-20-10-10).

    >>> task = NonlinearMap(seed=1)
    >>> x, y = task.trials(seed=7, first=0, count=5)
    >>> x.shape, y.shape
    ((5, 30), (5, 10))
    >>> [weights.shape for weights in task.target_weights]
    [(20, 30), (10, 20), (10, 10)]
    """

    inputs: int = 30
    hidden1: int = 20
    hidden2: int = 10
    outputs: int = 10
    scale: float = 0.5
    seed: int = 0
    tests: int = 5000

    def __post_init__(self) -> None:
        names = ("inputs", "hidden1", "hidden2", "outputs", "tests")
        sizes = [whole(name, getattr(self, name), 1) for name in names]
        check("nonlinear_map", [*sizes, finite("scale", self.scale, positive=True), whole("seed", self.seed, 0)])

    @property
    def trials_per_pass(self) -> int | None:
        """None: the task never repeats itself."""
        return None

    @cached_property
    def target_weights(self) -> tuple[np.ndarray, ...]:
        """W₀, W₁, W₂ of the target network, each [post, pre]."""
        sizes = pairwise((self.inputs, self.hidden1, self.hidden2, self.outputs))
        return tuple(self._uniform(f"weights{level}", (post, pre)) for level, (pre, post) in enumerate(sizes))

    @cached_property
    def target_biases(self) -> tuple[np.ndarray, ...]:
        """b₀, b₁, b₂ of the target network, each [post]."""
        sizes = (self.hidden1, self.hidden2, self.outputs)
        return tuple(self._uniform(f"bias{level}", (size,)) for level, size in enumerate(sizes))

    def trials(self, seed: int, first: int, count: int) -> Trials:
        """Trials `first` … `first + count - 1`: x ~ N(0, I), y* what the target network answers."""
        return self._answered(trial_rows(self._draw, seed, "nonlinear_map.trials", first, count))

    def test(self) -> Trials:
        """The test set of `tests` patterns, drawn like the trials."""
        return self._test

    @cached_property
    def _test(self) -> Trials:
        x, y = self._answered(self._draw(stream(self.seed, "nonlinear_map.test"), self.tests))
        return Trials(read_only(x), read_only(y))

    def _uniform(self, name: str, shape: tuple[int, ...]) -> np.ndarray:
        random = stream(self.seed, f"nonlinear_map.target.{name}")
        return read_only(random.uniform(-self.scale, self.scale, shape))

    def _draw(self, random: np.random.Generator, rows: int) -> np.ndarray:
        return random.standard_normal((rows, self.inputs))

    def _answered(self, x: np.ndarray) -> Trials:
        W0, W1, W2 = self.target_weights
        b0, b1, b2 = self.target_biases
        hidden1 = np.tanh(weighted(x, W0) + b0)
        hidden2 = np.tanh(weighted(hidden1, W1) + b1)
        return Trials(x, weighted(hidden2, W2) + b2)


task = NonlinearMap
