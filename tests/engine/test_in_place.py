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
from neurosim.engine.plan import plan
from neurosim.engine.state import State

SMALL = validate(layered([5, 4, 3], feedback="random", eta=0.05))


def _scanned(circuit: Circuit) -> set[str]:
    program = lower(circuit)
    return scanned(program, plan(program, True), State(circuit, 1), NARROW)


def test_that_the_input_of_few_neurons_is_read_where_it_is() -> None:
    assert _scanned(SMALL) == {"input.rate"}, "targets are compared lane by lane, and need zeros after the last"


@pytest.mark.parametrize(
    "circuit",
    [
        layered([5, NARROW + 1, 3], feedback="random"),
        layered([70_000 // NARROW, NARROW, 3], feedback="random"),
        layered([5, 4, 3], feedback="random").replace({"input_to_hidden.plasticity.momentum": 0.5}),
        layered([5, 4, 3], feedback="random").replace(
            {"input_to_hidden.connector": {"kind": "fixed_probability", "probability": 0.1}}
        ),
    ],
    ids=["wide", "in blocks", "momentum", "synapse by synapse"],
)
def test_that_others_get_a_copy(circuit: Circuit) -> None:
    assert "input.rate" not in _scanned(validate(circuit))


def _learned(inputs: np.ndarray, targets: np.ndarray, wanted: Sequence[str] = (), *, special: bool = False) -> list[np.ndarray]:
    state = State(SMALL, 1)
    executor = CpuExecutor(lower(SMALL, wanted), state, wanted=wanted)
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
