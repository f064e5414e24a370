"""Recordings of real runs that the tests of exports share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from neurosim.circuit.circuit import Circuit
from neurosim.circuit.layered import layered
from neurosim.simulator import Simulator, record
from neurosim.tasks import LinearMap

CIRCUIT = layered([4, 3, 2], feedback="random", transfer="tanh", name="small")
EVERY = {
    "nse": 10,
    "loss": 4,
    "loss.rate": 10,
    "hidden.rate": 5,
    "hidden.angle": 20,
    "input_to_hidden.weights": 20,
    "hidden_to_output.weights": 10,
    "hidden.bias": 10,
    "output.bias": 20,
}
TRIALS = 42


def run(
    path: Path, intervals: dict[str, int] | None = None, circuit: Circuit = CIRCUIT, dtype: str = "float32", **attributes: Any
) -> Simulator:
    """A short run with seed 7, in NumPy, written into a recording."""
    simulator = Simulator(circuit, seed=7, backend="reference", dtype=dtype)
    with record(path, EVERY if intervals is None else intervals, **attributes) as recording:
        simulator.train(LinearMap(4, 2, tests=20), TRIALS, into=recording)
    return simulator
