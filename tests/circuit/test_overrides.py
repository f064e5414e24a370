from __future__ import annotations

import pytest

from neurosim.circuit.circuit import Circuit
from neurosim.circuit.layered import layered
from neurosim.errors import CircuitError


def base() -> Circuit:
    return layered([4, 3, 2], feedback="random")


def test_that_a_copy_is_changed_and_the_original_is_not() -> None:
    circuit = base()
    before = circuit.to_tables()
    changed = circuit.replace({"hidden.size": 5, "input_to_hidden.plasticity.momentum": 0.5, "hidden.transfer.function": "relu"})
    assert circuit.to_tables() == before
    assert changed.populations["hidden"].size == 5
    assert changed.populations["hidden"].transfer.name == "relu"
    assert changed.projections["input_to_hidden"].plasticity.parameters == {"eta": 0.005, "momentum": 0.5}


def test_whole_values_and_places_that_were_not_there() -> None:
    changed = base().replace(
        {
            "hidden.transfer": "logistic",
            "input_to_hidden.weights": {"kind": "normal", "sd": 0.1},
            "hidden.bias.weights": "constant",
            "output.noise": 0.1,
        }
    )
    assert changed.populations["hidden"].transfer.name == "logistic"
    assert changed.projections["input_to_hidden"].weights.name == "normal"
    assert changed.populations["hidden"].bias.weights.name == "constant"
    assert changed.populations["hidden"].bias.plasticity.name == "delta"
    assert changed.populations["output"].noise == 0.1


def test_that_a_star_changes_every_element_that_has_the_place_and_no_other() -> None:
    changed = base().replace({"*.plasticity.eta": 0.5})
    etas = {name: p.plasticity.parameters.get("eta") for name, p in changed.projections.items()}
    assert {name for name, eta in etas.items() if eta is not None} == {"input_to_hidden", "hidden_to_output"}
    assert set(etas.values()) == {0.5, None}
    assert base().replace({"nothing*.size": 5}) == base()
    assert base().replace({"*.plasticity.momentum": 0.5}) == base()
    sizes = {name: p.size for name, p in base().replace({"hid*.size": 7}).populations.items()}
    assert sizes == {name: (7 if name == "hidden" else p.size) for name, p in base().populations.items()}


@pytest.mark.parametrize(
    ("address", "suggestion"),
    [("hiden.size", "hidden"), ("input_to_hiden.weights", "input_to_hidden"), ("hidden", None), ("zzz.q", None)],
)
def test_that_an_address_of_nothing_is_told(address: str, suggestion: str | None) -> None:
    with pytest.raises(CircuitError) as caught:
        base().replace({address: 1})
    assert [(p.address, p.suggestion) for p in caught.value.problems] == [(address, suggestion)]


def test_that_several_are_told_at_once_and_wrong_values_too() -> None:
    with pytest.raises(CircuitError) as caught:
        base().replace({"hiden.size": 1, "otput.size": 2})
    assert len(caught.value.problems) == 2
    with pytest.raises(CircuitError) as caught:
        base().replace({"hidden.sizes": 1, "output.size": -2})
    assert {p.address for p in caught.value.problems} == {"hidden.sizes", "output.size"}


def test_that_no_change_is_the_circuit_itself() -> None:
    circuit = base()
    assert circuit.replace({}) is circuit


def test_that_values_are_copied() -> None:
    table = {"kind": "normal", "sd": 0.1}
    changed = base().replace({"input_to_hidden.weights": table, "hidden_to_output.weights": table})
    table["sd"] = 9.0
    assert changed.projections["input_to_hidden"].weights.parameters == {"sd": 0.1}
