"""The shape of a recording as an HDF5 file: a group per quantity, and a scale beside the data for every dimension."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import h5py
import numpy as np

from neurosim.errors import InputError, Problem
from neurosim.recording import attributes, disk
from neurosim.recording.quantity import Quantity

COUNTER = "committed_trial"
"""The root dataset that says up to which trial the rows may be believed; -1 before the first commit."""

FILL_LIMIT = 1_000_000_000
"""Recordings of fewer bytes start as NaN, so that what was never written reads as missing; larger ones are not."""

CHUNK_BYTES = 256 * 1024

COPIED_BYTES = 1024 * 1024
"""Files up to about this size are laid out once in memory and copied: the runs of an arm differ in some numbers only, and HDF5
takes ten times as long to make the same groups, datasets and texts once more."""

PLAIN_SCALE_BYTES = 4096
"""Coordinates up to this size stay uncompressed: the index of their chunks would be larger than they are."""


def check(quantities: Sequence[Quantity]) -> None:
    """Refuse quantities that would meet in one file under one name.

    Raises:
        InputError: an address is given twice, or is the name of another quantity's dataset or coordinate.
    """
    taken = {COUNTER: ""}
    problems = []
    for quantity in quantities:
        for node in _nodes(quantity):
            if node in taken:
                problems.append(Problem(quantity.address, f"meets {taken[node] or 'the recording itself'!r} in the file"))
                break
            taken[node] = quantity.address
    groups = {quantity.group: quantity.address for quantity in quantities}
    for group, address in groups.items():
        if group in taken:
            problems.append(Problem(address, f"meets {taken[group] or 'the recording itself'!r} in the file"))
    if problems:
        raise InputError(problems)


@contextmanager
def created(path: Path, quantities: Sequence[Quantity], root: Mapping[str, Any], compact: bool) -> Iterator[h5py.File]:
    """A new file with all groups, datasets, scales and attributes, open inside the block.

    Args:
        path: the file, overwritten if it exists.
        quantities: what the file holds.
        root: the checked attributes of the whole file.
        compact: False lays out uncompressed datasets whose space is all claimed, so that rows can be written in place;
            True compressed ones with checksums, to be filled once.

    Raises:
        OSError: the disk cannot hold it.
    """
    size = _size(quantities, root)
    copied = size <= COPIED_BYTES
    texts = {name: value for name, value in root.items() if isinstance(value, str)}
    if copied:
        path.write_bytes(_image(tuple(quantities), tuple(texts.items()), compact))
    with h5py.File(path, "r+" if copied else "w", locking=False) as file:
        disk.reserve(file.id.get_vfd_handle(), size)
        if copied:
            attributes.write(file, {name: value for name, value in root.items() if name not in texts})
        else:
            _lay_out_all(file, quantities, root, compact)
        yield file
        # HDF5 does not know of the reserved tail that it did not need, so it has to be given back here.
        file.flush()
        os.ftruncate(file.id.get_vfd_handle(), file.id.get_filesize())


def offset(file: h5py.File, dataset: str) -> int:
    """Where in the file the values of an uncompressed dataset begin."""
    start = file[dataset].id.get_offset()
    if start is None:
        raise OSError(f"HDF5 did not allocate {dataset}")
    return int(start)


def chunk_shape(shape: tuple[int, ...], itemsize: int) -> tuple[int, ...]:
    """The chunk of a compressed dataset: whole rows while they fit into 256 KiB, else pieces of one row.

    >>> chunk_shape((1000, 20), 4)
    (1000, 20)
    >>> chunk_shape((50, 1000, 784), 4)
    (1, 83, 784)
    """
    budget = max(CHUNK_BYTES // itemsize, 1)
    chunk = []
    for axis, size in enumerate(shape):
        inner = math.prod(shape[axis + 1 :])
        length = min(size, max(budget // inner, 1))
        chunk.append(length)
        budget = max(budget // length, 1)
    return tuple(chunk)


def root(given: Mapping[str, attributes.Attribute], status: str) -> dict[str, Any]:
    """The attributes of the whole file as they are stored: the format's own, the status, and what else it tells.

    Raises:
        InputError: with every attribute that cannot be stored.
    """
    own = {"format": attributes.FORMAT, "format_version": attributes.FORMAT_VERSION, "Conventions": "CF-1.12"}
    return {**own, "status": status, **attributes.checked(given)}


def rows_together(quantity: Quantity, chunk_rows: int, limit: int) -> int:
    """How many rows to copy at once: whole chunks, so that each is compressed once, of at most so many bytes.

    >>> rows_together(Quantity("hidden.rate", (0, 1, 2), (("unit", 100),)), chunk_rows=2, limit=2000)
    4
    """
    row_bytes = quantity.nbytes // len(quantity.trials)
    return max(limit // (row_bytes * chunk_rows), 1) * chunk_rows


@lru_cache(maxsize=8)
def _image(quantities: tuple[Quantity, ...], texts: tuple[tuple[str, str], ...], compact: bool) -> bytes:
    """A file with these texts and nothing in its quantities, as it would be on a disk."""
    name = f"layout {uuid4()}"  # HDF5 identifies files in memory by their names
    with h5py.File(name, "w", driver="core", backing_store=False) as file:
        _lay_out_all(file, quantities, dict(texts), compact)
        file.flush()
        image: bytes = file.id.get_file_image()
        return image


def _lay_out_all(file: h5py.File, quantities: Sequence[Quantity], root: Mapping[str, Any], compact: bool) -> None:
    attributes.write(file, root)
    file.create_dataset(COUNTER, data=np.int64(-1), dtype="<i8")
    fill = sum(quantity.nbytes for quantity in quantities) < FILL_LIMIT
    for quantity in quantities:
        _lay_out(file, quantity, compact, fill)


def _nodes(quantity: Quantity) -> list[str]:
    names = [quantity.name, quantity.along, *(name for name, _ in quantity.dims)]
    return [f"{quantity.group}/{name}" for name in names]


def _size(quantities: Sequence[Quantity], root: Mapping[str, Any]) -> int:
    # Generous: what HDF5 does not use is given back.
    values = sum(quantity.nbytes + 8 * (len(quantity.trials) + sum(quantity.row_shape)) for quantity in quantities)
    text = sum(len(str(value).encode()) for value in root.values())
    return values + values // 100 + 4 * text + 32 * 1024 * len(quantities) + 128 * 1024


def _lay_out(file: h5py.File, quantity: Quantity, compact: bool, fill: bool) -> None:
    group = file.require_group(quantity.group)
    kind = np.dtype(quantity.dtype).newbyteorder("<")
    data = _dataset(group, quantity.name, quantity.shape, kind, _storage(quantity.shape, kind, compact, fill))
    scales = [(quantity.along, np.asarray(quantity.trials, "<i8"))]
    scales += [(name, np.arange(size, dtype="<i8")) for name, size in quantity.dims]
    for axis, (name, values) in enumerate(scales):
        packed = compact and values.nbytes > PLAIN_SCALE_BYTES
        scale = _dataset(group, name, values.shape, values.dtype, _storage(values.shape, values.dtype, packed, False))
        scale.write(h5py.h5s.ALL, h5py.h5s.ALL, values)
        h5py.h5ds.set_scale(scale, name.encode())
        h5py.h5ds.attach_scale(data, scale, axis)
    long_name = quantity.long_name or quantity.address
    attributes.write(h5py.Dataset(data), {"address": quantity.address, "long_name": long_name, "units": quantity.units})


def _dataset(
    group: h5py.Group, name: str, shape: tuple[int, ...], kind: np.dtype, storage: h5py.h5p.PropDCID
) -> h5py.h5d.DatasetID:
    space = h5py.h5s.create_simple(shape)
    return h5py.h5d.create(group.id, name.encode(), h5py.h5t.py_create(kind), space, storage)


def _storage(shape: tuple[int, ...], kind: np.dtype, compact: bool, fill: bool) -> h5py.h5p.PropDCID:
    storage = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    if compact:
        storage.set_chunk(chunk_shape(shape, kind.itemsize))
        storage.set_shuffle()
        storage.set_deflate(4)
        storage.set_fletcher32()
        return storage
    storage.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    storage.set_fill_time(h5py.h5d.FILL_TIME_ALLOC if fill else h5py.h5d.FILL_TIME_NEVER)
    if fill:
        storage.set_fill_value(np.array(np.nan, kind))
    return storage
