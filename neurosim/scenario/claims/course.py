"""Claims about the course of quantities between one trial and another, in every run."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from neurosim.parameters import Fraction
from neurosim.scenario.claims.claim import Runs, Verdict, claim
from neurosim.scenario.claims.values import (
    STATISTICS,
    Some,
    Statistic,
    course_of,
    interval_of,
    lies_within,
    share_of,
    told_range,
    values_at,
)


@claim
def always(
    runs: Runs,
    arm: str,
    quantity: str,
    above: float | None = None,
    below: float | None = None,
    since: int = 0,
    until: int | None = None,
    gate: str | None = None,
    gate_above: float = 0.0,
    at_least: Fraction = 1.0,
) -> Verdict:
    """In so large a share of the runs a quantity lies within bounds at every trial at which a gate quantity exceeds a level."""
    courses = course_of(runs, arm, quantity, since, until)
    gates = course_of(runs, arm, gate, since, until) if gate else [np.full(len(course), np.inf) for course in courses]
    good = [
        all(lies_within(value, above, below) for value in course[open_ > gate_above])
        for course, open_ in zip(courses, gates, strict=True)
    ]
    share, interval = share_of(good)
    told = f"always {told_range(above, below)}{f' while {gate} > {gate_above:g}' if gate else ''}, fraction ≥ {at_least:g}"
    return Verdict(share, interval, len(good), share >= at_least, told)


@claim
def never_falls(
    runs: Runs, arm: str, quantity: str, by: float = 0.0, since: int = 0, until: int | None = None, at_least: Fraction = 1.0
) -> Verdict:
    """In so large a share of the runs a quantity never falls, from one recorded trial to the next, by more than `by`."""
    good = [bool((np.diff(course) >= -by).all()) for course in course_of(runs, arm, quantity, since, until)]
    share, interval = share_of(good)
    return Verdict(share, interval, len(good), share >= at_least, f"never falls by more than {by:g}, fraction ≥ {at_least:g}")


@claim
def change(
    runs: Runs,
    arm: str,
    quantity: str,
    since: int,
    until: int | None = None,
    above: float | None = None,
    below: float | None = None,
    statistic: Statistic = "median",
) -> Verdict:
    """The ratio of a quantity at one trial (or the end) to itself at an earlier one lies within bounds."""
    ratios = values_at(runs, arm, quantity, until) / values_at(runs, arm, quantity, since)
    return _verdict(ratios, statistic, above, below)


@claim
def spikes(
    runs: Runs,
    arm: str,
    quantity: str,
    since: int,
    above: float | None = None,
    below: float | None = None,
    statistic: Statistic = "median",
) -> Verdict:
    """The ratio of the largest value of a quantity after a trial to its value at that trial lies within bounds."""
    peaks = np.array([course.max() for course in course_of(runs, arm, quantity, since)])
    return _verdict(peaks / values_at(runs, arm, quantity, since), statistic, above, below)


@claim
def recovers(runs: Runs, arm: str, quantity: str, since: int, below: float, statistic: Statistic = "median") -> Verdict:
    """The ratio of the last value of a quantity to its largest after a trial is at most so much."""
    courses = course_of(runs, arm, quantity, since)
    return _verdict(np.array([course[-1] / course.max() for course in courses]), statistic, None, below)


@claim
def stays_ordered(runs: Runs, arms: Some, quantity: str, since: int = 0, until: int | None = None) -> Verdict:
    """At every recorded trial between two the arms' medians stand in this order, smallest first: the largest ratio is below 1."""
    courses = [course_of(runs, arm, quantity, since, until) for arm in arms]
    medians = [np.median(np.stack(course), axis=0) for course in courses]
    ratios = np.stack([low / high for low, high in pairwise(medians)])
    worst = float(ratios.max())
    n = min(map(len, courses))
    told = f"{' < '.join(arms)} at all of {ratios.shape[1]} trials: ratios < 1"
    return Verdict(worst, (float(ratios.min()), worst), n, worst < 1, told)


@claim
def below_other(
    runs: Runs,
    arm: str,
    quantity: str,
    other: str,
    factor: float = 1.0,
    since: int = 0,
    until: int | None = None,
    statistic: Statistic = "median",
) -> Verdict:
    """The ratio of a quantity's mean between two trials to that of another quantity is below a factor."""
    means = [np.array([course.mean() for course in course_of(runs, arm, name, since, until)]) for name in (quantity, other)]
    return _verdict(means[0] / means[1], statistic, None, factor)


def _verdict(values: np.ndarray, statistic: Statistic, above: float | None, below: float | None) -> Verdict:
    found = STATISTICS[statistic](values)
    holds = lies_within(found, above, below)
    return Verdict(found, interval_of(values, statistic), len(values), holds, f"{statistic} ratio {told_range(above, below)}")
