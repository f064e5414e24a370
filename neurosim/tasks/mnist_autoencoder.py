"""Reproduce images of handwritten digits: MNIST, with the image itself for a target."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from neurosim.tasks._data_set import DataSet
from neurosim.tasks._task import Task, Trials, check, finite, read_only, truth, whole
from neurosim.tasks.mnist import TESTS, TRAINING, Mnist


@dataclass(frozen=True)
class MnistAutoencoder(Task):
    """Reproduce images of handwritten digits: y* = x, each pixel between −bound and bound.

    y* = bound (2 p / 255 − 1) for a stored pixel p; x = y*, or x = y* − mean of y* over the training images. The files and the
    order of the trials are those of the task `mnist`. Dimensionless, in float32. The metric `summed_squared_error` is the error
    per image that Supp. Note 9 calls MSE.

    Args:
        bound: what a white pixel becomes; a black one becomes −bound.
        training, tests: how many images are used, the first ones of the files.
        centred: what the input shows is the image minus the mean image: what all images have in common would otherwise limit
            eta, and the biases can learn it. The target is the image itself all the same.

    Raises InputError for parameters out of range; when the images are first asked for, DataError for a damaged file
    and EnvironmentFailure when the files cannot be had. Source: Supp. Note 9 (784-1000-500-10-500-1000-784).

    >>> task = MnistAutoencoder()
    >>> task.inputs, task.outputs, task.trials_per_pass
    (784, 784, 60000)
    """

    bound: float = 0.9
    training: int = TRAINING
    tests: int = TESTS
    centred: bool = False

    inputs = 784
    outputs = 784

    def __post_init__(self) -> None:
        sizes = [whole("training", self.training, 1, TRAINING), whole("tests", self.tests, 1, TESTS)]
        check("mnist_autoencoder", [finite("bound", self.bound, positive=True), *sizes, truth("centred", self.centred)])

    @property
    def trials_per_pass(self) -> int:
        """The size of the training set."""
        return self.training

    def trials(self, seed: int, first: int, count: int) -> Trials:
        """Trials `first` … `first + count - 1`; each pass shows every training image once."""
        images = self._scaled(self._digits.trials(seed, first, count).inputs)
        return Trials(self._shown(images) if self.centred else images.copy(), images)

    def test(self) -> Trials:
        """The first `tests` images of the test files; the arrays are read-only, and the same one unless inputs are centred."""
        return self._fixed(self._digits.test().inputs)

    def training_set(self, count: int) -> Trials:
        """The first images of the training files; the arrays are read-only, and the same one unless inputs are centred."""
        return self._fixed(self._digits.training_set(count).inputs)

    def _fixed(self, shares: np.ndarray) -> Trials:
        images = read_only(self._scaled(shares))
        return Trials(read_only(self._shown(images)) if self.centred else images, images)

    def _shown(self, images: np.ndarray) -> np.ndarray:
        """Images as centred inputs."""
        return images - self._scaled(_mean_share(self._digits.data_set()))

    @property
    def _digits(self) -> Mnist:
        return Mnist(normalise="none", training=self.training, tests=self.tests)

    def _scaled(self, shares: np.ndarray) -> np.ndarray:
        """Pixels from 0 to 1, as −bound to bound."""
        return np.float32(self.bound) * (2 * shares - 1)


@lru_cache(maxsize=2)
def _mean_share(digits: DataSet) -> np.ndarray:
    """The mean of the training images, from 0 to 1: bytes add up without rounding, so its bits are always the same."""
    return read_only((digits.training.inputs.mean(axis=0, dtype=np.float64) / digits.top).astype(np.float32))


task = MnistAutoencoder
