"""Tell real handwritten digits apart: 1,797 images of 8 × 8 pixels, which need no download."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from neurosim.errors import DataError
from neurosim.seeding import stream
from neurosim.tasks._data_set import DataSet, DataSetTask, Examples, problems
from neurosim.tasks._files import needs
from neurosim.tasks._task import check, read_only, whole

_IMAGES = 1797


@dataclass(frozen=True)
class Digits(DataSetTask):
    """Tell real handwritten digits apart: y*ᵢ = on for the digit's unit, off for the others.

    The 1,797 images of 8 × 8 pixels that scikit-learn carries, split once and for all into a training and a test set
    with the same share of every digit. Each pass through the training set has its own order, drawn from the run's seed;
    trials run on from one pass to the next. Dimensionless, in float32.

    Args:
        tests: size of the test set.
        on, off: targets of the digit's own unit and of the other nine; e.g. 0.9 and -0.1 centre them.
        normalise: "global": inputs minus the mean and over the SD of all training pixels, which leaves pixels that
            matter little small; "centred": each pixel minus its own mean, and over one SD for all; "pixel": each pixel by
            its own mean and SD, the SD at least a tenth of the global one; "none": in [0, 1].

    Raises InputError for parameters out of range, EnvironmentFailure where scikit-learn is not installed. A small
    stand-in for MNIST (main text Fig. 3a); not in the paper.

    >>> x, y = Digits().trials(seed=1, first=0, count=5)
    >>> x.shape, y.shape, y.sum(axis=1).tolist()
    ((5, 64), (5, 10), [1.0, 1.0, 1.0, 1.0, 1.0])
    """

    tests: int = 360
    on: float = 1.0
    off: float = 0.0
    normalise: str = "global"

    inputs = 64
    outputs = 10

    def __post_init__(self) -> None:
        check("digits", [whole("tests", self.tests, 10, _IMAGES - 10), *problems(self.on, self.off, self.normalise)])

    @property
    def trials_per_pass(self) -> int:
        """The size of the training set, 1797 − tests."""
        return _IMAGES - self.tests

    def data_set(self) -> DataSet:
        """The 1,797 images, split."""
        return _load(self.tests, self.normalise)


@lru_cache(maxsize=4)
def _load(tests: int, normalise: str) -> DataSet:
    images, labels = _images()
    training, held_out = split(labels, tests)
    examples = Examples(images[training], labels[training])
    return DataSet("digits", examples, Examples(images[held_out], labels[held_out]), 10, normalise, top=16)


@lru_cache(maxsize=1)
def _images() -> Examples:
    images, labels = needs("sklearn.datasets", "the task 'digits'").load_digits(return_X_y=True)
    if images.shape != (_IMAGES, 64) or labels.shape != (_IMAGES,):
        raise DataError(f"scikit-learn's digits: expected {_IMAGES} images of 64 pixels, found {images.shape}")
    return Examples(read_only(images.astype(np.uint8)), read_only(labels.astype(np.uint8)))


def split(labels: np.ndarray, tests: int) -> tuple[np.ndarray, np.ndarray]:
    """Training and test rows: shuffled, sorted by label, and every (size / tests)-th of them is held out.

    So each label's share of the test set is right to within one example.
    """
    shuffled = stream(0, "digits.split").permutation(len(labels))
    by_label = shuffled[np.argsort(labels[shuffled], kind="stable")]
    held_out = np.diff(np.arange(len(labels) + 1) * tests // len(labels)) == 1
    return np.sort(by_label[~held_out]), np.sort(by_label[held_out])


task = Digits
