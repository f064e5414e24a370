"""Events of a number that nobody knows beforehand, spikes for example: segment files, each laid out before it is filled."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from neurosim.errors import DataError, InputError, Problem
from neurosim.recording import attributes
from neurosim.recording.quantity import Quantity
from neurosim.recording.recording import Recording
from neurosim.recording.writer import Writer

CAPACITY = 65_536
EVENT = "event"
WHEN = "at"
"""The column that holds the trial of each event."""


@dataclass(frozen=True)
class Events:
    """Events in the order in which they happened.

    Attributes:
        trials: the trial of each.
        columns: what else is told of each, by name; numbers in float64, which holds whole ones up to 2⁵³.
    """

    trials: np.ndarray
    columns: Mapping[str, np.ndarray]

    def __len__(self) -> int:
        return len(self.trials)


class EventWriter:
    """Events that are being written; used as a context manager.

    A recording is laid out once and never grows, so it cannot hold what nobody can count beforehand. Events go into segments
    beside it, `run.hidden.spikes.000000.events` and so on: each is a recording of its own with room for so many, and where one
    is full the next begins. So what is promised of recordings holds for events: readable at any moment, nothing lost that was
    committed, a lock, a compressed copy with checksums at the end, and memory that does not grow.

    Args:
        path: of the recording that they belong to; its folder must exist. Nothing is written into it.
        address: what happened, e.g. `hidden.spikes`.
        columns: what is told of an event beside its trial.
        capacity: how many events a segment holds.
        attributes: what else each segment tells.
        until: go on with the events that are there, those up to this trial; otherwise earlier ones are removed.

    Raises:
        InputError: an address or columns that cannot be stored, or a capacity below 1.
        DataError: there is nothing to go on with that has these columns.
        EnvironmentFailure: no folder, no permission, a full disk, or another run is writing them.

    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> with EventWriter(f"{folder.name}/run.h5", "hidden.spikes", capacity=2) as events:
    ...     events.write(7, neuron=[3, 5, 8])
    ...     events.commit()
    >>> read_events(f"{folder.name}/run.h5", "hidden.spikes").columns["neuron"]
    array([3., 5., 8.])
    >>> folder.cleanup()
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        address: str,
        columns: Sequence[str] = ("neuron",),
        *,
        capacity: int = CAPACITY,
        attributes: Mapping[str, attributes.Attribute] | None = None,
        until: int | None = None,
    ) -> None:
        if capacity < 1:
            raise InputError([Problem(address, f"expected room for at least 1 event, found {capacity}")])
        self.path, self.address, self.columns, self.capacity = Path(path), address, tuple(columns), capacity
        self._attributes = dict(attributes or {})
        self._count, self._trial = (0, -1) if until is None else self._found(until)
        begun = self._count % capacity
        self._segment = self._opened(until=self._count - 1 if begun else None)
        for segment in segments(self.path, address):
            if _number(segment) > self._count // capacity:
                segment.unlink()

    def write(self, trial: int, **columns: object) -> None:
        """Add the events of a trial: under each column's name a number, or several.

        Readers believe them after `commit`, or when their segment is full.

        Raises:
            InputError: a trial before the last one, other columns, or columns of different lengths.
            EnvironmentFailure: the disk refuses.
        """
        values = self._checked(trial, columns)
        self._trial = trial
        self._put([np.full(len(values[0]), float(trial)), *values])

    def commit(self) -> None:
        """Declare all events as written; as with a recording, the disk is waited for at most once a second."""
        if self._count > self._first:  # the segment has events
            self._segment.commit(self._count - 1)

    def finish(self, status: str = "complete") -> None:
        """Close the last segment with a status: "complete", "failed" or "interrupted"."""
        if status == "complete":
            self.commit()
        self._segment.finish(status)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._segment.__exit__(kind, error, trace)

    @property
    def _first(self) -> int:
        """The number of the first event of the present segment."""
        return int(self._segment.quantities[f"{self.address}.{WHEN}"].trials[0])

    def _put(self, values: Sequence[np.ndarray]) -> None:
        """Write columns, from segment to segment."""
        while len(values[0]):
            room = self._first + self.capacity - self._count
            if not room:
                self._next()
                continue
            for name, column in zip((WHEN, *self.columns), values, strict=True):
                self._segment.write_rows(f"{self.address}.{name}", self._count, column[:room])
            self._count += min(room, len(values[0]))
            values = [column[room:] for column in values]

    def _next(self) -> None:
        """Close the full segment, and begin another."""
        self._segment.finish("complete")
        self._segment = self._opened()

    def _opened(self, until: int | None = None) -> Writer:
        """The segment of the next event; `until` takes over the events that are there, up to that one."""
        number = self._count // self.capacity
        first = number * self.capacity
        return Writer(_beside(self.path, self.address, f"{number:06d}"), self._quantities(first), self._attributes, until=until)

    def _found(self, until: int) -> tuple[int, int]:
        """How many events there are up to a trial, and the trial of the last of them."""
        kept = read_events(self.path, self.address)
        if set(kept.columns) != set(self.columns):
            told = f"has the columns {', '.join(kept.columns) or 'of nothing'}, not {', '.join(self.columns)}"
            raise DataError([Problem(self.address, told)], str(self.path))
        for segment in segments(self.path, self.address):
            if _read(segment, self.address)[0] != _number(segment) * self.capacity:
                raise DataError(f"{segment} does not begin where one of segments of {self.capacity:,} events does")
        count = int(np.searchsorted(kept.trials, until, side="right"))
        return count, int(kept.trials[count - 1]) if count else -1

    def _checked(self, trial: int, columns: Mapping[str, object]) -> list[np.ndarray]:
        if trial < self._trial:
            raise InputError([Problem(self.address, f"an event of trial {trial} cannot follow one of trial {self._trial}")])
        if set(columns) != set(self.columns):
            told = f"expected the columns {', '.join(self.columns)}, found {', '.join(columns) or 'none'}"
            raise InputError([Problem(self.address, told)])
        try:
            values = [np.atleast_1d(np.asarray(columns[name], float)) for name in self.columns]
        except (TypeError, ValueError):
            raise InputError([Problem(self.address, "expected numbers")]) from None
        if any(column.shape != values[0].shape or column.ndim != 1 for column in values):
            raise InputError([Problem(self.address, "expected as many numbers in each column")])
        return values

    def _quantities(self, first: int) -> list[Quantity]:
        numbers = tuple(range(first, first + self.capacity))
        names = {WHEN: "trial", **dict.fromkeys(self.columns, "1")}
        return [Quantity(f"{self.address}.{name}", numbers, dtype="f8", units=u, along=EVENT) for name, u in names.items()]


