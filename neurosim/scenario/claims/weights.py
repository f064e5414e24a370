"""Claims about recorded arrays: where the weights go."""

from __future__ import annotations

import numpy as np

from neurosim.parameters import Fraction
from neurosim.scenario.claims.claim import Runs, Verdict, claim
from neurosim.scenario.claims.values import STATISTICS, Statistic, interval_of, runs_of


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
    for recording in runs_of(runs, arm):
        if recording[quantity].values[-1] <= reaches:
            values = recording[address].values
            nearest.append(np.abs(values.reshape(len(values), -1) - np.asarray(point)).max(axis=1).min())
    if not nearest:
        return Verdict(float("nan"), (float("nan"), float("nan")), 0, False, "some run reaches the level")
    found = STATISTICS[statistic](np.asarray(nearest))
    return Verdict(
        found,
        interval_of(np.asarray(nearest), statistic),
        len(nearest),
        found <= within,
        f"{statistic} distance ≤ {within:g}",
    )


@claim
def sign(runs: Runs, arm: str, address: str, below: float, quantity: str, reaches: float, at_least: Fraction = 1.0) -> Verdict:
    """Of the runs that end at or below a level, every element of a recorded array ends below a number."""
    ends = [bool((r[address].values[-1] < below).all()) for r in runs_of(runs, arm) if r[quantity].values[-1] <= reaches]
    share = float(np.mean(ends)) if ends else float("nan")
    return Verdict(share, (share, share), len(ends), bool(ends) and share >= at_least, f"fraction ≥ {at_least:g}")


@claim
def ends_near(runs: Runs, arm: str, address: str, point: list[float], within: float) -> Verdict:
    """In every run a recorded array ends within a distance (largest element) of a point."""
    found = [float(np.abs(r[address].values[-1].ravel() - np.asarray(point)).max()) for r in runs_of(runs, arm)]
    return Verdict(max(found), (min(found), max(found)), len(found), max(found) <= within, f"largest distance ≤ {within:g}")
