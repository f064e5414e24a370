"""The executors compute the same: whatever the circuit, the batch and the number of trials."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from oracles import Given, circuits, copies, given_rows, largest_difference, task_of, trained

import neurosim.engine.plan
from neurosim.circuit.circuit import Circuit
from neurosim.circuit.layered import layered
from neurosim.circuit.signals import Signals
from neurosim.circuit.validate import validate
from neurosim.engine.cpu import CpuExecutor
from neurosim.engine.lower import lower
from neurosim.engine.state import State
from neurosim.engine.storage import is_compact
from neurosim.models.plasticity import RULES, plasticity
from neurosim.simulator import Simulator

TOLERANCE = {"float32": 1e-5, "float64": 1e-12}
QUICK = settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
RUNS = st.sampled_from([(1, 1), (7, 1), (9, 4), (8, 4), (3, 5), (6, 2)])


def agree(circuit: Circuit, trials: int, batch: int, dtype: str, calls: int = 1) -> None:
    task = task_of(circuit, 11)
    found = []
    for backend in ("reference", "cpu"):
        simulator = Simulator(circuit, seed=3, backend=backend, dtype=dtype)
        for _ in range(calls):
            simulator.train(task, trials, batch=batch)
        found.append(copies(simulator))
    difference, where = largest_difference(found[1], found[0])
    assert difference <= TOLERANCE[dtype], where


@pytest.fixture(params=["four trials at a time", "one trial at a time"])
def blocked(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "four trials at a time":
        monkeypatch.setattr(neurosim.engine.plan, "SYNAPSES_WORTH_A_BLOCK", 0)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@given(circuit=circuits(), run=RUNS)
@QUICK
def test_that_cpu_learns_what_reference_learns(dtype: str, blocked: None, circuit: Circuit, run: tuple[int, int]) -> None:
    agree(circuit, *run, dtype)


@given(circuit=circuits(), batch=st.sampled_from([1, 3]))
@settings(QUICK, max_examples=15)
def test_that_every_signal_is_the_same(circuit: Circuit, batch: int) -> None:
    whole = Signals(validate(circuit))
    memories = ("trace", "mean")  # what is remembered has a test of its own
    addresses = [f"{p}.{v}" for p in circuit.populations for v in whole.variables(p) if v not in memories]
    task = task_of(circuit, 6)
    seen = []
    for backend in ("reference", "cpu"):
        simulator = trained(circuit, task, 4, batch=batch, backend=backend, dtype="float64")
        seen.append(simulator.evaluate(task.x, task.y, addresses, first=4))
    difference, where = largest_difference(seen[1], seen[0])
    assert difference <= 1e-11, where


@pytest.mark.parametrize("batch", [1, 4])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_that_wide_populations_agree(dtype: str, batch: int, blocked: None) -> None:
    """More than one share of 64 neurons, one panel of 512, one tile of 256."""
    circuit = layered([33, 530, 70, 3], feedback="random", momentum=0.5, decay=0.1, eta=0.001)
    agree(circuit, 6, batch, dtype)
    agree(layered([33, 530, 70, 3], feedback="tied", eta=0.001), 6, batch, dtype)


FEW = {
    "local_patch": {"kind": "local_patch", "patch": 4, "maps": 5},
    "fixed_probability": {"kind": "fixed_probability", "probability": 0.1},
    "explicit": {"kind": "explicit", "pairs": [[0, 99], [0, 0], [244, 7]]},
}


@pytest.mark.parametrize("batch", [1, 4, 70])
@pytest.mark.parametrize("rule", [{}, {"momentum": 0.5, "decay": 0.1}, {"rule": "oja_like", "eta": 0.01}])
@pytest.mark.parametrize("name", list(FEW))
def test_that_synapses_stored_one_by_one_learn_the_same(name: str, rule: dict, batch: int) -> None:
    """Fewer than a fifth of the pairs; neurons with several synapses, one, or none."""
    changes = {f"input_to_hidden.plasticity.{key}": value for key, value in rule.items()}
    if "rule" in rule:
        changes = {"input_to_hidden.plasticity": rule}
    circuit = layered([100, 245, 3], feedback="random", eta=0.01).replace({"input_to_hidden.connector": FEW[name], **changes})
    assert is_compact(validate(circuit), circuit.projections["input_to_hidden"])
    assert any("compact" in kernel or kernel == "synapses" for _, kernel in described(circuit, batch))
    agree(circuit, 145 if batch == 70 else 9, batch, "float64")


def test_that_transposed_weights_are_stored_whole() -> None:
    sparse = {"hidden_to_output.connector": FEW["fixed_probability"]}
    circuit = layered([6, 40, 30], feedback="tied", eta=0.01).replace(sparse)
    assert not is_compact(circuit, circuit.projections["hidden_to_output"])
    agree(circuit, 9, 4, "float64")


def test_that_a_single_neuron_reaches_all_without_a_matrix() -> None:
    circuit = layered([6, 40, 3], feedback="broadcast", noise=0.1)
    assert not any(kernel.startswith(("gather", "multiply")) and "loss_to" in label for label, kernel in described(circuit, 1))
    agree(circuit, 9, 1, "float64")
    agree(circuit.replace({"loss_to_hidden.weights": {"kind": "constant", "value": 0.3}}), 9, 4, "float64")


def described(circuit: Circuit, batch: int) -> list[tuple[str, str]]:
    whole = validate(circuit)
    return CpuExecutor(lower(whole), State(whole, seed=1), batch).described()


@pytest.mark.parametrize("trials", range(1, 10))
def test_that_a_block_may_end_anywhere(trials: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neurosim.engine.plan, "SYNAPSES_WORTH_A_BLOCK", 0)
    circuit = layered([5, 4, 3], feedback="random", eta=0.05)
    agree(circuit, trials, 1, "float64", calls=3)


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("rule", ["hebbian", "oja_like", "clipped"])
@pytest.mark.parametrize("transfer", ["linear", "tanh"])
@pytest.mark.parametrize("learning", ["a", "b", "c", "ab", "abc"])
def test_a_rule_that_reads_what_several_projections_sum(learning: str, transfer: str, rule: str, batch: int) -> None:
    """With a linear transfer function the postsynaptic rate is the drive itself, which the next trial overwrites."""
    circuit = Circuit()
    circuit.population("input", 6, role="input")
    circuit.population("hidden", 4, transfer=transfer)
    for name in ("a", "b", "c"):
        plastic = {"rule": rule, "eta": 0.01} if name in learning else "fixed"
        circuit.project("input", "hidden", name=name, weights={"kind": "uniform", "bound": 0.5}, plasticity=plastic)
    agree(circuit, 8, batch, "float64")


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("where", ["weights", "bias"])
def test_a_rule_that_reads_a_memory(batch: int, where: str) -> None:
    """A trace holds what was remembered before the trial, or before the batch."""

    def traced(pre_rate, post_trace, eta):
        return eta * post_trace * pre_rate

    plasticity(traced)
    try:
        circuit = Circuit()
        circuit.population("input", 6, role="input")
        rule = {"rule": "traced", "eta": 0.1}
        bias = {"weights": {"kind": "normal", "sd": 0.3}, "plasticity": rule if where == "bias" else "fixed"}
        circuit.population("hidden", 4, model="tracing", bias=bias)
        fixed = {"kind": "uniform", "bound": 0.5}
        circuit.project("input", "hidden", weights=fixed, plasticity=rule if where == "weights" else "fixed")
        agree(circuit, 8, batch, "float64")
    finally:
        del RULES._things["traced"]


@pytest.mark.parametrize("backend", ["reference", "cpu"])
def test_that_a_memory_can_be_looked_at(backend: str) -> None:
    circuit = layered([4, 3, 2], feedback="broadcast", noise=0.1).replace({"loss.model": "loss_against_mean"})
    task = given_rows(4, 2, 8)
    simulator = trained(circuit, task, 8, backend=backend, dtype="float64")
    mean = np.array(simulator.state["loss.mean"])
    assert mean > 0
    seen = simulator.evaluate(task.x[:1], task.y[:1], ["loss.mean"], first=8)["loss.mean"]
    np.testing.assert_array_equal(seen, mean[None, :])


@pytest.mark.parametrize("backend", ["reference", "cpu"])
@pytest.mark.parametrize("address", ["loss.deviation", "hidden.modulation", "loss.mean"])
def test_that_looking_changes_no_memory(backend: str, address: str) -> None:
    circuit = layered([4, 3, 2], feedback="broadcast", noise=0.1).replace({"loss.model": "loss_against_mean"})
    task = given_rows(4, 2, 8)
    simulator = trained(circuit, task, 8, backend=backend, dtype="float64")
    mean = np.array(simulator.state["loss.mean"])
    simulator.evaluate(task.x, task.y, [address], first=8)
    np.testing.assert_array_equal(simulator.state["loss.mean"], mean)


def test_the_memory_of_a_loss_trial_by_trial() -> None:
    """L̄ ← L̄ + (L̃ − L̄) / τ from 0, also within a batch."""
    circuit = layered([4, 3, 2], feedback="broadcast", noise=0.1, eta=0.0).replace(
        {"loss.model": {"kind": "loss_against_mean", "time_constant": 5.0}}
    )
    task = given_rows(4, 2, 8)
    for backend in ("reference", "cpu"):
        for batch in (1, 3):
            simulator = trained(circuit, task, 8, batch=batch, backend=backend, dtype="float64")
            felt = Simulator(circuit, seed=1, backend=backend, dtype="float64").evaluate(
                task.x, task.y, ["loss.perturbed_rate"], first=0
            )["loss.perturbed_rate"][:, 0]
            mean = 0.0
            for loss in felt:
                mean += (loss - mean) / 5.0
            assert simulator.state["loss.mean"][0] == pytest.approx(mean, rel=1e-12), (backend, batch)


def test_that_blocks_are_really_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the comparison above compares nothing."""
    circuit = validate(layered([5, 4, 3], feedback="random"))

    def used() -> set[str]:
        return {name for _, name in CpuExecutor(lower(circuit), State(circuit, 0)).described()}

    assert "learn_gather_blocked" not in used()
    monkeypatch.setattr(neurosim.engine.plan, "SYNAPSES_WORTH_A_BLOCK", 0)
    assert "learn_gather_blocked" in used()


def test_that_the_oracle_task_repeats() -> None:
    task = Given(np.arange(6).reshape(3, 2), np.zeros((3, 1)))
    np.testing.assert_array_equal(task.trials(0, 2, 3).inputs, [[4, 5], [0, 1], [2, 3]])
