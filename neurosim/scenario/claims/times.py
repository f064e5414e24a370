"""Claims about when quantities reach a level."""

from __future__ import annotations

import numpy as np

from neurosim.errors import InputError, Problem
from neurosim.scenario.claims.claim import Runs, Verdict, claim
from neurosim.scenario.claims.values import Some, Two, lies_within, runs_of, told_range


@claim
def sooner(runs: Runs, arms: Two, quantity: str, reaches: float, above: float = 0.0, below: float = 1.0) -> Verdict:
    """Among the runs that reach a level, the ratio of two arms' median trials of reaching it lies within bounds, 0 to 1."""
    first, second = (_reached(runs, arm, quantity, reaches) for arm in arms)
    if not len(first) or not len(second):
        return Verdict(float("nan"), (float("nan"), float("nan")), 0, False, "both arms reach the level in some run")
    ratio = float(np.median(first) / np.median(second))
    wanted = f"{arms[0]} before {arms[1]}: ratio between {above:g} and {below:g}"
    return Verdict(ratio, (ratio, ratio), min(len(first), len(second)), above < ratio < below, wanted)


def _reached(runs: Runs, arm: str, quantity: str, level: float) -> np.ndarray:
    """The first recorded trial at which a quantity is at or below a level, for the runs in which it ever is."""
    found = []
    for recording in runs_of(runs, arm):
        series = recording[quantity]
        below = np.flatnonzero(series.values <= level)
        if len(below) and series.values[-1] <= level:
            found.append(series.trials[below[0]])
    return np.asarray(found, float)


@claim
def scales(
    runs: Runs,
    arms: Some,
    against: list[float],
    quantity: str,
    reaches: float,
    above: float | None = None,
    below: float | None = None,
) -> Verdict:
    """The slope of log(time to reach a level) against log(a number given for each arm) lies within bounds.

    The time is the median over the runs that reach the level; the interval is from bootstrap samples of the runs.
    """
    times = [_reached(runs, arm, quantity, reaches) for arm in arms]
    if len(against) != len(arms):
        raise InputError([Problem("against", f"expected one number for each of the {len(arms)} arms, found {len(against)}")])
    n = min(map(len, times))
    told = f"slope {told_range(above, below)}"
    if not n:
        return Verdict(float("nan"), (float("nan"), float("nan")), 0, False, f"{told}; but an arm never reaches {reaches:g}")
    slope = _slope(against, [float(np.median(found)) for found in times])
    random = np.random.default_rng(0)
    drawn = [_slope(against, [float(np.median(random.choice(found, len(found)))) for found in times]) for _ in range(1000)]
    low, high = (float(end) for end in np.percentile(drawn, [2.5, 97.5]))
    return Verdict(slope, (low, high), n, lies_within(slope, above, below), told)


def _slope(against: list[float], times: list[float]) -> float:
    return float(np.polyfit(np.log(against), np.log(times), 1)[0])
