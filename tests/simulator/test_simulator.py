from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from oracles import Given, bits, given_rows, trained

from neurosim.circuit.circuit import Circuit
from neurosim.circuit.layered import layered
from neurosim.errors import CircuitError, InputError, Interrupted, RunError
from neurosim.models.neurons import NEURONS, NeuronModel, neuron_model
from neurosim.models.plasticity import RULES, Rule, plasticity
from neurosim.simulator import BACKENDS, Simulator
from neurosim.tasks import LinearMap, Trials

CIRCUIT = layered([6, 5, 3], feedback="random")


def test_that_a_task_of_another_size_is_refused_with_every_mismatch() -> None:
    with pytest.raises(InputError) as caught:
        Simulator(CIRCUIT).train(given_rows(7, 4, 5), trials=1)
    assert {p.address: p.message for p in caught.value.problems} == {
        "input.size": "the task has 7, the circuit 6",
        "target.size": "the task has 4, the circuit 3",
    }


@pytest.mark.parametrize(("trials", "batch", "addresses"), [(0, 1, {"trials"}), (1, 0, {"batch"}), (-1, -1, {"trials", "batch"})])
def test_that_numbers_below_one_are_refused(trials: int, batch: int, addresses: set[str]) -> None:
    with pytest.raises(InputError) as caught:
        Simulator(CIRCUIT).train(given_rows(6, 3, 5), trials=trials, batch=batch)
    assert {p.address for p in caught.value.problems} == addresses


def test_that_unknown_backends_and_kinds_of_numbers_are_refused() -> None:
    with pytest.raises(InputError) as caught:
        Simulator(CIRCUIT, backend="cpuu")
    assert caught.value.problems[0].suggestion == "cpu"
    assert "cpu, reference" in caught.value.problems[0].message
    with pytest.raises(InputError, match="float16"):
        Simulator(CIRCUIT, dtype="float16")


def test_that_a_broken_circuit_is_refused() -> None:
    circuit = Circuit()
    circuit.population("hidden", 3)
    with pytest.raises(CircuitError, match="no population has the role 'input'"):
        Simulator(circuit)


@pytest.mark.parametrize("backend", list(BACKENDS))
@pytest.mark.parametrize("batch", [1, 10])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_that_a_blow_up_names_signal_and_trial(dtype: str, batch: int, backend: str) -> None:
    circuit = layered([6, 5, 3], feedback="tied", transfer="linear", eta=10.0, name="wild")
    simulator = Simulator(circuit, seed=4, backend=backend, dtype=dtype)
    with pytest.raises(RunError) as caught, np.errstate(all="ignore"):
        simulator.train(given_rows(6, 3, 50), trials=1000, batch=batch)
    text = str(caught.value)
    assert caught.value.exit_code == 1
    assert "circuit 'wild'" in text
    assert "seed 4" in text
    name = text.split("blew up: ")[1].split(" is not finite")[0]
    assert name.split(".")[0] in simulator.circuit.populations, name
    told = int(text.split("after trial ")[1].split(" ")[0])
    assert simulator.trial < told <= simulator.trial + 64 and told % batch == 0
    assert all(np.isfinite(simulator.state[address]).all() for address in simulator.state)


@pytest.mark.parametrize("transfer", ["tanh", "logistic", "relu"])
def test_that_saturation_does_not_hide_a_blow_up(transfer: str) -> None:
    with pytest.raises(RunError), np.errstate(all="ignore"):
        trained(layered([6, 5, 3], feedback="tied", transfer=transfer, eta=1e20), given_rows(6, 3, 50), 1000)


def test_that_trials_are_counted() -> None:
    simulator = Simulator(CIRCUIT)
    task = given_rows(6, 3, 5)
    assert simulator.trial == 0
    simulator.train(task, trials=3)
    simulator.train(task, trials=10, batch=4)
    assert simulator.trial == 13


def test_that_training_goes_on_with_the_next_trials() -> None:
    task = LinearMap(6, 3)
    whole, parts = (Simulator(CIRCUIT, seed=3) for _ in range(2))
    whole.train(task, trials=300)
    parts.train(task, trials=257)
    parts.train(task, trials=43)
    assert bits(whole) == bits(parts)


@pytest.mark.parametrize("backend", list(BACKENDS))
def test_that_learning_learns(backend: str) -> None:
    simulator = Simulator(layered([6, 5, 3], feedback="random", eta=0.02, transfer="linear"), seed=1, backend=backend)
    task = LinearMap(6, 3)
    test = task.test()

    def error() -> float:
        return float(((test.targets - simulator.evaluate(*test, ["output.rate"])["output.rate"]) ** 2).mean())

    before = error()
    simulator.train(task, trials=300)
    assert error() < 0.5 * before


