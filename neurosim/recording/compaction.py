"""A compressed copy of what a recording has committed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from neurosim.errors import DataError
from neurosim.recording import attributes, layout
from neurosim.recording.recording import Recording
from neurosim.recording.writer import COPY_BYTES


def compacted(recording: Recording, path: Path, addresses: Iterable[str] | None = None) -> list[str]:
    """Write the committed rows of a recording, and nothing else, into a new file; returns the addresses that have none.

    `addresses` are those to copy, by default all.

    The copy is of the present version of the format, whatever that of the recording is, and tells its status.

    Raises:
        DataError: no row of any quantity is committed, or the recording is damaged.
        OSError: the disk cannot hold it.
    """
    laid_out = {address: recording.quantity(address) for address in (recording if addresses is None else addresses)}
    kept = {
        address: replace(quantity, trials=quantity.trials[:rows])
        for address, quantity in laid_out.items()
        if (rows := recording.rows(address))
    }
    if not kept:
        raise DataError(f"{recording.path}: no row is committed yet, so there is nothing to copy")
    given = {name: value for name, value in recording.attributes.items() if name not in attributes.RESERVED}
    root = layout.root(given, recording.status)
    with layout.created(path, tuple(kept.values()), root, compact=True) as file:
        file[layout.COUNTER][()] = recording.committed_trial
        for address, quantity in kept.items():
            dataset = file[f"{quantity.group}/{quantity.name}"]
            step = layout.rows_together(quantity, dataset.chunks[0], COPY_BYTES)
            for first in range(0, len(quantity.trials), step):
                dataset[first : first + step] = recording[address, first : min(first + step, len(quantity.trials))].values
    return [address for address in laid_out if address not in kept]
