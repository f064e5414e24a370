from __future__ import annotations

import networkx as nx
import pytest

from neurosim.circuit.circuit import Circuit
from neurosim.circuit.elements import Population, Projection
from neurosim.circuit.layered import layered
from neurosim.errors import CircuitError
from neurosim.models.plasticity import delta
from neurosim.models.transfer import leaky, tanh
from neurosim.models.weights import plain, uniform


def small() -> Circuit:
    circuit = Circuit("small", title="t", source="s")
    circuit.population("input", 3, role="input")
    circuit.population("output", 2, role="output", transfer=tanh())
    circuit.project("input", "output", weights=uniform(0.5), plasticity=delta(eta=0.1))
    return circuit


def test_that_choices_may_be_names_tables_or_calls() -> None:
    by_call, by_table = small(), Circuit("small", title="t", source="s")
    by_table.population("input", 3, role="input", model="source")
    by_table.population("output", 2, role="output", transfer="tanh")
    by_table.project("input", "output", weights={"kind": "uniform", "bound": 0.5}, plasticity={"rule": "delta", "eta": 0.1})
    assert by_call == by_table
    assert leaky(0.25) == leaky(leak=0.25)
    assert plain([[1, 2]]).parameters == {"values": [[1.0, 2.0]]}


def test_that_defaults_follow_from_roles_and_names() -> None:
    circuit = small()
    circuit.population("loss", 1, role="loss")
    assert [circuit.populations[n].model.name for n in ("input", "output", "loss")] == ["source", "rate", "loss"]
    projection = circuit.projections["input_to_output"]
    assert (projection.receptor, projection.signal, projection.connector.name) == ("drive", "rate", "all_to_all")
    assert projection.plasticity.name == "delta"
    assert circuit.project("input", "output", name="again", weights="zeros").plasticity.name == "fixed"


def test_that_elements_are_frozen() -> None:
    circuit = small()
    with pytest.raises(ValueError, match="frozen"):
        circuit.populations["output"].size = 4  # type: ignore[misc]
    with pytest.raises(nx.NetworkXError):
        circuit.graph.add_node("x")


def test_that_names_are_taken_once() -> None:
    circuit = small()
    for add in (lambda: circuit.population("input", 3), lambda: circuit.population("input_to_output", 3)):
        with pytest.raises(CircuitError, match="second element"):
            add()
    for name in (None, "input"):
        with pytest.raises(CircuitError, match="second element"):
            circuit.project("input", "output", weights="zeros", **({"name": name} if name else {}))
    assert list(circuit.projections) == ["input_to_output"]


def test_that_a_wrong_property_names_its_address() -> None:
    with pytest.raises(CircuitError) as caught:
        Circuit().population("hidden", 3, trasfer="tanh")
    assert (caught.value.problems[0].address, caught.value.problems[0].suggestion) == ("hidden.trasfer", "transfer")
    with pytest.raises(CircuitError) as caught:
        Circuit().project("a", "b", weight="zeros")
    assert (caught.value.problems[0].address, caught.value.problems[0].suggestion) == ("a_to_b.weight", "weights")


def test_that_what_reaches_a_receptor_is_sorted_by_name() -> None:
    circuit = small()
    for name in ("z", "a", "m"):
        circuit.project("input", "output", name=name, weights="zeros")
    assert [p.name for p in circuit.onto("output", "drive")] == ["a", "input_to_output", "m", "z"]
    assert circuit.onto("output", "gate") == []


def test_that_equality_is_that_of_tables() -> None:
    assert small() == small()
    assert small() != small().replace({"output.size": 3})
    assert small() != 3
    with pytest.raises(TypeError):
        hash(small())


def test_completion_leaves_alone_what_is_wired() -> None:
    circuit = layered([4, 3, 2], feedback="random")
    assert circuit.completed() == circuit
    bare = Circuit()
    for role in ("input", "output", "target", "error"):
        bare.population(role, 2, role=role)
    assert list(bare.completed().projections) == ["target_to_error", "output_to_error"]
    assert list(bare.projections) == []
    assert bare.completed().completed() == bare.completed()


def test_that_repr_says_the_forward_path() -> None:
    assert repr(layered([4, 3, 2], feedback="none", name="x")) == "<circuit 'x': input 4 → hidden 3 → output 2; 7 projections>"
    assert repr(Circuit()) == "<circuit: ; 0 projections>"


def test_that_elements_compare_by_value() -> None:
    assert Population(name="a", size=1, model="rate") == Population(name="a", size=1)
    assert Projection(pre="a", post="b").name == "a_to_b"
