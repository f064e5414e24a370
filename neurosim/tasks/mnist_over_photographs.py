"""Tell MNIST's digits apart over patches of two photographs: a stand-in for mnist-back-image, not that set."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from neurosim.errors import DataError
from neurosim.seeding import stream
from neurosim.tasks import mnist
from neurosim.tasks._data_set import DataSet, DataSetTask, Examples, problems
from neurosim.tasks._files import needs
from neurosim.tasks._images import grey
from neurosim.tasks._task import check, read_only, whole

SMALLEST_CONTRAST = 25.0
"""The SD of a patch, in grey levels from 0 to 255: smoother ones, such as clear sky, are not used."""


@dataclass(frozen=True)
class MnistOverPhotographs(DataSetTask):
    """Tell MNIST's digits apart over patches of two photographs: y*ᵢ = on for the digit's unit, off for the others.

    x = max(digit, patch), pixel by pixel. The patch of an image is drawn once, from the task's `seed`, evenly among the
    places of 28 × 28 pixels in scikit-learn's two sample photographs (427 × 640, in grey) where the SD of the grey levels
    is at least 25. Training and test patches come from the same photographs, and may overlap. Files, order, passes and
    types are those of `mnist`.

    This is a stand-in for `mnist_background`, whose twenty photographs and exact recipe are not published: errors on it
    are not errors on that set, and are never to be reported as such.

    Args:
        on, off: targets of the digit's own unit and of the other nine.
        normalise: "global", "centred", "pixel" or "none", as in `mnist`.
        training, tests: how many images are used, the first ones of the files.
        seed: draws the patches.

    Raises InputError for parameters out of range; when the images are first asked for, DataError for a damaged file
    and EnvironmentFailure when MNIST's files or scikit-learn cannot be had.

    Note: not in the paper; after mnist-back-image, H. Larochelle et al. 2007 (Supp. Note 5).

    >>> task = MnistOverPhotographs(training=50_000)
    >>> task.inputs, task.outputs, task.trials_per_pass
    (784, 10, 50000)
    """

    on: float = 1.0
    off: float = 0.0
    normalise: str = "global"
    training: int = mnist.TRAINING
    tests: int = mnist.TESTS
    seed: int = 0

    inputs = 784
    outputs = 10

    def __post_init__(self) -> None:
        sizes = [whole("training", self.training, 1, mnist.TRAINING), whole("tests", self.tests, 1, mnist.TESTS)]
        parameters = [*problems(self.on, self.off, self.normalise), *sizes, whole("seed", self.seed, 0)]
        check("mnist_over_photographs", parameters)

    @property
    def trials_per_pass(self) -> int:
        """The size of the training set."""
        return self.training

    def data_set(self) -> DataSet:
        """The first images of MNIST's training and test files, over their patches."""
        return _load(self.training, self.tests, self.normalise, self.seed)


@lru_cache(maxsize=4)
def _load(training: int, tests: int, normalise: str, seed: int) -> DataSet:
    train, test = images(seed)
    return DataSet("mnist_over_photographs", train.first(training), test.first(tests), 10, normalise, top=255)


@lru_cache(maxsize=1)
def images(seed: int) -> tuple[Examples, Examples]:
    """All training and test images over the patches that this seed draws, one byte per pixel."""
    train, test = mnist.images()
    scenes = photographs()
    places = textured(scenes)
    return (
        over_patches(train, scenes, places, stream(seed, "mnist_over_photographs.training")),
        over_patches(test, scenes, places, stream(seed, "mnist_over_photographs.tests")),
    )


def over_patches(digits: Examples, scenes: np.ndarray, places: np.ndarray, random: np.random.Generator) -> Examples:
    """Digits over patches of `scenes`, each at one of `places`, drawn evenly: the larger of both, pixel by pixel."""
    scene, row, column = places[random.integers(len(places), size=len(digits.labels))].T
    patches = sliding_window_view(scenes, (28, 28), axis=(1, 2))[scene, row, column]
    return Examples(read_only(np.maximum(digits.inputs, patches.reshape(-1, 784))), digits.labels)


def photographs() -> np.ndarray:
    """scikit-learn's two sample photographs in grey, [photograph, row, column] in bytes."""
    datasets = needs("sklearn.datasets", "the task 'mnist_over_photographs'")
    loaded = np.stack(datasets.load_sample_images().images)
    if loaded.shape != (2, 427, 640, 3):
        raise DataError(f"scikit-learn's photographs: expected two of 427 × 640 × 3 bytes, found {loaded.shape}")
    return read_only(grey(loaded, axis=3))


def textured(scenes: np.ndarray) -> np.ndarray:
    """The places [place, (photograph, row, column)] of patches whose SD is at least `SMALLEST_CONTRAST`.

    SD² = Σp² / n − (Σp / n)², n = 28 × 28.
    """
    levels = scenes.astype(np.int64)
    mean, square = _window_mean(levels), _window_mean(levels**2)
    return np.argwhere(square - mean**2 >= SMALLEST_CONTRAST**2)


def _window_mean(values: np.ndarray) -> np.ndarray:
    rows = sliding_window_view(values, 28, axis=1).sum(axis=-1)
    return sliding_window_view(rows, 28, axis=2).sum(axis=-1) / 28**2


task = MnistOverPhotographs
