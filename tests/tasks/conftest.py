"""A small MNIST in the files' own format, so that its loader runs where the real files are not."""

from __future__ import annotations

import hashlib
import socket
from collections.abc import Iterator
from gzip import compress
from pathlib import Path
from typing import NamedTuple

import numpy as np
import platformdirs
import pytest

from neurosim.tasks import mnist

TRAINING, TESTS = 40, 15


class SmallMnist(NamedTuple):
    """The arrays, the folder their files lie in, and the folder that stands for the user's cache."""

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
            mnist.SOURCE.files[name] = hashlib.sha256(data).hexdigest()


def forget() -> None:
    """Let the next trial load the files anew."""
    mnist._images.cache_clear()
    mnist._load.cache_clear()


def lay_out(root: Path, patch: pytest.MonkeyPatch) -> SmallMnist:
    random = np.random.default_rng(5)
    arrays = {}
    for part, count in (("train", TRAINING), ("t10k", TESTS)):
        images = random.integers(0, 256, (count, 28, 28))
        images[:, 0, 0] = 7  # never varies
        images[:, 0, 1] = np.arange(count) == 0  # hardly varies
        arrays[f"{part}-images-idx3-ubyte.gz"] = images
        arrays[f"{part}-labels-idx1-ubyte.gz"] = np.arange(count) % 10
    small = SmallMnist(arrays, root / "data" / "mnist", root / "cache")
    small.folder.mkdir(parents=True)
    patch.setattr(mnist, "SOURCE", mnist.SOURCE._replace(files={}))
    patch.setattr(mnist, "TRAINING", TRAINING)
    patch.setattr(mnist, "TESTS", TESTS)
    patch.setattr(platformdirs, "user_cache_dir", lambda *_, **__: str(small.cache))
    patch.setenv("NEUROSIM_DATA", str(root / "data"))
    patch.delenv("NEUROSIM_OFFLINE", raising=False)
    for name, array in arrays.items():
        small.write(name, compress(small.idx(array)))
    forget()
    return small


@pytest.fixture
def small_mnist(tmp_path: Path) -> Iterator[SmallMnist]:
    with pytest.MonkeyPatch.context() as patch:
        yield lay_out(tmp_path, patch)
    forget()


@pytest.fixture(scope="module")
def module_mnist(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallMnist]:
    with pytest.MonkeyPatch.context() as patch:
        yield lay_out(tmp_path_factory.mktemp("mnist"), patch)
    forget()


@pytest.fixture
def no_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    for name in ("socket", "create_connection", "getaddrinfo"):
        monkeypatch.setattr(socket, name, refuse)
