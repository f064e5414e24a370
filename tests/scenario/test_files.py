from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from neurosim.errors import ScenarioError
from neurosim.scenario.files import load_scenario
from neurosim.shelf import shelf

SCENARIO = """
title = "One of one's own"
seeds = 1
[task]
name = "linear_map"

[[arm]]
name = "own"
circuit = "{circuit}"
set = {{ "input.size" = 30, "hidden.size" = 20, "output.size" = 10 }}

[[phase]]
trials = 10

[record]
nse = 10
"""


def test_that_a_circuit_is_found_beside_the_scenario(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    beside, elsewhere = tmp_path / "beside", tmp_path / "elsewhere"
    (beside / "deeper").mkdir(parents=True)
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    shutil.copy(shelf("circuits") / "shallow.toml", beside / "own.toml")
    shutil.copy(shelf("circuits") / "shallow.toml", beside / "deeper" / "own.toml")
    shutil.copy(shelf("circuits") / "feedback_alignment.toml", elsewhere / "own.toml")
    for circuit in ("own.toml", "./own.toml", "deeper/own.toml", str(beside / "own.toml")):
        (beside / "scenario.toml").write_text(SCENARIO.format(circuit=circuit))
        for path in (beside / "scenario.toml", Path("../beside/scenario.toml")):
            scenario = load_scenario(path)
            assert "feedback" not in scenario.circuit(scenario.arm[0], scenario.phase[0]).populations


def test_that_a_circuit_that_is_not_there_is_told_with_where_it_was_looked_for(tmp_path: Path) -> None:
    (tmp_path / "scenario.toml").write_text(SCENARIO.format(circuit="own.toml"))
    with pytest.raises(ScenarioError, match=f"{tmp_path}/own.toml.*no such file"):
        load_scenario(tmp_path / "scenario.toml")
