"""Executors side by side: the runs of an ensemble, shared out among threads, each as it would run alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

import numpy as np

from neurosim.engine import blas


class Executor(Protocol):
    """What runs a program on the arrays of a state."""

    def run(self, streams: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Execute one trial for each row of the streams; returns the wanted signals, one row per trial."""
        ...


def run_side_by_side(
    executors: Sequence[Executor], streams: Sequence[Mapping[str, np.ndarray]], threads: int
) -> list[dict[str, np.ndarray]]:
    """Run each executor on its own streams; the results are those of running them one after another, bit for bit.

    Args:
        executors: with a state of its own each.
        streams: the signals from outside, one row per trial, for each executor.
        threads: how many run at the same time; kernels do not hold Python's lock.
    """
    pairs = list(zip(executors, streams, strict=True))
    if threads == 1 or len(pairs) == 1:
        return [executor.run(given) for executor, given in pairs]
    with blas.one_thread(), ThreadPoolExecutor(min(threads, len(pairs))) as team:
        return list(team.map(lambda pair: pair[0].run(pair[1]), pairs))
