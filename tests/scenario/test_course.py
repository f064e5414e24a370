"""Runs that are broken off and go on: the bits are those of a run that was left alone."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from contents import contents
from scenario.tiny import BASE, scenario

from neurosim.errors import DataError, InputError, Interrupted, RunError
from neurosim.recording import Recording, read_checkpoint
from neurosim.scenario.description import Scenario
from neurosim.scenario.engines import run_scenario
from neurosim.scenario.plan import Plan
from neurosim.scenario.standing import checkpoint_of
from neurosim.simulator import ensemble

RECORD = {"nse": 20, "best.nse": 40, "input_to_hidden.weights": 20, "hidden.rate": 20}
FEEDBACK = ["none", "broadcast", "broadcast_to_all", "random", "tied", "pseudoinverse"]


def arm(feedback: str, **more: Any) -> dict[str, Any]:
    return {"name": feedback, "circuit": {"family": "layered", "sizes": [4, 3, 2], "feedback": feedback, **more}}


def after(asks: int) -> Callable[[], bool]:
    """Says stop when it is asked for the so-manieth time, and whenever it is asked again."""
    count = itertools.count(1)
    return lambda: next(count) >= asks


def broken_off_everywhere(made: Scenario, folder: Path, **ways: Any) -> int:
    """Run a scenario, interrupted after each ask and taken up again; returns how often that was."""
    for times in itertools.count():
        plan = Plan(folder, resume=times > 0, stop=after(2), checkpoints=1e9, **ways)
        try:
            run_scenario(made, plan)
        except Interrupted:
            assert list(folder.rglob("*.checkpoint"))
            continue
        assert not list(folder.rglob("*.checkpoint"))
        return times
    raise AssertionError


@pytest.fixture
def short_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody is asked whether to go on after every few trials."""
    monkeypatch.setattr(ensemble, "ROUND", 1)
    monkeypatch.setattr("neurosim.simulator.simulator.WINDOW", 8)


@pytest.mark.usefixtures("short_rounds")
@pytest.mark.parametrize("feedback", FEEDBACK)
@pytest.mark.parametrize("batch", [1, 4])
def test_that_a_run_broken_off_anywhere_ends_with_the_same_bits(feedback: str, batch: int, tmp_path: Path) -> None:
    more = {} if feedback == "none" else {"momentum": 0.5, "decay": 1e-3}
    made = scenario(arm=[arm(feedback, **more)], record=RECORD, phase=[{"trials": 40, "batch": batch}], seeds=2)
    run_scenario(made, Plan(tmp_path / "whole"))
    assert broken_off_everywhere(made, tmp_path / "pieces") > 3
    assert contents(tmp_path / "pieces") == contents(tmp_path / "whole")


@pytest.mark.usefixtures("short_rounds")
def test_that_a_look_at_many_trials_is_broken_off_and_taken_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    task = {"name": "linear_map", "inputs": 4, "outputs": 2, "tests": 1000}
    made = scenario(arm=[arm("random")], record=RECORD, phase=[{"trials": 40, "batch": 4}], seeds=2, task=task)
    run_scenario(made, Plan(tmp_path / "whole"))
    monkeypatch.setattr("neurosim.simulator.simulator.ROUND", 1)
    at = []
    for asks in itertools.count(1, 2):  # 1000 trials are looked at in four pieces: most asks come from within a look
        folder = tmp_path / f"asked {asks} times"
        try:
            run_scenario(made, Plan(folder, stop=after(asks), checkpoints=1e9))
        except Interrupted:
            at.append({int(read_checkpoint(path).attributes["trial"]) for path in folder.rglob("*.checkpoint")})
            run_scenario(made, Plan(folder, resume=True))
            assert contents(folder) == contents(tmp_path / "whole")
        else:
            break
    assert all(at.count({trial}) > 2 for trial in (0, 20, 40))


