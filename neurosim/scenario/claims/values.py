"""What claims look at: values of a quantity over the seeds of an arm, their statistics and intervals, and bounds in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial, reduce
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from neurosim.errors import DataError, InputError, Problem
from neurosim.recording import Recording
from neurosim.scenario.claims.claim import Runs
from neurosim.verdict import wilson

RESAMPLED = 1000
"""Bootstrap samples."""

MOMENT = "a trial at which it is recorded"
Moment = Annotated[int, Field(ge=0), MOMENT]
"""A term that is a trial at which what the claim looks at must have been recorded."""
Trial = Annotated[int, Field(ge=0)]
Two = Annotated[list[str], Field(min_length=2, max_length=2)]
Some = Annotated[list[str], Field(min_length=2)]
Statistic = Literal["median", "mean", "max", "min"]
Window = tuple[np.ndarray, np.ndarray]
"""The trials at which a quantity was recorded, and its values there."""

STATISTICS: dict[str, Callable[[np.ndarray], Any]] = {
    "median": partial(np.median, axis=-1),
    "mean": partial(np.mean, axis=-1),
    "max": partial(np.max, axis=-1),
    "min": partial(np.min, axis=-1),
}
"""Over the last axis, the runs."""


def runs_of(runs: Runs, arm: str, at_least: int = 1) -> Sequence[Recording]:
    """The recordings of an arm; raises DataError where there is none, or fewer than are needed."""
    found = runs.get(arm)
    if not found:
        raise DataError(f"no recording of the arm {arm!r}; there are {', '.join(runs)}")
    if len(found) < at_least:
        raise DataError(f"the arm {arm!r} cannot be judged: needs at least {at_least} runs, found {len(found)}")
    return found


def sample(recording: Recording, address: str, trial: int | None = None) -> np.ndarray:
    """What was recorded at a trial (the last one by default); raises DataError where nothing was."""
    series = recording[address]
    if not len(series.trials):
        raise DataError(f"{address} was not recorded at any trial")
    if trial is None:
        return np.asarray(series.values[-1], np.float64)
    if trial not in series.trials:
        known = ", ".join(str(known) for known in series.trials[:2]) + " …" * (len(series.trials) > 2)
        raise DataError(f"{address} was not recorded at trial {trial}, but at {known}")
    return np.asarray(series.values[np.searchsorted(series.trials, trial)], np.float64)


def values_at(runs: Runs, arm: str, quantity: str, trial: int | None = None) -> np.ndarray:
    """The value of a quantity at a trial (the last one by default), per seed."""
    found = [sample(recording, quantity, trial) for recording in runs_of(runs, arm)]
    return np.array([_number(quantity, value) for value in found])


def window_of(recording: Recording, quantity: str, since: int = 0, until: int | None = None) -> Window:
    """A quantity from one trial to another; raises DataError where nothing was recorded then."""
    series = recording[quantity]
    use = (series.trials >= since) & (series.trials <= (np.inf if until is None else until))
    if not use.any():
        raise DataError(f"{quantity} was not recorded from trial {since} to {'the end' if until is None else until}")
    _number(quantity, series.values[0])
    return series.trials[use], np.asarray(series.values[use], np.float64)


def course_of(
    runs: Runs, arm: str, quantity: str, since: int = 0, until: int | None = None, at_least: int = 1
) -> list[np.ndarray]:
    """The values of a quantity from one trial to another, per seed; raises DataError where there are fewer than are needed."""
    found = [window_of(recording, quantity, since, until)[1] for recording in runs_of(runs, arm)]
    fewest = min(map(len, found))
    if fewest < at_least:
        raise DataError(f"{quantity} cannot be judged: needs at least {at_least} samples, found {fewest} from trial {since} on")
    return found


def at_common_trials(windows: Sequence[Window], what: str) -> np.ndarray:
    """The values of several windows at the trials that all of them have, [window, trial]; raises DataError where none is.

    >>> at_common_trials([(np.array([0, 1, 2]), np.array([5.0, 6.0, 7.0])), (np.array([0, 2]), np.array([8.0, 9.0]))], "nse")
    array([[5., 7.],
           [8., 9.]])
    """
    common = reduce(np.intersect1d, (trials for trials, _ in windows))
    if not len(common):
        raise DataError(f"{what} cannot be judged: there is no trial at which all of it was recorded")
    return np.stack([values[np.isin(trials, common)] for trials, values in windows])


def times_to(runs: Runs, arm: str, quantity: str, level: float) -> np.ndarray:
    """When a quantity first falls to a level, per seed; inf for a run in which it never does.

    Between the sample above the level and the next one, the logarithm is taken to be a straight line (where the level or a
    sample is not positive: the quantity itself). Samples that are not finite are passed over.

    Raises:
        DataError: a run is there from its first sample on, so that no time can be told.
    """
    return np.array([_time_to(recording, quantity, level) for recording in runs_of(runs, arm)])


def _time_to(recording: Recording, quantity: str, level: float) -> float:
    trials, values = window_of(recording, quantity)
    finite = np.isfinite(values)
    trials, values = trials[finite], values[finite]
    reached = np.flatnonzero(values <= level)
    if not len(reached):
        return np.inf
    after = reached[0]
    if after == 0:
        raise DataError(f"{quantity} cannot be judged: it is at or below {level:g} from the start in {recording.path}")
    passed = np.array([values[after - 1], level, values[after]])
    start, middle, end = np.log(passed) if passed.min() > 0 else passed
    return float(trials[after - 1] + (start - middle) / (start - end) * (trials[after] - trials[after - 1]))


def positive(values: np.ndarray, what: str) -> np.ndarray:
    """The values, of which a ratio is to be taken; raises DataError where one is not positive and finite.

    >>> positive(np.array([1.0, 0.0]), "nse")
    Traceback (most recent call last):
    neurosim.errors.DataError: nse cannot be judged: a ratio needs numbers that are positive and finite, found 0
    """
    wrong = ~(np.isfinite(values) & (values > 0))
    if wrong.any():
        raise DataError(
            f"{what} cannot be judged: a ratio needs numbers that are positive and finite, found {values[wrong][0]:g}"
        )
    return values


def point_of(point: Sequence[float], size: int, address: str) -> np.ndarray:
    """A point in the space of a recorded array; raises InputError where it has another number of coordinates."""
    if len(point) != size:
        raise InputError([Problem("point", f"expected {size} numbers, as {address} has, found {len(point)}")])
    return np.asarray(point, np.float64)


def share_of(flags: Sequence[bool] | np.ndarray) -> tuple[float, tuple[float, float]]:
    """The share of what is so, and its 95 % interval (Wilson's)."""
    share = float(np.mean(flags))
    return share, wilson(share, len(flags))


def bootstrap(statistic: Callable[..., np.ndarray], *arms: np.ndarray) -> tuple[float, float]:
    """The 95 % bootstrap interval of a statistic of one arm or of several: its 2.5 % and 97.5 % percentiles.

    The runs of each arm are drawn again, with replacement and independently of the other arms, always by the same generator;
    from one run each there comes the statistic itself, twice. A resample without the statistic (nan) counts as the largest.

    Args:
        statistic: takes an array [resample, run] for each arm and gives a number for each resample.
        arms: the values of each arm's runs.

    >>> bootstrap(lambda a, b: a.mean(axis=-1) / b.mean(axis=-1), np.array([1.0, 1.0]), np.array([2.0, 4.0]))
    (0.25, 0.5)
    """
    random = np.random.default_rng(0)
    with np.errstate(divide="ignore", invalid="ignore"):
        drawn = np.sort(statistic(*(values[random.integers(0, len(values), (RESAMPLED, len(values)))] for values in arms)))
    tail = RESAMPLED // 40
    return float(drawn[tail]), float(drawn[-1 - tail])


def interval_of(values: np.ndarray, statistic: str) -> tuple[float, float]:
    """The interval of a statistic over the runs: of a median or mean the 95 % bootstrap interval, of an extreme the range."""
    if statistic in ("max", "min"):
        return float(np.min(values)), float(np.max(values))
    return bootstrap(STATISTICS[statistic], values)


def lies_within(values: float | np.ndarray, above: float | None, below: float | None) -> bool:
    """Whether a number, or every one of several, lies between two bounds, of which one may be missing; nan never does.

    >>> lies_within(1.0, 0.0, 2.0), lies_within(1.0, 1.0, None), lies_within(np.array([1.0, np.nan]), None, 2.0)
    (True, False, False)
    """
    bounds = [np.greater(values, above)] if above is not None else []
    bounds += [np.less(values, below)] if below is not None else []
    return all(bool(np.all(bound)) for bound in bounds)


def told_range(above: float | None, below: float | None) -> str:
    """Two bounds in words; raises InputError where both are missing.

    >>> told_range(0.0, None), told_range(0.0, 1.0)
    ('> 0', '> 0 and < 1')
    """
    if above is None and below is None:
        raise InputError("expected 'above', 'below', or both")
    return " and ".join(f"{sign} {bound:.10g}" for sign, bound in ((">", above), ("<", below)) if bound is not None)


def _number(quantity: str, value: np.ndarray) -> float:
    if np.ndim(value):
        raise DataError(f"{quantity} cannot be judged: expected one number for each trial, found an array of {np.shape(value)}")
    return float(value)
