"""Small data sets in the formats of their owners' files, so that the loaders run where the real files are not."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator
from gzip import compress
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import numpy as np
import platformdirs
import pytest
from scipy.io import savemat

from neurosim.tasks import fashion_mnist, mnist, mnist_background, mnist_over_photographs, svhn

TRAINING, TESTS, EXTRA = 40, 15, 30


class Small(NamedTuple):
    """The task's file, the arrays, the folder their files lie in, and the folder that stands for the user's cache."""

    module: ModuleType
    arrays: dict[str, np.ndarray]
    folder: Path
    cache: Path

    @staticmethod
    def idx(array: np.ndarray) -> bytes:
        """An array of unsigned bytes as an IDX file, not yet compressed."""
        head = bytes([0, 0, 8, array.ndim]) + b"".join(size.to_bytes(4, "big") for size in array.shape)
        return head + array.astype(np.uint8).tobytes()

    def write(self, name: str, data: bytes, *, pinned: bool = True) -> None:
        """Replace one file, and its pinned checksum too if `pinned`."""
        (self.folder / name).write_bytes(data)
        if pinned:
            self.module.SOURCE.files[name] = f"sha256:{hashlib.sha256(data).hexdigest()}"


def forget() -> None:
    """Let the next trial load the files anew."""
    for module in (mnist, fashion_mnist, svhn, mnist_background, mnist_over_photographs):
        module.images.cache_clear()
        module._load.cache_clear()


def small(root: Path, patch: pytest.MonkeyPatch, module: ModuleType, arrays: dict[str, np.ndarray]) -> Small:
    """An empty folder in the place of a data set's."""
    laid = Small(module, arrays, root / "data" / module.SOURCE.folder, root / "cache")
    laid.folder.mkdir(parents=True)
    patch.setattr(module, "SOURCE", module.SOURCE._replace(files={}))
    patch.setattr(platformdirs, "user_cache_dir", lambda *_, **__: str(laid.cache))
    patch.setenv("NEUROSIM_DATA", str(root / "data"))
    patch.delenv("NEUROSIM_OFFLINE", raising=False)
    forget()
    return laid


def idx_files(root: Path, patch: pytest.MonkeyPatch, module: ModuleType = mnist) -> Small:
    random = np.random.default_rng(5)
    arrays = {}
    for part, count in (("train", TRAINING), ("t10k", TESTS)):
        images = random.integers(0, 256, (count, 28, 28))
        images[:, 0, 0] = 7  # never varies
        images[:, 0, 1] = np.arange(count) == 0  # hardly varies
        arrays[f"{part}-images-idx3-ubyte.gz"] = images
        arrays[f"{part}-labels-idx1-ubyte.gz"] = np.arange(count) % 10
    laid = small(root, patch, module, arrays)
    patch.setattr(module, "TRAINING", TRAINING)
    patch.setattr(module, "TESTS", TESTS)
    for name, array in arrays.items():
        laid.write(name, compress(laid.idx(array)))
    return laid


def mat_files(root: Path, patch: pytest.MonkeyPatch) -> Small:
    """X[row, column, channel, image] and y[image, 1] with labels 1 to 10, compressed as the owner's are."""
    random = np.random.default_rng(6)
    sizes = {"train_32x32.mat": TRAINING, "test_32x32.mat": TESTS, "extra_32x32.mat": EXTRA}
    arrays = {name: random.integers(0, 256, (32, 32, 3, count), np.uint8) for name, count in sizes.items()}
    laid = small(root, patch, svhn, arrays)
    for name in ("TRAINING", "TESTS", "EXTRA"):
        patch.setattr(svhn, name, globals()[name])
    for name, colours in arrays.items():
        laid.write(name, mat(X=colours, y=np.arange(colours.shape[3], dtype=np.uint8)[:, None] % 10 + 1))
    return laid


def mat(**matrices: np.ndarray) -> bytes:
    """A MATLAB 5 file."""
    file = io.BytesIO()
    savemat(file, matrices, do_compression=True)
    return file.getvalue()


def amat_files(root: Path, patch: pytest.MonkeyPatch) -> Small:
    """One row per image: 784 pixels in [0, 1] and the label."""
    random = np.random.default_rng(7)
    sizes = {mnist_background.SMALLER: TESTS, mnist_background.LARGER: TRAINING}
    arrays = {name: np.column_stack([random.random((n, 784)), np.arange(n) % 10]) for name, n in sizes.items()}
    laid = small(root, patch, mnist_background, arrays)
    patch.setattr(mnist_background, "FEWER", TESTS)
    patch.setattr(mnist_background, "MORE", TRAINING)
    mnist_background.SOURCE.files.update(dict.fromkeys(arrays, ""))
    for name, table in arrays.items():
        np.savetxt(laid.folder / name, table)
    return laid


LAID_OUT: dict[str, Callable[[Path, pytest.MonkeyPatch], Small]] = {
    "mnist": idx_files,
    "mnist_over_photographs": idx_files,
    "fashion_mnist": lambda root, patch: idx_files(root, patch, fashion_mnist),
    "svhn": mat_files,
    "mnist_background": amat_files,
}
"""How the small files of a task come to lie in a folder."""


def laid_out(name: str, root: Path) -> Iterator[Small]:
    with pytest.MonkeyPatch.context() as patch:
        yield LAID_OUT[name](root, patch)
    forget()
