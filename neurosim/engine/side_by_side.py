"""Work side by side: the runs of an ensemble, shared out among threads, each as it would be done alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, TypeVar

import numpy as np

T = TypeVar("T")


class Executor(Protocol):
    """What runs a program on the arrays of a state."""

    def run(self, streams: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Execute one trial for each row of the streams; returns the wanted signals, one row per trial."""
        ...


def side_by_side(pieces: Sequence[Callable[[], T]], threads: int) -> list[T]:
    """Do pieces of work that touch nothing in common; the results are those of doing them one after another, in order.

    Args:
        pieces: functions without arguments.
        threads: how many are under way at the same time; kernels, and NumPy where it draws, do not hold Python's lock.

    >>> side_by_side([lambda: 1, lambda: 2], threads=2)
    [1, 2]
    """
    if threads == 1 or len(pieces) == 1:
        return [piece() for piece in pieces]
    with ThreadPoolExecutor(min(threads, len(pieces))) as team:
        return list(team.map(lambda piece: piece(), pieces))
