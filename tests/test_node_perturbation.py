"""Node perturbation is the gradient on average, with the variance that theory gives it (Williams 1992; Werfel et al. 2005)."""

from __future__ import annotations

import numpy as np
import pytest
from oracles import Given, given_rows, network_of

from neurosim.circuit.layered import layered
from neurosim.simulator import Simulator

DRAWS = 20_000
UPDATES = {"kind": "uniform", "bound": 0.5}


def drawn(
    transfer: str, model: str = "loss", hidden: int = 8, noise: float = 1e-3, dtype: str = "float64"
) -> tuple[np.ndarray, np.ndarray]:
    """(teaching signals −ΔL ξ/σ² of many draws at one trial, backpropagation's δ)."""
    circuit = layered([6, hidden, 4], feedback="broadcast", transfer=transfer, noise=noise, weights=UPDATES)
    simulator = Simulator(circuit.replace({"loss.model": model}), seed=5, dtype=dtype)
    network = network_of(simulator, 1, [transfer, "linear"])
    task = given_rows(6, 4, 1)
    x, y = task.x[0], task.y[0]
    if model == "loss_against_mean":
        simulator.state["loss.mean"] = np.array([network.loss(x, y)])
    seen = simulator.evaluate(
        np.repeat(task.x, DRAWS, axis=0), np.repeat(task.y, DRAWS, axis=0), ["hidden.modulation", "hidden.eligibility"], first=0
    )
    return -seen["hidden.modulation"] * seen["hidden.eligibility"], network.updates(x, y)[0][1]


def misfit(draws: np.ndarray, wanted: np.ndarray) -> float:
    """Σ ((mean − wanted) / standard error)²: about the number of neurons if the mean is right."""
    error = draws.std(axis=0, ddof=1) / np.sqrt(len(draws))
    return float((((draws.mean(axis=0) - wanted) / error) ** 2).sum())


@pytest.mark.parametrize("model", ["loss", "loss_against_mean"])
@pytest.mark.parametrize("transfer", ["linear", "tanh"])
def test_that_the_mean_is_the_gradient(transfer: str, model: str) -> None:
    draws, gradient = drawn(transfer, model)
    count = len(gradient)
    limit = count + 4 * np.sqrt(2 * count)
    assert misfit(draws, gradient) < limit
    assert misfit(draws, np.zeros(count)) > 10 * limit  # and this sees the difference
    assert misfit(draws, 1.25 * gradient) > limit


@pytest.mark.parametrize("transfer", ["linear", "tanh"])
@pytest.mark.parametrize("hidden", [1, 8, 20])
def test_the_second_moment(transfer: str, hidden: int) -> None:
    """E|d|² = (n + 2)|g|² for small σ."""
    draws, gradient = drawn(transfer, hidden=hidden)
    squares = (draws**2).sum(axis=1)
    wanted = (hidden + 2) * float(gradient @ gradient)
    error = squares.std(ddof=1) / np.sqrt(DRAWS)
    assert abs(squares.mean() - wanted) < 4 * error
    assert error < 0.05 * wanted


def test_that_each_draw_is_the_loss_of_a_perturbed_pass() -> None:
    """−ΔL ξ/σ², by hand: the drive of the hidden neurons moves by ξ, the rest follows."""
    circuit = layered([6, 5, 4], feedback="broadcast", noise=0.3, weights=UPDATES)
    simulator = Simulator(circuit, seed=5, dtype="float64")
    network = network_of(simulator, 1, ["tanh", "linear"])
    task = given_rows(6, 4, 7)
    names = ["hidden.noise", "hidden.eligibility", "hidden.modulation", "loss.rate", "loss.perturbed_rate"]
    seen = simulator.evaluate(task.x, task.y, names, first=3)
    for row, (x, y) in enumerate(zip(task.x, task.y, strict=True)):
        noise = seen["hidden.noise"][row]
        felt = 0.5 * ((y - network.weights[1] @ np.tanh(network.drives(x)[0] + noise)) ** 2).sum()
        assert seen["loss.rate"][row, 0] == pytest.approx(network.loss(x, y), rel=1e-12)
        assert seen["loss.perturbed_rate"][row, 0] == pytest.approx(felt, rel=1e-12)
        np.testing.assert_allclose(seen["hidden.modulation"][row], felt - network.loss(x, y), atol=1e-12)
        np.testing.assert_allclose(seen["hidden.eligibility"][row], noise / 0.09, rtol=1e-12)


