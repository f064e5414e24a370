from __future__ import annotations

import numpy as np
import pytest
from oracles import Given, given_rows

from neurosim.circuit.layered import layered
from neurosim.metrics import METRICS, Look
from neurosim.simulator import Simulator

ROWS = 700  # more than a probe looks at


def dead_fraction(task: Given, biases: list[float], transfer: str, population: str = "hidden", dtype: str = "float32") -> float:
    circuit = layered([6, len(biases), 3], feedback="random", transfer=transfer, dropout=0.5)
    simulator = Simulator(circuit, seed=1, dtype=dtype)
    simulator.state["hidden.bias"] = np.array(biases)

    def evaluate(addresses, trials):
        return simulator.evaluate(task.x[:trials], task.y[:trials], addresses)

    return METRICS["dead_fraction"](Look(circuit, simulator.state, task.x, task.y, evaluate), population)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_that_rectified_neurons_that_are_never_driven_above_0_are_dead(dtype: str) -> None:
    task = given_rows(6, 3, ROWS)
    assert dead_fraction(task, [-100.0, 0.0, 100.0, -100.0, -100.0], "relu", dtype=dtype) == 0.6
    assert dead_fraction(task, [-100.0, 0.0, 100.0, -100.0, -100.0], "leaky", dtype=dtype) == 0.0


def test_that_one_trial_of_the_whole_test_set_saves_a_neuron() -> None:
    task = given_rows(6, 3, ROWS)
    task.x[ROWS - 1] *= 1e7
    assert dead_fraction(task, [-100.0] * 40, "relu") == pytest.approx(0.5, abs=0.3)
    task.x[ROWS - 1] *= -1
    found = dead_fraction(task, [-100.0] * 40, "relu")
    task.x[ROWS - 1] *= -1
    assert found == pytest.approx(1 - dead_fraction(task, [-100.0] * 40, "relu"))
    assert dead_fraction(Given(task.x[:-1], task.y[:-1]), [-100.0] * 40, "relu") == 1.0


@pytest.mark.parametrize(("drive", "dead"), [(7.0, 0.0), (7.8, 1.0), (100.0, 1.0)])
def test_that_saturated_neurons_are_dead_from_a_millionth_on(drive: float, dead: float) -> None:
    """tanh' is 3.3e-6 at 7 and 6.7e-7 at 7.8."""
    task = Given(np.zeros((20, 6)), np.zeros((20, 3)))
    assert dead_fraction(task, [drive, -drive], "tanh", dtype="float64") == dead


def test_that_a_population_without_a_transfer_function_has_none() -> None:
    assert np.isnan(dead_fraction(given_rows(6, 3, 5), [0.0], "relu", population="input"))
