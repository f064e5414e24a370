"""Seconds a trial = overhead + synapses × cost of a synapse, in the cache and beyond it, and bytes of a run likewise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

USUAL_CACHE = 32 * 2**20
"""Where the system does not say how large its last cache is."""
BEYOND = 2.0
"""Arrays so many times the cache count as memory; those between the two belong to neither."""


def fitted(points: Sequence[Mapping[str, Any]], cache: int | None) -> list[dict[str, Any]]:
    """The cost of a synapse for each batch and thread count of the sweep over synapses, in each regime."""
    size = cache or USUAL_CACHE
    sweep = [point for point in points if point["sweep"] == "synapses"]
    found = []
    for batch, threads in sorted({(point["batch"], point["threads"]) for point in sweep}):
        here = [point for point in sweep if (point["batch"], point["threads"]) == (batch, threads)]
        regimes = {
            "cache": [point for point in here if point["arrays"] <= size],
            "memory": [point for point in here if point["arrays"] >= BEYOND * size],
        }
        for regime, chosen in regimes.items():
            if len(chosen) >= 2:
                overhead, each = line(chosen, "seconds")
                found.append({"batch": batch, "threads": threads, "regime": regime, "points": len(chosen)})
                found[-1] |= {"overhead": overhead, "per_synapse": each}
    return found


def line(points: Sequence[Mapping[str, Any]], what: str) -> tuple[float, float]:
    """Offset and slope over synapses with the smallest relative errors; neither is let below 0."""
    synapses = np.array([point["synapses"] for point in points], float)
    values = np.array([point[what] for point in points], float)
    (offset, slope), *_ = np.linalg.lstsq(np.stack([1 / values, synapses / values], axis=1), np.ones(len(points)), rcond=None)
    if offset < 0:
        return 0.0, float((synapses / values).sum() / ((synapses / values) ** 2).sum())
    return float(offset), max(0.0, float(slope))
