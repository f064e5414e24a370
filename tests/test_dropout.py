"""Dropout silences neurons while a circuit learns, leaves the mean over masks alone, and is not there when nothing is learned."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from oracles import bits, copies, factors_of, given_rows, trained

from neurosim.circuit.circuit import Circuit
from neurosim.circuit.layered import layered
from neurosim.circuit.validate import validate
from neurosim.engine.cpu import CpuExecutor
from neurosim.engine.lower import lower
from neurosim.engine.reference import ReferenceExecutor
from neurosim.engine.state import State
from neurosim.models.transfer import TRANSFERS
from neurosim.recording import Recording
from neurosim.simulator import Ensemble, Simulator, record
from neurosim.simulator.simulator import BACKENDS

EXECUTORS = {"cpu": CpuExecutor, "reference": ReferenceExecutor}
TASK = given_rows(6, 3, 11)


def learned_with(
    circuit: Circuit, wanted: list[str], streams: dict[str, np.ndarray], backend: str, batch: int = 1
) -> tuple[dict[str, np.ndarray], State]:
    """Signals of trials of learning whose masks (and all else that comes from outside) are given; float64."""
    whole = validate(circuit)
    state = State(whole, seed=1, dtype="float64")
    program = lower(whole, wanted)
    assert set(program.streams) <= set(streams)
    return EXECUTORS[backend](program, state, batch, wanted).run(streams), state


@pytest.mark.parametrize("backend", list(BACKENDS))
@pytest.mark.parametrize("batch", [1, 16])
@pytest.mark.parametrize("transfer", ["linear", "tanh", "logistic", "relu", "leaky"])
def test_that_the_mean_over_all_masks_is_the_whole_network(transfer: str, batch: int, backend: str) -> None:
    """Each of the 2⁴ masks of four neurons, weighted by its probability: rate, slope, and the output that sums them."""
    p = 0.3
    circuit = layered([6, 4, 3], feedback="random", transfer=transfer, eta=0.0, dropout=p)
    masks = np.array(list(itertools.product([0.0, 1.0], repeat=4)))
    chance = np.prod(np.where(masks == 0, p, 1 - p), axis=1)
    x, y = (np.repeat(rows[:1], 16, axis=0) for rows in (TASK.x, TASK.y))
    wanted = ["hidden.rate", "hidden.slope", "output.rate"]
    found, _ = learned_with(circuit, wanted, {"input.rate": x, "target.rate": y, "hidden.mask": masks}, backend, batch)
    seen = Simulator(circuit, seed=1, dtype="float64").evaluate(x[:1], y[:1], wanted)
    for address in wanted:
        assert np.ptp(found[address], axis=0).any()
        np.testing.assert_allclose(chance @ found[address], seen[address][0], rtol=0, atol=1e-14, err_msg=address)


@pytest.mark.parametrize("backend", list(BACKENDS))
@pytest.mark.parametrize("transfer", ["linear", "tanh", "logistic", "relu", "leaky"])
def test_that_rate_slope_and_teaching_are_those_of_the_whole_neuron_times_the_mask(transfer: str, backend: str) -> None:
    """φ' is that of the drive: of tanh it is 1 − tanh²(u), whatever the mask makes of tanh(u)."""
    circuit = layered([6, 5, 4, 3], feedback="random", transfer=transfer, eta=0.0, dropout=[0.5, 0.2])
    random = np.random.default_rng(3)
    masks = {"hidden1.mask": random.random((11, 5)) > 0.5, "hidden2.mask": random.random((11, 4)) > 0.2}
    wanted = [f"hidden{k}.{v}" for k in (1, 2) for v in ("drive", "rate", "slope", "modulation", "teaching")]
    found, _ = learned_with(circuit, wanted, {"input.rate": TASK.x, "target.rate": TASK.y, **masks}, backend)
    for name, p in (("hidden1", 0.5), ("hidden2", 0.2)):
        u, m = found[f"{name}.drive"], masks[f"{name}.mask"] / (1 - p)
        value = np.vectorize(TRANSFERS[transfer].value, otypes=[float])(u)
        slope = np.vectorize(TRANSFERS[transfer].slope, otypes=[float])(u, value)
        np.testing.assert_allclose(found[f"{name}.rate"], value * m, rtol=0, atol=1e-14)
        np.testing.assert_allclose(found[f"{name}.slope"], slope * m, rtol=0, atol=1e-14)
        np.testing.assert_allclose(found[f"{name}.teaching"], found[f"{name}.modulation"] * slope * m, rtol=0, atol=1e-14)


