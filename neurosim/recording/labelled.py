"""The quantities of a recording as labelled arrays of xarray, read when they are asked for.

It imports xarray, which is optional: only `Recording.to_xarray` imports this file.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray
from xarray.backends import BackendArray, BackendEntrypoint
from xarray.core import indexing

if TYPE_CHECKING:
    from neurosim.recording.recording import Recording


def array(recording: Recording, address: str) -> xarray.DataArray:
    """One quantity, read at once."""
    return _dataset(recording, address)[address.rpartition(".")[2]].load()


def tree(recording: Recording) -> xarray.DataTree:
    """Every quantity, each as a dataset under its address; the attributes and the counter at the root."""
    root = xarray.Dataset({"committed_trial": ((), recording.committed_trial)}, attrs=dict(recording.attributes))
    return xarray.DataTree.from_dict({"/": root, **{address: _dataset(recording, address) for address in recording.addresses}})


@dataclass(frozen=True)
class _Place:
    """What xarray is told to open: one quantity of an opened recording."""

    recording: Recording
    address: str

    @property
    def path(self) -> Path:
        """Where it is; xarray notes it as the source."""
        return self.recording.path


class _Rows(BackendArray):
    """The committed rows of a quantity as xarray reads them: what it asks for, when it asks."""

    def __init__(self, place: _Place, shape: tuple[int, ...], dtype: np.dtype) -> None:
        self._place = place
        self.shape = shape
        self.dtype = dtype

    def __getitem__(self, key: indexing.ExplicitIndexer) -> Any:
        return indexing.explicit_indexing_adapter(key, self.shape, indexing.IndexingSupport.BASIC, self._read)

    def _read(self, key: tuple[int | slice, ...]) -> np.ndarray:
        rows, *places = key
        within = range(self.shape[0])[rows]  # a recording that is being written has more rows by now
        chosen = slice(within.start, within.stop, within.step) if isinstance(within, range) else within
        return self._place.recording.part(self._place.address, chosen, *places)


class _Engine(BackendEntrypoint):
    """Lets xarray itself open a quantity, so that it caches what was read and copies before it writes."""

    description = "one quantity of an opened neurosim recording"

    def open_dataset(self, filename_or_obj: Any, *, drop_variables: Any = None) -> xarray.Dataset:
        """The dataset of one quantity: its values and its coordinates."""
        recording, address = filename_or_obj.recording, filename_or_obj.address
        quantity, trials = recording.quantity(address), recording.trials(address)
        labels = {quantity.along: trials, **recording.labels(address)}
        rows = _Rows(filename_or_obj, (len(trials), *quantity.row_shape), np.dtype(quantity.dtype))
        described = {"units": quantity.units, "long_name": quantity.long_name}
        values = xarray.Variable(tuple(labels), indexing.LazilyIndexedArray(rows), described)
        return xarray.Dataset({quantity.name: values}, labels)


def _dataset(recording: Recording, address: str) -> xarray.Dataset:
    return xarray.open_dataset(_Place(recording, address), engine=_Engine)  # type: ignore[arg-type]
