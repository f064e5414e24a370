"""The same recordings, bit for bit, however the work is spread: threads, ensembles, slices and engines."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from contents import contents

from neurosim.scenario.engines import run_scenario, serial
from neurosim.scenario.files import checked
from neurosim.scenario.plan import Plan
from neurosim.scenario.slices import WHOLE, Slice

THREADS = (1, 2, 3, 4)
ENSEMBLES = (1, 2, 3, 8)
SLICES: dict[str, Sequence[Slice]] = {"all at once": (WHOLE,), "in three slices": tuple(Slice(index, 3) for index in range(3))}
ENGINES = ("serial", "dask")
SCENARIO: dict[str, Any] = {
    "name": "bits",
    "title": "bits",
    "seeds": 5,
    "task": {"name": "linear_map", "inputs": 30, "outputs": 10, "tests": 50},
    "arm": [
        {"name": name, "circuit": {"family": "layered", "sizes": [30, 20, 10], "feedback": feedback, "momentum": 0.5}}
        for name, feedback in (("aligned", "random"), ("explored", "broadcast"))
    ],
    "phase": [{"trials": 400}, {"trials": 400, "batch": 20}],
    "record": {"nse": 100, "input_to_hidden.weights": 400},
}


def whole(folder: Path, scale: float = 1.0) -> list[str]:
    """All 64 ways; with a smaller scale, so many fewer."""
    made = checked(SCENARIO, "bits")
    run_scenario(made, Plan(folder / "first", backend="cpu"))
    wanted, wrong = contents(folder / "first"), []
    ways = list(itertools.product(ENGINES, THREADS, ENSEMBLES, SLICES))
    chosen = ways[:: max(1, round(1 / scale))]
    usual = serial.ENSEMBLE
    for number, (engine, threads, ensemble, slices) in enumerate(chosen):
        out = folder / f"way{number}"
        serial.ENSEMBLE = ensemble
        for part in SLICES[slices]:
            run_scenario(made, Plan(out, threads=threads, slice=part, engine=engine))
        if contents(out) != wanted:
            wrong.append(f"{engine}, {threads} threads, ensembles of {ensemble}, {slices}: other bits")
    serial.ENSEMBLE = usual
    print(f"ways to spread the work: {len(chosen)}; {len(wrong)} faults", flush=True)
    for fault in wrong:
        print(f"  {fault}")
    return wrong