@pytest.mark.parametrize("backend", list(BACKENDS))
def test_that_evaluation_leaves_everything_as_it_is(backend: str) -> None:
    simulator = trained(CIRCUIT, given_rows(6, 3, 5), 5, backend=backend)
    before = bits(simulator)
    task = given_rows(6, 3, 5, seed=1)
    simulator.evaluate(task.x, task.y, ["output.rate", "hidden.teaching"])
    assert {address: values for address, values in bits(simulator).items() if address in before} == before
    assert simulator.trial == 5


@pytest.mark.parametrize("backend", BACKENDS)
def test_that_evaluation_in_pieces_is_the_same(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    simulator = Simulator(layered([6, 5, 3], feedback="broadcast", noise=0.1), seed=3, backend=backend)
    inputs, targets = given_rows(6, 3, 700).trials(0, 0, 700)
    wanted = ("output.rate", "hidden.noise", "hidden.teaching")
    whole = simulator.evaluate(inputs, targets, wanted)
    monkeypatch.setattr("neurosim.simulator.simulator.ROUND", 1)
    asked: list[bool] = []
    pieces = simulator.evaluate(inputs, targets, wanted, go_on=lambda: asked.append(True) or True)
    assert len(asked) == 2  # 700 trials in pieces of 256, and nobody is asked before the first
    assert {a: v.tobytes() for a, v in pieces.items()} == {a: v.tobytes() for a, v in whole.items()}
    with pytest.raises(Interrupted):
        simulator.evaluate(inputs, targets, wanted, go_on=lambda: False)


@pytest.mark.parametrize("batch", [1, 4])
@pytest.mark.parametrize("backend", BACKENDS)
def test_that_trials_of_another_size_than_the_task_says_are_refused(backend: str, batch: int) -> None:
    class Narrower(LinearMap):
        def trials(self, seed: int, first: int, count: int) -> Trials:
            inputs, targets = super().trials(seed, first, count)
            return Trials(inputs[:, :4], targets)

    simulator = Simulator(layered([6, 5, 3], feedback="random"), backend=backend)
    with pytest.raises(InputError, match=r"Narrower: expected its trials to be of the shapes \(1024, 6\).*found \(1024, 4\)"):
        simulator.train(Narrower(6, 3), trials=20, batch=batch)


@pytest.mark.parametrize("backend", BACKENDS)
def test_that_an_evaluation_made_ready_sees_new_weights_and_its_own_trials(backend: str) -> None:
    simulator = Simulator(layered([6, 5, 3], feedback="broadcast", noise=0.1, eta=0.01), seed=2, backend=backend)
    random = np.random.default_rng(1)
    given = [(random.normal(size=(rows, 6)), random.normal(size=(rows, 3))) for rows in (300, 300, 40)]
    wanted = ("output.rate", "hidden.perturbed_rate")
    ready = [simulator.evaluation(*rows, wanted) for rows in given]
    found: list[bytes] = []
    for _ in range(2):
        for index in (0, 1, 1, 2, 0, 0):
            seen, anew = ready[index](), simulator.evaluate(*given[index], wanted)
            assert {address: rows.tobytes() for address, rows in seen.items()} == {a: rows.tobytes() for a, rows in anew.items()}
            found.append(seen["output.rate"].tobytes())
        simulator.train(LinearMap(6, 3), trials=20)
    assert len(set(found)) == 6


def test_that_unknown_signals_are_told_together() -> None:
    with pytest.raises(InputError) as caught:
        Simulator(CIRCUIT).evaluate(np.zeros((1, 6)), np.zeros((1, 3)), ["hidden.rat", "ouptut.rate", "hidden.rate"])
    assert {p.address: p.suggestion for p in caught.value.problems} == {"hidden.rat": "hidden.rate", "ouptut.rate": "output.rate"}


@pytest.mark.parametrize("backend", list(BACKENDS))
def test_that_written_weights_are_used(backend: str) -> None:
    simulator = Simulator(layered([2, 2], feedback="none", bias=False), backend=backend)
    x = np.array([[1.0, 2.0]])
    simulator.evaluate(x, x, ["output.rate"])
    simulator.state["input_to_output.weights"] = np.array([[1.0, 0.0], [3.0, 4.0]])
    np.testing.assert_allclose(simulator.evaluate(x, x, ["output.rate"])["output.rate"], [[1.0, 11.0]])


@pytest.mark.parametrize("backend", list(BACKENDS))
def test_signals_that_cost_nothing_can_be_looked_at(backend: str) -> None:
    """The task's own rates, aliases and constants."""
    task = given_rows(6, 3, 4)
    seen = Simulator(CIRCUIT, backend=backend, dtype="float64").evaluate(
        task.x,
        task.y,
        ["input.rate", "target.rate", "output.slope", "output.rate", "output.drive", "error.drive", "output.teaching"],
    )
    np.testing.assert_array_equal(seen["input.rate"], task.x)
    np.testing.assert_array_equal(seen["target.rate"], task.y)
    np.testing.assert_array_equal(seen["output.slope"], np.ones((4, 3)))
    np.testing.assert_array_equal(seen["output.rate"], seen["output.drive"])
    np.testing.assert_allclose(seen["error.drive"], task.y - seen["output.rate"], atol=1e-15)
    np.testing.assert_array_equal(seen["output.teaching"], seen["error.drive"])


def test_that_a_second_task_presents_its_own_trials() -> None:
    ends = []
    for keep in (True, False):
        simulator = Simulator(layered([6, 5, 4], feedback="random"), seed=1, backend="reference")
        kept = []
        for seed in (1, 2):
            task = LinearMap(6, 4, seed=seed)
            simulator.train(task, trials=5)
            if keep:
                kept.append(task)
            del task
        ends.append(simulator.state["input_to_hidden.weights"].copy())
    np.testing.assert_array_equal(*ends)


@pytest.mark.parametrize(("inputs", "targets"), [((3, 8), (3, 4)), ((3, 6), (2, 4)), ((0, 6), (0, 4)), ((3, 6), (3, 5))])
@pytest.mark.parametrize("backend", ["cpu", "reference"])
def test_that_rows_that_do_not_fit_are_refused(backend: str, inputs: tuple[int, int], targets: tuple[int, int]) -> None:
    simulator = Simulator(layered([6, 5, 4], feedback="random"), backend=backend)
    with pytest.raises(InputError, match="expected"):
        simulator.evaluate(np.ones(inputs), np.zeros(targets), ["output.rate"])


@pytest.mark.parametrize("wrong", [{"threads": 0}, {"threads": -1}, {"seed": -1}, {"seed": 1.5}])
def test_that_numbers_are_whole_and_large_enough(wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="whole number"):
        Simulator(layered([6, 5, 4], feedback="random"), **wrong)


def test_that_a_network_may_hear_its_own_past() -> None:
    ends = []
    for backend in ("reference", "cpu"):
        circuit = layered([4, 3, 2], feedback="random", eta=0.05)
        circuit.population("context", 3, model={"kind": _context().name})
        circuit.project("hidden", "context", connector="one_to_one")
        circuit.project("context", "hidden", signal="memory", weights={"kind": "uniform", "bound": 0.5})
        simulator = Simulator(circuit, seed=2, backend=backend, dtype="float64")
        simulator.train(LinearMap(4, 2), 40)
        ends.append(simulator.state["input_to_hidden.weights"].copy())
    np.testing.assert_allclose(ends[1], ends[0], atol=1e-12)
    NEURONS._things.pop("context")


def _context() -> NeuronModel:
    @neuron_model
    class context:
        """A neuron that remembers what arrived in the trial before."""

        receptors = ("drive",)

        def memory(memory, drive):  # type: ignore[no-untyped-def] # noqa: N805
            return drive

        def rate(drive):  # type: ignore[no-untyped-def] # noqa: N805
            return drive

    return context


@pytest.mark.parametrize("backend", list(BACKENDS))
def test_that_a_rule_registered_anew_is_the_one_that_learns(backend: str) -> None:
    ends = []
    for rule in (_growing, _still, _growing):
        circuit = Circuit("one projection")
        circuit.population("input", 4, role="input")
        circuit.population("output", 2, role="output")
        circuit.population("target", 2, role="target")
        circuit.project("input", "output", weights="zeros", plasticity={"rule": rule().name})
        simulator = Simulator(circuit, seed=1, backend=backend)
        simulator.train(LinearMap(4, 2), 10)
        ends.append(float(abs(simulator.state["input_to_output.weights"]).sum()))
    assert ends[0] == ends[2] > 0
    assert ends[1] == 0
    RULES._things.pop("renewed")


def _growing() -> Rule:
    @plasticity
    def renewed(weight, pre_rate, post_rate, eta=0.1):  # type: ignore[no-untyped-def]
        """Δw = η (x + y)."""
        return eta * (pre_rate + post_rate)

    return renewed


def _still() -> Rule:
    @plasticity
    def renewed(weight, pre_rate, post_rate, eta=0.1):  # type: ignore[no-untyped-def]
        """Δw = 0."""
        return 0.0 * eta * weight

    return renewed


@pytest.mark.parametrize("sizes", [[5, 4, 3], [300, 300, 5], [40, 80, 70, 3]])
@pytest.mark.parametrize("batch", [1, 4])
def test_that_after_numbers_blew_up_other_weights_learn_as_if_nothing_had_been(sizes: list[int], batch: int) -> None:
    circuit = layered(sizes, feedback="random", eta=0.01)
    broken, fresh = Simulator(circuit, seed=1), Simulator(circuit, seed=1)
    first = {address: np.array(values) for address, values in broken.state.items()}
    random = np.random.default_rng(0)
    x, y = random.standard_normal((40, sizes[0])), random.standard_normal((40, sizes[-1]))
    with pytest.raises(RunError):
        broken.train(Given(x * 1e18, y * 1e25), 40, batch=batch)
    for address, values in first.items():
        broken.state[address] = values
    broken.trial = 0
    for simulator in (broken, fresh):
        simulator.train(Given(x * 0.01, y * 0.01), 40, batch=batch)
    assert bits(broken) == bits(fresh)
