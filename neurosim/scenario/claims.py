"""Claims: what the paper says must come out, as checks on recordings with tolerances and a source."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from neurosim.errors import DataError, InputError
from neurosim.models.chooser import Chooser
from neurosim.parameters import Fraction, Parameters
from neurosim.recording import Recording
from neurosim.registry import Registry
from neurosim.verdict import Verdict, wilson

Runs = Mapping[str, Sequence[Recording]]
"""arm → its recordings, one per seed."""


class Claim(Chooser):
    """A registered check: `check(runs, **terms)` returns a verdict."""

    def __init__(self, name: str, check: Callable[..., Verdict], doc: str) -> None:
        texts: dict[str, tuple[Any, Any]] = {"title": (str, ""), "source": (str, "")}
        super().__init__(name, Parameters(check, supplied=("runs",), extra=texts), doc)
        self.check = check


CLAIMS: Registry[Claim] = Registry("claims")


def claim(check: Callable[..., Verdict]) -> Claim:
    """Register a check that claims can name: a function of the runs by arm and of its terms."""
    return CLAIMS.add(check.__name__, Claim(check.__name__, check, check.__doc__ or ""))


def evaluate(runs: Runs, name: str, terms: Mapping[str, Any]) -> Verdict:
    """The verdict on one claim; raises DataError when the recordings do not hold what it needs."""
    rule = CLAIMS[name]
    complete = rule.parameters.complete(terms, f"claim {name!r}")
    return rule.check(runs, **{key: value for key, value in complete.items() if key not in ("title", "source")})


def _of(runs: Runs, arm: str) -> Sequence[Recording]:
    if not runs.get(arm):
        raise DataError(f"no recording of the arm {arm!r}; there are {', '.join(runs)}")
    return runs[arm]


def _at(runs: Runs, arm: str, quantity: str, trial: int | None = None) -> np.ndarray:
    """The value of a quantity at a trial (the last one by default), per seed."""
    found = []
    for recording in _of(runs, arm):
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


def _interval(values: np.ndarray, statistic: str) -> tuple[float, float]:
    """A 95 % bootstrap interval of a statistic over the runs; (value, value) for one run."""
    function = STATISTICS[statistic]
    if len(values) < 2:
        return function(values), function(values)
    random = np.random.default_rng(0)
    resampled = [function(values[random.integers(0, len(values), len(values))]) for _ in range(1000)]
    low, high = np.percentile(resampled, [2.5, 97.5])
    return float(low), float(high)


def _within(value: float, above: float | None, below: float | None) -> bool:
    return bool((above is None or value >= above) and (below is None or value <= below))


def _range(above: float | None, below: float | None) -> str:
    if above is None and below is None:
        raise InputError("expected 'above', 'below', or both")
    if above is None:
        return f"≤ {below:g}"
    return f"≥ {above:g}" if below is None else f"in [{above:g}, {below:g}]"


@claim
def value(
    runs: Runs,
    arm: str,
    quantity: str,
    above: float | None = None,
    below: float | None = None,
    statistic: Statistic = "median",
    trial: int | None = None,
) -> Verdict:
    """A statistic over seeds of a quantity, at a trial or at the end, lies within bounds."""
    values = _at(runs, arm, quantity, trial)
    found = STATISTICS[statistic](values)
    return Verdict(
        found,
        _interval(values, statistic),
        len(values),
        _within(found, above, below),
        f"{statistic} {_range(above, below)}",
    )


@claim
def order(runs: Runs, arms: Some, quantity: str, factor: float = 1.0, statistic: Statistic = "median") -> Verdict:
    """At the end the arms stand in this order, smallest first, each at least `factor` below the next."""
    values = [_at(runs, arm, quantity) for arm in arms]
    levels = [STATISTICS[statistic](v) for v in values]
    ratios = [high / low if low else float("inf") for low, high in pairwise(levels)]
    n = min(len(v) for v in values)
    return Verdict(
        min(ratios), (min(ratios), max(ratios)), n, min(ratios) > factor, f"{' < '.join(arms)}, each ratio > {factor:g}"
    )


@claim
def decades_apart(runs: Runs, arms: Two, quantity: str, at_most: float) -> Verdict:
    """|log10| of the ratio of two arms' medians is at most so much."""
    first, second = (_at(runs, arm, quantity) for arm in arms)
    apart = abs(float(np.log10(np.median(first) / np.median(second))))
    return Verdict(apart, (apart, apart), min(len(first), len(second)), apart <= at_most, f"≤ {at_most:g} decades")


