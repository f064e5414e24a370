"""Claims about how far the runs of an arm are apart."""

from __future__ import annotations

from typing import Literal

import numpy as np

from neurosim.errors import DataError
from neurosim.scenario.claims.claim import Runs, Verdict, claim
from neurosim.scenario.claims.values import Two, bootstrap, course_of, runs_of, times_to, values_at


@claim
def steadier(
    runs: Runs,
    arms: Two,
    quantity: str,
    of: Literal["end", "peak", "time"],
    reaches: float = 0.0,
    at_least: float = 1.0,
) -> Verdict:
    """The first arm's runs differ less: the ratio of the coefficients of variation, second over first, is at least so much.

    A coefficient of variation is the standard deviation over the runs (of n − 1) divided by the mean's amount: of a quantity's
    value at the end, of its largest value, or of the time when it first falls to a level, interpolated between two recorded
    trials (its logarithm is taken to be a straight line). The interval is the 95 % bootstrap interval of the ratio over the
    runs of each arm, and must lie above 1.

    Raises:
        DataError: an arm has fewer than two runs, one of its runs does not fall to the level or is there from the start, the
            values are not finite and of one sign, or the first arm's are all the same.
    """
    first, second = (_measured(runs, arm, quantity, of, reaches) for arm in arms)
    if np.ptp(first) == 0:
        raise DataError(
            f"{quantity} cannot be judged: it is {first[0]:g} in all runs of {arms[0]}, which leaves nothing to divide by"
        )
    found = float(_ratio(first, second))
    low, high = bootstrap(_ratio, first, second)
    told = f"ratio of the coefficients of variation ≥ {at_least:g}, interval above 1"
    return Verdict(found, (low, high), min(len(first), len(second)), found >= at_least and low > 1, told)


def _measured(runs: Runs, arm: str, quantity: str, of: str, level: float) -> np.ndarray:
    runs_of(runs, arm, at_least=2)
    if of == "end":
        found = values_at(runs, arm, quantity)
    elif of == "peak":
        found = np.array([course.max() for course in course_of(runs, arm, quantity)])
    else:
        found = times_to(runs, arm, quantity, level)
        if np.isinf(found).any():
            raise DataError(f"{quantity} does not fall to {level:g} in {np.isinf(found).sum()} of {len(found)} runs of {arm}")
    if not (np.isfinite(found).all() and ((found > 0).all() or (found < 0).all())):
        told = "a coefficient of variation needs finite numbers of one sign"
        raise DataError(f"{quantity} cannot be judged: {told}, found {found.min():g} to {found.max():g} in {arm}")
    return found


def _ratio(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return _variation(second) / _variation(first)


def _variation(values: np.ndarray) -> np.ndarray:
    return values.std(axis=-1, ddof=1) / abs(values.mean(axis=-1))
