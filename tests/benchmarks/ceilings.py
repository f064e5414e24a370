"""What the machine itself can do, measured in the same run as what is held against it.

`sgemm`: the machine's own sgemm peak is the best of three shapes (a batch forward, a batch's update, and a large square),
each the median of several timings of SciPy's BLAS, the one that neurosim calls, with as many threads as the work has.

`bandwidth`: in-place update, `a[i] *= q` in a compiled loop over aligned float32 numbers, as many as 784 × 1000 weights;
both the reading and the writing count. Threads take halves and do not wait for each other.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

SHAPES = ((100, 784, 1000), (1000, 100, 784), (2048, 2048, 2048))
"""m × k × n."""
NUMBERS = 784 * 1000
TIMINGS, SECONDS = 7, 0.1


def sgemm(threads: int) -> dict[str, Any]:
    """Floating-point operations a second."""
    from scipy.linalg.blas import sgemm as multiply
    from threadpoolctl import threadpool_limits

    random = np.random.default_rng(0)
    found = {}
    with threadpool_limits(threads):
        for m, k, n in SHAPES:
            a, b, c = (np.asfortranarray(random.random(shape, dtype="f4")) for shape in ((m, k), (k, n), (m, n)))

            def call(a: np.ndarray = a, b: np.ndarray = b, c: np.ndarray = c) -> None:
                multiply(1.0, a, b, 0.0, c, overwrite_c=1)

            found[f"{m}x{k}x{n}"] = 2 * m * k * n * _calls_per_second(call)
    return {"rate": max(found.values()), "shapes": found}


def bandwidth(threads: int) -> dict[str, Any]:
    """Bytes a second, read and written."""
    from numba import njit

    @njit(nogil=True)
    def update(numbers, factor, times):  # type: ignore[no-untyped-def]
        for _ in range(times):
            for i in range(len(numbers)):
                numbers[i] *= factor

    values = _aligned(NUMBERS)
    parts = np.array_split(values, threads)
    times, factor = 100, np.float32(1.0)
    update(parts[0], factor, 1)
    with ThreadPoolExecutor(threads) as team:
        rate = _calls_per_second(lambda: list(team.map(lambda part: update(part, factor, times), parts)))
    return {"rate": rate * times * 2 * values.nbytes}


def _aligned(count: int) -> np.ndarray:
    """Ones that begin at a multiple of 64 bytes."""
    raw = np.ones(count + 16, "f4")
    start = -raw.ctypes.data % 64 // raw.itemsize
    return raw[start : start + count]


def _calls_per_second(call: Callable[[], object]) -> float:
    call()
    return statistics.median(_timing(call) for _ in range(TIMINGS))


def _timing(call: Callable[[], object]) -> float:
    calls, passed, began = 0, 0.0, time.perf_counter()
    while passed < SECONDS:
        call()
        calls += 1
        passed = time.perf_counter() - began
    return calls / passed


if __name__ == "__main__":
    asked = json.loads(sys.argv[1])
    print(json.dumps({"sgemm": sgemm, "bandwidth": bandwidth}[asked["ceiling"]](asked["threads"])))
