"""What is recorded: one quantity of a run, when it is sampled, and how its values are shaped."""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from dataclasses import dataclass, replace

import numpy as np

from neurosim.errors import InputError, Problem

TRIAL = "trial"
"""The name of the first dimension of what is recorded: all but events."""

_ADDRESS = re.compile(r"[^\s/.]+(\.[^\s/.]+)*")
_NAME = re.compile(r"[^\s/.]+")


@dataclass(frozen=True)
class Quantity:
    """One thing to record: its address, the trials at which it is sampled, and its dimensions besides the trial.

    Args:
        address: where it lives in the circuit, e.g. `hidden.rate`; in the file it is the group `hidden/rate`.
        trials: the trial numbers of its samples, strictly increasing.
        dims: name and size of each further dimension, e.g. `(("post", 10), ("pre", 20))`.
        dtype: `f4` or `f8`.
        units: its unit; `1` for a pure number.
        long_name: what a figure may write on its axis; the address where it is empty.
        along: the name of its first dimension, where the numbers in `trials` count something else than trials.

    Raises:
        InputError: with everything that is wrong with the description.

    >>> Quantity("hidden.rate", sampling(100, 250), (("unit", 20),)).shape
    (4, 20)
    """

    address: str
    trials: tuple[int, ...]
    dims: tuple[tuple[str, int], ...] = ()
    dtype: str = "f4"
    units: str = "1"
    long_name: str = ""
    along: str = TRIAL

    def __post_init__(self) -> None:
        problems = [Problem(self.address, message) for message in self._faults()]
        if problems:
            raise InputError(problems)

    @property
    def group(self) -> str:
        """The HDF5 group that holds it.

        >>> Quantity("hidden.rate", (0,)).group
        'hidden/rate'
        """
        return self.address.replace(".", "/")

    @property
    def name(self) -> str:
        """The last part of its address, which is the name of its dataset.

        >>> Quantity("hidden.rate", (0,)).name
        'rate'
        """
        return self.address.rpartition(".")[2]

    @property
    def row_shape(self) -> tuple[int, ...]:
        """The shape of one sample; `()` for a scalar."""
        return tuple(size for _, size in self.dims)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of all samples, trials first."""
        return (len(self.trials), *self.row_shape)

    @property
    def nbytes(self) -> int:
        """The bytes that all samples take, uncompressed."""
        return math.prod(self.shape) * np.dtype(self.dtype).itemsize

    def until(self, trial: int) -> Quantity:
        """The same quantity without the samples after a trial.

        >>> Quantity("loss", (0, 10, 20)).until(15).trials
        (0, 10)
        """
        return replace(self, trials=self.trials[: bisect_right(self.trials, trial)])

    def _faults(self) -> list[str]:
        return [*self._address_faults(), *self._trial_faults(), *self._dimension_faults()]

    def _address_faults(self) -> list[str]:
        if _ADDRESS.fullmatch(self.address):
            return []
        return ["expected an address like 'hidden.rate': names joined by dots, without spaces and slashes"]

    def _trial_faults(self) -> list[str]:
        if not self.trials:
            return ["expected at least one trial at which it is sampled"]
        trials = np.asarray(self.trials)
        if trials.dtype.kind not in "iu" or trials[0] < 0 or not np.all(np.diff(trials) > 0):
            return ["expected trial numbers from 0 on, each larger than the one before"]
        return []

    def _dimension_faults(self) -> list[str]:
        faults = [] if self.dtype in ("f4", "f8") else [f"expected dtype 'f4' or 'f8', found {self.dtype!r}"]
        # The dataset and its coordinates are neighbours in one group, so no two may share a name.
        names = [self.name, self.along, *(name for name, _ in self.dims)]
        if len(set(names)) < len(names):
            faults.append(f"expected different names for the quantity and its dimensions, found {', '.join(names)}")
        faults += [f"{name!r} cannot name a dimension" for name, _ in self.dims if not _NAME.fullmatch(name)]
        faults += [f"dimension {name!r}: expected a size above 0, found {size}" for name, size in self.dims if size < 1]
        return faults


def sampling(interval: int, trials: int) -> tuple[int, ...]:
    """The trials 0, interval, 2·interval, … up to `trials`, which is always among them.

    Trial 0 is the state before anything is learned, `trials` the state after the last one.

    Raises:
        InputError: for an interval below 1 or a negative number of trials.

    >>> sampling(100, 250)
    (0, 100, 200, 250)
    """
    if interval < 1:
        raise InputError(f"expected a sampling interval of at least 1 trial, found {interval}")
    if trials < 0:
        raise InputError(f"expected a number of trials from 0 on, found {trials}")
    regular = tuple(range(0, trials + 1, interval))
    return regular if regular[-1] == trials else (*regular, trials)
