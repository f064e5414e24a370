"""A program as one kernel computes what the machine computes, bit for bit."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from oracles import bits, circuits, given_rows, task_of

import neurosim.engine.cpu
from neurosim.circuit.circuit import Circuit
from neurosim.circuit.files import load_circuit
from neurosim.circuit.layered import layered
from neurosim.circuit.validate import validate
from neurosim.engine.cpu import CpuExecutor
from neurosim.engine.lower import lower
from neurosim.engine.plan import plan
from neurosim.engine.specialise import Runtime, specialised
from neurosim.engine.state import State
from neurosim.errors import InputError, RunError
from neurosim.models.plasticity import hebbian
from neurosim.models.transfer import TRANSFERS, transfer
from neurosim.models.weights import normal
from neurosim.shelf import names
from neurosim.simulator import Simulator

SHIPPED = names("circuits")


def ends(circuit: Circuit, monkeypatch: pytest.MonkeyPatch, after: int, dtype: str = "float32", trials: int = 23) -> dict:
    monkeypatch.setattr(neurosim.engine.cpu, "TRIALS_WORTH_A_KERNEL", after)
    plan.cache_clear()
    simulator = Simulator(circuit, seed=2, dtype=dtype)
    with contextlib.suppress(RunError):  # a random circuit may blow up; then both do, at the same trial
        for _ in range(3):
            simulator.train(task_of(circuit, 11), trials=trials)
    return {**bits(simulator), "trial": simulator.trial}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", SHIPPED)
def test_that_every_shipped_circuit_ends_with_the_same_bits(name: str, dtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a kernel of its own from the last third of the run on, and without."""
    circuit = load_circuit(name)
    small = {f"{p.name}.size": 7 if p.size > 7 else p.size for p in circuit.populations.values() if p.role != "loss"}
    circuit = circuit.replace(small)
    found = [ends(circuit, monkeypatch, after, dtype) for after in (50, 10**9)]
    assert found[0] == found[1]


@given(circuit=circuits())
@settings(
    max_examples=5,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_that_any_circuit_ends_with_the_same_bits(circuit: Circuit, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without shrinking: every example compiles for a second."""
    assert ends(circuit, monkeypatch, 0, trials=6) == ends(circuit, monkeypatch, 10**9, trials=6)


def test_projections_that_share_a_receptor(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several passes add to one drive, one of them with decay."""
    circuit = layered([3, 5], feedback="none", bias=False, output_transfer="relu").replace(
        {"input_to_output.plasticity.decay": 0.1}
    )
    circuit.project("input", "output", name="again", weights=normal(0.3), plasticity=hebbian(eta=0.01))
    assert ends(circuit, monkeypatch, 0) == ends(circuit, monkeypatch, 10**9)


def test_formulas_that_call_different_functions_by_one_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """One module cannot hold both, so such a circuit stays with the machine."""

    def made(name: str, gain: float):
        def scaled(u):
            return gain * u

        def value(u):
            return scaled(u)

        def slope(u, rate):
            return scaled(1.0)

        return transfer(type(name, (), {"__doc__": name, "value": value, "slope": slope}))

    try:
        made("doubling", 2.0)
        made("halving", 0.5)
        circuit = layered([4, 3, 2], feedback="random", transfer="doubling", output_transfer="halving", eta=0.01)
        assert ends(circuit, monkeypatch, 0) == ends(circuit, monkeypatch, 10**9)
        whole = validate(circuit)
        with pytest.raises(InputError, match="different things by this name"):
            specialised(CpuExecutor(lower(whole), State(whole, seed=1))._rows, "float32")
    finally:
        for name in ("doubling", "halving"):
            del TRANSFERS._things[name]


def test_a_formula_that_calls_a_function_as_a_kernel_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    """One module cannot hold both, so such a circuit stays with the machine."""

    def scalar_product(a, b):
        return a * b

    def value(u):
        return scalar_product(0.5, u)

    def slope(u, rate):
        return 0.5

    transfer(type("halving", (), {"__doc__": "halving", "value": value, "slope": slope}))
    try:
        circuit = layered([4, 3, 2], feedback="pseudoinverse", transfer="halving", eta=0.01)
        assert ends(circuit, monkeypatch, 0) == ends(circuit, monkeypatch, 10**9)
        whole = validate(circuit)
        with pytest.raises(InputError, match="scalar_product: a kernel and a formula call different functions"):
            specialised(CpuExecutor(lower(whole), State(whole, seed=1))._rows, "float32")
    finally:
        del TRANSFERS._things["halving"]


def test_that_it_is_really_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the comparisons above compare the machine with itself."""
    made = []
    monkeypatch.setattr(neurosim.engine.cpu, "specialised", lambda *given: made.append(given) or specialised(*given))
    circuit = layered([6, 5, 3], feedback="random")
    ends(circuit, monkeypatch, 10**9)
    assert made == []
    ends(circuit, monkeypatch, 50)
    assert len(made) == 1
    ends(layered([6, 70, 3], feedback="random"), monkeypatch, 0)
    assert len(made) == 1, "many neurons gain nothing"


def test_that_constants_and_addresses_are_read_from_the_table() -> None:
    """So another eta, or another run, needs no other kernel."""
    functions = []
    for eta in (0.1, 0.2):
        whole = validate(layered([6, 5, 3], feedback="random", eta=eta))
        executor = CpuExecutor(lower(whole), State(whole, seed=1))
        assert any(isinstance(cell, Runtime) for _, cells in executor._rows for cell in cells)
        functions.append(specialised(executor._rows, "float32"))
    assert functions[0] is functions[1]


def test_that_batches_and_teams_stay_with_the_machine() -> None:
    whole = validate(layered([6, 5, 3], feedback="random"))
    executor = CpuExecutor(lower(whole), State(whole, seed=1), batch=4)
    before = executor._run
    executor.specialise()
    assert executor._run is before
    task = given_rows(6, 3, 8)
    executor.run({"input.rate": task.x, "target.rate": task.y})
    assert np.isfinite(executor._state["hidden.bias"]).all()
