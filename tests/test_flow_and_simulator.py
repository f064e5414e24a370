"""Does the simulator learn as the theory says? A linear circuit, with every unit vector in one batch: [xxᵀ] = I (Note 11).

Then a batch changes the weights by ΔW = ηEAᵀ and ΔA = ηBE (eqs 6 and 7), and small η comes to the flow (eqs 8 and 9).
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from neurosim.circuit.layered import layered
from neurosim.simulator import Simulator
from neurosim.tasks import Task, Trials
from neurosim.theory import feedback_alignment_flow as fa

INPUTS, HIDDEN, OUTPUTS = 7, 5, 3
UNTIL = 2.0
T = np.random.default_rng(11).uniform(-1, 1, (OUTPUTS, INPUTS))


class UnitVectors(Task):
    """y* = T x for every unit vector x in turn: a batch of all of them has [xxᵀ] = I."""

    inputs, outputs, trials_per_pass = INPUTS, OUTPUTS, INPUTS

    def trials(self, seed: int, first: int, count: int) -> Trials:
        x = np.eye(INPUTS)[np.arange(first, first + count) % INPUTS]
        return Trials(x, x @ T.T)

    def test(self) -> Trials:
        return self.trials(0, 0, INPUTS)


def simulated(eta: float, backend: str = "cpu", feedback: str = "random", start: float = 0.3) -> Simulator:
    weights = {"kind": "uniform", "bound": start}
    circuit = layered([INPUTS, HIDDEN, OUTPUTS], feedback=feedback, transfer="linear", bias=False, eta=eta, weights=weights)
    return Simulator(circuit, seed=12, backend=backend, dtype="float64")


def weights_of(simulator: Simulator) -> fa.Weights:
    return fa.Weights(simulator.state["input_to_hidden.weights"], simulator.state["hidden_to_output.weights"])


def feedback_of(simulator: Simulator) -> np.ndarray:
    return simulator.state["error_to_feedback.weights"]


def apart(one: fa.Weights, other: fa.Weights) -> float:
    return max(float(np.abs(a - b).max()) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("backend", ["cpu", "reference"])
def test_that_a_batch_of_all_unit_vectors_is_an_euler_step(backend: str) -> None:
    simulator = simulated(0.05, backend)
    B, task = feedback_of(simulator), UnitVectors()
    for step, wanted in enumerate(fa.euler(weights_of(simulator), B, T, 0.05, 40)):
        assert apart(weights_of(simulator), wanted) < 1e-13, step
        simulator.train(task, INPUTS, batch=INPUTS)


def test_that_small_steps_come_to_the_flow_with_order_one() -> None:
    first = simulated(0.02)
    B, start = feedback_of(first), weights_of(first)
    solution = fa.flow(start, B, T, UNTIL).weights
    end = fa.Weights(solution.A[-1], solution.W[-1])
    assert apart(start, end) > 0.3
    off = []
    for eta in (0.02, 0.01, 0.005, 0.0025):
        simulator = simulated(eta)
        assert apart(weights_of(simulator), start) == 0
        simulator.train(UnitVectors(), round(UNTIL / eta) * INPUTS, batch=INPUTS)
        off.append(apart(weights_of(simulator), end))
    assert off[-1] < 2e-3
    assert [larger / smaller for larger, smaller in pairwise(off)] == pytest.approx([2, 2, 2], abs=0.1)


def test_that_backpropagation_does_not_come_to_this_flow() -> None:
    aligned = simulated(0.0025)
    solution = fa.flow(weights_of(aligned), feedback_of(aligned), T, UNTIL).weights
    tied = simulated(0.0025, feedback="tied")
    tied.train(UnitVectors(), round(UNTIL / 0.0025) * INPUTS, batch=INPUTS)
    assert apart(weights_of(tied), fa.Weights(solution.A[-1], solution.W[-1])) > 0.05


def test_that_the_simulator_reaches_zero_error_from_zero_weights() -> None:
    """Theorem 1, as a circuit does it."""
    simulator = simulated(0.05)
    for address in ("input_to_hidden.weights", "hidden_to_output.weights"):
        simulator.state[address] = np.zeros_like(simulator.state[address])
    simulator.train(UnitVectors(), 6000 * INPUTS, batch=INPUTS)
    assert fa.nse(weights_of(simulator), T) < 1e-15
