"""The same seed gives the same bits: whatever the threads, the calls, the neighbours and the order of description."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from oracles import Given, bits, given_rows, task_of, trained

import neurosim.engine.cpu
import neurosim.engine.plan
from neurosim.circuit.circuit import Circuit
from neurosim.circuit.files import load_circuit
from neurosim.circuit.layered import layered
from neurosim.shelf import names
from neurosim.simulator import Simulator

WIDE = {
    "random": layered([40, 600, 70, 10], feedback="random", eta=0.001),
    "tied": layered([40, 600, 70, 10], feedback="tied", eta=0.001, momentum=0.5, decay=0.1),
    "broadcast": layered([40, 300, 10], feedback="broadcast", eta=0.001),
    "loss_against_mean": layered([40, 300, 10], feedback="broadcast", eta=0.0001).replace({"loss.model": "loss_against_mean"}),
    "oja_like": layered([40, 300, 10], feedback="random", eta=0.001).replace(
        {"input_to_hidden.plasticity": {"rule": "oja_like", "eta": 1e-5}}
    ),
    "few": layered([40, 600, 10], feedback="random", eta=0.001, momentum=0.5).replace(
        {"input_to_hidden.connector": {"kind": "fixed_probability", "probability": 0.1}}
    ),
    "pseudoinverse": layered([40, 600, 70, 10], feedback="pseudoinverse", eta=0.001, momentum=0.5),
    "dropout": layered([40, 600, 70, 10], feedback="random", eta=0.001, dropout=[0.5, 0.2]).replace({"input.dropout": 0.1}),
    "sparse": layered([40, 300, 10], feedback="random", eta=0.001).replace(
        {"input_to_hidden.connector": {"kind": "fixed_probability", "probability": 0.5}}
    ),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("batch", [1, 4])
@pytest.mark.parametrize("name", list(WIDE))
@pytest.mark.parametrize("blocks", [0, 1 << 16])
def test_that_threads_change_no_bit(name: str, batch: int, dtype: str, blocks: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neurosim.engine.cpu, "SYNAPSES_WORTH_A_TEAM", {"online": 0, "batches": 0})
    monkeypatch.setattr(neurosim.engine.plan, "SYNAPSES_WORTH_A_BLOCK", blocks)
    task = given_rows(40, 10, 6)
    found = [bits(trained(WIDE[name], task, 6, batch=batch, dtype=dtype, threads=threads)) for threads in (1, 2, 3)]
    assert found[0] == found[1] == found[2]


SHIPPED = names("circuits")


@pytest.mark.parametrize("batch", [1, 5])
@pytest.mark.parametrize("name", SHIPPED)
def test_that_threads_change_no_bit_of_a_shipped_circuit(name: str, batch: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neurosim.engine.cpu, "SYNAPSES_WORTH_A_TEAM", {"online": 0, "batches": 0})
    circuit = load_circuit(name)
    wide = {f"{p.name}.size": 550 for p in circuit.populations.values() if p.role in ("hidden", "feedback")}
    circuit = circuit.replace(wide)
    found = [bits(trained(circuit, task_of(circuit, 10), 10, batch=batch, threads=threads)) for threads in (1, 2, 3, 4)]
    assert found[0] == found[1] == found[2] == found[3]


def test_that_threads_really_share_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the comparison above compares one thread with itself."""
    monkeypatch.setattr(neurosim.engine.cpu, "SYNAPSES_WORTH_A_TEAM", {"online": 0, "batches": 0})
    teams = []
    made = neurosim.engine.cpu.ThreadPoolExecutor

    def team(workers: int):
        teams.append(workers)
        return made(workers)

    monkeypatch.setattr(neurosim.engine.cpu, "ThreadPoolExecutor", team)
    trained(WIDE["random"], given_rows(40, 10, 6), 6, threads=3)
    assert set(teams) == {2}


@pytest.mark.parametrize("backend", ["cpu", "reference"])
@pytest.mark.parametrize("feedback", ["none", "random", "tied", "broadcast"])
@pytest.mark.parametrize(("momentum", "decay", "dropout"), [(None, None, None), (0.5, None, 0.2), (None, 0.1, None)])
def test_that_calls_change_no_bit(
    momentum: float | None, decay: float | None, dropout: float | None, feedback: str, backend: str
) -> None:
    circuit = layered([6, 5, 4, 3], feedback=feedback, eta=0.01, momentum=momentum, decay=decay, noise=0.1, dropout=dropout)
    task = given_rows(6, 3, 23)
    whole, parts = Simulator(circuit, seed=1, backend=backend), Simulator(circuit, seed=1, backend=backend)
    whole.train(task, trials=40)
    for count in (1, 2, 3, 30, 4):
        parts.train(task, trials=count)
    assert parts.trial == whole.trial == 40
    assert bits(parts) == bits(whole)


def test_that_calls_of_whole_batches_change_no_bit() -> None:
    circuit = layered([6, 5, 4, 3], feedback="random", eta=0.01, momentum=0.5)
    whole, parts = Simulator(circuit, seed=1), Simulator(circuit, seed=1)
    task = given_rows(6, 3, 23)
    whole.train(task, trials=22, batch=4)
    for count in (4, 12, 6):
        parts.train(task, trials=count, batch=4)
    assert bits(parts) == bits(whole)


