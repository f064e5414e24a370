"""Reproduce images of handwritten digits: MNIST, with the image itself for a target."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neurosim.tasks._task import Task, Trials, check, finite, read_only, whole
from neurosim.tasks.mnist import TESTS, TRAINING, Mnist


@dataclass(frozen=True)
class MnistAutoencoder(Task):
    """Reproduce images of handwritten digits: y* = x, each pixel between −bound and bound.

    x = bound (2 p / 255 − 1) for a stored pixel p. The files and the order of the trials are those of the task `mnist`.
    Dimensionless, in float32. The metric `summed_squared_error` is the error per image that Supp. Note 9 calls MSE.

    Args:
        bound: what a white pixel becomes; a black one becomes −bound.
        training, tests: how many images are used, the first ones of the files.

    Raises InputError for parameters out of range; when the images are first asked for, DataError for a damaged file
    and EnvironmentFailure when the files cannot be had. Source: Supp. Note 9 (784-1000-500-10-500-1000-784).

    >>> task = MnistAutoencoder()
    >>> task.inputs, task.outputs, task.trials_per_pass
    (784, 784, 60000)
    """

    bound: float = 0.9
    training: int = TRAINING
    tests: int = TESTS

    inputs = 784
    outputs = 784

    def __post_init__(self) -> None:
        sizes = [whole("training", self.training, 1, TRAINING), whole("tests", self.tests, 1, TESTS)]
        check("mnist_autoencoder", [finite("bound", self.bound, positive=True), *sizes])

    @property
    def trials_per_pass(self) -> int:
        """The size of the training set."""
        return self.training

    def trials(self, seed: int, first: int, count: int) -> Trials:
        """Trials `first` … `first + count - 1`; each pass shows every training image once."""
        images = self._scaled(self._digits.trials(seed, first, count).inputs)
        return Trials(images, images.copy())

    def test(self) -> Trials:
        """The first `tests` images of the test files; inputs and targets are the same array, which is read-only."""
        images = read_only(self._scaled(self._digits.test().inputs))
        return Trials(images, images)

    def training_set(self, count: int) -> Trials:
        """The first images of the training files; inputs and targets are the same array, which is read-only."""
        images = read_only(self._scaled(self._digits.training_set(count).inputs))
        return Trials(images, images)

    @property
    def _digits(self) -> Mnist:
        return Mnist(normalise="none", training=self.training, tests=self.tests)

    def _scaled(self, shares: np.ndarray) -> np.ndarray:
        """Pixels from 0 to 1, as −bound to bound."""
        return np.float32(self.bound) * (2 * shares - 1)


task = MnistAutoencoder
