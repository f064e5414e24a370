from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from neurosim.circuit.circuit import Circuit
from neurosim.circuit.layered import layered
from neurosim.circuit.validate import validate
from neurosim.engine import cpu
from neurosim.engine.cpu import NARROW, CpuExecutor
from neurosim.engine.in_place import scanned
from neurosim.engine.lower import lower
from neurosim.engine.plan import SYNAPSES_WORTH_A_BLOCK, plan
from neurosim.engine.state import State

SMALL = validate(layered([5, 4, 3], feedback="random", eta=0.05))


def _scanned(circuit: Circuit, batch: int = 1) -> set[str]:
    program = lower(circuit)
    return scanned(program, plan(program, batch == 1), State(circuit, 1), NARROW, batch)


def test_that_the_input_of_few_neurons_is_read_where_it_is() -> None:
    assert _scanned(SMALL) == {"input.rate"}, "targets are compared lane by lane, and need zeros after the last"


def test_that_matrix_products_of_batches_read_where_it_is() -> None:
    momentum = {"input_to_hidden.plasticity.momentum": 0.5}
    assert _scanned(validate(layered([5, NARROW + 1, 3], feedback="random").replace(momentum)), batch=4) == {"input.rate"}
    sparse = {"input_to_hidden.connector": {"kind": "fixed_probability", "probability": 0.1}}
    assert _scanned(validate(layered([5, 4, 3], feedback="random").replace(sparse)), batch=4) == set()
    single = {"input_to_hidden.connector": "one_to_one"}
    assert _scanned(validate(layered([5, 5, 3], feedback="random").replace(single)), batch=4) == set()


@pytest.mark.parametrize(
    "circuit",
    [
        layered([5, NARROW + 1, 3], feedback="random"),
        layered([5, 4, 3], feedback="random").replace({"input_to_hidden.plasticity.momentum": 0.5}),
        layered([5, 4, 3], feedback="random").replace(
            {"input_to_hidden.connector": {"kind": "fixed_probability", "probability": 0.1}}
        ),
    ],
    ids=["wide", "momentum", "synapse by synapse"],
)
def test_that_others_get_a_copy(circuit: Circuit) -> None:
    assert "input.rate" not in _scanned(validate(circuit))


def _learned(
    inputs: np.ndarray,
    targets: np.ndarray,
    wanted: Sequence[str] = (),
    *,
    special: bool = False,
    batch: int = 1,
    circuit: Circuit = SMALL,
    threads: int = 1,
) -> list[np.ndarray]:
    state = State(circuit, 1)
    executor = CpuExecutor(lower(circuit, wanted), state, batch, wanted, threads)
    if special:
        executor.specialise()
    kept = executor.run({"input.rate": inputs, "target.rate": targets})
    return [state[a] for a in ("input_to_hidden.weights", "hidden_to_output.weights")] + [kept[a] for a in wanted]


@pytest.mark.parametrize("special", [False, True])
@pytest.mark.parametrize("trials", [1, 15, 16, 37])
def test_that_nothing_changes_by_it(monkeypatch: pytest.MonkeyPatch, trials: int, special: bool) -> None:
    """In stretches of sixteen trials, from arrays of any kind, which are left as they were."""
    random = np.random.default_rng(3)
    inputs, targets = random.normal(size=(2 * trials, 9))[::2, 2:7], random.normal(size=(trials, 3))
    before = inputs.copy()
    monkeypatch.setattr(cpu, "LONGEST_CHUNK", 16)
    in_place = _learned(inputs, targets, special=special)
    np.testing.assert_array_equal(inputs, before)
    monkeypatch.setattr(cpu, "scanned", lambda *_: set())
    for one, other in zip(in_place, _learned(inputs, targets, special=special), strict=True):
        np.testing.assert_array_equal(one, other)


def test_that_what_is_looked_at_is_copied() -> None:
    inputs, targets = np.random.default_rng(4).normal(size=(20, 5)).astype("f4"), np.zeros((20, 3), "f4")
    np.testing.assert_array_equal(_learned(inputs, targets, ["input.rate"])[-1], inputs)


@pytest.mark.parametrize("batch", [1, 5])
def test_that_another_name_of_what_is_read_in_place_can_be_looked_at(batch: int) -> None:
    circuit = Circuit("relayed")
    for population in SMALL.populations.values():
        circuit.add(population)
    circuit.population("relay", 5, role="hidden")
    circuit.project("input", "relay", connector="one_to_one")
    for name, projection in SMALL.projections.items():
        if name == "input_to_hidden":
            circuit.project("relay", "hidden", name=name, weights=projection.weights, plasticity=projection.plasticity)
        else:
            circuit.add(projection)
    inputs, targets = np.random.default_rng(4).normal(size=(20, 5)).astype("f4"), np.zeros((20, 3), "f4")
    seen = _learned(inputs, targets, ["relay.rate"], circuit=validate(circuit), batch=batch)[-1]
    np.testing.assert_array_equal(seen, inputs)


BLOCKED = validate(layered([SYNAPSES_WORTH_A_BLOCK // 130 + 1, 130, 3], feedback="random", eta=1e-4))


def test_that_blocks_of_trials_read_where_it_is() -> None:
    assert _scanned(BLOCKED) == {"input.rate"}
    assert CpuExecutor(lower(BLOCKED), State(BLOCKED, 1)).described()[1][1] == "learn_gather_blocked"


@pytest.mark.parametrize("trials", [1, 2, 3, 4, 5, 8, 19])
def test_that_nothing_changes_by_it_in_blocks(monkeypatch: pytest.MonkeyPatch, trials: int) -> None:
    """What lies behind the last trial is not read: here are numbers that would be seen."""
    monkeypatch.setattr(cpu, "LONGEST_CHUNK", 8)
    random = np.random.default_rng(3)
    inputs = np.full((trials + 4, BLOCKED.populations["input"].size), np.nan, "f4")
    inputs[:trials] = random.normal(size=(trials, inputs.shape[1]))
    targets = random.normal(size=(trials, 3)).astype("f4")
    in_place = _learned(inputs[:trials], targets, circuit=BLOCKED)
    monkeypatch.setattr(cpu, "scanned", lambda *_: set())
    for one, other in zip(in_place, _learned(inputs[:trials], targets, circuit=BLOCKED), strict=True):
        np.testing.assert_array_equal(one, other)
        assert np.isfinite(one).all()


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("pre", [1, 5, 7, 8, 13, 23])
@pytest.mark.parametrize("trials", [3, 12, 31])
def test_that_nothing_changes_by_it_in_batches(monkeypatch: pytest.MonkeyPatch, trials: int, pre: int, threads: int) -> None:
    """Whole batches and the rest, in stretches of four batches."""
    monkeypatch.setattr(cpu, "SYNAPSES_WORTH_A_TEAM", {"online": 0, "batches": 0})
    monkeypatch.setattr(cpu, "LONGEST_CHUNK", 4)
    random = np.random.default_rng(3)
    inputs, targets = random.normal(size=(trials, pre)).astype("f4"), random.normal(size=(trials, 3)).astype("f4")
    circuit = validate(layered([pre, 130, 3], feedback="random", eta=0.01))
    in_place = _learned(inputs, targets, batch=5, circuit=circuit, threads=threads)
    monkeypatch.setattr(cpu, "scanned", lambda *_: set())
    for one, other in zip(in_place, _learned(inputs, targets, batch=5, circuit=circuit), strict=True):
        np.testing.assert_array_equal(one, other)
        assert np.isfinite(one).all()
