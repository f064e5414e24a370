"""Versions of the recording format, and how a file of each is read; docs/recording-format.md says what a version promises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from neurosim.errors import DataError, InputError
from neurosim.recording import attributes, layout
from neurosim.recording.datasets import datasets_of
from neurosim.recording.quantity import TRIAL, Quantity


class Version1:
    """Version 1, written since neurosim 0.1.0. A later version says only what it reads differently.

    Datasets that carry an `address` are quantities; each of their dimensions has a scale in the same group. What the format
    says of a file is looked at when it is opened, so that all else may rely on it; only trials are read, and looked at, when
    they are needed.
    """

    counter = layout.COUNTER
    """The dataset that holds the counter."""

    def require_whole(self, file: h5py.File) -> None:
        """That what every file must have is there and is what it should be: its status and its counter; raises Damaged."""
        status = attributes.one(file, "status")
        if status not in attributes.STATUSES:
            expected = f"expected one of {', '.join(attributes.STATUSES)}"
            raise attributes.damaged(file, attributes.place("status"), f"{expected}, found {_shown(status)}")
        counter = file.get(self.counter)
        if not _holds_whole_numbers(counter, dimensions=0) or counter[()] < -1:
            told = f"expected a whole number from -1 on, found {_content(counter)}"
            raise attributes.damaged(file, self.counter, told)

    def committed(self, file: h5py.File) -> int:
        """The trial up to which rows may be believed; -1 before the first commit."""
        return int(file[self.counter][()])

    def quantities(self, file: h5py.File, *, sealed: bool = False) -> dict[str, h5py.Dataset]:
        """The values of every quantity, by address; raises Damaged where one is not laid out as the format says.

        Args:
            file: the recording.
            sealed: the writer laid it out, and nobody has touched it; so that is not looked into, which takes half the time.
        """
        found: dict[str, h5py.Dataset] = {}
        for node in (h5py.Dataset(dataset) for dataset in datasets_of(file) if h5py.h5a.exists(dataset, b"address")):
            address = _address(node)
            if address in found:
                told = f"expected one dataset of this address, found {found[address].name} and {node.name}"
                raise attributes.damaged(file, address, told)
            found[address] = node
        return found if sealed else {address: self._laid_out(address, node) for address, node in found.items()}

    def trials(self, dataset: h5py.Dataset, along: str) -> np.ndarray:
        """The trial of every row of a quantity, committed or not; raises Damaged where they do not increase from 0 on.

        Args:
            dataset: its values.
            along: the name of its first dimension.
        """
        trials: np.ndarray = dataset.parent[along][()]
        found = _not_increasing(trials)
        if found is not None:
            expected = f"expected whole numbers from 0 on as its coordinate {along!r}, each larger than the one before"
            raise attributes.damaged(dataset, _address(dataset), f"{expected}, found {found}")
        return trials

    def dims(self, dataset: h5py.Dataset) -> tuple[str, ...]:
        """The names of a quantity's dimensions, the trial (of events, their number) first."""
        return tuple(name for name, _ in _scales(dataset))

    def labels(self, dataset: h5py.Dataset, dim: str) -> np.ndarray:
        """The coordinate of a further dimension of a quantity."""
        return dataset.parent[dim][()]

    def text(self, dataset: h5py.Dataset, name: str) -> str:
        """What is told of a quantity: its `units` or its `long_name`."""
        return str(attributes.one(dataset, name))

    def _laid_out(self, address: str, found: h5py.Dataset) -> h5py.Dataset:
        """A quantity's dataset under its own name; raises Damaged where it is not as the format says."""
        try:
            dataset, fault = _in_its_place(address, found)
            fault = fault or _fault_of_values(dataset) or _fault_of_dimensions(address, dataset) or _fault_of_texts(dataset)
        except (OSError, RuntimeError, KeyError, ValueError, TypeError) as error:  # so that it is told of which quantity
            fault = f"expected a quantity, found what HDF5 cannot read: {str(error).partition(chr(10))[0]}"
        if fault:
            raise attributes.damaged(found, address, fault)
        return dataset


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


def _address(dataset: h5py.Dataset) -> str:
    """The address that a dataset carries."""
    if not attributes.is_text(dataset, "address"):
        raise attributes.damaged(dataset, dataset.name, _no_text(dataset, "address"))
    return str(attributes.one(dataset, "address"))


def _in_its_place(address: str, found: h5py.Dataset) -> tuple[h5py.Dataset, str | None]:
    """The dataset that lies where an address says, and what is wrong if it is another one than was found."""
    place = f"/{address.replace('.', '/')}/{address.rpartition('.')[2]}"
    if found.name == place:
        return found, None
    dataset = found.file.get(place)  # it may have a second name, which was met first
    return dataset, None if dataset == found else f"expected its values in {place}, found them in {found.name}"


