"""Claims about the course of quantities between one trial and another, in every run."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from neurosim.errors import DataError
from neurosim.parameters import Fraction
from neurosim.scenario.claims.claim import Runs, Verdict, claim
from neurosim.scenario.claims.values import (
    STATISTICS,
    Moment,
    Some,
    Statistic,
    Trial,
    at_common_trials,
    bootstrap,
    course_of,
    interval_of,
    lies_within,
    positive,
    runs_of,
    share_of,
    told_range,
    values_at,
    window_of,
)


@claim
def always(
    runs: Runs,
    arm: str,
    quantity: str,
    above: float | None = None,
    below: float | None = None,
    since: Trial = 0,
    until: Trial | None = None,
    gate: str | None = None,
    gate_above: float = 0.0,
    at_least: Fraction = 1.0,
) -> Verdict:
    """In so large a share of the runs a quantity lies within bounds at every trial at which a gate quantity exceeds a level.

    The value is the share of such runs, its interval Wilson's, 95 %. Both bounds are strict, and nan lies within none. With a
    gate, the trials count at which both were recorded; a gate that is nan is open.

    Raises:
        DataError: nothing was recorded between the two trials, the gate never at the quantity's trials, or in some run the
            gate never opens.
    """
    told = f"always {told_range(above, below)}{f' while {gate} > {gate_above:g}' if gate else ''}, fraction ≥ {at_least:g}"
    good = []
    for recording in runs_of(runs, arm):
        window = window_of(recording, quantity, since, until)
        course = window[1]
        if gate is not None:
            course, level = at_common_trials([window, window_of(recording, gate, since, until)], f"{quantity} while {gate}")
            course = course[~(level <= gate_above)]
        if not len(course):
            raise DataError(f"{quantity} cannot be judged: {gate} is never above {gate_above:g} in {recording.path}")
        good.append(lies_within(course, above, below))
    share, interval = share_of(good)
    return Verdict(share, interval, len(good), share >= at_least, told)


@claim
def never_falls(
    runs: Runs, arm: str, quantity: str, by: float = 0.0, since: Trial = 0, until: Trial | None = None, at_least: Fraction = 1.0
) -> Verdict:
    """In so large a share of the runs a quantity never falls, from one recorded trial to the next, by more than `by`.

    The value is the share of such runs, its interval Wilson's, 95 %. A course with a nan in it does not count as such.

    Raises:
        DataError: fewer than two samples lie between the two trials.
    """
    good = [bool((np.diff(course) >= -by).all()) for course in course_of(runs, arm, quantity, since, until, at_least=2)]
    share, interval = share_of(good)
    return Verdict(share, interval, len(good), share >= at_least, f"never falls by more than {by:g}, fraction ≥ {at_least:g}")


@claim
def change(
    runs: Runs,
    arm: str,
    quantity: str,
    since: Moment,
    until: Moment | None = None,
    above: float | None = None,
    below: float | None = None,
    statistic: Statistic = "median",
) -> Verdict:
    """The ratio of a quantity at one trial (or the end) to itself at an earlier one lies within bounds.

    The value is a statistic of the runs' ratios; its interval is the 95 % bootstrap interval over the runs, for `max` and
    `min` the range over the runs. Both bounds are strict. The quantity may be negative at both trials.

    Raises:
        DataError: it was not recorded at one of the trials, they are not two in this order, or in some run it is 0, not finite,
            or of different sign at the two.
    """
    course_of(runs, arm, quantity, since, until, at_least=2)
    first, last = values_at(runs, arm, quantity, since), values_at(runs, arm, quantity, until)
    wrong = ~(np.isfinite(first) & np.isfinite(last) & (first * last > 0))
    if wrong.any():
        found = f"{first[wrong][0]:g} and {last[wrong][0]:g}"
        raise DataError(f"{quantity} cannot be judged: a ratio needs finite numbers of the same sign, found {found}")
    return _verdict(last / first, statistic, above, below)


@claim
def spikes(
    runs: Runs,
    arm: str,
    quantity: str,
    since: Moment,
    above: float | None = None,
    below: float | None = None,
    statistic: Statistic = "median",
) -> Verdict:
    """The ratio of the largest value of a quantity from a trial on to its value at that trial lies within bounds.

    The value is a statistic of the runs' ratios, none of which is below 1; its interval is the 95 % bootstrap interval over the
    runs, for `max` and `min` the range over the runs. Both bounds are strict.

    Raises:
        DataError: it was not recorded at the trial or not after it, or is not positive and finite from then on.
    """
    start = values_at(runs, arm, quantity, since)
    courses = [positive(course, quantity) for course in course_of(runs, arm, quantity, since, at_least=2)]
    return _verdict(np.array([course.max() for course in courses]) / start, statistic, above, below)


@claim
def recovers(runs: Runs, arm: str, quantity: str, since: Trial, below: float, statistic: Statistic = "median") -> Verdict:
    """The ratio of the last value of a quantity to its largest from a trial on is below a number.

    The value is a statistic of the runs' ratios; its interval is the 95 % bootstrap interval over the runs, for `max` and
    `min` the range over the runs.

    Raises:
        DataError: fewer than two samples lie from the trial on, or one is not positive and finite.
    """
    courses = [positive(course, quantity) for course in course_of(runs, arm, quantity, since, at_least=2)]
    return _verdict(np.array([course[-1] / course.max() for course in courses]), statistic, None, below)


@claim
def stays_ordered(runs: Runs, arms: Some, quantity: str, since: Trial = 0, until: Trial | None = None) -> Verdict:
    """At every trial between two the arms' medians stand in this order, smallest first: the largest ratio is below 1.

    The trials are those at which it was recorded in all runs of all arms. The value is the largest ratio of a median to that
    of the next arm, of all trials; its interval is the 95 % bootstrap interval of that ratio at that trial, over the runs.

    Raises:
        DataError: nothing was recorded then, at no trial in all runs, or values that are not positive and finite.
    """
    windows = [window_of(recording, quantity, since, until) for arm in arms for recording in runs_of(runs, arm)]
    values = positive(at_common_trials(windows, quantity), quantity)
    courses = np.split(values, np.cumsum([len(runs_of(runs, arm)) for arm in arms])[:-1])
    medians = [np.median(course, axis=0) for course in courses]
    ratios = np.stack([low / high for low, high in pairwise(medians)])
    pair, trial = np.unravel_index(np.argmax(ratios), ratios.shape)
    interval = bootstrap(_ratio_of_medians, courses[pair][:, trial], courses[pair + 1][:, trial])
    told = f"{' < '.join(arms)} at all of {ratios.shape[1]} trials: ratios < 1"
    return Verdict(float(ratios.max()), interval, min(map(len, courses)), bool(ratios.max() < 1), told)


def _ratio_of_medians(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    return np.median(low, axis=-1) / np.median(high, axis=-1)


@claim
def below_other(
    runs: Runs,
    arm: str,
    quantity: str,
    other: str,
    factor: float = 1.0,
    since: Trial = 0,
    until: Trial | None = None,
    statistic: Statistic = "median",
) -> Verdict:
    """The ratio of a quantity's mean between two trials to that of another quantity is below a factor.

    The value is a statistic of the runs' ratios; its interval is the 95 % bootstrap interval over the runs, for `max` and
    `min` the range over the runs.

    Raises:
        DataError: one of the two was not recorded then, or a mean is not positive and finite.
    """
    names = (quantity, other)
    means = [positive(np.array([c.mean() for c in course_of(runs, arm, name, since, until)]), name) for name in names]
    return _verdict(means[0] / means[1], statistic, None, factor)


def _verdict(values: np.ndarray, statistic: Statistic, above: float | None, below: float | None) -> Verdict:
    found = float(STATISTICS[statistic](values))
    holds = lies_within(found, above, below)
    return Verdict(found, interval_of(values, statistic), len(values), holds, f"{statistic} ratio {told_range(above, below)}")
