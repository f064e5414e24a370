"""Every shipped circuit and scenario: found, valid, and runnable; adding a file adds its test."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_files import laid_out

from neurosim.circuit.circuit import Circuit
from neurosim.circuit.files import load_circuit
from neurosim.circuit.layered import FEEDBACK, layered
from neurosim.circuit.validate import problems_with
from neurosim.errors import EnvironmentFailure, InputError
from neurosim.figures import draw
from neurosim.scenario.collection import load_collection, shelved
from neurosim.scenario.description import Scenario
from neurosim.scenario.engines import run_scenario
from neurosim.scenario.files import checked, load_scenario
from neurosim.scenario.plan import Plan
from neurosim.scenario.verdicts import Header, judged
from neurosim.shelf import find, names
from neurosim.simulator import Simulator
from neurosim.tasks import LinearMap

FAMILY = {
    "shallow": ("none", 1), "reinforcement": ("broadcast", 1), "reinforcement_full": ("broadcast_to_all", 1),
    "feedback_alignment": ("random", 1), "backpropagation": ("tied", 1),
    "feedback_alignment_deep": ("random", 2), "backpropagation_deep": ("tied", 2),
    "pseudobackprop": ("pseudoinverse", 1),
}  # fmt: skip


@pytest.mark.parametrize("name", names("circuits"))
def test_circuit_is_valid_and_learns_alike_on_both_backends(name: str) -> None:
    circuit = load_circuit(name)
    assert circuit.name == name
    assert circuit.title
    assert circuit.source
    task = LinearMap(30, 10)
    ends = []
    for backend in ("reference", "cpu"):
        simulator = Simulator(circuit, seed=3, backend=backend, dtype="float64")
        simulator.train(task, 20)
        ends.append(simulator.state)
    explores = any(population.noise for population in circuit.populations.values())  # a rounding of the loss, over σ² = 1e-6
    for address in ends[0]:
        np.testing.assert_allclose(ends[1][address], ends[0][address], rtol=0, atol=1e-11 if explores else 1e-12)


@pytest.mark.parametrize("name", names("circuits"))
def test_circuit_is_the_family_member_that_it_claims_to_be(name: str) -> None:
    feedback, depth = FAMILY[name]
    shipped, made = load_circuit(name).to_tables(), layered([30, *[20] * depth, 10], feedback=feedback).to_tables()
    assert shipped["population"] == made["population"]
    assert sorted(map(str, shipped["projection"])) == sorted(map(str, made["projection"]))


def changed_elements(first: Circuit, second: Circuit) -> set[str]:
    a = {**first.populations, **first.projections}
    b = {**second.populations, **second.projections}
    return {name for name in a.keys() | b.keys() if a.get(name) != b.get(name)}


def test_theories_differ_by_their_wiring_alone() -> None:
    alignment = load_circuit("feedback_alignment")
    assert changed_elements(alignment, load_circuit("backpropagation")) == {"error_to_feedback"}
    assert changed_elements(alignment, load_circuit("pseudobackprop")) == {"error_to_feedback"}
    assert changed_elements(load_circuit("feedback_alignment_deep"), load_circuit("backpropagation_deep")) == {
        "error_to_feedback2",
        "feedback2_to_feedback1",
    }
    back = {"hidden", "input_to_hidden", "feedback", "error_to_feedback", "feedback_to_hidden"}
    assert changed_elements(alignment, load_circuit("shallow")) == back
    assert changed_elements(alignment, load_circuit("reinforcement")) == back | {"loss_to_hidden"}


@pytest.mark.parametrize("name", shelved()[True])
def test_collection_is_valid(name: str) -> None:
    collection, members = load_collection(name)
    assert collection.name == name
    assert [member.name for member in members] == collection.scenarios


def shortened(scenario: Scenario) -> dict[str, Any]:
    """The tables of a scenario with one seed, and two batches in each phase."""
    tables = scenario.model_dump()
    phases = [phase for listed in (tables["phase"], *(arm["phase"] for arm in tables["arm"])) for phase in listed]
    for phase in phases:
        phase.update(trials=2 * phase["batch"], passes=None)
    every = math.lcm(*(phase["batch"] for phase in phases))
    return {**tables, "seeds": 1, "record": dict.fromkeys(scenario.record, every)}


@pytest.mark.parametrize("name", shelved()[False])
def test_scenario_runs_a_few_trials_of_each_arm_and_draws_its_figures(name: str, tmp_path: Path) -> None:
    scenario = load_scenario(name)
    assert scenario.source
    try:
        paths = run_scenario(checked(shortened(scenario), name), Plan(tmp_path))
    except EnvironmentFailure as absent:
        pytest.skip(f"its data is not here: {str(absent).splitlines()[0]}")
    assert len(paths) == len(scenario.arm)
    for figure in scenario.figure:
        draw(figure.name, paths, **figure.parameters)


def test_timit_stops_runs_and_is_judged_on_small_files_of_the_same_format(tmp_path: Path) -> None:
    scenario = load_scenario("timit_stops")
    for _ in laid_out("timit_stops", tmp_path):
        paths = run_scenario(checked(shortened(scenario), "timit_stops"), Plan(tmp_path / "runs"))
    rows = judged([Header.of(path) for path in paths])
    assert [row["claim"] for row in rows] == [claim.parameters["title"] for claim in scenario.claim]
    assert all(row["value"] > 0 for row in rows)


def test_a_wrong_name_says_what_there_is() -> None:
    with pytest.raises(InputError, match=r"there are .*xor.*; did you mean 'digits'"):
        find("scenarios", "digit")
    with pytest.raises(InputError, match="no such file"):
        find("circuits", "somewhere/else.toml")


def test_layered_circuits_of_any_depth_are_valid() -> None:
    for feedback in FEEDBACK:
        for depth in range(5):
            assert problems_with(layered([4, *[3] * depth, 2], feedback=feedback)) == []
