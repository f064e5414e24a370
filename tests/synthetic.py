"""Recordings with numbers of one's choice, for what is drawn from recordings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from neurosim.recording import Quantity, Writer


def write(
    path: Path, series: Mapping[str, tuple[Sequence[int], np.ndarray]], units: Mapping[str, str] | None = None, **told
) -> Path:
    """A recording of `address: (trials, values[trial, …])`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays = {address: (tuple(map(int, trials)), np.asarray(values, np.float64)) for address, (trials, values) in series.items()}
    quantities = [
        Quantity(
            address,
            trials,
            tuple((f"axis{index}", size) for index, size in enumerate(values.shape[1:])),
            "f8",
            (units or {}).get(address, "1"),
        )
        for address, (trials, values) in arrays.items()
    ]
    with Writer(path, quantities, told) as writer:
        for address, (trials, values) in arrays.items():
            for trial, value in zip(trials, values, strict=True):
                writer.write(address, trial, value)
        writer.commit(max(trials[-1] for trials, _ in arrays.values()))
    return path
