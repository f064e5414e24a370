"""Versions of the recording format, and how a file of each is read; docs/recording-format.md says what a version promises."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np

from neurosim.errors import DataError
from neurosim.recording import attributes, layout


class Version1:
    """Version 1, written since neurosim 0.1.0. A later version says only what it reads differently.

    Datasets that carry an `address` are quantities; each of their dimensions has a scale in the same group.
    """

    def is_whole(self, file: h5py.File) -> bool:
        """Whether what every file must have is there: its status and its counter."""
        return layout.COUNTER in file and "status" in file.attrs

    def committed(self, file: h5py.File) -> int:
        """The trial up to which rows may be believed; -1 before the first commit."""
        return int(file[layout.COUNTER][()])

    def quantities(self, file: h5py.File) -> dict[str, h5py.Dataset]:
        """The values of every quantity, by address."""
        found: dict[str, h5py.Dataset] = {}

        def visit(name: str, node: h5py.HLObject) -> None:
            if isinstance(node, h5py.Dataset) and "address" in node.attrs:
                found[str(node.attrs["address"])] = node

        file.visititems(visit)
        return found

    def trials(self, dataset: h5py.Dataset) -> h5py.Dataset:
        """The trial of every row of a quantity, committed or not."""
        return dataset.parent[self.dims(dataset)[0]]

    def dims(self, dataset: h5py.Dataset) -> tuple[str, ...]:
        """The names of a quantity's dimensions, the trial (of events, their number) first."""
        return tuple(str(axis[0].name).rpartition("/")[2] for axis in dataset.dims)

    def labels(self, dataset: h5py.Dataset, dim: str) -> np.ndarray:
        """The coordinate of a further dimension of a quantity."""
        return dataset.parent[dim][()]

    def text(self, dataset: h5py.Dataset, name: str) -> str:
        """What is told of a quantity: its `units` or its `long_name`."""
        return str(dataset.attrs[name])


READERS: dict[int, Version1] = {1: Version1()}
"""Format version → how it is read. An entry is never removed: what a release has written stays readable."""


def reader_of(path: Path, found: dict[str, Any]) -> Version1:
    """How to read a file whose root has these attributes.

    Raises:
        DataError: it is no recording, its version is missing, or a newer neurosim wrote it.

    >>> reader_of(Path("run.h5"), {"format": "neurosim recording", "format_version": 99})
    Traceback (most recent call last):
    neurosim.errors.DataError: run.h5 has format version 99; this neurosim reads 1: a newer one wrote it, and reads it
    """
    if found.get("format") != attributes.FORMAT:
        raise DataError(f"{path} is not a neurosim recording")
    version = found.get("format_version")
    if not isinstance(version, int) or version < 1:
        raise DataError(f"{path} is damaged: expected a format version from 1 on, found {version!r}")
    if version not in READERS:
        known = ", ".join(map(str, sorted(READERS)))
        raise DataError(f"{path} has format version {version}; this neurosim reads {known}: a newer one wrote it, and reads it")
    return READERS[version]
