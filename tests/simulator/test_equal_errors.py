"""Feedback weights that bring errors of the same size to every layer."""

from __future__ import annotations

import numpy as np
import pytest

from neurosim.circuit.layered import layered
from neurosim.errors import InputError
from neurosim.simulator import Simulator
from neurosim.simulator.equal_errors import equalise_errors, feedback_projections
from neurosim.tasks import LinearMap

SIZES = [6, 30, 20, 25, 4]


@pytest.mark.parametrize("size", [1.0, 0.05])
@pytest.mark.parametrize("backend", ["cpu", "reference"])
def test_that_every_layer_receives_an_error_of_that_size(size: float, backend: str) -> None:
    circuit = layered(SIZES, feedback="random", output_transfer="tanh")
    simulator, task = Simulator(circuit, seed=3, backend=backend, dtype="float64"), LinearMap(6, 4)
    before = {address: simulator.state[address] for address in ("error_to_feedback3.weights", "input_to_hidden1.weights")}
    factors = equalise_errors(simulator, task, size)
    assert list(factors) == ["error_to_feedback3", "feedback3_to_feedback2", "feedback2_to_feedback1"]
    x, y = task.trials(3, 0, 256)
    state, drives = simulator.state, [x]
    hidden = []
    for pre, post in zip(["input", "hidden1", "hidden2"], ["hidden1", "hidden2", "hidden3"], strict=True):
        hidden.append(np.tanh(drives[-1] @ state[f"{pre}_to_{post}.weights"].T + state[f"{post}.bias"]))
        drives.append(hidden[-1])
    output = np.tanh(drives[-1] @ state["hidden3_to_output.weights"].T + state["output.bias"])
    error = (y - output) * (1 - output**2)
    delta3 = error @ state["error_to_feedback3.weights"].T * (1 - hidden[2] ** 2)
    delta2 = delta3 @ state["feedback3_to_feedback2.weights"].T * (1 - hidden[1] ** 2)
    delta1 = delta2 @ state["feedback2_to_feedback1.weights"].T * (1 - hidden[0] ** 2)
    for delta in (delta1, delta2, delta3):
        assert np.sqrt((delta**2).mean()) == pytest.approx(size * np.sqrt((error**2).mean()), rel=1e-9)
    ratio = state["error_to_feedback3.weights"] / before["error_to_feedback3.weights"]
    assert np.allclose(ratio, factors["error_to_feedback3"])
    assert np.array_equal(state["input_to_hidden1.weights"], before["input_to_hidden1.weights"])


@pytest.mark.parametrize("feedback", ["none", "broadcast", "tied", "pseudoinverse"])
def test_that_there_must_be_something_to_scale(feedback: str) -> None:
    circuit = layered([4, 3, 2], feedback=feedback)
    assert list(feedback_projections(circuit)) == []
    with pytest.raises(InputError, match="there is no fixed random projection onto a feedback population"):
        equalise_errors(Simulator(circuit, seed=1), LinearMap(4, 2))


def test_that_an_error_must_arrive() -> None:
    circuit = layered([4, 3, 2], feedback="random", feedback_weights="zeros")
    with pytest.raises(InputError, match=r"error_to_feedback: no error arrives at hidden\.teaching"):
        equalise_errors(Simulator(circuit, seed=1), LinearMap(4, 2))
