from __future__ import annotations

import pytest

from neurosim.circuit.circuit import Circuit
from neurosim.circuit.layered import FEEDBACK, layered
from neurosim.circuit.validate import validate
from neurosim.engine.lower import lower
from neurosim.engine.program import Compute, Derive, Learn, Program, Rest, Transmit


def program(
    feedback: str, wanted: list[str] = (), *, learning: bool = True, changes: dict | None = None, **properties
) -> Program:
    return lower(validate(layered([5, 4, 3], feedback=feedback, **properties).replace(changes or {})), wanted, learning=learning)


def labels(made: Program) -> set[str]:
    return {operation.label for operation in made.operations}


def test_that_nothing_is_computed_for_nothing() -> None:
    made = program("random", learning=False)
    assert made.operations == ()
    assert made.streams == ()
    assert made.arrays == ()


def test_that_only_what_is_wanted_is_computed() -> None:
    made = program("random", ["hidden.rate"], learning=False)
    assert labels(made) == {
        "hidden.drive",
        "hidden.drive + bias",
        "hidden.drive + input_to_hidden",
        "hidden.activation",
        "hidden.rate",
    }
    assert made.streams == ("input.rate",)
    assert {a.address for a in made.arrays} == {"hidden.bias", "input_to_hidden.weights"}


def test_that_shallow_learning_computes_no_loss_and_no_teaching_of_hidden() -> None:
    made = program("none")
    assert not any(label.startswith(("loss", "hidden.teaching", "hidden.slope")) for label in labels(made))
    assert {o.weights for o in made.operations if isinstance(o, Learn)} == {"hidden_to_output.weights", "output.bias"}


def test_that_only_exploration_makes_twins() -> None:
    assert not any("perturbed" in label for label in labels(program("random")))
    twins = {label for label in labels(program("broadcast")) if "perturbed" in label}
    assert {"hidden.perturbed_drive", "output.perturbed_drive", "loss.perturbed_rate"} <= twins
    assert "hidden.noise" in program("broadcast").streams


def test_that_only_learning_drops_out_and_every_reader_shares_one_mask() -> None:
    made = program("broadcast", dropout=0.5)
    assert made.streams.count("hidden.mask") == 1
    masked = {o.out for o in made.operations if isinstance(o, Compute) and "hidden.mask" in o.reads}
    assert masked == {"hidden.activation", "hidden.perturbed_activation"}
    deep = program("random", dropout=0.5, changes={"input.dropout": 0.2})
    masked = {o.out for o in deep.operations if isinstance(o, Compute) and any(r.endswith(".mask") for r in o.reads)}
    assert masked == {"hidden.activation", "hidden.slope", "input.rate"}
    assert {"input.mask", "hidden.mask", "input.rate unmasked"} <= set(deep.streams)
    looking = program("random", ["output.rate", "hidden.teaching"], learning=False, dropout=0.5, changes={"input.dropout": 0.2})
    assert not any("mask" in name for name in (*labels(looking), *looking.streams))


def test_that_weights_are_one_array_however_many_read_them() -> None:
    addresses = [a.address for a in program("tied").arrays]
    assert len(addresses) == len(set(addresses))
    made = program("tied", bias=False)
    assert {a.address: a.shape for a in made.arrays} == {"input_to_hidden.weights": (4, 5), "hidden_to_output.weights": (3, 4)}
    readers = [o for o in made.operations if isinstance(o, Transmit) and o.weights == "hidden_to_output.weights"]
    assert sorted(o.transposed for o in readers) == [False, True]


def test_that_derived_weights_are_set_once_before_they_are_read_and_what_they_follow_from_changes_later() -> None:
    """Also where the names would have it otherwise: lowering goes by what is read, and then by names."""
    circuit = layered([5, 4, 3], feedback="pseudoinverse")
    tables = circuit.to_tables()
    tables["population"]["zfeedback"] = tables["population"].pop("feedback")
    for projection in tables["projection"]:
        for end in ("pre", "post"):
            projection[end] = projection[end].replace("feedback", "zfeedback")
        projection["name"] = f"{projection['pre']}_to_{projection['post']}_{projection.get('receptor', 'drive')}"
        if projection.get("weights", {}).get("kind") == "pseudoinverse":
            projection["weights"] = {"kind": "pseudoinverse", "to": "hidden_to_output_drive"}
    operations = lower(validate(Circuit.from_tables(tables))).operations
    (derive,) = [o for o in operations if isinstance(o, Derive)]
    order = {operation.label: place for place, operation in enumerate(operations)}
    reader = next(o for o in operations if isinstance(o, Transmit) and o.weights == derive.out)
    assert order[derive.label] < order[reader.label] < order[f"learn {derive.source}"]


def test_momentum_and_patterns_have_arrays_of_their_own() -> None:
    sparse = {"input_to_hidden.connector": {"kind": "fixed_probability", "probability": 0.5}}
    found = {a.address for a in program("random", momentum=0.5, changes=sparse).arrays}
    assert {"input_to_hidden.velocity", "hidden.bias_velocity", "input_to_hidden.pattern"} <= found
    assert not any("velocity" in a.address or "pattern" in a.address for a in program("random").arrays)


def test_that_learning_comes_after_everything_that_reads_the_weights() -> None:
    operations = program("tied").operations
    for index, operation in enumerate(operations):
        if isinstance(operation, Learn):
            assert not any(operation.weights in later.reads for later in operations[index + 1 :])


@pytest.mark.parametrize("feedback", FEEDBACK)
def test_the_order_of_a_trial(feedback: str) -> None:
    """Every signal is set once, before it is read."""
    made = program(feedback)
    derived = {o.out for o in made.operations if isinstance(o, Derive)}
    ready = {*made.streams, *(a.address for a in made.arrays), "one"} - derived
    for operation in made.operations:
        assert set(operation.reads) <= ready, operation.label
        assert not set(operation.sets) & ready, operation.label
        ready |= set(operation.sets)
    assert all(isinstance(o, Rest | Transmit | Compute | Learn | Derive) for o in made.operations)


def test_that_a_circuit_without_plasticity_learns_nothing() -> None:
    fixed = {f"{a}.plasticity": "fixed" for a in ("input_to_hidden", "hidden_to_output", "hidden.bias", "output.bias")}
    assert program("random", changes=fixed).operations == ()
