"""What claims look at: values of a quantity over the seeds of an arm, their statistics, and bounds in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from neurosim.errors import DataError, InputError
from neurosim.recording import Recording
from neurosim.scenario.claims.claim import Runs
from neurosim.verdict import wilson


def runs_of(runs: Runs, arm: str) -> Sequence[Recording]:
    """The recordings of an arm; raises DataError where there is none."""
    if not runs.get(arm):
        raise DataError(f"no recording of the arm {arm!r}; there are {', '.join(runs)}")
    return runs[arm]


def values_at(runs: Runs, arm: str, quantity: str, trial: int | None = None) -> np.ndarray:
    """The value of a quantity at a trial (the last one by default), per seed."""
    found = []
    for recording in runs_of(runs, arm):
        series = recording[quantity]
        if trial is not None and trial not in series.trials:
            raise DataError(f"{quantity} was not recorded at trial {trial}, but at {series.trials[0]}, {series.trials[1]} …")
        index = -1 if trial is None else int(np.searchsorted(series.trials, trial))
        found.append(float(series.values[index]))
    return np.asarray(found)


STATISTICS: dict[str, Callable[[np.ndarray], float]] = {
    "median": lambda v: float(np.median(v)),
    "mean": lambda v: float(np.mean(v)),
    "max": lambda v: float(np.max(v)),
    "min": lambda v: float(np.min(v)),
}
Two = Annotated[list[str], Field(min_length=2, max_length=2)]
Some = Annotated[list[str], Field(min_length=2)]
Statistic = Literal["median", "mean", "max", "min"]


def share_of(flags: Sequence[bool] | np.ndarray) -> tuple[float, tuple[float, float]]:
    """The share of what is so, and its 95 % interval."""
    share = float(np.mean(flags))
    return share, wilson(share, len(flags))


def course_of(runs: Runs, arm: str, quantity: str, since: int = 0, until: int | None = None) -> list[np.ndarray]:
    """The values of a quantity from one trial to another, per seed; raises DataError where nothing was recorded then."""
    found = []
    for recording in runs_of(runs, arm):
        series = recording[quantity]
        use = (series.trials >= since) & (series.trials <= (series.trials[-1] if until is None else until))
        if not use.any():
            raise DataError(f"{quantity} was not recorded from trial {since} to {'the end' if until is None else until}")
        found.append(np.asarray(series.values[use], np.float64))
    return found


def interval_of(values: np.ndarray, statistic: str) -> tuple[float, float]:
    """A 95 % bootstrap interval of a statistic over the runs; (value, value) for one run."""
    function = STATISTICS[statistic]
    if len(values) < 2:
        return function(values), function(values)
    random = np.random.default_rng(0)
    resampled = [function(values[random.integers(0, len(values), len(values))]) for _ in range(1000)]
    low, high = np.percentile(resampled, [2.5, 97.5])
    return float(low), float(high)


def lies_within(value: float, above: float | None, below: float | None) -> bool:
    """Whether a number lies between two bounds, of which one or both may be missing."""
    return bool((above is None or value >= above) and (below is None or value <= below))


def told_range(above: float | None, below: float | None) -> str:
    """Two bounds in words; raises InputError where both are missing."""
    if above is None and below is None:
        raise InputError("expected 'above', 'below', or both")
    if above is None:
        return f"≤ {below:g}"
    return f"≥ {above:g}" if below is None else f"in [{above:g}, {below:g}]"
