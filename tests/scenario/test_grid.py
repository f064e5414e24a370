"""A grid adds arms, leaves those of the file as they are, and says what is wrong with it before anything runs."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from contents import contents
from scenario.tiny import BASE, scenario

from neurosim.errors import InputError
from neurosim.recording import Recording
from neurosim.scenario.description import Scenario
from neurosim.scenario.engines import run_scenario
from neurosim.scenario.grid import _name, with_grid
from neurosim.scenario.plan import Plan
from neurosim.scenario.runner import chosen_arms

ETA = "*.plasticity.eta"
SAFE = re.compile(r"[A-Za-z0-9_.,=+-]{1,120}")


def names(made: Scenario) -> list[str]:
    return [arm.name for arm in made.arm]


def eta(made: Scenario, name: str, projection: str = "input_to_hidden") -> Any:
    (arm,) = (arm for arm in made.arm if arm.name == name)
    return made.circuit(arm, made.phase[0]).projections[projection].plasticity.parameters["eta"]


def test_every_combination_is_an_arm_behind_those_of_the_file() -> None:
    made = with_grid(scenario(), {ETA: [0.1, 0.01], "hidden_to_output.weights.bound": [0.5, 1]})
    assert names(made) == [
        "random",
        "tied",
        *(
            f"{arm},plasticity.eta={rate},hidden_to_output.weights.bound={bound}"
            for arm in ("random", "tied")
            for rate in ("0.1", "0.01")
            for bound in ("0.5", "1")
        ),
    ]
    assert made.arm[2].label == "random, eta = 0.1, bound = 0.5"
    assert made.arm[:2] == scenario().arm


def test_addresses_that_end_alike_are_told_in_full_in_legends() -> None:
    made = with_grid(scenario(), {"hidden.size": [5], "feedback.size": [5]}, ["random"])
    assert made.arm[2].label == "random, hidden.size = 5, feedback.size = 5"


def test_a_grid_comes_after_all_other_changes() -> None:
    base = scenario(
        set={ETA: 0.1},
        arm=[{**BASE["arm"][0], "set": {ETA: 0.2}}],
        phase=[{"trials": 20}, {"trials": 20, "set": {ETA: 0.3}}],
        changes={"input_to_hidden.plasticity.eta": 0.4},
    )
    made = with_grid(base, {"input_to_hidden.plasticity.eta": [0.5]})
    for phase in made.phase:
        assert made.circuit(made.arm[1], phase).projections["input_to_hidden"].plasticity.parameters["eta"] == 0.5
    assert eta(made, "random") == 0.4


def test_recordings_of_a_grid_say_where_they_are_in_it(tmp_path: Path) -> None:
    run_scenario(scenario(), Plan(tmp_path / "plain"))
    made = with_grid(scenario(), {ETA: [0.1, 0.01]})
    paths = run_scenario(made, Plan(tmp_path / "grid"))
    grid = {path.parent.name: json.loads(Recording(path).attributes["grid"]) for path in paths}
    assert grid == {"random": {}, "tied": {}} | {
        f"{arm},plasticity.eta={rate}": {ETA: rate} for arm in ("random", "tied") for rate in (0.1, 0.01)
    }
    assert [Recording(path).attributes["arm_order"] for path in paths] == list(range(6))
    both = contents(tmp_path / "grid")
    assert {name: both[name] for name in both if "," not in name} == contents(tmp_path / "plain")
    described = Scenario.model_validate_json(Recording(paths[3]).attributes["scenario_description"])
    assert names(described) == ["random", "tied", names(made)[3]], "its own arm, and not the whole grid"


def test_an_arm_is_chosen_with_what_the_grid_makes_of_it_and_a_point_by_itself() -> None:
    made = with_grid(scenario(), {ETA: [0.1, 0.01]}, ["tied"])
    assert names(made) == ["random", "tied", "tied,plasticity.eta=0.1", "tied,plasticity.eta=0.01"]
    assert [arm.name for arm in chosen_arms(made, ["tied"])] == names(made)[1:]
    point = ["tied,plasticity.eta=0.01"]
    assert [arm.name for arm in chosen_arms(with_grid(scenario(), {ETA: [0.1, 0.01]}, point), point)] == point
    with pytest.raises(InputError, match=r"did you mean 'tied,plasticity.eta=0.1'"):
        chosen_arms(made, ["tied,plasticity.eta=0.2"])


def test_an_arm_without_the_place_of_an_address_with_a_star_has_no_such_points() -> None:
    wide = {"name": "wide", "circuit": {"family": "layered", "sizes": [4, 3, 3, 2], "feedback": "random"}}
    made = with_grid(scenario(arm=[BASE["arm"][0], wide]), {"hidden2*.plasticity.eta": [0.1, 0.2], ETA: [0.3]})
    assert [name for name in names(made) if name.startswith("random,")] == ["random,plasticity.eta=0.3"]
    assert len([name for name in names(made) if name.startswith("wide,")]) == 2


@pytest.mark.parametrize(
    ("grid", "name"),
    [
        ({"hidden.transfer": "tanh"}, "hidden.transfer=tanh"),
        ({"input_to_hidden.weights": {"kind": "uniform", "bound": 0.5}}, "input_to_hidden.weights=kind_uniform_bound_0.5,id="),
        ({"hidden_to_output.weights.values": [[1, 2, 3], [4, 5, 6]]}, "hidden_to_output.weights.values=1_2_3_4_5_6,id="),
        ({"*_to_hidden.plasticity.eta": 1e-5}, "to_hidden.plasticity.eta=1e-05,id="),
        ({"hid*.size": 3, "feed*.size": 3, "hid*.transfer": "tanh", "feed*.transfer": "linear"}, "id="),
    ],
)
def test_names_are_safe_as_folders_and_readable(grid: dict[str, Any], name: str) -> None:
    arm_name = "a" * (90 if name == "id=" else 40)
    explicit = {"hidden_to_output.weights": {"kind": "explicit", "values": [[0, 0, 0], [0, 0, 0]]}}
    arm = {"name": arm_name, "circuit": BASE["arm"][0]["circuit"], "set": explicit if "values" in str(grid) else {}}
    grown = with_grid(scenario(arm=[arm]), {address: [value] for address, value in grid.items()})
    assert names(grown)[1].startswith(arm_name + "," + name)
    assert SAFE.fullmatch(names(grown)[1])
    assert grown.arm[1].grid == grid


def test_values_that_letters_cannot_tell_apart_have_names_of_their_own() -> None:
    values = [
        {"kind": "uniform", "bound": 0.5},
        {"kind": "uniform", "bound": 0.25},
        [0.5],
        [[0.5]],
        "a b",
        "a/b",
        "a*b",
        "x" * 300,
    ]
    made = [_name(scenario().arm[0], {"input_to_hidden.weights": value}) for value in values]
    assert len(set(made)) == len(values)
    assert all(SAFE.fullmatch(name) for name in made)


@pytest.mark.parametrize(
    ("grid", "told"),
    [
        ({"hiden.size": [3]}, r"^--grid: hiden.size: no population or projection 'hiden'; .*did you mean 'hidden'\?$"),
        ({"hidden": [3]}, "expected an element and a place in it"),
        ({"phase.0.trials": [3, 4]}, "no place in a circuit; run once for each"),
        ({"seeds": [3, 4]}, "no place in a circuit"),
        ({"nothing*.size": [3]}, "changes nothing"),
        ({"hidden.size": []}, "at least one value"),
        ({"hidden.size": [3, 5, 3]}, "the value 3 is given twice"),
        ({ETA: [-1.0]}, "found -1.0"),
        ({"hidden.sise": [3]}, "did you mean 'size'"),
    ],
)
def test_what_is_wrong_with_a_grid_is_told_once(grid: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError, match=told) as caught:
        with_grid(scenario(), grid)
    assert len(caught.value.problems) <= 2, str(caught.value)
    if ETA not in grid:
        assert len(caught.value.problems) == 1, str(caught.value)
