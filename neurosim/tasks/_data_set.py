"""A labelled data set as a task shows it: a fresh order in each pass, one-hot targets, standardised inputs."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np

from neurosim.errors import Problem
from neurosim.seeding import stream
from neurosim.tasks._distortion import Distortion
from neurosim.tasks._task import Task, Trials, finite, one_of, read_only

NORMALISATIONS = ("global", "centred", "pixel", "none")
SMALLEST_SD = 0.1
"""The SD of a pixel counts as at least this fraction of the SD of all pixels, so that rare pixels do not blow up."""


class Examples(NamedTuple):
    """Labelled examples as their owner stores them: `inputs` is [examples, inputs], `labels` is [examples]."""

    inputs: np.ndarray
    labels: np.ndarray

    def first(self, count: int) -> Examples:
        """The first `count` of them, or all for 0; the arrays are shared."""
        return Examples(self.inputs[: count or None], self.labels[: count or None])


@dataclass(frozen=True, eq=False)
class DataSet:
    """A training set and a test set in memory, shown as trials.

    x = (stored − shift) / scale; y* = on for the label's unit, off elsewhere.

    Args:
        name: names the random stream that the order is drawn from.
        training, tests: the examples, in the type in which they are stored.
        classes: how many labels there are, 0 … classes − 1.
        normalise: one of `NORMALISATIONS`, by the statistics of the training set.
        top: the largest stored value; inputs lie in [0, 1] under "none".
    """

    name: str
    training: Examples
    tests: Examples
    classes: int
    normalise: str
    top: float

    def trials(self, seed: int, first: int, count: int, on: float, off: float, distortion: Distortion | None = None) -> Trials:
        """Trials `first` … `first + count - 1`; each pass through the training set has its own order.

        What is stored is distorted first and standardised then, by the statistics of the training set as it is stored.
        """
        rows = presented(f"{self.name}.order", len(self.training.labels), seed, first, count)
        targets = one_hot(self.training.labels[rows], self.classes, on, off)
        inputs = self.training.inputs[rows]
        shown = inputs if distortion is None else distortion(inputs, seed, first)
        return Trials(self._standardised(shown), targets)

    def test(self, on: float, off: float) -> Trials:
        """The test set, in its own order; the inputs are shared and read-only."""
        targets = one_hot(self.tests.labels, self.classes, on, off)
        return Trials(self._test_inputs, read_only(targets))

    def training_set(self, count: int, on: float, off: float) -> Trials:
        """The first `count` training examples in their own order, undistorted; the inputs are shared and read-only."""
        targets = one_hot(self.training.labels[:count], self.classes, on, off)
        return Trials(_standardised_training(self, count), read_only(targets))

    @cached_property
    def _test_inputs(self) -> np.ndarray:
        return read_only(self._standardised(self.tests.inputs))

    @cached_property
    def _statistics(self) -> tuple[np.ndarray, np.ndarray]:
        return statistics(self.training.inputs, self.normalise, self.top)

    def _standardised(self, stored: np.ndarray) -> np.ndarray:
        shift, scale = self._statistics
        inputs = stored.astype(np.float32)
        inputs -= shift
        inputs /= scale
        return inputs


class DataSetTask(Task):
    """A task that shows a labelled data set: a subclass has the parameters `on` and `off`, and tells its `data_set()`."""

    on: float
    off: float

    @property
    def distortion(self) -> Distortion | None:
        """How training images are distorted each time that they are shown; not at all unless a subclass says otherwise."""
        return None

    @abstractmethod
    def data_set(self) -> DataSet:
        """The data set, read when it is first asked for."""

    def trials(self, seed: int, first: int, count: int) -> Trials:
        """Trials `first` … `first + count - 1`; each pass shows every training example once."""
        return self.data_set().trials(seed, first, count, self.on, self.off, self.distortion)

    def test(self) -> Trials:
        """The test set, which training never shows."""
        return self.data_set().test(self.on, self.off)

    def training_set(self, count: int) -> Trials:
        """The first training examples as their owner stores them, standardised but not distorted."""
        return self.data_set().training_set(count, self.on, self.off)


@lru_cache(maxsize=2)
def _standardised_training(data_set: DataSet, count: int) -> np.ndarray:
    """Kept, because every run of a scenario looks at the same examples."""
    return read_only(data_set._standardised(data_set.training.inputs[:count]))


def problems(on: float, off: float, normalise: str) -> list[Problem | None]:
    """What is wrong with the parameters that every data-set task has."""
    same = Problem("off", f"expected a number other than `on`, found {off!r}") if on == off else None
    return [finite("on", on), finite("off", off), same, one_of("normalise", normalise, NORMALISATIONS)]


def statistics(stored: np.ndarray, normalise: str, top: float) -> tuple[np.ndarray, np.ndarray]:
    """Shift and scale that standardise a training set, in float32: scalars, or one per input.

    "global" is one mean and one SD; "centred" is the mean of each input, and one SD for all, so that what all examples have
    in common is gone and what rarely varies stays small; "pixel" is the mean and the SD of each input, the SD at least
    `SMALLEST_SD` of the global one; "none" only scales to [0, 1]. What never varies becomes 0.
    """
    if normalise == "none":
        return np.array(0, np.float32), np.array(top, np.float32)
    mean = stored.mean(axis=0, dtype=np.float64)
    square = _mean_square(stored, mean)
    middle = mean.mean()
    spread = np.sqrt((square + (mean - middle) ** 2).mean())
    spread = spread if spread > 0 else 1.0
    if normalise == "global":
        return np.array(middle, np.float32), np.array(spread, np.float32)
    if normalise == "centred":
        return mean.astype(np.float32), np.array(np.sqrt(square.mean()) or 1.0, np.float32)
    return mean.astype(np.float32), np.maximum(np.sqrt(square), SMALLEST_SD * spread).astype(np.float32)


def _mean_square(stored: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Mean over examples of (stored − mean)², a thousand examples at a time so that no large copy is made."""
    total = np.zeros_like(mean)
    for start in range(0, len(stored), 1000):
        total += ((stored[start : start + 1000] - mean) ** 2).sum(axis=0)
    return total / len(stored)


def one_hot(labels: np.ndarray, classes: int, on: float = 1.0, off: float = 0.0) -> np.ndarray:
    """Targets [count, classes] in float32: `on` for the label's unit, `off` elsewhere.

    >>> one_hot(np.array([2, 0]), 3).tolist()
    [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]
    """
    targets = np.full((len(labels), classes), off, np.float32)
    targets[np.arange(len(labels)), labels] = on
    return targets


def presented(name: str, size: int, seed: int, first: int, count: int) -> np.ndarray:
    """Which of `size` examples each of the trials shows: every pass is a permutation of them all, keyed by its number.

    >>> sorted(presented("x.order", 3, seed=1, first=3, count=3).tolist())
    [0, 1, 2]
    """
    passes = range(first // size, -(-(first + count) // size))
    rows = np.concatenate([_permutation(name, size, seed, number) for number in passes])
    start = first - passes.start * size
    return rows[start : start + count]


@lru_cache(maxsize=64)
def _permutation(name: str, size: int, seed: int, number: int) -> np.ndarray:
    return read_only(stream(seed, name, number).permutation(size).astype(np.int32))
