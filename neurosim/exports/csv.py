"""CSV: what is a single number, as a table for pandas, R or a spreadsheet."""

from __future__ import annotations

import csv as tables
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from neurosim.errors import DataError, InputError, Problem
from neurosim.exports._format import export_format, listed
from neurosim.recording import Recording


@export_format(of=("recording", "recordings"), suffixes=(".csv",))
def csv(source: Recording | Sequence[Path], path: Path) -> list[str]:
    """Single numbers as a table: a row for each trial recorded, a column for each quantity; of several runs their arm and seed.

    A number is written with the digits that bring its bits back; a cell is empty where a quantity was not sampled.
    Recordings of several scenarios get a column for that, too.
    """
    runs = [_Run.of(source)] if isinstance(source, Recording) else _in_order([_opened(run) for run in source])
    addresses = sorted({address for run in runs for address in run.scalars})
    if not addresses:
        raise DataError("there is no quantity with one number per trial, so there is nothing for a table to hold")
    keys = [] if isinstance(source, Recording) else _keys(runs)
    with path.open("w", encoding="utf-8", newline="") as stream:
        table = tables.writer(stream, lineterminator="\n")
        table.writerow([*keys, "trial", *addresses])
        if isinstance(source, Recording):
            table.writerows(_rows(source, addresses))
            return _left_out(runs)
        for run in runs:
            with Recording(run.path) as recording:
                told = [str(recording.attributes.get(key, "")) for key in keys]
                table.writerows([*told, *row] for row in _rows(recording, addresses))
    return _unfinished(runs) + _left_out(runs)


@dataclass(frozen=True)
class _Run:
    """What must be known of a recording before its rows are written."""

    path: Path
    status: str
    identity: tuple[str, ...]
    place: tuple[str, int, str, int]
    scalars: tuple[str, ...]
    others: tuple[str, ...]

    @classmethod
    def of(cls, recording: Recording) -> _Run:
        told = recording.attributes
        scenario, arm, seed = (str(told.get(key, "")) for key in ("scenario", "arm", "seed"))
        place = (scenario, recording.whole_number("arm_order"), arm, recording.whole_number("seed"))
        scalars = tuple(address for address in recording if _is_single(recording, address))
        others = tuple(address for address in recording if address not in scalars)
        return cls(recording.path, recording.status, (scenario, arm, seed), place, scalars, others)


def _opened(path: Path) -> _Run:
    with Recording(path) as recording:
        return _Run.of(recording)


def _is_single(recording: Recording, address: str) -> bool:
    """Whether each sample is one number; that of a population of one neuron is."""
    return np.prod(recording.quantity(address).row_shape) == 1


def _in_order(runs: Sequence[_Run]) -> list[_Run]:
    """By scenario, arm and seed, each once."""
    seen: dict[tuple[str, ...], Path] = {}
    for run in runs:
        if run.identity in seen:
            _, arm, seed = run.identity
            told = f"is seed {seed or '–'} of arm {arm or '–'}, and so is {seen[run.identity]}; expected each once"
            raise InputError([Problem(str(run.path), told)])
        seen[run.identity] = run.path
    return sorted(runs, key=lambda run: run.place)


def _keys(runs: Sequence[_Run]) -> list[str]:
    several = len({run.identity[0] for run in runs}) > 1
    return ["scenario", "arm", "seed"] if several else ["arm", "seed"]


def _rows(recording: Recording, addresses: Sequence[str]) -> Iterator[list[str]]:
    """One row for each trial at which anything of these was sampled, as texts."""
    series = {address: recording[address] for address in addresses if address in recording}
    trials = np.unique(np.concatenate([one.trials for one in series.values()])) if series else np.empty(0, int)
    columns = [trials.astype(str)]
    for address in addresses:
        column = np.full(len(trials), "", dtype="U32")
        if address in series:
            column[np.searchsorted(trials, series[address].trials)] = series[address].values.reshape(-1).astype(str)
        columns.append(column)
    return (list(row) for row in zip(*columns, strict=True))


def _unfinished(runs: Sequence[_Run]) -> list[str]:
    return [f"{run.path} is {run.status}: exported as far as it was committed" for run in runs if run.status != "complete"]


def _left_out(runs: Sequence[_Run]) -> list[str]:
    others = sorted({address for run in runs for address in run.others})
    return [f"left out, more than one number per trial: {listed(others)}"] if others else []
