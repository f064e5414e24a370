"""An output layer of few neurons is shared by threads by trials, and by presynaptic neurons."""

from __future__ import annotations

import numpy as np
import pytest
from oracles import bits, task_of

from neurosim.circuit.layered import layered
from neurosim.engine.kernels import pieces_of
from neurosim.simulator import Simulator


def test_what_is_cut() -> None:
    assert [pieces_of(strips) for strips in (1, 7, 8, 100)] == [8, 8, 1, 1]


@pytest.mark.parametrize("batch", [3, 10])
@pytest.mark.parametrize("constants", [{}, {"momentum": 0.5, "decay": 0.01}])
def test_the_same_as_the_reference_on_any_number_of_threads(batch: int, constants: dict[str, float]) -> None:
    circuit = layered([40, 600, 7], feedback="random", eta=0.001, **constants)
    task = task_of(circuit, 20)
    found = []
    for backend, threads in (("reference", 1), ("cpu", 1), ("cpu", 2), ("cpu", 3)):
        simulator = Simulator(circuit, seed=1, backend=backend, dtype="float64", threads=threads)
        simulator.train(task, trials=20, batch=batch)
        found.append(simulator)
    assert bits(found[1]) == bits(found[2]) == bits(found[3])
    for address in found[0].state:
        np.testing.assert_allclose(found[1].state[address], found[0].state[address], rtol=0, atol=1e-12)
