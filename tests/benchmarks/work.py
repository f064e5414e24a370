"""The work that every contestant does: feedback alignment on the same weights and trials, and its float64 reference."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

CHECKED = 40
"""Trials that are held against the float64 reference (batches of the work's own size)."""


@dataclass(frozen=True)
class Work:
    """Sizes, how many trials, and how many at the same weights."""

    sizes: tuple[int, ...]
    trials: int
    batch: int
    threads: int
    eta: float

    def arrays(self) -> tuple[list[np.ndarray], list[np.ndarray], np.ndarray, np.ndarray]:
        """W[post, pre] of each projection, B[post, pre] of each feedback projection, inputs and targets, in float32."""
        random = np.random.default_rng(0)
        pairs = list(zip(self.sizes, self.sizes[1:], strict=False))
        forward = [(random.standard_normal((post, pre)) / np.sqrt(pre)).astype("f4") for pre, post in pairs]
        back = [(random.standard_normal((pre, post)) / np.sqrt(post)).astype("f4") for pre, post in pairs[1:]]
        inputs = random.uniform(-1, 1, (self.trials, self.sizes[0])).astype("f4")
        targets = random.uniform(-1, 1, (self.trials, self.sizes[-1])).astype("f4")
        return forward, back, inputs, targets


def reference(work: Work) -> list[np.ndarray]:
    """The weights after the checked trials, in float64."""
    forward, back, inputs, targets = work.arrays()
    weights = [w.astype("f8") for w in forward]
    count = checked(work)
    for first in range(0, count, work.batch):
        rates = [inputs[first : first + work.batch].astype("f8")]
        for w in weights[:-1]:
            rates.append(np.tanh(rates[-1] @ w.T))
        signal = targets[first : first + work.batch] - rates[-1] @ weights[-1].T
        signals = [signal]
        for b, rate in zip(reversed(back), reversed(rates[1:]), strict=True):
            signals.append((signals[-1] @ b.T) * (1 - rate * rate))
        for w, signal, rate in zip(weights, reversed(signals), rates, strict=True):
            w += work.eta * signal.T @ rate
    return weights


def checked(work: Work) -> int:
    """How many trials are checked: whole batches."""
    return max(1, CHECKED // work.batch) * work.batch


Contestant = Callable[[Work], tuple[Callable[[int], None], Callable[[], list[np.ndarray]]]]
"""Makes (run the first so many trials, give the weights) from a piece of work."""


def given() -> Work:
    """The work that the command line asks for, as JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("work")
    asked = json.loads(parser.parse_args().work)
    return Work(tuple(asked["sizes"]), asked["trials"], asked["batch"], asked["threads"], asked["eta"])


def compete(contestant: Contestant) -> None:
    """Check a contestant on the work that is asked for, time it, and print one JSON line."""
    work = given()
    run, weights = contestant(work)
    run(checked(work))
    start = [w.astype("f8") for w in work.arrays()[0]]
    compared = zip(weights(), reference(work), start, strict=True)
    off = max(float(np.linalg.norm(w - r) / np.linalg.norm(r - s)) for w, r, s in compared)
    if not off < 1e-3:
        print(json.dumps({"error": f"wrong by {off:.1e}"}))
        sys.exit(1)
    timed(work, run, off)


def timed(work: Work, run: Callable[[int], None], off: float = 0.0) -> None:
    """Time the work, the median of three after a warm-up, and print one JSON line."""
    run(work.trials)
    rates = []
    for _ in range(3):
        began = time.perf_counter()
        run(work.trials)
        rates.append(work.trials / (time.perf_counter() - began))
    print(json.dumps({"rate": sorted(rates)[1], "off": off}))