@pytest.mark.parametrize("batch", [1, 5])
@pytest.mark.parametrize("backend", ["reference", "cpu"])
def test_that_the_update_is_made_of_these_draws(backend: str, batch: int) -> None:
    circuit = layered([6, 5, 4], feedback="broadcast", noise=0.3, weights=UPDATES, eta=0.1)
    simulator = Simulator(circuit, seed=5, dtype="float64", backend=backend)
    task = given_rows(6, 4, batch)
    before = np.array(simulator.state["input_to_hidden.weights"])
    out = np.array(simulator.state["hidden_to_output.weights"])
    seen = simulator.evaluate(task.x, task.y, ["hidden.modulation", "hidden.eligibility", "hidden.rate", "error.drive"], first=0)
    simulator.train(task, trials=batch, batch=batch)
    taught = -seen["hidden.modulation"] * seen["hidden.eligibility"]
    np.testing.assert_allclose(simulator.state["input_to_hidden.weights"] - before, 0.1 * taught.T @ task.x, atol=1e-13)
    np.testing.assert_allclose(simulator.state["hidden.bias"], 0.1 * taught.sum(axis=0), atol=1e-13)
    wanted = 0.1 * seen["error.drive"].T @ seen["hidden.rate"]  # the output learns by the delta rule, from the clean pass
    np.testing.assert_allclose(simulator.state["hidden_to_output.weights"] - out, wanted, atol=1e-13)


def test_that_two_exploring_populations_learn_along_the_gradient_too() -> None:
    """The second's perturbed drive holds its own exploration and what the first one's does to it."""
    simulator = Simulator(layered([6, 5, 7, 4], feedback="broadcast", noise=1e-3, weights=UPDATES), seed=5, dtype="float64")
    network = network_of(simulator, 2, ["tanh", "tanh", "linear"])
    task = given_rows(6, 4, 1)
    names = [f"{p}.{v}" for p in ("hidden1", "hidden2") for v in ("modulation", "eligibility")]
    seen = simulator.evaluate(np.repeat(task.x, DRAWS, axis=0), np.repeat(task.y, DRAWS, axis=0), names, first=0)
    updates = network.updates(task.x[0], task.y[0])
    both = np.hstack([-seen[f"{p}.modulation"] * seen[f"{p}.eligibility"] for p in ("hidden1", "hidden2")])
    gradient = np.concatenate([updates[0][1], updates[1][1]])
    assert misfit(both, gradient) < 12 + 4 * np.sqrt(24)
    squares = (both**2).sum(axis=1)
    assert abs(squares.mean() - 14 * gradient @ gradient) < 4 * squares.std() / np.sqrt(DRAWS)


def test_the_exploration_itself() -> None:
    """ξ ~ N(0, σ²), independent between neurons, trials and populations."""
    simulator = Simulator(layered([6, 5, 7, 4], feedback="broadcast", noise=0.2), seed=5, dtype="float64")
    task = given_rows(6, 4, 1)
    many = np.repeat(task.x, DRAWS, axis=0), np.repeat(task.y, DRAWS, axis=0)
    seen = simulator.evaluate(*many, ["hidden1.noise", "hidden2.noise"], first=0)
    noise = np.hstack([seen["hidden1.noise"], seen["hidden2.noise"]])
    covariance = np.cov(noise.T) / 0.04
    assert np.abs(covariance - np.eye(12)).max() < 6 / np.sqrt(DRAWS)
    assert np.abs(noise.mean(axis=0)).max() < 0.2 * 5 / np.sqrt(DRAWS)
    follow = (noise[1:] * noise[:-1]).mean(axis=0) / 0.04
    assert np.abs(follow).max() < 5 / np.sqrt(DRAWS)


def test_that_exploration_does_not_depend_on_other_populations() -> None:
    small = layered([6, 5, 4], feedback="broadcast", noise=0.2)
    large = layered([6, 5, 4], feedback="broadcast", noise=0.2)
    large.population("other", 9, noise=0.1)
    large.project("input", "other", weights=UPDATES)
    task = given_rows(6, 4, 3)
    seen = [Simulator(c, seed=2).evaluate(task.x, task.y, ["hidden.noise"], first=700)["hidden.noise"] for c in (small, large)]
    np.testing.assert_array_equal(*seen)
    one = Simulator(small, seed=2).evaluate(task.x[2:], task.y[2:], ["hidden.noise"], first=702)["hidden.noise"]
    np.testing.assert_array_equal(one, seen[0][2:])
    other = Simulator(small, seed=3).evaluate(task.x, task.y, ["hidden.noise"], first=700)["hidden.noise"]
    assert (other != seen[0]).all()


def test_that_training_explores_by_the_number_of_the_trial() -> None:
    """So a run that is cut anywhere goes on as if it had not been."""
    task = Given(np.ones((1, 6)), np.ones((1, 4)))
    circuit = layered([6, 5, 4], feedback="broadcast", noise=0.2, eta=0.01)
    whole, parts = Simulator(circuit, seed=2), Simulator(circuit, seed=2)
    whole.train(task, trials=300)
    for count in (1, 254, 2, 43):
        parts.train(task, trials=count)
    np.testing.assert_array_equal(whole.state["input_to_hidden.weights"], parts.state["input_to_hidden.weights"])
