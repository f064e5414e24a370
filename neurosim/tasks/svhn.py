"""Tell the digits of photographed house numbers apart: SVHN, 32 × 32 pixels, in grey."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from neurosim.errors import DataError, Problem
from neurosim.tasks._data_set import DataSet, DataSetTask, Examples, problems
from neurosim.tasks._files import Source, located
from neurosim.tasks._images import grey
from neurosim.tasks._task import check, read_only, truth, whole

SOURCE = Source(
    folder="svhn",
    url="http://ufldl.stanford.edu/housenumbers/",
    files={
        "train_32x32.mat": "sha256:435e94d69a87fde4fd4d7f3dd208dfc32cb6ae8af2240d066de1df7508d083b8",
        "test_32x32.mat": "sha256:cdce80dfb2a2c4c6160906d0bd7c68ec5a99d7ca4831afa54f09182025b6a75b",
        "extra_32x32.mat": "sha256:a133a4beb38a00fcdda90c9489e0c04f900b660ce8a316a5e854838379a71eb3",
    },
)
"""The cropped digits as Stanford publishes them, for non-commercial use: 182 MB, 64 MB and 1.3 GB.

Stanford publishes no checksums; these are the ones by which TensorFlow Datasets recognises the files.
"""

TRAINING, EXTRA, TESTS = 73_257, 531_131, 26_032
_AT_ONCE = 1000
"""So many images are made grey at a time, so that no large copy is made."""


@dataclass(frozen=True)
class Svhn(DataSetTask):
    """Tell the digits of photographed house numbers apart: y*ᵢ = on for the digit's unit, off for the others.

    x = mean of the three colour channels, rounded to one of 256 grey levels; 1,024 inputs, row by row. With `extra`, the
    training set is both training files, 73,257 + 531,131 = 604,388 images, which take 619 MB; without it, the first
    alone. The test set has 26,032 images. Files are looked for and fetched as those of `mnist`, in the subfolder `svhn`.
    Order, passes and types are those of `mnist`.

    Args:
        extra: use the easier additional images too, as the paper does; the file has 1.3 GB, and needs 2.2 GB of
            memory while it is read.
        on, off: targets of the digit's own unit and of the other nine; the paper's are 0.9 and -0.9.
        normalise: "global", "centred", "pixel" or "none", as in `mnist`.
        training: how many training images are used, the first ones; 0 for all.
        tests: how many test images are used, the first ones.

    Raises InputError for parameters out of range; when the images are first asked for, DataError for a file that is
    damaged or does not hold what it should, and EnvironmentFailure when the files cannot be had.

    Note: Y. Netzer et al. 2011, Reading digits in natural images with unsupervised feature learning. Supp. Note 6
    (1024-3000-3000-3000-3000-10, with `extra`).

    >>> task = Svhn(extra=True, on=0.9, off=-0.9)
    >>> task.inputs, task.outputs, task.trials_per_pass
    (1024, 10, 604388)
    """

    extra: bool = False
    on: float = 1.0
    off: float = 0.0
    normalise: str = "global"
    training: int = 0
    tests: int = TESTS

    inputs = 1024
    outputs = 10

    def __post_init__(self) -> None:
        sizes = [whole("training", self.training, 0, self._published), whole("tests", self.tests, 1, TESTS)]
        check("svhn", [truth("extra", self.extra), *problems(self.on, self.off, self.normalise), *sizes])

    @property
    def trials_per_pass(self) -> int:
        """The size of the training set."""
        return self.training or self._published

    @property
    def _published(self) -> int:
        return TRAINING + EXTRA if self.extra else TRAINING

    def data_set(self) -> DataSet:
        """The first images of the training and of the test files."""
        return _load(self.extra, self.training, self.tests, self.normalise)


@lru_cache(maxsize=4)
def _load(extra: bool, training: int, tests: int, normalise: str) -> DataSet:
    train, test = images(extra)
    return DataSet("svhn", train.first(training), test.first(tests), 10, normalise, top=255)


@lru_cache(maxsize=1)
def images(extra: bool) -> tuple[Examples, Examples]:
    """Training and test images in grey, one byte per pixel."""
    sizes = {"train_32x32.mat": TRAINING, "test_32x32.mat": TESTS, **({"extra_32x32.mat": EXTRA} if extra else {})}
    paths = located(SOURCE._replace(files={name: SOURCE.files[name] for name in sizes}))
    train, test, *more = (_read(paths[name], count) for name, count in sizes.items())
    return _joined([train, *more]), test


def _joined(parts: list[Examples]) -> Examples:
    if len(parts) == 1:
        return parts[0]
    inputs, labels = (read_only(np.concatenate(arrays)) for arrays in zip(*parts, strict=True))
    return Examples(inputs, labels)


def _read(path: Path, count: int) -> Examples:
    """The images of one file, X[row, column, channel, image] and y[image, 1], where the label of the digit 0 is 10."""
    colours, labels = _matrices(path)
    _expect(path, "X", colours, (32, 32, 3, count))
    _expect(path, "y", labels, (count, 1))
    if labels.min() < 1 or labels.max() > 10:
        text = f"y: expected labels from 1 to 10, found {labels.min()} to {labels.max()}"
        raise DataError([Problem(str(path), text)])
    inputs = np.empty((count, 1024), np.uint8)
    for start in range(0, count, _AT_ONCE):
        block = grey(colours[..., start : start + _AT_ONCE], axis=2)
        inputs[start : start + _AT_ONCE] = block.reshape(1024, -1).T
    return Examples(read_only(inputs), read_only(labels[:, 0] % 10))


def _matrices(path: Path) -> tuple[np.ndarray, np.ndarray]:
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError

    try:
        stored = loadmat(path, variable_names=["X", "y"])
    except (OSError, ValueError, TypeError, LookupError, NotImplementedError, MatReadError, zlib.error) as error:
        raise DataError([Problem(str(path), f"not a whole MATLAB 5 file: {error}")]) from error
    absent = [name for name in ("X", "y") if name not in stored]
    if absent:
        raise DataError([Problem(str(path), f"expected the matrices X and y, but there is no {' and no '.join(absent)}")])
    return stored["X"], stored["y"]


def _expect(path: Path, name: str, matrix: np.ndarray, shape: tuple[int, ...]) -> None:
    if matrix.shape != shape or matrix.dtype != np.uint8:
        text = f"{name}: expected unsigned bytes of the sizes {shape}, found {matrix.dtype} of {matrix.shape}"
        raise DataError([Problem(str(path), text)])


task = Svhn
