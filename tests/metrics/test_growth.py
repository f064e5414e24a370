"""How weights grow along themselves, against traces written out and against what a step of learning does."""

from __future__ import annotations

import numpy as np
import pytest

from neurosim.circuit.layered import layered
from neurosim.metrics import METRICS, Look
from neurosim.simulator import Simulator
from neurosim.tasks import LinearMap

TASK = LinearMap(6, 3, patterns="basis", seed=2)


def made(feedback: str = "random", **properties) -> tuple[Simulator, Look]:
    circuit = layered([6, 5, 3], feedback=feedback, transfer="linear", bias=False, **properties)
    simulator = Simulator(circuit, seed=3, dtype="float64")
    x, y = TASK.test()
    return simulator, Look(circuit, simulator.state, x, y, lambda a, n: simulator.evaluate(x[:n], y[:n], a))


def test_the_trace_of_the_supplement() -> None:
    simulator, look = made()
    A, W, B = (simulator.state[f"{name}.weights"] for name in ("input_to_hidden", "hidden_to_output", "error_to_feedback"))
    E = TASK.target_weights - W @ A
    assert METRICS["growth"](look, "input_to_hidden") == pytest.approx(np.trace(A.T @ B @ E), rel=1e-12)
    assert METRICS["growth"](look, "hidden_to_output") == pytest.approx(np.trace(W.T @ E @ A.T), rel=1e-12)


def test_that_it_is_half_the_rate_at_which_the_square_grows() -> None:
    simulator, look = made(eta=1e-8)
    told = METRICS["growth"](look, "input_to_hidden")
    before = np.square(simulator.state["input_to_hidden.weights"]).sum()
    simulator.train(TASK, trials=6, batch=6)
    assert np.square(simulator.state["input_to_hidden.weights"]).sum() - before == pytest.approx(2e-8 * told, rel=1e-4)


def test_that_it_is_told_of_weights_that_do_not_change() -> None:
    _, plastic = made()
    circuit = plastic.circuit.replace({"input_to_hidden.plasticity": "fixed"})
    simulator = Simulator(circuit, seed=3, dtype="float64")
    x, y = TASK.test()
    frozen = Look(circuit, simulator.state, x, y, lambda a, n: simulator.evaluate(x[:n], y[:n], a))
    assert METRICS["growth"](frozen, "input_to_hidden") == METRICS["growth"](plastic, "input_to_hidden")


def test_that_who_is_not_taught_does_not_grow() -> None:
    _, look = made("none")
    assert np.isnan(METRICS["growth"](look, "input_to_hidden"))