@pytest.mark.usefixtures("short_rounds")
def test_that_phases_of_other_circuits_go_on_too(tmp_path: Path) -> None:
    phases = [
        {"trials": 40, "freeze": ["hidden_to_output", "output"]},
        {"trials": 40, "batch": 4, "eta_scale": 0.5},
        {"trials": 24, "circuit": {"family": "layered", "sizes": [4, 3, 2], "feedback": "tied", "momentum": 0.9}},
    ]
    made = scenario(arm=[arm("random")], record=RECORD, phase=phases, seeds=3)
    run_scenario(made, Plan(tmp_path / "whole"))
    assert broken_off_everywhere(made, tmp_path / "pieces", threads=2) > 8
    assert contents(tmp_path / "pieces") == contents(tmp_path / "whole")


@pytest.mark.usefixtures("short_rounds")
def test_that_looking_and_keeping_change_nothing(tmp_path: Path) -> None:
    made = scenario(arm=[arm("random")], record=RECORD)
    run_scenario(made, Plan(tmp_path / "alone"))
    run_scenario(made, Plan(tmp_path / "kept", checkpoints=0.0))
    assert contents(tmp_path / "kept") == contents(tmp_path / "alone")
    assert not list(tmp_path.rglob("*.checkpoint"))


EARLY = [{"trials": 400, "until": {"quantity": "nse", "patience": 2, "by": 0.2}}, {"trials": 60, "eta_scale": 0.1}]


@pytest.mark.usefixtures("short_rounds")
def test_a_phase_that_ends_before_its_time(tmp_path: Path) -> None:
    made = scenario(arm=[arm("random", eta=0.05)], record={**RECORD, "hidden.rate": 300}, phase=EARLY, seeds=2)
    paths = run_scenario(made, Plan(tmp_path / "whole"))
    for path in paths:
        with Recording(path) as recording:
            series, end = recording["nse"], int(str(recording.attributes["trials"]))
            first, second = phases_of(recording)
            assert first["last"] == second["first"] < 400 and second["last"] == end == first["last"] + 60
            in_phase = series.values[series.trials <= first["last"]]
            assert min(in_phase[-2:]) >= 0.8 * min(in_phase[:-2])
            assert all(min(in_phase[n - 2 : n]) < 0.8 * min(in_phase[: n - 2]) for n in range(3, len(in_phase)))
            assert {int(recording.trials(address)[-1]) for address in recording.addresses} == {end}
            assert recording["hidden.rate"].trials.tolist() == [t for t in (0, 300) if t < end] + [end]
            assert np.isfinite(recording["hidden.rate"].values).all()
    assert broken_off_everywhere(made, tmp_path / "pieces") > 8
    assert contents(tmp_path / "pieces") == contents(tmp_path / "whole")


def phases_of(recording: Recording) -> list[dict[str, Any]]:
    return json.loads(str(recording.attributes["phases"]))


def test_that_the_second_phase_has_its_part_of_eta() -> None:
    made = scenario(arm=[arm("random", eta=0.05)], phase=EARLY)
    circuit = made.circuit(made.arm[0], made.phases(made.arm[0])[1])
    assert circuit.projections["input_to_hidden"].plasticity.parameters["eta"] == pytest.approx(0.005)
    assert circuit.populations["hidden"].bias.plasticity.parameters["eta"] == pytest.approx(0.005)


def test_that_the_best_so_far_is_the_running_minimum(tmp_path: Path) -> None:
    made = scenario(arm=[arm("random", eta=0.3)], record={"nse": 20, "best.nse": 20}, phase=[{"trials": 400}])
    (path,) = run_scenario(made, Plan(tmp_path))
    with Recording(path) as recording:
        assert np.any(np.diff(recording["nse"].values) > 0)
        assert np.array_equal(recording["best.nse"].values, np.minimum.accumulate(recording["nse"].values))


def interrupted(made: Scenario, folder: Path) -> Path:
    with pytest.raises(Interrupted):
        run_scenario(made, Plan(folder, stop=after(2)))
    return folder / "random" / "seed_0.h5"


def test_that_an_interrupted_recording_holds_what_was_committed(tmp_path: Path) -> None:
    path = interrupted(scenario(arm=[arm("random")]), tmp_path)
    with Recording(path) as recording:
        assert recording.status == "interrupted"
        assert recording["nse"].trials.tolist() == [0, 20]
    assert read_checkpoint(checkpoint_of(path)).attributes["trial"] == 20


