"""How a contestant is checked and timed, in a process of its own."""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable, Mapping

import numpy as np
from reference import checked, distance
from work import Matrices, Work

TOLERANCE = 1e-3
TIMINGS = 3

Run = Callable[[int], None]
"""Run the first so many trials."""
Contestant = Callable[[Work], tuple[Run, Callable[[], list[Matrices]]]]
"""Makes, from a piece of work, what runs it and what gives the weights of each seed in float64."""


def given() -> Work:
    """The work that the command line asks for, as JSON."""
    asked = json.loads(sys.argv[1])
    return Work(**{**asked, "sizes": tuple(asked["sizes"])})


def compete(forms: Mapping[str, Contestant], *, backpropagation: bool = False) -> None:
    """Check and time each form that a contestant has, and print one JSON line: the best one's rate counts."""
    work = given()
    rates = {name: raced(form, work, backpropagation=backpropagation) for name, form in forms.items()}
    best = max(rates, key=lambda name: rates[name])
    print(json.dumps({"rate": rates[best], "form": best, "forms": rates}))


def raced(contestant: Contestant, work: Work, *, backpropagation: bool = False) -> float:
    """Trials a second of a contestant that is right; ends the process, with its words, where it is wrong."""
    run, weights = contestant(work)
    off = check(work, run, weights, backpropagation=backpropagation)
    if not off < TOLERANCE:
        sys.exit(f"wrong by {off:.1e}")
    rate = timed(work, run)
    if not all(np.isfinite(w).all() for matrices in weights() for w in matrices):
        sys.exit("the numbers blew up while it was timed")
    return rate


def check(work: Work, run: Run, weights: Callable[[], list[Matrices]], *, backpropagation: bool = False) -> float:
    """How far a contestant is from the float64 reference after its first trials."""
    run(checked(work))
    return distance(work, weights(), backpropagation=backpropagation)


def timed(work: Work, run: Run) -> float:
    """Trials a second, of all seeds together: the median of three timings after a warm-up."""
    run(work.trials)
    return statistics.median(timing(work, run) for _ in range(TIMINGS))


def timing(work: Work, run: Run) -> float:
    calls, passed, began = 0, 0.0, time.perf_counter()
    while not calls or passed < work.seconds:
        run(work.trials)
        calls += 1
        passed = time.perf_counter() - began
    return calls * work.trials * work.seeds / passed
