from __future__ import annotations

import numpy as np
import pytest
from oracles import SHIPPED_NEURONS

from neurosim.circuit.circuit import Circuit
from neurosim.circuit.layered import layered
from neurosim.circuit.signals import Signals
from neurosim.models.neurons import NEURONS, RECEPTORS
from neurosim.simulator import Simulator


@pytest.mark.parametrize("backend", ["reference", "cpu"])
@pytest.mark.parametrize("name", [n for n in SHIPPED_NEURONS if NEURONS[n].receptors])
def test_that_a_neuron_at_rest_stays_finite(name: str, backend: str) -> None:
    circuit = Circuit()
    circuit.population("input", 2, role="input")
    circuit.population("neuron", 1, model=name, noise=0.1)
    for receptor in NEURONS[name].receptors:
        circuit.project("input", "neuron", name=receptor, receptor=receptor, weights="zeros")
    addresses = [f"neuron.{v}" for v in Signals(circuit).variables("neuron")]
    seen = Simulator(circuit, backend=backend).evaluate(
        np.ones((3, 2)), np.zeros((3, 1)), [a for a in addresses if not a.endswith(".mean")]
    )
    assert all(np.isfinite(values).all() for values in seen.values())
    if "drive" in NEURONS[name].receptors:
        assert not seen["neuron.drive"].any()
        assert not seen["neuron.rate"].any()


@pytest.mark.parametrize("name", SHIPPED_NEURONS)
def test_that_receptors_are_known(name: str) -> None:
    assert set(NEURONS[name].receptors) <= set(RECEPTORS)
    assert NEURONS.summary(name)


@pytest.mark.parametrize("backend", ["reference", "cpu"])
def test_gating_by_hand(backend: str) -> None:
    """rate = φ(drive) ⊙ gating, and several gates are summed."""
    circuit = Circuit()
    circuit.population("input", 3, role="input")
    circuit.population("out", 3, transfer="tanh")
    circuit.project("input", "out", connector="one_to_one")
    circuit.project(
        "input", "out", name="gate", receptor="gate", connector="one_to_one", weights={"kind": "constant", "value": 2.0}
    )
    circuit.project("input", "out", name="more", receptor="gate", weights={"kind": "explicit", "values": [[1.0, 0.0, 0.0]] * 3})
    x = np.array([[0.5, -1.0, 2.0]])
    seen = Simulator(circuit, backend=backend, dtype="float64").evaluate(x, np.zeros((1, 1)), ["out.rate"])["out.rate"]
    np.testing.assert_allclose(seen, np.tanh(x) * (2.0 * x + 0.5), rtol=1e-14)


def test_that_parameters_are_told_apart_from_variables() -> None:
    assert list(NEURONS["loss_against_mean"].parameters.fields) == ["time_constant"]
    assert not NEURONS["rate"].parameters.fields
    assert NEURONS["loss_against_mean"].parameter("time_constant")
    assert not NEURONS["loss_against_mean"].parameter("mean")
    problems = NEURONS["loss_against_mean"].problems(NEURONS["loss_against_mean"](time_constant=-1.0), "loss.model")
    assert problems[0].address == "loss.model.time_constant"


def test_that_direct_has_a_slope_of_one_for_everybody() -> None:
    circuit = layered([3, 2], feedback="none", output_transfer="tanh", output_model="direct", weights="constant")
    seen = Simulator(circuit).evaluate(
        np.ones((2, 3)), np.zeros((2, 2)), ["output.slope", "output.teaching", "error.drive", "output.rate"]
    )
    assert (seen["output.slope"] == 1.0).all()
    np.testing.assert_array_equal(seen["output.teaching"], seen["error.drive"])
    np.testing.assert_allclose(seen["output.rate"], np.tanh(3.0), atol=1e-6)
