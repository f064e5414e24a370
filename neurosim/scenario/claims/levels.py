"""Claims about where quantities stand at a trial, or at the end."""

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
    Two,
    bootstrap,
    interval_of,
    lies_within,
    positive,
    runs_of,
    share_of,
    told_range,
    values_at,
)


@claim
def value(
    runs: Runs,
    arm: str,
    quantity: str,
    above: float | None = None,
    below: float | None = None,
    statistic: Statistic = "median",
    trial: Moment | None = None,
    given: str | None = None,
    given_below: float = 0.0,
) -> Verdict:
    """A statistic over seeds of a quantity, at a trial or at the end, lies within bounds.

    Its interval is the 95 % bootstrap interval over the runs, for `max` and `min` the range over the runs. Both bounds are
    strict, and nan lies within none. With `given`, only the runs count in which that quantity ends at or below a level.

    Raises:
        DataError: it was not recorded at the trial, or no run ends at or below the level.
    """
    values = values_at(runs, arm, quantity, trial)
    if given is not None:
        values = values[values_at(runs, arm, given) <= given_below]
        if not len(values):
            raise DataError(f"no run ends with {given} at or below {given_below:g}")
    found = float(STATISTICS[statistic](values))
    wanted = f"{statistic} {told_range(above, below)}"
    return Verdict(found, interval_of(values, statistic), len(values), lies_within(found, above, below), wanted)


@claim
def order(
    runs: Runs, arms: Some, quantity: str, factor: float = 1.0, statistic: Statistic = "median", trial: Moment | None = None
) -> Verdict:
    """At a trial or at the end the arms stand in this order, smallest first, each more than `factor` times below the next.

    The value is the smallest ratio of an arm's statistic to that of the arm before it; its interval is the 95 % bootstrap
    interval over the runs of each arm, for `max` and `min` the range of what single runs of the arms give.

    Raises:
        DataError: it was not recorded at the trial, or a value is not positive and finite.
    """

    def least(*values: np.ndarray) -> np.ndarray:
        return np.min([STATISTICS[statistic](high) / STATISTICS[statistic](low) for low, high in pairwise(values)], axis=0)

    values = [positive(values_at(runs, arm, quantity, trial), quantity) for arm in arms]
    found = float(least(*values))
    if statistic in ("max", "min"):
        pairs = list(pairwise(values))
        interval = min(float(b.min() / a.max()) for a, b in pairs), min(float(b.max() / a.min()) for a, b in pairs)
    else:
        interval = bootstrap(least, *values)
    wanted = f"{' < '.join(arms)}, each ratio > {factor:g}"
    return Verdict(found, interval, min(map(len, values)), found > factor, wanted)


@claim
def decades_apart(runs: Runs, arms: Two, quantity: str, at_most: float) -> Verdict:
    """|log10| of the ratio of two arms' medians at the end is at most so much.

    Its interval is the 95 % bootstrap interval over the runs of each arm.

    Raises:
        DataError: a value is not positive and finite.
    """

    def decades(first: np.ndarray, second: np.ndarray) -> np.ndarray:
        return abs(np.log10(np.median(first, axis=-1) / np.median(second, axis=-1)))

    first, second = (positive(values_at(runs, arm, quantity), quantity) for arm in arms)
    apart = float(decades(first, second))
    wanted = f"≤ {at_most:g} decades"
    return Verdict(apart, bootstrap(decades, first, second), min(len(first), len(second)), apart <= at_most, wanted)


@claim
def difference(runs: Runs, arms: Two, quantity: str, within: float) -> Verdict:
    """The means of two arms at the end differ by at most so much.

    The value is the first mean less the second; its interval is the 95 % bootstrap interval over the runs of each arm.
    """

    def apart(first: np.ndarray, second: np.ndarray) -> np.ndarray:
        return first.mean(axis=-1) - second.mean(axis=-1)

    first, second = (values_at(runs, arm, quantity) for arm in arms)
    found = float(apart(first, second))
    wanted = f"|difference| ≤ {within:g}"
    return Verdict(found, bootstrap(apart, first, second), min(len(first), len(second)), abs(found) <= within, wanted)


