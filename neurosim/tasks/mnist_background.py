"""Tell digits apart before photographs: mnist-back-image, 62,000 images of 28 × 28 pixels."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from neurosim.errors import DataError, EnvironmentFailure, Problem
from neurosim.tasks._data_set import DataSet, DataSetTask, Examples, problems
from neurosim.tasks._files import Source, located
from neurosim.tasks._task import check, read_only, truth, whole

SMALLER, LARGER = "mnist_background_images_train.amat", "mnist_background_images_test.amat"
SOURCE = Source(
    folder="mnist_background",
    url="http://www.iro.umontreal.ca/~lisa/icml2007data/",
    files={SMALLER: "", LARGER: ""},
    archive="mnist_background_images.zip",
)
"""The two files as the LISA laboratory published them, in one archive."""

FEWER, MORE = 12_000, 50_000


@dataclass(frozen=True)
class MnistBackground(DataSetTask):
    """Tell digits apart before photographs: y*ᵢ = on for the digit's unit, off for the others.

    The owner's training file has 12,000 images (10,000 to train with and 2,000 to validate), the test file 50,000; the
    paper trains on the larger and tests on the smaller. The files are text, one row per image: 784 pixels in [0, 1] and
    the label. They are looked for as those of `mnist`, in the subfolder `mnist_background`, but never fetched: no
    checksums are known for them, so they are recognised by their numbers of rows and columns and the ranges of values.
    Pixels come in the file's order, in float32. Order and passes are those of `mnist`.

    Args:
        swapped: train on the larger file and test on the smaller, as the paper does; else as the owner meant it.
        on, off: targets of the digit's own unit and of the other nine; the paper's are 0.9 and -0.9.
        normalise: "global", "centred", "pixel" or "none", as in `mnist`.
        training, tests: how many images are used, the first ones of the files; 0 for all.

    Raises InputError for parameters out of range; when the images are first asked for, DataError for a file that does
    not hold what it should, and EnvironmentFailure when the files cannot be had.

    Note: H. Larochelle et al. 2007, An empirical evaluation of deep architectures on problems with many factors of
    variation. Supp. Note 5 (784-1500-1500-1500-10, 50,000 and 10,000 images).

    >>> task = MnistBackground(on=0.9, off=-0.9)
    >>> task.inputs, task.outputs, task.trials_per_pass
    (784, 10, 50000)
    """

    swapped: bool = True
    on: float = 1.0
    off: float = 0.0
    normalise: str = "global"
    training: int = 0
    tests: int = 10_000

    inputs = 784
    outputs = 10

    def __post_init__(self) -> None:
        training, tests = self._published
        sizes = [whole("training", self.training, 0, training), whole("tests", self.tests, 0, tests)]
        check("mnist_background", [truth("swapped", self.swapped), *problems(self.on, self.off, self.normalise), *sizes])

    @property
    def trials_per_pass(self) -> int:
        """The size of the training set."""
        return self.training or self._published[0]

    @property
    def _published(self) -> tuple[int, int]:
        return (MORE, FEWER) if self.swapped else (FEWER, MORE)

    def data_set(self) -> DataSet:
        """The first images of both files."""
        return _load(self.swapped, self.training, self.tests, self.normalise)


@lru_cache(maxsize=4)
def _load(swapped: bool, training: int, tests: int, normalise: str) -> DataSet:
    smaller, larger = images()
    train, test = (larger, smaller) if swapped else (smaller, larger)
    return DataSet("mnist_background", train.first(training), test.first(tests), 10, normalise, top=1)


@lru_cache(maxsize=1)
def images() -> tuple[Examples, Examples]:
    """The images of the smaller and of the larger file; both together take 194 MB."""
    paths = located(SOURCE)
    return _read(paths[SMALLER], FEWER), _read(paths[LARGER], MORE)


def _read(path: Path, count: int) -> Examples:
    table = _table(path)
    if table.shape != (count, 785):
        text = f"expected {count} rows of 785 numbers, found {len(table)} of {table.shape[1]}"
        raise DataError([Problem(str(path), text)])
    pixels, labels = table[:, :784], table[:, 784]
    if not (pixels.min() >= 0 and pixels.max() <= 1):  # also where one is not a number
        text = f"expected pixels from 0 to 1, found {pixels.min():.6g} to {pixels.max():.6g}"
        raise DataError([Problem(str(path), text)])
    wrong = labels[~np.isin(labels, range(10))]
    if len(wrong):
        raise DataError([Problem(str(path), f"expected labels from 0 to 9, found {wrong[0]:.6g}")])
    return Examples(read_only(pixels.copy()), read_only(labels.astype(np.uint8)))


def _table(path: Path) -> np.ndarray:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of an empty file, whose shape is wrong
            return np.loadtxt(path, np.float32, comments=None, ndmin=2, encoding="ascii")
    except ValueError as error:
        raise DataError([Problem(str(path), f"not a table of numbers: {error}")]) from error
    except OSError as error:
        raise EnvironmentFailure(f"{path}: cannot be read: {error}") from error


task = MnistBackground