@claim
def difference(runs: Runs, arms: Two, quantity: str, within: float) -> Verdict:
    """The means of two arms differ by at most so much."""
    first, second = (_at(runs, arm, quantity) for arm in arms)
    apart = float(np.mean(first) - np.mean(second))
    return Verdict(apart, (apart, apart), min(len(first), len(second)), abs(apart) <= within, f"|difference| ≤ {within:g}")


@claim
def fraction(runs: Runs, arm: str, quantity: str, reaches: float, at_least: Fraction = 0.0, at_most: Fraction = 1.0) -> Verdict:
    """The fraction of runs that end at or below a level lies within bounds. Its interval is Wilson's, 95 %."""
    solved = _at(runs, arm, quantity) <= reaches
    n, share = len(solved), float(solved.mean())
    return Verdict(share, wilson(share, n), n, at_least <= share <= at_most, f"fraction {_range(at_least, at_most)}")


@claim
def sooner(runs: Runs, arms: Two, quantity: str, reaches: float, above: float = 0.0, below: float = 1.0) -> Verdict:
    """Among the runs that reach a level, the ratio of two arms' median trials of reaching it lies within bounds, 0 to 1."""
    first, second = (_reached(runs, arm, quantity, reaches) for arm in arms)
    if not len(first) or not len(second):
        return Verdict(float("nan"), (float("nan"), float("nan")), 0, False, "both arms reach the level in some run")
    ratio = float(np.median(first) / np.median(second))
    wanted = f"{arms[0]} before {arms[1]}: ratio between {above:g} and {below:g}"
    return Verdict(ratio, (ratio, ratio), min(len(first), len(second)), above < ratio < below, wanted)


@claim
def paired(runs: Runs, arms: Two, quantity: str, p: float = 0.01) -> Verdict:
    """At the end the first arm is below the second, seed by seed: a paired t-test of their logarithms, one-sided."""
    from scipy.stats import ttest_rel

    first, second = (np.log10(_at(runs, arm, quantity)) for arm in arms)
    n = min(len(first), len(second))
    found = ttest_rel(first[:n], second[:n], alternative="less")
    low, high = (float(end) for end in ttest_rel(first[:n], second[:n]).confidence_interval(0.95))
    return Verdict(
        float(found.pvalue), (low, high), n, bool(found.pvalue < p), f"{arms[0]} < {arms[1]}, p < {p:g} (interval: log10 ratio)"
    )


def _reached(runs: Runs, arm: str, quantity: str, level: float) -> np.ndarray:
    """The first recorded trial at which a quantity is at or below a level, for the runs in which it ever is."""
    found = []
    for recording in _of(runs, arm):
        series = recording[quantity]
        below = np.flatnonzero(series.values <= level)
        if len(below) and series.values[-1] <= level:
            found.append(series.trials[below[0]])
    return np.asarray(found, float)


@claim
def passes_near(
    runs: Runs,
    arm: str,
    address: str,
    point: list[float],
    within: float,
    quantity: str,
    reaches: float,
    statistic: Statistic = "median",
) -> Verdict:
    """Of the runs that end at or below a level, a recorded array comes within a distance (largest element) of a point."""
    nearest = []
    for recording in _of(runs, arm):
        if recording[quantity].values[-1] <= reaches:
            values = recording[address].values
            nearest.append(np.abs(values.reshape(len(values), -1) - np.asarray(point)).max(axis=1).min())
    if not nearest:
        return Verdict(float("nan"), (float("nan"), float("nan")), 0, False, "some run reaches the level")
    found = STATISTICS[statistic](np.asarray(nearest))
    return Verdict(
        found,
        _interval(np.asarray(nearest), statistic),
        len(nearest),
        found <= within,
        f"{statistic} distance ≤ {within:g}",
    )


@claim
def sign(runs: Runs, arm: str, address: str, below: float, quantity: str, reaches: float, at_least: Fraction = 1.0) -> Verdict:
    """Of the runs that end at or below a level, every element of a recorded array ends below a number."""
    ends = [bool((r[address].values[-1] < below).all()) for r in _of(runs, arm) if r[quantity].values[-1] <= reaches]
    share = float(np.mean(ends)) if ends else float("nan")
    return Verdict(share, (share, share), len(ends), bool(ends) and share >= at_least, f"fraction ≥ {at_least:g}")