@pytest.mark.parametrize("backend", list(BACKENDS))
@pytest.mark.parametrize("batch", [1, 4])
@pytest.mark.parametrize("feedback", ["tied", "random", "none"])
def test_that_a_silenced_neuron_learns_nothing_and_nobody_learns_from_it(feedback: str, batch: int, backend: str) -> None:
    """Neuron 2 is silenced in every trial: its weights, its bias and those onto which it projects stay."""
    circuit = layered([6, 5, 3], feedback=feedback, eta=0.1, dropout=0.5)
    masks = np.ones((11, 5))
    masks[:, 2] = 0
    streams = {"input.rate": TASK.x, "target.rate": TASK.y, "hidden.mask": masks}
    _, state = learned_with(circuit, [], streams, backend, batch)
    before = State(validate(circuit), seed=1, dtype="float64")
    for address, axis in (("input_to_hidden.weights", 0), ("hidden.bias", 0), ("hidden_to_output.weights", 1)):
        changed = np.moveaxis(state[address] != before[address], axis, 0)
        assert not changed[2].any(), address
        if feedback != "none" or axis == 1:
            assert changed[[0, 1, 3, 4]].all(), address


@pytest.mark.parametrize("backend", list(BACKENDS))
@pytest.mark.parametrize("batch", [1, 4])
def test_that_the_perturbed_pass_has_the_same_mask(batch: int, backend: str) -> None:
    """L̃ − L of a network whose silenced neurons are silenced in both passes, in plain NumPy."""
    circuit = layered([6, 5, 3], feedback="broadcast", eta=0.0, noise=0.3, dropout=0.4)
    random = np.random.default_rng(5)
    noise, mask = random.normal(0, 0.3, (11, 5)), random.random((11, 5)) > 0.4
    streams = {"input.rate": TASK.x, "target.rate": TASK.y, "hidden.mask": mask, "hidden.noise": noise}
    wanted = ["loss.deviation", "hidden.perturbed_rate"]
    found, state = learned_with(circuit, wanted, streams, backend, batch)
    w0, w1 = state["input_to_hidden.weights"], state["hidden_to_output.weights"]

    def loss(rates: np.ndarray) -> np.ndarray:
        return 0.5 * np.square(TASK.y - rates @ w1.T).sum(axis=1)

    u, m = TASK.x @ w0.T, mask / 0.6
    np.testing.assert_allclose(found["hidden.perturbed_rate"], np.tanh(u + noise) * m, rtol=0, atol=1e-14)
    deviation = loss(np.tanh(u + noise) * m) - loss(np.tanh(u) * m)
    np.testing.assert_allclose(found["loss.deviation"][:, 0], deviation, rtol=0, atol=1e-13)


@pytest.mark.parametrize("backend", list(BACKENDS))
@pytest.mark.parametrize("first", [None, 5])
def test_that_nothing_drops_out_where_nothing_is_learned(first: int | None, backend: str) -> None:
    """To the last bit, after trials of learning in which it did; also of those signals that only learning asks for."""
    circuit = layered([6, 5, 4, 3], feedback="random", eta=0.05, dropout=0.5).replace({"input.dropout": 0.2})
    simulator = trained(circuit, TASK, 9, batch=2, backend=backend)
    whole = Simulator(circuit.replace({f"{n}.dropout": "none" for n in ("input", "hidden1", "hidden2")}), seed=1, backend=backend)
    for address, values in copies(simulator).items():
        whole.state[address] = values
    wanted = ["input.rate", "hidden1.rate", "hidden2.slope", "hidden1.teaching", "output.rate"]
    seen = [s.evaluate(TASK.x, TASK.y, wanted, first=first) for s in (simulator, whole)]
    for address in wanted:
        np.testing.assert_array_equal(seen[0][address], seen[1][address], err_msg=address)
    assert "hidden1.mask" not in lower(validate(circuit), wanted, learning=False).streams


