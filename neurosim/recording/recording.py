"""Reading a recording: lazily, by address, and only the rows that its writer committed."""

from __future__ import annotations

import html
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import h5py
import numpy as np

from neurosim.errors import Damaged, DataError, EnvironmentFailure, Problem, nearest
from neurosim.recording import attributes, guard, layout
from neurosim.recording.quantity import TRIAL

if TYPE_CHECKING:
    import xarray


@dataclass(frozen=True, eq=False)
class Series:
    """The committed samples of one quantity: `values[i]` was sampled at `trials[i]`; `dims` names the axes."""

    address: str
    trials: np.ndarray
    values: np.ndarray
    dims: tuple[str, ...]
    units: str


class Recording:
    """A recording on disk, opened for reading; values are read when asked for.

    A recording that is still being written can be read too, up to its last commit; open it again to see its end.

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
    ...     recording["loss"].trials.tolist(), recording["loss"].values.tolist()
    ([0], [0.5])
    >>> folder.cleanup()
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._file = _opened(self.path)
        try:
            self.attributes = self._checked_attributes()
            self._datasets = self._found()
            self._known_axes: dict[str, tuple[np.ndarray, tuple[str, ...]]] = {}
        except BaseException:
            self._file.close()
            raise

    @property
    def status(self) -> str:
        """How the run ended: "complete", "failed", "interrupted"; "running" while it lives, or if it was killed."""
        return str(self.attributes["status"])

    def whole_number(self, attribute: str, default: int = 0) -> int:
        """An attribute that must be a whole number where it is there; DataError where it is something else."""
        found = self.attributes.get(attribute, default)
        if not isinstance(found, int):
            raise DataError(f"{self.path}: its attribute {attribute!r} is no whole number")
        return found

    @property
    def committed_trial(self) -> int:
        """The trial up to which rows may be believed; -1 before the first commit."""
        with self._readable():
            return int(self._file[layout.COUNTER][()])

    @property
    def addresses(self) -> list[str]:
        """What it holds, sorted."""
        return sorted(self._datasets)

    def __contains__(self, address: object) -> bool:
        return address in self._datasets

    def __getitem__(self, address: str) -> Series:
        """The committed samples of one quantity.

        Raises:
            DataError: no such address, or the values are damaged.
        """
        dataset = self._dataset(address)
        trials, dims = self._axes(address)
        with self._readable():
            return Series(address, trials, dataset[: len(trials)], dims, str(dataset.attrs["units"]))

    def rows(self, address: str) -> int:
        """How many samples of one quantity are committed; raises DataError where there is no such address."""
        return len(self._axes(address)[0])

    def _axes(self, address: str) -> tuple[np.ndarray, tuple[str, ...]]:
        """The committed trials of one quantity, and the names of its dimensions; read once where the run has ended."""
        if address not in self._known_axes:
            dataset = self._dataset(address)
            committed = self.committed_trial
            with self._readable():
                trials = dataset.parent[TRIAL][()]
                if trials.shape != dataset.shape[:1] or dataset.ndim != len(dataset.dims) or dataset.dtype.kind != "f":
                    raise ValueError(f"{address} does not hold a sample for each of its trials")
                found = trials[: np.searchsorted(trials, committed, side="right")], tuple(map(_scale_name, dataset.dims))
            if self.status == "running":
                return found
            self._known_axes[address] = found
        trials, dims = self._known_axes[address]
        return trials.copy(), dims

    def to_xarray(self, address: str) -> xarray.DataArray:
        """The committed samples of one quantity as a labelled array; needs xarray.

        Raises:
            DataError: no such address, or the values are damaged.
            EnvironmentFailure: xarray is not installed.
        """
        try:
            import xarray
        except ImportError:
            raise EnvironmentFailure("xarray is not installed; `pip install xarray` makes to_xarray work") from None
        series = self[address]
        with self._readable():
            dataset = self._dataset(address)
            labels = {name: dataset.parent[name][()] for name in series.dims[1:]}
            described = {name: str(dataset.attrs[name]) for name in ("units", "long_name")}
        return xarray.DataArray(
            series.values, {TRIAL: series.trials, **labels}, series.dims, address.rpartition(".")[2], described
        )

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
        cells = ("".join(f"<td>{html.escape(cell)}</td>" for cell in row) for row in self._table())
        body = "".join(f"<tr>{row}</tr>" for row in cells)
        head = "<tr><th>address</th><th>shape</th><th>trials</th></tr>"
        return f"<table><caption>{html.escape(self._headline())}</caption>{head}{body}</table>"

    def _headline(self) -> str:
        state = f"committed up to trial {self.committed_trial}" if self._file else "closed"
        return f"Recording {self.path.name!r}: {self.status}, {state}"

    def _table(self) -> list[tuple[str, str, str]]:
        return [(address, *self._shape_and_trials(address)) for address in self.addresses] if self._file else []

    def _shape_and_trials(self, address: str) -> tuple[str, str]:
        with self._readable():
            dataset = self._datasets[address]
            trials = dataset.parent[TRIAL]
            shape = ", ".join(f"{_scale_name(axis)}: {size}" for axis, size in zip(dataset.dims, dataset.shape, strict=True))
            return shape, f"{trials[0]} … {trials[-1]}"

    def _dataset(self, address: str) -> h5py.Dataset:
        if not self._file:
            raise DataError(f"{self.path}: the recording is closed")
        if address not in self._datasets:
            raise DataError([Problem(address, "is not recorded", nearest(address, self._datasets))], str(self.path))
        return self._datasets[address]

    def _checked_attributes(self) -> dict[str, Any]:
        with self._readable():
            found = attributes.read(self._file)
            whole = layout.COUNTER in self._file and "status" in found
        if found.get("format") != attributes.FORMAT:
            raise DataError(f"{self.path} is not a neurosim recording")
        if found.get("format_version") != attributes.FORMAT_VERSION:
            version = found.get("format_version")
            raise DataError(f"{self.path} has format version {version}; this neurosim reads {attributes.FORMAT_VERSION}")
        if not whole:
            raise DataError(f"{self.path} is damaged: its status or its counter of trials is missing")
        return found

    def _found(self) -> dict[str, h5py.Dataset]:
        found: dict[str, h5py.Dataset] = {}

        def visit(name: str, node: h5py.HLObject) -> None:
            if isinstance(node, h5py.Dataset) and "address" in node.attrs:
                found[str(node.attrs["address"])] = node

        with self._readable():
            self._file.visititems(visit)
        return found

    @contextmanager
    def _readable(self) -> Iterator[None]:
        """Damaged instead of whatever HDF5 and h5py raise over damaged or closed files."""
        if not self._file:
            raise DataError(f"{self.path}: the recording is closed")
        try:
            yield
        except (OSError, RuntimeError, KeyError, ValueError, TypeError, IndexError) as error:
            raise Damaged(f"{self.path} is damaged: {_first_line(error)}") from error


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
        raise DataError(f"{start}: there is no such file or folder")
    found = sorted(candidate for candidate in start.rglob("*.h5") if candidate.is_file())
    if not found:
        raise DataError(f"{start}: no recordings (*.h5) below this folder")
    return found


def _opened(path: Path) -> h5py.File:
    # A plain open first: its errors are clear, where HDF5 tells everything as "unable to open file".
    try:
        with path.open("rb") as stream:
            empty = not stream.read(1)
    except FileNotFoundError:
        raise DataError(f"{path}: there is no such file") from None
    except IsADirectoryError:
        raise DataError(f"{path} is a folder, not a recording") from None
    except OSError as error:
        raise EnvironmentFailure(f"{path} cannot be read: {error.strerror}") from None
    if empty:
        raise DataError(f"{path} is empty")
    guard.require_sound(path)
    try:
        return h5py.File(path, "r", locking=False)
    except (OSError, RuntimeError) as error:
        raise DataError(f"{path} is damaged or not a recording: {_first_line(error)}") from error


def _scale_name(axis: Any) -> str:
    return str(axis[0].name).rpartition("/")[2]


def _first_line(error: Exception) -> str:
    text = str(error.args[0]) if error.args else type(error).__name__
    return text.partition("\n")[0]
