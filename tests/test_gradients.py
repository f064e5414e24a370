"""What the wiring teaches: backpropagation's gradient, feedback alignment's formulas, and nothing else."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from oracles import (
    SHIPPED_TRANSFERS,
    Given,
    Network,
    Thinned,
    bits,
    factors_of,
    forward_names,
    given_rows,
    network_of,
    random_state,
    slope,
    trained,
    value,
)

from neurosim.circuit.circuit import Circuit
from neurosim.circuit.layered import layered
from neurosim.simulator import Simulator
from neurosim.simulator.simulator import BACKENDS

SIZES = {1: [6, 5, 3], 2: [6, 5, 4, 3], 3: [6, 5, 4, 5, 3], 4: [6, 5, 4, 5, 4, 3]}
KINK = 1e-3


def uniform(bound: float) -> dict:
    return {"kind": "uniform", "bound": bound}


def away_from_kinks(
    circuit: Circuit, depth: int, transfers: list[str], backend: str
) -> tuple[Simulator, Network, np.ndarray, np.ndarray]:
    """A simulator, its network and a trial at which no drive is near zero and the gradient reaches every level."""
    for seed in range(100):
        simulator = Simulator(circuit, seed=seed, backend=backend, dtype="float64")
        random_state(simulator, seed)
        network = network_of(simulator, depth, transfers)
        task = given_rows(6, 3, 1, seed)
        x, y = task.x[0], task.y[0]
        alive = all(np.abs(delta).max() > 1e-3 for _, delta in network.updates(x, y))
        if alive and min(np.abs(u).min() for u in network.drives(x)) > KINK:
            return simulator, network, x, y
    raise AssertionError("no such trial among a hundred")


def differences(network: Network, array: np.ndarray, x: np.ndarray, y: np.ndarray, step: float = 1e-5) -> np.ndarray:
    """−∂L/∂array by central differences."""
    found = np.zeros_like(array)
    for index in np.ndindex(array.shape):
        kept = array[index]
        array[index] = kept + step
        above = network.loss(x, y)
        array[index] = kept - step
        below = network.loss(x, y)
        array[index] = kept
        found[index] = -(above - below) / (2 * step)
    return found


@pytest.mark.parametrize("backend", list(BACKENDS))
@pytest.mark.parametrize("depth", [1, 2, 3, 4])
@pytest.mark.parametrize("transfer", SHIPPED_TRANSFERS)
@pytest.mark.parametrize("output", ["linear", "same"])
def test_that_backpropagation_descends_the_gradient(transfer: str, output: str, depth: int, backend: str) -> None:
    last = transfer if output == "same" else "linear"
    circuit = layered(
        SIZES[depth], feedback="tied", transfer=transfer, output_transfer=last, eta=1.0, weights=uniform(1.0), bias=True
    )
    simulator, network, x, y = away_from_kinks(circuit, depth, [transfer] * depth + [last], backend)
    before = {address: np.array(values) for address, values in simulator.state.items()}
    simulator.train(one_trial(x, y), trials=1)
    names = forward_names(depth)
    for level, (pre, post) in enumerate(itertools.pairwise(names)):
        for address, array in ((f"{pre}_to_{post}.weights", network.weights[level]), (f"{post}.bias", network.biases[level])):
            wanted = differences(network, array, x, y)
            update = simulator.state[address] - before[address]
            assert np.linalg.norm(wanted) > 0, address
            assert np.linalg.norm(update - wanted) < 1e-6 * np.linalg.norm(wanted), address


@pytest.mark.parametrize("backend", list(BACKENDS))
@pytest.mark.parametrize("transfer", SHIPPED_TRANSFERS)
@pytest.mark.parametrize("dropout", [{"hidden1": 0.5, "hidden2": 0.25}, {"input": 0.2}, {"hidden2": 0.4, "input": 0.1}])
def test_that_backpropagation_with_dropout_descends_the_gradient_of_the_thinned_network(
    dropout: dict[str, float], transfer: str, backend: str
) -> None:
    """The loss of the network without the silenced neurons, the others' rates over 1 − p, by central differences."""
    circuit = layered(SIZES[2], feedback="tied", transfer=transfer, eta=1.0, weights=uniform(1.0), bias=True)
    circuit = circuit.replace({f"{name}.dropout": p for name, p in dropout.items()})
    simulator, network, x, y = thinned_away_from_kinks(circuit, [transfer, transfer, "linear"], backend)
    before = {address: np.array(values) for address, values in simulator.state.items()}
    simulator.train(one_trial(x, y), trials=1)
    names = forward_names(2)
    for level, (pre, post) in enumerate(itertools.pairwise(names)):
        for address, array in ((f"{pre}_to_{post}.weights", network.weights[level]), (f"{post}.bias", network.biases[level])):
            wanted = differences(network, array, x, y)
            update = simulator.state[address] - before[address]
            assert np.linalg.norm(wanted) > 0, address
            assert np.linalg.norm(update - wanted) < 1e-6 * np.linalg.norm(wanted), address


