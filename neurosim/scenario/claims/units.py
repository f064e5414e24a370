"""Claims about quantities with a value for each neuron: their distribution over all neurons of all runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np

from neurosim.errors import DataError
from neurosim.scenario.claims.claim import Runs, Verdict, claim
from neurosim.scenario.claims.values import lies_within, runs_of, told_range


@claim
def units(
    runs: Runs,
    arm: str,
    address: str,
    of: Literal["mean", "sd", "share_below"],
    level: float = 0.0,
    trial: int | None = None,
    above: float | None = None,
    below: float | None = None,
) -> Verdict:
    """A statistic over neurons, at a trial or at the end, lies within bounds; median of the runs, and their extremes."""
    values = _across(runs, arm, address, trial)
    found = np.array([_OF[of](row, level) for row in values])
    middle = float(np.median(found))
    name = f"share below {level:g}" if of == "share_below" else of
    told = f"{name} over {values.shape[1]} neurons {told_range(above, below)}"
    return Verdict(middle, (float(found.min()), float(found.max())), len(found), lies_within(middle, above, below), told)


@claim
def shifted(runs: Runs, arm: str, address: str, p: float) -> Verdict:
    """The distribution over neurons at the end differs from the first one: Kolmogorov-Smirnov, largest p of all runs."""
    from scipy.stats import ks_2samp

    before, after = (_across(runs, arm, address, trial) for trial in (0, None))
    found = [float(ks_2samp(one, other).pvalue) for one, other in zip(before, after, strict=True)]
    return Verdict(max(found), (min(found), max(found)), len(found), max(found) < p, f"p < {p:g} in every run")


def _across(runs: Runs, arm: str, address: str, trial: int | None) -> np.ndarray:
    rows = []
    for recording in runs_of(runs, arm):
        series = recording[address]
        if trial is not None and trial not in series.trials:
            raise DataError(f"{address} was not recorded at trial {trial}")
        index = -1 if trial is None else int(np.searchsorted(series.trials, trial))
        rows.append(np.asarray(series.values[index], np.float64).ravel())
    return np.stack(rows)


_OF: dict[str, Callable[[np.ndarray, float], float]] = {
    "mean": lambda values, level: float(values.mean()),
    "sd": lambda values, level: float(values.std(ddof=1)),
    "share_below": lambda values, level: float((values < level).mean()),
}