def test_that_without_resume_a_run_begins_anew(tmp_path: Path) -> None:
    made = scenario(arm=[arm("random")])
    interrupted(made, tmp_path)
    told: list[int] = []
    run_scenario(made, Plan(tmp_path, progress=told.append))
    assert sum(told) == 40 and 20 in told


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"dtype": "float32"}, 'dtype was "float64", is "float32"'),
        ({"phase": [{"trials": 60}]}, "phase.0.trials was 40, is 60"),
        ({"record": {"nse": 10}}, "record.input_to_hidden.weights was 20, is not there, record.nse was 20, is 10"),
        ({"set": {"*.plasticity.eta": 0.1}}, "plasticity.eta was 0.005, is 0.1"),
        ({"task": {**BASE["task"], "tests": 30}}, "task.tests was 20, is 30"),
    ],
)
def test_that_a_checkpoint_of_another_scenario_is_refused_with_the_difference(
    changes: dict[str, Any], message: str, tmp_path: Path
) -> None:
    path = interrupted(scenario(arm=[arm("random")]), tmp_path)
    before = path.read_bytes()
    with pytest.raises(InputError) as caught:
        run_scenario(scenario(arm=[arm("random")], **changes), Plan(tmp_path, resume=True))
    assert message in str(caught.value)
    assert str(checkpoint_of(path)) in str(caught.value) and "without --resume" in str(caught.value)
    assert path.read_bytes() == before


def test_that_a_checkpoint_of_another_version_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = scenario(arm=[arm("random")])
    interrupted(made, tmp_path)
    monkeypatch.setattr("neurosim.scenario.identity.version", lambda name: "99.0")
    with pytest.raises(InputError, match=r"version of neurosim was .*, is .99\.0"):
        run_scenario(made, Plan(tmp_path, resume=True))


def test_that_a_damaged_checkpoint_and_a_missing_recording_are_told(tmp_path: Path) -> None:
    made = scenario(arm=[arm("random")])
    path = interrupted(made, tmp_path)
    whole = path.read_bytes()
    path.unlink()
    with pytest.raises(DataError, match=r"seed_0\.h5: there is no such file"):
        run_scenario(made, Plan(tmp_path, resume=True))
    path.write_bytes(whole)
    content = bytearray(checkpoint_of(path).read_bytes())
    content[-40] ^= 1
    checkpoint_of(path).write_bytes(content)
    with pytest.raises(DataError, match="is damaged: its checksum is another one"):
        run_scenario(made, Plan(tmp_path, resume=True))


def test_that_a_blow_up_leaves_the_last_finite_state_and_says_where(tmp_path: Path) -> None:
    phases = [{"trials": 2000}, {"trials": 4000, "eta_scale": 1000.0}]
    made = scenario(arm=[arm("random", transfer="linear", eta=0.01)], phase=phases, record={"nse": 2000})
    with pytest.raises(RunError) as caught:
        run_scenario(made, Plan(tmp_path))
    kept = checkpoint_of(tmp_path / "random" / "seed_0.h5")
    assert "phase 1 of 2" in str(caught.value) and str(kept) in str(caught.value)
    assert "eta is 10; a smaller one usually helps" in str(caught.value)
    checkpoint = read_checkpoint(kept)
    assert all(np.isfinite(values).all() for values in checkpoint.arrays.values())
    assert 2000 <= int(str(checkpoint.attributes["trial"])) < 4000
    with Recording(tmp_path / "random" / "seed_0.h5") as recording:
        assert recording.status == "failed"


def test_that_seeds_that_stand_at_different_places_go_on_together(tmp_path: Path) -> None:
    made = scenario(arm=[arm("random")], seeds=3)
    run_scenario(made, Plan(tmp_path / "whole"))
    interrupted(made, tmp_path / "pieces")
    checkpoint_of(tmp_path / "pieces" / "random" / "seed_1.h5").unlink()
    run_scenario(made, replace(Plan(tmp_path / "pieces"), resume=True))
    assert contents(tmp_path / "pieces") == contents(tmp_path / "whole")
