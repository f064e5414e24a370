"""Small data sets in the formats of their owners' files, so that the loaders run where the real files are not."""

from __future__ import annotations

import hashlib
import io
import wave
from collections.abc import Callable, Iterator
from gzip import compress
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import numpy as np
import platformdirs
import pytest
from scipy.io import savemat

from neurosim.tasks import (
    fashion_mnist,
    mnist,
    mnist_background,
    mnist_over_photographs,
    spoken_digits,
    svhn,
    timit_sample_stops,
    timit_stops,
)

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
    for module in (timit_stops, timit_sample_stops, spoken_digits):
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


def sphere(samples: np.ndarray, order: str = "01", **said: object) -> bytes:
    """A NIST SPHERE file with the header of TIMIT's; `said` replaces or adds lines, None leaves one out."""
    told = {
        "database_id": "TIMIT",
        "database_version": "1.0",
        "channel_count": 1,
        "sample_count": len(samples),
        "sample_rate": 16000,
        "sample_min": int(samples.min()),
        "sample_max": int(samples.max()),
        "sample_n_bytes": 2,
        "sample_byte_format": order,
        "sample_sig_bits": 16,
        **said,
    }
    kinds = {name: "-i" if isinstance(value, int) else f"-s{len(str(value))}" for name, value in told.items()}
    lines = [f"{name} {kinds[name]} {value}" for name, value in told.items() if value is not None]
    header = "\n".join(["NIST_1A", "   1024", *lines, "end_head", ""]).encode().ljust(1024)
    return header + samples.astype("<i2" if order == "01" else ">i2").tobytes()


def riff(samples: np.ndarray, rate: int, channels: int = 1, width: int = 2) -> bytes:
    """A RIFF WAVE file."""
    file = io.BytesIO()
    with wave.open(file, "wb") as written:
        written.setnchannels(channels)
        written.setsampwidth(width)
        written.setframerate(rate)
        written.writeframes(samples.astype("<i2").tobytes())
    return file.getvalue()


SENTENCES = ("SA1", "SA2", "SI648", "SI1027", "SI1657", "SX37", "SX127", "SX217", "SX307", "SX397")
PHONES = ("h#", "tcl", "t", "iy", "dcl", "d", "bcl", "b", "ao", "tcl", "ch", "gcl", "g", "pcl", "p", "kcl", "k", "h#")
"""Each lasts 320 samples, two frames."""


def timit_files(root: Path, patch: pytest.MonkeyPatch) -> Small:
    """TRAIN with two speakers and TEST with one, ten sentences of 0.36 s each, of noise."""
    random = np.random.default_rng(8)
    speakers = ("TRAIN/DR1/FCJF0", "TRAIN/DR2/MABW0", "TEST/DR1/FAKS0")
    arrays = {f"{speaker}/{sentence}": random.integers(-3000, 3000, 5760) for speaker in speakers for sentence in SENTENCES}
    laid = small(root, patch, timit_stops, arrays)
    patch.setattr(timit_stops, "SPEAKERS", {"TRAIN": 2, "TEST": 1})
    for name, samples in arrays.items():
        (laid.folder / name).parent.mkdir(parents=True, exist_ok=True)
        laid.write(f"{name}.WAV", sphere(samples), pinned=False)
        lines = [f"{320 * row} {320 * (row + 1)} {phone}\n" for row, phone in enumerate(PHONES)]
        laid.write(f"{name}.PHN", "".join(lines).encode(), pinned=False)
    return laid


def timit_sample_files(root: Path, patch: pytest.MonkeyPatch) -> Small:
    """Sixty frames of three speakers, of whom one is to be tested with; every third frame is of an SA sentence."""
    random = np.random.default_rng(9)
    rows = np.arange(60)
    arrays = {
        "X": random.normal(3.0, 5.0, (60, 39)).astype(np.float32),
        "y": (rows % 6).astype(np.uint8),
        "speaker": np.array(["dr1-fvmh0", "dr1-mcpm0", "dr2-faem0"])[rows // 20],
        "utt": np.array(["sa1", "si1027", "sx37"])[rows % 3],
        "classes": np.array(["b", "d", "g", "p", "t", "k"]),
    }
    laid = small(root, patch, timit_sample_stops, arrays)
    patch.setattr(timit_sample_stops, "TRAINING", {False: 27, True: 40})
    laid.write(timit_sample_stops.FILE, npz(**arrays))
    return laid


def npz(**arrays: np.ndarray) -> bytes:
    """A file of NumPy's arrays."""
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def digit_files(root: Path, patch: pytest.MonkeyPatch) -> Small:
    """Two speakers say every digit four times, once to be tested with; recordings of noise, of different lengths."""
    random = np.random.default_rng(10)
    patch.setattr(spoken_digits, "SPEAKERS", ("ann", "bob"))
    patch.setattr(spoken_digits, "TAKES", 4)
    patch.setattr(spoken_digits, "TEST_TAKES", 1)
    arrays = {name: random.integers(-3000, 3000, random.integers(400, 1600)).astype(np.int16) for name in spoken_digits.names()}
    laid = small(root, patch, spoken_digits, arrays)
    (laid.folder / "recordings").mkdir()
    for name, samples in arrays.items():
        laid.write(f"recordings/{name}", riff(samples, 8000), pinned=False)
    joined = spoken_digits.Recordings(np.cumsum([0, *map(len, arrays.values())]), np.concatenate(list(arrays.values())))
    patch.setattr(spoken_digits, "CONTENT", spoken_digits.checksum(joined))
    return laid


LAID_OUT: dict[str, Callable[[Path, pytest.MonkeyPatch], Small]] = {
    "mnist": idx_files,
    "mnist_over_photographs": idx_files,
    "fashion_mnist": lambda root, patch: idx_files(root, patch, fashion_mnist),
    "svhn": mat_files,
    "mnist_background": amat_files,
    "timit_stops": timit_files,
    "timit_sample_stops": timit_sample_files,
    "spoken_digits": digit_files,
}
"""How the small files of a task come to lie in a folder."""

WHOLE = ("timit_stops", "timit_sample_stops", "spoken_digits")
"""Tasks that always show all that lies in their files; the others are told how much."""


def laid_out(name: str, root: Path) -> Iterator[Small]:
    with pytest.MonkeyPatch.context() as patch:
        yield LAID_OUT[name](root, patch)
    forget()
