"""What a check found, whatever it looked at: recordings, or the theory."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Verdict:
    """What a check found.

    Attributes:
        value: the statistic of which bounds are claimed.
        interval: of that same statistic, over the runs or draws; each check says which interval it is.
        n: from how many runs or draws.
        holds: whether it is what was claimed.
        wanted: what was claimed, in words.
    """

    value: float
    interval: tuple[float, float]
    n: int
    holds: bool
    wanted: str


def wilson(share: float, n: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share that was found in n independent cases.

    >>> [round(end, 3) for end in wilson(0.0, 20)]
    [0.0, 0.161]
    """
    z = 1.96
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return max(0.0, centre - half), min(1.0, centre + half)