@pytest.mark.parametrize("batch", [100, 1100])
def test_that_masks_go_by_trial_across_every_window(batch: int) -> None:
    """More trials than are drawn at once, from trials at which no block of draws begins; one call, and several."""
    circuit = layered([3, 4, 2], feedback="random", eta=1e-4, dropout=0.5)
    task = given_rows(3, 2, 10)
    whole = trained(circuit, task, 3300, batch=batch)
    parts = Simulator(circuit, seed=1)
    for _ in range(3):
        parts.train(task, trials=1100, batch=batch)
    assert bits(parts) == bits(whole)
    assert bits(trained(circuit.replace({"hidden.dropout": "none"}), task, 3300, batch=batch)) != bits(whole)


def test_that_long_runs_cross_every_boundary_without_a_trace() -> None:
    """More trials than are drawn, loaded or blocked at once; held against the reference."""
    circuit = layered([3, 2], feedback="none", eta=0.01)
    task = given_rows(3, 2, 10)
    whole = trained(circuit, task, 9000, dtype="float64")
    parts = Simulator(circuit, seed=1, dtype="float64")
    for _ in range(9):
        parts.train(task, trials=1000)
    assert bits(parts) == bits(whole)
    reference = trained(circuit, task, 600, dtype="float64", backend="reference")
    np.testing.assert_allclose(
        trained(circuit, task, 600, dtype="float64").state["input_to_output.weights"],
        reference.state["input_to_output.weights"],
        atol=1e-12,
    )


@pytest.mark.parametrize("dropout", [None, 0.5])
@pytest.mark.parametrize("feedback", ["random", "broadcast"])
def test_that_an_unrelated_population_changes_nothing(feedback: str, dropout: float | None) -> None:
    task = given_rows(6, 3, 9)
    alone = layered([6, 5, 3], feedback=feedback, eta=0.01, dropout=dropout)
    beside = Circuit.from_tables(alone.to_tables())
    beside.population("another", 7, noise=0.5, dropout=dropout, bias={"weights": {"kind": "normal", "sd": 1.0}})
    beside.project("input", "another", weights={"kind": "uniform", "bound": 1.0}, plasticity={"rule": "hebbian", "eta": 0.01})
    found, more = bits(trained(alone, task, 9)), bits(trained(beside, task, 9))
    assert more["input_to_another.weights"]
    assert {address: more[address] for address in found} == found


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("feedback", ["random", "tied", "broadcast"])
def test_that_the_order_of_description_changes_nothing(feedback: str, batch: int) -> None:
    circuit = layered([6, 5, 4, 3], feedback=feedback, eta=0.01)
    circuit.project(
        "input", "hidden2", name="bypass", weights={"kind": "uniform", "bound": 0.5}, plasticity={"rule": "hebbian", "eta": 0.01}
    )
    tables = circuit.to_tables()
    backwards = Circuit.from_tables(
        {
            **tables,
            "population": dict(reversed(tables["population"].items())),
            "projection": tables["projection"][::-1],
        }
    )
    task = given_rows(6, 3, 9)
    assert list(backwards.populations) != list(circuit.populations)
    assert bits(trained(backwards, task, 9, batch=batch)) == bits(trained(circuit, task, 9, batch=batch))


@pytest.mark.parametrize("backend", ["cpu", "reference"])
def test_that_the_seed_decides(backend: str) -> None:
    circuit = layered([6, 5, 3], feedback="broadcast", noise=0.1)
    task = given_rows(6, 3, 9)
    one, again, other = (bits(trained(circuit, task, 9, seed=seed, backend=backend)) for seed in (4, 4, 5))
    assert one == again
    assert all(other[address] != one[address] for address in one if "target" not in address and "loss" not in address)


def test_that_both_backends_start_from_the_same_bits() -> None:
    circuit = layered([6, 5, 3], feedback="random")
    made = [Simulator(circuit, seed=4, backend=backend).state["error_to_feedback.weights"] for backend in ("cpu", "reference")]
    np.testing.assert_array_equal(*made)


def test_that_another_process_gives_the_same_bits() -> None:
    """Nothing depends on hash randomisation or on what ran before."""
    text = (
        "import numpy as np, hashlib\n"
        "from neurosim.circuit.layered import layered\n"
        "from neurosim.simulator import Simulator\n"
        "from neurosim.tasks import LinearMap\n"
        "s = Simulator(layered([6, 5, 3], feedback='broadcast', noise=0.1), seed=1)\n"
        "s.train(LinearMap(6, 3), trials=20)\n"
        "print(hashlib.sha256(b''.join(np.ascontiguousarray(v).tobytes() for v in s.state.values())).hexdigest())\n"
    )
    found = [
        subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True, timeout=120).stdout
        for _ in range(2)
    ]
    assert found[0] == found[1]
    assert len(found[0].strip()) == 64


def test_that_looking_does_not_change_what_is_learned() -> None:
    circuit = layered([6, 5, 3], feedback="broadcast", noise=0.1, eta=0.01)
    task = given_rows(6, 3, 9)
    watched = Simulator(circuit, seed=1)
    for _ in range(9):
        watched.evaluate(task.x, task.y, ["hidden.rate", "loss.deviation"])
        watched.train(task, trials=1)
    plain = bits(trained(circuit, task, 9))
    assert {address: values for address, values in bits(watched).items() if address in plain} == plain


def test_that_one_row_is_the_same_whatever_it_is_evaluated_with() -> None:
    simulator = Simulator(layered([6, 5, 3], feedback="random"), seed=1, dtype="float64")
    task: Given = given_rows(6, 3, 600)
    whole = simulator.evaluate(task.x, task.y, ["output.rate"])["output.rate"]
    some = simulator.evaluate(task.x[500:503], task.y[500:503], ["output.rate"])["output.rate"]
    np.testing.assert_allclose(some, whole[500:503], rtol=0, atol=1e-15)
    assert len(whole) == 600
