"""Collections: what is wrong with one is told at its place, and so is what is wrong with its scenarios."""

from __future__ import annotations

from pathlib import Path

import pytest

from neurosim.errors import InputError, ScenarioError
from neurosim.scenario.collection import is_collection, load_collection, shelved
from neurosim.scenario.files import load_scenario
from neurosim.shelf import names


def written(folder: Path, text: str, name: str = "several.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_scenarios_come_in_the_order_of_the_file_by_name_and_by_path(tmp_path: Path) -> None:
    own = written(tmp_path, (Path(__file__).parents[2] / "scenarios" / "xor.toml").read_text(encoding="utf-8"), "own.toml")
    path = written(tmp_path, f'title = "several"\nscenarios = ["xor_wide", "{own.as_posix()}", "linear_map"]')
    collection, members = load_collection(path)
    assert (collection.name, collection.title, collection.notes) == ("several", "several", "")
    assert [member.name for member in members] == ["xor_wide", "own", "linear_map"]


@pytest.mark.parametrize(
    ("text", "fragment"),
    [
        ('scenarios = ["xor"]', "title: is missing"),
        ('title = "a"\nscenarios = []', "scenarios: "),
        ('title = "a"\nscenarios = "xor"', "scenarios: "),
        ('title = "a"\nscenarios = [3]', "scenarios.0: "),
        ('title = "a"\nscenarios = ["xor"]\nnote = "b"', "note: unknown key; known keys are"),
        ('title = "a"\nscenarios = ["xor"]\nnote = "b"', "did you mean 'notes'?"),
        ('title = "a"\nscenarios = ["xor", "linear_mop"]', "scenarios.1: no scenario 'linear_mop'; there are"),
        ('title = "a"\nscenarios = ["xor", "linear_mop"]', "did you mean 'linear_map'?"),
        ('title = "a"\nscenarios = ["xor", "momentum", "xor"]', "scenarios.2: a second scenario of the name 'xor'"),
        ('title = "a"\nscenarios = ["all-paper"]', "scenarios.0: 'all-paper' is a collection itself"),
        ('title = "a"\nscenarios = ["nowhere/x.toml"]', "no such file"),
    ],
)
def test_what_is_wrong_is_told_at_its_place(tmp_path: Path, text: str, fragment: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        load_collection(written(tmp_path, text))
    assert caught.value.place == str(tmp_path / "several.toml")
    assert any(fragment in str(problem) for problem in caught.value.problems), caught.value.problems


def test_every_problem_of_every_scenario_is_told_before_anything_runs(tmp_path: Path) -> None:
    broken = (Path(__file__).parents[2] / "scenarios" / "xor.toml").read_text(encoding="utf-8")
    broken = broken.replace('name = "xor"', 'name = "xorr"').replace('table = ["mse"', 'table = ["mze"')
    own = written(tmp_path, broken, "own.toml").as_posix()
    with pytest.raises(ScenarioError) as caught:
        load_collection(written(tmp_path, f'title = "a"\nscenarios = ["digitz", "{own}"]'))
    told = "\n".join(str(problem) for problem in caught.value.problems)
    assert "scenarios.0: no scenario 'digitz'" in told
    assert f"scenarios.1.{own}: task.name" in told
    assert f"scenarios.1.{own}: table.0" in told


def test_two_files_whose_recordings_would_meet_in_one_folder_are_refused(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    text = (Path(__file__).parents[2] / "scenarios" / "xor.toml").read_text(encoding="utf-8")
    own = written(tmp_path / "b", text, "xor.toml").as_posix()
    with pytest.raises(ScenarioError, match=r"scenarios\.1: a second scenario of the name 'xor'"):
        load_collection(written(tmp_path, f'title = "a"\nscenarios = ["xor", "{own}"]'))


def test_what_is_a_collection_is_no_scenario() -> None:
    assert is_collection("all-paper")
    assert not is_collection("xor")
    assert sorted(shelved()[True] + shelved()[False]) == names("scenarios")
    with pytest.raises(ScenarioError, match="makes this file a collection; expected a single scenario"):
        load_scenario("all-paper")
    with pytest.raises(InputError, match="did you mean 'all-paper'"):
        is_collection("all-papers")