def _fault_of_values(dataset: h5py.Dataset) -> str | None:
    if dataset.dtype.str[1:] not in ("f4", "f8"):
        return f"expected numbers of the type f4 or f8, found {_type(dataset)}"
    if not dataset.shape:
        found = "an empty dataset" if dataset.shape is None else "a single number"
        return f"expected a row for each trial, found {found}"
    return None


def _fault_of_dimensions(address: str, dataset: h5py.Dataset) -> str | None:
    scales, group, count = _scales(dataset), dataset.parent.name, len(dataset.shape)
    lengths = {}
    for axis, (name, scale) in enumerate(scales, start=1):
        if scale is None:
            return f"expected a scale for each dimension in the group {group}, found none for dimension {axis} of {count}"
        is_whole = scale.get_type().get_class() == h5py.h5t.INTEGER
        if not is_whole or len(scale.shape) != 1:
            told = _content(h5py.Dataset(scale)) if is_whole else _type(h5py.Dataset(scale))
            return f"expected whole numbers as its coordinate {name!r}, found {told}"
        lengths[name] = scale.shape[0]
    names = [name for name, _ in scales]
    if TRIAL in names[1:]:
        return f"expected {TRIAL!r} as its first dimension, found {', '.join(names)}"
    for name, size in zip(names, dataset.shape, strict=True):
        if lengths[name] != size:
            return f"expected {lengths[name]} values along {name!r}, as many as its coordinate has, found {size}"
    return _fault_of_names(address, dataset, names)


def _fault_of_names(address: str, dataset: h5py.Dataset, names: Sequence[str]) -> str | None:
    """What a writer would have refused: names that cannot be, or no rows or neurons at all."""
    if not dataset.shape[0]:
        return f"expected at least one row along {names[0]!r}, found none"
    try:
        Quantity(address, (0,), tuple(zip(names[1:], dataset.shape[1:], strict=True)), along=names[0])
    except InputError as error:
        return error.problems[0].message
    return None


def _fault_of_texts(dataset: h5py.Dataset) -> str | None:
    return next((_no_text(dataset, name) for name in ("units", "long_name") if not attributes.is_text(dataset, name)), None)


def _no_text(dataset: h5py.Dataset, name: str) -> str:
    return f"expected a text as its attribute {name!r}, found {_shown(attributes.one(dataset, name))}"


def _scales(dataset: h5py.Dataset) -> list[tuple[str, h5py.h5d.DatasetID | None]]:
    """The name and the scale of every dimension; None where it has no scale in the group of the dataset.

    The neighbours are compared by where they lie: asked for the name of a scale, HDF5 searches the whole file for it.
    """
    neighbours = _neighbours(dataset.parent)
    return [_scale(dataset, axis, neighbours) for axis in range(dataset.ndim)]


def _scale(dataset: h5py.Dataset, axis: int, neighbours: Mapping[int, str]) -> tuple[str, h5py.h5d.DatasetID | None]:
    attached: list[h5py.h5d.DatasetID] = []
    if h5py.h5ds.get_num_scales(dataset.id, axis):
        h5py.h5ds.iterate(dataset.id, axis, attached.append)
    name = neighbours.get(h5py.h5o.get_info(attached[0]).addr) if attached else None
    return ("", None) if name is None else (name, attached[0])


def _neighbours(group: h5py.Group) -> dict[int, str]:
    """Where in the file each member of a group lies → its name."""
    found: dict[int, str] = {}

    def note(name: bytes, link: h5py.h5l.LinkInfo) -> None:
        if link.type == h5py.h5l.TYPE_HARD:  # others may lead nowhere
            found[link.u] = name.decode(errors="replace")

    group.id.links.iterate(note, info=True)
    return found


def _holds_whole_numbers(node: h5py.HLObject | None, dimensions: int) -> bool:
    return isinstance(node, h5py.Dataset) and node.dtype.kind in "iu" and node.shape is not None and node.ndim == dimensions


def _not_increasing(trials: np.ndarray) -> str | None:
    """The first place at which trials are none, as messages tell it."""
    if trials[0] < 0:
        return str(trials[0])
    wrong = np.flatnonzero(trials[1:] <= trials[:-1])  # compared, since a difference may not fit into 64 bits
    return f"{trials[wrong[0] + 1]} after {trials[wrong[0]]}" if len(wrong) else None


def _content(node: h5py.HLObject | None) -> str:
    """What stands in the place of a number, as messages tell it."""
    if node is None:
        return "none"
    if not isinstance(node, h5py.Dataset):
        return "a group"
    if node.shape is None:
        return "an empty dataset"
    return _shown(attributes.python(node[()])) if node.shape == () else f"{_type(node)} values of the shape {node.shape}"


def _type(dataset: h5py.Dataset) -> str:
    return "texts" if h5py.check_string_dtype(dataset.dtype) else str(dataset.dtype)


def _shown(value: object) -> str:
    return "none" if value is None else repr(value)
