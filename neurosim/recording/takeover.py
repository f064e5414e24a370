"""Going on with a recording: its rows are taken over into the file that takes its place."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from pathlib import Path

import h5py
import numpy as np

from neurosim.errors import DataError, Problem
from neurosim.recording.quantity import Quantity
from neurosim.recording.recording import Recording

COPY_BYTES = 16 * 1024 * 1024


def take_over(earlier: Path, file: h5py.File, quantities: Sequence[Quantity], until: int) -> int:
    """Copy the rows up to a trial; returns the trial up to which rows may now be believed.

    The row of the trial itself may be missing: a run may have stopped just before it was written.

    Raises:
        DataError: there is no recording, it is damaged, it holds other quantities, or it ends before that trial.
    """
    with Recording(earlier) as recording:
        _require_same(recording, quantities)
        rows = {quantity.address: _rows(recording, quantity, until) for quantity in quantities}
        for quantity in quantities:
            _copy(recording, file[f"{quantity.group}/{quantity.name}"], quantity.address, rows[quantity.address])
    return max((quantity.trials[rows[quantity.address] - 1] for quantity in quantities if rows[quantity.address]), default=-1)


def _require_same(recording: Recording, quantities: Sequence[Quantity]) -> None:
    expected, found = sorted(quantity.address for quantity in quantities), recording.addresses
    if expected != found:
        odd = sorted(set(expected) ^ set(found))
        raise DataError(
            [Problem(odd[0], "is recorded in one of the two, this run and the recording at hand")], str(recording.path)
        )


def _rows(recording: Recording, quantity: Quantity, until: int) -> int:
    """How many rows there are to take over."""
    held = recording.trials(quantity.address)
    rows = min(len(held), bisect_right(quantity.trials, until))
    if rows < bisect_left(quantity.trials, until):
        raise DataError([Problem(quantity.address, f"its samples end before trial {until}")], str(recording.path))
    if not np.array_equal(held[:rows], quantity.trials[:rows]):
        raise DataError([Problem(quantity.address, "is sampled at other trials than this run samples it")], str(recording.path))
    return rows


def _copy(recording: Recording, target: h5py.Dataset, address: str, rows: int) -> None:
    row_bytes = max(1, target.dtype.itemsize * int(np.prod(target.shape[1:])))
    step = max(1, COPY_BYTES // row_bytes)
    for first in range(0, rows, step):
        last = min(first + step, rows)
        target[first:last] = recording.part(address, slice(first, last))