def thinned_away_from_kinks(
    circuit: Circuit, transfers: list[str], backend: str
) -> tuple[Simulator, Thinned, np.ndarray, np.ndarray]:
    """As `away_from_kinks`, of trial 0, in which neurons of every population that drops out are silenced, and others not."""
    for seed in range(200):
        simulator = Simulator(circuit, seed=seed, backend=backend, dtype="float64")
        random_state(simulator, seed)
        network = network_of(simulator, 2, transfers, Thinned)
        network.factors = factors_of(simulator, 2, 0)
        task = given_rows(6, 3, 1, seed)
        x, y = task.x[0], task.y[0]
        mixed = all(np.any(m == 0) and np.any(m) for m in network.factors if np.ndim(m))
        alive = all(np.abs(delta).max() > 1e-3 for _, delta in network.updates(x, y))
        if mixed and alive and min(np.abs(u).min() for u in network.drives(x)) > KINK:
            return simulator, network, x, y
    raise AssertionError("no such trial among two hundred")


@pytest.mark.parametrize("backend", list(BACKENDS))
@pytest.mark.parametrize("batch", [1, 4])
@pytest.mark.parametrize("feedback", ["tied", "random"])
@pytest.mark.parametrize("rule", [{}, {"momentum": 0.5, "decay": 0.1}])
def test_whole_runs_with_dropout_against_plain_numpy(rule: dict[str, float], feedback: str, batch: int, backend: str) -> None:
    """Another mask in every trial, also within a batch; what gates the feedback populations is silenced, too."""
    circuit = layered(SIZES[2], feedback=feedback, eta=0.05, weights=uniform(0.5), dropout=[0.5, 0.2], **rule)
    simulator = Simulator(circuit.replace({"input.dropout": 0.1}), seed=2, backend=backend, dtype="float64")
    random_state(simulator)
    network = network_of(simulator, 2, ["tanh", "tanh", "linear"], Thinned)
    backward = None
    if feedback == "random":
        backward = [np.array(simulator.state[f"{a}.weights"]) for a in ("feedback2_to_feedback1", "error_to_feedback2")]
    task = given_rows(6, 3, 18)
    simulator.train(task, trials=18, batch=batch)
    learn = network.updates
    for first in range(0, 18, batch):
        trials = iter(range(first, min(first + batch, 18)))

        def updates(x, y, back, trials=trials):
            network.factors = factors_of(simulator, 2, next(trials))
            return learn(x, y, back)

        network.updates = updates
        last = min(first + batch, 18)
        network.learn(task.x[first:last], task.y[first:last], 0.05, backward, rule.get("momentum", 0.0), rule.get("decay", 0.0))
    names = forward_names(2)
    for level, (pre, post) in enumerate(itertools.pairwise(names)):
        np.testing.assert_allclose(simulator.state[f"{pre}_to_{post}.weights"], network.weights[level], rtol=0, atol=1e-13)
        np.testing.assert_allclose(simulator.state[f"{post}.bias"], network.biases[level], rtol=0, atol=1e-13)


def one_trial(x: np.ndarray, y: np.ndarray) -> Given:
    return Given(x[None, :], y[None, :])


