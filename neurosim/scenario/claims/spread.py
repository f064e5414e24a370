"""Claims about how far the runs of an arm are apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np

from neurosim.errors import DataError
from neurosim.recording import Recording
from neurosim.scenario.claims.claim import Runs, Verdict, claim
from neurosim.scenario.claims.values import Two, runs_of

RESAMPLED = 2000


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

    Of a quantity's value at the end, of its largest value, or of the time when it falls to a level (between two recorded
    trials its logarithm is taken to be a straight line). The 95 % bootstrap interval of the ratio must lie above 1.
    """
    first, second = (np.array([_MEASURES[of](r, quantity, reaches) for r in runs_of(runs, arm)]) for arm in arms)
    found = _variation(second) / _variation(first)
    random = np.random.default_rng(0)
    drawn = [
        _variation(random.choice(second, len(second))) / _variation(random.choice(first, len(first))) for _ in range(RESAMPLED)
    ]
    low, high = (float(end) for end in np.percentile(drawn, [2.5, 97.5]))
    told = f"ratio of the coefficients of variation ≥ {at_least:g}, interval above 1"
    return Verdict(found, (low, high), min(len(first), len(second)), found >= at_least and low > 1, told)


def _variation(values: np.ndarray) -> float:
    return float(values.std(ddof=1) / abs(values.mean()))


def _time(recording: Recording, quantity: str, level: float) -> float:
    series = recording[quantity]
    reached = np.flatnonzero(series.values <= level)
    if not len(reached) or reached[0] == 0:
        raise DataError(f"{quantity} does not fall to {level:g} in {recording.path}")
    after = reached[0]
    before = after - 1
    logs = np.log([series.values[before], series.values[after], level])
    part = (logs[0] - logs[2]) / (logs[0] - logs[1])
    return float(series.trials[before] + part * (series.trials[after] - series.trials[before]))


_MEASURES: dict[str, Callable[[Recording, str, float], float]] = {
    "end": lambda recording, quantity, level: float(recording[quantity].values[-1]),
    "peak": lambda recording, quantity, level: float(recording[quantity].values.max()),
    "time": _time,
}
