"""Claims about where quantities stand at a trial, or at the end."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from neurosim.errors import DataError
from neurosim.parameters import Fraction
from neurosim.scenario.claims.claim import Runs, Verdict, claim
from neurosim.scenario.claims.values import (
    STATISTICS,
    Some,
    Statistic,
    Two,
    interval_of,
    lies_within,
    share_of,
    told_range,
    values_at,
)

RESAMPLED = 200
"""Bootstrap samples of what takes long to compute."""


@claim
def value(
    runs: Runs,
    arm: str,
    quantity: str,
    above: float | None = None,
    below: float | None = None,
    statistic: Statistic = "median",
    trial: int | None = None,
    given: str | None = None,
    given_below: float = 0.0,
) -> Verdict:
    """A statistic over seeds of a quantity, at a trial or at the end, lies within bounds.

    With `given`, only the runs count in which that quantity ends at or below a level.
    """
    values = values_at(runs, arm, quantity, trial)
    if given is not None:
        values = values[values_at(runs, arm, given) <= given_below]
        if not len(values):
            raise DataError(f"no run ends with {given} at or below {given_below:g}")
    found = STATISTICS[statistic](values)
    return Verdict(
        found,
        interval_of(values, statistic),
        len(values),
        lies_within(found, above, below),
        f"{statistic} {told_range(above, below)}",
    )


@claim
def order(
    runs: Runs, arms: Some, quantity: str, factor: float = 1.0, statistic: Statistic = "median", trial: int | None = None
) -> Verdict:
    """At a trial or at the end the arms stand in this order, smallest first, each at least `factor` below the next."""
    values = [values_at(runs, arm, quantity, trial) for arm in arms]
    levels = [STATISTICS[statistic](v) for v in values]
    ratios = [high / low if low else float("inf") for low, high in pairwise(levels)]
    n = min(len(v) for v in values)
    return Verdict(
        min(ratios), (min(ratios), max(ratios)), n, min(ratios) > factor, f"{' < '.join(arms)}, each ratio > {factor:g}"
    )


@claim
def decades_apart(runs: Runs, arms: Two, quantity: str, at_most: float) -> Verdict:
    """|log10| of the ratio of two arms' medians is at most so much."""
    first, second = (values_at(runs, arm, quantity) for arm in arms)
    apart = abs(float(np.log10(np.median(first) / np.median(second))))
    return Verdict(apart, (apart, apart), min(len(first), len(second)), apart <= at_most, f"≤ {at_most:g} decades")


@claim
def difference(runs: Runs, arms: Two, quantity: str, within: float) -> Verdict:
    """The means of two arms differ by at most so much."""
    first, second = (values_at(runs, arm, quantity) for arm in arms)
    apart = float(np.mean(first) - np.mean(second))
    return Verdict(apart, (apart, apart), min(len(first), len(second)), abs(apart) <= within, f"|difference| ≤ {within:g}")


@claim
def fraction(runs: Runs, arm: str, quantity: str, reaches: float, at_least: Fraction = 0.0, at_most: Fraction = 1.0) -> Verdict:
    """The fraction of runs that end at or below a level lies within bounds. Its interval is Wilson's, 95 %."""
    solved = values_at(runs, arm, quantity) <= reaches
    share, interval = share_of(solved)
    return Verdict(share, interval, len(solved), at_least <= share <= at_most, f"fraction {told_range(at_least, at_most)}")


@claim
def paired(runs: Runs, arms: Two, quantity: str, p: float = 0.01) -> Verdict:
    """At the end the first arm is below the second, seed by seed: a paired t-test of their logarithms, one-sided."""
    from scipy.stats import ttest_rel

    first, second = (np.log10(values_at(runs, arm, quantity)) for arm in arms)
    n = min(len(first), len(second))
    if n < 2:
        raise DataError(f"a paired test needs at least two seeds, found {n}")
    found = ttest_rel(first[:n], second[:n], alternative="less")
    low, high = (float(end) for end in ttest_rel(first[:n], second[:n]).confidence_interval(0.95))
    return Verdict(
        float(found.pvalue), (low, high), n, bool(found.pvalue < p), f"{arms[0]} < {arms[1]}, p < {p:g} (interval: log10 ratio)"
    )


@claim
def rises(runs: Runs, arms: Some, quantity: str, at_least: float = 0.9, trial: int | None = None) -> Verdict:
    """Spearman's rank correlation between the arms, in the order given, and their medians is above a number."""
    from scipy.stats import spearmanr

    values = [values_at(runs, arm, quantity, trial) for arm in arms]
    ranks = np.arange(len(arms))
    found = float(spearmanr(ranks, [np.median(v) for v in values]).statistic)
    random = np.random.default_rng(0)
    drawn = [float(spearmanr(ranks, [np.median(random.choice(v, len(v))) for v in values]).statistic) for _ in range(RESAMPLED)]
    low, high = (float(end) for end in np.percentile(drawn, [2.5, 97.5]))
    return Verdict(found, (low, high), min(map(len, values)), found > at_least, f"rank correlation > {at_least:g}")
