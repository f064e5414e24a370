"""Writing a recording while a run lives, so that a kill at any moment leaves it readable.

HDF5 lays the file out once, with all its space, and is closed. From then on rows and the counter of committed trials
are plain writes into that space: no HDF5 structure is touched while the run lives, so none can be left half written.
"""

from __future__ import annotations

import errno
import os
import time
import warnings
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import h5py
import numpy as np

from neurosim.errors import EnvironmentFailure, InputError, Problem, nearest
from neurosim.recording import attributes, disk, guard, layout
from neurosim.recording.lock import WriterLock
from neurosim.recording.quantity import Quantity
from neurosim.recording.takeover import take_over

SYNC_SECONDS = 1.0
"""Commits wait for the disk at most this often."""

COPY_BYTES = 16 * 1024 * 1024

STATUSES = attributes.STATUSES[1:]
"""How a run may end; until then it is running."""


class Writer:
    """A recording that is being written; used as a context manager.

    The file appears complete in its layout, with `status` "running", and replaces an older recording at the same path.
    Any process may read it at any time, with h5py, xarray or `Recording`. Leaving the block puts a compressed copy of what is
    committed in its place: without an error its `status` is "complete"; an exception makes it "failed", KeyboardInterrupt
    and SystemExit "interrupted".

    Args:
        path: the file; its folder must exist.
        quantities: what is recorded, and at which trials.
        attributes: what else the file tells: texts, numbers, lists of texts.
        until: go on with the recording that is at the path: its rows before this trial are taken over.

    Raises:
        InputError: quantities that meet under one name, or attributes that cannot be stored.
        DataError: there is nothing to go on with, or it has other quantities, or does not reach as far.
        EnvironmentFailure: no folder, no permission, a full disk, or another run is writing the file.

    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> with Writer(f"{folder.name}/run.h5", [Quantity("loss", (0, 10))], {"seed": 1}) as writer:
    ...     writer.write("loss", 0, 0.7)
    ...     writer.commit(0)
    >>> folder.cleanup()
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        quantities: Iterable[Quantity],
        attributes: Mapping[str, attributes.Attribute] | None = None,
        *,
        until: int | None = None,
    ) -> None:
        self.path = Path(path)
        listed = tuple(quantities)
        layout.check(listed)
        self.quantities = {quantity.address: quantity for quantity in listed}
        self._root = layout.root(attributes or {}, "running")
        self._annotated: dict[str, Any] = {}
        self._temporary = self.path.with_name(self.path.name + ".tmp")
        self._committed = self._written = -1
        with disk.told(self.path):
            _refuse_protected(self.path)
            self._lock = WriterLock(self.path)
            try:
                self._open(until)
            except BaseException:
                self._temporary.unlink(missing_ok=True)
                self._lock.release()
                raise
        self._synced = time.monotonic()
        self._live = True

    def write(self, address: str, trial: int, value: object) -> None:
        """Put one sample into its row; readers believe it after the next `commit`.

        Raises:
            InputError: an unknown address, a trial outside its schedule, or a value of another shape.
            EnvironmentFailure: the disk refuses.
        """
        quantity = self._quantity(address)
        row = _row(quantity, trial)
        sample = _sample(quantity, value)
        with disk.told(self.path):
            disk.write_at(self._descriptor, sample, self._offsets[address] + row * len(sample))
        self._written = max(self._written, trial)

    def write_rows(self, address: str, trial: int, values: object) -> None:
        """Put several samples into the rows from that of a trial on, with one call of the system.

        Raises:
            InputError: an unknown address, a trial outside its schedule, more samples than rows, or values of another shape.
            EnvironmentFailure: the disk refuses.
        """
        quantity = self._quantity(address)
        first = _row(quantity, trial)
        rows = _numbers(quantity, values)
        if rows.shape[1:] != quantity.row_shape or not 0 < len(rows) <= len(quantity.trials) - first:
            room = f"at most {len(quantity.trials) - first} rows of shape {quantity.row_shape}"
            raise InputError([Problem(address, f"expected {room}, found values of shape {rows.shape}")])
        with disk.told(self.path):
            disk.write_at(self._descriptor, rows.tobytes(), self._offsets[address] + first * (rows.nbytes // len(rows)))
        self._written = max(self._written, quantity.trials[first + len(rows) - 1])

    def commit(self, trial: int) -> None:
        """Declare all rows up to this trial as written.

        Rows come before the counter, always; so after a kill the counter never promises a row that is missing. Waiting
        for the disk costs milliseconds and a run commits often, so that happens at most once a second and at the
        end: a power cut, unlike a kill, may take the last second with it.

        Raises:
            InputError: a trial before the last committed one.
            EnvironmentFailure: the disk refuses.
        """
        self._require_live()
        if trial < self._committed:
            raise InputError(f"{self.path}: trial {trial} cannot be committed after trial {self._committed}")
        due = time.monotonic() - self._synced >= SYNC_SECONDS
        with disk.told(self.path):
            if due:
                os.fsync(self._descriptor)
            self._count(trial)
            if due:
                os.fsync(self._descriptor)
                self._synced = time.monotonic()

    def sync(self) -> None:
        """Wait until the disk holds what is committed; raises EnvironmentFailure where it refuses."""
        self._require_live()
        with disk.told(self.path):
            os.fsync(self._descriptor)
        self._synced = time.monotonic()

    def end(self, address: str, trial: int) -> Quantity:
        """The last sample of a quantity will be that of this trial: it takes the place of those that were planned for later.

        Raises:
            InputError: an unknown address, or a trial before one that is committed, or after all that were planned.
        """
        quantity = self._quantity(address)
        kept = quantity.until(trial - 1).trials if quantity.trials[0] < trial else ()
        if trial < self._committed or trial > quantity.trials[-1]:
            told = f"cannot end at trial {trial}: {self._committed} is committed, {quantity.trials[-1]} is the last"
            raise InputError([Problem(address, told)])
        self.quantities[address] = replace(quantity, trials=(*kept, trial))
        return self.quantities[address]

    def annotate(self, name: str, value: attributes.Attribute) -> None:
        """Add an attribute that became known during the run; it reaches the file at `finish`.

        Raises:
            InputError: a name that the recording writes itself, or a value that cannot be stored.
        """
        self._require_live()
        self._annotated |= attributes.checked({name: value})
        self._root |= self._annotated

    def finish(self, status: str = "complete") -> None:
        """Close the recording with a status: "complete", "failed" or "interrupted".

        "complete" commits what is written. A compressed copy with checksums takes the place of the live file; it holds what
        is committed, so a run that ended before its time has no empty rows.

        Raises:
            InputError: an unknown status, or a recording that is closed already.
            EnvironmentFailure: the disk refuses.
        """
        self._require_live()
        if status not in STATUSES:
            raise InputError([Problem("status", f"expected one of {', '.join(STATUSES)}", nearest(status, STATUSES))])
        self._root["status"] = status
        try:
            with disk.told(self.path):
                if status == "complete":
                    self._count(max(self._committed, self._written))
                self._compact()
        finally:
            self._live = False
            os.close(self._descriptor)
            self._lock.release()

    def close(self) -> None:
        """Finish as "interrupted" unless it is finished already."""
        if self._live:
            self.finish("interrupted")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if not self._live:
            return
        if error is None:
            return self.finish()
        try:
            self.finish("failed" if isinstance(error, Exception) else "interrupted")
        except EnvironmentFailure as second:
            error.add_note(str(second))  # what ended the run matters more than what its recording then met

    def _open(self, until: int | None) -> None:
        """Lay out beside the path, then take its place: a reader meets the old recording or the new one, never half."""
        # A plain open first: it names a missing folder or permission properly, where HDF5 would not.
        os.close(os.open(self._temporary, os.O_CREAT | os.O_WRONLY, 0o666))
        with layout.created(self._temporary, tuple(self.quantities.values()), self._root, compact=False) as file:
            self._offsets = {a: layout.offset(file, f"{q.group}/{q.name}") for a, q in self.quantities.items()}
            self._counter = layout.offset(file, layout.COUNTER)
            if until is not None:
                self._committed = self._written = take_over(self.path, file, tuple(self.quantities.values()), until)
                file[layout.COUNTER][()] = self._committed
        values = [(self._offsets[address], quantity.nbytes) for address, quantity in self.quantities.items()]
        guard.seal(self._temporary, loose=[*values, (self._counter, 8)])
        os.replace(self._temporary, self.path)
        self._descriptor = os.open(self.path, os.O_RDWR)

    def _quantity(self, address: str) -> Quantity:
        self._require_live()
        if address in self.quantities:
            return self.quantities[address]
        problem = Problem(address, "is not recorded here", nearest(address, self.quantities))
        raise InputError([problem], str(self.path))

    def _require_live(self) -> None:
        if not self._live:
            raise InputError(f"{self.path}: the recording is closed")

    def _count(self, trial: int) -> None:
        disk.write_at(self._descriptor, int(trial).to_bytes(8, "little", signed=True), self._counter)
        self._committed = trial

    def _compact(self) -> None:
        try:
            self._repack()
        except BaseException as error:
            self._temporary.unlink(missing_ok=True)
            if not isinstance(error, OSError) or error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
                raise
            if self._root["status"] == "complete":  # of another end, something else is being told
                warnings.warn(f"{self.path} is complete but stays uncompressed: {error.strerror}", stacklevel=4)
            self._seal()

    def _repack(self) -> None:
        held = [q.until(self._committed) for q in self.quantities.values() if q.trials[0] <= self._committed]
        if not held:  # the run ended before its first commit: the layout tells what it wanted to record
            with layout.created(self._temporary, tuple(self.quantities.values()), self._root, compact=False):
                pass
        guard.seal(self._temporary, loose=self._copy(held) if held else ())
        disk.keep(self._temporary)
        os.replace(self._temporary, self.path)
        disk.keep(self.path.parent)

    def _copy(self, held: Sequence[Quantity]) -> list[guard.Stretch]:
        """Make the compressed copy; returns where its chunks are."""
        with layout.created(self._temporary, held, self._root, compact=True) as file:
            file[layout.COUNTER][()] = self._committed
            for quantity in held:
                dataset = file[f"{quantity.group}/{quantity.name}"]
                for first, rows in self._blocks(quantity, dataset.chunks[0]):
                    dataset[first : first + len(rows)] = rows
            return guard.chunks(file)

    def _blocks(self, quantity: Quantity, chunk_rows: int) -> Iterator[tuple[int, np.ndarray]]:
        """The rows in blocks of whole chunks, so that each chunk is compressed once."""
        row_bytes = quantity.nbytes // len(quantity.trials)
        step = layout.rows_together(quantity, chunk_rows, COPY_BYTES)
        for first in range(0, len(quantity.trials), step):
            count = min(step, len(quantity.trials) - first)
            content = disk.read_at(self._descriptor, count * row_bytes, self._offsets[quantity.address] + first * row_bytes)
            yield first, np.frombuffer(content, f"<{quantity.dtype}").reshape(count, *quantity.row_shape)

    def _seal(self) -> None:
        """Write the status, and what was annotated, into the live file."""
        text = sum(len(str(value).encode()) for value in self._root.values())
        disk.reserve(self._descriptor, os.fstat(self._descriptor).st_size + 4 * text + 64 * 1024)
        with h5py.File(self.path, "r+", locking=False) as file:
            attributes.write(file, {**self._annotated, "status": self._root["status"]})
        guard.seal(self.path)
        os.fsync(self._descriptor)


def _refuse_protected(path: Path) -> None:
    """A recording that someone made read-only stays, although replacing it needs only the folder's permission."""
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if path.exists() and not (path.stat().st_mode & 0o222 and os.access(path, os.W_OK)):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def _row(quantity: Quantity, trial: int) -> int:
    row = bisect_left(quantity.trials, trial)
    if row < len(quantity.trials) and quantity.trials[row] == trial:
        return row
    neighbours = " and ".join(str(t) for t in quantity.trials[max(row - 1, 0) : row + 1])
    raise InputError([Problem(quantity.address, f"is not sampled at trial {trial}; the nearest are {neighbours}")])


def _numbers(quantity: Quantity, value: object) -> np.ndarray:
    try:
        return np.asarray(value, dtype=f"<{quantity.dtype}")
    except (TypeError, ValueError):
        raise InputError([Problem(quantity.address, f"expected numbers, found {type(value).__name__}")]) from None


def _sample(quantity: Quantity, value: object) -> bytes:
    sample = _numbers(quantity, value)
    if sample.shape != quantity.row_shape:
        message = f"expected values of shape {quantity.row_shape}, found {sample.shape}"
        raise InputError([Problem(quantity.address, message)])
    return sample.tobytes()
