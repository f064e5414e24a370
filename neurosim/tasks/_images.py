"""Images as bytes: those of MNIST's format, and colours made grey."""

from __future__ import annotations

import numpy as np

from neurosim.errors import DataError, Problem
from neurosim.tasks._data_set import Examples
from neurosim.tasks._files import Source, contents, parse_idx


def idx_examples(source: Source, training: int, tests: int) -> tuple[Examples, Examples]:
    """Training and test images of 28 × 28 pixels, and their labels from 0 to 9, of a data set in MNIST's four files.

    Args:
        source: where the files come from; they have MNIST's names.
        training, tests: how many images they hold.

    Raises DataError for a damaged file, EnvironmentFailure when the files cannot be had.
    """
    files = contents(source)
    return _examples(files, "train", training), _examples(files, "t10k", tests)


def _examples(files: dict[str, bytes], part: str, count: int) -> Examples:
    images, labels = f"{part}-images-idx3-ubyte.gz", f"{part}-labels-idx1-ubyte.gz"
    pixels = parse_idx(files[images], images, (count, 28, 28))
    classes = parse_idx(files[labels], labels, (count,))
    if classes.max() > 9:
        raise DataError([Problem(labels, f"expected labels from 0 to 9, found {classes.max()}")])
    return Examples(pixels.reshape(count, 784), classes)


def grey(colours: np.ndarray, axis: int) -> np.ndarray:
    """The mean of the three colour channels that lie along `axis`, rounded to a byte.

    >>> grey(np.array([[0, 0, 255], [3, 4, 4]], np.uint8), axis=1).tolist()
    [85, 4]
    """
    total = colours.sum(axis=axis, dtype=np.uint16)
    return ((total + 1) // 3).astype(np.uint8)
