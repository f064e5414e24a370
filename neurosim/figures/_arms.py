"""Recordings as the arms of a comparison, and the samples of an arm's seeds side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np

from neurosim.errors import InputError, Problem, nearest
from neurosim.figures._style import literal
from neurosim.recording import Recording


@dataclass(frozen=True, eq=False)
class Samples:
    """One quantity of one arm: `values[seed, trial, …]`, at the trials that all its seeds have in common."""

    trials: np.ndarray
    values: np.ndarray
    seeds: tuple[int, ...]
    units: str


@dataclass(frozen=True, eq=False)
class Arm:
    """One line of a comparison: the recordings of one circuit under one set of parameters, one per seed."""

    name: str
    label: str
    recordings: tuple[Recording, ...]

    def holding(self, address: str) -> list[Recording]:
        """Those of its recordings that have samples of a quantity."""
        return [recording for recording in self.recordings if address in recording and recording.rows(address)]

    def samples(self, address: str) -> Samples | None:
        """A quantity over all seeds that hold it; None where none does, or they have no trial in common."""
        holding = self.holding(address)
        if not holding:
            return None
        series = [recording[address] for recording in holding]
        trials = reduce(np.intersect1d, [one.trials for one in series])
        if not len(trials) or len({one.values.shape[1:] for one in series}) > 1:
            return None
        values = np.stack([one.values[np.isin(one.trials, trials)] for one in series])
        return Samples(trials, values, tuple(seed_of(recording) for recording in holding), series[0].units)


def seed_of(recording: Recording) -> int:
    """The seed of a run; 0 where its recording does not say."""
    return recording.whole_number("seed")


def arms(recordings: Sequence[Any]) -> list[Arm]:
    """Recordings grouped into arms, in the order of the scenario; those made by hand are called by circuit or file.

    Raises:
        InputError: there is no recording, or something is not a recording.
    """
    for given in recordings:
        if not isinstance(given, Recording):
            raise InputError(f"this figure is drawn from recordings, found {given!r}")
    if not recordings:
        raise InputError("there are no recordings to draw")
    names = _names(recordings)
    groups: dict[tuple[str, str], list[Recording]] = {}
    for recording, name in zip(recordings, names, strict=True):
        groups.setdefault((str(recording.attributes.get("scenario", "")), name), []).append(recording)
    ordered = sorted(groups.items(), key=lambda group: group[1][0].whole_number("arm_order", len(recordings)))
    several = len({scenario for scenario, _ in groups}) > 1
    return [
        Arm(
            name,
            _label(members[0], name) + (f" ({scenario})" if several and scenario else ""),
            tuple(sorted(members, key=seed_of)),
        )
        for (scenario, name), members in ordered
    ]


def _names(recordings: Sequence[Recording]) -> list[str]:
    """The arm of each recording; two hand-made ones of the same circuit and seed are two arms, called by their files."""
    names = [str(r.attributes.get("arm") or r.attributes.get("circuit_name") or r.path.stem) for r in recordings]
    made = [(name, seed_of(recording)) for name, recording in zip(names, recordings, strict=True)]
    clashing = {
        name
        for (name, seed), recording in zip(made, recordings, strict=True)
        if "arm" not in recording.attributes and made.count((name, seed)) > 1
    }
    return [recording.path.stem if name in clashing else name for name, recording in zip(names, recordings, strict=True)]


def _label(recording: Recording, name: str) -> str:
    return literal(str(recording.attributes.get("arm_label", name)))


def held(compared: Sequence[Arm]) -> list[str]:
    """Every address that some recording of the arms holds."""
    return sorted({address for arm in compared for recording in arm.recordings for address in recording.addresses})


def require(compared: Sequence[Arm], address: str) -> str:
    """The address, if some arm has samples of it.

    Raises:
        InputError: none does; the message names what they hold.
    """
    if any(arm.samples(address) is not None for arm in compared):
        return address
    known = held(compared)
    if address in known:
        raise InputError([Problem(address, "has no samples yet at trials that all seeds of an arm have in common")])
    raise InputError(
        [Problem(address, f"no recording holds it; they hold {', '.join(known) or 'nothing'}", nearest(address, known))]
    )


def numbers(compared: Sequence[Arm]) -> list[str]:
    """Every address that some arm has samples of, one number per trial.

    Raises:
        InputError: there is none; the message names what they hold.
    """
    known = held(compared)
    found = [a for a in known if any((samples := arm.samples(a)) is not None and samples.values.ndim == 2 for arm in compared)]
    if not found:
        raise InputError(f"no recording holds samples of a number over trials; they hold {', '.join(known) or 'nothing'}")
    return found


def require_number(compared: Sequence[Arm], address: str) -> str:
    """The address, if some arm has samples of it and they are one number per trial.

    Raises:
        InputError: none has, or they are arrays.
    """
    require(compared, address)
    for arm in compared:
        samples = arm.samples(address)
        if samples is not None and samples.values.ndim != 2:
            raise InputError(f"{address}: expected one number per trial, found arrays of shape {samples.values.shape[2:]}")
    return address


def title_of(compared: Sequence[Arm]) -> str:
    """The title of the scenario that the arms are of; nothing where there is not exactly one."""
    titles = {str(r.attributes.get("scenario_title", "")) for arm in compared for r in arm.recordings}
    return titles.pop() if len(titles) == 1 else ""


def trials_per_pass(compared: Sequence[Arm]) -> int | None:
    """How many trials are one pass through the data, if all recordings say the same."""
    found = {r.whole_number("trials_per_pass") for arm in compared for r in arm.recordings}
    only = found.pop() if len(found) == 1 else None
    return only if only and only > 0 else None