@pytest.mark.parametrize("backend", list(BACKENDS))
def test_that_the_loss_is_half_the_squared_error(backend: str) -> None:
    simulator = Simulator(layered([6, 5, 3], feedback="none"), seed=1, backend=backend, dtype="float64")
    task = given_rows(6, 3, 4)
    network = network_of(simulator, 1, ["tanh", "linear"])
    seen = simulator.evaluate(task.x, task.y, ["loss.rate", "output.rate"])
    wanted = [network.loss(x, y) for x, y in zip(task.x, task.y, strict=True)]
    np.testing.assert_allclose(seen["loss.rate"][:, 0], wanted, rtol=1e-12)
    np.testing.assert_allclose(seen["output.rate"], [network.output(x) for x in task.x], rtol=1e-12)


@pytest.mark.parametrize("backend", list(BACKENDS))
@pytest.mark.parametrize(("momentum", "decay"), [(0.0, 0.0), (0.9, 0.0), (0.0, 0.1), (0.5, 0.1)])
@pytest.mark.parametrize("batch", [1, 4])
@pytest.mark.parametrize("feedback", ["tied", "random"])
def test_whole_runs_against_plain_numpy(feedback: str, batch: int, momentum: float, decay: float, backend: str) -> None:
    """Two hidden populations, 18 trials (not a multiple of the batch): every weight and bias, at the end."""
    circuit = layered(SIZES[2], feedback=feedback, eta=0.05, momentum=momentum or None, decay=decay or None, weights=uniform(0.5))
    simulator = Simulator(circuit, seed=2, backend=backend, dtype="float64")
    random_state(simulator)
    network = network_of(simulator, 2, ["tanh", "tanh", "linear"])
    backward = None
    if feedback == "random":
        backward = [np.array(simulator.state[f"{a}.weights"]) for a in ("feedback2_to_feedback1", "error_to_feedback2")]
    task = given_rows(6, 3, 18)
    simulator.train(task, trials=18, batch=batch)
    for first in range(0, 18, batch):
        last = min(first + batch, 18)
        network.learn(task.x[first:last], task.y[first:last], 0.05, backward, momentum, decay)
    names = forward_names(2)
    for level, (pre, post) in enumerate(itertools.pairwise(names)):
        np.testing.assert_allclose(simulator.state[f"{pre}_to_{post}.weights"], network.weights[level], rtol=0, atol=1e-13)
        np.testing.assert_allclose(simulator.state[f"{post}.bias"], network.biases[level], rtol=0, atol=1e-13)


@pytest.mark.parametrize("backend", list(BACKENDS))
def test_that_direct_leaves_out_the_slope_of_the_output(backend: str) -> None:
    """Main text Fig. 3a: δ(output) = e, and hidden gets (Wᵀ e) ⊙ φ'."""
    circuit = layered([6, 5, 3], feedback="tied", transfer="logistic", output_transfer="logistic", output_model="direct", eta=1.0)
    simulator = Simulator(circuit, seed=1, backend=backend, dtype="float64")
    network = network_of(simulator, 1, ["logistic", "logistic"])
    task = given_rows(6, 3, 1)
    x, y = task.x[0], task.y[0]
    hidden, out = network.drives(x)
    error = y - value("logistic", out)
    delta = (network.weights[1].T @ error) * slope("logistic", hidden)
    simulator.train(task, trials=1)
    after = simulator.state["input_to_hidden.weights"]
    np.testing.assert_allclose(after - network.weights[0], np.outer(delta, x), rtol=0, atol=1e-12)
    np.testing.assert_allclose(simulator.state["output.bias"], error, rtol=0, atol=1e-12)


