"""SONATA: one signal of a population as a report, for libsonata, BlueBrainSNAP and the Allen Institute's tools."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np

from neurosim.errors import DataError, InputError, Problem, nearest
from neurosim.exports._format import export_format, listed
from neurosim.recording import Recording, disk

MAGIC = np.uint32(0x0A7A)
VERSION = np.array([0, 1], np.uint32)
AT_ONCE = 16 * 1024 * 1024
"""Bytes that are copied at once."""


@export_format(of=("recording",), suffixes=(".sonata", ".h5"))
def sonata(source: Recording, path: Path, quantity: str = "") -> list[str]:
    """A signal of a population as a SONATA report: /report/POPULATION/data, in float32, one column per neuron.

    `quantity` says which, e.g. hidden.rate; it may be left out where there is only one. Time is counted in trials. SONATA knows
    only steps of one size, so a last sample off the grid is left out. (Names do not end in .h5 by themselves, because
    neurosim takes all files in a folder that do for recordings.)
    """
    address = _chosen(source, quantity)
    trials, step, remarks = _steps(source, address)
    units = source.labels(address)["unit"]
    rows = max(1, AT_ONCE // (4 * len(units)))
    with h5py.File(path, "w") as file:
        disk.reserve(file.id.get_vfd_handle(), 4 * len(trials) * len(units) + 64 * 1024)
        file.attrs.update(magic=MAGIC, version=VERSION)
        population = file.create_group(f"report/{address.rpartition('.')[0].replace('.', '_')}")
        data = population.create_dataset("data", (len(trials), len(units)), "<f4")
        data.attrs["units"] = source.quantity(address).units
        _map(population.create_group("mapping"), units, [trials[0], trials[0] + step * len(trials), step])
        for first in range(0, len(trials), rows):
            data[first : first + rows] = source[address, first : min(first + rows, len(trials))].values
    if source.quantity(address).dtype != "f4":
        remarks.append(f"{address} is rounded from float64 to float32, which is what a report holds")
    return remarks


def _map(mapping: h5py.Group, units: np.ndarray, time: list[float]) -> None:
    """Which column is which neuron, and which row which time: from the first to before the last, in steps."""
    nodes = mapping.create_dataset("node_ids", data=units.astype(np.uint64))
    nodes.attrs["sorted"] = np.uint8(1)
    mapping.create_dataset("index_pointers", data=np.arange(len(units) + 1, dtype=np.uint64))
    mapping.create_dataset("element_ids", data=np.zeros(len(units), np.uint32))
    mapping.create_dataset("time", data=np.array(time, np.float64)).attrs["units"] = "trial"


def _chosen(recording: Recording, address: str) -> str:
    """The signal that is meant."""
    signals = [one for one in recording if recording.dims(one)[1:] == ("unit",)]
    if address in signals:
        return address
    if not signals:
        raise DataError(f"{recording.path} holds no signal of a population, which is what a SONATA report is")
    if address:
        raise InputError(
            [Problem(address, f"no such signal; there are {listed(signals)}", nearest(address, signals))], "quantity"
        )
    if len(signals) > 1:
        raise InputError([Problem("quantity", f"is missing; a report holds one signal, and there are {listed(signals)}")])
    return signals[0]


def _steps(recording: Recording, address: str) -> tuple[np.ndarray, int, list[str]]:
    """The committed trials up to the last that keeps step, and what is left out."""
    trials = recording.trials(address)
    if not len(trials):
        raise DataError(f"{recording.path}: no sample of {address} is committed yet")
    step = int(trials[1] - trials[0]) if len(trials) > 1 else 1
    off = np.flatnonzero(np.diff(trials) != step)
    if not len(off):
        return trials, step, []
    if off[0] < len(trials) - 2:
        told = f"is not sampled in steps of one size (…, {listed(trials[off[0] - 1 : off[0] + 2])}, …), which a report demands"
        raise DataError([Problem(address, told)], str(recording.path))
    return trials[:-1], step, [f"left out, off the grid of {step} trials: {address} at trial {trials[-1]}"]
