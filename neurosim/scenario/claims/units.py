"""Claims about quantities with a value for each neuron: their distribution over all neurons of all runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np

from neurosim.errors import DataError
from neurosim.scenario.claims.claim import Runs, Verdict, claim
from neurosim.scenario.claims.values import Moment, lies_within, runs_of, sample, told_range


@claim
def units(
    runs: Runs,
    arm: str,
    address: str,
    of: Literal["mean", "sd", "share_below"],
    level: float = 0.0,
    trial: Moment | None = None,
    above: float | None = None,
    below: float | None = None,
) -> Verdict:
    """A statistic over neurons, at a trial or at the end, lies within bounds.

    The value is the median over the runs of each run's mean, standard deviation (of n − 1) or share of neurons below `level`;
    its interval is the range over the runs, not an interval of the median. Both bounds are strict.

    Raises:
        DataError: it was not recorded at the trial, or a standard deviation is asked of a single neuron.
    """
    values = _across(runs, arm, address, trial)
    if of == "sd" and values.shape[1] < 2:
        raise DataError(f"{address} cannot be judged: a standard deviation needs at least 2 neurons, found {values.shape[1]}")
    found = np.array([_OF[of](row, level) for row in values])
    middle = float(np.median(found))
    name = f"share below {level:g}" if of == "share_below" else of
    told = f"{name} over {values.shape[1]} neurons {told_range(above, below)}"
    return Verdict(middle, (float(found.min()), float(found.max())), len(found), lies_within(middle, above, below), told)


@claim
def shifted(runs: Runs, arm: str, address: str, p: float) -> Verdict:
    """The distribution over neurons at the end differs from that at trial 0: Kolmogorov-Smirnov, largest p of all runs.

    The value is the largest p of the runs' two-sided tests of two samples; its interval is the range over the runs.

    Raises:
        DataError: it was not recorded at trial 0.
    """
    from scipy.stats import ks_2samp

    before, after = (_across(runs, arm, address, trial) for trial in (0, None))
    found = np.array([ks_2samp(one, other).pvalue for one, other in zip(before, after, strict=True)])
    interval = float(found.min()), float(found.max())
    return Verdict(interval[1], interval, len(found), interval[1] < p, f"p < {p:g} in every run")


def _across(runs: Runs, arm: str, address: str, trial: int | None) -> np.ndarray:
    return np.stack([sample(recording, address, trial).ravel() for recording in runs_of(runs, arm)])


_OF: dict[str, Callable[[np.ndarray, float], float]] = {
    "mean": lambda values, level: float(values.mean()),
    "sd": lambda values, level: float(values.std(ddof=1)),
    "share_below": lambda values, level: float((values < level).mean()),
}
