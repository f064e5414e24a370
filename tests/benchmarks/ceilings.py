"""What the machine itself can do, measured in the same run as what is held against it.

`sgemm`: the machine's own sgemm peak is the best of three shapes (a batch forward, a batch's update, and a large square),
each the median of several timings of SciPy's BLAS, the one that neurosim calls, with as many threads as the work has.

`products`: batches a second of the matrix products of a batch and nothing else, each of its own shape, in the order of learning:
what every synapse carries forward, what feedback brings back, and what is added to the weights (beta = 1), by the same sgemm.

`bandwidth`: in-place update, `a[i] *= q` in a compiled loop over aligned float32 numbers, as many as 784 × 1000 weights;
both the reading and the writing count. Threads take halves and do not wait for each other.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
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


def products(threads: int, sizes: Sequence[int], batch: int) -> dict[str, Any]:
    """Trials a second."""
    from scipy.linalg.blas import sgemm as multiply
    from threadpoolctl import threadpool_limits

    random = np.random.default_rng(0)

    def matrix(rows: int, columns: int) -> np.ndarray:
        return np.asfortranarray(random.random((rows, columns), dtype="f4"))

    rates = [matrix(size, batch) for size in sizes]  # as columns: Fortran's order of batch-first rows
    weights = [matrix(pre, post) for pre, post in pairwise(sizes)]
    feedback = [matrix(post, pre) for pre, post in pairwise(sizes)]

    def learn() -> None:
        for (pre, post), w in zip(pairwise(rates), weights, strict=True):
            multiply(2 / len(pre), w, pre, 0.0, post, trans_a=1, overwrite_c=1)  # numbers keep their size
        for (pre, post), b in list(zip(pairwise(rates), feedback, strict=True))[:0:-1]:
            multiply(2 / len(post), b, post, 0.0, pre, trans_a=1, overwrite_c=1)
        for (pre, post), w in zip(pairwise(rates), weights, strict=True):
            multiply(1e-20, pre, post, 1.0, w, trans_b=1, overwrite_c=1)

    with threadpool_limits(threads):
        return {"rate": batch * _calls_per_second(learn)}


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
    ceiling = {"sgemm": sgemm, "products": products, "bandwidth": bandwidth}[asked.pop("ceiling")]
    print(json.dumps(ceiling(**asked)))