@pytest.mark.parametrize("backend", list(BACKENDS))
def test_deep_feedback_alignment(backend: str) -> None:
    """Supp. Fig. 4: δ1 = B1((B2 e) ⊙ φ'(a2)) ⊙ φ'(a1)."""
    simulator = Simulator(
        layered([6, 5, 4, 3], feedback="random", weights=uniform(0.8)), seed=1, backend=backend, dtype="float64"
    )
    network = network_of(simulator, 2, ["tanh", "tanh", "linear"])
    b2, b1 = (simulator.state[f"{a}.weights"] for a in ("error_to_feedback2", "feedback2_to_feedback1"))
    task = given_rows(6, 3, 5)
    seen = simulator.evaluate(task.x, task.y, ["hidden1.teaching", "hidden2.teaching", "output.teaching"])
    for row, (x, y) in enumerate(zip(task.x, task.y, strict=True)):
        a1, a2, u = network.drives(x)
        e = y - u
        np.testing.assert_allclose(seen["output.teaching"][row], e, rtol=0, atol=1e-12)
        np.testing.assert_allclose(seen["hidden2.teaching"][row], (b2 @ e) * slope("tanh", a2), rtol=0, atol=1e-12)
        wanted = (b1 @ ((b2 @ e) * slope("tanh", a2))) * slope("tanh", a1)
        np.testing.assert_allclose(seen["hidden1.teaching"][row], wanted, rtol=0, atol=1e-12)


def shown(sizes: list[int]) -> str:
    return "-".join(map(str, sizes))


def twins(sizes: list[int], dtype: str) -> tuple[Simulator, Simulator]:
    """Backpropagation, and feedback alignment whose B are the transposes of W."""
    tied = Simulator(layered(sizes, feedback="tied"), seed=1, dtype=dtype)
    random = Simulator(layered(sizes, feedback="random"), seed=1, dtype=dtype)
    for projection in tied.circuit.projections.values():
        if projection.derived_from is not None:
            random.state[f"{projection.name}.weights"] = random.state[f"{projection.derived_from}.weights"].T
    return tied, random


def learned_by(sizes: list[int]) -> list[str]:
    names = forward_names(len(sizes) - 2)
    return [address for pre, post in itertools.pairwise(names) for address in (f"{pre}_to_{post}.weights", f"{post}.bias")]


SMALL, LARGE = (
    [[6, 5, 3], [30, 20, 10], [70, 130, 10], [784, 300, 10], [6, 5, 4, 3], [30, 20, 10, 10]],
    [[20, 300, 280, 7], [9, 255, 7]],
)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("sizes", "batch"),
    [*((s, b) for s in SMALL for b in (1, 2, 20)), *((s, 1) for s in LARGE)],
    ids=lambda v: shown(v) if isinstance(v, list) else f"{v}",
)
def test_that_feedback_alignment_with_transposes_is_backpropagation_bit_for_bit(sizes: list[int], batch: int, dtype: str) -> None:
    tied, random = twins(sizes, dtype)
    task = given_rows(sizes[0], sizes[-1], batch)
    for simulator in (tied, random):
        simulator.train(task, trials=batch, batch=batch)
    for address in learned_by(sizes):
        np.testing.assert_array_equal(random.state[address], tied.state[address], err_msg=address)


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-6), ("float64", 1e-15)])
@pytest.mark.parametrize("sizes", LARGE, ids=shown)
def test_that_batches_of_large_networks_round_differently_and_no_more(sizes: list[int], dtype: str, tolerance: float) -> None:
    """BLAS sums in another order for a transposed matrix: in batches the equality above is one of numbers, not of bits."""
    tied, random = twins(sizes, dtype)
    task = given_rows(sizes[0], sizes[-1], 20)
    for simulator in (tied, random):
        simulator.train(task, trials=20, batch=20)
    for address in learned_by(sizes):
        np.testing.assert_allclose(random.state[address], tied.state[address], rtol=0, atol=tolerance, err_msg=address)


@pytest.mark.parametrize("batch", [1, 3])
def test_that_shallow_learning_leaves_the_hidden_weights(batch: int) -> None:
    """Supp. Fig. 2."""
    circuit = layered([6, 5, 3], feedback="none")
    before = bits(touched(circuit))
    after = bits(trained(circuit, given_rows(6, 3, 9), 9, batch=batch))
    for address in ("input_to_hidden.weights", "hidden.bias"):
        assert after[address] == before[address]
    assert after["hidden_to_output.weights"] != before["hidden_to_output.weights"]
    assert not circuit.onto("hidden", "modulatory")