def segments(path: str | os.PathLike[str], address: str) -> list[Path]:
    """The segments of the events of a recording, in order."""
    path = Path(path)
    pattern = re.compile(re.escape(_beside(path, address, "#").name).replace(r"\#", r"\d{6,}"))
    found = [beside for beside in path.parent.glob("*.events") if pattern.fullmatch(beside.name)]
    return sorted(found, key=_number)


def read_events(path: str | os.PathLike[str], address: str) -> Events:
    """All committed events, of a run that lives, too.

    Args:
        path: of the recording that they belong to.
        address: what happened.

    Raises:
        DataError: there are none, or a segment is damaged or missing.
    """
    found = segments(path, address)
    if not found:
        raise DataError([Problem(address, "no events of this name")], str(path))
    parts = [_read(segment, address) for segment in found]
    for (first, part), (following, _), segment in zip(parts, parts[1:], found[1:], strict=False):
        if first + len(part["at"]) != following:
            raise DataError(f"{segment} does not go on where the segment before it ends")
    joined = {name: np.concatenate([part[name] for _, part in parts]) for name in parts[0][1]}
    return Events(joined.pop(WHEN).astype(np.int64), joined)


def _read(segment: Path, address: str) -> tuple[int, dict[str, np.ndarray]]:
    """The number of the first event of a segment, and its committed events by column."""
    with Recording(segment) as recording:
        laid_out = recording.quantity(f"{address}.{WHEN}").trials
        return laid_out[0], {held.rpartition(".")[2]: recording[held].values for held in recording}


def _beside(path: Path, address: str, number: str) -> Path:
    return path.with_name(f"{path.name.removesuffix('.h5')}.{address}.{number}.events")


def _number(segment: Path) -> int:
    return int(segment.name.split(".")[-2])
