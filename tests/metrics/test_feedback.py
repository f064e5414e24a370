"""How W stands to B, against the formulas written out."""

from __future__ import annotations

import numpy as np
import pytest
from oracles import given_rows, random_state

from neurosim.circuit.layered import layered
from neurosim.metrics import METRICS, Look
from neurosim.simulator import Simulator


def look(feedback: str, sizes: tuple[int, ...] = (6, 5, 3)) -> Look:
    simulator = Simulator(layered(list(sizes), feedback=feedback), seed=1, dtype="float64")
    random_state(simulator)
    task = given_rows(sizes[0], sizes[-1], 20)
    return Look(
        simulator.circuit,
        simulator.state,
        task.x,
        task.y,
        lambda addresses, trials: simulator.evaluate(task.x[:trials], task.y[:trials], addresses, first=0),
    )


def test_the_trace() -> None:
    seen = look("random")
    W, B = seen.arrays["hidden_to_output.weights"], seen.arrays["error_to_feedback.weights"]
    assert METRICS["feedback_trace"](seen, "hidden_to_output") == pytest.approx(np.trace(B @ W), rel=1e-12)
    tied = look("tied")
    W = tied.arrays["hidden_to_output.weights"]
    assert METRICS["feedback_trace"](tied, "hidden_to_output") == pytest.approx(np.square(W).sum(), rel=1e-12)


def test_the_angle_of_each_neuron() -> None:
    seen = look("random")
    W, B = seen.arrays["hidden_to_output.weights"], seen.arrays["error_to_feedback.weights"]
    wanted = [np.degrees(np.arccos(W[:, i] @ B[i] / np.sqrt(W[:, i] @ W[:, i] * (B[i] @ B[i])))) for i in range(W.shape[1])]
    np.testing.assert_allclose(METRICS["neuron_angles"](seen, "hidden_to_output"), wanted, rtol=1e-9)
    assert METRICS["neuron_angles"].dimensions(seen.circuit, "hidden_to_output") == (("pre", 5),)
    np.testing.assert_allclose(METRICS["neuron_angles"](look("tied"), "hidden_to_output"), 0, atol=1e-5)


def test_a_neuron_without_weights_has_no_angle() -> None:
    seen = look("random")
    weights = seen.arrays["hidden_to_output.weights"].copy()
    weights[:, 2] = 0
    seen.arrays["hidden_to_output.weights"] = weights
    assert np.isnan(METRICS["neuron_angles"](seen, "hidden_to_output")).tolist() == [False, False, True, False, False]


@pytest.mark.parametrize("name", ["feedback_trace", "feedback_angle", "feedback_correlation", "neuron_angles"])
def test_that_without_a_mirror_there_is_nothing(name: str) -> None:
    value = METRICS[name](look("none"), "hidden_to_output")
    assert np.isnan(value).all()
    assert np.shape(value) == ((5,) if name == "neuron_angles" else ())