def touched(circuit: Circuit, **properties) -> Simulator:
    """A simulator all of whose arrays are made, and nothing learned."""
    simulator = Simulator(circuit, seed=1, **properties)
    for projection in simulator.circuit.projections.values():
        if projection.derived_from is None:
            assert simulator.state[f"{projection.name}.weights"].any()
    for name, population in simulator.circuit.populations.items():
        if population.bias is not None:
            assert not simulator.state[f"{name}.bias"].any()
    return simulator


@pytest.mark.parametrize("feedback", ["none", "broadcast", "random"])
@pytest.mark.parametrize("depth", [1, 2])
def test_that_no_edge_carries_the_transpose(feedback: str, depth: int) -> None:
    """Supp. Figs 1-4, acceptance item 1; the control does, and says so."""
    assert layered(SIZES[depth], feedback=feedback).nonlocal_projections() == []
    assert len(layered(SIZES[depth], feedback="tied").nonlocal_projections()) == depth


@pytest.mark.parametrize("backend", list(BACKENDS))
def test_that_the_loss_reaches_all_hidden_neurons_as_one_scalar(backend: str) -> None:
    """Supp. Fig. 1, acceptance item 2."""
    circuit = layered([6, 5, 4, 3], feedback="broadcast", noise=0.1)
    for name in ("hidden1", "hidden2"):
        (only,) = circuit.onto(name, "modulatory")
        assert circuit.populations[only.pre].size == 1
    task = given_rows(6, 3, 5)
    seen = Simulator(circuit, seed=1, backend=backend, dtype="float64").evaluate(
        task.x, task.y, ["hidden1.modulation", "hidden2.modulation", "loss.deviation"]
    )
    for name in ("hidden1", "hidden2"):
        np.testing.assert_array_equal(
            seen[f"{name}.modulation"], np.broadcast_to(seen["loss.deviation"], seen[f"{name}.modulation"].shape)
        )
    assert len(np.unique(seen["loss.deviation"])) == 5


@pytest.mark.parametrize("wiring", ["fan_out", "explicit"])
@pytest.mark.parametrize("backend", list(BACKENDS))
@pytest.mark.parametrize("batch", [1, 4])
def test_feedback_neurons_that_modulate_many(wiring: str, backend: str, batch: int) -> None:
    """Supp. Fig. 3, acceptance item 4: one to one, or each fanned out to three hidden neurons: the same update, and NumPy's."""
    one = layered([6, 12, 3], feedback="random", eta=0.1)
    connector = "fan_out"
    if wiring == "explicit":
        connector = {"kind": "explicit", "pairs": [[post, post // 3] for post in range(12)]}
    many = one.replace(
        {
            "feedback.size": 4,
            "feedback_to_hidden.connector": connector,
            "feedback_to_hidden.weights": "constant",
        }
    )
    small = Simulator(many, seed=1, backend=backend, dtype="float64")
    large = Simulator(one, seed=1, backend=backend, dtype="float64")
    b = np.array(small.state["error_to_feedback.weights"])
    large.state["error_to_feedback.weights"] = np.repeat(b, 3, axis=0)
    network = network_of(large, 1, ["tanh", "linear"])
    task = given_rows(6, 3, 8)
    for simulator in (small, large):
        simulator.train(task, trials=8, batch=batch)
    for first in range(0, 8, batch):
        network.learn(task.x[first : first + batch], task.y[first : first + batch], 0.1, [np.repeat(b, 3, axis=0)])
    for level, address in enumerate(("input_to_hidden.weights", "hidden_to_output.weights")):
        np.testing.assert_allclose(small.state[address], large.state[address], rtol=0, atol=1e-12)
        np.testing.assert_allclose(small.state[address], network.weights[level], rtol=0, atol=1e-12)


def test_that_the_way_back_never_reaches_the_forward_pass() -> None:
    """Whatever B is, the first forward pass is the same: teaching signals modulate and do not drive."""
    task = given_rows(6, 3, 4)
    seen = []
    for bound in (0.0, 5.0):
        simulator = Simulator(layered([6, 5, 3], feedback="random", feedback_weights=uniform(bound)), seed=1)
        seen.append(simulator.evaluate(task.x, task.y, ["output.rate", "hidden.rate"]))
    for address, values in seen[0].items():
        np.testing.assert_array_equal(values, seen[1][address])
