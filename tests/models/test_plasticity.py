from __future__ import annotations

import numpy as np
import pytest
from oracles import SHIPPED_RULES, Given, copies

from neurosim.circuit.circuit import Circuit
from neurosim.errors import InputError
from neurosim.models.plasticity import RULES, plasticity
from neurosim.simulator import Simulator

LEARNING = [name for name in SHIPPED_RULES if RULES[name].plastic]


@pytest.mark.parametrize("name", LEARNING)
def test_that_nothing_changes_without_a_learning_rate(name: str) -> None:
    rule = RULES[name]
    constants = {k: 1.0 for k in rule.parameters.fields if k not in ("eta", "momentum", "decay")}
    signals = {argument: 0.7 for argument in rule.arguments if argument not in rule.parameters.fields}
    assert rule.change(**signals, **constants, eta=0.0) == 0.0
    assert rule.change(**signals, **constants, eta=1.0) != 0.0


def test_the_formulas() -> None:
    assert RULES["delta"].change(pre_rate=2.0, post_teaching=3.0, eta=0.5) == 3.0
    assert RULES["hebbian"].change(pre_rate=2.0, post_rate=3.0, eta=0.5) == 3.0
    assert RULES["node_perturbation"].change(pre_rate=2.0, post_modulation=3.0, post_eligibility=5.0, eta=0.5) == -15.0
    assert RULES["fixed"].change is None


@pytest.mark.parametrize("name", LEARNING)
def test_what_every_rule_takes(name: str) -> None:
    assert {"eta", "momentum", "decay"} <= set(RULES[name].parameters.fields)
    assert RULES[name].parameters.complete({"eta": 0.1})["momentum"] == 0.0
    reads = {f"pre_{v}" for v in RULES[name].reads("pre")} | {f"post_{v}" for v in RULES[name].reads("post")}
    assert reads <= set(RULES[name].arguments)
    assert reads


def test_that_a_rule_needs_a_learning_rate() -> None:
    with pytest.raises(InputError, match="'eta'"):

        @plasticity
        def without_eta(pre_rate, post_rate):
            return pre_rate * post_rate

    assert "without_eta" not in RULES


@pytest.mark.parametrize("backend", ["reference", "cpu"])
@pytest.mark.parametrize("batch", [1, 3])
def test_momentum_and_decay_by_hand(batch: int, backend: str) -> None:
    """v ← α v + Σ Δw − η λ w, w ← w + v, for weights and for a bias."""
    circuit = Circuit()
    circuit.population("input", 2, role="input")
    rule = {"rule": "hebbian", "eta": 0.1, "momentum": 0.5, "decay": 0.2}
    circuit.population("out", 1, bias={"weights": {"kind": "constant", "value": 0.3}, "plasticity": rule})
    circuit.project("input", "out", weights={"kind": "explicit", "values": [[0.5, -0.25]]}, plasticity=rule)
    x = np.random.default_rng(0).standard_normal((7, 2))
    simulator = Simulator(circuit, backend=backend, dtype="float64")
    simulator.train(Given(x, np.zeros((7, 1))), trials=7, batch=batch)
    w, b, v, vb = np.array([0.5, -0.25]), 0.3, np.zeros(2), 0.0
    for first in range(0, 7, batch):
        rows = x[first : first + batch]
        y = rows @ w + b
        v, vb = 0.5 * v + 0.1 * y @ rows - 0.1 * 0.2 * w, 0.5 * vb + 0.1 * y.sum() - 0.1 * 0.2 * b
        w, b = w + v, b + vb
    found = copies(simulator)
    np.testing.assert_allclose(found["input_to_out.weights"][0], w, atol=1e-14)
    np.testing.assert_allclose(found["out.bias"], [b], atol=1e-14)
