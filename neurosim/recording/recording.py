"""Reading a recording: lazily, by address, and only the rows that its writer committed."""

from __future__ import annotations

import html
import math
import operator
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, SupportsIndex, overload

import h5py
import numpy as np

from neurosim.errors import Damaged, DataError, EnvironmentFailure, InputError, Problem, nearest, not_a_file
from neurosim.recording import attributes, opening
from neurosim.recording.quantity import Quantity
from neurosim.recording.versions import reader_of

if TYPE_CHECKING:
    import xarray

    Rows = SupportsIndex | slice

LONGEST_SHOWN = 200
"""Longer attributes are cut in a notebook."""


@dataclass(frozen=True, eq=False)
class Series:
    """Committed samples of one quantity: `values[i]` was sampled at `trials[i]`; `dims` names the axes of `values`.

    A single row, `recording["hidden.rate", -1]`, has no axis of trials: `values` is that sample, `trials` its trial.
    """

    address: str
    trials: np.ndarray
    values: np.ndarray
    dims: tuple[str, ...]
    units: str


class Recording:
    """A recording on disk, opened for reading; values are read when asked for, and no others.

    It is a mapping from addresses to quantities: `recording["hidden.rate"]`; a second index reads so many rows and no more,
    `recording["hidden.rate", -1]` or `recording["hidden.rate", 10:20]`. A recording that is still being written can be read too,
    up to its last commit; open it again to see its end. Every version of the format is read, see docs/recording-format.md.

    Args:
        path: the file that a `Writer` made.

    Raises:
        DataError: there is no such file, it is no recording, it is damaged, or a newer neurosim wrote it.
        EnvironmentFailure: there is no permission to read it.

    >>> import tempfile
    >>> from neurosim.recording import Quantity, Writer
    >>> folder = tempfile.TemporaryDirectory()
    >>> with Writer(f"{folder.name}/run.h5", [Quantity("loss", (0, 10))]) as writer:
    ...     writer.write("loss", 0, 0.5)
    ...     writer.commit(0)
    >>> with Recording(f"{folder.name}/run.h5") as recording:
    ...     recording["loss"].trials.tolist(), recording["loss"].values.tolist(), float(recording["loss", -1].values)
    ([0], [0.5], 0.5)
    >>> folder.cleanup()
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._file, sealed = opening.opened(self.path)
        try:
            with self._readable():
                self.attributes = attributes.read(self._file)
            self._version = reader_of(self.path, self.attributes)
            with self._readable():
                self._version.require_whole(self._file)
                self._datasets = self._version.quantities(self._file, sealed=sealed)
            self._coordinates: dict[str, np.ndarray] = {}
            self._known_trials: dict[str, np.ndarray] = {}
            self._known_dims: dict[str, tuple[str, ...]] = {}
            self._known_units: dict[str, str] = {}
        except BaseException:
            self._file.close()
            raise

    @property
    def status(self) -> str:
        """How the run ended: "complete", "failed", "interrupted"; "running" while it lives, or if it was killed."""
        return str(self.attributes["status"])

    def whole_number(self, attribute: str, default: int = 0) -> int:
        """An attribute that must be a whole number where it is there; Damaged where it is something else."""
        found = self.attributes.get(attribute, default)
        if not isinstance(found, int) or isinstance(found, bool):
            raise self._wrong(attribute, "a whole number", found)
        return found

    @overload
    def real_number(self, attribute: str) -> float | None: ...

    @overload
    def real_number(self, attribute: str, default: float) -> float: ...

    def real_number(self, attribute: str, default: float | None = None) -> float | None:
        """An attribute that must be a finite number where it is there; Damaged where it is something else."""
        if attribute not in self.attributes:
            return default
        found = self.attributes[attribute]
        if not isinstance(found, int | float) or isinstance(found, bool) or not math.isfinite(found):
            raise self._wrong(attribute, "a finite number", found)
        return float(found)

    @property
    def committed_trial(self) -> int:
        """The trial up to which rows may be believed; -1 before the first commit."""
        with self._readable():
            return self._version.committed(self._file)

    @property
    def addresses(self) -> list[str]:
        """What it holds, sorted."""
        return sorted(self._datasets)

    def __contains__(self, address: object) -> bool:
        return address in self._datasets

    def __iter__(self) -> Iterator[str]:
        return iter(self.addresses)

    def __len__(self) -> int:
        return len(self._datasets)

    def __getitem__(self, key: str | tuple[str, Rows]) -> Series:
        """The committed samples of one quantity, `recording[address]`; or some rows of them, `recording[address, rows]`.

        Rows are counted from 0, or with negative numbers from the end; a slice keeps the axis of trials, a number drops it.

        Raises:
            DataError: no such address, or the values are damaged.
            InputError: no such row, or what is given is neither a number nor a slice.
        """
        address, rows = key if isinstance(key, tuple) else (key, slice(None))
        trials, dims = self.trials(address), self.dims(address)
        chosen = _chosen(rows, len(trials), f"{address}: expected a row, or a slice of rows")
        dims = dims if isinstance(chosen, range) else dims[1:]
        return Series(address, _taken(trials, [chosen]), self._values(address, [chosen]), dims, self._units(address))

    def part(self, address: str, rows: Rows, *places: Rows) -> np.ndarray:
        """The values of one quantity in some rows and at some places along its further dimensions; nothing else is read.

        `recording.part("input_to_hidden.weights", -1, 3)` are the last weights onto neuron 3.

        Raises:
            DataError: no such address, or the values are damaged.
            InputError: no such row or place, or what is given is neither a number nor a slice.
        """
        sizes = {self.dims(address)[0]: self.rows(address), **dict(self._further(address))}
        if len(places) >= len(sizes):
            raise InputError([Problem(address, f"expected places along {', '.join(sizes)}, found {1 + len(places)} of them")])
        told = [f"{address}: expected a place, or a slice, along {dim!r}" for dim in sizes]
        given = zip((rows, *places), sizes.values(), told, strict=False)
        return self._values(address, [_chosen(place, size, text) for place, size, text in given])

    def rows(self, address: str) -> int:
        """How many samples of one quantity are committed; raises DataError where there is no such address."""
        return len(self.trials(address))

    def trials(self, address: str) -> np.ndarray:
        """The trials of the committed samples of one quantity; read once where the run has ended.

        Raises:
            DataError: no such address, or the file is damaged.
        """
        if address not in self._known_trials:
            trials = self._coordinate(address)
            found = trials[: np.searchsorted(trials, self.committed_trial, side="right")]
            if self.status == "running":
                return found.copy()
            self._known_trials[address] = found
        return self._known_trials[address].copy()

    def dims(self, address: str) -> tuple[str, ...]:
        """The names of the dimensions of one quantity, the trial first; raises DataError where there is no such address."""
        if address not in self._known_dims:
            dataset = self._dataset(address)
            with self._readable():
                self._known_dims[address] = self._version.dims(dataset)
        return self._known_dims[address]

    def labels(self, address: str) -> dict[str, np.ndarray]:
        """The coordinates of the further dimensions of one quantity, by name; raises DataError where there is no such address."""
        dataset, dims = self._dataset(address), self.dims(address)
        with self._readable():
            return {dim: self._version.labels(dataset, dim) for dim in dims[1:]}

    def quantity(self, address: str) -> Quantity:
        """How one quantity was laid out: all its trials, committed or not, its dimensions, number type, units and name.

        Raises:
            DataError: no such address, or the file is damaged.
        """
        dataset, further, trials = self._dataset(address), self._further(address), tuple(self._coordinate(address).tolist())
        with self._readable():
            units, long_name = (self._version.text(dataset, name) for name in ("units", "long_name"))
            return Quantity(address, trials, further, dataset.dtype.str[1:], units, long_name, self.dims(address)[0])

    def _further(self, address: str) -> tuple[tuple[str, int], ...]:
        """The names and sizes of the dimensions of one quantity besides the trial."""
        return tuple(zip(self.dims(address)[1:], self._dataset(address).shape[1:], strict=True))

    @overload
    def to_xarray(self) -> xarray.DataTree: ...

    @overload
    def to_xarray(self, address: str) -> xarray.DataArray: ...

    def to_xarray(self, address: str | None = None) -> xarray.DataArray | xarray.DataTree:
        """The committed samples as labelled arrays, with coordinates and units; needs xarray.

        With an address, that quantity as a DataArray, which is read at once. Without, everything as a DataTree: a dataset for
        each quantity under its address, `tree["hidden.rate"]["rate"]`, and the attributes at the root. Its values are read when
        they are asked for, so this recording must stay open until then; `tree.load()` reads them all.

        A tree, because a quantity has trials of its own and every population its own `unit`, which no single dataset could
        hold. By address, because in nested groups, as in `xarray.open_datatree(path)`, xarray wants a quantity and another one
        below it (`loss` and `loss.rate`) to have the same trials.

        Raises:
            DataError: no such address, or the values are damaged.
            EnvironmentFailure: xarray is not installed.
        """
        try:
            import xarray  # noqa: F401 - whether it is there
        except ImportError:
            raise EnvironmentFailure("xarray is not installed; `pip install xarray` makes to_xarray work") from None
        from neurosim.recording import labelled

        return labelled.tree(self) if address is None else labelled.array(self, address)

    def close(self) -> None:
        """Close the file; nothing can be read afterwards."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def __repr__(self) -> str:
        rows = self._table()
        widths = [max(len(row[column]) for row in rows) for column in range(3)] if rows else []
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
        return "\n".join([self._headline(), *(f"  {line}" for line in lines)])

    def _repr_html_(self) -> str:
        """A table of what it holds, and its attributes folded away; everything escaped, without scripts."""
        head = "<tr><th>address</th><th>shape</th><th>trials</th><th>units</th></tr>"
        body = "".join(_html_row((*row, self._units(row[0]))) for row in self._table())
        table = f"<table><caption>{html.escape(self._headline())}</caption>{head}{body}</table>"
        told = "".join(_html_row((name, _shortened(str(value)))) for name, value in self.attributes.items())
        return f"{table}<details><summary>attributes</summary><table>{told}</table></details>"

    def _ipython_key_completions_(self) -> list[str]:
        """What a notebook offers after `recording["`."""
        return self.addresses

    def _headline(self) -> str:
        state = f"committed up to trial {self.committed_trial}" if self._file else "closed"
        return f"Recording {self.path.name!r}: {self.status}, {state}"

    def _table(self) -> list[tuple[str, str, str]]:
        return [(address, *self._shape_and_trials(address)) for address in self.addresses] if self._file else []

    def _shape_and_trials(self, address: str) -> tuple[str, str]:
        names, trials = self.dims(address), self._coordinate(address)
        shape = ", ".join(f"{name}: {size}" for name, size in zip(names, self._datasets[address].shape, strict=True))
        return shape, f"{trials[0]} … {trials[-1]}"

    def _units(self, address: str) -> str:
        if address not in self._known_units:
            with self._readable():
                self._known_units[address] = self._version.text(self._datasets[address], "units")
        return self._known_units[address]

    def _values(self, address: str, places: Sequence[int | range]) -> np.ndarray:
        dataset = self._dataset(address)
        with self._readable():
            return _taken(dataset, places)

    def _dataset(self, address: str) -> h5py.Dataset:
        if not self._file:
            raise DataError(f"{self.path}: the recording is closed")
        if address not in self._datasets:
            raise DataError([Problem(address, "is not recorded", nearest(address, self._datasets))], str(self.path))
        return self._datasets[address]

    def _coordinate(self, address: str) -> np.ndarray:
        """The trials of all samples of one quantity, committed or not; they are laid out once, so they are read once."""
        dataset, along = self._dataset(address), self.dims(address)[0]
        if address not in self._coordinates:
            with self._readable():
                self._coordinates[address] = self._version.trials(dataset, along)
        return self._coordinates[address]

    def _wrong(self, attribute: str, expected: str, found: object) -> Damaged:
        return Damaged([Problem(attributes.place(attribute), f"expected {expected}, found {found!r}")], str(self.path))

    @contextmanager
    def _readable(self) -> Iterator[None]:
        """Damaged instead of whatever HDF5 and h5py raise over damaged or closed files."""
        if not self._file:
            raise DataError(f"{self.path}: the recording is closed")
        try:
            yield
        except (OSError, RuntimeError, KeyError, ValueError, TypeError, IndexError) as error:
            raise Damaged(f"{self.path} is damaged: {opening.first_line(error)}") from error


