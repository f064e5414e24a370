"""Claims about when quantities reach a level."""

from __future__ import annotations

import numpy as np

from neurosim.errors import InputError, Problem
from neurosim.scenario.claims.claim import Runs, Verdict, claim
from neurosim.scenario.claims.values import Some, Two, bootstrap, lies_within, times_to, told_range

UNKNOWN = (float("nan"), float("nan"))


@claim
def sooner(runs: Runs, arms: Two, quantity: str, reaches: float, above: float = 0.0, below: float = 1.0) -> Verdict:
    """Among the runs that reach a level, the ratio of two arms' median times of reaching it lies within bounds, 0 to 1.

    A time is when the quantity first falls to the level, interpolated between two recorded trials (its logarithm is taken to
    be a straight line). Runs that never get there are left out: what is compared is how quick those are that succeed, and
    how many do is said. The interval is the 95 % bootstrap interval of the ratio over those runs. Both bounds are strict. It
    does not hold where an arm has no run that gets there.

    Raises:
        DataError: a run is at or below the level from the start.
    """
    times = [times_to(runs, arm, quantity, reaches) for arm in arms]
    first, second = (found[np.isfinite(found)] for found in times)
    counts = f"{len(first)} of {len(times[0])} and {len(second)} of {len(times[1])} runs"
    told = (
        f"{arms[0]} before {arms[1]}: ratio of the median times {told_range(above, below)}, among the runs that reach {reaches:g}"
    )
    n = min(len(first), len(second))
    if not n:
        return Verdict(float("nan"), UNKNOWN, 0, False, f"{told} ({counts})")
    ratio = float(_ratio(first, second))
    return Verdict(ratio, bootstrap(_ratio, first, second), n, lies_within(ratio, above, below), f"{told} ({counts})")


def _ratio(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return np.median(first, axis=-1) / np.median(second, axis=-1)


@claim(fits=lambda arms, against, **_: _logarithms(against, len(arms)))
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

    The slope is that of least squares. An arm's time is the median over all its runs, where one that never gets there counts
    as infinite; where half of an arm's runs or more never do, there is no slope and the claim does not hold. A run's time is
    when the quantity first falls to the level, interpolated as for `sooner`. The interval is the 95 % bootstrap interval of
    the slope over the runs of each arm. Both bounds are strict.

    Raises:
        InputError: `against` is not one positive number for each arm, or always the same.
        DataError: a run is at or below the level from the start.
    """
    told = f"slope {told_range(above, below)}"
    x = _logarithms(against, len(arms))
    times = [times_to(runs, arm, quantity, reaches) for arm in arms]
    n = min(map(len, times))
    for arm, found in zip(arms, times, strict=True):
        if np.isinf(np.median(found)):
            there = f"{np.isfinite(found).sum()} of {len(found)}"
            return Verdict(float("nan"), UNKNOWN, n, False, f"{told}; but only {there} runs of {arm} reach {reaches:g}")

    def slope(*times: np.ndarray) -> np.ndarray:
        return np.stack([np.log(np.median(found, axis=-1)) for found in times], axis=-1) @ (x / (x @ x))

    found_slope = float(slope(*times))
    return Verdict(found_slope, bootstrap(slope, *times), n, lies_within(found_slope, above, below), told)


def _logarithms(against: list[float], arms: int) -> np.ndarray:
    """The logarithms, less their mean."""
    if len(against) != arms:
        raise InputError([Problem("against", f"expected one number for each of the {arms} arms, found {len(against)}")])
    if min(against) <= 0:
        raise InputError([Problem("against", f"expected numbers above 0, found {min(against):g}")])
    if min(against) == max(against):
        raise InputError([Problem("against", f"expected different numbers, found {min(against):g} throughout")])
    logs = np.log(against)
    return logs - logs.mean()