@pytest.mark.parametrize("backend", list(BACKENDS))
def test_that_a_circuit_that_never_drops_out_is_left_as_it_was(backend: str) -> None:
    """None, and in a file "none", is not a probability of 0 that rounds: the program is the same."""
    plain = layered([6, 5, 3], feedback="random", eta=0.05)
    never = layered([6, 5, 3], feedback="random", eta=0.05, dropout=["none"])
    assert never == plain
    assert bits(trained(never, TASK, 9, backend=backend)) == bits(trained(plain, TASK, 9, backend=backend))
    assert [o.label for o in lower(validate(never)).operations] == [o.label for o in lower(validate(plain)).operations]


@pytest.mark.parametrize("backend", list(BACKENDS))
@pytest.mark.parametrize("batch", [1, 3])
def test_that_an_input_drops_out(batch: int, backend: str) -> None:
    """The task's rates times m reach the hidden neurons and the rule of their synapses."""
    circuit = layered([6, 2], feedback="none", eta=0.1, bias=False).replace({"input.dropout": 0.4})
    simulator = Simulator(circuit, seed=3, backend=backend, dtype="float64")
    w = np.array(simulator.state["input_to_output.weights"])
    task = given_rows(6, 2, 12)
    simulator.train(task, 12, batch=batch)
    shown = task.x * np.array([factors_of(simulator, 0, trial)[0] for trial in range(12)])
    for first in range(0, 12, batch):
        rows = slice(first, first + batch)
        w += 0.1 * (task.y[rows] - shown[rows] @ w.T).T @ shown[rows]
    np.testing.assert_allclose(simulator.state["input_to_output.weights"], w, rtol=0, atol=1e-13)
    assert (shown == 0).any(axis=1).sum() > 5


def test_that_members_of_an_ensemble_have_masks_of_their_own() -> None:
    circuit = layered([6, 5, 3], feedback="random", eta=0.05, dropout=0.5)
    ensemble = Ensemble(circuit, seeds=[1, 2], threads=2)
    ensemble.train(TASK, trials=20)
    for member in ensemble:
        assert bits(member) == bits(trained(circuit, TASK, 20, seed=member.seed))


def test_that_what_is_recorded_is_not_silenced(tmp_path) -> None:
    """A signal that is recorded is that of the whole circuit, and looking at it leaves learning alone."""
    circuit = layered([6, 50, 3], feedback="random", eta=0.05, dropout=0.5)
    simulator = Simulator(circuit, seed=1)
    with record(tmp_path / "a.h5", {"hidden.rate": 1}) as recording:
        simulator.train(TASK, 9, into=recording)
    with Recording(tmp_path / "a.h5") as recording:
        assert (np.asarray(recording["hidden.rate"].values) != 0).all()
    assert bits(simulator) == bits(trained(circuit, TASK, 9))


def test_which_passes_over_the_weights_stay_shared() -> None:
    """Hidden neurons that drop out cost passes over neurons; an input that does is no longer known four trials ahead."""
    circuit = layered([784, 300, 10], feedback="random")

    def kernels(batch: int, **dropout: float) -> list[str]:
        whole = validate(circuit.replace({f"{name}.dropout": p for name, p in dropout.items()}))
        return [kernel for _, kernel in CpuExecutor(lower(whole), State(whole, 0), batch).described()]

    for batch in (1, 4):
        more = kernels(batch, hidden=0.5)
        for kernel in kernels(batch):
            more.remove(kernel)
        assert more == ["compute_lanes", "compute_lanes"]
    assert "learn_gather_blocked" in kernels(1, hidden=0.5)
    assert "learn_gather_blocked" not in kernels(1, input=0.5)
    assert "learn_gather" in kernels(1, input=0.5)