def find_recordings(path: str | os.PathLike[str]) -> list[Path]:
    """The recording at a path, or all `*.h5` files below a folder, sorted.

    Raises:
        DataError: nothing is there.

    >>> find_recordings("/no/such/folder")
    Traceback (most recent call last):
    neurosim.errors.DataError: /no/such/folder: there is no such file or folder
    """
    start = Path(path)
    if start.is_file():
        return [start]
    if not start.is_dir():
        raise DataError(f"{start}: {not_a_file(start, 'there is no such file or folder')}")
    found = sorted(candidate for candidate in start.rglob("*.h5") if candidate.is_file())
    if not found:
        raise DataError(f"{start}: no recordings (*.h5) below this folder")
    return found


def _chosen(place: Rows, size: int, expected: str) -> int | range:
    """The number of a place from 0 on, or the numbers of the places of a slice."""
    if isinstance(place, slice):
        return range(size)[place]
    try:
        return range(size)[operator.index(place)]
    except TypeError:
        raise InputError(f"{expected}, found {place!r}") from None
    except IndexError:
        raise InputError(f"{expected}, below {size}, found {place}") from None


def _taken(array: h5py.Dataset | np.ndarray, places: Sequence[int | range]) -> Any:
    """What stands at some places of an array, on disk or in memory."""
    flips = tuple(slice(None, None, 1 if place.step > 0 else -1) for place in places if isinstance(place, range))
    return array[tuple(place if isinstance(place, int) else _forward(place) for place in places)][flips]


def _forward(places: range) -> slice:
    """A range from its lowest place on: HDF5 only steps forward."""
    upward = places if places.step > 0 else places[::-1]
    return slice(upward.start, upward.stop, upward.step) if upward else slice(0)


def _html_row(cells: tuple[str, ...]) -> str:
    return f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in cells)}</tr>"


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"
