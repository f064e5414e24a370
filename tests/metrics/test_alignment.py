from __future__ import annotations

import numpy as np
import pytest
from oracles import Given, given_rows, network_of, random_state

from neurosim.circuit.layered import layered
from neurosim.metrics import METRICS, Look, angle, backpropagated
from neurosim.models.plasticity import RULES, plasticity
from neurosim.simulator import Simulator
from neurosim.tasks import LinearMap


def look(simulator: Simulator, task: Given) -> Look:
    def evaluate(addresses, trials):
        return simulator.evaluate(task.x[:trials], task.y[:trials], addresses, first=0)

    return Look(simulator.circuit, simulator.state, task.x, task.y, evaluate)


def made(sizes: list[int], feedback: str, **properties) -> tuple[Simulator, Look]:
    simulator = Simulator(layered(sizes, feedback=feedback, **properties), seed=1, dtype="float64")
    random_state(simulator)
    return simulator, look(simulator, given_rows(sizes[0], sizes[-1], 200))


@pytest.mark.parametrize("sizes", [[6, 5, 3], [6, 5, 4, 3], [6, 5, 4, 5, 3]])
def test_that_backpropagation_is_at_zero(sizes: list[int]) -> None:
    simulator, seen = made(sizes, "tied")
    for population in simulator.circuit.of_role("hidden"):
        assert angle.function(seen, population.name) < 1e-5
    assert angle.function(seen, "output") < 1e-5


def test_that_the_opposite_is_at_a_half_turn() -> None:
    simulator, seen = made([6, 5, 3], "random")
    simulator.state["error_to_feedback.weights"] = -simulator.state["hidden_to_output.weights"].T
    assert angle.function(seen, "hidden") == pytest.approx(180, abs=1e-5)


def test_that_random_feedback_is_at_a_right_angle_before_learning() -> None:
    """In 400 dimensions two random directions are orthogonal to within 3 degrees."""
    _, seen = made([30, 400, 300], "random")
    assert angle.function(seen, "hidden") == pytest.approx(90, abs=5)


def test_the_angle_by_hand() -> None:
    simulator, seen = made([6, 5, 3], "random", transfer="logistic")
    b, w = simulator.state["error_to_feedback.weights"], simulator.state["hidden_to_output.weights"]
    network = network_of(simulator, 1, ["logistic", "linear"])
    task = given_rows(6, 3, 200)
    found = []
    for x, y in zip(task.x, task.y, strict=True):
        rate = 1 / (1 + np.exp(-network.drives(x)[0]))
        e = y - network.output(x)
        one, other = (b @ e) * rate * (1 - rate), (w.T @ e) * rate * (1 - rate)
        found.append(np.degrees(np.arccos(one @ other / np.linalg.norm(one) / np.linalg.norm(other))))
    assert angle.function(seen, "hidden") == pytest.approx(np.mean(found), rel=1e-10)


def test_what_backpropagation_would_teach() -> None:
    simulator, seen = made([6, 5, 4, 3], "random", output_transfer="tanh")
    network = network_of(simulator, 2, ["tanh", "tanh", "tanh"])
    task = given_rows(6, 3, 200)
    found = backpropagated(seen)
    for row in (0, 17, 199):
        updates = network.updates(task.x[row], task.y[row])
        for name, (_, delta) in zip(("hidden1", "hidden2", "output"), updates, strict=True):
            np.testing.assert_allclose(found[name][row], delta, atol=1e-13)


def test_that_nothing_taught_is_no_number() -> None:
    _, seen = made([6, 5, 3], "none")
    assert np.isnan(angle.function(seen, "hidden"))


def test_that_no_error_is_no_number() -> None:
    simulator, _ = made([6, 5, 3], "random")
    task = given_rows(6, 3, 20)
    task.y = simulator.evaluate(task.x, task.y, ["output.rate"])["output.rate"]
    assert np.isnan(angle.function(look(simulator, task), "hidden"))


def test_that_node_perturbation_has_an_angle_too() -> None:
    """cos(d, g) is about √(2 / π n) for one draw: nearly orthogonal, and nearer than not."""
    _, seen = made([6, 20, 3], "broadcast", noise=1e-3)
    value = angle.function(seen, "hidden")
    assert 60 < value < 100


def test_that_a_gate_is_part_of_the_gradient() -> None:
    circuit = layered([4, 5, 3], feedback="tied", bias=False)
    circuit.population("g", 5, transfer="logistic")
    circuit.project("input", "g", weights={"kind": "normal", "sd": 1.0})
    circuit.project("g", "hidden", receptor="gate", connector="one_to_one")
    simulator = Simulator(circuit, seed=3, dtype="float64", backend="reference")
    x, y = (part[:1] for part in LinearMap(4, 3).test())
    start = simulator.state["input_to_hidden.weights"].copy()
    gradient = []
    for unit in range(5):
        losses = []
        for sign in (1, -1):
            moved = start.copy()
            moved[unit] += sign * 1e-6 * x[0] / (x[0] @ x[0])
            simulator.state["input_to_hidden.weights"] = moved
            losses.append(simulator.evaluate(x, y, ["loss.rate"])["loss.rate"][0, 0])
        simulator.state["input_to_hidden.weights"] = start
        gradient.append(-(losses[0] - losses[1]) / 2e-6)
    signals = simulator.evaluate(x, y, ["hidden.teaching"])
    np.testing.assert_allclose(signals["hidden.teaching"][0], gradient, atol=1e-8)
    look = Look(simulator.circuit, simulator.state, x, y, lambda addresses, trials: simulator.evaluate(x, y, addresses))
    np.testing.assert_allclose(backpropagated(look)["hidden"][0], gradient, atol=1e-8)


def test_that_a_rule_that_is_no_product_has_no_angle() -> None:
    circuit = layered([4, 3, 2], feedback="random")
    rule = plasticity(_own)
    simulator = Simulator(circuit.replace({"input_to_hidden.plasticity": {"rule": rule.name, "eta": 0.1}}), backend="reference")
    x, y = LinearMap(4, 2).test()
    look = Look(
        simulator.circuit, simulator.state, x, y, lambda addresses, trials: simulator.evaluate(x[:trials], y[:trials], addresses)
    )
    assert np.isnan(METRICS["angle"](look, "hidden"))
    RULES._things.pop(rule.name)


def _own(weight, pre_rate, post_rate, eta):  # type: ignore[no-untyped-def]
    return eta * post_rate * (pre_rate - post_rate * weight)


@pytest.mark.parametrize("feedback", ["random", "tied", "none"])
def test_that_forward_weights_are_held_against_what_mirrors_them(feedback: str) -> None:
    simulator = Simulator(layered([4, 6, 5, 3], feedback=feedback), seed=1, backend="reference")
    look = Look(simulator.circuit, simulator.state, *LinearMap(4, 3).test(), lambda wanted, trials: {})
    found = [METRICS[name](look, "hidden1_to_hidden2") for name in ("feedback_correlation", "feedback_angle")]
    if feedback == "random":
        w = simulator.state["hidden1_to_hidden2.weights"].ravel()
        b = simulator.state["feedback2_to_feedback1.weights"].T.ravel()
        correlation = np.mean((w - w.mean()) * (b - b.mean())) / (w.std() * b.std())
        degrees = np.degrees(np.arccos(w @ b / np.sqrt((w @ w) * (b @ b))))
        np.testing.assert_allclose(found, [correlation, degrees], rtol=1e-5)
    elif feedback == "tied":
        np.testing.assert_allclose(found, [1.0, 0.0], atol=1e-3)
    else:
        assert np.isnan(found).all()
