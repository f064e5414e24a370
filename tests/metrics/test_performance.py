from __future__ import annotations

import numpy as np
import pytest
from oracles import Given, given_rows

from neurosim.circuit.layered import layered
from neurosim.metrics import METRICS, Look, loss, mse, nse, nse_uncentred, summed_squared_error
from neurosim.simulator import Simulator


def look(task: Given, simulator: Simulator, training: Given | None = None) -> Look:
    def evaluate(addresses, trials):
        return simulator.evaluate(task.x[:trials], task.y[:trials], addresses)

    def at_training():
        return look(training, simulator) if training is not None else None

    return Look(simulator.circuit, simulator.state, task.x, task.y, evaluate, at_training)


def seen(outputs: int = 3, rows: int = 700) -> tuple[Look, np.ndarray, np.ndarray]:
    task = given_rows(6, outputs, rows)
    task.y += 0.5
    simulator = Simulator(layered([6, 4, outputs], feedback="random"), seed=1, dtype="float64")
    w0, w1 = simulator.state["input_to_hidden.weights"], simulator.state["hidden_to_output.weights"]
    return look(task, simulator, given_rows(6, outputs, rows, 2)), task.y, np.tanh(task.x @ w0.T) @ w1.T


def test_against_numpy() -> None:
    found, y, out = seen()
    squares = ((y - out) ** 2).sum()
    assert loss.function(found) == pytest.approx(0.5 * squares / 700, rel=1e-12)
    assert summed_squared_error.function(found) == pytest.approx(squares / 700, rel=1e-12)
    assert mse.function(found) == pytest.approx(squares / 2100, rel=1e-12)
    assert nse.function(found) == pytest.approx(squares / ((y - y.mean(axis=0)) ** 2).sum(), rel=1e-12)
    assert nse_uncentred.function(found) == pytest.approx(squares / (y**2).sum(), rel=1e-12)
    assert nse.function(found) != pytest.approx(nse_uncentred.function(found), rel=0.05)


def test_the_test_error() -> None:
    found, y, out = seen()
    assert METRICS["test_error"].function(found) == np.mean([np.argmax(a) != np.argmax(b) for a, b in zip(out, y, strict=True)])
    assert 0.2 < METRICS["test_error"].function(found) < 0.9
    found, y, out = seen(outputs=1)
    assert METRICS["test_error"].function(found) == np.mean(
        [(a > 0.5) != (b > 0.5) for a, b in zip(out[:, 0], y[:, 0], strict=True)]
    )
    assert 0 < METRICS["test_error"].function(found) < 1


def test_the_training_error_is_the_test_error_of_the_training_set_with_the_weights_of_the_moment() -> None:
    task, training = given_rows(6, 3, 30), given_rows(6, 3, 40, 2)
    simulator = Simulator(layered([6, 5, 3], feedback="random", eta=0.1), seed=1)
    found, errors = look(task, simulator, training), []
    for _ in range(3):
        found.renew()
        errors.append(METRICS["training_error"](found))
        assert errors[-1] == METRICS["test_error"](look(training, simulator))
        simulator.train(training, 40)
    assert len(set(errors)) > 1
    assert np.isnan(METRICS["training_error"](look(task, simulator)))


def test_perfection() -> None:
    task = given_rows(6, 3, 20)
    simulator = Simulator(layered([6, 5, 3], feedback="none"), seed=1, dtype="float64")
    task.y = simulator.evaluate(task.x, task.y, ["output.rate"])["output.rate"]
    found = look(task, simulator)
    names = ("loss", "mse", "nse", "nse_uncentred", "summed_squared_error", "test_error")
    assert [METRICS[name].function(found) for name in names] == [0.0] * 6


@pytest.mark.parametrize("name", list(METRICS))
def test_that_every_metric_is_a_number_or_one_for_each_neuron(name: str) -> None:
    found, _, _ = seen()
    metric = METRICS[name]
    arguments = {"network": (), "population": ("hidden",), "projection": ("hidden_to_output",)}[metric.of]
    value = metric(found, *arguments)
    assert np.shape(value) == tuple(size for _, size in metric.dimensions(found.circuit, *arguments))
    assert isinstance(value, float if not metric.per else np.ndarray)
    assert np.isfinite(value).all()
    assert METRICS.summary(name)
    assert metric.units
