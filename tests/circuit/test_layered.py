from __future__ import annotations

import pytest

from neurosim.circuit.circuit import Circuit
from neurosim.circuit.layered import FEEDBACK, layered
from neurosim.circuit.validate import validate
from neurosim.errors import CircuitError, InputError


def test_the_forward_path_is_the_same_for_all_ways_back() -> None:
    def forward(feedback: str) -> list:
        circuit = layered([5, 4, 3, 2], feedback=feedback)
        return [
            (p.pre, p.post, p.connector, p.weights)
            for p in circuit.projections.values()
            if circuit.populations[p.post].role in ("hidden", "output") and p.receptor == "drive"
        ]

    assert len(forward("none")) == 3
    assert all(forward(feedback) == forward("none") for feedback in FEEDBACK)


@pytest.mark.parametrize("depth", [0, 1, 2, 3])
def test_what_reaches_hidden_populations(depth: int) -> None:
    sizes = [*[5, 4, 3, 6][: depth + 1], 2]
    modulated = {}
    for feedback in FEEDBACK:
        circuit = layered(sizes, feedback=feedback)
        hidden = [p.name for p in circuit.of_role("hidden")]
        assert len(hidden) == depth
        modulated[feedback] = [
            tuple(circuit.populations[p.pre].role for p in circuit.onto(name, "modulatory")) for name in hidden
        ]
    assert modulated == {
        "none": [()] * depth,
        "broadcast": [("loss",)] * depth,
        "broadcast_to_all": [("loss",)] * depth,
        "random": [("feedback",)] * depth,
        "tied": [("feedback",)] * depth,
        "pseudoinverse": [("feedback",)] * depth,
    }


def test_the_chain_of_deep_feedback_alignment() -> None:
    """Supp. Fig. 4: error → feedback2 → feedback1, each of the size of those that it teaches."""
    circuit = layered([6, 5, 4, 3], feedback="random")
    assert [(p.pre, p.post) for p in circuit.projections.values() if p.post.startswith("feedback") and p.receptor == "drive"] == [
        ("error", "feedback2"),
        ("feedback2", "feedback1"),
    ]
    assert (circuit.populations["feedback1"].size, circuit.populations["feedback2"].size) == (5, 4)
    assert [p.pre for p in circuit.onto("feedback2", "gate")] == ["hidden2"]
    assert circuit.onto("feedback1", "gate") == []


def test_what_is_plastic() -> None:
    rules = {
        feedback: {
            name: p.plasticity.name
            for name, p in layered([5, 4, 2], feedback=feedback).projections.items()
            if p.plasticity.name != "fixed"
        }
        for feedback in FEEDBACK
    }
    assert rules["none"] == {"hidden_to_output": "delta"}
    assert rules["broadcast"] == {"input_to_hidden": "node_perturbation", "hidden_to_output": "delta"}
    everybody = {"input_to_hidden": "node_perturbation", "hidden_to_output": "node_perturbation"}
    assert rules["broadcast_to_all"] == everybody
    assert rules["pseudoinverse"] == rules["tied"] == rules["random"]
    assert rules["random"] == {"input_to_hidden": "delta", "hidden_to_output": "delta"}


def test_that_properties_arrive() -> None:
    circuit = layered(
        [5, 4, 2],
        feedback="broadcast",
        transfer="relu",
        output_transfer="logistic",
        eta=0.25,
        momentum=0.5,
        decay=0.125,
        noise=0.5,
        weights="zeros",
        output_model="direct",
        name="n",
    )
    assert circuit.name == "n"
    assert (circuit.populations["hidden"].transfer.name, circuit.populations["output"].transfer.name) == ("relu", "logistic")
    assert circuit.populations["output"].model.name == "direct"
    assert circuit.populations["hidden"].noise == 0.5
    constants = {"eta": 0.25, "momentum": 0.5, "decay": 0.125}
    assert circuit.projections["input_to_hidden"].plasticity.parameters == constants
    assert circuit.populations["output"].bias.plasticity.parameters == constants
    assert circuit.projections["input_to_hidden"].weights.name == "zeros"
    assert all(p.bias is None for p in layered([5, 4, 2], feedback="random", bias=False).populations.values())


def silenced(circuit: Circuit) -> dict[str, float]:
    return {name: p.dropout for name, p in circuit.populations.items() if p.dropout is not None}


@pytest.mark.parametrize("feedback", list(FEEDBACK))
def test_that_dropout_is_one_number_or_one_for_each_hidden_population(feedback: str) -> None:
    deep = {"sizes": [5, 4, 3, 2], "feedback": feedback}
    assert silenced(layered(**deep)) == {}
    assert silenced(layered(**deep, dropout=0.5)) == {"hidden1": 0.5, "hidden2": 0.5}
    assert silenced(layered(**deep, dropout=[0.2, 0.5])) == {"hidden1": 0.2, "hidden2": 0.5}
    assert silenced(layered(**deep, dropout=[None, 0.5])) == {"hidden2": 0.5}
    assert silenced(layered(**deep, dropout=["none", 0.5])) == {"hidden2": 0.5}
    assert silenced(layered([5, 4, 2], feedback=feedback, dropout=(0.5,))) == {"hidden": 0.5}
    assert silenced(layered([5, 2], feedback=feedback, dropout=0.5)) == {}
    assert validate(layered(**deep, dropout=0.5))


@pytest.mark.parametrize("dropout", [[0.5], [0.5, 0.5, 0.5], []])
def test_that_dropout_of_another_length_is_told(dropout: list[float]) -> None:
    with pytest.raises(InputError, match=r"dropout: expected one number for each hidden population \(2 of them\), found \["):
        layered([5, 4, 3, 2], feedback="none", dropout=dropout)


def test_that_dropout_out_of_range_is_told() -> None:
    with pytest.raises(CircuitError, match=r"hidden2\.dropout: expected a number below 1, found 1\.5"):
        layered([5, 4, 3, 2], feedback="none", dropout=[0.5, 1.5])


@pytest.mark.parametrize("sizes", [[], [3]])
def test_that_it_needs_two_sizes(sizes: list[int]) -> None:
    with pytest.raises(InputError, match="at least"):
        layered(sizes, feedback="none")


def test_that_unknown_feedback_is_told() -> None:
    with pytest.raises(InputError, match=r"'rndom'; there are none, .*, pseudoinverse; did you mean 'random'"):
        layered([3, 2], feedback="rndom")


def test_reinforcement_to_the_letter() -> None:
    """Supp. Fig. 1: every neuron hears one and the same scalar, and nothing else."""
    circuit = layered([5, 4, 2], feedback="broadcast_to_all")
    for name in ("hidden", "output"):
        assert [(p.pre, p.connector.name) for p in circuit.onto(name, "modulatory")] == [("loss", "broadcast")]
        assert circuit.populations[name].noise == 0.001
        assert circuit.populations[name].bias.plasticity.name == "node_perturbation"