@claim
def fraction(runs: Runs, arm: str, quantity: str, reaches: float, at_least: Fraction = 0.0, at_most: Fraction = 1.0) -> Verdict:
    """The fraction of runs that end at or below a level lies in a range, whose ends belong to it.

    Its interval is Wilson's, 95 %. A run that ends at nan is not among them.
    """
    solved = values_at(runs, arm, quantity) <= reaches
    share, interval = share_of(solved)
    return Verdict(share, interval, len(solved), at_least <= share <= at_most, f"fraction in [{at_least:g}, {at_most:g}]")


@claim
def paired(runs: Runs, arms: Two, quantity: str, p: float = 0.01) -> Verdict:
    """At the end the first arm is below the second, seed by seed: a paired t-test of their logarithms, one-sided.

    Runs with the same seed are pairs; seeds that only one arm has are left out. The value is the mean log10 of the ratio of the
    first to the second, its interval Student's, 95 %, two-sided. It holds where the p found, which is told, is below `p`.

    Raises:
        DataError: fewer than two seeds are common, a recording has no seed, a value is not positive and finite, or the ratio is
            the same in all pairs.
    """
    from scipy.stats import t

    first, second = (_by_seed(runs, arm, quantity) for arm in arms)
    seeds = sorted(set(first) & set(second))
    n = len(seeds)
    if n < 2:
        raise DataError(f"a paired test needs at least two seeds, found {n} that both arms have")
    ratios = np.log10([first[seed] for seed in seeds]) - np.log10([second[seed] for seed in seeds])
    if np.ptp(ratios) == 0:
        raise DataError(f"{quantity} cannot be judged: its ratio is the same in all {n} pairs")
    mean, error = float(ratios.mean()), float(ratios.std(ddof=1) / np.sqrt(n))
    found, half = float(t.cdf(mean / error, n - 1)), float(t.ppf(0.975, n - 1)) * error
    wanted = f"{arms[0]} < {arms[1]} (mean log10 ratio), p < {p:g} (one-sided; found {found:.2g})"
    return Verdict(mean, (mean - half, mean + half), n, found < p, wanted)


def _by_seed(runs: Runs, arm: str, quantity: str) -> dict[int, float]:
    values = positive(values_at(runs, arm, quantity), quantity)
    found = {}
    for recording, at_the_end in zip(runs_of(runs, arm), values, strict=True):
        if "seed" not in recording.attributes:
            raise DataError(f"{recording.path} does not tell its seed, by which runs are paired")
        found[recording.whole_number("seed")] = float(at_the_end)
    return found


@claim
def rises(runs: Runs, arms: Some, quantity: str, at_least: float = 0.9, trial: int | None = None) -> Verdict:
    """Spearman's rank correlation between the arms, in the order given, and their medians is at least a number.

    Its interval is the 95 % bootstrap interval over the runs of each arm; a resample in which all medians are the same counts
    as 0.

    Raises:
        DataError: it was not recorded at the trial, a value is not finite, or all medians are the same.
    """
    from scipy.stats import rankdata

    def correlation(*values: np.ndarray) -> np.ndarray:
        ranks = rankdata(np.stack([np.median(v, axis=-1) for v in values], axis=-1), axis=-1)
        ranks -= ranks.mean(axis=-1, keepdims=True)
        places = np.arange(len(arms)) - (len(arms) - 1) / 2
        sizes = np.sqrt((ranks**2).sum(axis=-1) * (places @ places))
        return np.where(sizes == 0, 0.0, (ranks @ places) / np.where(sizes == 0, 1.0, sizes))

    values = [values_at(runs, arm, quantity, trial) for arm in arms]
    if not all(np.isfinite(v).all() for v in values):
        raise DataError(f"{quantity} cannot be judged: a value is not finite")
    if np.ptp([np.median(v) for v in values]) == 0:
        raise DataError(f"{quantity} cannot be judged: the medians of all arms are {np.median(values[0]):g}")
    found = float(correlation(*values))
    return Verdict(
        found, bootstrap(correlation, *values), min(map(len, values)), found >= at_least, f"rank correlation ≥ {at_least:g}"
    )
