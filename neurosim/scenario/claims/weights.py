"""Claims about recorded arrays: where the weights go."""

from __future__ import annotations

import numpy as np

from neurosim.parameters import Fraction
from neurosim.recording import Recording
from neurosim.scenario.claims.claim import Runs, Verdict, claim
from neurosim.scenario.claims.values import STATISTICS, Statistic, interval_of, point_of, runs_of, sample, share_of, values_at

NO_RUN = (float("nan"), float("nan"))


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
    """Of the runs that end at or below a level, a recorded array comes within a distance (largest element) of a point.

    The value is a statistic over those runs of the smallest distance at any recorded trial; its interval is the 95 % bootstrap
    interval over them, for `max` and `min` their range. It does not hold where no run ends at or below the level.

    Raises:
        InputError: the point has another number of coordinates than the array.
    """
    nearest = []
    for recording in _that_end(runs, arm, quantity, reaches):
        values = recording[address].values
        flat = values.reshape(len(values), -1)
        nearest.append(np.abs(flat - point_of(point, flat.shape[1], address)).max(axis=1).min())
    if not nearest:
        return Verdict(float("nan"), NO_RUN, 0, False, "some run reaches the level")
    distances = np.asarray(nearest, np.float64)
    found = float(STATISTICS[statistic](distances))
    wanted = f"{statistic} distance ≤ {within:g}"
    return Verdict(found, interval_of(distances, statistic), len(distances), found <= within, wanted)


@claim
def sign(runs: Runs, arm: str, address: str, below: float, quantity: str, reaches: float, at_least: Fraction = 1.0) -> Verdict:
    """Of the runs that end at or below a level, every element of a recorded array ends below a number.

    The value is the fraction of those runs in which it does, its interval Wilson's, 95 %. It does not hold where no run ends
    at or below the level.
    """
    ends = [bool((sample(r, address) < below).all()) for r in _that_end(runs, arm, quantity, reaches)]
    if not ends:
        return Verdict(float("nan"), NO_RUN, 0, False, "some run reaches the level")
    share, interval = share_of(ends)
    return Verdict(share, interval, len(ends), share >= at_least, f"fraction ≥ {at_least:g}")


@claim
def ends_near(runs: Runs, arm: str, address: str, point: list[float], within: float) -> Verdict:
    """In every run a recorded array ends within a distance (largest element) of a point.

    The value is the largest distance of all runs; its interval is the range over the runs. nan is near nothing.

    Raises:
        InputError: the point has another number of coordinates than the array.
    """
    ends = [sample(recording, address).ravel() for recording in runs_of(runs, arm)]
    found = np.array([np.abs(end - point_of(point, len(end), address)).max() for end in ends])
    interval = float(found.min()), float(found.max())
    return Verdict(interval[1], interval, len(found), interval[1] <= within, f"largest distance ≤ {within:g}")


def _that_end(runs: Runs, arm: str, quantity: str, level: float) -> list[Recording]:
    """The runs in which a quantity ends at or below a level."""
    ends = values_at(runs, arm, quantity)
    return [recording for recording, end in zip(runs_of(runs, arm), ends, strict=True) if end <= level]
